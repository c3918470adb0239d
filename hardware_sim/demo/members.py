"""What the hub has of members on the first morning: a programme, and three people who are made up.

Who signs in at /shop/me with one of the numbers and its name has that member's code on the phone.
"""

from __future__ import annotations

import uuid
from typing import Any, Final, NamedTuple

import httpx

from hardware_sim.demo.seeding import accepted, once
from hardware_sim.processes import Company


class Person(NamedTuple):
    """`points` are a gift, `stored` is in whole thousands of the smallest coin in use."""

    name: str
    language: str
    points: int
    stored: int
    is_known: bool


PEOPLE: Final = (
    Person("김민지", "ko", 3_200, 30, is_known=True),
    Person("王晓雨", "zh", 850, 0, is_known=True),
    Person("Alex Green", "en", 0, 0, is_known=False),
)
"""The third has not agreed that the shop learns from what is bought."""

TIERS: Final = (
    {"name": "Green", "names": {"en": "Green", "ko": "그린", "zh": "绿卡"}, "earn_bp": 100},
    {
        "name": "Gold",
        "names": {"en": "Gold", "ko": "골드", "zh": "金卡"},
        "threshold_minor": 300_000,
        "earn_bp": 300,
    },
)


def programme(currency: str) -> dict[str, Any]:
    """Points are good for two years; each shop may take 1,000 of a member while it is cut off."""
    return {
        "currency": currency,
        "tiers": TIERS,
        "allowance": 1_000,
        "debt_cap": 5_000,
        "coupon_offline_limit": 1,
        "points_days": 730,
    }


def seed_members(company: Company) -> None:
    """Once in a folder. Raises SeedingError where the hub will not have it."""
    with httpx.Client(timeout=10.0, trust_env=False) as client:
        once(company.folder, "members", lambda: join_all(client, company))


def join_all(client: httpx.Client, company: Company) -> None:
    at = f"{company.hub.url}/api"
    told = client.put(f"{at}/programme", json=programme(company.shop.currency))
    accepted(told, "the hub", "its programme for members")
    for person in PEOPLE:
        consents = {"insight": {"is_granted": True}} if person.is_known else {}
        body = {"fields": {"name": person.name, "language": person.language}, "consents": consents}
        joined = client.post(f"{at}/members", json=body)
        accepted(joined, "the hub", "a member")
        for what, amount in (("gift", person.points), ("top-up", person.stored * 1_000)):
            if amount:
                asked = {"id": str(uuid.uuid4()), "amount": amount, "reference": "first morning"}
                given = client.post(f"{at}/members/{joined.json()['number']}/{what}", json=asked)
                accepted(given, "the hub", f"a member's {what}")
