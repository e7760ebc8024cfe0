"""What counts as a difference, what is marked, and what is never hidden."""

import pytest

from immich_tui.immich.models import Album, Group
from immich_tui.review.decisions import keep_only
from immich_tui.review.session import Look
from immich_tui.tui.facts import Fact, facts
from immich_tui.verdict.explain import explain
from immich_tui.verdict.judge import judge
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import NOT_READ, Surroundings

from .review_library import CAMERA, CONTEXT, EXPOSURE, PLACE, POLICY, ZONE, Raw, asset, group, mission


def look_at(raw: Raw, surroundings: Surroundings = NOT_READ) -> Look:
    parsed = Group.model_validate(raw)
    verdict = judge(parsed, POLICY, CONTEXT, surroundings)
    choice = keep_only(parsed, verdict.winner)
    return Look(
        parsed,
        verdict,
        None,
        choice,
        explain(parsed, verdict, POLICY, CONTEXT, surroundings),
        ledger(parsed, choice, CONTEXT, surroundings),
        surroundings,
    )


def found(look: Look) -> dict[str, Fact]:
    return {fact.label: fact for fact in facts(look)}


def pair(one: Raw, other: Raw) -> dict[str, Fact]:
    return found(look_at(group(1, asset("a.jpg", 2, exif=one), asset("b.jpg", 1, exif=other))))


def test_here_and_not_there_is_a_difference() -> None:
    shown = found(look_at(mission()))
    assert shown["GPS"].differs
    assert [cell.text for cell in shown["GPS"].cells] == ["47.37689, 8.54169", ""]
    assert [cell.gain for cell in shown["GPS"].cells] == [30, 0]


def test_the_deciding_criterion_marks_its_row_at_the_better_member() -> None:
    shown = found(look_at(mission()))
    assert [fact.label for fact in shown.values() if fact.decides is not None] == ["score"]
    assert shown["score"].decides == 0


@pytest.mark.parametrize(
    ("label", "one", "other"),
    [
        (
            "camera",
            {"make": "NIKON CORPORATION", "model": "NIKON Z 6_2"},
            {"make": "Nikon", "model": "Z 6_2"},
        ),
        ("GPS", {"latitude": 47.37689, "longitude": 8.54169}, {"latitude": 47.37690, "longitude": 8.54170}),
        ("shutter", {"exposureTime": "1/1250"}, {"exposureTime": "0.0008"}),
        ("lens", {"lensModel": "EF 50mm"}, {"lensModel": " ef  50mm "}),
    ],
)
def test_another_spelling_is_no_difference(label: str, one: Raw, other: Raw) -> None:
    assert not pair({**CAMERA, **one}, {**CAMERA, **other})[label].differs


@pytest.mark.parametrize(
    ("label", "one", "other"),
    [
        ("camera", {"make": "Canon"}, {"make": "Nikon"}),
        ("GPS", {"latitude": 47.0, "longitude": 8.0}, {"latitude": 47.01, "longitude": 8.0}),
        ("ISO", {"iso": 100}, {"iso": 200}),
        ("rating", {"rating": 5}, {"rating": 3}),
        ("description", {"description": "At the lake"}, {"description": "  "}),
    ],
)
def test_another_value_is_one(label: str, one: Raw, other: Raw) -> None:
    assert pair({**CAMERA, **one}, {**CAMERA, **other})[label].differs


def test_the_same_instant_written_in_two_zones_is_no_difference() -> None:
    one = asset("a.jpg", 2, taken="2024-06-12T10:15:00", zone="+02:00", exif={**CAMERA, "timeZone": "UTC+2"})
    other = asset(
        "b.jpg", 1, taken="2024-06-12T08:15:00", zone="+00:00", exif={**CAMERA, "timeZone": "UTC+0"}
    )
    shown = found(look_at(group(1, one, other)))
    assert not shown["taken"].differs
    assert shown["time zone"].differs


def test_a_filled_in_date_is_shown_with_its_doubt() -> None:
    one = asset("a.jpg", 2, exif={**CAMERA, **EXPOSURE, **ZONE})
    other = asset("b.jpg", 1, taken="2025-01-01T00:00:00", zone="+00:00", exif={"timeZone": None})
    taken = found(look_at(group(1, one, other)))["taken"]
    assert taken.differs
    assert taken.cells[1].text.startswith("2025-01-01")
    assert "filled in" in taken.cells[1].doubt


def test_nowhere_is_shown_and_doubted() -> None:
    gps = pair({**CAMERA, **PLACE}, {**CAMERA, "latitude": 0, "longitude": 0})["GPS"]
    assert gps.differs
    assert gps.cells[1].doubt == "nowhere"


def test_what_was_not_read_is_no_difference() -> None:
    shown = found(look_at(mission()))
    assert not shown["albums"].differs
    assert {cell.text for cell in shown["albums"].cells} == {"not read yet"}


def test_albums_that_were_read_are() -> None:
    raw = mission()
    ids = [member["id"] for member in raw["assets"]]
    albums = {ids[0]: (), ids[1]: (Album(id="x", album_name="Holidays"),)}
    shown = found(look_at(raw, Surroundings(albums=albums)))
    assert shown["albums"].differs
    assert [cell.text for cell in shown["albums"].cells] == ["", "Holidays"]


def test_each_assets_own_path_and_id_are_private() -> None:
    shown = found(look_at(mission()))
    assert {label for label, fact in shown.items() if fact.private} == {"uploaded", "path", "id"}


def test_rare_fields_are_left_out_where_nobody_has_them() -> None:
    assert not {"length", "live video", "edited", "favourite", "rating"} & set(found(look_at(mission())))


def test_server_text_is_made_safe() -> None:
    shown = pair({**CAMERA, "lensModel": "x\x1b[31m"}, CAMERA)
    assert "\x1b" not in shown["lens"].cells[0].text


def test_why_a_zone_does_not_count_is_told_as_it_is() -> None:
    # A time that nobody recorded, and the zone of the place beside it.
    photo = asset("a.jpg", 2, taken="2026-11-20T09:00:00", zone="+00:00", exif={**PLACE, **ZONE})
    video = asset("b.mp4", 1, type="VIDEO", originalMimeType="video/mp4", exif={"timeZone": "UTC"})
    looked_up, of_a_video = found(look_at(group(1, photo, video)))["time zone"].cells
    assert (looked_up.text, looked_up.doubt) == ("Europe/Zurich", "only looked up for the place")
    assert (of_a_video.text, of_a_video.doubt) == ("UTC", "says nothing in a video")
