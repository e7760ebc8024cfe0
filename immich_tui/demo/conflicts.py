"""Groups whose members contradict each other, lose something, or lie in an external library."""

from __future__ import annotations

import dataclasses

from immich_tui.demo import cameras
from immich_tui.demo.cameras import CANON, FUJI, GALAXY, IPHONE, NIKON, OLD_IPHONE, SCANNER
from immich_tui.demo.photos import KIB, MIB, Copy, Furnisher
from immich_tui.demo.pictures import View
from immich_tui.demo.variations import EXTERNAL, but, taken


def furnish(home: Furnisher) -> None:
    """All of them."""
    _conflicts(home)
    _losses(home)
    _libraries(home)
    _unknowns(home)


def _conflicts(home: Furnisher) -> None:
    london = taken(
        "20160812_110203.jpg",
        View("bridge", 1),
        int(2.0 * MIB),
        "2016-08-12 11:02:03",
        GALAXY,
        place=cameras.LONDON,
    )
    home.group(london, but(london, "20160812_110203_geo.jpg", place=cameras.PARIS))
    near = taken(
        "IMG_0771.JPG",
        View("city", 1),
        int(2.3 * MIB),
        "2018-05-03 15:47:21",
        OLD_IPHONE,
        place=cameras.FLORENCE,
    )
    home.group(near, but(near, "IMG_0771 (1).JPG", place=(43.7752, 11.2574), size=int(2.2 * MIB)))
    night = taken("IMG_1010.JPG", View("city night", 2), int(1.9 * MIB), "2017-10-29 02:30:00", OLD_IPHONE)
    home.group(night, but(night, "IMG_1010-1.JPG", offset="+01:00"))
    evening = taken(
        "P1020334.JPG", View("pier", 1), int(2.4 * MIB), "2013-07-07 08:00:00", cameras.IXUS, offset="+02:00"
    )
    home.group(evening, but(evening, "P1020334_falsche Uhr.JPG", taken="2013-07-07 20:00:00"))
    scan = taken(
        "Oma 1985.jpg",
        View("old photo", 0),
        int(2.6 * MIB),
        "1985-08-03 12:00:00",
        None,
        offset="+02:00",
        description="Oma, Tante Inge und Papa am Wannsee",
    )
    home.group(
        scan,
        but(
            scan,
            "Scan_0042.jpg",
            taken="2019-01-12 16:20:45",
            camera=SCANNER,
            offset="+01:00",
            description="",
        ),
    )
    bodies = taken(
        "IMG_7781.JPG",
        View("balloons", 1, ratio=1.5),
        int(3.0 * MIB),
        "2022-05-20 06:02:10",
        CANON,
        pixels=(1620, 1080),
    )
    home.group(bodies, but(bodies, "DSC_7781.JPG", camera=NIKON, size=int(2.9 * MIB)))
    all_three = taken(
        "IMG_0007.JPG",
        View("beach", 3),
        int(2.2 * MIB),
        "2015-08-01 10:00:00",
        OLD_IPHONE,
        place=cameras.NICE,
    )
    home.group(
        all_three,
        but(
            all_three,
            "IMG_0008.JPG",
            camera=GALAXY,
            place=cameras.BARCELONA,
            offset="+01:00",
            taken="2015-08-03 18:30:00",
        ),
    )
    hidden = taken(
        "IMG_5601.HEIC",
        View("food", 1),
        int(1.2 * MIB),
        "2024-10-11 19:19:19",
        place=cameras.BERLIN,
        visibility="archive",
    )
    home.group(hidden, but(hidden, "IMG_5601.jpg", visibility="timeline", size=int(1.6 * MIB), place=None))


def _losses(home: Furnisher) -> None:
    bare = Copy("photo-original.jpg", View("desert", 1), int(2.9 * MIB), modified="2020-02-02 12:00:00")
    home.group(
        bare,
        taken(
            "20191104_080911.jpg",
            View("desert", 1),
            600 * KIB,
            "2019-11-04 08:09:11",
            GALAXY,
            pixels=(1200, 900),
            offset="+01:00",
            place=(31.62, -7.98),
            description="Camels!",
        ),
    )
    placed = taken(
        "DSC_0451.JPG",
        View("night sky", 2, ratio=1.5),
        int(2.8 * MIB),
        "2020-08-13 01:12:00",
        pixels=(1620, 1080),
        place=cameras.ZERMATT,
        camera=dataclasses.replace(NIKON, lens="", aperture=0.0, focal_length=0.0, exposure="", iso=0),
    )
    home.group(placed, but(placed, "DSC_0451_full.JPG", camera=NIKON, place=None, size=int(2.9 * MIB)))
    app = taken(
        "Scanner App 12.jpg",
        View("pier", 4),
        int(1.9 * MIB),
        "2022-07-03 06:10:00",
        None,
        offset="+02:00",
        place=cameras.ALPS,
    )
    home.group(app, but(app, "DSCF7001.JPG", camera=FUJI, offset=None, place=None, size=int(2.1 * MIB)))
    heavy = taken(
        "DSC_9120.JPG",
        View("mountain", 2, ratio=1.5),
        int(4.4 * MIB),
        "2021-09-12 18:45:06",
        NIKON,
        pixels=(1620, 1080),
    )
    home.group(heavy, but(heavy, "DSC_9120-google.jpg", size=700 * KIB, quality=60, place=cameras.ZERMATT))
    from_c = Copy("family-big.jpg", View("family", 1), int(3.1 * MIB), modified="2021-05-05 05:05:05")
    home.group(
        from_c,
        taken(
            "family-gps.jpg",
            View("family", 1),
            900 * KIB,
            "2021-04-04 14:00:00",
            None,
            taken=None,
            place=cameras.SYLT,
        ),
        taken("family-date.jpg", View("family", 1), 880 * KIB, "2021-04-04 14:00:00", None, offset="+02:00"),
    )


