"""Keys that are typed before what they are meant for is there.

A slow line brings several keys at once, and quick fingers type while a dialog opens: `/` and behind it the
words of a filter, `g` and behind it a number. Textual sends each key to what has the focus when it arrives,
so that the words would be taken for keys of the review and decide about groups. And what stands behind the
enter that ends a field would still be written into it: enter itself is done later, when it comes back.
"""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from textual import events

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.timer import Timer
    from textual.worker import Worker

QUESTION = "question"
"""The group of the workers that open a dialog and wait for what it is left with."""

PATIENCE_S = 0.5
"""Seconds that keys wait for a dialog at most; what takes longer is not opening one."""

ENDED_BY_ENTER = "-ended-by-enter"
"""The class of fields that enter closes, and goes back to what was there before.

Not of those that lead to another question: nobody has read that yet.
"""

LOOK_EVERY_S = 0.01
IN_FLIGHT = 64
"""So many keys may be under way at once."""


class TypedAhead:
    """Holds keys back that came too early, and sends them again, in order, when what they meant is there."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._sent: deque[tuple[events.Key, DOMNode]] = deque(maxlen=IN_FLIGHT)
        self._held: deque[events.Key] = deque()
        self._again: deque[events.Key] = deque()
        self._seen: WeakKeyDictionary[Worker[Any], float] = WeakKeyDictionary()
        self._until = 0.0
        self._timer: Timer | None = None
        self._ended: DOMNode | None = None
        self._ended_until = 0.0

    def holds(self, event: events.Key) -> bool:
        """Whether the key has to wait, and is kept for that; otherwise it is to be handled as usual.

        Asked when a key arrives from the terminal, and when it comes back because nothing that it was sent to
        had a use for it: only then its action is looked for, and only then it is known to be early.
        """
        early = self._came_back_early(event) if event.is_forwarded else self._comes_behind_others(event)
        if early:
            self._hold(event)
        elif not event.is_forwarded:
            self._send(event)
        return early

    def _send(self, event: events.Key) -> None:
        target = self._target
        self._sent.append((event, target))
        if event.key == "enter" and target.has_class(ENDED_BY_ENTER):
            self._ended, self._ended_until = target, monotonic() + PATIENCE_S

    @property
    def _target(self) -> DOMNode:
        return self._app.focused or self._app.screen

    def _comes_behind_others(self, event: events.Key) -> bool:
        """Whether keys that were typed before it have not had their turn."""
        if self._again and self._again[0] is event:
            self._again.popleft()
            return bool(self._held) or self._ending()
        return bool(self._held or self._again) or self._ending()

    def _ending(self) -> bool:
        """Whether the field that was ended by enter still has the focus, and may be about to lose it."""
        if self._ended is not None and (self._target is not self._ended or monotonic() > self._ended_until):
            self._ended = None
        return self._ended is not None

    def _came_back_early(self, event: events.Key) -> bool:
        """Whether something else has the focus by now, or is about to."""
        while self._sent:
            sent, target = self._sent.popleft()
            if sent is event:
                return target is not self._target or self._opening()
        return False

    def _opening(self) -> bool:
        """Whether a dialog is on its way."""
        now, screen = monotonic(), self._app.screen
        waiting = (
            worker
            for worker in self._app.workers
            if worker.group == QUESTION and worker.node is screen and not worker.is_finished
        )
        return any(now - self._seen.setdefault(worker, now) < PATIENCE_S for worker in waiting)

    def _hold(self, event: events.Key) -> None:
        event.stop()
        self._held.append(events.Key(event.key, event.character))
        if self._timer is None:
            self._until = monotonic() + PATIENCE_S
            self._timer = self._app.set_interval(LOOK_EVERY_S, self._look)
            self._look()

    def _look(self) -> None:
        """Send the keys again when they can be taken."""
        ready = self._app.focused is not None and not self._opening() and not self._ending()
        if not ready and monotonic() < self._until:
            return
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        while self._held:
            event = self._held.popleft()
            self._again.append(event)
            self._app.post_message(event)
