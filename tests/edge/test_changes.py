import threading

import pytest

from edge import changes
from edge.changes import MAX_FOLLOWERS, Changes, TooManyFollowersError


async def test_a_page_hears_what_a_thread_changed():
    watchers = Changes()
    async with watchers.follow() as page:
        thread = threading.Thread(target=watchers.bump, args=(changes.SALES, changes.OUTBOX))
        thread.start()
        assert await page.wait(5) <= {changes.SALES, changes.OUTBOX}
        thread.join()


async def test_many_bumps_that_nobody_read_are_one_change():
    watchers = Changes()
    async with watchers.follow() as page:
        for _ in range(10_000):
            watchers.bump(changes.BASKET)
        assert await page.wait(5) == {changes.BASKET}
        assert await page.wait(0.001) == frozenset()


async def test_every_page_hears_it_and_a_page_that_left_does_not():
    watchers = Changes()
    async with watchers.follow() as first:
        async with watchers.follow() as second:
            watchers.bump(changes.LINE)
            assert await second.wait(5) == {changes.LINE}
        watchers.bump(changes.SHIFT)
        assert await first.wait(5) == {changes.LINE, changes.SHIFT}
    assert second._topics == set()


async def test_pages_are_bounded():
    watchers = Changes()
    pages = [watchers.follow() for _ in range(MAX_FOLLOWERS + 1)]
    for page in pages[:-1]:
        await page.__aenter__()
    with pytest.raises(TooManyFollowersError) as refused:
        await pages[-1].__aenter__()
    assert str(refused.value) == (
        "Expected at most 64 pages to follow changes at once; close some and reload."
    )


def test_callbacks_run_at_once_in_the_bumping_thread():
    watchers = Changes()
    heard = []
    watchers.on(changes.OUTBOX, lambda: heard.append(threading.current_thread()))
    watchers.bump(changes.OUTBOX, changes.SALES)
    watchers.bump(changes.SALES)
    assert heard == [threading.current_thread()]


def test_a_topic_that_nobody_knows_is_a_mistake():
    with pytest.raises(ValueError, match="got 'sale'"):
        Changes().bump("sale")
