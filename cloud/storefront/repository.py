"""All SQL of the storefront's own tables, and the catalogue as a customer sees it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from cloud.catalogue.tables import CataloguePrice, CatalogueProduct
from cloud.db import insert_for, upsert
from cloud.errors import NotFoundError
from cloud.names import name_in
from cloud.orders.tables import CustomerOrder
from cloud.payments.tables import WalletPayment, WalletRefund
from cloud.storefront.tables import BasketLine, ShopOrder, ShopPayment, Shopper

MOST_PIECES = 99  # of one product in a basket
MOST_LINES = 50
SHOWN = 60


class Goods(NamedTuple):
    """One product as a customer sees it. What has no price is not for sale, and is not shown."""

    sku: str
    name: str
    category: str
    amount_minor: int
    currency: str


class Line(NamedTuple):
    goods: Goods
    quantity: int

    @property
    def amount_minor(self) -> int:
        return self.goods.amount_minor * self.quantity


# -- what there is -----------------------------------------------------------------------------


def categories(session: Session) -> Sequence[str]:
    query = (
        select(CatalogueProduct.category)
        .join(CataloguePrice, col(CataloguePrice.sku) == CatalogueProduct.sku)
        .where(CatalogueProduct.category != "")
        .distinct()
    )
    return sorted(session.exec(query).all())


def of_category(session: Session, category: str, language: str) -> list[Goods]:
    return _goods(session, language, col(CatalogueProduct.category) == category)


def first_choice(session: Session, language: str) -> list[Goods]:
    """What head office lays on the till's quick keys is what most people come for."""
    return _goods(session, language, col(CatalogueProduct.is_quick).is_(True))


def goods(session: Session, skus: Sequence[str], language: str) -> dict[str, Goods]:
    """Those of `skus` that are sold, in their order."""
    found = {it.sku: it for it in _goods(session, language, col(CatalogueProduct.sku).in_(skus))}
    return {sku: found[sku] for sku in skus if sku in found}


def gtins(session: Session, sku: str) -> list[str]:
    product = session.get(CatalogueProduct, sku)
    return json.loads(product.gtins) if product else []


def _goods(session: Session, language: str, wanted: sa.ColumnElement[bool]) -> list[Goods]:
    query = (
        sa.select(
            col(CatalogueProduct.sku),
            col(CatalogueProduct.names),
            col(CatalogueProduct.category),
            col(CataloguePrice.amount_minor),
            col(CataloguePrice.currency),
        )
        .join(CataloguePrice, col(CataloguePrice.sku) == CatalogueProduct.sku)
        .where(wanted)
        .order_by(col(CatalogueProduct.category), col(CatalogueProduct.sku))
        .limit(SHOWN)
    )
    return [
        Goods(sku, name_in(json.loads(names), language) or sku, category, amount, currency)
        for sku, names, category, amount, currency in session.connection().execute(query)
    ]


# -- browsers and baskets ----------------------------------------------------------------------


def shopper(session: Session, shopper_id: str) -> Shopper | None:
    return session.get(Shopper, shopper_id) if shopper_id else None


def note_shopper(session: Session, shopper_id: str, now: datetime) -> Shopper:
    """The browser's row, made where it is the first one to be needed; two requests at once make one."""
    nobody = {"member_id": "", "credential": 0, "near": ""}
    row = {"shopper_id": shopper_id, **nobody, "seen_at": now}
    session.connection().execute(insert_for(session, Shopper).on_conflict_do_nothing(), [row])
    found = session.get(Shopper, shopper_id)
    assert found is not None
    found.seen_at = now
    return found


def basket(session: Session, shopper_id: str, language: str) -> list[Line]:
    """What is no longer sold has left the basket by itself."""
    rows = session.exec(
        _lines_of(shopper_id).order_by(col(BasketLine.position), BasketLine.sku)
    ).all()
    sold = goods(session, [row.sku for row in rows], language)
    return [Line(sold[row.sku], row.quantity) for row in rows if row.sku in sold]


