"""What is left of an order once its customer has been erased: goods, amounts and days, which the law wants kept.

An order that is still under way keeps her name and address for as long as a shop needs them, and not a day longer:
`forget` is called when somebody is erased and again and again afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from cloud.members.tables import Member
from cloud.orders import following, jobs, repository
from cloud.orders.tables import CustomerOrder

OVER = (*following.OVER, "lapsed")
AT_ONCE = 100


def to_forget(session: Session) -> Sequence[str]:
    """Orders that are over and still name somebody who was erased."""
    query = (
        select(CustomerOrder.order_id)
        .join(Member, col(Member.member_id) == CustomerOrder.member_id)
        .where(col(Member.erased_at).is_not(None), col(CustomerOrder.state).in_(OVER))
        .limit(AT_ONCE)
    )
    return session.exec(query).all()


def forget(session: Session) -> int:
    """How many orders name nobody any more. Their shops hear of it by the same jobs, without a name."""
    found = to_forget(session)
    for order_id in found:
        order = repository.locked(session, order_id)
        assert order is not None  # nothing deletes one
        # The digest was made of the name too: nobody asks for this order again.
        order.customer = order.note = order.member_id = order.ask_digest = ""
        jobs.tell(
            session, order, repository.lines(session, order_id), repository.jobs(session, order_id)
        )
    session.flush()
    return len(found)
