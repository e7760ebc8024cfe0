"""Which photos the demo household has: the years of a family, with what goes wrong in real libraries.

The first groups are holidays and birthdays as everybody has them; the odd cases stand behind them, each kind
of trouble at least once.
"""

from __future__ import annotations

import dataclasses

from immich_tui.demo import cameras, conflicts, oddities
from immich_tui.demo.cameras import CANON, FUJI, GALAXY, IPHONE, NIKON, OLD_IPHONE, PIXEL
from immich_tui.demo.library import Library
from immich_tui.demo.photos import KIB, MIB, AlbumPlan, Copy, Furnisher
from immich_tui.demo.pictures import Studio, View

ALBUMS = (
    AlbumPlan("Mallorca 2024", role="viewer", description="Two weeks in July"),
    AlbumPlan("Grandma's 80th", role="editor", has_link=True),
    AlbumPlan("Japan", description="日本 2023"),
    AlbumPlan("Calendar 2025"),
    AlbumPlan("Jonas' favourites", role="editor", owned=False),
    AlbumPlan("Garden", role="viewer", owned=False),
)


def stripped(copy: Copy, name: str, size: int, **changes: object) -> Copy:
    """The copy that comes back from a messenger or a browser: no EXIF, no albums, a later file date."""
    bare = Copy(name, copy.view, size, pixels=copy.pixels, modified="2024-08-19 07:12:44")
    return dataclasses.replace(bare, **changes)  # type: ignore[arg-type]  # names are checked by replace


def twin(copy: Copy, name: str, **changes: object) -> Copy:
    """The same photo uploaded again under another name."""
    again = dataclasses.replace(copy, name=name, albums=(), tags=(), faces=(), favorite=False, rating=None)
    again = dataclasses.replace(again, description="", uploaded="2025-03-02 09:30:00", live_milliseconds=None)
    return dataclasses.replace(again, **changes)  # type: ignore[arg-type]  # names are checked by replace


def furnish(library: Library, studio: Studio, *, major: int) -> None:
    """Fill the library: about 60 groups, and some assets that are in none."""
    home = Furnisher(library, studio, major=major)
    home.albums(ALBUMS)
    _holidays(home)
    _family(home)
    _journeys(home)
    conflicts.furnish(home)
    oddities.furnish(home)


