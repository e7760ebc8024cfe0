"""What a choice keeps, carries, grafts and loses, and exactly what is sent for it."""

from __future__ import annotations

from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any

import pytest

from immich_tui.immich.models import Album, Asset, Face, Person, Tag
from immich_tui.verdict.deal import (
    CONTRADICTION_NOTE,
    GRAFT_KEEPS_NOTE,
    GRAFT_SHIFT_NOTE,
    LIBRARY_NOTE,
    NO_ROUTE_NOTE,
    NO_UPDATE_NOTE,
    NO_ZONE_NOTE,
    PUBLISHED_NOTE,
    SHIFT_NOTE,
)
from immich_tui.verdict.ledger import ledger, summary
from immich_tui.verdict.ledger_people import NO_PLACE_NOTE
from immich_tui.verdict.model import (
    NOT_READ,
    Abilities,
    Channel,
    Choice,
    Context,
    Entry,
    Fate,
    Ledger,
    Surroundings,
)
from tests.strategies import (
    CANON,
    LOOK_OTHER,
    MIB,
    NEW_YORK,
    NOON,
    NOW,
    PARIS,
    bare,
    group,
    photo,
    uuid,
    video,
)

A, B, C = uuid(1), uuid(2), uuid(3)
FRANCE = Tag(id=uuid(710), name="France", value="Trips/France")
BEST = Tag(id=uuid(711), name="best", value="best")


USUAL = Abilities()


def keep_first(
    *members: Asset,
    around: Surroundings = NOT_READ,
    graft: bool = False,
    kept: int = 1,
    able: Abilities = USUAL,
) -> Ledger:
    """The ledger of keeping the first (or the first few) and trashing the rest."""
    ids = [asset.id for asset in members]
    context = Context(now=NOW, graft=graft, abilities=able)
    return ledger(group(*members), Choice(ids[0], tuple(ids[:kept]), tuple(ids[kept:])), context, around)


def entries(book: Ledger, field: str) -> list[Entry]:
    return [entry for entry in book.entries if entry.field == field]


def one(book: Ledger, field: str) -> Entry:
    (entry,) = entries(book, field)
    return entry


@pytest.mark.parametrize(
    ("field", "winner", "loser", "payload"),
    [
        ("location", {"gps": None}, {"gps": PARIS}, {"latitude": PARIS[0], "longitude": PARIS[1]}),
        ("description", {}, {"description": "Beach\r\n at noon "}, {"description": "Beach\r\n at noon "}),
        ("description", {"description": "a\n"}, {"description": " a\nb "}, {"description": "a\nb"}),
        ("rating", {"rating": 2.0}, {"rating": 5.0}, {"rating": 5}),
        ("rating", {"rating": -1.0}, {"rating": 1.0}, {"rating": 1}),
        ("favourite", {}, {"favourite": True}, {"isFavorite": True}),
        ("live_video", {}, {"live": uuid(801)}, {"livePhotoVideoId": uuid(801)}),
    ],
)
def test_what_is_sent_by_updating_the_winner(
    field: str, winner: dict[str, Any], loser: dict[str, Any], payload: dict[str, object]
) -> None:
    entry = one_carried(keep_first(photo(1, **winner), photo(2, **loser)), field)
    assert (entry.channel, entry.source, dict(entry.payload)) == (Channel.UPDATE_ASSET, B, payload)


def one_carried(book: Ledger, field: str) -> Entry:
    (entry,) = [entry for entry in entries(book, field) if entry.fate is Fate.CARRIED]
    return entry


@pytest.mark.parametrize(
    ("wall", "zone", "written", "note"),
    [
        (datetime(2024, 6, 12, 10), 2.0, "2024-06-12T10:00:00+02:00", ""),
        (datetime(2024, 6, 12, 10, 0, 0, 250_000), -8.0, "2024-06-12T10:00:00.250-08:00", ""),
        (datetime(2024, 6, 12, 0, 30), 5.75, "2024-06-12T00:30:00+05:45", ""),
        (datetime(1985, 1, 1), 0.0, "1985-01-01T00:00:00+00:00", ""),
        (datetime(1899, 12, 31, 12), 0.156, "1899-12-31T12:00:00+00:09", ""),
        (datetime(2024, 6, 12, 10), None, "2024-06-12T10:00:00+00:00", NO_ZONE_NOTE),
    ],
)
def test_a_date_is_written_as_local_time_with_its_offset(
    wall: datetime, zone: float | None, written: str, note: str
) -> None:
    name = "Europe/Paris" if zone == 0.156 else None
    entry = one(keep_first(bare(1), photo(2, wall=wall, zone=zone, zone_name=name)), "capture_time")
    assert (dict(entry.payload), entry.note) == ({"dateTimeOriginal": written}, note)
    assert entry.weight == (35 if zone is not None else 15)


