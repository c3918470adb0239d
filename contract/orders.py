"""Orders: what a customer was promised, and what becomes of it in the shops that keep the promise.

An order is kept by jobs, each of one shop: pick up here, send to another shop, deliver, ship. A job comes down whole
each time it changes (feed orders@SHOP, key `job_id`); what the shop does with it goes up as facts. "Ready" ends
nothing: only a proof of hand-over does. Where a cancellation and a hand-over cross, the hand-over wins.

    offered -> accepted | declined;  accepted -> picked -> ready -> handed over;  any before hand-over -> cancelled
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from contract.envelope import Currency, FactBody, Message, Uid

JobKind = Literal["pickup", "transfer", "delivery", "shipping", "unknown"]


class Window(Message):
    """When the customer has it: `end` is what was promised."""

    start: AwareDatetime
    end: AwareDatetime


class JobLine(Message):
    """`keeps_until` (ISO date, "" for any): only lots whose use-by date is that day or later may be picked.

    `substitutes` are SKUs that the customer takes instead.
    """

    line: int = Field(ge=1)
    sku: str
    names: dict[str, str]
    quantity: int = Field(ge=1)
    unit_price_minor: int = Field(default=0, ge=0)
    keeps_until: str = ""
    substitutes: tuple[str, ...] = ()


class ShopJob(Message):
    """One shop's part of an order, as the shop must see it: the value of the feed orders@SHOP.

    `state` is what the hub wants: "placed", or "cancelled". `number` is what people say and scan. `customer` is what to
    call out, never more than a first name. `secret` (hex) is the key of the hand-over code (`contract.handover`), only
    where the customer comes here. `to_location_id` is where a transfer goes; `from_job_id` the job whose transfer must
    come in first. `due_minor` is to be paid at hand-over, 0 where it is paid. `is_paid_online` where no till took the
    money: what comes back of such an order is paid back by the hub.
    """

    v: int = 1
    job_id: Uid
    order_id: Uid
    number: str
    revision: int = Field(ge=1)
    state: Literal["placed", "cancelled"]
    kind: JobKind
    placed_at: AwareDatetime
    accept_by: AwareDatetime
    window: Window
    lines: tuple[JobLine, ...] = Field(min_length=1)
    customer: str = ""
    note: str = ""
    secret: str = ""
    to_location_id: str = ""
    from_job_id: str = ""
    due_minor: int = Field(default=0, ge=0)
    currency: Currency
    is_paid_online: bool = False


class JobFact(FactBody):
    """What a shop did with a job. `revision` is the one that it saw."""

    job_id: Uid
    order_id: Uid
    revision: int
    cashier: str = ""


class JobAccepted(JobFact):
    """The shop will keep it. `is_late` where it heard of it after `accept_by`."""

    type: Literal["job.accepted"] = "job.accepted"
    version: Literal[1] = 1
    is_late: bool = False


class JobDeclined(JobFact):
    """The shop cannot keep it: the hub finds another way."""

    type: Literal["job.declined"] = "job.declined"
    version: Literal[1] = 1
    reason: Literal["out_of_stock", "damaged", "expired", "too_late", "closed", "other"]
    detail: str = ""


class PickedLine(Message):
    """What was laid aside for `line`, of one lot. `sku` differs from the line's where it is a substitute."""

    line: int = Field(ge=1)
    sku: str
    quantity: int = Field(ge=1)
    lot: str = ""
    expiry: str = ""


class JobPicked(JobFact):
    """The goods are set aside: nobody else gets them from now on. Fewer than ordered where the shelf had fewer."""

    type: Literal["job.picked"] = "job.picked"
    version: Literal[1] = 1
    picked: tuple[PickedLine, ...]
    is_short: bool = False


class JobReady(JobFact):
    """`place` is where the goods lie, in the shop's own words."""

    type: Literal["job.ready"] = "job.ready"
    version: Literal[1] = 1
    place: str = ""
    packages: int = Field(default=1, ge=1)


class HandoverProof(Message):
    """How the shop knows that it was the right person. `step` is that of the code that was shown, 0 on paper."""

    kind: Literal["code", "paper", "staff", "courier", "transfer"]
    step: int = 0
    reference: str = ""


class JobHandedOver(JobFact):
    """The goods have left the shop: the stock moves with this fact. `is_partial` where something stays behind."""

    type: Literal["job.handed_over"] = "job.handed_over"
    version: Literal[1] = 1
    handed: tuple[PickedLine, ...] = Field(min_length=1)
    proof: HandoverProof
    is_partial: bool = False


class JobAttemptFailed(JobFact):
    """Nobody was there, or not the right person: the goods are still here."""

    type: Literal["job.attempt_failed"] = "job.attempt_failed"
    version: Literal[1] = 1
    reason: Literal["nobody_there", "wrong_code", "refused_by_customer", "goods_damaged", "other"]
    detail: str = ""


class JobAtRisk(JobFact):
    """The shop says that it will not be in time. `expected_at` is when it will be, if it knows."""

    type: Literal["job.at_risk"] = "job.at_risk"
    version: Literal[1] = 1
    reason: str
    expected_at: AwareDatetime | None = None


class JobCancelled(JobFact):
    """The shop has heard of the cancellation in time: what was set aside is back on the shelf."""

    type: Literal["job.cancelled"] = "job.cancelled"
    version: Literal[1] = 1
    released: tuple[PickedLine, ...] = ()
