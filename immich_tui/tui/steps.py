"""The steps by name. All but the first are imported when they are entered: the first shows at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.dom import DOMNode
from textual.screen import Screen

from immich_tui.tui.screens.connect import ConnectScreen, ProfileList


def _fetch_screen() -> Screen[None]:
    from immich_tui.tui.screens.fetch import FetchScreen  # noqa: PLC0415  (screens load when they are entered)

    return FetchScreen()


def _review_screen() -> Screen[None]:
    from immich_tui.tui.screens.review import ReviewScreen  # noqa: PLC0415

    return ReviewScreen()


def _execute_screen() -> Screen[None]:
    from immich_tui.tui.screens.execute import ExecuteScreen  # noqa: PLC0415

    return ExecuteScreen()


def _report_screen() -> Screen[None]:
    from immich_tui.tui.screens.report import ReportScreen  # noqa: PLC0415

    return ReportScreen()


def _history_screen() -> Screen[None]:
    from immich_tui.tui.screens.history import HistoryScreen  # noqa: PLC0415

    return HistoryScreen()


STEPS: dict[str, str | Callable[[], Screen[Any]]] = {
    "connect": ConnectScreen,
    "fetch": _fetch_screen,
    "review": _review_screen,
    "execute": _execute_screen,
    "report": _report_screen,
    "history": _history_screen,
}


def every_screen() -> list[type[DOMNode]]:
    """All classes whose keys can be remapped."""
    from immich_tui.tui.screens import (  # noqa: PLC0415
        act,
        care,
        confirm,
        details,
        execute,
        fetch,
        files,
        flags,
        help,  # noqa: A004  (the module of the screen)
        history,
        jump,
        member,
        note,
        number,
        objections,
        path,
        pick,
        picture,
        report,
        restoring,
        review,
        sorting,
        tour,
        undoing,
        verifying,
    )
    from immich_tui.tui.widgets import filter_bar  # noqa: PLC0415

    return [
        ConnectScreen,
        ProfileList,
        fetch.FetchScreen,
        review.ReviewScreen,
        filter_bar.FilterBar,
        flags.FlagsScreen,
        member.MemberScreen,
        picture.PictureScreen,
        execute.ExecuteScreen,
        report.ReportScreen,
        history.HistoryScreen,
        care.CareScreen,
        undoing.UndoScreen,
        verifying.VerifyScreen,
        restoring.RestoreScreen,
        path.PathDialog,
        objections.PlanDialog,
        act.ActDialog,
        confirm.Confirm,
        help.HelpScreen,
        jump.JumpDialog,
        note.NoteDialog,
        number.NumberDialog,
        pick.PickDialog,
        sorting.SortDialog,
        details.RunDetails,
        files.RunFiles,
        tour.TourScreen,
    ]
