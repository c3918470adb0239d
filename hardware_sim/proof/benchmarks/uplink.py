"""How fast a box that was cut off for long catches up, against MQTT used plainly."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from contract import topics
from contract.envelope import Ack, chain, make_uid
from hardware_sim import settings_files
from hardware_sim.processes import Company, Ports, broker_query, stopped
from hardware_sim.proof.benchmarks import bare_mqtt
from hardware_sim.proof.estate import DATABASE, open_shop, start
from hardware_sim.proof.outside import HeadOffice, Till, until

BACKLOG = 100_000
BARE_MESSAGES = 30_000
POLL_S = 0.02
WITHIN_S = 240.0
LEAST_RATIO = 3.0
LINES = 3
LOGGED = ("sale.completed", "drawer.opened")


def uplink(progress: Callable[[str], object]) -> dict[str, Any]:
    """A backlog of 100,000 facts, outbox → hub committed → acknowledged, over one MQTT message a fact."""
    with tempfile.TemporaryDirectory(prefix="twinstore-uplink-") as folder:
        company = Company(Path(folder), Ports.free())
        _connect_directly(company)
        _queue_without_end(company)
        with stopped(company):
            start(company.broker, company.hub, company.line, company.box)
            bodies = _first_sale(company)
            company.box.stop()
            progress(f"uplink: writing a backlog of {BACKLOG:,} facts")
            fill(company.folder / DATABASE, bodies)
            before_s = _bare_rate(company, bodies, progress)
            facts_s = _caught_up(company, progress)
            company.box.stop()
            company.hub.stop()
            after_s = _bare_rate(company, bodies, progress)
    bare_s = (before_s + after_s) / 2
    ratio = facts_s / bare_s
    return {
        "facts_per_s": round(facts_s),
        "bare_messages_per_s": round(bare_s),
        "backlog": BACKLOG,
        "bytes_a_fact": sum(len(body.encode()) for body in bodies) // len(bodies),
        "ratio": round(ratio, 2),
        "ok": ratio >= LEAST_RATIO,
    }


def _connect_directly(company: Company) -> None:
    """The line's process is a tool of the proofs and slower than either end."""
    text = settings_files.edge(company.shop, company.ports, broker_query(), company.scanner)
    direct = text.replace(f":{company.ports.line}", f":{company.ports.broker}")
    (company.folder / "edge.toml").write_text(direct, encoding="utf-8")


def _first_sale(company: Company) -> list[str]:
    """What the box logs of one real cash sale (the sale, the drawer's opening): the pattern of the backlog."""
    with Till(company.box.url) as till, HeadOffice(company.hub.url) as office:
        open_shop(till, office)
        till.sell([{"sku": f"BREAD-{number}", "quantity": 1} for number in range(1, LINES + 1)])
        with closing(sqlite3.connect(company.folder / DATABASE)) as box:
            until(lambda: len(_bodies(box)) == len(LOGGED), WITHIN_S)
            until(lambda: till.waiting() == 0, WITHIN_S)
            return _bodies(box)


def _bodies(box: sqlite3.Connection) -> list[str]:
    found = box.execute("SELECT body FROM outbox ORDER BY seq").fetchall()
    return [body for (body,) in found if json.loads(body)["type"] in LOGGED]


def fill(database: Path, patterns: list[str]) -> None:
    """Writes BACKLOG facts as the box would have, each with an id of its own, all in one transaction."""
    with closing(sqlite3.connect(database)) as box, box:
        epoch, high, link = box.execute(
            "SELECT epoch, high, chain FROM stream WHERE state = 'open'"
        ).fetchone()
        for seq, (uid, body) in enumerate(_facts(patterns), high + 1):
            link = chain(link, uid, body)
            row = (epoch, seq, uid, body, link)
            box.execute(
                "INSERT INTO outbox (epoch, seq, uid, body, chain) VALUES (?, ?, ?, ?, ?)", row
            )
        head = (high + BACKLOG, link, epoch)
        box.execute("UPDATE stream SET high = ?, chain = ? WHERE epoch = ?", head)


def _facts(patterns: list[str]) -> Iterator[tuple[str, str]]:
    facts = [json.loads(pattern) for pattern in patterns]
    unix_ms = int(time.time() * 1000)
    for number in range(1, BACKLOG + 1):
        fact = facts[number % len(facts)]
        if "sale_id" in fact:
            fact |= {"sale_id": make_uid(unix_ms, os.urandom), "receipt_number": number + 1}
        body = json.dumps(fact, ensure_ascii=False, separators=(",", ":"))
        yield make_uid(unix_ms, os.urandom), body


def _queue_without_end(company: Company) -> None:
    """For the bare limit's sake, and for both alike: by default mosquitto drops what a slow reader has not taken."""
    settings = company.folder / "mosquitto.conf"
    if settings.exists():
        more = "max_queued_messages 0\nmax_inflight_messages 200\n"
        settings.write_text(settings.read_text(encoding="utf-8") + more, encoding="utf-8")


def _bare_rate(company: Company, bodies: list[str], progress: Callable[[str], object]) -> float:
    """Measured before and after, so that a machine that grows busy meanwhile is seen in both."""
    progress("uplink: the bare limit, one message a fact")
    return bare_mqtt.rate(company.ports.broker, bodies, BARE_MESSAGES)


def _caught_up(company: Company, progress: Callable[[str], object]) -> float:
    """Facts a second between the hub's answer to the hello and its ack of the last fact, heard on the wire."""
    with Acks(company.ports.broker, company.shop.edge_id) as acks:
        company.box.start()
        deadline_s = time.perf_counter() + WITHIN_S
        while acks.high - acks.first_high < BACKLOG:
            if time.perf_counter() > deadline_s:
                raise RuntimeError(f"Expected {BACKLOG:,} facts acknowledged, got {acks.high:,}.")
            progress(f"uplink: {acks.high:,} of {BACKLOG:,} facts acknowledged")
            time.sleep(POLL_S)
        return BACKLOG / (acks.last_at_s - acks.first_at_s)


class Acks:
    """Listens to what the hub acknowledges to one box."""

    def __init__(self, port: int, edge_id: str) -> None:
        self.first_at_s = self.last_at_s = 0.0
        self.first_high = self.high = 0
        self._client = bare_mqtt.client("bench-acks")
        self._client.on_message = lambda _client, _userdata, message: self._heard(
            bytes(message.payload)
        )
        self._client.connect(bare_mqtt.HOST, port)
        self._client.subscribe(topics.down(edge_id, topics.Down.ACK), 1)

    def __enter__(self) -> Self:
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.loop_stop()
        self._client.disconnect()

    def _heard(self, payload: bytes) -> None:
        ack = Ack.model_validate_json(payload)
        now_s = time.perf_counter()
        if ack.hello is not None:
            self.first_at_s, self.first_high = now_s, ack.high
        if ack.high > self.high:
            self.high, self.last_at_s = ack.high, now_s
