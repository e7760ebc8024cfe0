"""A backup folder read by itself, without the database: what it holds, and whether that is whole."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from immich_tui.execution.backup.manifest import NAME, Line, read_lines
from immich_tui.execution.transfer.partfile import file_sha1
from immich_tui.immich.models import Album, Asset

VIDEO = "live video"
"""Role of a line that is the video of a live photo."""


class NoBackup(Exception):
    """A folder that holds no backup; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class SavedFile:
    """One file of a backup: its line of the manifest, and what the server told of it when it was saved.

    `links` is how many public links showed it, as far as that was known.
    """

    line: Line
    asset: Asset
    albums: tuple[Album, ...]
    links: int = 0

    @property
    def name(self) -> str:
        """Its original name."""
        return self.line.original_name


@dataclass(frozen=True, slots=True)
class SavedPhoto:
    """A photo or video of a backup, with the video that belongs to it if it is a live photo."""

    file: SavedFile
    video: SavedFile | None = None

    @property
    def id(self) -> str:
        """The id that the asset had."""
        return self.file.line.asset_id

    @property
    def files(self) -> tuple[SavedFile, ...]:
        """Both files."""
        return (self.file,) if self.video is None else (self.video, self.file)

    @property
    def bytes(self) -> int:
        """Size of both."""
        return sum(file.line.size for file in self.files)


@dataclass(frozen=True, slots=True)
class BackupFolder:
    """A backup.

    `unlisted` are names of files that no line speaks of, `unreadable` counts lines that make no sense and of
    whose asset there is no other, `alone` are videos of live photos that no line speaks of.
    """

    path: Path
    photos: tuple[SavedPhoto, ...]
    unlisted: tuple[str, ...]
    unreadable: int
    alone: tuple[SavedFile, ...] = ()

    def lies_elsewhere(self, file: SavedFile) -> bool:
        """Whether a file was saved on another machine and is not here. Blocks on the disk."""
        return bool(file.line.elsewhere) and not (self.path / file.line.file).exists()

    def is_a_link(self, file: SavedFile) -> bool:
        """Whether a file is the name of another one, with which it would go. Blocks on the disk."""
        return (self.path / file.line.file).is_symlink()

    def damage(self, file: SavedFile) -> str:
        """Read a file and say how it differs from what was saved, as a sentence; empty when it is whole.

        Blocks on the disk.
        """
        if self.lies_elsewhere(file):
            return f"The backup of {file.name} is not in this folder: {file.line.elsewhere}."
        path = self.path / file.line.file
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return f"The backup of {file.name} is no file."
            size, sha1 = file_sha1(path)
        except FileNotFoundError:
            return f"The backup of {file.name} is missing."
        except OSError as error:
            return f"The backup of {file.name} cannot be read: {error.strerror}."
        if size != file.line.size:
            return f"The backup of {file.name} has {size:,} bytes where {file.line.size:,} were saved."
        return "" if sha1 == file.line.sha1 else f"The backup of {file.name} was altered since it was saved."


def open_backup(path: Path) -> BackupFolder:
    """Read a backup folder. Blocks on the disk; raises `NoBackup`."""
    manifest = path / NAME
    files: dict[str, SavedFile] = {}
    spoilt: list[str] = []
    try:
        manifest.stat()
        for line in read_lines(manifest):
            if isinstance(line, str) or (file := saved_file(line)) is None:
                spoilt.append(line if isinstance(line, str) else "")
            else:
                files[line.asset_id] = file
        there = {entry.name for entry in path.iterdir() if entry.is_file()}
    except OSError as error:
        raise NoBackup(f"{path} cannot be read as a backup: {error.strerror}.") from error
    # What a crash cut was written again by whoever took the run up.
    unreadable = sum(asset_id not in files for asset_id in spoilt)
    listed = {file.line.file for file in files.values()}
    ours = (NAME, "report.", "undo-", "restore-", "verify-", "restore.")
    unlisted = sorted(name for name in there - listed if not name.startswith(ours))
    photos = tuple(_photos(files))
    whose = {file.line.asset_id for photo in photos for file in photo.files}
    alone = tuple(file for asset_id, file in files.items() if asset_id not in whose)
    return BackupFolder(path, photos, tuple(unlisted), unreadable, alone)


def _photos(files: dict[str, SavedFile]) -> Iterable[SavedPhoto]:
    for file in files.values():
        if file.line.role != VIDEO:
            video = files.get(file.asset.live_photo_video_id or "")
            yield SavedPhoto(file, video if video is not None and video.line.role == VIDEO else None)


def saved_file(line: Line) -> SavedFile | None:
    """A line as a file; `None` where it names no file inside the folder, or its asset makes no sense."""
    if not line.file or Path(line.file).name != line.file:
        return None
    try:
        asset = Asset.model_validate({name: value for name, value in line.asset.items() if value is not None})
        albums = line.asset.get("albums")
        held_by = albums if isinstance(albums, list) else []
        links = line.asset.get("shared_links")
        return SavedFile(
            line,
            asset,
            tuple(Album.model_validate(album) for album in held_by),
            len(links) if isinstance(links, list) else 0,
        )
    except (ValidationError, AttributeError):
        return None
