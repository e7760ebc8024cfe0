"""A group laid out for judging: who wins, who would go, and in what the members differ at all."""

from __future__ import annotations

from collections.abc import Sequence

from immich_tui.verdict.deal import can_graft
from immich_tui.verdict.model import Context, Surroundings
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading, written_alike

# In what the members of a group differ, as bits. Most members of most groups are alike in most things, and a
# flag can only be raised where they are not: asking once saves asking for every flag.
PLACE = 1
CAMERA = 2
LENS = 4
EXPOSURE = 8
PIXELS = 16
SHAPE = 32
SIZE = 64
FORMAT = 128
LOOK = 256
#: Known capture times are written differently; one known time alone is not different.
TIME = 512
#: Two members have one path.
TWINS = 1024
#: A member names no camera and no exposure.
BARE = 2048
#: A member is a video, a live photo, edited, archived, external, empty or unreadable, or has an impossible
#: date or place.
UNUSUAL = 4096
#: Asked for every group.
ALWAYS = 8192


class Scene:
    """Members in the policy's order and what is proposed for them.

    `ranked` holds all members, the winner first. `losers` are those that the proposal would trash: all
    others but the protected ones. `differs` says in what the members differ. `alike` is whether all
    thumbhashes are known and differ by no more than re-encoding explains; where they differ at all, the flag
    on looks fills it in.
    """

    __slots__ = ("alike", "context", "differs", "losers", "policy", "ranked", "surroundings", "winner")

    def __init__(
        self, ranked: Sequence[Reading], policy: Policy, context: Context, surroundings: Surroundings
    ) -> None:
        self.ranked = ranked
        winner = self.winner = ranked[0]
        others = ranked[1:]
        self.losers = [reading for reading in others if not reading.protected] if policy.protected else others
        self.policy = policy
        self.context = context
        self.surroundings = surroundings
        self.differs = _differences(winner, others)
        self.alike = not self.differs & LOOK and winner.thumbhash is not None

    def whose(self, found: Sequence[Reading]) -> str:
        """Which members some are, as one says it ("the one to keep", "2 of 3")."""
        members = len(self.ranked)
        if len(found) == members:
            return "both" if members == 2 else f"all {members}"
        if len(found) == 1 and (members == 2 or found[0] is self.winner):
            return "the one to keep" if found[0] is self.winner else "the other one"
        return f"{len(found)} of {members}"

    @property
    def grafts(self) -> bool:
        """Whether camera, lens and exposure can be carried after all."""
        return can_graft(self.winner, self.context)


def _differences(winner: Reading, others: Sequence[Reading]) -> int:
    differs = ALWAYS if winner.ordinary else ALWAYS | UNUSUAL
    if winner.camera is None and not winner.has_exposure:
        differs |= BARE
    for other in others:
        if other.position != winner.position:
            differs |= PLACE
        if other.camera != winner.camera:
            differs |= CAMERA
        if other.lens != winner.lens:
            differs |= LENS
        if other.exposures != winner.exposures:
            differs |= EXPOSURE
        if other.pixels != winner.pixels:
            differs |= PIXELS
        if other.width != winner.width or other.height != winner.height:
            differs |= SHAPE
        if other.size != winner.size:
            differs |= SIZE
        if other.family is not winner.family:
            differs |= FORMAT
        if other.thumbhash != winner.thumbhash:
            differs |= LOOK
        if other.taken is not None and not (
            written_alike(other.taken, winner.taken)
            and written_alike(other.local, winner.local)
            # Without a local clock the zone tells it.
            and (other.local is not None or other.stated_zone == winner.stated_zone)
        ):
            differs |= TIME
        if other.path == winner.path:
            differs |= TWINS
        if not other.ordinary:
            differs |= UNUSUAL
        if other.camera is None and not other.has_exposure:
            differs |= BARE
    if len(others) > 1 and len({other.path for other in others}) < len(others):
        differs |= TWINS
    return differs
