"""Small pictures for the report, asked from the server while it still has them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice

from immich_tui.execution.report.groups import DONE, HELD, UNCLOSED, UNREACHED, GroupReport, with_outcome
from immich_tui.execution.report.report import Report
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError, TimedOut, Unreachable
from immich_tui.jobs.outcome import Cancelled
from immich_tui.jobs.pool import Pool

GROUPS = 200
"""Groups that are shown with pictures: about 5 MB of page."""

FEW = 20
"""Pictures that a small run asks for besides."""

AT_ONCE = 4
WITHIN_S = 30.0
LARGEST = 200_000
"""Bytes of one picture, at most."""


def shown_with_pictures(report: Report) -> Iterator[GroupReport]:
    """The groups that a person most wants to see: what was left alone, disagreements, then the others."""
    differing = {group.group_id for group in islice(report.disagreements, GROUPS)}
    apart = with_outcome(report.groups, HELD, UNCLOSED, UNREACHED)
    alike = (group for group in with_outcome(report.groups, DONE) if group.group_id not in differing)
    yield from islice(chain(apart, report.disagreements, alike), GROUPS)


def pictured(report: Report) -> list[str]:
    """The photos to ask pictures of: about as many as the run had groups, so that it asks for little more."""
    members = [member.asset_id for group in shown_with_pictures(report) for member in group.members]
    return members[: len(report.groups) + FEW]


async def thumbnails(
    client: ImmichClient, asset_ids: Iterable[str], pool: Pool | None = None
) -> dict[str, bytes]:
    """The pictures of these assets, as far as they can be had soon; what cannot is left out.

    With a pool each passes its rate.
    """
    found: dict[str, bytes] = {}
    waiting = list(dict.fromkeys(asset_ids))[::-1]

    async def fetched(asset_id: str) -> bytes:
        if pool is None:
            return await client.thumbnail(asset_id)
        with pool.lease("fetching pictures for the report") as slot:
            return await pool.call(partial(client.thumbnail, asset_id), slot, repeatable=False)

    async def worker() -> None:
        while waiting:
            asset_id = waiting.pop()
            try:
                picture = await fetched(asset_id)
            except (Unreachable, TimedOut, Cancelled):
                waiting.clear()
            except ImmichError:
                continue
            else:
                if kind_of_picture(picture) and len(picture) <= LARGEST:
                    found[asset_id] = picture

    try:
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    except TimeoutError:
        waiting.clear()
    return found


def kind_of_picture(data: bytes) -> str:
    """The media type by the first bytes; empty for what is no picture that a browser shows."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""
