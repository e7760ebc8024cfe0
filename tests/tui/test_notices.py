"""Messages go with the next key once they were seen, so that they cover nothing for long."""

from __future__ import annotations

import pytest

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.tui import notices
from immich_tui.tui.notices import Notices
from tests.tui.stage import SIZE, app_for, review, wait_for


async def test_a_message_goes_with_the_first_key_after_it_was_seen(paths: Paths) -> None:
    with DemoServer(groups=6) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await review(app, pilot)
            app.clear_notifications()
            await pilot.press("u")
            await wait_for(pilot, lambda: len(app._notifications) == 1)
            await wait_for(pilot, lambda: app.screen.query("Toast"))
            await pilot.pause()
            over = app.screen.query_one("Toast").region
            assert over.width == SIZE[0], "it leaves no half of a key in sight"
            await pilot.pause(notices.SEEN_S)
            await pilot.press("j")
            await wait_for(pilot, lambda: len(app._notifications) == 0)


def test_what_must_not_be_missed_stays_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(notices, "monotonic", lambda: now)
    told = Notices()
    assert not told.seen(), "there is nothing to take away"
    told.told(None)
    now += notices.SEEN_S / 2
    assert not told.seen()
    told.told(30.0)
    now += notices.SEEN_S
    assert not told.seen()
    now += notices.LASTING_SEEN_S
    assert told.seen()
    assert not told.seen()


def test_going_to_another_step_leaves_only_behind_what_need_not_be_seen() -> None:
    told = Notices()
    assert not told.left_behind()
    told.told(None)
    assert told.left_behind()
    told.told(30.0)
    told.told(None)
    assert not told.left_behind()
    told = Notices()
    told.told(None, warning=True)
    assert not told.left_behind()
