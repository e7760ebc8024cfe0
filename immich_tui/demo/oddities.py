"""The groups that need a person: conflicts, losses, bursts, odd formats, hostile names."""

from __future__ import annotations

import dataclasses

from immich_tui.demo import cameras
from immich_tui.demo.cameras import CANON, FUJI, GALAXY, IPHONE, NIKON, OLD_IPHONE, PIXEL, SCANNER, Camera
from immich_tui.demo.photos import KIB, MIB, Copy, Furnisher
from immich_tui.demo.pictures import View

_EXTERNAL = "/mnt/photos/archive"


def _copy(name: str, view: View, size: int, day: str, camera: Camera | None = IPHONE, **more: object) -> Copy:
    """A photo of the household: with a zone unless the camera is missing."""
    copy = Copy(name, view, size, camera=camera, taken=day, offset="+02:00" if camera else None)
    return dataclasses.replace(copy, **more)  # type: ignore[arg-type]  # names are checked by replace


def _but(copy: Copy, name: str, **changes: object) -> Copy:
    """Another file of the same photo."""
    plain: dict[str, object] = {"albums": (), "tags": (), "faces": (), "favorite": False, "rating": None}
    return dataclasses.replace(copy, name=name, **(plain | changes))  # type: ignore[arg-type]  # as above


def furnish(home: Furnisher) -> None:
    """All of them, and some assets that are in no group."""
    _formats(home)
    _moving(home)
    _looks(home)
    _conflicts(home)
    _losses(home)
    _libraries(home)
    _unknowns(home)
    _names(home)
    _crowd(home)
    _outside(home)


def _formats(home: Furnisher) -> None:
    raw = _copy("_MG_8841.CR3", View("mountain", 1, ratio=1.5), int(3.8 * MIB), "2023-09-17 07:58:11", CANON,
                pixels=(1620, 1080), place=cameras.ALPS)  # fmt: skip
    home.group(raw, _but(raw, "_MG_8841.JPG", size=int(2.2 * MIB), rating=4, albums=("Calendar 2025",)))
    pixel = _copy("PXL_20240303_101533.RAW-02.ORIGINAL.dng", View("flowers", 1), int(3.6 * MIB),
                  "2024-03-03 11:15:33", PIXEL, offset="+01:00", place=cameras.MUNICH)  # fmt: skip
    home.group(pixel, _but(pixel, "PXL_20240303_101533.RAW-01.COVER.jpg", size=int(1.9 * MIB)))
    heic = _copy(
        "IMG_6001.HEIC",
        View("cat", 2),
        380 * KIB,
        "2024-12-26 10:10:10",
        offset="+01:00",
        place=cameras.MUNICH,
    )
    home.group(heic, _but(heic, "IMG_6001.JPG", size=int(2.4 * MIB), place=None))