def test_a_real_date_is_never_overwritten() -> None:
    book = keep_first(photo(1), photo(2, wall=NOON + timedelta(days=3)))
    assert [(e.fate, e.source) for e in entries(book, "capture_time")] == [(Fate.KEPT, None), (Fate.LOST, B)]


def test_dates_that_contradict_each_other_are_not_guessed_from() -> None:
    book = keep_first(bare(1), photo(2), photo(3, wall=datetime(2011, 1, 1)))
    assert [
        (entry.fate, entry.source, entry.note, entry.weight) for entry in entries(book, "capture_time")
    ] == [(Fate.LOST, B, CONTRADICTION_NOTE, 15), (Fate.LOST, C, CONTRADICTION_NOTE, 0)]


def test_a_zone_alone_is_lost_and_said_so() -> None:
    book = keep_first(photo(1, zone=None), photo(2))
    entry = one(book, "time_zone")
    assert (entry.fate, entry.value, entry.weight) == (Fate.LOST, "UTC+2", 20)


def test_a_place_comes_from_the_richest_loser() -> None:
    book = keep_first(photo(1, gps=None), photo(2, gps=NEW_YORK, lens=None), photo(3, gps=PARIS))
    carried, lost = entries(book, "location")
    assert (carried.fate, carried.source) == (Fate.CARRIED, C)
    assert (lost.fate, lost.source, lost.weight) == (Fate.LOST, B, 0)
    assert lost.note == "The winner receives another place, 5,837 km away."
    assert summary(book) == "carries GPS over and loses another place"


def test_the_place_that_the_winner_receives_is_not_lost_with_another_copy_of_it() -> None:
    near = (PARIS[0] + 0.00005, PARIS[1])
    book = keep_first(photo(1, gps=None), photo(2, gps=PARIS), photo(3, gps=near))
    assert one(book, "location").fate is Fate.CARRIED


@pytest.mark.parametrize("graft", [False, True])
def test_every_camera_that_goes_is_named(graft: bool) -> None:
    able = Abilities(graft=True)
    book = keep_first(photo(1, camera=None), photo(2), photo(3, camera=CANON), graft=graft, able=able)
    first, other = entries(book, "camera")
    assert (first.fate, first.source) == (Fate.GRAFTED if graft else Fate.LOST, B)
    assert (other.fate, other.source, other.weight) == (Fate.LOST, C, 0)
    assert other.note


def test_a_place_that_would_move_the_clock_is_lost_and_grafting_named() -> None:
    entry = one(keep_first(photo(1, gps=None), photo(2, gps=NEW_YORK)), "location")
    assert (entry.fate, entry.weight, entry.note) == (Fate.LOST, 40, SHIFT_NOTE)
    could = Context(now=NOW, abilities=Abilities(graft=True))
    members = photo(1, gps=None), photo(2, gps=NEW_YORK)
    ids = [asset.id for asset in members]
    told = one(ledger(group(*members), Choice(ids[0], (ids[0],), (ids[1],)), could), "location")
    assert told.note == f"{SHIFT_NOTE} {GRAFT_KEEPS_NOTE}"


def test_a_place_in_the_zone_of_the_clock_is_carried() -> None:
    assert one(keep_first(photo(1, gps=None), photo(2, gps=PARIS)), "location").fate is Fate.CARRIED
    # Without a zone there is nothing to move from.
    unzoned = keep_first(photo(1, gps=None, zone=None), photo(2, gps=NEW_YORK))
    assert one(unzoned, "location").fate is Fate.CARRIED
    # The date that is carried with it counts as the winner's.
    dated = keep_first(bare(1), photo(2, gps=NEW_YORK))
    assert one(dated, "location").fate is Fate.LOST
    assert one(dated, "capture_time").fate is Fate.CARRIED


def test_another_place_is_lost_when_the_winner_has_its_own() -> None:
    kept, lost = entries(keep_first(photo(1), photo(2, gps=NEW_YORK)), "location")
    assert (kept.fate, lost.fate, lost.weight) == (Fate.KEPT, Fate.LOST, 0)


