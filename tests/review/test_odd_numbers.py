"""Numbers that no photo has, from a damaged file or server: unknown, and no reason to stop a fetch."""

from __future__ import annotations

import io
import json
import math

import pytest

from immich_tui.review.filters import parse
from immich_tui.review.plan_export import export_plan
from immich_tui.verdict.policy import PRESETS
from tests.review.fetching import A, B, C, D, Server, group

ODD = [
    {"fileSizeInByte": 10**20},
    {"fileSizeInByte": -(10**20)},
    {"fileSizeInByte": -1},
    {"exifImageWidth": math.inf},
    {"exifImageWidth": math.nan, "exifImageHeight": math.nan},
    {"exifImageWidth": 1e30},
    {"exifImageHeight": -3000},
    {"iso": math.inf, "rating": 1e300},
]


@pytest.mark.parametrize("exif", ODD, ids=str)
async def test_a_group_with_an_odd_number_is_fetched_judged_shown_and_planned(
    server: Server, exif: dict[str, float]
) -> None:
    odd = {**B, "exifInfo": {**B["exifInfo"], **exif}}
    await server.fetch(group("g1", A, odd), group("g2", C, D))
    session = await server.session()
    assert [row.group_id for row in session.rows] == ["g1", "g2"]
    for policy in PRESETS.values():
        await session.apply_policy(policy)
        assert (await session.look("g1")).choice.winner
    if "fileSizeInByte" in exif:
        assert await session.find(parse("size>100GB")) == []
        assert session.row("g1").saving <= session.row("g2").saving
    await session.choose_winner("g1", "a")
    stream = io.StringIO()
    await export_plan(session, stream)
    members = {one["id"]: one for one in json.loads(stream.getvalue())["groups"][0]["members"]}
    assert members["a"]["pixels"] == [4000, 3000]
    known = members["b"]["size"] if "fileSizeInByte" in exif else members["b"]["pixels"]
    assert (known is None) is ("iso" not in exif)