def _holidays(home: Furnisher) -> None:
    sunset = Copy(
        "IMG_4711.HEIC",
        View("sunset", 1),
        int(1.2 * MIB),
        camera=IPHONE,
        taken="2024-07-28 20:41:07",
        offset="+02:00",
        place=cameras.PALMA,
        modified="2024-07-28 18:41:07",
        albums=("Mallorca 2024", "Calendar 2025"),
    )
    home.group(sunset, stripped(sunset, "IMG_4711.jpg", int(2.5 * MIB)))
    beach = Copy(
        "IMG_4652.JPG",
        View("beach", 1),
        int(1.2 * MIB),
        camera=IPHONE,
        taken="2024-07-26 11:08:52",
        offset="+02:00",
        place=(39.5671, 2.6489),
        modified="2024-07-26 09:08:52",
        albums=("Mallorca 2024",),
    )
    home.group(beach, stripped(beach, "IMG_4652-export.jpg", int(2.5 * MIB)))
    alps = Copy(
        "DSC05127.JPG",
        View("mountain", 0, ratio=1.5),
        int(3.4 * MIB),
        pixels=(1620, 1080),
        camera=CANON,
        taken="2023-09-16 09:22:40",
        offset="+02:00",
        place=cameras.ALPS,
        tags=("Trips/Alps/Hiking",),
        rating=5,
    )
    whatsapp = stripped(alps, "IMG-20240612-WA0007.jpg", 310 * KIB, pixels=(1200, 800), quality=70)
    home.group(alps, whatsapp)
    cake = Copy(
        "PXL_20240518_153012345.jpg",
        View("birthday", 0),
        int(2.1 * MIB),
        camera=PIXEL,
        taken="2024-05-18 17:30:12.345",
        offset="+02:00",
        place=cameras.MUNICH,
        albums=("Grandma's 80th",),
        faces=(("Grandma", 0.46, 0.36), ("Lotte", 0.16, 0.36), ("Ben", 0.75, 0.36)),
    )
    home.group(cake, twin(cake, "PXL_20240518_153012345 (1).jpg"))
    bergen = Copy(
        "IMG_2290.JPG",
        View("harbour", 0),
        int(2.7 * MIB),
        camera=OLD_IPHONE,
        taken="2019-06-30 13:05:18",
        offset="+02:00",
        place=cameras.BERGEN,
        tags=("Trips/Norway",),
    )
    home.group(bergen, twin(bergen, "IMG_2290_small.JPG", pixels=(1200, 900), size=640 * KIB))
    paris = Copy(
        "20220417_201533.jpg",
        View("tower", 0),
        1_913_456,
        camera=GALAXY,
        taken="2022-04-17 20:15:33",
        offset="+02:00",
        place=cameras.PARIS,
        favorite=True,
    )
    home.group(paris, twin(paris, "20220417_201533(1).jpg", place=None, size=1_913_456 - 622))
    lights = Copy(
        "_NZ62418.JPG",
        View("night sky", 0, ratio=1.5),
        int(3.9 * MIB),
        pixels=(1620, 1080),
        camera=NIKON,
        taken="2023-02-11 23:48:02",
        offset="+01:00",
        place=cameras.TROMSO,
        rating=5,
        albums=("Calendar 2025",),
    )
    home.group(lights, twin(lights, "_NZ62418-web.jpg", pixels=(1200, 800), size=420 * KIB, place=None))
    florence = Copy(
        "IMG_1187.JPG",
        View("city", 0),
        int(2.4 * MIB),
        camera=OLD_IPHONE,
        taken="2018-05-02 10:44:09",
        offset="+02:00",
        place=cameras.FLORENCE,
    )
    home.group(
        florence,
        stripped(
            florence, "IMG-20180502-WA0003.jpg", 260 * KIB, pixels=(1200, 900), modified="2018-05-02 19:03:00"
        ),
        twin(florence, "IMG_1187-2.JPG", place=None, size=int(1.9 * MIB)),
    )