def test_camera_lens_and_exposure_are_lost_unless_grafted() -> None:
    members = photo(1, camera=None, lens=None, exposure=(1.8, None, None, None)), photo(2)
    book = keep_first(*members)
    lost = {e.field: (e.value, e.weight, e.note) for e in book.with_fate(Fate.LOST)}
    assert lost == {
        "camera": ("Apple iPhone 15 Pro", 15, NO_ROUTE_NOTE),
        "lens": ("iPhone 15 Pro back triple camera 6.765mm f/1.78", 10, NO_ROUTE_NOTE),
        "exposure": ("6.765 mm, ISO 64, 1/120 s", 3.75, NO_ROUTE_NOTE),
    }
    assert book.lost_weight == 28.75
    assert not keep_first(*members, graft=True).with_fate(Fate.GRAFTED)  # switched on, but the key cannot
    grafted = {e.field: dict(e.payload) for e in _grafting(*members).with_fate(Fate.GRAFTED)}
    assert grafted == {
        "camera": {"make": "Apple", "model": "iPhone 15 Pro"},
        "lens": {"lensModel": "iPhone 15 Pro back triple camera 6.765mm f/1.78"},
        "exposure": {"focalLength": 6.765, "iso": 64.0, "exposureTime": "1/120"},
    }


def _grafting(*members: Asset) -> Ledger:
    ids = [asset.id for asset in members]
    context = Context(now=NOW, graft=True, abilities=Abilities(graft=True))
    return ledger(group(*members), Choice(ids[0], (ids[0],), tuple(ids[1:])), context)


def test_a_grafted_place_brings_the_winners_own_clock_along() -> None:
    entry = one(_grafting(photo(1, gps=None), photo(2, gps=NEW_YORK)), "location")
    assert (entry.fate, entry.channel, entry.note) == (Fate.GRAFTED, Channel.GRAFT, GRAFT_SHIFT_NOTE)
    assert entry.payload == {
        "latitude": NEW_YORK[0],
        "longitude": NEW_YORK[1],
        "dateTimeOriginal": "2024-06-12T12:00:00+02:00",
        "timeZone": "UTC+2",
    }


def test_a_grafted_date_is_said_once() -> None:
    book = _grafting(bare(1), photo(2))
    assert one(book, "location").payload == {"latitude": PARIS[0], "longitude": PARIS[1]}
    assert one(book, "capture_time").payload == {
        "dateTimeOriginal": "2024-06-12T12:00:00+02:00",
        "timeZone": "UTC+2",
    }


def test_a_graft_leaves_out_an_offset_that_nobody_knows() -> None:
    naive = {"dateTimeOriginal": "2024-06-12T12:00:00"}
    assert one(_grafting(bare(1), photo(2, zone=None)), "capture_time").payload == naive
    place = one(_grafting(photo(1, gps=None, zone=None), photo(2, gps=NEW_YORK, zone=None)), "location")
    assert place.payload == {"latitude": NEW_YORK[0], "longitude": NEW_YORK[1], **naive}
    # A call must name one, and the server will show it.
    carried = one(keep_first(bare(1), photo(2, zone=None)), "capture_time")
    assert carried.payload == {"dateTimeOriginal": "2024-06-12T12:00:00+00:00"}
    assert carried.note == NO_ZONE_NOTE


def test_exactly_what_no_call_can_write_and_what_a_call_would_shift_is_grafted() -> None:
    rich = photo(2, description="x", rating=4.0, favourite=True, live=uuid(801), tags=(FRANCE,))
    book = _grafting(bare(1), rich)
    grafted = ["location", "capture_time", "camera", "lens", "exposure"]
    assert [e.field for e in book.with_fate(Fate.GRAFTED)] == grafted
    assert [e.field for e in book.with_fate(Fate.CARRIED)] == [
        "description",
        "rating",
        "favourite",
        "tag",
        "live_video",
    ]
    assert not book.with_fate(Fate.LOST)
    written = {key for e in book.with_fate(Fate.GRAFTED) for key in e.payload}
    assert written == {
        *("make", "model", "lensModel", "fNumber", "focalLength", "iso", "exposureTime"),
        *("dateTimeOriginal", "timeZone", "latitude", "longitude"),
    }


