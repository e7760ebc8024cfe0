"""A fetch that ends while its groups are under review: nothing unseen is decided about."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from immich_tui.immich.models import Group
from immich_tui.review.analyze import in_short
from immich_tui.review.session import Session
from immich_tui.review.stored import Member
from immich_tui.verdict.judge import judge

from .review_library import CONTEXT, POLICY, Raw, asset, library, open_session, settled
from .test_review import notices, press, reviewing


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await open_session(tmp_path, library())
    yield session
    await session.close()


async def fetched(session: Session, groups: Sequence[Raw]) -> None:
    """Let a fetch find these groups, and take it in."""

    def write() -> None:
        incoming = session.store.incoming
        generation = incoming.begin()
        batch = []
        for position, raw in enumerate(groups):
            text = json.dumps(raw).encode()
            group = Group.model_validate_json(text)
            short = in_short(position, group, judge(group, POLICY, CONTEXT), POLICY)
            batch.append((short, text, [Member.of(one) for one in group.assets]))
        incoming.add_groups(generation, batch)
        incoming.finish(generation, {})

    await session.store.in_thread(write)
    await session.take_in_fetch()


@pytest.mark.parametrize("key", ["1", "enter", "space", "a"])
async def test_a_photo_that_joined_meanwhile_is_shown_before_it_is_decided_about(
    session: Session, key: str
) -> None:
    first, *others = library()
    joined = {**first, "assets": [*first["assets"], asset("joined.jpg", 9.0, (8064, 6048))]}
    async with reviewing(session) as pilot:
        await fetched(session, [joined, *others])
        await press(pilot, key)
        assert not session.rows[0].decided
        assert "not as it was shown" in notices(pilot.app)
        look = pilot.app.review.view.look
        assert look is not None
        assert len(look.group.assets) == 3, "the screen shows the group as it is now"
        await press(pilot, "1")
        assert session.rows[0].decided


async def test_a_group_that_is_as_it_was_is_decided_at_once(session: Session) -> None:
    first, second, *others = library()
    async with reviewing(session) as pilot:
        await fetched(session, [second, first, *others])
        await press(pilot, "1")
        assert [row.group_id for row in session.rows if row.decided] == [first["duplicateId"]]
        assert pilot.app.here.group_id == first["duplicateId"]
        await settled(pilot)
