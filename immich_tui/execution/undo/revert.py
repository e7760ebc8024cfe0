"""What has to be done to a winner so that it is as it was before a run wrote to it.

No server is asked here. A value is only taken back where it still is the one that the run wrote: what
somebody changed since is theirs, it stays, and is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from immich_tui.execution.carry.clock import CLOCK
from immich_tui.execution.carry.readback import LABELS, Holders, is_there, same, value_of
from immich_tui.execution.past import Write
from immich_tui.execution.planned import Prior
from immich_tui.immich.models import Album, Asset, Box
from immich_tui.verdict.faces import at
from immich_tui.verdict.model import Channel

ONE_WAY = frozenset({"latitude", "longitude", "dateTimeOriginal"})
"""Fields that no call can empty again, by the names of the API. A date had been filled in by the server."""


_STUCK = {
    "location": (
        "Its location stays, and the place and time zone that Immich took from it:"
        " there is no call that empties a location."
    ),
    "capture time": (
        "Its capture time stays: before, it had none of its own, and there is no call that empties it."
    ),
}


@dataclass(frozen=True, slots=True)
class Reversal:
    """The calls that give a winner back what it was, each empty where nothing has to be done.

    `fields` are values to write by their API names; `covers` are albums and the photo that was their cover;
    `albums` and `tags` are to be taken off, `faces` and public `links` too; `video` is the video
    of a live photo that will be unlinked. `told` names what is reverted, `kept` what somebody changed since,
    `stuck` what cannot be reverted: all for people, the latter two as sentences.
    """

    fields: dict[str, object] = field(default_factory=dict)
    covers: dict[str, str] = field(default_factory=dict)
    albums: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    faces: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    video: str | None = None
    told: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()


def place_moved_clock(writes: Iterable[Write], prior: Asset, now: Asset) -> bool:
    """Whether a place that a call wrote is still there and moved the local time, and nothing else did."""
    written = {
        name: value
        for write in writes
        if write.channel is Channel.UPDATE_ASSET
        for name, value in write.payload.items()
    }
    place = {name: value for name, value in written.items() if name in ("latitude", "longitude")}
    if not place or not all(is_there(name, value, now) for name, value in place.items()):
        return False
    zoned = prior.known_exif.time_zone is not None
    return zoned and same("dateTimeOriginal", prior, now) and prior.local_date_time != now.local_date_time


def _sendable(name: str, asset: Asset) -> object:
    """What an asset has of a field, as an update sends it; a rating of `None` is for the caller to word."""
    value = value_of(asset, name)
    if name == "description":
        return asset.known_exif.description or ""
    return int(value) or None if name == "rating" and isinstance(value, (int, float)) else value


def reversal(
    prior: Prior,
    writes: Iterable[Write],
    now: Asset,
    holders: Holders,
    done: Collection[str] = (),
) -> Reversal:
    """Compare a winner with what a run wrote to it, and say how it becomes what it was.

    `holders` are the albums and links that hold it now, and the faces on it. `done` are names of fields, and
    ids of albums, tags, faces and links, that this undo has taken back already: whatever they are now is not
    the run's any more.
    """
    found = _Found(prior, now, {album.id: album for album in holders.albums}, holders, frozenset(done))
    for write in writes:
        _TAKE.get(write.channel, _Found.nothing)(found, write)
    return found.whole()


def forecast(prior: Prior, writes: Sequence[Write], *, clears: bool = False) -> Reversal:
    """What an undo will do if nobody changed anything since: the winner is taken to have what was written.

    `clears` is whether another sidecar can take away what no call can: see `ungraft`.
    """
    fields = {
        name: value
        for write in writes
        if write.channel is Channel.UPDATE_ASSET
        for name, value in write.payload.items()
    }
    found = _Found(prior, prior.winner, {}, Holders(), frozenset(), written=fields, clears=clears)
    for write in writes:
        _TAKE.get(write.channel, _Found.nothing)(found, write)
    return found.whole()


@dataclass
class _Found:
    """Gathers a reversal. With `written`, the winner is taken to have exactly what was written."""

    prior: Prior
    now: Asset
    albums: dict[str, Album]
    holders: Holders
    done: frozenset[str]
    written: dict[str, object] | None = None
    clears: bool = False
    fields: dict[str, object] = field(default_factory=dict)
    covers: dict[str, str] = field(default_factory=dict)
    leave: dict[str, None] = field(default_factory=dict)
    tags: dict[str, None] = field(default_factory=dict)
    faces: dict[str, None] = field(default_factory=dict)
    links: dict[str, None] = field(default_factory=dict)
    video: str | None = None
    told: dict[str, None] = field(default_factory=dict)
    kept: dict[str, None] = field(default_factory=dict)
    stuck: dict[str, None] = field(default_factory=dict)

    def whole(self) -> Reversal:
        """What was gathered."""
        return Reversal(
            self.fields,
            self.covers,
            tuple(self.leave),
            tuple(self.tags),
            tuple(self.faces),
            tuple(self.links),
            self.video,
            tuple(self.told),
            tuple(self.kept),
            tuple(self.stuck),
        )

    def nothing(self, write: Write) -> None:
        """A channel that needs no reverting."""

    def update(self, write: Write) -> None:
        """Fields of the asset itself."""
        if write.field == CLOCK:
            # It goes with the location: where that stays, so does the date that fits it.
            return
        for name, value in write.payload.items():
            if name in self.done:
                continue
            before = self.prior.winner
            label = LABELS[name]
            if self.written is None:
                if same(name, self.now, before):
                    continue
                if not is_there(name, value, self.now):
                    self.kept[f"Its {label} was changed since and stays as it is."] = None
                    continue
            elif is_there(name, value, before):
                continue
            if name in ONE_WAY and self.clears:
                self.told[label] = None
                continue
            if name in ONE_WAY:
                self.stuck[_STUCK[label]] = None
                continue
            self.fields[name] = _sendable(name, before)
            self.told[label] = None
            if name == "livePhotoVideoId":
                self.video = str(value)

    def tag(self, write: Write) -> None:
        """Tags that it did not have before."""
        ids = write.payload.get("tagIds")
        had = {tag.id for tag in self.prior.winner.tags or ()} | self.done
        has = None if self.written is not None else {tag.id for tag in self.now.tags or ()}
        for tag_id in map(str, ids if isinstance(ids, (list, tuple)) else ()):
            if tag_id not in had and (has is None or tag_id in has):
                self.tags[tag_id] = None
                self.told["tags"] = None

    def album(self, write: Write) -> None:
        """Albums that it was not in before."""
        album_id = str(write.payload["albumId"])
        here = self.written is not None or album_id in self.albums
        if album_id not in self.prior.albums and album_id not in self.done and here:
            self.leave[album_id] = None
            self.told["albums"] = None

    def cover(self, write: Write) -> None:
        """Albums that it was made the cover of."""
        album_id = str(write.payload["albumId"])
        before = self.prior.covers.get(album_id)
        album = self.albums.get(album_id)
        if not before or f"cover:{album_id}" in self.done:
            return
        if self.written is not None or (album and album.album_thumbnail_asset_id == self.now.id):
            self.covers[album_id] = before
            self.told["album covers"] = None
        elif album and album.album_thumbnail_asset_id != before:
            self.kept["The cover of an album was changed since and stays as it is."] = None

    def face(self, write: Write) -> None:
        """People that were put on it: the faces that were not there before, where the run put them."""
        person_id, box = str(write.payload["personId"]), write.payload["box"]
        if self.written is not None:
            self.told["people"] = None
        assert isinstance(box, (list, tuple))
        here = at(self.holders.faces or (), Box(*map(int, box)))
        ours = [face for face in here if face.source_type == "manual" and face.id not in self._known_faces]
        for face in ours:
            if face.person is not None and face.person.id == person_id:
                self.faces[face.id] = None
                self.told["people"] = None
            else:
                self.kept["A face that was put on it is somebody else's now and stays as it is."] = None

    @property
    def _known_faces(self) -> frozenset[str]:
        return (self.prior.faces or frozenset()) | self.done

    def link(self, write: Write) -> None:
        """Public links that it was put into."""
        ids = write.payload.get("linkIds")
        for link_id in map(str, ids if isinstance(ids, (list, tuple)) else ()):
            if link_id in (self.prior.links or ()) or link_id in self.done:
                continue
            if self.written is not None or link_id in (self.holders.links or ()):
                self.links[link_id] = None
                self.told["public links"] = None

    def graft(self, write: Write) -> None:
        """What came to it through a sidecar, where no other sidecar has taken it away yet."""
        before = self.prior.winner
        for name, value in write.payload.items():
            label = LABELS[name]
            if name in self.done or (self.written is None and same(name, self.now, before)):
                continue
            if self.written is None and not is_there(name, value, self.now):
                self.kept[f"Its {label} was changed since and stays as it is."] = None
            elif self.written is not None and is_there(name, value, before):
                continue
            elif self.clears:
                self.told[label] = None
            else:
                self.stuck[f"Its {label} stays: it was grafted, and no sidecar can be put in its place."] = (
                    None
                )


_TAKE: dict[Channel, Callable[[_Found, Write], None]] = {
    Channel.UPDATE_ASSET: _Found.update,
    Channel.TAG_ASSETS: _Found.tag,
    Channel.ALBUM_ASSETS: _Found.album,
    Channel.ALBUM_COVER: _Found.cover,
    Channel.FACES: _Found.face,
    Channel.COPY: _Found.link,
    Channel.GRAFT: _Found.graft,
}
