"""What boxes ask about members: who is it, and may this sale have points, stored value, a coupon."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from cloud.members import coupons, spending
from cloud.members.people import Person
from cloud.members.service import Members
from cloud.members.spending import Place
from cloud.questions import Asker, Verb
from contract.members import (
    CouponClaim,
    MemberGiveBack,
    MemberLook,
    MemberSeen,
    MemberSpend,
    tier_of,
)

Body = Mapping[str, Any]


def verbs(members: Members, pause: Callable[[float], None] = time.sleep) -> dict[str, Verb]:
    """`pause` waits for so many seconds: each question has a thread of its own."""

    def look(asker: Asker, arguments: dict[str, Any]) -> Body:
        wanted = MemberLook.model_validate(arguments)
        name = wanted.number
        if wanted.code:
            name = members.of_code(wanted.code, asker.location_id, asker.edge_id)
        return seen(members.person(name)).model_dump(mode="json")

    def spend(asker: Asker, arguments: dict[str, Any]) -> Body:
        wanted = MemberSpend.model_validate(arguments)
        place = Place(asker.ask_id, asker.location_id)
        return spending.spend(members, place, wanted).model_dump(mode="json")

    def give_back(asker: Asker, arguments: dict[str, Any]) -> Body:
        del asker
        wanted = MemberGiveBack.model_validate(arguments)
        return spending.give_back(members, wanted.spend_id).model_dump(mode="json")

    def coupon(asker: Asker, arguments: dict[str, Any]) -> Body:
        wanted = CouponClaim.model_validate(arguments)
        given = coupons.claim_soon(members, asker.location_id, wanted, pause)
        return given.model_dump(mode="json")

    return {
        "members.look": look,
        "members.spend": spend,
        "members.give_back": give_back,
        "members.coupon": coupon,
    }


def seen(person: Person) -> MemberSeen:
    stand = person.standing
    tier = tier_of(person.programme, stand.tier)
    language = person.fields.get("language", "")
    return MemberSeen(
        member_id=person.member.member_id,
        number=person.member.number,
        name=person.fields.get("name", ""),
        language=language,
        tier=stand.tier,
        tier_name=tier.names.get(language) or tier.name,
        balance=stand.balance,
        available=0 if stand.is_blocked else stand.available,
        stored_minor=stand.stored_minor,
        currency=person.programme.currency,
        is_blocked=stand.is_blocked,
    )
