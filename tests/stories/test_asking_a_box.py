"""Head office asks a box for a test page: real processes from the hub's API to the simulated paper.

The shop's line is in the test's hands, so that a request meets a box that is there, away, or too late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from hardware_sim.processes import Company, Ports
from hardware_sim.proof.outside import HeadOffice, Program, Till, until
from hardware_sim.settings_files import Shop

pytestmark = [pytest.mark.requires("mosquitto"), pytest.mark.timeout(120)]
PATIENCE_S = 40.0
TITLE = "Printer test"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shopkeepers:
    """The three ends at which the shop is looked at: the hub, the box, and the paper."""

    company: Company
    office: HeadOffice
    till: Till
    counter: Program

    @property
    def path(self) -> str:
        return f"/api/boxes/{self.company.shop.edge_id}/commands"

    def ask(self, verb: str = "print_test", **more: Any) -> str:
        row = self.office.ask("POST", self.path, {"verb": verb, **more})
        return str(row["command_id"])

    def row(self, command_id: str) -> Json:
        [found] = [
            row for row in self.office.ask("GET", self.path) if row["command_id"] == command_id
        ]
        assert isinstance(found, dict)
        return found

    def wait(self, is_true: Callable[[], bool]) -> None:
        assert until(is_true, PATIENCE_S), self.office.ask("GET", self.path)

    def wait_until(self, command_id: str, state: str) -> Json:
        self.wait(lambda: self.row(command_id)["state"] == state)
        return self.row(command_id)

    def test_jobs(self) -> int:
        """Test pages that the box was ever told to print."""
        return sum(job["kind"] == "test" for job in self.till.ask("GET", "/api/print-jobs"))

    def pages(self) -> int:
        """Test pages on paper."""
        count = len(self.counter.ask("GET", "/api/printer/receipts"))
        texts = (self._paper(number) for number in range(count))
        return sum(TITLE in text for text in texts)

    def _paper(self, number: int) -> str:
        answer = self.counter.client.get("/api/printer/paper.txt", params={"receipt": number})
        return answer.text

    def set_line(self, state: str) -> None:
        control = self.company.line_control_url
        httpx.post(control, json={"state": state}, trust_env=False).raise_for_status()

    def is_online(self) -> bool:
        return bool(self.office.box(self.company.shop.edge_id)["online"])


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopkeepers]:
    folder = tmp_path_factory.mktemp("asking")
    with (
        Company(folder, Ports.free(), Shop(language="en")) as company,
        HeadOffice(company.hub.url) as office,
        Till(company.box.url) as till,
        Program(company.sim.url) as counter,
    ):
        yield Shopkeepers(company, office, till, counter)


@pytest.fixture
def shop(opened: Shopkeepers) -> Iterator[Shopkeepers]:
    """With its line up, before and after."""
    opened.wait(opened.is_online)
    yield opened
    opened.set_line("up")


def test_a_page_is_printed_and_the_hub_is_told(shop: Shopkeepers) -> None:
    before = shop.pages()
    row = shop.wait_until(shop.ask(), "done")
    assert (row["detail"], row["sent_at"] is None, row["finished_at"] is None) == (
        "queued",
        False,
        False,
    )
    shop.wait(lambda: shop.pages() == before + 1)


def test_a_feed_is_compared_and_an_unknown_one_is_refused_by_the_box(shop: Shopkeepers) -> None:
    good = shop.ask("resync_feed", arguments={"feed": "prices"})
    bad = shop.ask("resync_feed", arguments={"feed": "weather"})
    assert shop.wait_until(good, "done")["detail"] == "prices is compared with the hub's"
    assert "'weather'" in shop.wait_until(bad, "failed")["detail"]


def test_a_page_asked_for_while_the_line_is_cut_is_printed_once_it_is_back(
    shop: Shopkeepers,
) -> None:
    jobs, pages = shop.test_jobs(), shop.pages()
    shop.set_line("cut")
    shop.wait(lambda: not shop.is_online())
    command_id = shop.ask()
    assert shop.row(command_id)["state"] == "waiting"
    assert shop.test_jobs() == jobs
    shop.set_line("up")
    shop.wait_until(command_id, "done")
    shop.wait(lambda: shop.pages() == pages + 1)
    assert shop.test_jobs() == jobs + 1


def test_a_page_whose_request_the_line_held_back_is_printed_once(shop: Shopkeepers) -> None:
    """In a hole bytes wait and nobody is told: the hub believes the box to be there."""
    jobs = shop.test_jobs()
    shop.set_line("hole")
    command_id = shop.ask()
    shop.wait_until(command_id, "sent")
    shop.set_line("up")
    shop.wait_until(command_id, "done")
    assert shop.test_jobs() == jobs + 1


def test_what_came_too_late_is_not_printed(shop: Shopkeepers) -> None:
    jobs = shop.test_jobs()
    shop.set_line("cut")
    shop.wait(lambda: not shop.is_online())
    late = shop.ask(not_after_s=1)
    assert shop.wait_until(late, "expired")["sent_at"] is None
    shop.set_line("up")
    # What is asked later goes later: once it is done, the other would have been.
    shop.wait_until(shop.ask("resync_feed", arguments={"feed": "catalogue"}), "done")
    assert (shop.row(late)["state"], shop.test_jobs()) == ("expired", jobs)


def test_what_was_on_the_way_for_too_long_is_refused_by_the_box(shop: Shopkeepers) -> None:
    jobs = shop.test_jobs()
    shop.set_line("hole")
    late = shop.ask(not_after_s=1)
    assert shop.wait_until(late, "expired")["detail"] == ""
    shop.set_line("up")
    shop.wait(lambda: str(shop.row(late)["detail"]).startswith("not after "))
    assert (shop.row(late)["state"], shop.test_jobs()) == ("expired", jobs)
