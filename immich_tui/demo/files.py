"""The originals of the drawn library."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from immich_tui.demo import containers
from immich_tui.demo.containers import TooLarge, exif_block
from immich_tui.demo.pictures import Studio, View

_QUALITIES = (88, 80, 70, 55, 40, 25)


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A file of exactly `size` bytes that shows a view in `width` by `height` pixels.

    `container` is `jpeg`, `png`, `webp`, `heic`, `cr3`, `dng` or `movie`. `quality` is where encoding starts;
    it goes down until the picture fits. `exif` is what stands in the file, in the words of `exif_block`.
    Two files with equal fields but another `seed` differ in their padding.
    """

    studio: Studio = field(repr=False, compare=False)
    view: View
    width: int
    height: int
    container: str
    size: int
    seed: str
    quality: int = 88
    exif: dict[str, object] = field(default_factory=dict)
    milliseconds: int = 0

    def read(self) -> bytes:
        """The whole file."""
        for quality in (self.quality, *(one for one in _QUALITIES if one < self.quality)):
            try:
                return self._built(quality)
            except TooLarge:
                continue
        raise TooLarge(f"{self.seed} does not fit into {self.size} bytes")

    def sha1(self) -> bytes:
        """Its digest, worked out once per machine."""
        key = f"sha1 {self.view.key} {self.width} {self.height} {self.container} {self.size} {self.seed}"
        key += f" {self.quality} {self.milliseconds} {sorted(self.exif.items())}"
        return self.studio.remembered(key, lambda: hashlib.sha1(self.read(), usedforsecurity=False).digest())

    def _built(self, quality: int) -> bytes:
        if self.container == "png":
            return containers.padded_png(self._picture("png", quality), self.size, self.seed)
        if self.container == "webp":
            return containers.padded_webp(self._picture("webp", quality), self.size, self.seed)
        if self.container == "movie":
            return self._movie(quality)
        picture = self._picture("jpeg", quality)
        if self.container == "jpeg":
            return containers.padded_jpeg(picture, self.size, self.seed, exif_block(self.exif))
        wrap = {
            "heic": containers.padded_heic,
            "cr3": containers.padded_cr3,
            "dng": containers.padded_dng,
        }[self.container]
        return wrap(picture, self.size, self.seed)

    def _picture(self, kind: str, quality: int) -> bytes:
        return self.studio.encoded(self.view, self.width, self.height, kind, quality)

    def _movie(self, quality: int) -> bytes:
        frames = []
        for moment in range(3):
            view = View(self.view.scene, self.view.seed, self.view.moment + moment, ratio=self.view.ratio)
            frames.append(self.studio.encoded(view, self.width, self.height, "jpeg", quality))
        return containers.padded_movie(
            frames, self.width, self.height, self.milliseconds, self.size, self.seed
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """The pictures that the server makes of a view; nothing when it could not read the file."""

    studio: Studio = field(repr=False, compare=False)
    view: View
    readable: bool = True

    def thumbnail(self) -> bytes:
        """A small WebP."""
        return self.studio.thumbnail(self.view)

    def preview(self) -> bytes:
        """A JPEG for the full screen."""
        return self.studio.preview(self.view)

    def thumbhash(self) -> str | None:
        """The placeholder hash."""
        return self.studio.thumbhash(self.view) if self.readable else None
