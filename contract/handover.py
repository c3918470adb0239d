"""The code that a customer shows to be given an order: changing on the phone, fixed on the receipt.

    TWH1.NUMBER.LOCATION.STEP.MAC

MAC is the first 12 base32 digits of HMAC-SHA-256 (RFC 2104) over "NUMBER.LOCATION.STEP" under the job's secret. STEP
is the number of 30-second steps since 1970 (as in RFC 6238), 0 on paper. The shop has the secret with the job, so it
checks a code with the line down.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
import re
from datetime import datetime
from typing import NamedTuple

PREFIX = "TWH1."
STEP_S = 30
STEPS_OF_SKEW = 4  # two minutes either way: clocks of shops are not exact
PAPER = 0
_CODE = re.compile(
    r"TWH1\.(?P<number>[A-Z0-9-]{3,20})\.(?P<location>[^.]{1,64})\.(?P<step>[0-9]{1,12})\.(?P<mac>[A-Z2-7]{12})"
)


class HandoverCode(NamedTuple):
    number: str
    location_id: str
    step: int
    mac: str


class Verdict(enum.StrEnum):
    GOOD = "good"
    OLD = "old"
    FORGED = "forged"
    OTHER_SHOP = "other_shop"


def step_at(now: datetime) -> int:
    return int(now.timestamp()) // STEP_S


def code(secret: str, number: str, location_id: str, step: int) -> str:
    """The text of the QR symbol. `secret` is hex."""
    return f"{PREFIX}{number}.{location_id}.{step}.{_mac(secret, number, location_id, step)}"


def parse(text: str) -> HandoverCode | None:
    """None for anything that is no hand-over code."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        return None
    return HandoverCode(found["number"], found["location"], int(found["step"]), found["mac"])


def verdict(shown: HandoverCode, secret: str, location_id: str, now: datetime) -> Verdict:
    """What a shop makes of the code, offline."""
    if shown.location_id != location_id:
        return Verdict.OTHER_SHOP
    expected = _mac(secret, shown.number, shown.location_id, shown.step)
    if not hmac.compare_digest(expected, shown.mac):
        return Verdict.FORGED
    if shown.step != PAPER and abs(step_at(now) - shown.step) > STEPS_OF_SKEW:
        return Verdict.OLD
    return Verdict.GOOD


def _mac(secret: str, number: str, location_id: str, step: int) -> str:
    text = f"{number}.{location_id}.{step}".encode()
    digest = hmac.digest(bytes.fromhex(secret), text, hashlib.sha256)
    return base64.b32encode(digest)[:12].decode()