def _libraries(home: Furnisher) -> None:
    mounted = taken(
        "IMG_9001.JPG",
        View("harbour", 2),
        int(2.4 * MIB),
        "2016-05-15 12:12:12",
        OLD_IPHONE,
        folder=f"{EXTERNAL}/2016/Hamburg",
        place=cameras.HAMBURG,
    )
    home.group(
        mounted,
        but(mounted, "Hafen.JPG", folder=None, description="Hafengeburtstag", tags=("Trips/Hamburg",)),
    )
    bare = taken(
        "P1010044.JPG",
        View("sunset", 3),
        int(2.1 * MIB),
        "2011-08-20 20:01:02",
        cameras.IXUS,
        folder=f"{EXTERNAL}/2011/Sylt",
    )
    home.group(
        bare,
        but(
            bare,
            "P1010044_klein.JPG",
            folder=None,
            pixels=(1200, 900),
            size=400 * KIB,
            place=cameras.SYLT,
            rating=5,
        ),
    )
    listed = taken(
        "IMG_9100.JPG",
        View("pier", 2),
        int(1.9 * MIB),
        "2016-06-01 05:30:00",
        OLD_IPHONE,
        folder=f"{EXTERNAL}/2016/See",
    )
    home.group(listed, but(listed, "IMG_9100.JPG"))
    home.group(
        but(listed, "IMG_9101.JPG", view=View("pier", 3), folder=f"{EXTERNAL}/2016/See"),
        but(listed, "IMG_9101.JPG", view=View("pier", 3), folder=None),
    )


def _unknowns(home: Furnisher) -> None:
    gulf = taken("IMG_0100.JPG", View("beach", 4), int(2.0 * MIB), "2017-02-20 09:00:00", OLD_IPHONE)
    home.group(but(gulf, "IMG_0100-0.JPG", stored={"latitude": 0.0, "longitude": 0.0}), gulf)
    equator = taken(
        "IMG_0311.JPG", View("forest", 2), int(2.2 * MIB), "2018-01-15 10:20:30", OLD_IPHONE, offset="+03:00"
    )
    home.group(but(equator, "IMG_0311_equator.JPG", stored={"latitude": 0.0, "longitude": 37.073}), equator)
    tomorrow = taken(
        "IMG_2030.JPG", View("fireworks", 1), int(1.7 * MIB), "2024-12-31 23:59:50", IPHONE, offset="+01:00"
    )
    home.group(tomorrow, but(tomorrow, "IMG_2030-clock.JPG", taken="2031-01-01 00:00:10"))
    saved = Copy("download.jpg", View("flowers", 2), 900 * KIB, modified="2022-02-02 22:22:22")
    home.group(
        saved,
        dataclasses.replace(saved, name="download (1).jpg", size=870 * KIB, modified="2023-03-03 03:03:03"),
    )
    empty = Copy("clip0001.jpg", View("cat", 0), 800 * KIB, exif=False)
    home.group(empty, dataclasses.replace(empty, name="clip0001-1.jpg", size=790 * KIB))
    broken = taken(
        "IMG_1999.HEIC",
        View("family", 2),
        int(1.6 * MIB),
        "2024-01-20 15:00:00",
        offset="+01:00",
        place=cameras.MUNICH,
        readable=False,
    )
    home.group(broken, but(broken, "IMG_1999.jpg", readable=True, size=int(1.1 * MIB), place=None))
    measured = taken("IMG_4040.JPG", View("dog", 3), int(1.5 * MIB), "2022-04-04 04:04:04", GALAXY)
    home.group(measured, but(measured, "IMG_4040-nodim.JPG", dimensions=False, size=int(1.4 * MIB)))
    weighed = taken(
        "IMG_4141.JPG", View("snow", 2), int(1.5 * MIB), "2022-01-14 14:14:14", GALAXY, offset="+01:00"
    )
    home.group(
        but(weighed, "IMG_4141-empty.JPG", stored={"fileSizeInByte": None}, place=cameras.ALPS), weighed
    )