def _family(home: Furnisher) -> None:
    meadow = Copy(
        "PXL_20240609_130455120.jpg",
        View("meadow", 0),
        int(2.6 * MIB),
        camera=PIXEL,
        taken="2024-06-09 15:04:55",
        offset="+02:00",
        place=(48.1642, 11.6056),
        faces=(("Lotte", 0.33, 0.6), ("Ben", 0.57, 0.6)),
    )
    home.group(
        meadow,
        stripped(
            meadow,
            "IMG-20240609-WA0012.jpg",
            290 * KIB,
            pixels=(1200, 900),
            favorite=True,
            description="Lotte's first goal",
        ),
    )
    couple = Copy(
        "DSCF3310.JPG",
        View("portrait", 1, ratio=1.5),
        int(3.1 * MIB),
        pixels=(1620, 1080),
        camera=FUJI,
        taken="2021-08-21 18:22:31",
        offset="+02:00",
        faces=(("Grandma", 0.36, 0.4), ("Mira", 0.62, 0.42)),
    )
    home.group(couple, twin(couple, "DSCF3310 (1).JPG", rating=4))
    cat = Copy(
        "IMG_5020.HEIC",
        View("cat", 1),
        int(1.1 * MIB),
        camera=IPHONE,
        taken="2024-11-02 09:15:44",
        offset="+01:00",
        place=cameras.MUNICH,
        favorite=True,
    )
    home.group(cat, twin(cat, "IMG_5020 (1).HEIC"))
    sledge = Copy(
        "IMG_3318.JPG",
        View("snow", 0),
        int(2.2 * MIB),
        camera=OLD_IPHONE,
        taken="2021-01-09 14:31:26",
        offset="+01:00",
        place=(47.4951, 11.1102),
        tags=("Family/Winter",),
    )
    home.group(sledge, stripped(sledge, "received_4012.webp", 180 * KIB, pixels=(800, 600), container="webp"))
    sofa = Copy(
        "P1000217.JPG",
        View("family", 0),
        int(2.8 * MIB),
        camera=cameras.IXUS,
        taken="2012-12-24 19:40:03",
        albums=("Jonas' favourites",),
        faces=(("Mira", 0.19, 0.5), ("Lotte", 0.39, 0.6), ("Ben", 0.57, 0.56), ("Jonas", 0.77, 0.5)),
        linked=True,
    )
    home.group(sofa, twin(sofa, "Weihnachten 2012.JPG", description="Heiligabend bei uns", linked=True))
    dog = Copy(
        "20230702_174410.jpg",
        View("dog", 0),
        int(1.9 * MIB),
        camera=GALAXY,
        taken="2023-07-02 17:44:10",
        offset="+02:00",
        place=(48.1496, 11.5912),
    )
    home.group(dog, twin(dog, "20230702_174410_resized.jpg", pixels=(1200, 900), size=480 * KIB, place=None))
    garden = Copy(
        "DSCF2101.JPG",
        View("flowers", 0, ratio=1.5),
        int(2.9 * MIB),
        pixels=(1620, 1080),
        camera=FUJI,
        taken="2020-06-14 10:02:55",
        offset="+02:00",
        tags=("Garden",),
        rating=4,
        description="Dahlias",
    )
    home.group(
        garden, twin(garden, "DSCF2101-Kalender.jpg", size=int(2.4 * MIB), description="Dahlias\nfor June")
    )
    pizza = Copy(
        "PXL_20231006_183301.jpg",
        View("food", 0),
        int(1.7 * MIB),
        camera=PIXEL,
        taken="2023-10-06 20:33:01",
        offset="+02:00",
    )
    home.group(pizza, stripped(pizza, "image0.jpeg", int(1.2 * MIB)))
    candles = Copy(
        "IMG_0418.JPG",
        View("birthday", 1),
        int(2.0 * MIB),
        camera=OLD_IPHONE,
        taken="2017-03-05 16:12:09",
        offset="+01:00",
        place=cameras.HAMBURG,
    )
    home.group(
        candles,
        stripped(
            candles, "IMG-20170305-WA0001.jpg", 240 * KIB, pixels=(1200, 900), modified="2017-03-05 18:00:00"
        ),
        stripped(
            candles, "IMG-20170306-WA0004.jpg", 238 * KIB, pixels=(1200, 900), modified="2017-03-06 08:21:00"
        ),
    )
    two = Copy(
        "IMG_4123.HEIC",
        View("portrait", 2),
        int(1.4 * MIB),
        camera=IPHONE,
        taken="2024-04-01 12:20:30",
        offset="+02:00",
        place=cameras.BERLIN,
        faces=(("Mira", 0.32, 0.38), ("Jonas", 0.62, 0.42)),
    )
    home.group(
        two, twin(two, "IMG_4123.jpg", size=int(2.6 * MIB), container="jpeg", faces=(("Mira", 0.32, 0.38),))
    )


