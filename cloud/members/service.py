"""What is done with members, one transaction each: join, change, show a code, lose a phone, merge, erase, export."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import Session, select

from cloud.clock import Clock
from cloud.db import Database
from cloud.errors import (
    MemberCodeForgedError,
    MemberCodeOldError,
    MemberCodeRevokedError,
    MergeError,
    ProfileError,
    UnknownMemberError,
)
from cloud.feeds import repository as feeds
from cloud.identity import Identity
from cloud.ingest.quarantine import raise_alarm
from cloud.members import profile, repository
from cloud.members.people import Person, living, person_of, programme_of
from cloud.members.profile import FIELDS, PURPOSES, Statement, Written
from cloud.members.projection import CODE_SHARED
from cloud.members.sharing import SHARED_WITHIN
from cloud.members.standing import write_off_expired
from cloud.members.tables import (
    ConsentStatement,
    Credential,
    Member,
    MemberField,
    Sighting,
)
from contract import members as contract
from contract.envelope import make_uid
from contract.feeds import canonical
from contract.members import (
    BITS_A_CHUNK,
    LIFETIME_S,
    ROTATION_S,
    MemberCode,
    MembersKey,
    Programme,
    Verdict,
)

ORIGIN: Final = "hub"
VALUE_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One word about a purpose. `hlc` is "" where it is said here and now; confirmed: by the member in person."""

    is_granted: bool
    channel: str = ORIGIN
    is_confirmed: bool = True
    hlc: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A code for the phone, and when the next one is due."""

    code: str
    next_at: datetime
    good_until: datetime
    credential: int
    member_id: str


class Members:
    """`on_change` tells the ingest that feeds have moved. `key` signs the codes of this hub."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        key: Identity,
        currency: str,
        on_change: Callable[[], None],
    ) -> None:
        self.database = database
        self.clock = clock
        self.currency = currency
        self.on_change = on_change
        self._key = key
        self._kid = contract.kid_of(key.public_key)

    def publish_key(self) -> None:
        """The boxes learn by which key this hub signs."""
        entry = canonical(MembersKey(public_key=self._key.public_key).model_dump(mode="json"))
        with self.database.write() as session:
            feeds.write_operations(session, "keys", {contract.key_entry(self._kid): entry})
        self.on_change()

    # -- accounts ------------------------------------------------------------------------------

    def join(self, fields: Mapping[str, str], consents: Mapping[str, Said]) -> Person:
        """A new account with its first credential."""
        now = self.clock.now()
        member_id = make_uid(int(now.timestamp() * 1_000), os.urandom)
        with self.database.write() as session:
            number = _free_number(session)
            session.add(Member(member_id=member_id, number=number, made_at=now))
            session.add(Credential(member_id=member_id, issued_at=now))
            session.flush()
            self._write_profile(session, member_id, _now_written(fields), consents)
        return self.person(member_id)

    def change(self, name: str, fields: Sequence[Written], consents: Mapping[str, Said]) -> Person:
        """Writes what is newer than what is known. Raises ProfileError with nothing written."""
        with self.database.write() as session:
            member = living(session, name)
            self._write_profile(session, member.member_id, fields, consents)
        return self.person(member.member_id)

    def person(self, name: str) -> Person:
        with self.database.read() as session:
            found = self.person_in(session, living(session, name))
            session.expunge_all()
            return found

    def person_in(self, session: Session, member: Member) -> Person:
        return person_of(session, member, self.currency, self.clock.now())

    def programme_in(self, session: Session) -> Programme:
        return programme_of(session, self.currency)

    # -- the code ------------------------------------------------------------------------------

    def code(self, name: str, credential: int | None = None) -> Shown:
        """The text of the QR symbol now. Raises MemberCodeRevokedError for a phone that was lost."""
        now = self.clock.now()
        with self.database.write() as session:
            repository.lock(session)
            member = living(session, name)
            person = self.person_in(session, member)
            phone = _good_credential(person.credentials, credential)
            write_off_expired(session, member, person.standing, now)
            member.tier = person.standing.tier
            session.add(member)
        made = MemberCode(
            kid=self._kid,
            member_id=member.member_id,
            credential=phone,
            tier=person.standing.tier,
            balance=person.standing.available,
            allowance=person.standing.allowance(person.programme),
            issued_at=int(now.timestamp()),
            expires_s=LIFETIME_S,
        )
        text = contract.issue(made, lambda words: bytes.fromhex(self._key.sign(words)))
        next_at = now + timedelta(seconds=ROTATION_S)
        return Shown(text, next_at, contract.fresh_until(made), phone, member.member_id)

    def lost_phone(self, name: str, credential: int | None = None) -> int:
        """The phone's code is good no more, at any box that has heard of it. Gives the new phone's credential."""
        now = self.clock.now()
        with self.database.write() as session:
            member = living(session, name)
            accounts = repository.family(session, member.member_id)
            phones = repository.credentials(session, repository.ids(accounts))
            lost = [one for one in phones if credential is None or one.credential == credential]
            if not lost:
                raise UnknownMemberError(name=f"{name}/{credential}")
            revoke(session, lost, now)
            fresh = Credential(member_id=member.member_id, issued_at=now)
            session.add(fresh)
            session.flush()
        self.on_change()
        assert fresh.credential is not None
        return fresh.credential

    def add_phone(self, name: str) -> int:
        with self.database.write() as session:
            member = living(session, name)
            fresh = Credential(member_id=member.member_id, issued_at=self.clock.now())
            session.add(fresh)
            session.flush()
        assert fresh.credential is not None
        return fresh.credential

    def of_code(self, text: str, location_id: str, edge_id: str) -> str:
        """The id in a code that was scanned at a box; notes where. Raises what is wrong with the code."""
        shown = contract.parse(text)
        if shown is None:
            raise MemberCodeForgedError
        now = self.clock.now()
        with self.database.write() as session:
            said = contract.verdict(shown, member_keys(session), verify, lambda _: None, now)
            _refuse(said)
            phone = session.get(Credential, shown.code.credential)
            if phone is None or phone.revoked_at is not None:
                _refuse_revoked(session, shown.code.member_id)
            _note_sighting(session, shown.code.credential, location_id, edge_id, now)
        return shown.code.member_id

    # -- merge and erase -----------------------------------------------------------------------

    def merge(self, kept: str, gone: str) -> Person:
        """`gone` becomes part of `kept`: ledgers, phones and history follow, both ids lead there. Again: nothing."""
        with self.database.write() as session:
            repository.lock(session)
            into, old = living(session, kept), living(session, gone)
            if kept == gone:
                raise MergeError(detail="expected two memberships, got the same one twice")
            if into.member_id != old.member_id:
                repository.adopt(session, old.member_id, into.member_id)
        return self.person(into.member_id)

    def erase(self, name: str) -> None:
        """The person is gone from the hub; the ledger stays, and belongs to nobody. Again: nothing."""
        now = self.clock.now()
        with self.database.write() as session:
            repository.lock(session)
            member = repository.root(session, name)
            if member is None:
                raise UnknownMemberError(name=name)
            accounts = repository.family(session, member.member_id)
            own = repository.ids(accounts)
            repository.forget_person(session, own)
            revoke(session, repository.credentials(session, own), now)
            for coupon in repository.coupons_of(session, own):
                coupon.member_id = ""
                session.add(coupon)
            for account in accounts:
                account.erased_at = account.erased_at or now
                session.add(account)
        self.on_change()

    # -- inside --------------------------------------------------------------------------------

    def _write_profile(
        self,
        session: Session,
        member_id: str,
        fields: Sequence[Written],
        consents: Mapping[str, Said],
    ) -> None:
        """Checks everything before the first row."""
        now = self.clock.now()
        own = repository.ids(repository.family(session, member_id))
        known = [one for _, one in repository.written(session, own)]
        said = repository.statements(session, own)
        writes = [_clocked(one, known, now) for one in fields]
        words = [
            (_statement(purpose, one, said, now), one.channel) for purpose, one in consents.items()
        ]
        check_profile(writes, [word for word, _ in words], now)
        last = profile.last_writes([*writes, *_of(session, member_id)])
        for field, write in last.items():
            session.merge(
                MemberField(member_id=member_id, name=field, value=write.value, hlc=write.hlc)
            )
        for word, channel in words:
            session.merge(_consent_row(member_id, word, channel, now))


