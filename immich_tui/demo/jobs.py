"""What happens after the answer: sidecar, extraction, geocoding, purge.

An edit of an EXIF field shows at once, because it goes to the database. A moment later the jobs write it to
the sidecar and read file and sidecar again, and then things move: coordinates are rounded to six decimals and
get a city, (0, 0) vanishes, the zone of coordinates written through the API replaces the zone of the file and
takes the local time with it, and a read-only external library, where no sidecar can be written, loses what
was edited.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from immich_tui.demo.library import Library
from immich_tui.demo.places import nearest
from immich_tui.demo.records import EXIF_FIELDS, Asset

KEEPS_ZONE = "keepsZone"
"""Sidecar mark: its date came with an offset of its own, so coordinates do not move the zone."""

CLOCK_ONLY = "clockOnly"
"""Sidecar mark: its date came without an offset, so it is what the clock on the wall said."""


class Jobs:
    """The queue of the server: every job runs `delay` seconds after it was asked for.

    `delay` may be changed at any time and counts for jobs asked for afterwards.
    """

    def __init__(self, library: Library, delay: float, *, major: int) -> None:
        self.library = library
        self.delay = delay
        self.major = major
        self._waiting = 0
        self._quiet = threading.Condition()

    def edited(self, asset_id: str, edits: Mapping[str, object]) -> None:
        """Write edits to the sidecar and extract again."""
        self._later(lambda: self._write(asset_id, edits))

    def replaced_sidecar(self, asset_id: str, sidecar: Mapping[str, object]) -> None:
        """Put another sidecar in place and extract again."""
        self._later(lambda: self._replace(asset_id, sidecar))

    def purge(self, asset_id: str) -> None:
        """Delete files and row of an asset that was deleted for good."""
        self._later(lambda: self.library.purge(asset_id))

    @property
    def waiting(self) -> int:
        """How many jobs are still to run."""
        return self._waiting

    def wait_quiet(self, timeout: float = 10.0) -> bool:
        """Block the calling thread (never the server's) until no job waits; False when it took too long."""
        with self._quiet:
            return self._quiet.wait_for(lambda: self._waiting == 0, timeout)

    def _later(self, job: Callable[[], None]) -> None:
        with self._quiet:
            self._waiting += 1
        asyncio.get_running_loop().call_later(self.delay, self._run, job)

    def _run(self, job: Callable[[], None]) -> None:
        try:
            with self.library.lock:
                job()
        finally:
            with self._quiet:
                self._waiting -= 1
                self._quiet.notify_all()

    def _write(self, asset_id: str, edits: Mapping[str, object]) -> None:
        asset = self._alive(asset_id)
        if asset is None:
            return
        if not asset.read_only:
            asset.sidecar.update(edits)
        self._extract(asset)

    def _replace(self, asset_id: str, sidecar: Mapping[str, object]) -> None:
        asset = self._alive(asset_id)
        if asset is None:
            return
        asset.sidecar = dict(sidecar)
        # Tags that were given in Immich stood in the sidecar that is gone.
        asset.tag_ids = []
        self._extract(asset)

    def _alive(self, asset_id: str) -> Asset | None:
        return None if self.library.find(asset_id) is None else self.library.assets.touch(asset_id)

    def _extract(self, asset: Asset) -> None:
        extract(asset, major=self.major)
        asset.updated_at = self.library.now()


def extract(asset: Asset, *, major: int = 3) -> None:
    """Derive EXIF columns, local time and dimensions from what file and sidecar say."""
    said = {**asset.embedded, **asset.sidecar}
    exif = {field: said[field] for field in EXIF_FIELDS if said.get(field) is not None}
    exif["fileSizeInByte"] = asset.file.size
    exif["modifyDate"] = asset.modified_at
    if isinstance(description := exif.get("description"), str):
        exif["description"] = description.strip()
    if exif.get("rating") == 0 or (exif.get("rating") == -1 and major >= 3):
        del exif["rating"]
    zone_of_place = _locate(exif)
    _date(asset, said, exif, zone_of_place)
    asset.exif = exif


def _locate(exif: dict[str, object]) -> str | None:
    """Round the coordinates, name their place; the zone of the place."""
    latitude, longitude = exif.pop("latitude", None), exif.pop("longitude", None)
    for field in ("city", "state", "country"):
        exif.pop(field, None)
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    if latitude == 0 or longitude == 0:
        return None
    exif["latitude"], exif["longitude"] = round(float(latitude), 6), round(float(longitude), 6)
    place = nearest(float(latitude), float(longitude))
    if place is None:
        return None
    exif |= {"city": place.city, "state": place.state, "country": place.country}
    return place.zone


def _date(
    asset: Asset, said: Mapping[str, object], exif: dict[str, object], zone_of_place: str | None
) -> None:
    """Work out instant, zone and wall clock of the capture."""
    zone = said.get("timeZone")
    moved = "latitude" in asset.sidecar and KEEPS_ZONE not in asset.sidecar
    if zone_of_place is not None and (moved or zone is None):
        zone = zone_of_place
    taken = said.get("dateTimeOriginal")
    if not isinstance(taken, datetime):
        # A file without a date: Immich fills in the date of the file and takes it for the wall clock.
        taken = local = asset.modified_at
    elif said.get("timeZone") is None and ("dateTimeOriginal" not in asset.sidecar or CLOCK_ONLY in said):
        # The file has a wall clock without an offset: it stays, the instant follows the zone.
        local = taken
        if isinstance(zone, str):
            taken = taken.replace(tzinfo=zone_info(zone)).astimezone(UTC)
    else:
        local = wall_clock(taken, zone)
    exif["dateTimeOriginal"] = taken
    if zone is not None:
        exif["timeZone"] = zone
    else:
        exif.pop("timeZone", None)
    asset.taken_at, asset.local_at = taken, local


def wall_clock(instant: datetime, zone: object) -> datetime:
    """The clock on the wall at this instant, written as if it were UTC."""
    if not isinstance(zone, str):
        return instant.astimezone(UTC)
    return instant.astimezone(zone_info(zone)).replace(tzinfo=UTC)


def zone_info(zone: str) -> tzinfo:
    """A zone by its IANA name, or as `UTC+2`, `UTC+5:30`, `UTC`."""
    if not zone.startswith("UTC"):
        return ZoneInfo(zone)
    hours, _, minutes = zone[3:].partition(":")
    offset = timedelta(hours=abs(int(hours or 0)), minutes=int(minutes or 0))
    return timezone(-offset if hours.startswith("-") else offset)


def zone_name(moment: datetime) -> str:
    """How Immich names the fixed offset of a date: `UTC+2`, `UTC-3:30`, `UTC`."""
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
