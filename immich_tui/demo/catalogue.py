"""Which photos the demo household has."""

from __future__ import annotations

from immich_tui.demo import cameras
from immich_tui.demo.library import Library
from immich_tui.demo.photos import KIB, MIB, AlbumPlan, Copy, Furnisher
from immich_tui.demo.pictures import Studio, View

ALBUMS = (
    AlbumPlan("Mallorca 2024", role="viewer"),
    AlbumPlan("Grandma's 80th", role="editor", has_link=True),
    AlbumPlan("Jonas' favourites", role="editor", owned=False),
    AlbumPlan("Calendar 2025"),
)


def furnish(library: Library, studio: Studio, *, major: int) -> None:
    """Fill the library with about 60 groups and what surrounds them."""
    home = Furnisher(library, studio, major=major)
    home.albums(ALBUMS)
    sunset = View("sunset", 1)
    home.group(
        Copy(
            "IMG_4711.HEIC",
            sunset,
            int(1.2 * MIB),
            camera=cameras.IPHONE,
            taken="2024-07-28 20:41:07",
            offset="+02:00",
            place=cameras.PALMA,
            modified="2024-07-28 18:41:07",
            albums=("Mallorca 2024",),
        ),
        Copy("IMG_4711.jpg", sunset, int(2.5 * MIB)),
    )
    for n in range(8):
        view = View("beach", n)
        home.group(
            Copy(
                f"PXL_20240612_0{n}1530.jpg",
                view,
                1400 * KIB + n,
                camera=cameras.PIXEL,
                taken=f"2024-06-12 1{n}:15:30",
                offset="+02:00",
                place=cameras.SYLT,
                tags=("Trips/Sylt",),
                favorite=n == 1,
            ),
            Copy(
                f"IMG-20240612-WA000{n}.jpg",
                view,
                300 * KIB,
                pixels=(1200, 900),
                description="Am Strand" if n == 2 else "",
            ),
        )