@pytest.mark.parametrize("winner", [{"library": uuid(901)}, {"edited": True}])
def test_nothing_is_grafted_onto_an_external_or_edited_winner(winner: dict[str, Any]) -> None:
    assert not _grafting(photo(1, camera=None, **winner), photo(2)).with_fate(Fate.GRAFTED)


def test_only_what_lives_in_the_database_is_carried_to_an_external_winner() -> None:
    loser = photo(2, description="x", rating=4.0, favourite=True, live=uuid(801), tags=(FRANCE,))
    around = Surroundings(albums={A: (), B: (Album(id=uuid(720), album_name="Sea"),)})
    book = keep_first(bare(1, library=uuid(901)), loser, around=around)
    assert {e.field for e in book.with_fate(Fate.CARRIED)} == {"favourite", "live_video", "album"}
    refused = {e.field for e in book.entries if e.note == LIBRARY_NOTE}
    assert {"location", "capture_time", "description", "rating", "tag"} <= refused


def test_what_the_key_cannot_do_is_lost_with_its_weight() -> None:
    loser = photo(2, description="x", rating=4.0, favourite=True, live=uuid(801), tags=(FRANCE,))
    around = Surroundings(
        albums={A: (), B: (Album(id=uuid(720), album_name="Sea", album_thumbnail_asset_id=B),)},
        people={A: (), B: (Person(id=uuid(730), name="Ada"),)},
        shared_links={A: (), B: (uuid(740),)},
    )
    nothing = Abilities(update_asset=False, albums=False, album_cover=False, tags=False, live_video=False)
    assert not any(astuple(nothing))
    book = keep_first(bare(1), loser, around=around, able=nothing)
    assert not book.with_fate(Fate.CARRIED)
    weights = {e.field: e.weight for e in book.with_fate(Fate.LOST)}
    assert weights == {
        "location": 40,
        "capture_time": 15,
        "time_zone": 20,
        "camera": 15,
        "lens": 10,
        "exposure": 5,
        "description": 10,
        "rating": 5,
        "favourite": 0,
        "tag": 0,
        "album": 0,
        "album_cover": 0,
        "live_video": 30,
        "person": 5,
        "shared_link": 0,
    }
    assert one(book, "description").note == NO_UPDATE_NOTE


def test_albums_are_united_and_covers_moved() -> None:
    sea = Album(id=uuid(720), album_name="Sea", album_thumbnail_asset_id=B)
    sky = Album(id=uuid(721), album_name="Sky", album_thumbnail_asset_id=C)
    book = keep_first(
        photo(1), photo(2), photo(3), around=Surroundings(albums={A: (sky,), B: (sea,), C: (sea, sky)})
    )
    carried = [(e.field, e.channel, e.source, dict(e.payload)) for e in book.with_fate(Fate.CARRIED)]
    assert carried == [
        ("album", Channel.ALBUM_ASSETS, B, {"albumId": sea.id, "assetIds": [A]}),
        ("album_cover", Channel.ALBUM_COVER, C, {"albumId": sky.id, "albumThumbnailAssetId": A}),
        ("album_cover", Channel.ALBUM_COVER, B, {"albumId": sea.id, "albumThumbnailAssetId": A}),
    ]


@pytest.mark.parametrize("album", [{"shared": True}, {"has_shared_link": True}])
def test_carrying_a_place_into_a_shared_album_is_said(album: dict[str, bool]) -> None:
    sea = Album(id=uuid(720), album_name="Sea").model_copy(update=album)
    around = Surroundings(albums={A: (), B: (sea,)})
    assert one(keep_first(photo(1, gps=None), photo(2), around=around), "album").note == PUBLISHED_NOTE
    assert one(keep_first(photo(1), photo(2), around=around), "album").note == ""


def test_tags_are_united_one_call_for_each_source() -> None:
    members = photo(1, tags=(BEST,)), photo(2, tags=(BEST, FRANCE))
    entry = one_carried(keep_first(*members), "tag")
    assert (entry.value, entry.source) == ("Trips/France", B)
    assert entry.payload == {"tagIds": [FRANCE.id], "assetIds": [A]}


def test_tags_may_be_told_by_the_surroundings() -> None:
    members = photo(1, tags=None), photo(2, tags=None)
    assert one(keep_first(*members), "tag").fate is Fate.UNREAD
    around = Surroundings(tags={A: (), B: (FRANCE,)})
    assert one(keep_first(*members, around=around), "tag").fate is Fate.CARRIED


