"""Reports in sentences count what they speak of, however many sentences each thing takes."""

from __future__ import annotations

import pytest

from immich_tui.execution.undo.report import GroupForecast, UndoReport
from immich_tui.execution.undo.state import GroupUndone, Outcome
from immich_tui.execution.verify.job import VerifyReport
from immich_tui.execution.verify.photo import Verified
from immich_tui.tui.telling import MOST, tell_forecast, tell_undo, tell_verify


def told(number: int, reason: str = "", *kept: str) -> list[str]:
    """The sentences of an undo of so many groups that all went the same way."""
    outcome = Outcome.FAILED if reason else Outcome.UNDONE
    groups = tuple(
        GroupUndone(f"g{n}", f"IMG_{n}.JPG", outcome, reason, reverted=("rating", "group"), kept=kept)
        for n in range(number)
    )
    well = 0 if reason else number
    report = UndoReport(
        undo="u",
        of="r",
        state="done",
        reason="",
        tool="immich-tui",
        server_version="3.1.0",
        started="2026-11-21T10:00:00+00:00",
        finished="2026-11-21T10:00:01+00:00",
        backup_folder="backups/r",
        undone=well,
        partly=0,
        failed=number - well,
        left=0,
        restored=0,
        reverted=number,
        groups=groups,
    )
    return [text for text, _ in tell_undo(report)]


@pytest.mark.parametrize(("reason", "title"), [("", "As before"), ("the server did not answer", "Not as")])
def test_groups_are_counted_and_not_the_sentences_about_them(reason: str, title: str) -> None:
    words = told(3, reason, "Its rating was changed since.", "Its place was changed since.")
    (heading,) = (text for text in words if text.startswith(title))
    assert heading.endswith(": 3")
    assert sum("changed since" in text for text in words) == 6


def test_of_very_many_the_first_are_told_whole_and_the_rest_is_counted() -> None:
    words = told(MOST + 5, "", "Its rating was changed since.")
    assert sum("IMG_" in text for text in words) == MOST
    assert sum("changed since" in text for text in words) == MOST
    assert words[-1].startswith("… and 5 more.")


def test_being_one_group_again_is_no_value_that_is_taken_back() -> None:
    assert "3 fields taken back" in " ".join(told(3))
    kept_whole = GroupForecast("g", "IMG_1.JPG", (), ("dismissal",), ())
    assert tell_forecast(kept_whole) == [("Only its members become one group again.", "muted")]
    both = GroupForecast("g", "IMG_1.JPG", (), ("rating", "group"), ())
    assert tell_forecast(both) == [("Taken back: rating.", "")]


def test_a_verify_claims_no_more_of_a_photo_than_was_seen() -> None:
    gone = "kept.jpg was trashed by a later run, which kept better.jpg."
    remote = "far.jpg is not in this folder (on the NAS); aria2 verified it there."
    photos = (
        Verified("1", "near.jpg", "backup", bytes=7),
        Verified("2", "far.jpg", "backup", notes=(remote,)),
        Verified("3", "kept.jpg", "kept photo", notes=(gone,)),
        Verified("4", "stays.jpg", "kept photo"),
    )
    report = VerifyReport("v", "r", "backups/r", "done", "", "", False, 7, photos, (), ())
    assert [text for text, _ in tell_verify(report)][-4:] == [
        "✓ near.jpg: the backup is whole.",
        f"✓ far.jpg: {remote}",
        f"✓ kept.jpg: {gone}",
        "✓ stays.jpg: it stays, and has what was carried to it.",
    ]
