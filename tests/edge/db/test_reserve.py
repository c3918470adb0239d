from pathlib import Path

from edge.db.reserve import Reserve


def test_the_reserve_takes_its_room_and_gives_it_up_once(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "box.reserve", 50_000)
    assert reserve.fill()
    stat = reserve.path.stat()
    assert (stat.st_size, stat.st_blocks * 512 >= 50_000) == (50_000, True)
    assert (reserve.is_released, reserve.path.exists()) == (False, True)
    assert [reserve.release(), reserve.release()] == [True, False]
    assert (reserve.is_released, reserve.path.exists()) == (True, False)


def test_it_is_taken_again_where_there_is_room(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "box.reserve", 50_000)
    reserve.fill()
    reserve.release()
    assert reserve.fill()
    assert not reserve.is_released


def test_a_disk_without_room_for_it_is_no_reason_not_to_start(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "box.reserve", 2**60)
    assert not reserve.fill()
    assert reserve.is_released
    assert not reserve.path.exists()
