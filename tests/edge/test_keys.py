import pytest

from edge.keys import KeyFileError, load_or_make, verify


def test_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "data" / "box.key"
    first = load_or_make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_make(path).public == first.public
    assert [it.name for it in path.parent.iterdir()] == ["box.key"]


def test_signs_what_others_can_verify(tmp_path):
    key = load_or_make(tmp_path / "box.key")
    signature = key.sign(b"receipt")
    assert verify(key.public, signature, b"receipt")
    assert not verify(key.public, signature, b"receipt!")
    assert not verify("00" * 32, signature, b"receipt")
    assert not verify("no hex", signature, b"receipt")


def test_a_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "box.key"
    load_or_make(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError) as refused:
        load_or_make(path)
    assert str(refused.value) == f"The key {path} can be read by others; run: chmod 600 {path}"


def test_half_a_key_is_never_replaced(tmp_path):
    path = tmp_path / "box.key"
    path.write_text("abcd")
    path.chmod(0o600)
    with pytest.raises(KeyFileError) as refused:
        load_or_make(path)
    assert str(refused.value) == (
        f"Expected 64 hex digits in the key {path}, got 4 characters. "
        "Restore it from the copy; a new key makes old receipts unverifiable here."
    )
    assert path.read_text() == "abcd"
