"""Groups that need a look: other formats, videos, bursts, crops, hostile names, a crowd."""

from __future__ import annotations

import dataclasses

from immich_tui.demo import cameras
from immich_tui.demo.cameras import CANON, FUJI, GALAXY, NIKON, OLD_IPHONE, PIXEL
from immich_tui.demo.photos import KIB, MIB, Furnisher
from immich_tui.demo.pictures import View
from immich_tui.demo.variations import EXTERNAL, but, taken


def furnish(home: Furnisher) -> None:
    """All of them, and some assets that are in no group."""
    _formats(home)
    _moving(home)
    _looks(home)
    _names(home)
    _crowd(home)
    _outside(home)


def _formats(home: Furnisher) -> None:
    raw = taken(
        "_MG_8841.CR3",
        View("mountain", 1, ratio=1.5),
        int(3.8 * MIB),
        "2023-09-17 07:58:11",
        CANON,
        pixels=(1620, 1080),
        place=cameras.ALPS,
    )
    home.group(raw, but(raw, "_MG_8841.JPG", size=int(2.2 * MIB), rating=4, albums=("Calendar 2025",)))
    pixel = taken(
        "PXL_20240303_101533.RAW-02.ORIGINAL.dng",
        View("flowers", 1),
        int(3.6 * MIB),
        "2024-03-03 11:15:33",
        PIXEL,
        offset="+01:00",
        place=cameras.MUNICH,
    )
    cover = but(pixel, "PXL_20240303_101533.RAW-01.COVER.jpg", size=int(1.9 * MIB))
    home.group(dataclasses.replace(pixel, place=None), cover)
    heic = taken(
        "IMG_6001.HEIC",
        View("cat", 2),
        380 * KIB,
        "2024-12-26 10:10:10",
        offset="+01:00",
        place=cameras.MUNICH,
    )
    home.group(heic, but(heic, "IMG_6001.JPG", size=int(2.4 * MIB), place=None))


def _moving(home: Furnisher) -> None:
    live = taken(
        "IMG_4808.HEIC",
        View("beach", 2),
        int(1.0 * MIB),
        "2024-07-29 15:20:41",
        pixels=(1200, 900),
        place=cameras.PALMA,
        albums=("Mallorca 2024",),
    )
    still = but(live, "IMG_4808-still.jpg", pixels=(1600, 1200), size=int(2.2 * MIB))
    home.group(dataclasses.replace(live, live_milliseconds=2600, place=None), still)
    clip = taken(
        "VID_20230813_192044.mp4",
        View("dog", 1, ratio=16 / 9),
        int(2.9 * MIB),
        "2023-08-13 19:20:44",
        None,
        pixels=(1280, 720),
        milliseconds=12_480,
        offset="+02:00",
        place=cameras.HAMBURG,
    )
    home.group(
        clip,
        but(
            clip,
            "VID-20230813-WA0002.mp4",
            pixels=(640, 360),
            size=700 * KIB,
            offset="+00:00",
            taken="2023-08-13 17:20:44",
            place=None,
        ),
    )
    title = taken(
        "MVI_0021.MP4",
        View("night sky", 1, ratio=16 / 9),
        int(1.6 * MIB),
        "2022-08-12 23:10:05",
        None,
        pixels=(960, 540),
        milliseconds=10_000,
        offset="+02:00",
    )
    home.group(title, but(title, "MVI_0022.MP4", milliseconds=25_000, size=int(2.8 * MIB)))
    for scene, camera, day in (
        ("dog", PIXEL, "2024-06-15 10:22:0"),
        ("meadow", GALAXY, "2023-05-28 16:01:1"),
    ):
        view = View(scene, 2)
        home.group(
            *(
                taken(
                    f"PXL_BURST_{number}.jpg"
                    if camera is PIXEL
                    else f"20230528_16011{number}_{number:03}.jpg",
                    dataclasses.replace(view, moment=number),
                    int(1.8 * MIB) + 11_111 * number,
                    f"{day}{number * 4 // 10 + 1}.{number * 4 % 10}00",
                    camera,
                    place=cameras.MUNICH,
                )
                for number in range(3)
            )
        )


