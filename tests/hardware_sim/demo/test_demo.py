"""What `twinstore demo` says, and how it ends where the shop cannot open."""

import contextlib
import os
import signal
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from hardware_sim import demo
from hardware_sim.demo import landing
from hardware_sim.demo.chain import Chain
from hardware_sim.demo.products import products
from hardware_sim.processes import Party


def test_the_first_minute_is_at_most_twelve_lines_with_every_address(tmp_path: Path) -> None:
    lines = demo.addresses(Chain(tmp_path, 8100, "en", products()))
    opening_lines = 2
    assert opening_lines + len(lines) <= 12
    text = "\n".join(lines)
    assert [
        port for port in (*range(8100, 8104), 8113) if f"http://127.0.0.1:{port}" not in text
    ] == []
    assert "Ctrl-C stops everything." in lines[-1]


def test_a_taken_port_ends_it_in_words_and_leaves_nothing_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert demo.run(tmp_path, port, "en") == 1
    words = capsys.readouterr().out
    assert f"Another program listens on port {port}, so the shop cannot open." in words
    assert words.endswith("Everything has stopped.\n")


@pytest.fixture
def handlers() -> Iterator[None]:
    """Puts back what the demo does to this process's signals."""
    before = {number: signal.getsignal(number) for number in demo.ENDINGS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("ending", demo.ENDINGS)
def test_every_ending_stops_the_shop_and_a_second_one_does_not_disturb_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: signal.Signals
) -> None:
    stopped: list[str] = []

    def stop(party: Party) -> None:
        os.kill(os.getpid(), ending)
        stopped.append(party.name)

    monkeypatch.setattr(Party, "stop", stop)
    monkeypatch.setattr(demo, "open_shops", lambda *_: os.kill(os.getpid(), ending))
    assert demo.run(tmp_path, 8100, "en") == 0
    counter = ["box", "sim", "line"]
    assert stopped == [*counter, *counter, "wallets", "hub", "broker"]


@pytest.mark.usefixtures("handlers")
def test_a_demo_under_nohup_outlives_its_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stayed: list[bool] = []

    def open_shops(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        stayed.append(True)

    monkeypatch.setattr(demo, "open_shops", open_shops)
    assert (demo.run(tmp_path, 8100, "en"), stayed) == (0, [True])


@pytest.mark.usefixtures("handlers")
@pytest.mark.timeout(30)
def test_an_ending_that_foreign_code_swallows_is_heard_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_app(*_: object) -> FastAPI:
        with contextlib.suppress(BaseException):
            os.kill(os.getpid(), signal.SIGTERM)
        return FastAPI()

    def open_shops(chain: Chain, ending: demo.Ending) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            demo.serve(chain, door, ending)

    monkeypatch.setattr(landing, "make_app", make_app)
    monkeypatch.setattr(demo, "open_shops", open_shops)
    assert demo.run(tmp_path, 8100, "en") == 0


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_shop_speaks_the_language_of_the_terminal(
    environment: dict[str, str], language: str
) -> None:
    assert demo.language_of(environment) == language


@pytest.mark.parametrize(
    ("language", "model", "signs"),
    [
        ("ko", "epson-tm-t88v-korean", ("마루 오피스타워점", "마루 언덕점")),
        ("zh", "gprinter-gp-l80250", ("Maru 写字楼店", "Maru 山坡店")),
        ("en", "epson-tm-t88v", ("Maru Office Tower", "Maru Hillside")),
    ],
)
def test_the_printer_has_the_shops_characters_at_both_ends_of_its_line(
    tmp_path: Path, language: str, model: str, signs: tuple[str, str]
) -> None:
    chain = Chain(tmp_path, 8100, language, products())
    for branch, over_the_door in zip(chain.branches, signs, strict=True):
        folder = branch.company.folder
        edge = tomllib.loads((folder / "edge.toml").read_text(encoding="utf-8"))
        shop = tomllib.loads((folder / "shop.toml").read_text(encoding="utf-8"))
        models = (edge["peripherals"]["printer"]["profile"], shop["printer"]["model"])
        assert models == (model, model)
        assert shop["name"] == over_the_door
