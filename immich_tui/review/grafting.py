"""Switching grafting on or off for one group, and saying what that means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from immich_tui.immich.models import Group
from immich_tui.review.decisions import Refused
from immich_tui.verdict.ledger import ledger, spoken
from immich_tui.verdict.model import Choice, Context, Fate

MEANING: Final = (
    "Grafting gives the kept photo a new XMP sidecar with what only the others know: camera, lens, exposure,"
    " place, date. It replaces a sidecar that the photo has: what Immich shows of its own is written again"
    " and read back. Below Immich 3.2, whatever else stands in that file is lost."
)
"""What grafting does and replaces, for whoever switches it on."""


@dataclass(frozen=True, slots=True)
class Switched:
    """A choice with grafting switched over, and a sentence or two on what it means now."""

    choice: Choice
    told: str


def switched_graft(group: Group, choice: Choice, context: Context) -> Switched:
    """The same choice with grafting on where it was off, and the other way round.

    Raises `Refused`, with the reason, where there is nothing to graft or it cannot be done.
    """
    if context.of(choice).graft:
        return Switched(replace(choice, graft=False), "Nothing is grafted to this photo.")
    winner = group.asset(choice.winner)
    if not choice.trash:
        raise Refused("Nothing is trashed here, so there is nothing to graft.")
    if not context.abilities.graft:
        raise Refused(context.abilities.no_graft or "This server cannot graft.")
    if winner.library_id is not None:
        raise Refused(
            f"{winner.original_file_name} lies in an external library: grafting would write beside your own"
            " files."
        )
    if winner.is_edited:
        raise Refused(f"{winner.original_file_name} was edited in Immich; grafting to it was never tried.")
    switched = replace(choice, graft=True)
    arriving = ledger(group, switched, context).with_fate(Fate.GRAFTED)
    if not arriving:
        raise Refused(f"{winner.original_file_name} lacks nothing that a graft could bring.")
    return Switched(switched, f"Will graft {spoken(arriving)}. {MEANING}")
