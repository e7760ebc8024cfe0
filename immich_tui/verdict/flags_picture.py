"""Flags on the pictures themselves: pixels, compression, shape, look, format, duration, edits."""

from __future__ import annotations

from functools import lru_cache

from immich_tui.verdict import phrases
from immich_tui.verdict.detail import finer
from immich_tui.verdict.formats import LOSSLESS, Family
from immich_tui.verdict.look import ALIKE, CLEAR, apart, decode
from immich_tui.verdict.model import Flag, Severity
from immich_tui.verdict.reading import ASPECT_TOLERANCE, SAME_LENGTH_S, Reading, aspects_agree
from immich_tui.verdict.scene import Scene

#: Fewer pixels than this part of a loser's are a loss; less is a matter of rounding sides to whole blocks.
_RESOLUTION_KEPT = 0.98

_RATIOS = (
    ("1:1", 1.0),
    ("5:4", 5 / 4),
    ("4:3", 4 / 3),
    ("3:2", 3 / 2),
    ("16:9", 16 / 9),
    ("2:1", 2.0),
    ("21:9", 21 / 9),
)


def resolution_loss(scene: Scene) -> Flag | None:
    """The winner has clearly fewer pixels than a loser."""
    ours = scene.winner.pixels
    if ours is None:
        return None
    worst: Reading | None = None
    most = ours / _RESOLUTION_KEPT
    for loser in scene.losers:
        if loser.pixels is not None and loser.pixels > most:
            worst, most = loser, loser.pixels
    if worst is None:
        return None
    return Flag(
        "resolution_loss",
        Severity.BLOCK,
        f"{phrases.megapixels(ours)} instead of {phrases.megapixels(most)}",
        (worst.id,),
    )


def compression_loss(scene: Scene) -> Flag | None:
    """The winner is far smaller at the same pixels: a coarser picture."""
    loser = finer(scene.winner, scene.losers)
    if loser is None:
        return None
    detail = f"{phrases.file_size(scene.winner.size)} for the pixels of {phrases.file_size(loser.size)}"
    return Flag("compression_loss", Severity.BLOCK, detail, (loser.id,))


def raw_loss(scene: Scene) -> Flag | None:
    """A RAW file would go while something developed from it stays."""
    if scene.winner.family is Family.RAW:
        return None
    raws = [loser.id for loser in scene.losers if loser.family is Family.RAW]
    if not raws:
        return None
    return Flag("raw_loss", Severity.BLOCK, "a stack keeps both", tuple(raws))


def aspect_mismatch(scene: Scene) -> Flag | None:
    """Pictures of different shape: one is a crop, has bars, or lies on its side."""
    ranked = scene.ranked
    first = ranked[0]
    for reading in ranked:
        if reading.width != first.width or reading.height != first.height:
            break
    else:
        return None
    for place, one in enumerate(ranked):
        for other in ranked[place + 1 :]:
            if aspects_agree(one, other) is False:
                mine, theirs = one.aspect or 1.0, other.aspect or 1.0
                return Flag(
                    "aspect_mismatch", Severity.WARN, _kind_of_mismatch(mine, theirs), (one.id, other.id)
                )
    return None


@lru_cache(maxsize=256)
def _kind_of_mismatch(one: float, other: float) -> str:
    if abs(one * other - 1.0) <= ASPECT_TOLERANCE:
        return f"turned by 90 degrees: {_ratio(one)} beside {_ratio(other)}"
    both = f"{_ratio(one)} beside {_ratio(other)}"
    shapes = {_landscape(one), _landscape(other)}
    if shapes == {"4:3", "16:9"}:
        return f"letterbox or crop: {both}"
    return f"crop: {both}"


def _landscape(aspect: float) -> str:
    wide = max(aspect, 1 / aspect)
    for name, value in _RATIOS:
        if abs(wide / value - 1) <= ASPECT_TOLERANCE:
            return name
    return f"{wide:.3g}:1"


def _ratio(aspect: float) -> str:
    name = _landscape(aspect)
    return name if aspect >= 1 else ":".join(reversed(name.split(":")))


