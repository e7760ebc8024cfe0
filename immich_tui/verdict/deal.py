"""One choice as the ledger sees it: who receives, who would go, and what can be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from immich_tui.verdict import score as scoring
from immich_tui.verdict.model import Context, Surroundings
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading
from immich_tui.verdict.score import DEFAULT_WEIGHTS, Weights

LIBRARY_NOTE = "The winner lies in an external library; if that is read-only, Immich forgets such changes."
SHIFT_NOTE = "A call that writes this place would move the winner's clock to the time there."
GRAFT_KEEPS_NOTE = "Grafting carries it and leaves the clock alone."
GRAFT_SHIFT_NOTE = "It goes by a sidecar with the winner's clock, which a call would move to the time there."
ZERO_NOTE = "Immich drops a coordinate of exactly 0 the next time it reads the file."
NO_UPDATE_NOTE = "This key cannot change assets."
NO_ROUTE_NOTE = "No call of the server can write this; grafting can."
EDITED_NOTE = "The winner was edited in Immich, and nothing is grafted to such photos."
NO_ZONE_NOTE = "The zone is unknown; the server will show UTC."
ZONE_ALONE_NOTE = "A zone is only written together with a capture time."
CONTRADICTION_NOTE = "The copies contradict each other, so none of their dates is written."
PUBLISHED_NOTE = "Others can see this album and will see the place that the photo gains."
LINK_PUBLISHED_NOTE = "Whoever has this link will see the place that the photo gains."


def can_graft(winner: Reading, context: Context) -> bool:
    """Whether camera, lens and exposure can be carried through an XMP sidecar.

    In an external library that would write beside the person's own files, and on an edited picture it would
    undo the edit.
    """
    return context.graft and context.abilities.graft and winner.library is None and not winner.edited


def richest_first(trash: Sequence[Reading]) -> Sequence[Reading]:
    """Those that would go in the order in which they are asked for what the winner lacks."""
    if len(trash) < 2:
        return trash
    return sorted(trash, key=lambda reading: (-scoring.total(reading, DEFAULT_WEIGHTS), reading.id))


@dataclass(slots=True)
class Deal:
    """One winner, and those that would go: richest first, so that the first one that has a value gives it.

    `gains_place` is set once the winner is going to receive coordinates.
    """

    winner: Reading
    losers: Sequence[Reading]
    policy: Policy
    context: Context
    surroundings: Surroundings
    grafts: bool
    gains_place: bool = False

    @property
    def weights(self) -> Weights:
        """What each field is worth when it is lost."""
        return self.policy.weights

    @property
    def lasts(self) -> bool:
        """Whether EXIF-type values that are written to the winner are sure to stay."""
        return self.winner.library is None

    @property
    def obstacle(self) -> str:
        """Why EXIF-type values cannot be written through the API; empty when they can."""
        if not self.lasts:
            return LIBRARY_NOTE
        return "" if self.context.abilities.update_asset else NO_UPDATE_NOTE

    @property
    def shift_obstacle(self) -> str:
        """Why a place stays behind that would move the winner's clock, and whether a graft would carry it."""
        could = self.context.abilities.graft and not self.winner.edited
        more = GRAFT_KEEPS_NOTE if could else EDITED_NOTE if self.winner.edited else self.graft_obstacle
        return f"{SHIFT_NOTE} {more}" if more != NO_ROUTE_NOTE else SHIFT_NOTE

    @property
    def graft_obstacle(self) -> str:
        """Why camera, lens and exposure stay behind."""
        if not self.lasts:
            return LIBRARY_NOTE
        if self.winner.edited:
            return EDITED_NOTE
        return self.context.abilities.no_graft or NO_ROUTE_NOTE