def put(session: Session, shopper_id: str, sku: str, quantity: int) -> None:
    """Adds to what is in the basket already."""
    line = session.get(BasketLine, (shopper_id, sku))
    set_quantity(session, shopper_id, sku, quantity + (line.quantity if line else 0))


def set_quantity(session: Session, shopper_id: str, sku: str, quantity: int) -> None:
    """0 takes it out; above MOST_PIECES is MOST_PIECES. A full basket takes nothing new."""
    line = session.get(BasketLine, (shopper_id, sku))
    if quantity <= 0:
        if line:
            session.delete(line)
        return
    lines, last = session.exec(
        select(func.count(), func.coalesce(func.max(BasketLine.position), 0)).where(
            BasketLine.shopper_id == shopper_id
        )
    ).one()
    if line is None and lines >= MOST_LINES:
        return
    row = {"shopper_id": shopper_id, "sku": sku, "quantity": min(quantity, MOST_PIECES)}
    position = line.position if line else last + 1
    upsert(session, BasketLine, ["shopper_id", "sku"], [{**row, "position": position}])


def piece_count(session: Session, shopper_id: str) -> int:
    query = select(func.sum(BasketLine.quantity)).where(BasketLine.shopper_id == shopper_id)
    return int(session.exec(query).one() or 0)


def empty_basket(session: Session, shopper_id: str) -> None:
    session.connection().execute(sa.delete(BasketLine).where(_is_of(shopper_id)))


def rename(session: Session, old: Shopper, new_id: str) -> Shopper:
    """Who signs in gets a new name: one that somebody planted in her browser is worth nothing any more."""
    fresh = Shopper(**old.model_dump(exclude={"shopper_id"}), shopper_id=new_id)
    session.add(fresh)
    for table in (BasketLine, ShopOrder):
        moved = sa.update(table).where(col(table.shopper_id) == old.shopper_id)
        session.connection().execute(moved.values(shopper_id=new_id))
    session.delete(old)
    session.flush()
    return fresh


def forget(session: Session, shopper_id: str) -> None:
    """The cookie of this browser opens nothing from now on."""
    empty_basket(session, shopper_id)
    session.connection().execute(sa.delete(Shopper).where(col(Shopper.shopper_id) == shopper_id))


def forget_others(session: Session, member_id: str, kept_id: str) -> None:
    """Every other browser on which the member is signed in."""
    query = select(Shopper.shopper_id).where(Shopper.member_id == member_id)
    for shopper_id in session.exec(query.where(Shopper.shopper_id != kept_id)).all():
        forget(session, shopper_id)


def disown(session: Session, member_id: str) -> None:
    """The orders of a member who is gone are of the browsers alone that placed them."""
    of_member = sa.update(ShopOrder).where(col(ShopOrder.member_id) == member_id)
    session.connection().execute(of_member.values(member_id=""))


def _lines_of(shopper_id: str) -> SelectOfScalar[BasketLine]:
    return select(BasketLine).where(BasketLine.shopper_id == shopper_id)


def _is_of(shopper_id: str) -> sa.ColumnElement[bool]:
    return col(BasketLine.shopper_id) == shopper_id


# -- orders and what was paid for them ---------------------------------------------------------


def locked(session: Session, shopper_id: str) -> Shopper | None:
    """This browser's other requests wait until this one is done."""
    return session.get(Shopper, shopper_id, with_for_update=True) if shopper_id else None


def order_of_attempt(session: Session, attempt: str) -> ShopOrder | None:
    return session.exec(select(ShopOrder).where(ShopOrder.attempt == attempt)).first()


def own_order(session: Session, link: str, shopper: Shopper | None) -> ShopOrder:
    """Who has the link needs the browser or the membership too. Raises NotFoundError for everybody else alike."""
    found = session.get(ShopOrder, link)
    if found is None or shopper is None or not _is_own(found, shopper):
        raise NotFoundError(what="order", name=link)
    return found


