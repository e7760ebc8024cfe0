"""Members of the same time keep their places, whatever was written to them in between."""

from __future__ import annotations

import pytest

from immich_tui.demo.server import DemoServer


@pytest.mark.parametrize("groups", [None, 6], ids=["by hand", "generated"])
def test_a_member_that_left_and_came_back_stands_where_it_stood(groups: int | None) -> None:
    with DemoServer(groups=groups) if groups else DemoServer() as server:
        library = server.library
        for group in list(library.group_ids()):
            before = [asset.id for asset in library.members(group)]
            for place in range(len(before)):
                library.regroup(library.assets.touch(before[place]), None)
                assert before[place] not in [asset.id for asset in library.members(group)]
                library.regroup(library.assets.touch(before[place]), group)
                assert [asset.id for asset in library.members(group)] == before
