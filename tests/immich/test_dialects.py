"""The client against a whole server in each of the three dialects: reading, writing, refusals."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from immich_tui.demo import records
from immich_tui.demo.server import DemoServer
from immich_tui.immich.capabilities import probe
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.discovery import discover
from immich_tui.immich.errors import (
    Gone,
    Maintenance,
    NotFoundOrNoAccess,
    PermissionMissing,
    RangeRefused,
    Rejected,
    ServerFault,
    Unauthorized,
    Unreachable,
)
from immich_tui.immich.models import Face, Group
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection

UNKNOWN = "00000000-0000-4000-a000-000000000000"
DIALECTS = ["1.135", "2.7", "3"]
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "3"))


@pytest.fixture
def demo(dialect: str) -> Iterator[DemoServer]:
    """A library of ten plain groups, in the dialect of the test."""
    with DemoServer(groups=10, dialect=dialect, jobs_delay=0.0) as server:
        yield server


@asynccontextmanager
async def connected(server: DemoServer, key: str | None = None) -> AsyncIterator[ImmichClient]:
    found = await discover(server.url)
    async with ImmichClient(Connection(found.url, Secret(key or server.key))) as client:
        yield client


@pytest.fixture
async def immich(demo: DemoServer) -> AsyncIterator[ImmichClient]:
    async with connected(demo) as client:
        yield client


in_every_dialect = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)


async def groups_of(client: ImmichClient) -> dict[str, Group]:
    return {one.group.id: one.group async for one in client.duplicates() if isinstance(one.group, Group)}


async def first_group(client: ImmichClient) -> Group:
    return next(iter((await groups_of(client)).values()))


@in_every_dialect
async def test_what_is_read_is_what_the_server_has(
    demo: DemoServer, immich: ImmichClient, dialect: str
) -> None:
    found = await probe(immich)
    assert str(found.version).startswith(dialect)
    assert (found.permissions is None) is (dialect == "1.135")
    assert found.abilities().shared_links is (dialect != "1.135")
    groups = await groups_of(immich)
    assert {group_id: {asset.id for asset in group.assets} for group_id, group in groups.items()} == {
        group_id: set(members) for group_id, members in demo.library.duplicate_ids().items()
    }
    for listed in (await first_group(immich)).assets:
        alone = await immich.asset(listed.id)
        assert (alone.checksum, alone.size, alone.local_date_time) == (
            listed.checksum,
            listed.size,
            listed.local_date_time,
        )


@in_every_dialect
async def test_an_original_arrives_whole_and_in_parts(demo: DemoServer, immich: ImmichClient) -> None:
    asset = (await first_group(immich)).assets[0]
    truth = demo.library.bytes_of(asset.id)
    assert await immich.original_size(asset.id) == len(truth) == asset.size
    async with immich.original(asset.id) as download:
        etag = download.etag
        received = b"".join([chunk async for chunk in download.chunks()])
    assert hashlib.sha1(received).digest() == hashlib.sha1(truth).digest()
    async with immich.original(asset.id, offset=1000, etag=etag) as rest:
        assert (rest.start, rest.total) == (1000, len(truth))
        assert b"".join([chunk async for chunk in rest.chunks()]) == truth[1000:]
    async with immich.original(asset.id, offset=1000, etag='W/"older"') as whole:
        assert whole.start == 0
    with pytest.raises(RangeRefused) as caught:
        async with immich.original(asset.id, offset=len(truth) + 5):
            pass
    assert caught.value.total == len(truth)
    assert (await immich.thumbnail(asset.id))[:4] == b"RIFF"
    assert len(await immich.thumbnail(asset.id, "preview")) > 100


@in_every_dialect
async def test_trash_and_back(demo: DemoServer, immich: ImmichClient) -> None:
    group = await first_group(immich)
    loser = group.assets[-1].id
    await immich.trash([loser])
    assert (await immich.asset(loser)).is_trashed
    await immich.restore([loser])
    assert not (await immich.asset(loser)).is_trashed
    with pytest.raises(NotFoundOrNoAccess) as caught:
        await immich.trash([loser, UNKNOWN])
    assert caught.value.permission == "asset.delete"
    assert not (await immich.asset(loser)).is_trashed
    await immich.trash([loser], force=True)
    demo.jobs.wait_quiet()
    with pytest.raises((NotFoundOrNoAccess, Gone)):
        await immich.asset(loser)


@in_every_dialect
async def test_fields_are_set_and_refused(immich: ImmichClient, demo: DemoServer, dialect: str) -> None:
    asset = (await first_group(immich)).assets[0]
    await immich.update_asset(asset.id, {"isFavorite": True, "description": "at the lake", "rating": 4})
    demo.jobs.wait_quiet()
    now = await immich.asset(asset.id)
    assert (now.is_favorite, now.known_exif.description, now.known_exif.rating) == (True, "at the lake", 4)
    with pytest.raises(Rejected, match=r"(?i)longitude") as caught:
        await immich.update_asset(asset.id, {"latitude": 1.0})
    assert not caught.value.may_have_happened
    with pytest.raises(NotFoundOrNoAccess):
        await immich.update_asset(UNKNOWN, {"rating": 3})


@in_every_dialect
async def test_groups_end_by_dismissing_and_by_taking_members_out(immich: ImmichClient, dialect: str) -> None:
    first, second, *_ = (await groups_of(immich)).values()
    await immich.dismiss([first.id])
    await immich.update_assets([asset.id for asset in second.assets], {"duplicateId": None})
    left = await groups_of(immich)
    assert first.id not in left
    assert second.id not in left
    await immich.update_assets([asset.id for asset in second.assets], {"duplicateId": second.id})
    assert second.id in await groups_of(immich)
    if dialect == "3":
        with pytest.raises(NotFoundOrNoAccess):
            await immich.dismiss([second.id, first.id])
        assert second.id in await groups_of(immich)
    else:
        await immich.dismiss([first.id])


@in_every_dialect
async def test_stacks_come_and_go(immich: ImmichClient) -> None:
    group = await first_group(immich)
    top, *_ = ids = [asset.id for asset in group.assets]
    stack_id = await immich.stack(ids)
    stacked = await immich.asset(top)
    assert stacked.stack is not None
    assert (stacked.stack.id, stacked.stack.primary_asset_id) == (stack_id, top)
    assert group.id not in await groups_of(immich)
    await immich.unstack(stack_id)
    assert (await immich.asset(top)).stack is None


@in_every_dialect
async def test_an_asset_that_is_not_ours_is_told_in_each_dialects_way(
    immich: ImmichClient, dialect: str
) -> None:
    kind = Gone if dialect == "3" else NotFoundOrNoAccess
    with pytest.raises(kind):
        await immich.original_size(UNKNOWN)
    with pytest.raises(NotFoundOrNoAccess):
        await immich.thumbnail(UNKNOWN)
    with pytest.raises(NotFoundOrNoAccess):
        await immich.asset(UNKNOWN)
    with pytest.raises(Rejected):
        await immich.asset("xyz")


@in_every_dialect
async def test_a_wrong_or_revoked_key_is_unauthorized(demo: DemoServer, immich: ImmichClient) -> None:
    async with connected(demo, "wrong") as stranger:
        with pytest.raises(Unauthorized):
            await stranger.me()
    assert (await immich.me()).id
    demo.revoke(demo.key)
    for call in (immich.me(), groups_of(immich), immich.trash([UNKNOWN]), immich.thumbnail(UNKNOWN)):
        with pytest.raises(Unauthorized):
            await call


FACE = Face(id="a", image_width=100, image_height=100, x1=1, y1=2, x2=30, y2=40)
WRITES: dict[str, Callable[[ImmichClient, str], Awaitable[object]]] = {
    "asset.delete": lambda client, asset: client.trash([asset]),
    "asset.update": lambda client, asset: client.update_asset(asset, {"rating": 3}),
    "duplicate.delete": lambda client, asset: client.dismiss([asset]),
    "asset.download": lambda client, asset: client.original_size(asset),
    "asset.view": lambda client, asset: client.thumbnail(asset),
    "albumAsset.create": lambda client, asset: client.add_to_album(asset, [asset]),
    "tag.asset": lambda client, asset: client.tag_assets([asset], [asset]),
    "stack.create": lambda client, asset: client.stack([asset, asset]),
    "face.create": lambda client, asset: client.add_face(asset, asset, FACE.box),
    "asset.copy": lambda client, asset: client.copy_shared_links(asset, UNKNOWN),
}


@pytest.mark.parametrize("permission", WRITES)
@pytest.mark.parametrize("dialect", ["2.7", "3"], indirect=True)
async def test_a_missing_permission_is_named(demo: DemoServer, permission: str) -> None:
    key = demo.new_key(("asset.read", "duplicate.read"))
    async with connected(demo, key) as looker:
        asset = (await first_group(looker)).assets[0]
        with pytest.raises(PermissionMissing) as caught:
            await WRITES[permission](looker, asset.id)
        assert caught.value.permission == permission
        needs = {need.permission: need.have for need in (await probe(looker)).needs}
        assert needs[permission] is False


@every_dialect
async def test_albums_tags_faces_and_links_of_a_real_library(dialect: str) -> None:
    with DemoServer(dialect=dialect, jobs_delay=0.0) as server:
        async with connected(server) as client:
            library = server.library
            albums = await client.albums()
            assert {album.id for album in albums} == set(library.albums)
            me = (await client.me()).id
            own = next(album for album in albums if album.role_of(me) == "owner" and album.asset_count)
            held = [asset_id async for asset_id in client.album_assets(own.id, "timeline")]
            assert set(held) <= set(library.albums[own.id].asset_ids)
            assert own.id in {album.id for album in await client.albums_of(held[0])}

            outside = next(
                member
                for members in library.duplicate_ids().values()
                for member in members
                if member not in library.albums[own.id].asset_ids
            )
            [added, again, foreign] = [
                (await client.add_to_album(own.id, [asset_id]))[0] for asset_id in (outside, outside, UNKNOWN)
            ]
            assert (added.success, again.error, foreign.error) == (True, "duplicate", "no_permission")
            await client.set_album_cover(own.id, outside)
            assert library.albums[own.id].cover_id == outside
            await client.set_album_cover(own.id, held[0])
            [removed] = await client.remove_from_album(own.id, [outside])
            assert removed.success

            tag, *_ = await client.tags()
            assert await client.tag_assets([tag.id], [outside, UNKNOWN]) in {0, 1}
            assert tag.id in {found.id for found in (await client.asset(outside)).tags or ()}
            [untagged] = await client.untag_assets(tag.id, [outside])
            assert untagged.success

            person = records.Person(library.new_id(), "Grandma", me, library.now())
            library.people[person.id] = person
            await client.add_face(held[0], person.id, FACE.box)
            found = (await client.faces(held[0]))[-1]
            assert found.person is not None
            assert (found.person.id, found.person.name) == (person.id, "Grandma")
            assert (found.x1, found.y1, found.x2, found.y2) == (FACE.x1, FACE.y1, FACE.x2, FACE.y2)
            await client.remove_face(found.id)
            assert found.id not in {face.id for face in await client.faces(held[0])}

            if dialect == "1.135":
                with pytest.raises(Rejected):
                    await client.copy_shared_links(held[0], outside)
            else:
                link = records.SharedLink(library.new_id(), me, "key", library.now(), [held[0]])
                library.links[link.id] = link
                await client.copy_shared_links(held[0], outside)
                shown = {one.id for one in await client.shared_links() if one.shows(outside)}
                assert link.id in shown
                results = await client.remove_from_link(link.id, [outside, UNKNOWN])
                assert [(one.id, one.success, one.error) for one in results] == [
                    (outside, True, None),
                    (UNKNOWN, False, "not_found"),
                ]
                assert link.asset_ids == [held[0]]
            assert [one async for one in client.assets_of_person(person.id, "timeline")] == []
            await client.add_face(held[0], person.id, FACE.box)
            assert [one async for one in client.assets_of_person(person.id, "timeline")] == [held[0]]
            assert [one async for one in client.assets_of_person(person.id, "archive")] == []
            assert person.id in {one.id for one in await client.people()}


async def test_a_server_that_is_down_for_a_while_is_unreachable_and_then_back(
    demo: DemoServer, immich: ImmichClient
) -> None:
    await immich.version()
    with demo.outage(), pytest.raises(Unreachable) as caught:
        await immich.trash([UNKNOWN])
    assert caught.value.transient
    assert str(await immich.version()) == "3.1.0"


@in_every_dialect
async def test_connections_dropped_between_calls_go_unnoticed(demo: DemoServer, immich: ImmichClient) -> None:
    for _ in range(5):
        assert (await immich.me()).id
        demo.drop_connections()


@in_every_dialect
async def test_a_file_missing_on_the_servers_disk_is_an_error_of_its_own(
    demo: DemoServer, immich: ImmichClient, dialect: str
) -> None:
    asset = (await first_group(immich)).assets[0]
    demo.library.edit(asset.id, offline=True)
    with pytest.raises(Gone if dialect == "3" else ServerFault):
        await immich.original_size(asset.id)


@in_every_dialect
async def test_maintenance_is_told_from_a_missing_route(demo: DemoServer, immich: ImmichClient) -> None:
    asset = (await first_group(immich)).assets[0]
    demo.library.maintenance = True
    for call in (
        immich.asset(asset.id),
        immich.original_size(asset.id),
        immich.trash([asset.id]),
        probe(immich),
    ):
        with pytest.raises(Maintenance):
            await call
    assert (await discover(demo.url)).url == immich.connection.url
    demo.library.maintenance = False
    assert not (await immich.asset(asset.id)).is_trashed
