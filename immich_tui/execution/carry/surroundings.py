"""What is around the photos of a plan: albums, tags, people, public links.

The listing names none of them but tags. What can be asked in bulk is read once, before anything is touched;
where that tells of something to carry, the photos themselves are asked again right before it is carried.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from contextlib import suppress

from immich_tui.execution.plan import Chosen
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import Run
from immich_tui.immich.client import PAGE, ImmichClient
from immich_tui.immich.errors import Gone, NotFoundOrNoAccess, PermissionMissing
from immich_tui.immich.models import Face, Person, Place, Tag, places
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.marks import Marks
from immich_tui.verdict.model import Surroundings


async def read_people(run: Run, slot: Slot) -> dict[str, tuple[Person, ...]] | None:
    """Which named people are on which photo of the plan; `None` when the key may not look.

    Asked is person by person, or photo by photo where that takes fewer calls. Where nobody has a name, one
    call tells so.
    """
    losing = run.groups.open(loses=True)
    client = run.paced(slot)
    if not losing:
        return {}
    try:
        named = [person for person in await client.people() if person.name.strip()]
        if not named:
            return {}
        found = await _by_person(client, named, losing)
        return await _by_photo(client, losing) if found is None else found
    except PermissionMissing:
        return None


async def _by_person(
    client: ImmichClient, named: Sequence[Person], losing: Chosen
) -> dict[str, tuple[Person, ...]] | None:
    """Search for the photos of each person; `None` as soon as that takes more calls than the other way."""
    enough = losing.losers
    if len(named) > enough:
        return None
    where = await asyncio.to_thread(_places, losing)
    members = await asyncio.to_thread(_concerned, losing)
    found: dict[str, tuple[Person, ...]] = {}
    calls = 0
    for person in named:
        for place in where:
            calls += 1
            seen = 0
            async for asset_id in client.assets_of_person(person.id, place):
                seen += 1
                calls += seen % PAGE == 0
                if calls > enough:
                    return None
                if asset_id in members:
                    found[asset_id] = (*found.get(asset_id, ()), person)
    return found


async def _by_photo(client: ImmichClient, losing: Sequence[Planned]) -> dict[str, tuple[Person, ...]]:
    """Ask each loser for its faces, and the winner where one has somebody."""
    found: dict[str, tuple[Person, ...]] = {}

    async def ask(asset_id: str) -> None:
        # Of one that is not there any more nothing can be asked; what that means for its group is seen there.
        with suppress(NotFoundOrNoAccess, Gone):
            found[asset_id] = _named(await client.faces(asset_id))

    for planned in losing:
        for asset_id in planned.choice.trash:
            await ask(asset_id)
        if any(found.get(asset_id) for asset_id in planned.choice.trash):
            await ask(planned.choice.winner)
    return found


async def read_links(run: Run, slot: Slot) -> dict[str, tuple[str, ...]] | None:
    """Which public links show which photo; `None` when the key may not look."""
    if not run.groups.open(loses=True):
        return {}
    found: dict[str, list[str]] = {}
    try:
        links = await run.pool.call(run.client.shared_links, slot, repeatable=True)
    except PermissionMissing:
        return None
    for link in links:
        if link.type == "INDIVIDUAL":
            for asset in link.assets:
                found.setdefault(asset.id, []).append(link.id)
    return {asset_id: tuple(links_of) for asset_id, links_of in found.items()}


async def around_now(run: Run, planned: Planned, slot: Slot) -> Surroundings:
    """What is around a group right before its carry.

    Tags are asked for where the listing has none, faces where a loser shows somebody whom the winner lacks,
    links where a loser is in one. What a winner has that this run has begun to write to is what it had
    before.
    """
    found = run.around(planned)
    prior = run.carrying.get(planned.id)
    winner = planned.winner.id
    if any(asset.tags is None for asset in planned.group.assets):
        tags = {asset.id: await read_tags(run, asset.id, slot) for asset in planned.group.assets}
        if prior:
            tags[winner] = prior.winner.tags or ()
        found = dataclasses.replace(found, tags=tags)
    if prior and found.albums is not None:
        before = tuple(album for album in found.albums.get(winner, ()) if album.id in prior.albums)
        found = dataclasses.replace(found, albums={**found.albums, winner: before})
    if prior and found.people is not None:
        found = dataclasses.replace(found, people={**found.people, winner: prior.winner.people})
    if run.context.abilities.faces and (sources := _bringing(planned, found)):
        faces = {one: await read_faces(run, one, slot) for one in (winner, *sources)}
        if prior and prior.faces is not None:
            faces[winner] = tuple(face for face in faces[winner] if face.id in prior.faces)
        found = dataclasses.replace(found, faces=faces)
    shown = found.shared_links or {}
    if run.context.abilities.shared_links and any(shown.get(loser) for loser in planned.choice.trash):
        links = await read_links(run, slot)
        now = None if links is None else {asset.id: links.get(asset.id, ()) for asset in planned.group.assets}
        if now and prior and prior.links is not None:
            now[winner] = tuple(link for link in now[winner] if link in prior.links)
        found = dataclasses.replace(found, shared_links=now)
    return found


async def read_tags(run: Run, asset_id: str, slot: Slot) -> tuple[Tag, ...]:
    """The tags of an asset, from its own answer."""
    asset = await run.pool.call(lambda: run.client.asset(asset_id), slot, repeatable=True)
    return asset.tags or ()


async def read_faces(run: Run, asset_id: str, slot: Slot) -> tuple[Face, ...]:
    """The faces on an asset."""
    return await run.pool.call(lambda: run.client.faces(asset_id), slot, repeatable=True)


async def links_of(run: Run, asset_id: str, slot: Slot) -> frozenset[str]:
    """Ids of the public links that show an asset."""
    links = await run.pool.call(run.client.shared_links, slot, repeatable=True)
    return frozenset(link.id for link in links if link.shows(asset_id))


def _places(losing: Sequence[Planned]) -> Sequence[Place]:
    return places(asset.visibility for planned in losing for asset in planned.group.assets)


def _concerned(losing: Sequence[Planned]) -> Marks:
    return Marks(one for planned in losing for one in (planned.choice.winner, *planned.choice.trash))


def _bringing(planned: Planned, found: Surroundings) -> list[str]:
    """Losers with named people whom the winner lacks, as far as was read in bulk."""
    people = found.people or {}
    has = {person.id for person in people.get(planned.choice.winner, ())}
    return [
        loser
        for loser in planned.choice.trash
        if any(person.id not in has and person.name.strip() for person in people.get(loser, ()))
    ]


def _named(faces: tuple[Face, ...]) -> tuple[Person, ...]:
    """The named people among faces, each once."""
    people = (face.person for face in faces if face.person is not None)
    return tuple({person.id: person for person in people if person.name.strip()}.values())