def revoke(session: Session, phones: Sequence[Credential], now: datetime) -> None:
    """Sets their bits in the status list, in the same transaction."""
    for phone in phones:
        phone.revoked_at = phone.revoked_at or now
        session.add(phone)
    session.flush()
    chunks = {(phone.credential or 0) // BITS_A_CHUNK for phone in phones}
    bodies = {chunk: repository.revoked_beside(session, chunk) for chunk in chunks}
    feeds.write_operations(
        session,
        "members",
        {
            contract.chunk_key(chunk): canonical(contract.chunk_of(revoked).model_dump())
            for chunk, revoked in bodies.items()
        },
    )


def member_keys(session: Session) -> dict[str, str]:
    """The keys of every hub process of this company, by kid."""
    entries = (
        MembersKey.model_validate_json(body)
        for key, _, body in feeds.live_rows(session, "keys")
        if key.startswith(contract.key_entry(""))
    )
    return {contract.kid_of(entry.public_key): entry.public_key for entry in entries}


def verify(public_key: str, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def check_profile(
    writes: Sequence[Written], statements: Sequence[Statement], now: datetime
) -> None:
    """Raises ProfileError for what no profile holds."""
    for one in writes:
        if one.name not in FIELDS:
            raise ProfileError(detail=f"expected one of {', '.join(FIELDS)}, got {one.name!r}")
        if len(one.value) > VALUE_LONGEST:
            detail = (
                f"expected at most {VALUE_LONGEST} characters in {one.name}, got {len(one.value)}"
            )
            raise ProfileError(detail=detail)
    for said in statements:
        if said.purpose not in PURPOSES:
            raise ProfileError(
                detail=f"expected one of {', '.join(PURPOSES)}, got {said.purpose!r}"
            )
    for hlc in (*(one.hlc for one in writes), *(one.hlc for one in statements)):
        if profile.is_too_far_ahead(hlc, now):
            raise ProfileError(detail=f"expected a clock of these days, got {hlc!r}")


def _now_written(fields: Mapping[str, str]) -> list[Written]:
    return [Written(field, value.strip(), "") for field, value in fields.items()]


def _clocked(write: Written, known: Sequence[Written], now: datetime) -> Written:
    """The write with its clock; one that is made here and now is behind all that is known of its field."""
    if write.hlc:
        return write._replace(hlc=_checked(write.hlc))
    newest = profile.last_writes(one for one in known if one.name == write.name).get(write.name)
    return write._replace(hlc=profile.next_hlc(now, newest.hlc if newest else "", ORIGIN))


def _statement(purpose: str, said: Said, known: Sequence[Statement], now: datetime) -> Statement:
    if said.hlc:
        return Statement(purpose, said.is_granted, said.is_confirmed, _checked(said.hlc))
    clocks = [one.hlc for one in known if one.purpose == purpose]
    newest = max(clocks, key=profile.order_of, default="")
    clock = profile.next_hlc(now, newest, said.channel)
    return Statement(purpose, said.is_granted, said.is_confirmed, clock)


def _consent_row(member_id: str, word: Statement, channel: str, now: datetime) -> ConsentStatement:
    return ConsentStatement(
        member_id=member_id,
        purpose=word.purpose,
        hlc=word.hlc,
        is_granted=word.is_granted,
        is_confirmed=word.is_confirmed,
        channel=channel,
        said_at=now,
    )


def _checked(hlc: str) -> str:
    try:
        profile.order_of(hlc)
    except ValueError as error:
        raise ProfileError(detail=str(error).rstrip(".")) from error
    return hlc


def _of(session: Session, member_id: str) -> list[Written]:
    return [one for _, one in repository.written(session, [member_id])]


def _free_number(session: Session) -> str:
    while True:
        number = contract.member_number(secrets.randbelow(10**9))
        if session.exec(select(Member).where(Member.number == number)).first() is None:
            return number


def _good_credential(phones: Sequence[Credential], wanted: int | None) -> int:
    """The phone that was named, or the newest that is good."""
    good = [one.credential for one in phones if one.revoked_at is None]
    if not good or (wanted is not None and wanted not in good):
        raise MemberCodeRevokedError
    credential = good[-1] if wanted is None else wanted
    assert credential is not None
    return credential


def _refuse(verdict: Verdict) -> None:
    if verdict in (Verdict.OLD, Verdict.FUTURE):
        raise MemberCodeOldError(rotation_s=ROTATION_S)
    if verdict is not Verdict.GOOD:
        raise MemberCodeForgedError


def _refuse_revoked(session: Session, member_id: str) -> None:
    """An erased member hears that it is erased, not that a phone was lost."""
    living(session, member_id)
    raise MemberCodeRevokedError


def _note_sighting(
    session: Session, credential: int, location_id: str, edge_id: str, now: datetime
) -> None:
    """The same phone in two shops within minutes: perhaps two people show one picture. Nobody is refused for it."""
    last = session.get(Sighting, credential)
    if last and last.location_id != location_id and now - last.seen_at < SHARED_WITHIN:
        detail = (
            f"Credential {credential} was shown at {last.location_id} and at {location_id} "
            f"within {SHARED_WITHIN.seconds // 60} minutes."
        )
        raise_alarm(session, edge_id, CODE_SHARED, detail, now)
    session.merge(Sighting(credential=credential, location_id=location_id, seen_at=now))