def looks_different(scene: Scene) -> Flag | None:
    """Pictures that no re-encoding makes of each other, told by their thumbhashes."""
    first = scene.winner.thumbhash
    unknown = same = 0
    for reading in scene.ranked:
        if reading.thumbhash is None:
            unknown += 1
        elif reading.thumbhash == first:
            same += 1
    if same == len(scene.ranked):
        scene.alike = True
        return None
    hashes: dict[str, tuple[bytes, str]] = {}
    for reading in scene.ranked:
        thumbhash = reading.thumbhash
        if thumbhash is not None and thumbhash not in hashes:
            raw = decode(thumbhash)
            if raw is None:
                unknown += 1
            else:
                hashes[thumbhash] = (raw, reading.id)
    seen = list(hashes.values())
    worst, pair = 0.0, ("", "")
    for place, (one, one_id) in enumerate(seen):
        for other, other_id in seen[place + 1 :]:
            difference = apart(one, other)
            if difference is None:
                unknown += 1
            elif difference > worst:
                worst, pair = difference, (one_id, other_id)
    scene.alike = not unknown and worst <= ALIKE
    if worst <= ALIKE:
        return None
    clear = worst > CLEAR
    return Flag(
        "looks_different",
        Severity.BLOCK if clear else Severity.WARN,
        "far more than re-encoding explains" if clear else "more than re-encoding usually explains",
        pair,
    )


def type_mismatch(scene: Scene) -> Flag | None:
    """Different formats beside each other, or a live photo beside a plain still."""
    first = scene.winner
    family, live = first.family, first.live_video is not None
    for reading in scene.ranked:
        if reading.family is not family or (reading.live_video is not None) is not live:
            break
    else:
        return None
    everyone = tuple(reading.id for reading in scene.ranked)
    families = {r.family: None for r in scene.ranked if r.family is not Family.OTHER}
    if len(families) > 1:
        labels = " beside ".join(sorted(family.label for family in families))
        quiet = families.keys() <= LOSSLESS
        if not quiet:
            return Flag("type_mismatch", Severity.WARN, labels, everyone)
    stills = [r for r in scene.ranked if not r.is_video]
    if 0 < sum(r.live_video is not None for r in stills) < len(stills):
        return Flag("type_mismatch", Severity.WARN, "a live photo beside a still", everyone)
    if len(families) > 1:
        return Flag("type_mismatch", Severity.INFO, labels, everyone)
    return None


def duration_mismatch(scene: Scene) -> Flag | None:
    """Videos of different length."""
    known = [r for r in scene.ranked if r.duration is not None] if scene.winner.is_video else ()
    if len(known) < 2:
        return None
    longest = max(known, key=lambda r: r.duration or 0)
    shortest = min(known, key=lambda r: r.duration or 0)
    assert longest.duration is not None
    assert shortest.duration is not None
    if longest.duration - shortest.duration <= SAME_LENGTH_S:
        return None
    return Flag(
        "duration_mismatch",
        Severity.BLOCK,
        f"{phrases.span(longest.duration)} beside {phrases.span(shortest.duration)}",
        (longest.id, shortest.id),
    )


def live_video_loss(scene: Scene) -> Flag | None:
    """A loser is a live photo, the winner is not."""
    if scene.winner.live_video is not None:
        return None
    live = [r.id for r in scene.losers if r.live_video is not None]
    return Flag("live_video_loss", Severity.WARN, "only the other one moves", tuple(live)) if live else None


def edited(scene: Scene) -> Flag | None:
    """A member was edited on the server; edits cannot be carried."""
    found = [r for r in scene.ranked if r.edited]
    if not found:
        return None
    return Flag("edited", Severity.BLOCK, scene.whose(found), tuple([r.id for r in found]))


def no_thumbnail(scene: Scene) -> Flag | None:
    """The server could not read the winner: it may be damaged."""
    if scene.winner.thumbhash is not None:
        return None
    return Flag("no_thumbnail", Severity.BLOCK, "it may be damaged", (scene.winner.id,))


def no_dimensions(scene: Scene) -> Flag | None:
    """Members whose pixels are unknown."""
    found = [r for r in scene.ranked if r.pixels is None]
    if not found:
        return None
    return Flag("no_dimensions", Severity.INFO, scene.whose(found), tuple([r.id for r in found]))
