"""What a policy says of groups as the session database holds them, and of what was read beside them."""

from __future__ import annotations

from collections.abc import Sequence
from time import thread_time
from typing import Final

from immich_tui.immich.models import Group
from immich_tui.review.outline import outlined
from immich_tui.review.outlooks import Outlooks
from immich_tui.review.store import Store
from immich_tui.review.stored import StoredGroup
from immich_tui.verdict.judge import judge, proposal
from immich_tui.verdict.model import NOT_READ, Choice, Context, Surroundings, Verdict
from immich_tui.verdict.policy import Policy

FILES: Final = 2500
"""Files that are looked at in one go: some 10 ms, for a key may wait behind them."""


class Judging:
    """Judges groups by any policy. All calls run in the store's thread.

    `albums_known` says whether albums were read with the groups.
    """

    def __init__(self, store: Store, context: Context) -> None:
        self._store = store
        self._context = context
        self.albums_known = False

    def surroundings(self, group: Group) -> Surroundings:
        """What was read besides the listing about a group."""
        fetched = self._store.fetched
        albums = fetched.albums_of([asset.id for asset in group.assets]) if self.albums_known else None
        return Surroundings(albums=albums)

    def verdict(self, group: Group, policy: Policy) -> Verdict:
        """The verdict on a group; its surroundings are read where the policy asks for them."""
        reading = self.surroundings(group) if policy.costly else NOT_READ
        return judge(group, policy, self._context, reading)

    def proposal(self, group: Group, policy: Policy) -> Choice:
        """What the policy would do with a group."""
        return proposal(group, self.verdict(group, policy), policy)

    def again(self, groups: Sequence[StoredGroup], policy: Policy) -> list[StoredGroup]:
        """The verdicts in short that this policy comes to on groups, read one by one."""
        read = self._store.fetched.at(stored.position for stored in groups)
        return [
            outlined(stored.position, group, self.verdict(group, policy), policy, stored.digest)
            for stored, group in zip(groups, read, strict=True)
        ]

    def look_at_files(self, outlooks: Outlooks, after: tuple[str, str]) -> tuple[str, str] | None:
        """Show outlooks the files behind a member, and return the last one; `None` when there are no more.

        A member is named by its asset and its group; empty names stand before the first.
        """
        found = self._store.fetched.files(after, FILES)
        outlooks.look_at((position, path, name) for _, _, position, path, name in found)
        return found[-1][:2] if found else None

    def anew(
        self, groups: Sequence[StoredGroup], policy: Policy, outlooks: Outlooks
    ) -> tuple[list[StoredGroup], float]:
        """Like `again` for groups next to each other, but where a verdict was kept, it is taken.

        The second value is the CPU time that it took, in seconds.
        """
        began = thread_time()
        if not outlooks.possible:
            return self.again(groups, policy), thread_time() - began
        known = self._store.fetched.gists(groups[0].position, groups[-1].position + 1)
        kept = [outlooks.verdict(known.get(stored.position, b""), stored) for stored in groups]
        other = [stored for stored, group in zip(groups, kept, strict=True) if group is None]
        fresh = iter(self.again(other, policy))
        return [next(fresh) if group is None else group for group in kept], thread_time() - began