def test_what_was_not_read_is_said_to_be_unread() -> None:
    book = keep_first(photo(1), photo(2))
    assert {e.field for e in book.with_fate(Fate.UNREAD)} == {"album", "person", "shared_link"}
    nothing = Surroundings(albums={A: (), B: ()}, people={A: (), B: ()}, shared_links={B: ()})
    assert not keep_first(photo(1), photo(2), around=nothing).with_fate(Fate.UNREAD)
    half = Surroundings(albums={A: ()}, people={A: (), B: ()}, shared_links={B: ()})
    assert {e.field for e in keep_first(photo(1), photo(2), around=half).with_fate(Fate.UNREAD)} == {"album"}


def test_shared_links_are_copied_with_every_other_switch_off() -> None:
    around = Surroundings(shared_links={B: (uuid(740), uuid(741))})
    entry = one_carried(
        keep_first(photo(1), photo(2), around=around, able=Abilities(shared_links=True)), "shared_link"
    )
    assert entry.value == "2 links"
    assert {k for k, v in entry.payload.items() if v is True} == {"sharedLinks"}
    assert {k for k, v in entry.payload.items() if v is False} == {"albums", "favorite", "sidecar", "stack"}
    assert (entry.payload["sourceId"], entry.payload["targetId"]) == (B, A)


def test_named_people_are_carried_where_the_framing_matches() -> None:
    ada, nobody = Person(id=uuid(730), name="Ada"), Person(id=uuid(731), name=" ")
    around = Surroundings(people={A: (), B: (ada, nobody)})

    def fate(loser: Asset, **winner: Any) -> Fate:
        return one(
            keep_first(photo(1, **winner), loser, around=around, able=Abilities(faces=True)), "person"
        ).fate

    assert fate(photo(2, pixels=(2016, 1512))) is Fate.CARRIED
    assert fate(photo(2, pixels=(4032, 2268))) is Fate.LOST
    assert fate(photo(2, thumbhash=LOOK_OTHER)) is Fate.LOST
    assert fate(photo(2, thumbhash=None)) is Fate.LOST
    assert fate(photo(2, edited=True)) is Fate.LOST
    assert fate(photo(2), edited=True) is Fate.LOST


def _face(person: Person | None, left: int, side: int = 80, *, wide: int = 800) -> Face:
    return Face(
        id=uuid(left),
        image_width=wide,
        image_height=wide * 3 // 4,
        x1=left,
        y1=wide // 16,
        x2=left + side,
        y2=wide // 16 + side,
        person=person,
    )


def test_a_face_goes_with_its_place_the_largest_of_several() -> None:
    ada = Person(id=uuid(730), name="Ada")
    faces = (_face(ada, 100, 40), _face(ada, 300, 80), _face(ada, 740, 100), _face(None, 500))
    around = Surroundings(faces={A: (), B: faces})
    entry = one_carried(keep_first(photo(1), photo(2), around=around, able=Abilities(faces=True)), "person")
    assert entry.channel is Channel.FACES
    # What lies beyond the picture is cut off, so the one at its edge is not the largest.
    assert entry.payload == {
        "assetId": A,
        "personId": ada.id,
        "name": "Ada",
        "box": [800, 600, 300, 50, 80, 80],
    }


def test_a_face_is_measured_like_the_faces_that_are_there() -> None:
    ada, ben = Person(id=uuid(730), name="Ada"), Person(id=uuid(731), name="Ben")
    around = Surroundings(faces={A: (_face(ada, 1200, wide=1600),), B: (_face(ben, 300),)})
    entry = one_carried(keep_first(photo(1), photo(2), around=around, able=Abilities(faces=True)), "person")
    assert entry.payload["box"] == [1600, 1200, 600, 100, 160, 160]


def test_what_is_known_of_faces_goes_before_what_is_known_of_people() -> None:
    ada = Person(id=uuid(730), name="Ada")
    around = Surroundings(people={A: (), B: (ada,)}, faces={B: ()})
    assert not entries(keep_first(photo(1), photo(2), around=around, able=Abilities(faces=True)), "person")


