"""The process dies by SIGKILL while it sells: what it said was sold is there, whole, once, and in the outbox."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.services import selling
from edge.services.shop import Shop

CHILD = """
import itertools, sys
from pathlib import Path
from edge import keys
from edge.clock import SystemClock
from edge.db.unit_of_work import Database
from edge.domain.basket import EnteredCode
from edge.services import selling
from edge.services.selling import Ordered
from edge.services.shop import open_shop
from edge.settings import Settings

settings = Settings.model_validate_json(sys.stdin.readline())
shop = open_shop(settings, Database(settings.database_path), SystemClock(), keys.load_or_make(settings.key_path))
for number in itertools.count():
    print(selling.sell(shop, [Ordered("BREAD", 2), Ordered("MILK")]).sale_id, flush=True)
    selling.add_scan(shop, EnteredCode("CAKE", lot=str(number)))
    print(number, flush=True)
"""


@pytest.mark.parametrize("said", [1, 14, 45])
def test_whatever_was_said_to_be_sold_is_there(
    shop: Shop,
    make_shop: Callable[..., Shop],
    facts: Callable[[Shop], list[dict[str, Any]]],
    rows: Callable[[Shop, str], list[tuple[Any, ...]]],
    said: int,
) -> None:
    shop.database.close()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(shop.settings.model_dump_json().encode() + b"\n")
    child.stdin.flush()
    heard = [child.stdout.readline().decode().strip() for _ in range(said)]
    child.kill()
    heard += child.stdout.read().decode().split()
    child.wait()
    child.stdin.close()
    child.stdout.close()

    after = make_shop()
    told = [fact["sale_id"] for fact in facts(after) if fact["type"] == "sale.completed"]
    promised = [line for line in heard if len(line) == 36]
    assert told[: len(promised)] == promised
    assert len(told) - len(promised) in {0, 1}  # the last may have been committed and not yet said
    assert rows(after, "SELECT sale_id FROM sale ORDER BY receipt_number") == [
        (sale_id,) for sale_id in told
    ]
    assert rows(after, "SELECT count(*) FROM sale_line") == [(2 * len(told),)]
    assert rows(after, "SELECT count(*) FROM print_job") == [(len(told),)]
    scans = [int(line) for line in heard if len(line) < 10]
    view = selling.current(after)
    kept = len(view.basket.lines) if view else 0
    assert kept - len(scans) in {0, 1}
    assert json.dumps(rows(after, "PRAGMA integrity_check")) == '[["ok"]]'
