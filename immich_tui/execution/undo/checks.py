"""What stands in the way of an undo, and what it would call: asked before anything is touched."""

from __future__ import annotations

from immich_tui.execution.preflight import Check, Level
from immich_tui.execution.resolve import UNFINISHED
from immich_tui.execution.survey import PlannedCall
from immich_tui.execution.undo.revert import forecast
from immich_tui.execution.undo.state import Undo
from immich_tui.execution.undo.ungraft import needs_sidecar
from immich_tui.immich.capabilities import probe
from immich_tui.verdict.model import Channel


async def checks(undo: Undo) -> list[Check]:
    """Look at server, key and run. Raises `ImmichError` when the server cannot be asked at all."""
    with undo.pool.lease("asking the server") as slot:
        undo.capabilities = await undo.pool.call(lambda: probe(undo.client), slot, repeatable=True)
    name = undo.capabilities.user.name or "this key's user"
    found = [Check("Server", Level.OK, f"Immich {undo.capabilities.version} answers as {name}.")]
    found += _permission_checks(undo)
    if undo.past.run.state in UNFINISHED:
        found.append(
            Check(
                "Run",
                Level.WARNING,
                "This run did not end. Undoing it gives up what it had not done yet.",
            )
        )
    if undo.later:
        found.append(
            Check(
                "Later run",
                Level.WARNING,
                f"{len(undo.later)} of the groups were dealt with again by a later run, and are left alone.",
                "Undo that run first.",
            )
        )
    if not undo.groups:
        found.append(Check("Groups", Level.PROBLEM, "There is nothing left to undo here."))
    return found


def _permission_checks(undo: Undo) -> list[Check]:
    have = undo.capabilities.permissions
    if have is None or "all" in have:
        return [Check("Permissions", Level.OK, "The API key may do what this undo needs.")]
    needed = {"asset.read", "asset.update"}
    if any(group.sent for group in undo.groups):
        needed.add("asset.delete")
    useful = set()
    for group in undo.groups:
        if group.prior is not None:
            found = forecast(group.prior, group.writes, clears=undo.clears(group))
            if any(write.channel is Channel.GRAFT for write in group.writes):
                useful |= set(undo.capabilities.graft_needs)
            useful |= {"albumAsset.delete"} if found.albums else set()
            useful |= {"album.update"} if found.covers else set()
            useful |= {"album.read"} if found.covers or found.albums else set()
            useful |= {"tag.asset"} if found.tags else set()
            useful |= {"face.read", "face.delete"} if "people" in found.told else set()
            # Taking a photo out of a link has no permission of its own.
            useful |= {"sharedLink.read", "all (for public links)"} if found.links else set()
        if group.closed and group.planned.choice.stack:
            useful.add("stack.delete")
    if missing := sorted(needed - have):
        return [
            Check(
                "Permissions",
                Level.PROBLEM,
                f"The API key lacks {', '.join(missing)}.",
                "Edit the key in Immich under Account settings, API keys.",
            )
        ]
    if missing := sorted(useful - have):
        return [
            Check(
                "Permissions",
                Level.WARNING,
                f"The API key lacks {', '.join(missing)}; the groups that need it are undone only in part.",
                "Edit the key in Immich under Account settings, API keys.",
            )
        ]
    return [Check("Permissions", Level.OK, "The API key may do what this undo needs.")]


def planned_calls(undo: Undo) -> tuple[PlannedCall, ...]:
    """Count what would be called if nobody changed anything since."""
    counts = dict.fromkeys(_PURPOSES, 0)
    for group in undo.groups:
        counts["GET", "/assets/{id}"] += 2 * len(group.planned.group.assets)
        counts["POST", "/trash/restore/assets"] += bool(group.sent)
        counts["DELETE", "/stacks/{id}"] += group.closed and group.planned.choice.stack
        counts["PUT", "/assets"] += group.closed or bool(group.sent)
        if group.prior is not None:
            clears = undo.clears(group)
            found = forecast(group.prior, group.writes, clears=clears)
            if clears and needs_sidecar(group.prior.winner, group.writes):
                for call in _SIDECAR:
                    counts[call] += 1
            counts["PUT", "/assets/{id}"] += bool(found.fields) + (found.video is not None)
            counts["PATCH", "/albums/{id}"] += len(found.covers)
            counts["DELETE", "/albums/{id}/assets"] += len(found.albums)
            counts["DELETE", "/tags/{id}/assets"] += len(found.tags)
            counts["DELETE", "/faces/{id}"] += sum(one.channel is Channel.FACES for one in group.writes)
            counts["DELETE", "/shared-links/{id}/assets"] += len(found.links)
    return tuple(
        PlannedCall(method, path, purpose, counts[method, path])
        for (method, path), purpose in _PURPOSES.items()
        if counts[method, path]
    )


_SIDECAR = (("POST", "/assets"), ("PUT", "/assets/copy"), ("DELETE", "/assets"))

_PURPOSES = {
    ("GET", "/assets/{id}"): "look at the photos before and after",
    ("POST", "/trash/restore/assets"): "bring photos back from the trash",
    ("DELETE", "/stacks/{id}"): "dissolve stacks (deletes no photo)",
    ("PATCH", "/albums/{id}"): "give albums their covers back",
    ("DELETE", "/albums/{id}/assets"): "take kept photos out of albums they were added to",
    ("DELETE", "/tags/{id}/assets"): "take tags off kept photos that they were given",
    ("DELETE", "/faces/{id}"): "take people off kept photos that they were put on",
    ("DELETE", "/shared-links/{id}/assets"): "take kept photos out of public links they were put into",
    ("PUT", "/assets/{id}"): "give kept photos their earlier values back",
    ("POST", "/assets"): "upload hidden carriers with the sidecars that kept photos had",
    ("PUT", "/assets/copy"): "put these sidecars in place",
    ("DELETE", "/assets"): "delete the carriers",
    ("PUT", "/assets"): "make the photos one group again",
}
