"""A small library to review: groups of every kind, drawn pictures, and an app around the review screen."""

import io
import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image, ImageDraw
from textual.app import App
from textual.pilot import Pilot

from immich_tui.immich.errors import Gone
from immich_tui.immich.models import Group
from immich_tui.review.analyze import in_short
from immich_tui.review.rows import Row
from immich_tui.review.session import Session
from immich_tui.review.store import Store
from immich_tui.review.stored import Member
from immich_tui.tui.pictures import Pictures, PictureSource, Size
from immich_tui.tui.runner import Runner
from immich_tui.tui.screens.review import ReviewScreen
from immich_tui.tui.stylesheet import KeptStylesheet
from immich_tui.tui.themes import OWN_THEMES
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Context
from immich_tui.verdict.policy import PRESETS

Raw = dict[str, Any]
"""JSON as the server sends it."""

CONTEXT = Context(now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
POLICY = PRESETS["metadata"]
MIB = 1024 * 1024
HASH = "nugJLYR3l4ePiHeIh3eHeGpwfQTW"

CAMERA = {"make": "Apple", "model": "iPhone 13", "lensModel": "iPhone 13 back dual wide camera 5.1mm f/1.6"}
EXPOSURE = {"fNumber": 1.6, "focalLength": 5.1, "iso": 50, "exposureTime": "1/1250"}
LATITUDE = 47.37689
PLACE = {"latitude": LATITUDE, "longitude": 8.54169, "city": "Zürich", "country": "Switzerland"}
ZONE = {"timeZone": "Europe/Zurich"}


def asset(
    name: str,
    size: float,
    pixels: tuple[int, int] = (4032, 3024),
    taken: str = "2024-06-12T10:15:00",
    zone: str = "+02:00",
    *,
    exif: Mapping[str, object] | None = None,
    **fields: object,
) -> Raw:
    """An asset as the server lists it; `exif` adds EXIF fields, everything else is a field of the asset."""
    facts = {
        "fileSizeInByte": int(size * MIB),
        "exifImageWidth": pixels[0],
        "exifImageHeight": pixels[1],
        "dateTimeOriginal": f"{taken}{zone}",
        "modifyDate": f"{taken}{zone}",
        "description": "",
        **(exif or {}),
    }
    asset_id = fields.pop("id", None) or f"{sum(map(ord, name)):08x}-0000-4000-8000-{int(size * MIB):012x}"
    return {
        "id": asset_id,
        "createdAt": "2026-11-20T09:00:00+00:00",
        "ownerId": "9adfa058-1df4-4a6b-a42f-c15206d33cc9",
        "libraryId": None,
        "type": "IMAGE",
        "originalPath": f"/data/upload/9adfa058/7e/59/{asset_id}.jpg",
        "originalFileName": name,
        "originalMimeType": "image/jpeg",
        "thumbhash": HASH,
        "localDateTime": f"{taken}+00:00",
        "isFavorite": False,
        "visibility": "timeline",
        "duration": None,
        "livePhotoVideoId": None,
        "checksum": "l8NaUM+A36P1BTUFS1CjaXHw43g=",
        "width": pixels[0],
        "height": pixels[1],
        "isEdited": False,
        "tags": [],
        "exifInfo": facts,
        **fields,
    }


def mission() -> Raw:
    """The example that started it: the smaller copy is the one that knows where it was taken."""
    return group(
        1,
        asset("IMG_20240612_101500.jpg", 1.2, exif={**CAMERA, **EXPOSURE, **PLACE, **ZONE}),
        asset("IMG_20240612_101500~2.jpg", 2.5, exif={"timeZone": None}, thumbhash=HASH),
    )


def group(number: int, *assets: Raw) -> Raw:
    return {"duplicateId": f"{number:08x}-2934-4518-801e-36db0a1b32b0", "assets": list(assets)}


def library() -> list[Raw]:
    """Groups of several kinds; the first is the mission's."""
    full = {**CAMERA, **EXPOSURE, **ZONE}
    return [
        mission(),
        group(
            2,
            asset(
                "DSC_0815.NEF",
                24.1,
                (6048, 4024),
                exif={**full, "make": "NIKON", "model": "Z 6_2"},
                originalMimeType="image/x-nikon-nef",
                thumbhash=HASH,
            ),
            asset(
                "DSC_0815.JPG",
                9.6,
                (6048, 4024),
                exif={**full, **PLACE, "make": "NIKON", "model": "Z 6_2"},
                isFavorite=True,
            ),
        ),
        group(
            3,
            asset("beach.jpg", 3.1, exif=full),
            asset("beach (1).jpg", 3.1, exif=full, id="0000beac-0000-4000-8000-000000000001"),
            asset("beach-WA0012.jpg", 0.3, (1600, 1200), exif={"timeZone": None}),
        ),
        group(
            4,
            asset(
                "PXL_20240101_000000.mp4",
                48.0,
                (1920, 1080),
                type="VIDEO",
                duration="0:00:12.480000",
                originalMimeType="video/mp4",
                exif=ZONE,
            ),
            asset(
                "VID_0001.mp4",
                20.5,
                (1280, 720),
                type="VIDEO",
                duration="0:00:12.480000",
                originalMimeType="video/mp4",
                exif={},
            ),
        ),
        group(
            5,
            asset(
                "IMG_4711.HEIC",
                1.9,
                exif={**full, **PLACE},
                originalMimeType="image/heic",
                livePhotoVideoId="0bb93a05-fbd8-4429-8931-ac3e72b5d4a1",
            ),
            asset(
                "IMG_4711.jpeg", 2.9, exif={**full, "latitude": 46.94809, "longitude": 7.44744}, isEdited=True
            ),
            asset("IMG_4711(1).jpeg", 2.2, exif=full, libraryId="4ac2ab3e-8cd2-4b43-9a18-4b2bd4ef7bd8"),
            asset("small.jpeg", 0.1, (640, 480), exif={}),
        ),
        *(
            group(
                n,
                asset(f"IMG_{n:04}.JPG", 2 + n / 10, exif=full, checksum=f"{n}a"),
                asset(f"IMG_{n:04}-copy.JPG", 1 + n / 10, (2016, 1512), exif=full, checksum=f"{n}b"),
            )
            for n in range(6, 40)
        ),
    ]


async def open_session(path: Path, groups: Iterable[Raw]) -> Session:
    """A real session on a real database that holds these groups."""
    store = Store.open(path / "session.sqlite")
    generation = store.incoming.begin()
    batch = []
    for position, raw in enumerate(groups):
        text = json.dumps(raw).encode()
        parsed = Group.model_validate_json(text)
        verdict = judge(parsed, POLICY, CONTEXT)
        batch.append(
            (in_short(position, parsed, verdict, POLICY), text, [Member.of(a) for a in parsed.assets])
        )
    store.incoming.add_groups(generation, batch)
    store.incoming.finish(generation, {"policy": POLICY.name})
    return await Session.open(store, POLICY, CONTEXT)


class Scenes:
    """Draws a landscape per asset instead of asking a server. Keeps what it was asked for."""

    def __init__(self, missing: Iterable[str] = ()) -> None:
        self.asked: list[tuple[str, Size]] = []
        self.missing = set(missing)

    async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
        self.asked.append((asset_id, size))
        if asset_id in self.missing:
            raise Gone("The server has no preview of it.", "")
        return scene(asset_id, 1 if size == "thumbnail" else 3)


def scene(asset_id: str, scale: int = 1) -> bytes:
    """Sky, sun, hills and water in colours that depend on the id a little."""
    width, height = 240 * scale, 180 * scale
    shade = sum(map(ord, asset_id)) % 40
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        part = y / height
        draw.line((0, y, width, y), (int(70 + 150 * part), int(120 + 60 * part), int(200 - 60 * part)))
    draw.ellipse((width * 0.66, height * 0.14, width * 0.8, height * 0.33), (255, 226, 150))
    draw.polygon(
        [
            (0, height * 0.7),
            (width * 0.25, height * 0.35),
            (width * 0.45, height * 0.62),
            (width * 0.7, height * 0.42),
            (width, height * 0.7),
            (width, height),
            (0, height),
        ],
        (58 + shade, 84, 92),
    )
    draw.polygon(
        [
            (0, height * 0.8),
            (width * 0.4, height * 0.66),
            (width, height * 0.8),
            (width, height),
            (0, height),
        ],
        (40, 70 + shade, 60),
    )
    draw.rectangle((0, height * 0.86, width, height), (48, 92, 128))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


class ReviewApp(App[None]):
    """The review screen in an app of its own; F20 counts how often it was pressed."""

    BINDINGS: ClassVar = [("f20", "arrive", "")]

    def __init__(
        self,
        session: Session,
        source: PictureSource | None = None,
        web_url: str = "https://photos.example.org",
    ) -> None:
        super().__init__()
        self.session = session
        self.link: object = None
        self.runner: Runner | None = None
        self.source = source
        self.went: list[str] = []
        self.arrived = 0
        self.urls: list[str] = []
        for theme in OWN_THEMES:
            self.register_theme(theme)
        self.theme = "darkroom"
        self.stylesheet = KeptStylesheet(variables=self.get_css_variables())
        self.review = ReviewScreen(session, Pictures(source) if source else None, web_url)

    def on_mount(self) -> None:
        self.push_screen(self.review)

    def action_arrive(self) -> None:
        self.arrived += 1

    @property
    def here(self) -> Row:
        """The group under the cursor."""
        row = self.review.groups.row
        assert row is not None
        return row

    def whose(self) -> tuple[str, str]:
        return "Ada @ photos.example.org", ""

    def go(self, step: str) -> None:
        self.went.append(step)

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        self.urls.append(url)


async def settled(pilot: Pilot[Any], within: float = 20.0) -> None:
    """Wait until the group under the cursor is on screen with its pictures and nothing works any more."""
    app = pilot.app
    assert isinstance(app, ReviewApp)
    review = app.review
    until = time.monotonic() + within
    while True:
        await pilot.pause(0.02)
        row = review.groups.row if review.is_mounted else None
        shown = review.view.look.group.id if review.is_mounted and review.view.look else None
        working = [
            w.name
            for w in app.workers
            if w.is_running and w.name in {"_follow", "_bring_missing", "_look_ahead", "_bring"}
        ]
        if not working and (row is None or row.group_id == shown):
            break
        assert time.monotonic() < until, f"never settled: {working}, {row}, {shown}"
    await pilot.pause()


async def wait_for(pilot: Pilot[Any], fact: Callable[[], object], within: float = 20.0) -> None:
    """Let the app work until something is true; fail with the screen when it does not become so."""
    until = time.monotonic() + within
    while not fact():
        assert time.monotonic() < until, f"never became true; on the screen:\n{screen_text(pilot.app)}"
        await pilot.pause(0.02)


def screen_text(app: App[Any]) -> str:
    """What the terminal would show, without styles."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
