"""What is kept for a switch of policy is what judging again would say, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.immich.models import Group
from immich_tui.review import judging
from immich_tui.review.fetched import Fetched
from immich_tui.review.outline import in_short
from immich_tui.review.outlooks import Foresight, Outlooks, made_by
from immich_tui.verdict.criteria import CRITERIA, file_name_matches, path_matches
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Context
from immich_tui.verdict.policy import PRESETS, Policy, Protected
from tests.review import fetching
from tests.review.fetching import Server, member
from tests.strategies import NOW, bare, contexts, group, groups, photo

CONTEXT = Context(now=NOW)
METADATA, QUALITY = PRESETS["metadata"], PRESETS["quality"]
presets = st.sampled_from(list(PRESETS.values()))
protection = st.sampled_from([Protected(), Protected(paths=("*1*", "*a*"))])


def outlook(members: Group, policy: Policy, context: Context = CONTEXT) -> bytes:
    verdict = judge(members, policy, context)
    return Foresight(policy, context).outlook(members, verdict, in_short(7, members, verdict, policy))


@given(group=groups(), before=presets, after=presets, protected=protection, context=contexts())
def test_every_preset_says_what_judging_again_would_say(
    group: Group, before: Policy, after: Policy, protected: Protected, context: Context
) -> None:
    before, after = before.with_protected(protected), after.with_protected(protected)
    present = in_short(7, group, judge(group, before, context), before)
    outlooks = Outlooks(after, context, made_by(before, context))
    assert outlooks.possible
    kept = outlooks.verdict(outlook(group, before, context), present)
    if kept is not None:
        assert kept == in_short(7, group, judge(group, after, context), after)


def files_of(members: Group, position: int) -> list[tuple[int, str, str]]:
    by_id = sorted(members.assets, key=lambda asset: asset.id)
    return [(position, asset.original_path, asset.original_file_name) for asset in by_id]


@given(group=groups(), before=presets, prefer=st.booleans(), pattern=st.sampled_from(["*a*", "*1*", "*"]))
def test_a_policy_on_files_says_what_judging_again_would_say(
    group: Group, before: Policy, prefer: bool, pattern: str
) -> None:
    criteria = (path_matches(pattern, prefer), *METADATA.criteria, file_name_matches("2", prefer))
    after = Policy("own", "Own", criteria)
    present = in_short(7, group, judge(group, before, CONTEXT), before)
    outlooks = Outlooks(after, CONTEXT, made_by(before, CONTEXT))
    assert outlooks.asks_files
    assert outlooks.verdict(outlook(group, before), present) is None, "no file was looked at"
    outlooks.look_at(files_of(group, 7))
    kept = outlooks.verdict(outlook(group, before), present)
    if kept is not None:
        assert kept == in_short(7, group, judge(group, after, CONTEXT), after)
    ids = {asset.id for asset in group.assets}
    if len(group.assets) == len(ids) == 2 and all(each.isascii() for each in ids):
        assert kept is not None


def test_an_ordinary_group_is_known_to_every_preset() -> None:
    pair = group(photo(1), bare(2))
    present = in_short(0, pair, judge(pair, METADATA, CONTEXT), METADATA)
    made = made_by(METADATA, CONTEXT)
    for policy in PRESETS.values():
        assert Outlooks(policy, CONTEXT, made).verdict(outlook(pair, METADATA), present) is not None
    assert Outlooks(QUALITY, CONTEXT, made).verdict(b"", present) is None


SMALLEST = Policy("small", "Keep the smallest", (CRITERIA["smallest_file"],))


def test_both_orders_of_a_pair_are_known_to_a_policy_of_ones_own() -> None:
    pair = group(photo(1), photo(2, size=1_000))
    present = in_short(0, pair, judge(pair, METADATA, CONTEXT), METADATA)
    kept = Outlooks(SMALLEST, CONTEXT, made_by(METADATA, CONTEXT)).verdict(outlook(pair, METADATA), present)
    assert kept is not None
    assert kept.winner == pair.assets[1].id


def test_an_order_of_three_that_no_preset_has_is_judged_again() -> None:
    three = group(photo(1, size=3_000), photo(2, size=1_000), photo(3, size=2_000))
    present = in_short(0, three, judge(three, METADATA, CONTEXT), METADATA)
    outlooks = Outlooks(SMALLEST, CONTEXT, made_by(METADATA, CONTEXT))
    assert outlooks.possible
    assert outlooks.verdict(outlook(three, METADATA), present) is None


def test_outlooks_of_other_settings_tell_nothing() -> None:
    made = made_by(METADATA, CONTEXT)
    assert Outlooks(QUALITY, CONTEXT, made).possible
    for other in (
        QUALITY.with_protected(Protected(paths=("*/keep/*",))),
        replace(QUALITY, gps_tolerance_m=99),
        replace(QUALITY, criteria=(CRITERIA["albums"],)),
    ):
        assert not Outlooks(other, CONTEXT, made).possible
    assert not Outlooks(QUALITY, Context(now=NOW, graft=True), made).possible
    assert not Outlooks(QUALITY, CONTEXT, "of another program").possible


async def test_a_switch_to_a_policy_on_files_reads_no_pair_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ids of one group lie far apart, pages of files end in the middle of groups, one photo is in two of them.
    monkeypatch.setattr(judging, "FILES", 3)
    named = [member(f"{'zyxw'[number % 4]}{number:02d}") for number in range(20)]
    pairs = [fetching.group(f"g{number}", named[number], named[19 - number]) for number in range(10)]
    twice = fetching.group("again", named[0], named[7])
    three = fetching.group("three", *(member(f"{letter}-3") for letter in "nlm"))
    await server.fetch(*pairs, three, twice)
    session = await server.session()
    read_again: list[int] = []
    at = Fetched.at

    def noted(self: Fetched, positions: Iterable[int]) -> list[Group]:
        asked = list(positions)
        read_again.extend(asked)
        return at(self, asked)

    monkeypatch.setattr(Fetched, "at", noted)
    for criterion in (path_matches("*x*", True), file_name_matches("^[zy]", False)):
        policy = Policy("own", "Own", (criterion, *METADATA.criteria))
        await session.apply(await session.weigh(policy))
        assert set(read_again) <= {10}, "only the group of three may have an order that no preset has"
        for row in session.rows:
            fetched = await server.store.in_thread(server.store.fetched.group, row.group_id)
            expected = judge(fetched, policy, session.context)
            assert row.title == fetched.asset(expected.winner).original_file_name
    await session.close()
