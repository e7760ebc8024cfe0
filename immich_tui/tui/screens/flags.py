"""The list of groups that somebody or something flagged, or where the person decided otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.screen import ModalScreen

from immich_tui.review.decisions import Refused
from immich_tui.review.rows import Row
from immich_tui.review.session import Look, Session, Step, Switch
from immich_tui.tui import figures, flagged, marks
from immich_tui.tui.flagged import ALL, ORDERS, REVIEW, SEVERITIES, Place
from immich_tui.tui.ink import Part
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.act import ActDialog, Errand
from immich_tui.tui.screens.note import NoteDialog
from immich_tui.tui.screens.turns import InTurns
from immich_tui.tui.step_words import told
from immich_tui.tui.text import elide, fit, safe, width
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.tui.widgets.caption import Caption
from immich_tui.tui.widgets.flag_list import FlagHeader, FlagList
from immich_tui.tui.widgets.key_line import Hint, KeyLine
from immich_tui.tui.widgets.reason_view import ReasonView
from immich_tui.tui.widgets.reasons import Row as Line
from immich_tui.tui.widgets.reasons import flag_rows, flowed, folded, lost_rows, sentence_rows
from immich_tui.tui.widgets.virtual_list import VirtualList
from immich_tui.verdict.phrases import flag_name

READ_ONLY = "Another immich-tui has this review open, so this one only shows."
NOTHING_FLAGGED = (
    "Nothing is flagged: no rule found anything to look at, you put no flag on a group (f in the review), "
    "and you decided nothing otherwise than proposed."
)


HINTS: Sequence[Hint] = (
    Hint(("flags.jump",), "go there"),
    Hint(("flags.down", "flags.up"), "group"),
    Hint(("flags.accept",), "accept"),
    Hint(("flags.keep_all",), "keep all"),
    Hint(("flags.undo",), "undo"),
    Hint(("flags.close",), "back"),
    Hint(("flags.kind",), "kind"),
    Hint(("flags.severity",), "severity"),
    Hint(("flags.act",), "all listed"),
    Hint(("flags.sort",), "sort"),
    Hint(("flags.note",), "note"),
    Hint(("flags.help",), "keys"),
)


class FlagsScreen(InTurns, ModalScreen[str | None]):
    """Lists what wants a look. Leaves with the id of the group to go to, or `None`."""

    CSS_PATH = "flags.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  (as declared by Textual)
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012  (as declared by Textual)
    BINDING_GROUP_TITLE = "Flags"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "jump",
            "Go there",
            id="flags.jump",
            key_display="enter",
            tooltip="Show this group in the review",
        ),
        Binding("p", "accept", "Accept", id="flags.accept", tooltip="Accept what is proposed for this group"),
        Binding("a", "keep_all", "Keep all", id="flags.keep_all", tooltip="Keep all: they are no duplicates"),
        Binding("u", "undo", "Undo", id="flags.undo", tooltip="Take back the last decision"),
        Binding(
            "semicolon,A",
            "act",
            "All listed",
            id="flags.act",
            tooltip="Decide all groups that are listed, with a look at what that does first",
        ),
        Binding("t", "kind(1)", "Kind", id="flags.kind", tooltip="Only the next kind of flag"),
        Binding("T", "kind(-1)", "Kind before", id="flags.kind_back", show=False),
        Binding("v", "severity", "Severity", id="flags.severity", tooltip="Only the next severity"),
        Binding("S", "order", "Sort", id="flags.sort", tooltip="By the next column; a click on it does too"),
        Binding("R", "reverse", "Reverse", id="flags.reverse", tooltip="Turn the order round", show=False),
        Binding("f", "note", "Note", id="flags.note", tooltip="Change the flag's note, or take it away"),
        Binding("j", "move(1)", "Down", id="flags.down", show=False),
        Binding("k", "move(-1)", "Up", id="flags.up", show=False),
        Binding("g", "edge(0)", "First", id="flags.first", show=False),
        Binding("G", "edge(-1)", "Last", id="flags.last", show=False),
        Binding("escape,F,q", "close", "Back", id="flags.close"),
        Binding("question_mark,f1", "app.keys", "Keys", id="flags.help"),
    ]

    flagged = query_one(FlagList)
    detail = query_one("#detail", ReasonView)

    def __init__(self, session: Session, here: str, place: Place | None = None) -> None:
        """`here` is the group to start at where it is listed; `place` is where the person was before.

        The place is kept up to date, so that it can be given again.
        """
        super().__init__()
        self._session = session
        self._place = place if place is not None else Place()
        self._all = flagged.listed(session.rows)
        self._kinds = flagged.kinds(self._all)
        if self._place.kind not in self._kinds:
            self._place.kind = ALL
        self._here = here
        self._shown: Sequence[Row] = ()
        self._looks: dict[str, Look] = {}

    def compose(self) -> ComposeResult:
        """What is shown, headings, the list, and the details of one group."""
        yield Caption(id="filter")
        yield FlagHeader()
        yield FlagList(id="flagged")
        yield ReasonView(self._details, id="detail")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Start at the group that was under review, or where the person was before."""
        self.flagged.focus()
        self.query_one(KeyLine).show(HINTS)
        wanted = {row.group_id for row in flagged.at(self._all, self._place)}
        self._show(self._here if self._here in wanted else self._place.group_id)

    # -- what is listed

    def _show(self, group_id: str) -> None:
        """List what is wanted, with the cursor on a group if it is there."""
        self._shown = flagged.at(self._all, self._place)
        at = next((place for place, row in enumerate(self._shown) if row.group_id == group_id), 0)
        self.query_one(FlagHeader).show(self._place.order, reverse=self._place.reverse)
        self.flagged.show(self._shown, at)
        self.query_one("#filter", Caption).show(self._filter_line)
        self._moved()

    def _filter_line(self, across: int) -> Sequence[Sequence[Part]]:
        place = self._place
        kind = flag_name(place.kind)
        severity = place.severity.name.lower() if place.severity is not None else "any"
        order = place.order + (", turned round" if place.reverse else "")
        roomy = across >= 100
        line: list[Part] = [
            (" Flags and overrides" if roomy else " Flags", "title"),
            (f"  {figures.counted(len(self._shown), 'group')}", "strong"),
        ]
        told = [
            ("   Kind " if roomy else "  kind ", kind, "key" if place.kind != ALL else ""),
            (
                "   Severity " if roomy else "  severity ",
                severity,
                "key" if place.severity is not None else "",
            ),
            ("   Order " if roomy else "  by ", order, "strong" if order != REVIEW else ""),
        ]
        room = across - sum(width(text) for text, _ in line)
        # What is as usual gives way first, and whole.
        while sum(width(label + value) for label, value, _ in told) > room:
            usual = [entry for entry in told if not entry[2]]
            if not usual:
                break
            told.remove(usual[-1])
        for label, value, meaning in told:
            shown = fit(value, room - width(label))
            line += [(label, "muted"), (shown, meaning)] if shown else []
            room -= width(label) + width(value)
        return [line]

    def action_kind(self, step: int) -> None:
        """Show the next kind of flag only."""
        kinds = list(self._kinds)
        self._place.kind = kinds[(kinds.index(self._place.kind) + step) % len(kinds)]
        self._show(self._place.group_id)

    def action_severity(self) -> None:
        """Show the next severity only."""
        self._place.severity = SEVERITIES[(SEVERITIES.index(self._place.severity) + 1) % len(SEVERITIES)]
        self._show(self._place.group_id)

    def action_order(self) -> None:
        """Sort by the next column."""
        self._place.order = ORDERS[(ORDERS.index(self._place.order) + 1) % len(ORDERS)]
        self._place.reverse = False
        self._show(self._place.group_id)

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._place.reverse = not self._place.reverse
        self._show(self._place.group_id)

    @on(FlagHeader.Pressed)
    def _sort_by(self, event: FlagHeader.Pressed) -> None:
        self._place.reverse = event.order == self._place.order and not self._place.reverse
        self._place.order = event.order
        self._show(self._place.group_id)

    # -- the group under the cursor

    @on(VirtualList.Moved)
    def _moved(self) -> None:
        row = self.flagged.row
        if row is not None:
            self._place.group_id = row.group_id
        self.detail.update_rows(from_top=True)
        self._read()

    @on(FlagList.Scrolled)
    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        """Read the group under the cursor for the details, then those in sight for their values."""
        row = self.flagged.row
        wanted = [row.group_id] if row is not None and row.group_id not in self._looks else []
        for group_id in dict.fromkeys([*wanted, *self.flagged.untold()]):
            try:
                look = await self._session.look(group_id)
            except EXPECTED as error:
                self._tell(" ".join(in_words(error)).strip())
                return
            self.flagged.tell(group_id, _values(look))
            if group_id in wanted:
                self._looks = {group_id: look}
                self.detail.update_rows(from_top=True)

    def _details(self, across: int) -> Sequence[Line]:
        row = self.flagged.row
        if row is None:
            return folded(self._nothing_like_that() if self._all else NOTHING_FLAGGED, across)
        lines: list[Line] = [[(elide(safe(row.title), across), "title")]]
        if row.flagged:
            note = safe(row.note) or "flagged by you, without a note"
            lines += flowed([(f"{marks.FLAGGED} ", "key"), (note, "strong")], across, 2)
        look = self._looks.get(row.group_id)
        if look is not None:
            lines += sentence_rows(look, across)
            lines += flag_rows(look.verdict.flags, across)
            lines += lost_rows(look.ledger, across)
        return lines

    def _nothing_like_that(self) -> str:
        kind, severity = key_of(self.app, "flags.kind"), key_of(self.app, "flags.severity")
        return f"No group is like that. {kind} goes to the next kind, {severity} to the next severity."

    # -- deciding

    async def _do(self, deed: Callable[[], Awaitable[object]]) -> bool:
        """Carry out what writes to the session; say why when it is refused or fails. Whether it was done."""
        if self._session.read_only:
            self._tell(READ_ONLY)
            return False
        try:
            await deed()
        except Refused as refused:
            self._tell(str(refused))
        except EXPECTED as error:
            self._tell(" ".join(in_words(error)).strip())
        else:
            return True
        return False

    def _changed(self, group_id: str = "") -> None:
        """Show the groups as they are decided now; the list keeps those that it had."""
        self._looks.clear()
        self.flagged.forget()
        kept = {row.group_id for row in self._all}
        listed = {row.group_id for row in flagged.listed(self._session.rows)} | kept
        self._all = [row for row in self._session.rows if row.group_id in listed]
        self._kinds = flagged.kinds(self._all) | {self._place.kind: 0}
        self._kinds[self._place.kind] = len(flagged.of_kind(self._all, self._place.kind))
        self._show(group_id or self._place.group_id)

    async def action_accept(self) -> None:
        """Accept what is proposed for the group under the cursor, and go on to the next."""
        await self._decide(self._session.accept)

    async def action_keep_all(self) -> None:
        """Keep every member of the group under the cursor, and go on to the next."""
        await self._decide(self._session.keep_all)

    async def _decide(self, deed: Callable[[str], Awaitable[object]]) -> None:
        row = self.flagged.row
        if row is None:
            return
        if not row.open:
            undo = key_of(self.app, "flags.undo")
            self._tell(f"It is decided already; {undo} takes the last decision back.")
        elif await self._do(lambda: deed(row.group_id)):
            self._looks.clear()
            self.flagged.refresh_item(self.flagged.cursor)
            self.flagged.action_move(1)
            self._moved()

    async def action_undo(self) -> None:
        """Take back the last decision, wherever it was."""
        step: Step | Switch | None = None

        async def undo() -> None:
            nonlocal step
            step = await self._session.undo()

        if not await self._do(undo):
            return
        if step is None:
            self._tell("There is nothing to undo.")
            return
        if isinstance(step, Switch):
            key = key_of(self.app, "review.undo")
            self._tell(f"The last step was a switch of policy. {key} in Review takes it back.")
            return
        here = {row.group_id for row in self._shown}
        self._changed(next((group_id for group_id in step.group_ids if group_id in here), ""))
        self.app.clear_notifications()
        self.notify(told(step, "Took back"), markup=False)

    @work(group="question", exclusive=True)
    async def action_act(self) -> None:
        """Decide all groups that are listed at once, after a look at what that does."""
        rows = list(self._shown)
        if not rows:
            return
        title = figures.counted(len(rows), "listed group")
        errand = await self.app.push_screen_wait(ActDialog(self._session, rows, title, ()))
        if errand is not None:
            await self._run(errand, rows)

    async def _run(self, errand: Errand, rows: Sequence[Row]) -> None:
        done = 0

        async def carry_out() -> None:
            nonlocal done
            if errand.flags is None:
                done = await self._session.carry_out(errand.deed, rows, redecide=errand.redecide)
            else:
                done = await self._session.flag_all(rows, "" if errand.flags else None)

        if not await self._do(carry_out):
            return
        self._changed()
        undo = key_of(self.app, "flags.undo")
        words = f"{figures.counted(done, 'group')} {errand.done}. {undo} takes all of it back."
        self.notify(words if done else "Nothing changed.", markup=False)

    @work(group="question", exclusive=True)
    async def action_note(self) -> None:
        """Write a note on the group, or take the flag away."""
        row = self.flagged.row
        if row is None:
            return
        dialog = NoteDialog(elide(safe(row.title), 40), safe(row.note), flagged=row.flagged)
        note = await self.app.push_screen_wait(dialog)
        if note is None:
            return
        session = self._session
        text = note.text if note.flagged else None
        if await self._do(lambda: session.flag_all([row], text)):
            self._changed()

    def _tell(self, sentence: str) -> None:
        self.notify(safe(sentence), severity="warning", markup=False)

    # -- moving

    def action_move(self, step: int) -> None:
        """Go down or up."""
        self.flagged.action_move(step)

    def action_edge(self, index: int) -> None:
        """Go to the first or last one."""
        self.flagged.action_to(index)

    @on(VirtualList.Chosen)
    def action_jump(self) -> None:
        """Go to this group in the review."""
        row = self.flagged.row
        self.dismiss(row.group_id if row is not None else None)

    def action_close(self) -> None:
        """Go back to where the review was."""
        self.dismiss(None)


def _values(look: Look) -> str:
    """What an override costs and what the flags say, on one line."""
    override = [look.override.sentence] if look.override is not None else []
    flags = (f"{flag_name(flag.name)}: {flag.detail}" for flag in look.verdict.flags)
    return safe(" · ".join([*override, *flags]))
