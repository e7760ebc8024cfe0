"""Verdicts kept for the policies that a person may switch to, so that a switch need not read a group again.

What the rules say of a group depends on a policy only by the order in which it ranks the members. With every
gist are kept the verdicts in short for every order that one of the presets would put its members in, and for
both orders of two: most groups are pairs, and a policy of one's own is answered for them as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from immich_tui.immich.models import Group
from immich_tui.review.outline import outlined
from immich_tui.review.stored import StoredGroup
from immich_tui.verdict.gist import Ranker, gist, make, ranked, size_of
from immich_tui.verdict.judge import verdict_on
from immich_tui.verdict.model import NOT_READ, Context, Severity, Tier, Verdict
from immich_tui.verdict.policy import PRESETS, Policy
from immich_tui.verdict.score import Scores

_FORMAT = 3
_encoded = json.JSONEncoder(separators=(",", ":")).encode
_OF_A_PAIR = (b"\0\1", b"\1\0")


def made_by(policy: Policy, context: Context) -> str:
    """Names the outlooks made under the settings of a policy and in a context; others tell nothing."""
    return f"{_FORMAT} {' '.join(PRESETS)} {make(policy, context)}"


class Foresight:
    """Makes the outlooks on groups as they are fetched."""

    def __init__(self, policy: Policy, context: Context) -> None:
        """`policy` and `context` are those of the verdicts."""
        self._policy = policy
        self._context = context
        presets = (preset.with_protected(policy.protected) for preset in PRESETS.values())
        self._rankers = [Ranker(preset) for preset in presets]

    def outlook(self, group: Group, verdict: Verdict, short: StoredGroup) -> bytes:
        """The gist of a group and its verdicts for all orders; empty where a gist cannot be made.

        `short` is what the list needs of `verdict`.
        """
        known = gist(verdict, self._policy, self._context)
        if not known or not isinstance(verdict.scores, Scores):
            return b""
        readings = verdict.scores.readings
        found = {bytes(range(len(readings))): short}
        pair = len(readings) == 2
        for ranking in _OF_A_PAIR if pair else [ranker.ranking(known) for ranker in self._rankers]:
            if ranking is not None and ranking not in found:
                other = verdict_on(
                    group, ranked(readings, ranking), None, self._policy, self._context, NOT_READ
                )
                found[ranking] = outlined(short.position, group, other, self._policy, short.digest)
        verdicts = {ranking.hex(): _packed(outline) for ranking, outline in found.items()}
        return known + _encoded(verdicts).encode()


def _packed(short: StoredGroup) -> list[object]:
    flags = " ".join(short.flags)
    return [short.title, short.winner, short.tier, flags, short.worst, short.saving, short.trashed]


class Outlooks:
    """Tells of groups what a policy would say of them, as far as outlooks were kept for its order.

    Where the policy `asks_files`, every file of the fetch must have been looked at before, the lowest asset
    id first.
    """

    def __init__(self, policy: Policy, context: Context, made: str) -> None:
        """`made` names the outlooks that will be asked; `possible` says whether they can tell anything."""
        self._ranker = Ranker(policy)
        self.possible = self._ranker.possible and made == made_by(policy, context)
        self.asks_files = self.possible and bool(self._ranker.of_files)
        self._liked: list[list[int]] = [[] for _ in self._ranker.of_files]
        """By the place of a group, for each criterion on files."""
        self._flags: dict[str, tuple[str, ...]] = {}

    def look_at(self, files: Iterable[tuple[int, str, str]]) -> None:
        """Note of more files, by the place of their group, their path and their name, which are preferred."""
        criteria = list(zip(self._ranker.of_files, self._liked, strict=True))
        for position, path, name in files:
            for likes, liked in criteria:
                if position >= len(liked):
                    liked.extend([1] * (position + 1 - len(liked)))
                liked[position] = liked[position] << 1 | likes(path, name)

    def verdict(self, text: bytes, present: StoredGroup) -> StoredGroup | None:
        """The verdict in short on the group that `present` is about; `None` where it must be judged."""
        if not text:
            return None
        size = size_of(text)
        at = present.position
        liked = tuple([each[at] if at < len(each) else 1 for each in self._liked])
        ranking = self._ranker.ranking(text[:size], liked)
        kept = json.loads(text[size:]).get(ranking.hex()) if ranking is not None else None
        if kept is None:
            return None
        title, winner, tier, flags, worst, saving, trashed = kept
        return StoredGroup(
            at,
            present.group_id,
            title,
            present.members,
            winner,
            present.immich_pick,
            _TIERS[tier],
            self._flags_of(flags),
            _SEVERITIES[worst],
            saving,
            present.digest,
            trashed,
        )

    def _flags_of(self, text: str) -> tuple[str, ...]:
        """Flags by their text; one tuple for all groups that have the same."""
        found = self._flags.get(text)
        if found is None:
            found = self._flags[text] = tuple(text.split())
        return found


_TIERS: Mapping[str, Tier] = {tier.value: tier for tier in Tier}
_SEVERITIES: Mapping[int | None, Severity | None] = {None: None, **{int(one): one for one in Severity}}
