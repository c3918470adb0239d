"""What was made once is read again only where it is whole and its source is the same."""

from pathlib import Path

import pytest

from ui import catalogues
from ui.catalogues import Catalogues
from ui.kept import Kept
from ui.pages import Look, Pages, Place


def test_what_was_kept_is_there_for_the_same_source_only(tmp_path: Path) -> None:
    Kept(tmp_path / "pages").write("a", b"source", b"made")
    kept = Kept(tmp_path / "pages")
    assert kept.read("a", b"source") == b"made"
    assert kept.read("a", b"another source") is None
    assert kept.read("b", b"source") is None


@pytest.mark.parametrize("at", range(36))
def test_a_byte_that_fell_over_makes_it_no_file(tmp_path: Path, at: int) -> None:
    kept = Kept(tmp_path)
    kept.write("a", b"source", b"made")
    whole = (tmp_path / "a").read_bytes()
    assert len(whole) == 36
    (tmp_path / "a").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    assert kept.read("a", b"source") is None
    (tmp_path / "a").write_bytes(whole[:at])
    assert kept.read("a", b"source") is None


def test_only_the_program_itself_may_write_there(tmp_path: Path) -> None:
    Kept(tmp_path / "pages").write("a", b"source", b"made")
    assert (tmp_path / "pages").stat().st_mode & 0o777 == 0o700


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("a file where the folder would be")
    kept = Kept(tmp_path / "pages")
    kept.write("a", b"source", b"made")
    assert kept.read("a", b"source") is None


def test_a_second_start_compiles_no_template_and_no_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page() -> str:
        pages = Pages(tmp_path, Place(), kept=Kept(tmp_path / "kept"))
        return pages.render("a.html", Look("en")) + pages.text("en", "a")

    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text("{{ 1 + 1 }}", encoding="utf-8")
    (tmp_path / "locale").mkdir()
    sentence = tmp_path / "locale" / "en.po"
    sentence.write_text('msgid "a"\nmsgstr " goods"\n', encoding="utf-8")
    assert page() == "2 goods"
    with monkeypatch.context() as patched:
        patched.delattr(catalogues, "compiled")
        patched.delattr("jinja2.Environment.compile")
        assert page() == "2 goods"
    sentence.write_text('msgid "a"\nmsgstr " loaves"\n', encoding="utf-8")
    (tmp_path / "templates" / "a.html").write_text("{{ 1 + 2 }}", encoding="utf-8")
    assert page() == "3 loaves"


def test_sentences_of_two_programs_do_not_take_each_others_place(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept")
    for program in ("edge", "cloud"):
        folder = tmp_path / program / "locale"
        folder.mkdir(parents=True)
        (folder / "en.po").write_text(f'msgid "a"\nmsgstr "{program}"\n', encoding="utf-8")
    for _ in range(2):
        for program in ("edge", "cloud"):
            known = Catalogues(tmp_path / program / "locale", kept=kept)
            assert known.text("en", "a") == program
