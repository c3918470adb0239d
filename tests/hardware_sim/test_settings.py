"""shop.toml: what it may say, and how it is told that it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware_sim.settings import SettingsError, ShopSettings, read_settings
from hardware_sim.verbs import SHOP_EXAMPLE


def written(folder: Path, text: str) -> Path:
    file = folder / "shop.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_empty_file_is_a_whole_counter(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, ""))
    assert settings.scanner.link == tmp_path / "scanner.tty"
    assert settings.payment_terminal.ledger == tmp_path / "payment_terminal.jsonl"
    assert (settings.printer.port, settings.payment_terminal.port) == (9100, 9200)


def test_the_file_s_own_example_is_read(tmp_path: Path) -> None:
    import hardware_sim.settings as module

    example = (module.__doc__ or "").split("\n\n", 1)[1].rsplit("\n\n", 1)[0]
    text = "\n".join(line.strip() for line in example.splitlines())
    settings = read_settings(written(tmp_path, text))
    assert settings.name == "Maru Office Tower"
    assert settings.products[0].name["ko"] == "떡"


def test_the_example_of_the_help_says_what_is_taken_without_it(tmp_path: Path) -> None:
    shown = read_settings(written(tmp_path, SHOP_EXAMPLE))
    assert [it.data for it in shown.products] == ["8801234567893"]
    assert shown.model_copy(update={"products": []}) == read_settings(written(tmp_path, ""))


def test_the_demo_s_file_is_read(tmp_path: Path) -> None:
    from hardware_sim import settings_files
    from hardware_sim.processes import Ports

    text = settings_files.counter(settings_files.Shop(), Ports.in_a_row(18100), "scanner.tty")
    assert isinstance(read_settings(written(tmp_path, text)), ShopSettings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = 99999", "port: Input should be less than or equal to 65535"),
        (
            "[printer]\nmodell = 'x'",
            "printer.modell is no setting of a counter. `twinstore sim run --help` shows them all.",
        ),
        ("[printer]\nmodel = 'x'", "printer.model: Expected one of "),
        (
            "[payment_terminal]\nscript = ['pray']",
            "payment_terminal.script: Expected steps of approve, decline, pin, cancel, timeout, wait, got pray.",
        ),
        ("port = ", "is not TOML: "),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert str(caught.value).startswith(str(file))
    assert message in str(caught.value)
