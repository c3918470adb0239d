"""The first morning's members, seen by a real hub."""

from pathlib import Path

from fastapi.testclient import TestClient

from cloud.main import build_app
from contract.members import is_member_number
from hardware_sim.demo import members
from hardware_sim.demo.members import PEOPLE
from hardware_sim.processes import Company, Ports
from tests.cloud.conftest import FakeClock
from tests.hubs import open_hub


def test_three_people_have_points_value_and_only_what_they_agreed_to(tmp_path: Path) -> None:
    company = Company(tmp_path, Ports.in_a_row(8100))
    with open_hub(tmp_path, FakeClock()) as hub:
        client = TestClient(build_app(hub), base_url=company.hub.url)
        members.join_all(client, company)
        with hub.database.read() as session:
            found = hub.members.programme_in(session)
        listed = client.get("/members", headers={"Accept": "text/html"}).text
    assert (found.allowance, found.points_days) == (1_000, 730)
    for person in PEOPLE:
        assert person.name in listed
    assert "3,200" in listed
    assert "30,000" in listed
    assert listed.count("not agreed") == 1
    numbers = {
        word for word in listed.replace("<", " ").replace(">", " ").split() if len(word) == 10
    }
    assert sum(is_member_number(word) for word in numbers) == len(PEOPLE)
