"""Reading the server again: what is different is marked, and no decision is lost.

New groups come in and vanished ones go. A decision stands as long as its group is what it was when it was
decided; on a group that changed it is kept and shown, and asks to be looked at again.
"""

from __future__ import annotations

from dataclasses import replace

from immich_tui.jobs.phase import Context, Continue, Outcome, Phase
from immich_tui.review.changes import MOVED, RETURNED, ChangeKind, checksums, what_changed
from immich_tui.review.fetch import Fetch

PAGE = 200
"""Groups compared in one go: a few milliseconds in the session's thread."""


class Compare(Phase[Fetch]):
    """Compares the new generation with the one before and notes what is different."""

    name = "compare"
    label = "Comparing with the last fetch"

    def wanted(self, context: Context[Fetch]) -> bool:
        """A first fetch has nothing to be compared with."""
        return context.subject.before > 0

    async def run(self, context: Context[Fetch]) -> Outcome:
        """Note new, changed, moved and returned groups; may be done again from its beginning."""
        fetch = context.subject
        differences, in_thread = fetch.store.differences, fetch.store.in_thread
        fetch.progress.stage = "comparing with the last fetch"
        changes = await in_thread(differences.begin, fetch.before, fetch.generation)
        vanished = await in_thread(differences.worked_on, fetch.before, fetch.generation)
        fetch.moved = {}
        for start in range(0, len(vanished), PAGE):
            some = vanished[start : start + PAGE]
            fetch.moved |= await in_thread(differences.moved, fetch.before, fetch.generation, some)
            fetch.stop.check()
            await context.interrupt_point()
        await in_thread(
            differences.mark,
            fetch.generation,
            [(group, ChangeKind.MOVED, MOVED) for group in fetch.moved.values()],
        )
        dismissed = await in_thread(differences.dismissed)
        known = await in_thread(differences.returned, fetch.generation)
        changed = returned = 0
        total = await in_thread(differences.count_changed, fetch.before, fetch.generation)
        after = -1
        while page := await in_thread(differences.changed, fetch.before, fetch.generation, after, PAGE):
            after = page[-1][0]
            found = [
                (new.id, ChangeKind.CHANGED, what_changed(old, new))
                for _, old, new in page
                # One that was dismissed before is still that while its files are the same.
                if new.id not in known or checksums(new) not in dismissed
            ]
            await in_thread(differences.mark, fetch.generation, found)
            changed += len(page)
            context.progress(changed, total, units="groups")
            fetch.stop.check()
            await context.interrupt_point()
        after = -1
        while dismissed and (fresh := await in_thread(differences.new, fetch.generation, after, PAGE)):
            after = fresh[-1][0]
            found = [
                (group.id, ChangeKind.RETURNED, RETURNED)
                for _, group in fresh
                if checksums(group) in dismissed
            ]
            await in_thread(differences.mark, fetch.generation, found)
            returned += len(found)
            fetch.stop.check()
            await context.interrupt_point()
        again = await in_thread(differences.to_look_at_again, fetch.generation, fetch.moved)
        moved = len(fetch.moved)
        fetch.changes = replace(
            changes,
            new=changes.new - moved - returned,
            vanished=changes.vanished - moved,
            changed=changed,
            moved=moved,
            returned=returned,
            again=again,
        )
        return Continue()