def _moving(home: Furnisher) -> None:
    live = _copy("IMG_4808.HEIC", View("beach", 2), int(1.0 * MIB), "2024-07-29 15:20:41", pixels=(1200, 900),
                 place=cameras.PALMA, live_milliseconds=2600, albums=("Mallorca 2024",))  # fmt: skip
    still = dataclasses.replace(_but(live, "IMG_4808-still.jpg"), live_milliseconds=None)
    home.group(live, dataclasses.replace(still, pixels=(1600, 1200), size=int(2.2 * MIB), place=None))
    clip = _copy("VID_20230813_192044.mp4", View("dog", 1, ratio=16 / 9), int(2.9 * MIB), "2023-08-13 19:20:44",
                 None, pixels=(1280, 720), milliseconds=12_480, offset="+02:00", place=cameras.HAMBURG)  # fmt: skip
    home.group(clip, _but(clip, "VID-20230813-WA0002.mp4", pixels=(640, 360), size=700 * KIB, offset="+00:00",
                          taken="2023-08-13 17:20:44", place=None))  # fmt: skip
    title = _copy("MVI_0021.MP4", View("night sky", 1, ratio=16 / 9), int(1.6 * MIB), "2022-08-12 23:10:05", None,
                  pixels=(960, 540), milliseconds=10_000, offset="+02:00")  # fmt: skip
    home.group(title, _but(title, "MVI_0022.MP4", milliseconds=25_000, size=int(2.8 * MIB)))
    for scene, camera, day in (
        ("dog", PIXEL, "2024-06-15 10:22:0"),
        ("meadow", GALAXY, "2023-05-28 16:01:1"),
    ):
        view = View(scene, 2)
        home.group(
            *(
                _copy(
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
    wide = _copy("IMG_5533.HEIC", View("city night", 1), int(1.5 * MIB), "2024-12-01 18:05:22", offset="+01:00",
                 place=cameras.BERLIN)  # fmt: skip
    home.group(wide, _but(wide, "IMG_5533 (16-9).jpg", view=View("city night", 1, ratio=16 / 9), pixels=(1600, 900),
                          size=int(1.9 * MIB)))  # fmt: skip
    story = _copy(
        "DSCF5120.JPG", View("tower", 1), int(2.6 * MIB), "2023-06-20 12:40:19", FUJI, place=cameras.PARIS
    )
    home.group(story, _but(story, "DSCF5120_story.jpg", view=View("tower", 1, ratio=16 / 9, bars=True),
                           pixels=(1600, 900), size=int(1.4 * MIB), camera=None, place=None))  # fmt: skip
    colour = _copy("DSC04410.JPG", View("portrait", 0, ratio=1.5), int(2.7 * MIB), "2021-10-03 17:11:08", NIKON,
                   pixels=(1620, 1080))  # fmt: skip
    home.group(colour, _but(colour, "DSC04410-sw.JPG", view=View("portrait", 0, ratio=1.5, mono=True)))
    whole = _copy("IMG_2155.JPG", View("waterfall", 0), int(2.5 * MIB), "2019-06-28 11:30:00", OLD_IPHONE,
                  place=cameras.BERGEN)  # fmt: skip
    home.group(whole, _but(whole, "IMG_2155-Ausschnitt.JPG", view=View("waterfall", 0, cut=0.18)))
    turned = _copy("IMG_3377.JPG", View("forest", 0), int(2.1 * MIB), "2020-09-06 13:14:15", OLD_IPHONE)
    home.group(
        turned,
        _but(turned, "IMG_3377_gedreht.JPG", view=View("forest", 0, quarter_turns=1), pixels=(1200, 1600)),
    )
    edited = _copy("IMG_4410.HEIC", View("snow", 1), int(1.3 * MIB), "2024-02-17 11:22:33", offset="+01:00",
                   place=cameras.ZERMATT, edited=True)  # fmt: skip
    home.group(edited, _but(edited, "IMG_4410-1.HEIC", edited=False, size=int(1.4 * MIB)))


def _conflicts(home: Furnisher) -> None:
    london = _copy("20160812_110203.jpg", View("bridge", 1), int(2.0 * MIB), "2016-08-12 11:02:03", GALAXY,
                   place=cameras.LONDON)  # fmt: skip
    home.group(london, _but(london, "20160812_110203_geo.jpg", place=cameras.PARIS))
    near = _copy(
        "IMG_0771.JPG",
        View("city", 1),
        int(2.3 * MIB),
        "2018-05-03 15:47:21",
        OLD_IPHONE,
        place=cameras.FLORENCE,
    )
    home.group(near, _but(near, "IMG_0771 (1).JPG", place=(43.7752, 11.2574), size=int(2.2 * MIB)))
    night = _copy("IMG_1010.JPG", View("city night", 2), int(1.9 * MIB), "2017-10-29 02:30:00", OLD_IPHONE)
    home.group(night, _but(night, "IMG_1010-1.JPG", offset="+01:00"))
    evening = _copy(
        "P1020334.JPG", View("pier", 1), int(2.4 * MIB), "2013-07-07 08:00:00", cameras.IXUS, offset="+02:00"
    )
    home.group(evening, _but(evening, "P1020334_falsche Uhr.JPG", taken="2013-07-07 20:00:00"))
    scan = _copy("Oma 1985.jpg", View("old photo", 0), int(2.6 * MIB), "1985-08-03 12:00:00", None, offset="+02:00",
                 description="Oma, Tante Inge und Papa am Wannsee")  # fmt: skip
    home.group(scan, _but(scan, "Scan_0042.jpg", taken="2019-01-12 16:20:45", camera=SCANNER, offset="+01:00",
                          description=""))  # fmt: skip
    bodies = _copy("IMG_7781.JPG", View("balloons", 1, ratio=1.5), int(3.0 * MIB), "2022-05-20 06:02:10", CANON,
                   pixels=(1620, 1080))  # fmt: skip
    home.group(bodies, _but(bodies, "DSC_7781.JPG", camera=NIKON, size=int(2.9 * MIB)))
    all_three = _copy("IMG_0007.JPG", View("beach", 3), int(2.2 * MIB), "2015-08-01 10:00:00", OLD_IPHONE,
                      place=cameras.NICE)  # fmt: skip
    home.group(all_three, _but(all_three, "IMG_0008.JPG", camera=GALAXY, place=cameras.BARCELONA, offset="+01:00",
                               taken="2015-08-03 18:30:00"))  # fmt: skip
    hidden = _copy("IMG_5601.HEIC", View("food", 1), int(1.2 * MIB), "2024-10-11 19:19:19", place=cameras.BERLIN,
                   visibility="archive")  # fmt: skip
    home.group(hidden, _but(hidden, "IMG_5601.jpg", visibility="timeline", size=int(1.6 * MIB), place=None))


def _losses(home: Furnisher) -> None:
    bare = Copy("photo-original.jpg", View("desert", 1), int(2.9 * MIB), modified="2020-02-02 12:00:00")
    home.group(bare, _copy("20191104_080911.jpg", View("desert", 1), 600 * KIB, "2019-11-04 08:09:11", GALAXY,
                           pixels=(1200, 900), offset="+01:00", place=(31.62, -7.98), description="Camels!"))  # fmt: skip
    placed = _copy("DSC_0451.JPG", View("night sky", 2, ratio=1.5), int(2.8 * MIB), "2020-08-13 01:12:00",
                   pixels=(1620, 1080), place=cameras.ZERMATT,
                   camera=dataclasses.replace(NIKON, lens="", aperture=0.0, focal_length=0.0, exposure="", iso=0))  # fmt: skip
    home.group(placed, _but(placed, "DSC_0451_full.JPG", camera=NIKON, place=None, size=int(2.9 * MIB)))
    heavy = _copy("DSC_9120.JPG", View("mountain", 2, ratio=1.5), int(4.4 * MIB), "2021-09-12 18:45:06", NIKON,
                  pixels=(1620, 1080))  # fmt: skip
    home.group(heavy, _but(heavy, "DSC_9120-google.jpg", size=700 * KIB, quality=60, place=cameras.ZERMATT))
    from_c = Copy("family-big.jpg", View("family", 1), int(3.1 * MIB), modified="2021-05-05 05:05:05")
    home.group(
        from_c,
        _copy(
            "family-gps.jpg",
            View("family", 1),
            900 * KIB,
            "2021-04-04 14:00:00",
            None,
            taken=None,
            place=cameras.SYLT,
        ),
        _copy("family-date.jpg", View("family", 1), 880 * KIB, "2021-04-04 14:00:00", None, offset="+02:00"),
    )


def _libraries(home: Furnisher) -> None:
    mounted = _copy("IMG_9001.JPG", View("harbour", 2), int(2.4 * MIB), "2016-05-15 12:12:12", OLD_IPHONE,
                    folder=f"{_EXTERNAL}/2016/Hamburg", place=cameras.HAMBURG)  # fmt: skip
    home.group(
        mounted,
        _but(mounted, "Hafen.JPG", folder=None, description="Hafengeburtstag", tags=("Trips/Hamburg",)),
    )
    bare = _copy("P1010044.JPG", View("sunset", 3), int(2.1 * MIB), "2011-08-20 20:01:02", cameras.IXUS,
                 folder=f"{_EXTERNAL}/2011/Sylt")  # fmt: skip
    home.group(bare, _but(bare, "P1010044_klein.JPG", folder=None, pixels=(1200, 900), size=400 * KIB,
                          place=cameras.SYLT, rating=5))  # fmt: skip
    listed = _copy("IMG_9100.JPG", View("pier", 2), int(1.9 * MIB), "2016-06-01 05:30:00", OLD_IPHONE,
                   folder=f"{_EXTERNAL}/2016/See")  # fmt: skip
    home.group(listed, _but(listed, "IMG_9100.JPG"))
    home.group(_but(listed, "IMG_9101.JPG", view=View("pier", 3), folder=f"{_EXTERNAL}/2016/See"),
               _but(listed, "IMG_9101.JPG", view=View("pier", 3), folder=None))  # fmt: skip


def _unknowns(home: Furnisher) -> None:
    gulf = _copy("IMG_0100.JPG", View("beach", 4), int(2.0 * MIB), "2017-02-20 09:00:00", OLD_IPHONE)
    home.group(_but(gulf, "IMG_0100-0.JPG", stored={"latitude": 0.0, "longitude": 0.0}), gulf)
    equator = _copy(
        "IMG_0311.JPG", View("forest", 2), int(2.2 * MIB), "2018-01-15 10:20:30", OLD_IPHONE, offset="+03:00"
    )
    home.group(_but(equator, "IMG_0311_equator.JPG", stored={"latitude": 0.0, "longitude": 37.073}), equator)
    tomorrow = _copy(
        "IMG_2030.JPG", View("fireworks", 1), int(1.7 * MIB), "2024-12-31 23:59:50", IPHONE, offset="+01:00"
    )
    home.group(tomorrow, _but(tomorrow, "IMG_2030-clock.JPG", taken="2031-01-01 00:00:10"))
    saved = Copy("download.jpg", View("flowers", 2), 900 * KIB, modified="2022-02-02 22:22:22")
    home.group(
        saved,
        dataclasses.replace(saved, name="download (1).jpg", size=870 * KIB, modified="2023-03-03 03:03:03"),
    )
    empty = Copy("clip0001.jpg", View("cat", 0), 800 * KIB, exif=False)
    home.group(empty, dataclasses.replace(empty, name="clip0001-1.jpg", size=790 * KIB))
    broken = _copy("IMG_1999.HEIC", View("family", 2), int(1.6 * MIB), "2024-01-20 15:00:00", offset="+01:00",
                   place=cameras.MUNICH, readable=False)  # fmt: skip
    home.group(broken, _but(broken, "IMG_1999.jpg", readable=True, size=int(1.1 * MIB), place=None))
    measured = _copy("IMG_4040.JPG", View("dog", 3), int(1.5 * MIB), "2022-04-04 04:04:04", GALAXY)
    home.group(measured, _but(measured, "IMG_4040-nodim.JPG", dimensions=False, size=int(1.4 * MIB)))
    weighed = _copy(
        "IMG_4141.JPG", View("snow", 2), int(1.5 * MIB), "2022-01-14 14:14:14", GALAXY, offset="+01:00"
    )
    home.group(
        _but(weighed, "IMG_4141-empty.JPG", stored={"fileSizeInByte": None}, place=cameras.ALPS), weighed
    )


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
        photo = _copy(names[0], View(scene, 4), int(1.4 * MIB), f"2022-06-{number + 1:02} 12:00:00", GALAXY,
                      place=cameras.BERLIN)  # fmt: skip
        home.group(photo, _but(photo, names[1], size=int(1.2 * MIB), place=None))


def _crowd(home: Furnisher) -> None:
    first = _copy(
        "IMG_8000.JPG",
        View("meadow", 1),
        int(2.7 * MIB),
        "2021-07-10 15:00:00",
        OLD_IPHONE,
        place=cameras.MUNICH,
    )
    small = (
        _but(first, f"IMG_80{number:02}.JPG", pixels=(800, 600), size=300 * KIB + number, place=None)
        for number in range(1, 12)
    )
    home.group(first, *small)


def _outside(home: Furnisher) -> None:
    """Assets that the listing must not show: alone, stacked, locked, in the trash, offline."""
    home.single(_copy("IMG_4650.HEIC", View("beach", 1), int(1.2 * MIB), "2024-07-26 11:08:10", place=cameras.PALMA,
                      albums=("Mallorca 2024",)))  # fmt: skip
    top = _copy("IMG_6100.JPG", View("tower", 2), int(1.5 * MIB), "2023-06-21 10:00:00", OLD_IPHONE)
    home.stack(home.group(top, _but(top, "IMG_6101.JPG", size=int(1.4 * MIB))))
    secret = _copy(
        "IMG_6200.JPG", View("cat", 1), int(1.1 * MIB), "2023-01-01 10:00:00", OLD_IPHONE, visibility="locked"
    )
    home.single(secret)
    home.single(_copy("IMG_6300.JPG", View("city", 2), int(1.3 * MIB), "2016-05-16 10:00:00", OLD_IPHONE,
                      folder=f"{_EXTERNAL}/2016/Hamburg", offline=True))  # fmt: skip
    home.trashed(_copy("IMG_6400.JPG", View("dog", 0), int(1.2 * MIB), "2023-07-02 17:44:20", GALAXY))