def test_nobody_is_put_where_the_winner_has_somebody_else() -> None:
    ada, ben, nobody = (Person(id=uuid(730 + n), name=name) for n, name in enumerate(("Ada", "Ben", "")))

    def fates(*ours: Face) -> list[tuple[Fate, str]]:
        around = Surroundings(faces={A: ours, B: (_face(ben, 205),)})
        book = keep_first(photo(1), photo(2), around=around, able=Abilities(faces=True))
        return [(e.fate, e.note) for e in entries(book, "person") if e.value == "Ben"]

    assert fates(_face(ada, 400, 160, wide=1600)) == [(Fate.LOST, "The winner has Ada at that place.")]
    assert fates(_face(nobody, 200)) == [(Fate.CARRIED, "")]
    assert fates(_face(None, 200)) == [(Fate.CARRIED, "")]
    assert fates(_face(ada, 600)) == [(Fate.CARRIED, "")]
    assert fates(_face(ben, 600)) == [(Fate.KEPT, "")]


def test_a_face_outside_its_picture_is_lost_and_said_so() -> None:
    around = Surroundings(faces={A: (), B: (_face(Person(id=uuid(730), name="Ada"), 900),)})
    entry = one(keep_first(photo(1), photo(2), around=around, able=Abilities(faces=True)), "person")
    assert (entry.fate, entry.note) == (Fate.LOST, NO_PLACE_NOTE)


def test_the_copy_that_is_framed_like_the_winner_gives_the_face() -> None:
    ada = Person(id=uuid(730), name="Ada")
    around = Surroundings(people={A: (), B: (ada,), C: (ada,)})
    cropped, small = photo(2, pixels=(4032, 2268)), photo(3, pixels=(2016, 1512), gps=None)
    entry = one_carried(
        keep_first(photo(1), cropped, small, around=around, able=Abilities(faces=True)), "person"
    )
    assert entry.source == C


def test_links_that_show_the_winner_already_need_no_call() -> None:
    links = {A: (uuid(740),), B: (uuid(740),), C: (uuid(740), uuid(741))}
    members = photo(1), photo(2), photo(3)
    book = keep_first(*members, around=Surroundings(shared_links=links), able=Abilities(shared_links=True))
    entry = one_carried(book, "shared_link")
    assert (entry.source, entry.value, entry.payload["linkIds"]) == (C, "1 link", [uuid(741)])


def test_a_live_video_goes_only_to_a_still_without_one() -> None:
    assert one(keep_first(video(1), photo(2, live=uuid(801))), "live_video").fate is Fate.LOST
    both = keep_first(photo(1, live=uuid(801)), photo(2, live=uuid(802)))
    assert [e.fate for e in entries(both, "live_video")] == [Fate.KEPT, Fate.LOST]
    same = keep_first(photo(1, live=uuid(801)), photo(2, live=uuid(801)))
    assert [e.fate for e in entries(same, "live_video")] == [Fate.KEPT]
    two = keep_first(photo(1), photo(2, live=uuid(801)), photo(3, live=uuid(802)))
    assert [(e.fate, e.source) for e in entries(two, "live_video")] == [(Fate.CARRIED, B), (Fate.LOST, C)]


def test_pixels_and_fine_detail_weigh_by_percent() -> None:
    fewer = keep_first(photo(1, pixels=(2016, 1512)), photo(2))
    assert entries(fewer, "resolution")[1].weight == 75
    coarser = keep_first(photo(1, size=MIB), photo(2, size=4 * MIB))
    assert one(coarser, "detail").weight == 75


def test_edits_cannot_be_carried() -> None:
    assert one(keep_first(photo(1), photo(2, edited=True)), "edits").weight == 30


def test_with_several_keepers_the_winner_alone_receives_from_what_goes() -> None:
    book = keep_first(photo(1, gps=None), photo(2, description="kept"), photo(3, gps=PARIS), kept=2)
    assert {e.field for e in book.with_fate(Fate.CARRIED)} == {"location"}
    assert one(book, "location").source == C


def test_keeping_everything_touches_nothing() -> None:
    ids = (A, B)
    for stack in (False, True):
        book = ledger(group(photo(1, gps=None), photo(2)), Choice(A, ids, (), stack), Context(now=NOW))
        assert {e.fate for e in book.entries} == {Fate.KEPT}
        assert book.lost_weight == 0
        assert summary(book) == "loses nothing"


def test_a_ledger_for_an_asset_outside_the_group_is_an_error() -> None:
    with pytest.raises(KeyError):
        ledger(group(photo(1), photo(2)), Choice(C, (C,), (A, B)), Context())


def test_a_summary_names_what_moves_and_what_goes() -> None:
    assert summary(keep_first(bare(1), photo(2))) == (
        "carries GPS and the capture time over and loses the camera, the lens and exposure values"
    )