def _looks(home: Furnisher) -> None:
    wide = taken(
        "IMG_5533.HEIC",
        View("city night", 1),
        int(1.5 * MIB),
        "2024-12-01 18:05:22",
        offset="+01:00",
        place=cameras.BERLIN,
    )
    home.group(
        wide,
        but(
            wide,
            "IMG_5533 (16-9).jpg",
            view=View("city night", 1, ratio=16 / 9),
            pixels=(1600, 900),
            size=int(1.9 * MIB),
        ),
    )
    story = taken(
        "DSCF5120.JPG", View("tower", 1), int(2.6 * MIB), "2023-06-20 12:40:19", FUJI, place=cameras.PARIS
    )
    home.group(
        story,
        but(
            story,
            "DSCF5120_story.jpg",
            view=View("tower", 1, ratio=16 / 9, bars=True),
            pixels=(1600, 900),
            size=int(1.4 * MIB),
            camera=None,
            place=None,
        ),
    )
    colour = taken(
        "DSC04410.JPG",
        View("portrait", 0, ratio=1.5),
        int(2.7 * MIB),
        "2021-10-03 17:11:08",
        NIKON,
        pixels=(1620, 1080),
    )
    home.group(colour, but(colour, "DSC04410-sw.JPG", view=View("portrait", 0, ratio=1.5, mono=True)))
    whole = taken(
        "IMG_2155.JPG",
        View("waterfall", 0),
        int(2.5 * MIB),
        "2019-06-28 11:30:00",
        OLD_IPHONE,
        place=cameras.BERGEN,
    )
    home.group(whole, but(whole, "IMG_2155-Ausschnitt.JPG", view=View("waterfall", 0, cut=0.18)))
    turned = taken("IMG_3377.JPG", View("forest", 0), int(2.1 * MIB), "2020-09-06 13:14:15", OLD_IPHONE)
    home.group(
        turned,
        but(turned, "IMG_3377_gedreht.JPG", view=View("forest", 0, quarter_turns=1), pixels=(1200, 1600)),
    )
    edited = taken(
        "IMG_4410.HEIC",
        View("snow", 1),
        int(1.3 * MIB),
        "2024-02-17 11:22:33",
        offset="+01:00",
        place=cameras.ZERMATT,
        edited=True,
    )
    home.group(edited, but(edited, "IMG_4410-1.HEIC", edited=False, size=int(1.4 * MIB)))


def _names(home: Furnisher) -> None:
    hostile = (
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("[red]x[/red].jpg", "[bold]click[/bold] [@click=app.quit]here[/].jpg"),
        ("\x1b[31mred\x1b[0m\x07.jpg", "line\nbreak\ttab.jpg"),
        ("Ä" * 148 + ".jpg", "a" * 296 + ".jpg"),
        ("IMG_\u202egpj.exe.jpg", "🌋🏔️ Ausflug 👨‍👩‍👧‍👦.jpg"),
        ("Cafe\u0301 Nu\u0308rnberg.jpg", "Café Nürnberg.jpg"),
        ("x4_photo (1).jpg", "x4_photo-copy_2024.jpg"),
        ("CON.jpg", 'IMG: 10*?<b>|"q" .jpg'),
    )
    scenes = ("sunset", "mountain", "forest", "city", "meadow", "food", "flowers", "harbour")
    for number, (names, scene) in enumerate(zip(hostile, scenes, strict=True)):
        photo = taken(
            names[0],
            View(scene, 4),
            int(1.4 * MIB),
            f"2022-06-{number + 1:02} 12:00:00",
            GALAXY,
            place=cameras.BERLIN,
        )
        home.group(photo, but(photo, names[1], size=int(1.2 * MIB), place=None))


def _crowd(home: Furnisher) -> None:
    first = taken(
        "IMG_8000.JPG",
        View("meadow", 1),
        int(2.7 * MIB),
        "2021-07-10 15:00:00",
        OLD_IPHONE,
        place=cameras.MUNICH,
    )
    small = (
        but(first, f"IMG_80{number:02}.JPG", pixels=(800, 600), size=300 * KIB + number, place=None)
        for number in range(1, 12)
    )
    home.group(first, *small)


def _outside(home: Furnisher) -> None:
    """Assets that the listing must not show: alone, stacked, locked, in the trash, offline."""
    home.single(
        taken(
            "IMG_4650.HEIC",
            View("beach", 1),
            int(1.2 * MIB),
            "2024-07-26 11:08:10",
            place=cameras.PALMA,
            albums=("Mallorca 2024",),
        )
    )
    top = taken("IMG_6100.JPG", View("tower", 2), int(1.5 * MIB), "2023-06-21 10:00:00", OLD_IPHONE)
    home.stack(home.group(top, but(top, "IMG_6101.JPG", size=int(1.4 * MIB))))
    secret = taken(
        "IMG_6200.JPG", View("cat", 1), int(1.1 * MIB), "2023-01-01 10:00:00", OLD_IPHONE, visibility="locked"
    )
    home.single(secret)
    home.single(
        taken(
            "IMG_6300.JPG",
            View("city", 2),
            int(1.3 * MIB),
            "2016-05-16 10:00:00",
            OLD_IPHONE,
            folder=f"{EXTERNAL}/2016/Hamburg",
            offline=True,
        )
    )
    home.trashed(taken("IMG_6400.JPG", View("dog", 0), int(1.2 * MIB), "2023-07-02 17:44:20", GALAXY))
