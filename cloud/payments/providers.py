"""What the hub needs of a wallet provider, whichever it is. Nothing here raises: no answer is an answer too."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import httpx

CHINA: Final = ZoneInfo("Asia/Shanghai")  # both providers' own time
ANSWER_S: Final = 8.0
CONNECT_S: Final = 3.0
MAX_BYTES: Final = 64 * 1024

Said = Literal["approved", "waiting", "declined", "closed", "missing", "unknown"]


Way = Literal["code", "page"]
"""Whether the customer shows a code at a till, or pays on her provider's own page."""


@dataclass(frozen=True, slots=True)
class Order:
    """One payment as its provider knows it. `number` can be used once, for ever."""

    number: str
    amount_minor: int
    currency: str
    subject: str
    way: Way = "code"


@dataclass(frozen=True, slots=True)
class Errand:
    """What a provider's page is told: where to say that it was paid, where the customer goes on afterwards.

    `lasts_s` is how long it may take the money, at least a minute.
    """

    notify_url: str
    return_url: str
    lasts_s: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider said, proved by its signature.

    approved   paid, `amount_minor` of it
    waiting    the customer is asked for her password
    declined   not paid, and it never will be
    closed     reversed, or refunded where that was asked: no money of it is with us
    missing    the provider does not know the order
    unknown    no answer, or none that can be believed; `reason` says which
    """

    said: Said
    reason: str = ""
    transaction_id: str = ""
    amount_minor: int = 0


class Notice(NamedTuple):
    """What a provider says by itself, proved by its signature: that an order was paid."""

    number: str
    amount_minor: int
    currency: str


NOT_REACHED: Final = "unreachable"


class Provider(Protocol):
    @property
    def name(self) -> str: ...
    def pay(self, order: Order, code: str) -> Told: ...
    def query(self, order: Order) -> Told: ...
    def open(self, order: Order, errand: Errand) -> tuple[Told, str]:
        """The address of the page on which the customer pays, "" where there is none."""
        ...

    def reverse(self, order: Order) -> Told:
        """Of an order of a page too: closed while it is not paid, given back once it is."""
        ...

    def noticed(self, body: bytes) -> Notice:
        """Raises NoAnswer where it is not the provider's, or does not say that something was paid."""
        ...

    @property
    def thanks(self) -> bytes:
        """What a provider wants to hear, or it says it again."""
        ...

    def refund(self, order: Order, refund_number: str, amount_minor: int) -> Told: ...


class NoAnswer(Exception):
    """`reason` is a word for the journal; never what was sent."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def post(client: httpx.Client, url: str, content: bytes, media_type: str) -> bytes:
    """One exchange. Raises NoAnswer, with NOT_REACHED only where nothing can have been heard."""
    try:
        answer = client.post(url, content=content, headers={"content-type": media_type})
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NoAnswer(NOT_REACHED) from error
    except httpx.HTTPError as error:
        raise NoAnswer("no_answer") from error
    if answer.status_code != httpx.codes.OK or len(answer.content) > MAX_BYTES:
        raise NoAnswer(f"http_{answer.status_code}")
    return answer.content


def open_client(certificate: str = "", key: str = "") -> httpx.Client:
    """With the merchant's client certificate (paths in PEM), where the provider wants one."""
    context = ssl.create_default_context()
    if certificate:
        context.load_cert_chain(certificate, key or None)
    timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
    return httpx.Client(timeout=timeout, trust_env=False, verify=context)


def believed(exchange: Callable[[], Told]) -> Told:
    """What the exchange gives, or that nobody knows."""
    try:
        return exchange()
    except NoAnswer as error:
        return Told("unknown", error.reason)


def first_heard(exchange: Callable[[], Told]) -> Told:
    """The same for a payment: where the provider was not reached, nothing can have been charged."""
    told = believed(exchange)
    return Told("declined", told.reason) if told.reason == NOT_REACHED else told
