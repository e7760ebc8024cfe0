"""The ledger: field by field, what a choice keeps, carries, grafts and loses.

It is the only source from which the carry builds its requests and the report its text, so what is shown is
what is done. Values go from trashed assets to the winner alone; what other keepers have they keep.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from immich_tui.immich.models import Album, Group, Person, Tag
from immich_tui.verdict import geo, phrases
from immich_tui.verdict import score as scoring
from immich_tui.verdict.look import ALIKE, looks_apart
from immich_tui.verdict.model import (
    NOT_READ,
    Channel,
    Choice,
    Context,
    Entry,
    Fate,
    Ledger,
    Surroundings,
)
from immich_tui.verdict.normalise import cameras_differ
from immich_tui.verdict.policy import GPS_TOLERANCE_M
from immich_tui.verdict.reading import Reading, aspects_agree, epoch, read, same_clock
from immich_tui.verdict.scene import Scene
from immich_tui.verdict.score import DEFAULT_WEIGHTS, Weights

#: Fields of a ledger in its order, with their names for people.
FIELD_LABELS: dict[str, str] = {
    "location": "GPS",
    "capture_time": "capture time",
    "time_zone": "time zone",
    "camera": "camera",
    "lens": "lens",
    "exposure": "exposure",
    "description": "description",
    "rating": "rating",
    "favourite": "favourite",
    "tag": "tags",
    "album": "album",
    "album_cover": "album cover",
    "live_video": "live video",
    "person": "person",
    "shared_link": "shared link",
    "visibility": "visibility",
    "resolution": "pixels",
    "edits": "edits",
    "original_file": "original file",
}

LIBRARY_NOTE = "The winner lies in an external library; if that is read-only, Immich forgets such changes."
SHIFT_NOTE = "Writing this place may move the winner's time zone and local time to the zone of the place."
ZERO_NOTE = "Immich drops a coordinate of exactly 0 the next time it reads the file."
NO_UPDATE_NOTE = "This key cannot change assets."
NO_ROUTE_NOTE = "No call of the server can write this; grafting can."
PUBLISHED_NOTE = "Others can see this album and will see the place that the photo gains."
LINK_PUBLISHED_NOTE = "Whoever has this link will see the place that the photo gains."
NO_ZONE_NOTE = "The zone is unknown; the server will show UTC."


@dataclass(slots=True)
class _Deal:
    """One winner, and those that would go: richest first, so that the first one that has a value gives it."""

    winner: Reading
    losers: Sequence[Reading]
    context: Context
    surroundings: Surroundings
    weights: Weights
    grafts: bool
    gains_place: bool = False

    @property
    def lasts(self) -> bool:
        """Whether EXIF-type values that are written to the winner are sure to stay."""
        return self.winner.asset.library_id is None

    @property
    def obstacle(self) -> str:
        """Why EXIF-type values cannot be written to the winner; empty when they can."""
        if not self.lasts:
            return LIBRARY_NOTE
        return "" if self.context.abilities.update_asset else NO_UPDATE_NOTE

    @property
    def graft_obstacle(self) -> str:
        return LIBRARY_NOTE if not self.lasts else NO_ROUTE_NOTE


def ledger(
    group: Group,
    choice: Choice,
    context: Context,
    surroundings: Surroundings = NOT_READ,
    weights: Weights = DEFAULT_WEIGHTS,
) -> Ledger:
    """What this choice does to every field; raises `KeyError` when it names an asset outside the group."""
    readings = {r.id: r for r in read(group.assets, epoch(context.now))}
    return settle(
        readings[choice.winner], [readings[i] for i in choice.trash], context, surroundings, weights
    )


def settle(
    winner: Reading,
    trash: Sequence[Reading],
    context: Context,
    surroundings: Surroundings,
    weights: Weights,
) -> Ledger:
    """The ledger of readings that were made together."""
    losers = sorted(trash, key=lambda r: (-scoring.total(r, DEFAULT_WEIGHTS), r.id))
    grafts = (
        context.graft
        and context.abilities.graft
        and winner.asset.library_id is None
        and not winner.asset.is_edited
    )
    deal = _Deal(winner, losers, context, surroundings, weights, grafts)
    entries: list[Entry] = []
    for make in _FIELDS:
        entries.extend(make(deal))
    return Ledger(winner.id, tuple(entries))


def exif_kept_out_by_library(scene: Scene) -> list[str]:
    """Names of the fields that could be carried if the winner did not lie in an external library."""
    found = settle(scene.winner, scene.losers, scene.context, scene.surroundings, scene.policy.weights)
    return [
        FIELD_LABELS[entry.field]
        for entry in found.entries
        if entry.note == LIBRARY_NOTE and entry.field not in ("camera", "lens", "exposure", "time_zone")
    ]


def lost_weight(winner: Reading, trash: Sequence[Reading], scene_of: Scene) -> float:
    """Weight of what is lost if `winner` is kept and `trash` goes, under the policy and context of a scene."""
    return settle(winner, trash, scene_of.context, scene_of.surroundings, scene_of.policy.weights).lost_weight


# --- what the camera wrote -----------------------------------------------------------------------------------


def _location(deal: _Deal) -> Iterator[Entry]:
    ours = deal.winner.position
    if ours is not None:
        yield Entry("location", Fate.KEPT, phrases.coordinates(ours))
        for loser in deal.losers:
            theirs = loser.position
            if theirs is not None and (apart := geo.distance_m(ours, theirs)) > GPS_TOLERANCE_M:
                note = f"The winner keeps its own place, {phrases.distance(apart)} away."
                yield Entry("location", Fate.LOST, phrases.coordinates(theirs), loser.id, note=note)
        return
    having = [loser for loser in deal.losers if loser.position is not None]
    if not having:
        return
    source = next((r for r in having if r.position and 0.0 not in r.position), having[0])
    place = source.position
    assert place is not None
    value = phrases.coordinates(place)
    if source.placed:
        value = f"{value} ({source.place_label})"
    weight = deal.weights.location + (deal.weights.place if source.placed and not deal.winner.placed else 0.0)
    obstacle = ZERO_NOTE if 0.0 in place else deal.obstacle
    payload: dict[str, object] = {"latitude": place[0], "longitude": place[1]}
    if deal.grafts and 0.0 not in place:
        deal.gains_place = True
        payload |= _date_block(deal.winner)
        yield Entry("location", Fate.GRAFTED, value, source.id, Channel.GRAFT, payload, weight)
    elif obstacle:
        yield Entry("location", Fate.LOST, value, source.id, weight=weight, note=obstacle)
    else:
        deal.gains_place = True
        offset = deal.winner.offset
        note = SHIFT_NOTE if offset is not None and geo.zone_may_differ(place, offset) else ""
        yield Entry("location", Fate.CARRIED, value, source.id, Channel.UPDATE_ASSET, payload, weight, note)


def _capture_time(deal: _Deal) -> Iterator[Entry]:
    winner = deal.winner
    if winner.instant is not None:
        yield Entry("capture_time", Fate.KEPT, phrases.wall_clock(winner.wall))
        for loser in deal.losers:
            if loser.instant is not None and not same_clock(winner, loser):
                yield Entry(
                    "capture_time",
                    Fate.LOST,
                    phrases.wall_clock(loser.wall),
                    loser.id,
                    note="The winner keeps its own date.",
                )
        yield from _time_zone(deal, None)
        return
    dated = [loser for loser in deal.losers if loser.instant is not None]
    source = next(
        (loser for loser in dated if _usable_offset(loser) is not None), dated[0] if dated else None
    )
    if source is None:
        yield from _time_zone(deal, None)
        return
    block = _date_block(source)
    offset = _usable_offset(source)
    value = phrases.wall_clock(source.wall)
    weight = deal.weights.capture_time
    if not deal.obstacle and (deal.grafts or offset is not None or "dateTimeOriginal" in block):
        if offset is not None:
            value = f"{value} {phrases.offset(offset)}"
            weight += deal.weights.time_zone
        note = "" if offset is not None else NO_ZONE_NOTE
        if deal.grafts:
            yield Entry("capture_time", Fate.GRAFTED, value, source.id, Channel.GRAFT, block, weight, note)
        else:
            payload = {"dateTimeOriginal": block["dateTimeOriginal"]}
            yield Entry(
                "capture_time", Fate.CARRIED, value, source.id, Channel.UPDATE_ASSET, payload, weight, note
            )
        yield from _time_zone(deal, source)
    else:
        yield Entry("capture_time", Fate.LOST, value, source.id, weight=weight, note=deal.obstacle)
        yield from _time_zone(deal, None)


def _time_zone(deal: _Deal, dated_by: Reading | None) -> Iterator[Entry]:
    """The zone, where it does not travel with the capture time."""
    if deal.winner.zone is not None:
        if dated_by is None:
            yield Entry("time_zone", Fate.KEPT, deal.winner.zone)
        return
    if dated_by is not None and _usable_offset(dated_by) is not None:
        return
    for loser in deal.losers:
        if loser.zone is not None:
            note = deal.obstacle or "A zone is only written together with a capture time."
            yield Entry(
                "time_zone", Fate.LOST, loser.zone, loser.id, weight=deal.weights.time_zone, note=note
            )
            return


def _usable_offset(reading: Reading) -> float | None:
    """The offset that may be written with a date: only one that the zone of a place or a camera vouches for."""
    return reading.offset if reading.zone is not None else None


def _date_block(reading: Reading) -> dict[str, object]:
    """The capture time as the API takes it, local time with its offset, and the name of the zone for a graft."""
    if reading.wall is None:
        return {}
    offset = _usable_offset(reading)
    zone = timezone(timedelta(minutes=round(offset / 60))) if offset is not None else UTC
    local = datetime(1970, 1, 1, tzinfo=zone) + timedelta(milliseconds=round(reading.wall * 1000))
    precision = "milliseconds" if local.microsecond else "seconds"
    block: dict[str, object] = {"dateTimeOriginal": local.isoformat(timespec=precision)}
    if offset is not None:
        block["timeZone"] = reading.zone
    return block


def _camera(deal: _Deal) -> Iterator[Entry]:
    ours = deal.winner.camera
    if ours is not None:
        yield Entry("camera", Fate.KEPT, deal.winner.camera_label)
        for loser in deal.losers:
            if loser.camera is not None and cameras_differ(ours, loser.camera):
                note = "The winner keeps its own camera."
                yield Entry("camera", Fate.LOST, loser.camera_label, loser.id, note=note)
        return
    for loser in deal.losers:
        if loser.camera is not None:
            payload = dict[str, object](make=loser.exif.make, model=loser.exif.model)
            yield _graft(deal, "camera", loser.camera_label, loser, payload, deal.weights.camera)
            return


def _lens(deal: _Deal) -> Iterator[Entry]:
    if deal.winner.lens is not None:
        yield Entry("lens", Fate.KEPT, (deal.winner.exif.lens_model or "").strip())
        return
    for loser in deal.losers:
        if loser.lens is not None:
            value = (loser.exif.lens_model or "").strip()
            yield _graft(deal, "lens", value, loser, {"lensModel": value}, deal.weights.lens)
            return


_EXPOSURE = ("fNumber", "focalLength", "iso", "exposureTime")


def _exposure(deal: _Deal) -> Iterator[Entry]:
    winner = deal.winner
    if winner.has_exposure:
        shown = [_exposure_text(winner, place) for place, v in enumerate(winner.exposures) if v is not None]
        yield Entry("exposure", Fate.KEPT, ", ".join(shown))
    missing = [place for place, value in enumerate(winner.exposures) if value is None]
    for loser in deal.losers:
        found = [place for place in missing if loser.exposures[place] is not None]
        if not found:
            continue
        missing = [place for place in missing if place not in found]
        value = ", ".join(_exposure_text(loser, place) for place in found)
        payload = {_EXPOSURE[place]: _exposure_value(loser, place) for place in found}
        weight = deal.weights.exposure * len(found) / len(_EXPOSURE)
        yield _graft(deal, "exposure", value, loser, payload, weight)


def _exposure_value(reading: Reading, place: int) -> object:
    exif = reading.exif
    return (exif.f_number, exif.focal_length, exif.iso, (exif.exposure_time or "").strip())[place]


def _exposure_text(reading: Reading, place: int) -> str:
    exif = reading.exif
    if place == 0:
        return f"f/{phrases.number(exif.f_number)}"
    if place == 1:
        return f"{phrases.number(exif.focal_length)} mm"
    if place == 2:
        return f"ISO {phrases.number(exif.iso)}"
    return f"{(exif.exposure_time or '').strip()} s"


def _graft(
    deal: _Deal, field: str, value: str, source: Reading, payload: dict[str, object], weight: float
) -> Entry:
    if deal.grafts:
        return Entry(field, Fate.GRAFTED, value, source.id, Channel.GRAFT, payload, weight)
    return Entry(field, Fate.LOST, value, source.id, weight=weight, note=deal.graft_obstacle)


# --- what people wrote ---------------------------------------------------------------------------------------


def _description(deal: _Deal) -> Iterator[Entry]:
    ours = deal.winner.description
    if ours:
        yield Entry("description", Fate.KEPT, phrases.one_line(ours))
    known = {line.strip() for line in ours.splitlines()}
    added: list[str] = []
    sources: list[Reading] = []
    for loser in deal.losers:
        lines: list[str] = []
        for line in loser.description.splitlines():
            stripped = line.strip()
            if stripped and stripped not in known:
                known.add(stripped)
                lines.append(line.rstrip())
        if lines:
            added += lines
            sources.append(loser)
    if not sources:
        return
    if not ours and len(sources) == 1:
        text = sources[0].description
    else:
        text = "\n".join([ours.rstrip("\r\n"), *added] if ours else added)
    value = phrases.one_line("\n".join(added))
    source = sources[0].id
    if deal.obstacle:
        weight = deal.weights.description
        yield Entry("description", Fate.LOST, value, source, weight=weight, note=deal.obstacle)
        return
    note = "" if len(sources) == 1 else f"Lines of {phrases.counted(len(sources), 'copy')} come together."
    yield Entry(
        "description",
        Fate.CARRIED,
        value,
        source,
        Channel.UPDATE_ASSET,
        {"description": text},
        deal.weights.description,
        note,
    )


def _rating(deal: _Deal) -> Iterator[Entry]:
    ours = deal.winner.rating
    best: Reading | None = None
    highest = ours or 0
    for loser in deal.losers:
        if loser.rating is not None and loser.rating > highest:
            best, highest = loser, loser.rating
    if best is None:
        if ours is not None:
            yield Entry("rating", Fate.KEPT, _stars(ours))
        return
    value, weight = _stars(highest), deal.weights.rating
    if deal.obstacle:
        if ours is not None:
            yield Entry("rating", Fate.KEPT, _stars(ours))
        yield Entry("rating", Fate.LOST, value, best.id, weight=weight, note=deal.obstacle)
    else:
        payload = {"rating": highest}
        yield Entry("rating", Fate.CARRIED, value, best.id, Channel.UPDATE_ASSET, payload, weight)


def _stars(count: int) -> str:
    return phrases.counted(count, "star")


def _favourite(deal: _Deal) -> Iterator[Entry]:
    if deal.winner.asset.is_favorite:
        yield Entry("favourite", Fate.KEPT, "yes")
        return
    for loser in deal.losers:
        if loser.asset.is_favorite:
            if deal.context.abilities.update_asset:
                payload = {"isFavorite": True}
                yield Entry("favourite", Fate.CARRIED, "yes", loser.id, Channel.UPDATE_ASSET, payload)
            else:
                yield Entry("favourite", Fate.LOST, "yes", loser.id, note=NO_UPDATE_NOTE)
            return


def _tags(deal: _Deal) -> Iterator[Entry]:
    ours = _tags_of(deal, deal.winner)
    unread = ours is None
    known = {tag.id for tag in ours or ()}
    if ours:
        yield Entry("tag", Fate.KEPT, ", ".join(sorted(tag.value for tag in ours)))
    obstacle = LIBRARY_NOTE if not deal.lasts else ""
    if not deal.context.abilities.tags:
        obstacle = "This key cannot set tags."
    for loser in deal.losers:
        theirs = _tags_of(deal, loser)
        unread = unread or theirs is None
        news = {tag.id: tag.value for tag in theirs or () if tag.id not in known}
        if not news:
            continue
        known |= news.keys()
        value = ", ".join(sorted(news.values()))
        if obstacle:
            yield Entry("tag", Fate.LOST, value, loser.id, note=obstacle)
        else:
            payload = {"tagIds": sorted(news), "assetIds": [deal.winner.id]}
            yield Entry("tag", Fate.CARRIED, value, loser.id, Channel.TAG_ASSETS, payload)
    if unread and deal.losers:
        yield Entry("tag", Fate.UNREAD, Fate.UNREAD.value)


def _tags_of(deal: _Deal, reading: Reading) -> tuple[Tag, ...] | None:
    tags = deal.surroundings.tags
    found = tags.get(reading.id) if tags is not None else None
    return reading.asset.tags if found is None else found


# --- where the photo is used ---------------------------------------------------------------------------------


def _albums(deal: _Deal) -> Iterator[Entry]:
    if not deal.losers:
        return
    albums = deal.surroundings.albums
    if albums is None:
        yield Entry("album", Fate.UNREAD, Fate.UNREAD.value)
        return
    unread = deal.winner.id not in albums
    member_of: dict[str, Album] = {album.id: album for album in albums.get(deal.winner.id, ())}
    for album in member_of.values():
        yield Entry("album", Fate.KEPT, album.album_name)
    seen: dict[str, Album] = dict(member_of)
    can = deal.context.abilities.albums
    for loser in deal.losers:
        theirs = albums.get(loser.id)
        unread = unread or theirs is None
        for album in theirs or ():
            if album.id in seen:
                continue
            seen[album.id] = album
            if not can:
                note = "This key cannot add to albums."
                yield Entry("album", Fate.LOST, album.album_name, loser.id, note=note)
                continue
            public = (album.shared or album.has_shared_link) and deal.gains_place
            yield Entry(
                "album",
                Fate.CARRIED,
                album.album_name,
                loser.id,
                Channel.ALBUM_ASSETS,
                {"albumId": album.id, "assetIds": [deal.winner.id]},
                note=PUBLISHED_NOTE if public else "",
            )
            member_of[album.id] = album
    trashed = {loser.id for loser in deal.losers}
    for album in seen.values():
        cover = album.album_thumbnail_asset_id
        if cover not in trashed:
            continue
        if deal.context.abilities.album_cover and album.id in member_of:
            payload = {"albumId": album.id, "albumThumbnailAssetId": deal.winner.id}
            yield Entry("album_cover", Fate.CARRIED, album.album_name, cover, Channel.ALBUM_COVER, payload)
        else:
            yield Entry("album_cover", Fate.LOST, album.album_name, cover, note="This key cannot set covers.")
    if unread:
        yield Entry("album", Fate.UNREAD, Fate.UNREAD.value)


def _live_video(deal: _Deal) -> Iterator[Entry]:
    ours = deal.winner.asset.live_photo_video_id
    if ours is not None:
        yield Entry("live_video", Fate.KEPT, "yes")
    linked = ours
    for loser in deal.losers:
        video = loser.asset.live_photo_video_id
        if video is None or video == linked:
            continue
        abilities = deal.context.abilities
        if linked is not None:
            note = "The winner has one; this one stays in the backup."
            yield Entry("live_video", Fate.LOST, "another one", loser.id, note=note)
        elif deal.winner.asset.type == "IMAGE" and abilities.live_video and abilities.update_asset:
            linked = video
            payload = {"livePhotoVideoId": video}
            weight = deal.weights.live_video
            yield Entry("live_video", Fate.CARRIED, "yes", loser.id, Channel.UPDATE_ASSET, payload, weight)
        else:
            linked = video
            note = (
                "This key cannot link videos."
                if deal.winner.asset.type == "IMAGE"
                else "Only a picture can have a live video."
            )
            yield Entry("live_video", Fate.LOST, "yes", loser.id, weight=deal.weights.live_video, note=note)


def _people(deal: _Deal) -> Iterator[Entry]:
    if not deal.losers:
        return
    ours = _people_of(deal, deal.winner)
    unread = ours is None
    known: set[str] = set()
    for person in ours or ():
        if person.name.strip():
            known.add(person.id)
            yield Entry("person", Fate.KEPT, person.name)
    for loser in deal.losers:
        theirs = _people_of(deal, loser)
        unread = unread or theirs is None
        for person in theirs or ():
            if person.id in known or not person.name.strip():
                continue
            known.add(person.id)
            note = ""
            if not deal.context.abilities.faces:
                note = "This key cannot add faces."
            elif not _same_framing(deal.winner, loser):
                note = "The pictures are framed differently, so the face has no place in the winner."
            if note:
                weight = deal.weights.person
                yield Entry("person", Fate.LOST, person.name, loser.id, weight=weight, note=note)
            else:
                payload = {"assetId": deal.winner.id, "personId": person.id, "sourceAssetId": loser.id}
                yield Entry(
                    "person",
                    Fate.CARRIED,
                    person.name,
                    loser.id,
                    Channel.FACES,
                    payload,
                    deal.weights.person,
                )
    if unread:
        yield Entry("person", Fate.UNREAD, Fate.UNREAD.value)


def _people_of(deal: _Deal, reading: Reading) -> tuple[Person, ...] | None:
    people = deal.surroundings.people
    found = people.get(reading.id) if people is not None else None
    # The listing always says nobody; only a single asset's answer names people.
    return found if found is not None else (reading.asset.people or None)


def _same_framing(one: Reading, other: Reading) -> bool:
    if one.asset.is_edited or other.asset.is_edited or aspects_agree(one, other) is not True:
        return False
    apart = looks_apart(one.thumbhash, other.thumbhash)
    return apart is not None and apart <= ALIKE


def _shared_links(deal: _Deal) -> Iterator[Entry]:
    if not deal.losers:
        return
    links = deal.surroundings.shared_links
    if links is None:
        yield Entry("shared_link", Fate.UNREAD, Fate.UNREAD.value)
        return
    unread = False
    for loser in deal.losers:
        theirs = links.get(loser.id)
        if theirs is None:
            unread = True
            continue
        if not theirs:
            continue
        value = phrases.counted(len(theirs), "link")
        if deal.context.abilities.shared_links:
            payload = {
                "sourceId": loser.id,
                "targetId": deal.winner.id,
                "sharedLinks": True,
                "albums": False,
                "favorite": False,
                "sidecar": False,
                "stack": False,
            }
            note = LINK_PUBLISHED_NOTE if deal.gains_place else ""
            yield Entry("shared_link", Fate.CARRIED, value, loser.id, Channel.COPY, payload, note=note)
        else:
            note = "This server or key cannot carry shared links."
            yield Entry("shared_link", Fate.LOST, value, loser.id, note=note)
    if unread:
        yield Entry("shared_link", Fate.UNREAD, Fate.UNREAD.value)


def _visibility(deal: _Deal) -> Iterator[Entry]:
    ours = deal.winner.asset.visibility
    if any(loser.asset.visibility != ours for loser in deal.losers):
        yield Entry("visibility", Fate.KEPT, ours, note="The winner stays where it is.")


# --- the files themselves ------------------------------------------------------------------------------------


def _resolution(deal: _Deal) -> Iterator[Entry]:
    ours = deal.winner.pixels
    largest: Reading | None = None
    most = ours or 0.0
    for loser in deal.losers:
        if loser.pixels is not None and loser.pixels > most:
            largest, most = loser, loser.pixels
    if ours is not None:
        yield Entry("resolution", Fate.KEPT, phrases.megapixels(ours))
    if largest is not None and ours is not None:
        percent = (1 - ours / most) * 100
        value = f"{percent:.0f} % of {phrases.megapixels(most)}"
        yield Entry("resolution", Fate.LOST, value, largest.id, weight=deal.weights.pixels * percent, note="")


def _edits(deal: _Deal) -> Iterator[Entry]:
    if deal.winner.asset.is_edited:
        yield Entry("edits", Fate.KEPT, "yes")
    for loser in deal.losers:
        if loser.asset.is_edited:
            note = "Edits made on the server cannot be carried."
            yield Entry("edits", Fate.LOST, "yes", loser.id, weight=deal.weights.edits, note=note)


def _original_files(deal: _Deal) -> Iterator[Entry]:
    if deal.losers:
        total = sum(loser.size or 0 for loser in deal.losers)
        value = f"{phrases.counted(len(deal.losers), 'file')}, {phrases.file_size(total)}"
        yield Entry("original_file", Fate.KEPT, value, note="Stays in the backup.")


_FIELDS = (
    _location,
    _capture_time,
    _camera,
    _lens,
    _exposure,
    _description,
    _rating,
    _favourite,
    _tags,
    _albums,
    _live_video,
    _people,
    _shared_links,
    _visibility,
    _resolution,
    _edits,
    _original_files,
)
