"""A session that is opened again under other rules, and policies that ask for what a fetch reads last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.desk import Desk
from immich_tui.immich.secret import Secret
from immich_tui.link import Link, connect
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.policy_table import policies_from_config


@asynccontextmanager
async def linked(server: DemoServer) -> AsyncIterator[Link]:
    """A connection to the server."""
    link = await connect(server.url, Secret(server.key), ca_file=None, insecure=False)
    try:
        yield link
    finally:
        await link.close()


BY_ALBUMS = {"policies": {"albums": {"criteria": ["in most albums first", "last in order"]}}}


async def test_verdicts_are_made_again_when_the_settings_changed(server: DemoServer, paths: Paths) -> None:
    async with linked(server) as link:
        desk = await Desk.open(link, paths)
        (await desk.fetch().run()).check()
        await desk.session.take_in_fetch()
        before = {row.group_id: row.saving for row in desk.session.rows}
        await desk.close()
        everything = policies_from_config({"protect_libraries": ["upload"]})
        desk = await Desk.open(link, paths, everything)
        assert desk.session.policy is everything["metadata"]
        after = {row.group_id: row.saving for row in desk.session.rows}
        await desk.close()
    assert sum(before.values()) > 0
    assert sum(after.values()) < sum(before.values()) / 10  # only what lies in external libraries may go


async def test_albums_decide_as_soon_as_they_were_read(server: DemoServer, paths: Paths) -> None:
    policies = policies_from_config(BY_ALBUMS)
    policy: Policy = policies["albums"]
    async with linked(server) as link:
        desk = await Desk.open(link, paths, policies, policy)
        (await desk.fetch().run()).check()
        await desk.session.take_in_fetch()
        found = 0
        for row in desk.session.rows:
            look = await desk.session.look(row.group_id)
            assert row.saving == sum(
                asset.exif.file_size_in_byte or 0
                for asset in look.group.assets
                if asset.id in look.choice.trash and asset.exif is not None
            )
            albums = look.surroundings.albums
            assert albums is not None
            counts = {asset.id: len(albums[asset.id]) for asset in look.group.assets}
            assert counts[look.verdict.winner] == max(counts.values())
            found += counts[look.verdict.winner] > min(counts.values())
        await desk.close()
    assert found
