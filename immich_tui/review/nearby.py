"""Who is on the photos that are looked at, and which public links show them.

The listing tells neither, and to ask for every photo of a library would take longer than the listing itself.
So it is asked when a group is looked at, and kept as long as nothing can have changed it. Winners are found
for all groups alike and without it; what is told of a group counts it in. A run asks again for itself.
"""

from __future__ import annotations

import dataclasses

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import PermissionMissing
from immich_tui.immich.models import Face, Group
from immich_tui.review.session import Look, Session
from immich_tui.verdict.hearing import Hearing


class Nearby:
    """People and public links around the groups of a session, as far as they were asked for."""

    def __init__(self, client: ImmichClient, session: Session) -> None:
        self._client = client
        self._session = session
        self.clear()

    def clear(self) -> None:
        """Anything may have changed."""
        self._faces: dict[str, tuple[Face, ...]] = {}
        self._links: dict[str, tuple[str, ...]] | None = None
        self._may_see_faces = True
        self._may_see_links = True
        self._anybody: bool | None = None

    def knows(self, group: Group) -> bool:
        """Whether there is nothing left to ask about a group."""
        return (self._links is not None or not self._may_see_links) and (
            not self._may_see_faces
            or self._anybody is False
            or all(asset.id in self._faces for asset in group.assets)
        )

    async def ask(self, group: Group) -> None:
        """Ask the server about a group; what the key may not see stays *not read*. Raises `ImmichError`."""
        if self._links is None and self._may_see_links:
            try:
                self._links = await self._read_links()
            except PermissionMissing:
                self._may_see_links = False
        try:
            if self._anybody is None and self._may_see_faces:
                self._anybody = any(person.name.strip() for person in await self._client.people())
            for asset in group.assets:
                if self._anybody and self._may_see_faces and asset.id not in self._faces:
                    self._faces[asset.id] = await self._client.faces(asset.id)
        except PermissionMissing:
            self._may_see_faces = False

    async def _read_links(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for link in await self._client.shared_links():
            if link.type == "INDIVIDUAL":
                for asset in link.assets:
                    found[asset.id] = (*found.get(asset.id, ()), link.id)
        return found

    def completed(self, look: Look) -> Look:
        """A look with all that is known of its group, in the ledgers and as a flag where people are lost."""
        ids = [asset.id for asset in look.group.assets]
        around = look.surroundings
        if self._links is not None:
            around = dataclasses.replace(around, shared_links={one: self._links.get(one, ()) for one in ids})
        if self._anybody is False:
            around = dataclasses.replace(around, people=dict.fromkeys(ids, ()))
        elif known := {one: self._faces[one] for one in ids if one in self._faces}:
            around = dataclasses.replace(around, faces=known)
        if around is look.surroundings:
            return look
        session = self._session
        context = session.context.of(look.choice)
        hearing = Hearing(look.group, session.policy, context, around)
        told = dataclasses.replace(look, ledger=hearing.ledger(look.choice), surroundings=around)
        if hearing.verdict.winner != look.verdict.winner:
            # The list goes by the verdict that all groups have alike; two winners would confuse.
            return told
        return dataclasses.replace(
            told,
            verdict=hearing.verdict,
            explanation=hearing.explanation,
            override=hearing.override(look.choice, session.proposed(look.group, hearing.verdict)),
        )
