"""A group laid out for judging: who wins, who would go, and in what the members differ at all."""

from __future__ import annotations

from collections.abc import Sequence

from immich_tui.verdict.dates import one_face
from immich_tui.verdict.deal import can_graft
from immich_tui.verdict.model import Context, Surroundings
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading, written_alike

# In what the members of a group differ, as bits. Most members of most groups are alike in most things, and a
# flag can only be raised where they are not: asking once saves asking for every flag.
#: Two known places.
PLACE = 1
#: Another member names a camera that the winner does not name.
CAMERA = 2
#: Another member names a lens, the winner none.
LENS = 4
#: Another member has exposure values that the winner has not.
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
#: The winner names a camera, another member none.
NAMELESS = 8192
#: Another member has more pixels than the winner.
FEWER = 16384
#: Another member is the larger file at the same pixels.
SMALLER = 32768
#: Somebody may be named in a picture.
PEOPLE = 65536
#: There are more members than are seen at a glance.
LARGE = 131072
#: Another member knows where it was taken, the winner does not.
PLACELESS = 262144

LARGE_FROM = 11


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
        self.losers = [reading for reading in others if not reading.protected] if policy.protects else others
        self.policy = policy
        self.context = context
        self.surroundings = surroundings
        self.differs = _differences(winner, others)
        told = surroundings.people is not None or surroundings.faces is not None
        if told or winner.asset.__dict__["people"]:
            self.differs |= PEOPLE
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
    differs = 0 if winner.ordinary else UNUSUAL
    position, camera, pixels, size = winner.position, winner.camera, winner.pixels, winner.size
    width, height, path = winner.width, winner.height, winner.path
    if camera is None and not winner.has_exposure:
        differs |= BARE
    several = len(others) > 1
    for other in others:
        if other.position != position and (several or (other.position is not None and position is not None)):
            differs |= PLACE
        if position is None and other.position is not None:
            differs |= PLACELESS
        if other.camera != camera:
            differs |= CAMERA if other.camera is not None else NAMELESS
        if other.lens is not None and winner.lens is None:
            differs |= LENS
        if other.has_exposure and other.exposures != winner.exposures:
            differs |= EXPOSURE
        if other.pixels != pixels:
            differs |= PIXELS
            if other.pixels is not None and pixels is not None and other.pixels > pixels:
                differs |= FEWER
        elif other.size and size and other.size > size:
            differs |= SMALLER
        if (other.width != width or other.height != height) and not _same_shape(winner, other):
            differs |= SHAPE
        if other.size != size:
            differs |= SIZE
        if other.family is not winner.family:
            differs |= FORMAT
        if other.thumbhash != winner.thumbhash:
            differs |= LOOK
        if other.taken is not None and not (
            written_alike(other.taken, winner.taken)
            and one_face(other.local, winner.local)
            # Without a local clock the zone tells it.
            and (other.local is not None or other.stated_zone == winner.stated_zone)
        ):
            differs |= TIME
        if other.path == path:
            differs |= TWINS
        if not other.ordinary:
            differs |= UNUSUAL
        if other.camera is None and not other.has_exposure:
            differs |= BARE
    if several:
        if len({other.path for other in others}) < len(others):
            differs |= TWINS
        if len(others) + 1 >= LARGE_FROM:
            differs |= LARGE
    return differs


def _same_shape(one: Reading, other: Reading) -> bool:
    """Whether width and height are known and in exactly the same ratio."""
    width, height, other_width, other_height = one.width, one.height, other.width, other.height
    if width is None or height is None or other_width is None or other_height is None:
        return False
    return width * other_height == other_width * height
