"""What extraction does to edits, as recorded from real servers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from immich_tui.demo.jobs import zone_info, zone_name

from .conftest import Caller, JsonObject, Serve, Served

NEW_YORK = {"latitude": 40.6892, "longitude": -74.0445}


def first_asset(caller: Caller, *, camera: bool = True) -> JsonObject:
    for group in caller.groups():
        asset: JsonObject
        for asset in group["assets"]:
            if bool(asset["exifInfo"]["make"]) == camera and asset["exifInfo"]["latitude"] is None:
                return asset
    raise AssertionError("no such asset")


def test_an_edit_shows_at_once_and_its_place_after_the_jobs(serve: Serve) -> None:
    server, caller = serve(jobs_delay=0.2)
    asset = first_asset(caller)
    answer = caller.put(f"/assets/{asset['id']}", json=NEW_YORK).json()
    assert answer["exifInfo"]["latitude"] == 40.6892
    assert answer["exifInfo"]["city"] is None
    assert server.jobs.wait_quiet()
    assert caller.asset(asset["id"])["exifInfo"]["city"] == "New York City"


def test_coordinates_move_the_zone_and_the_local_time_but_not_the_instant(serve: Serve) -> None:
    server, caller = serve()
    asset = first_asset(caller)
    before = asset["exifInfo"]
    assert before["timeZone"] == "UTC+2"
    caller.put(f"/assets/{asset['id']}", json=NEW_YORK)
    server.jobs.wait_quiet()
    after = caller.asset(asset["id"])
    assert after["exifInfo"]["timeZone"] == "America/New_York"
    assert after["exifInfo"]["dateTimeOriginal"] == before["dateTimeOriginal"]
    assert after["localDateTime"] != asset["localDateTime"]
    # Sending the date with its offset along does not help: the coordinates win.
    caller.put(f"/assets/{asset['id']}", json={"dateTimeOriginal": "2023-06-15T14:23:07.000+02:00"})
    server.jobs.wait_quiet()
    again = caller.asset(asset["id"])
    assert again["exifInfo"]["timeZone"] == "America/New_York"
    assert again["localDateTime"] == "2023-06-15T08:23:07.000Z"
    assert again["fileCreatedAt"] == "2023-06-15T12:23:07.000Z"


def test_a_date_with_an_offset_sets_the_zone_where_there_are_no_coordinates(serve: Serve) -> None:
    server, caller = serve()
    asset = first_asset(caller)
    answer = caller.put(
        f"/assets/{asset['id']}", json={"dateTimeOriginal": "2020-02-03T04:05:06.789+09:00"}
    ).json()
    assert answer["exifInfo"]["timeZone"] == "UTC+9"
    assert answer["exifInfo"]["dateTimeOriginal"] == "2020-02-02T19:05:06.789+00:00"
    assert answer["localDateTime"][:19] == asset["localDateTime"][:19]
    server.jobs.wait_quiet()
    assert caller.asset(asset["id"])["localDateTime"] == "2020-02-03T04:05:06.789Z"


def test_coordinates_lose_what_lies_behind_the_sixth_decimal(serve: Serve) -> None:
    server, caller = serve()
    asset = first_asset(caller)
    precise = {"latitude": 48.123456789012344, "longitude": 2.000000000000001}
    answer = caller.put(f"/assets/{asset['id']}", json=precise).json()
    assert answer["exifInfo"]["latitude"] == 48.123456789012344
    server.jobs.wait_quiet()
    exif = caller.asset(asset["id"])["exifInfo"]
    assert (exif["latitude"], exif["longitude"]) == (48.123457, 2)


def test_null_island_is_accepted_and_becomes_null(serve: Serve) -> None:
    server, caller = serve()
    asset = first_asset(caller)
    answer = caller.put(f"/assets/{asset['id']}", json={"latitude": 0, "longitude": 0})
    assert answer.status_code == 200
    server.jobs.wait_quiet()
    assert caller.asset(asset["id"])["exifInfo"]["latitude"] is None


def test_a_read_only_external_library_loses_the_edit(photos: Served) -> None:
    server, caller = photos
    asset = next(a for g in caller.groups() for a in g["assets"] if a["libraryId"])
    edit = {"description": "on external", "rating": 2, "latitude": 52.5, "longitude": 13.4}
    answer = caller.put(f"/assets/{asset['id']}", json=edit).json()
    assert answer["exifInfo"]["description"] == "on external"
    server.jobs.wait_quiet()
    after = caller.asset(asset["id"])["exifInfo"]
    for field in ("description", "rating", "latitude"):
        assert after[field] == asset["exifInfo"][field]
    # What lives in the database stays.
    caller.put(f"/assets/{asset['id']}", json={"isFavorite": True})
    assert caller.asset(asset["id"])["isFavorite"] is True
    caller.put(f"/assets/{asset['id']}", json={"isFavorite": False})


def test_exif_edits_move_updated_at_only_with_the_jobs(serve: Serve) -> None:
    server, caller = serve(jobs_delay=0.2)
    asset = first_asset(caller)
    before = caller.asset(asset["id"])["updatedAt"]
    assert caller.put(f"/assets/{asset['id']}", json={"description": "x"}).json()["updatedAt"] == before
    server.jobs.wait_quiet()
    assert caller.asset(asset["id"])["updatedAt"] > before
    before = caller.asset(asset["id"])["updatedAt"]
    assert caller.put(f"/assets/{asset['id']}", json={"isFavorite": True}).json()["updatedAt"] > before


@pytest.mark.parametrize(("dialect", "left"), [("2.7", -1), ("3", None)])
def test_a_rejected_rating(serve: Serve, dialect: str, left: int | None) -> None:
    server, caller = serve(dialect=dialect)
    asset = first_asset(caller)
    assert caller.put(f"/assets/{asset['id']}", json={"rating": -1}).json()["exifInfo"]["rating"] == -1
    server.jobs.wait_quiet()
    assert caller.asset(asset["id"])["exifInfo"]["rating"] == left


def test_descriptions_are_trimmed_by_the_jobs_and_keep_every_character(serve: Serve) -> None:
    server, caller = serve()
    asset = first_asset(caller)
    caller.put(f"/assets/{asset['id']}", json={"description": "  伏見稲荷 🦊\nline  "})
    server.jobs.wait_quiet()
    assert caller.asset(asset["id"])["exifInfo"]["description"] == "伏見稲荷 🦊\nline"


def test_the_delay_can_be_changed_while_serving(serve: Serve) -> None:
    server, caller = serve(jobs_delay=60)
    asset = first_asset(caller)
    caller.put(f"/assets/{asset['id']}", json={"rating": 3})
    assert server.jobs.waiting == 1
    assert not server.jobs.wait_quiet(timeout=0.05)
    server.jobs.delay = 0.0
    caller.put(f"/assets/{asset['id']}", json={"rating": 4})
    assert server.jobs.waiting >= 1


def test_zone_names() -> None:
    at = datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert zone_name(at) == "UTC+5:30"
    assert zone_name(at.replace(tzinfo=timezone(-timedelta(hours=3)))) == "UTC-3"
    assert zone_name(at.replace(tzinfo=UTC)) == "UTC"
    for name in ("UTC+5:30", "UTC-3", "UTC"):
        assert zone_name(datetime(2024, 1, 1, tzinfo=zone_info(name))) == name
