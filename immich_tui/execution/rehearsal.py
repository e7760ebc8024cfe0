"""The dry run in full: every call that a plan would make, in order, with what it would send.

Reads that confirm are listed once for what they confirm; they may be repeated until the server has settled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from immich_tui.execution.graft.graft import payload
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import Run
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Channel, Entry, Fate


@dataclass(frozen=True, slots=True)
class Step:
    """One call: `what` says for people what it is for and sends, `group` is empty for calls about several."""

    method: str
    path: str
    what: str
    group: str = ""


def rehearse(run: Run) -> Iterator[Step]:
    """The calls for what is open of a run, after its preflight: the preflight holds groups back."""
    groups = run.groups.open()
    losing = run.groups.open(loses=True)
    for planned in losing:
        yield from _carry(run, planned)
    for planned in losing:
        yield from _backup(planned)
    size = run.settings.trash_batch
    for start in range(0, len(losing), size):
        yield from _trash(run, losing[start : start + size])
    for planned in groups:
        if not planned.choice.trash:
            yield from _keep(planned)


def _carry(run: Run, planned: Planned) -> Iterator[Step]:
    book = ledger(planned.group, planned.choice, run.context, run.around(planned))
    entries, grafted = book.with_fate(Fate.CARRIED), book.with_fate(Fate.GRAFTED)
    if not (entries or grafted):
        return
    winner, group = planned.winner, planned.id
    asset = f"/assets/{winner.id}"
    yield Step("GET", asset, f"read {winner.original_file_name} before it is written to", group)
    if grafted:
        fields = json.dumps(payload(grafted), ensure_ascii=False)
        yield Step("POST", "/assets", f"upload a hidden carrier whose sidecar says {fields}", group)
        yield Step("PUT", "/assets/copy", f"copy that sidecar to {winner.original_file_name}", group)
        yield Step("GET", asset, "look until what was grafted shows", group)
        yield Step("DELETE", "/assets", "delete the carrier for good", group)
        yield Step("PUT", asset, "write again what it had itself, where the new sidecar took it away", group)
    for path, method, what in _writes(entries, winner.id):
        yield Step(method, path, what, group)
    yield Step("GET", asset, "read back what was carried, until it holds still", group)


def _writes(entries: Sequence[Entry], winner: str) -> Iterator[tuple[str, str, str]]:
    fields = {
        key: value
        for entry in entries
        if entry.channel is Channel.UPDATE_ASSET
        for key, value in entry.payload.items()
    }
    if fields:
        yield f"/assets/{winner}", "PUT", f"write {json.dumps(fields, ensure_ascii=False)}"
    if tags := [entry.value for entry in entries if entry.channel is Channel.TAG_ASSETS]:
        yield "/tags/assets", "PUT", f"tag it: {', '.join(tags)}"
    for entry in entries:
        if entry.channel in (Channel.UPDATE_ASSET, Channel.TAG_ASSETS, Channel.NONE):
            continue
        method, _, path = entry.channel.partition(" ")
        path = path.replace("{id}", str(entry.payload.get("albumId", winner)))
        yield path or entry.channel, method if path else "", f"{entry.field.replace('_', ' ')}: {entry.value}"


def _backup(planned: Planned) -> Iterator[Step]:
    for asset in planned.losers:
        yield Step(
            "GET",
            f"/assets/{asset.id}/original",
            f"back up {asset.original_file_name} and compare its checksum",
            planned.id,
        )
        if asset.live_photo_video_id:
            yield Step(
                "GET",
                f"/assets/{asset.live_photo_video_id}/original",
                f"back up the live video of {asset.original_file_name}",
                planned.id,
            )


def _trash(run: Run, groups: Sequence[Planned]) -> Iterator[Step]:
    yield Step("GET", "/duplicates", f"read the groups again before {len(groups)} of them are touched")
    for planned in groups:
        yield Step(
            "GET",
            f"/assets/{planned.winner.id}",
            f"see that {planned.winner.original_file_name} is alive and as expected",
            planned.id,
        )
        yield Step(
            "GET", f"/assets/{planned.winner.id}/original", "see that its file can be read", planned.id
        )
    losers = [asset for planned in groups for asset in planned.losers]
    names = ", ".join(f"{asset.original_file_name} ({asset.id})" for asset in losers)
    fate = "delete for good" if run.settings.permanent is not None else "move to the trash"
    yield Step("DELETE", "/assets", f"{fate}: {names}")
    for asset in losers:
        yield Step("GET", f"/assets/{asset.id}", f"see what became of {asset.original_file_name}")
    keepers = [planned.winner.original_file_name for planned in groups]
    yield Step("PUT", "/assets", f"take what stays out of its group: {', '.join(keepers)}")
    for planned in groups:
        yield from _stack(planned)


def _keep(planned: Planned) -> Iterator[Step]:
    if planned.kind is DecisionKind.KEEP_ALL:
        yield Step(
            "DELETE",
            "/duplicates",
            f"dismiss the group of {planned.winner.original_file_name} (deletes no photo)",
            planned.id,
        )
    yield from _stack(planned)


def _stack(planned: Planned) -> Iterator[Step]:
    if planned.choice.stack and len(planned.choice.keep) > 1:
        names = ", ".join(asset.original_file_name for asset in planned.keepers)
        yield Step("POST", "/stacks", f"stack {names}", planned.id)