def _is_own(order: ShopOrder, shopper: Shopper) -> bool:
    is_member = shopper.member_id != "" and order.member_id == shopper.member_id
    return is_member or order.shopper_id == shopper.shopper_id


def own_orders(session: Session, shopper: Shopper) -> list[tuple[ShopOrder, CustomerOrder]]:
    """Newest first; those that were never paid are not among them."""
    own = col(ShopOrder.shopper_id) == shopper.shopper_id
    if shopper.member_id:
        own = sa.or_(own, col(ShopOrder.member_id) == shopper.member_id)
    query = (
        select(ShopOrder, CustomerOrder)
        .join(CustomerOrder, col(CustomerOrder.order_id) == ShopOrder.order_id)
        .where(own, col(CustomerOrder.placed_at).is_not(None))
        .order_by(col(ShopOrder.made_at).desc())
        .limit(SHOWN)
    )
    return list(session.exec(query).all())


def held_orders(session: Session, shopper_id: str) -> Sequence[ShopOrder]:
    query = (
        select(ShopOrder)
        .join(CustomerOrder, col(CustomerOrder.order_id) == ShopOrder.order_id)
        .where(ShopOrder.shopper_id == shopper_id, CustomerOrder.state == "held")
    )
    return session.exec(query).all()


def payments(session: Session, order_id: str) -> Sequence[ShopPayment]:
    query = select(ShopPayment).where(ShopPayment.order_id == order_id)
    return session.exec(query.order_by(col(ShopPayment.made_at))).all()


def open_payment(session: Session, order_id: str) -> ShopPayment | None:
    """The one that is not over yet; there is never more than one."""
    over = {"paid", "declined"}
    return next((it for it in payments(session, order_id) if it.state not in over), None)


def locked_payment(session: Session, payment_id: str) -> ShopPayment:
    return session.get_one(ShopPayment, payment_id, with_for_update=True)


def to_look_at(session: Session, now: datetime, limit: int) -> Sequence[str]:
    query = select(ShopPayment.payment_id).where(col(ShopPayment.look_at) <= now)
    return session.exec(query.order_by(col(ShopPayment.look_at)).limit(limit)).all()


def order_of(session: Session, order_id: str) -> ShopOrder:
    return session.exec(select(ShopOrder).where(ShopOrder.order_id == order_id)).one()


def order_row(session: Session, order_id: str) -> CustomerOrder:
    return session.get_one(CustomerOrder, order_id)


def wallet_payments(session: Session, payment_ids: Sequence[str]) -> Sequence[WalletPayment]:
    query = select(WalletPayment).where(col(WalletPayment.payment_id).in_(payment_ids))
    return session.exec(query).all()


def returned_minor(session: Session, payment_ids: Sequence[str]) -> int:
    """What the wallets have given back of these payments."""
    query = select(func.coalesce(func.sum(WalletRefund.amount_minor), 0)).where(
        col(WalletRefund.payment_id).in_(payment_ids), WalletRefund.state == "done"
    )
    return int(session.exec(query).one())


def takings(session: Session) -> dict[str, int]:
    """What the shop has of its orders, by wallet: paid, less what went back."""
    paid = session.exec(select(ShopPayment).where(ShopPayment.state == "paid")).all()
    sums: dict[str, int] = {}
    for payment in paid:
        left = payment.amount_minor - returned_minor(session, [payment.payment_id])
        sums[payment.provider] = sums.get(payment.provider, 0) + left
    return sums


def own_payment(
    session: Session, payment_id: str, shopper: Shopper | None
) -> tuple[ShopOrder, ShopPayment]:
    """Raises NotFoundError."""
    payment = session.get(ShopPayment, payment_id, with_for_update=True)
    order = _order_paid_by(session, payment) if payment else None
    if payment is None or order is None or shopper is None or not _is_own(order, shopper):
        raise NotFoundError(what="payment", name=payment_id)
    return order, payment


def _order_paid_by(session: Session, payment: ShopPayment) -> ShopOrder | None:
    return session.exec(select(ShopOrder).where(ShopOrder.order_id == payment.order_id)).first()