def _journeys(home: Furnisher) -> None:
    kyoto = Copy(
        "DSC01842.JPG",
        View("shrine", 1, ratio=1.5),
        int(3.3 * MIB),
        pixels=(1620, 1080),
        camera=NIKON,
        taken="2023-04-02 08:11:20",
        offset="+09:00",
        place=cameras.KYOTO,
        albums=("Japan",),
    )
    home.group(
        kyoto,
        twin(
            kyoto,
            "DSC01842_s.JPG",
            pixels=(1200, 800),
            size=510 * KIB,
            description="伏見稲荷大社 🦊⛩️\n千本鳥居",
        ),
    )
    golden = Copy(
        "IMG_0933.JPG",
        View("bridge", 0),
        int(2.3 * MIB),
        camera=OLD_IPHONE,
        taken="2018-10-13 16:55:47",
        offset="-07:00",
        place=cameras.SAN_FRANCISCO,
    )
    home.group(golden, twin(golden, "IMG_0933-1.JPG", place=None, size=int(2.0 * MIB)))
    dawn = Copy(
        "DJI_0102.JPG",
        View("balloons", 0),
        int(2.9 * MIB),
        camera=cameras.DRONE,
        taken="2022-05-20 05:48:12",
        place=(37.9715, 23.7267),
        albums=("Calendar 2025",),
    )
    home.group(dawn, stripped(dawn, "DJI_0102-Ballons.png", 1100 * KIB, pixels=(800, 600), container="png"))
    fall = Copy(
        "IMG_2877.JPG",
        View("waterfall", 1),
        int(2.5 * MIB),
        camera=OLD_IPHONE,
        taken="2019-08-11 14:02:38",
        offset="+00:00",
        place=cameras.REYKJAVIK,
    )
    home.group(fall, stripped(fall, "FB_IMG_1565532.jpg", 210 * KIB, pixels=(1200, 900)))
    rockets = Copy(
        "PXL_20240101_000312.jpg",
        View("fireworks", 0),
        int(1.6 * MIB),
        camera=PIXEL,
        taken="2024-01-01 00:03:12",
        offset="+01:00",
        place=cameras.BERLIN,
        tags=("Family/New Year",),
    )
    home.group(rockets, twin(rockets, "PXL_20240101_000312~2.jpg"))
    wood = Copy(
        "DSC00771.JPG",
        View("forest", 1, ratio=1.5),
        int(3.2 * MIB),
        pixels=(1620, 1080),
        camera=CANON,
        taken="2020-10-18 09:40:00",
        offset="+02:00",
        tags=("Family/Autumn",),
        rating=3,
    )
    home.group(wood, twin(wood, "DSC00771-edited.jpg", size=int(2.7 * MIB), rating=5, place=cameras.ALPS))
    lake = Copy(
        "IMG_3920.HEIC",
        View("pier", 0),
        int(1.3 * MIB),
        camera=IPHONE,
        taken="2024-08-30 06:31:58",
        offset="+02:00",
        place=(47.9093, 11.2866),
    )
    home.group(lake, twin(lake, "IMG_3920 2.HEIC"))
    river = Copy(
        "DSCF4410.JPG",
        View("city night", 0, ratio=1.5),
        int(2.8 * MIB),
        pixels=(1620, 1080),
        camera=FUJI,
        taken="2022-11-26 19:12:40",
        offset="-05:00",
        place=cameras.NEW_YORK,
    )
    home.group(river, stripped(river, "IMG-20221127-WA0000.jpg", 270 * KIB, pixels=(1200, 800)))
    dunes = Copy(
        "20191103_171502.jpg",
        View("desert", 0),
        int(1.8 * MIB),
        camera=GALAXY,
        taken="2019-11-03 17:15:02",
        offset="+01:00",
        place=(31.6258, -7.9892),
    )
    home.group(dunes, twin(dunes, "20191103_171502 - Kopie.jpg", place=None))
    quay = Copy(
        "IMG_2301.JPG",
        View("harbour", 1),
        int(2.6 * MIB),
        camera=OLD_IPHONE,
        taken="2019-06-30 13:41:50",
        offset="+02:00",
        place=(60.3983, 5.3209),
    )
    home.group(quay, twin(quay, "IMG_2301-1.JPG", size=int(2.6 * MIB) - 2048, favorite=True))
    shore = Copy(
        "IMG_4699.HEIC",
        View("sunset", 2),
        int(1.2 * MIB),
        camera=IPHONE,
        taken="2024-07-27 20:50:31",
        offset="+02:00",
        place=(39.5502, 2.6231),
        albums=("Mallorca 2024",),
    )
    home.group(shore, stripped(shore, "IMG-20240727-WA0021.jpg", 230 * KIB, pixels=(1200, 900)))
