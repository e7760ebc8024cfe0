"""Laws that hold for whatever a server may send."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from immich_tui.immich.models import Group
from immich_tui.immich.pick import reproduced_pick
from immich_tui.verdict.criteria import CRITERIA
from immich_tui.verdict.explain import explain
from immich_tui.verdict.fingerprint import changed, fingerprint
from immich_tui.verdict.flags import CHECKS, FLAG_NAMES, raise_flags
from immich_tui.verdict.flags_time import time_flags
from immich_tui.verdict.judge import judge, line_up, proposal, rank
from immich_tui.verdict.ledger import FIELD_LABELS, ledger, summary
from immich_tui.verdict.model import Channel, Choice, Context, Fate, Severity, Surroundings, Tier
from immich_tui.verdict.plan import check_plan
from immich_tui.verdict.policy import PRESETS, Policy, Protected
from immich_tui.verdict.policy_table import policies_from_config
from immich_tui.verdict.scene import Scene
from tests.strategies import contexts, group, groups, large_groups, photo, surroundings, uuid

OWN = policies_from_config(
    {
        "protect_paths": ["/mnt/photos/*"],
        "policies": {
            "own": {
                "criteria": [
                    {"prefer": "path", "matches": "/mnt/*"},
                    {"avoid": "file name", "matches": r"IMG-\d+-WA\d+| \(1\)|-edited"},
                    {"avoid": "library", "is": uuid(901)},
                    "favourite",
                    "albums",
                    "people",
                    "live video",
                    "oldest upload",
                    "newest upload",
                    "smallest file",
                    "exif count",
                    "duration",
                ],
            }
        },
    }
)["own"]
POLICIES = (
    *PRESETS.values(),
    OWN,
    PRESETS["metadata"].with_protected(Protected(libraries=frozenset({uuid(901)}))),
)

policies = st.sampled_from(POLICIES)
ORDER_MATTERS = {"immich"}

usual = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _shuffled(group: Group, seed: int) -> Group:
    members = list(group.assets)
    random.Random(seed).shuffle(members)
    return group.model_copy(update={"assets": tuple(members)})


@usual
@given(groups(), policies, contexts(), st.integers())
def test_the_order_of_members_changes_nothing_but_what_immich_itself_orders(
    group: Group, policy: Policy, context: Context, seed: int
) -> None:
    assume(policy.name not in ORDER_MATTERS)
    one, other = judge(group, policy, context), judge(_shuffled(group, seed), policy, context)
    assert one.winner == other.winner
    assert one.ranking == other.ranking
    assert one.flags == other.flags
    assert one.tier is other.tier
    assert one.reason == other.reason
    assert dict(one.scores) == dict(other.scores)


@usual
@given(groups(), policies, contexts())
def test_judging_twice_says_the_same(group: Group, policy: Policy, context: Context) -> None:
    first = judge(group, policy, context)
    assert first == judge(group, policy, context)
    assert explain(group, first, policy, context) == explain(group, first, policy, context)


@usual
@given(groups(), policies, contexts(), st.data())
def test_a_verdict_names_members_and_only_known_flags(
    group: Group, policy: Policy, context: Context, data: st.DataObject
) -> None:
    around = data.draw(surroundings(group.assets))
    verdict = judge(group, policy, context, around)
    ids = {asset.id for asset in group.assets}
    assert verdict.winner == verdict.ranking[0]
    assert sorted(verdict.ranking) == sorted(ids)
    assert verdict.immich_pick == reproduced_pick(group)
    assert {flag.name for flag in verdict.flags} <= FLAG_NAMES.keys()
    assert len({flag.name for flag in verdict.flags}) == len(verdict.flags)
    for flag in verdict.flags:
        assert set(flag.assets) <= ids
        assert flag.detail
        assert not flag.detail.endswith(".")
    blocked = any(flag.severity is Severity.BLOCK for flag in verdict.flags)
    assert (verdict.tier is Tier.DOUBTFUL) is blocked
    assert verdict.ready is not blocked
    if any(flag.severity is Severity.WARN for flag in verdict.flags) and not blocked:
        assert verdict.tier is Tier.LIKELY
    for score in verdict.scores.values():
        assert 0 <= score.total <= 100
        assert sum(points.earned for points in score.points) == score.total


@few
@given(large_groups(), policies, contexts())
def test_sixty_members_are_doubtful(group: Group, policy: Policy, context: Context) -> None:
    verdict = judge(group, policy, context)
    assert "large_group" in {flag.name for flag in verdict.flags}
    assert verdict.tier is Tier.DOUBTFUL


@usual
@given(groups(min_size=3), policies, contexts())
def test_every_policy_is_a_total_order(group: Group, policy: Policy, context: Context) -> None:
    ranked, _ = line_up(group, policy, context)
    place = {reading.id: number for number, reading in enumerate(ranked)}
    for one in ranked:
        for other in ranked:
            if one is other:
                continue
            # Antisymmetric, and transitive because every pair alone stands as it does among all.
            pair, _ = rank([one, other], policy.ordering)
            assert pair[0] is (one if place[one.id] < place[other.id] else other)


@usual
@given(groups(), policies, contexts())
def test_the_winner_never_puts_a_protected_asset_behind(
    group: Group, policy: Policy, context: Context
) -> None:
    verdict = judge(group, policy, context)
    guarded = {asset.id for asset in group.assets if policy.protected.covers(asset)}
    if guarded:
        assert verdict.winner in guarded
    assert not guarded & set(proposal(group, verdict, policy).trash)


@usual
@given(groups(), policies, contexts(), st.data())
def test_the_deciding_criterion_really_decides(
    group: Group, policy: Policy, context: Context, data: st.DataObject
) -> None:
    around = data.draw(surroundings(group.assets))
    verdict = judge(group, policy, context, around)
    explanation = explain(group, verdict, policy, context, around)
    by_id = {reading.id: reading for reading in line_up(group, policy, context, around)[0]}
    other = verdict.immich_pick if verdict.differs else verdict.ranking[1]
    winner, rival = by_id[verdict.winner], by_id[other]
    assert explanation.deciding is not None
    assert explanation.deciding.better == winner.id
    assert explanation.criteria[-1] == explanation.deciding
    assert [row.better for row in explanation.criteria[:-1]] == [None] * (len(explanation.criteria) - 1)
    names = [criterion.name for criterion in policy.ordering]
    assert [row.criterion for row in explanation.criteria] == names[: len(explanation.criteria)]
    # Recomputed by hand: all before are equal, this one is not.
    for criterion in policy.ordering[: len(explanation.criteria) - 1]:
        assert criterion.key(winner) == criterion.key(rival)
    last = policy.ordering[len(explanation.criteria) - 1]
    assert last.key(winner) > last.key(rival)
    assert explanation.sentence.endswith(".")
    assert explanation.counterfactual.endswith(".")
    assert (explanation.theirs_loses is not None) is verdict.differs


def _choices(group: Group) -> st.SearchStrategy[Choice]:
    ids = [asset.id for asset in group.assets]

    @st.composite
    def choose(draw: st.DrawFn) -> Choice:
        keep = draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
        stack = draw(st.booleans()) and len(keep) > 1
        return Choice(keep[0], tuple(keep), tuple(i for i in ids if i not in keep), stack)

    return choose()


@usual
@given(groups(), contexts(), st.data())
def test_a_ledger_accounts_for_every_field_once(group: Group, context: Context, data: st.DataObject) -> None:
    choice = data.draw(_choices(group))
    around = data.draw(surroundings(group.assets))
    book = ledger(group, choice, context, around)
    assert book.winner == choice.winner
    keys = [(e.field, e.fate, e.source, e.value, str(e.payload)) for e in book.entries]
    assert len(set(keys)) == len(keys)
    assert sorted((e for fate in Fate for e in book.with_fate(fate)), key=repr) == sorted(
        book.entries, key=repr
    )
    written: dict[str, object] = {}
    for entry in book.entries:
        assert entry.field in FIELD_LABELS
        assert entry.source is None or entry.source in choice.trash
        sends = entry.fate in (Fate.CARRIED, Fate.GRAFTED)
        assert bool(entry.payload) is sends
        assert (entry.channel is not Channel.NONE) is sends
        assert (entry.channel is Channel.GRAFT) is (entry.fate is Fate.GRAFTED)
        assert entry.weight >= 0
        if entry.fate is Fate.LOST and entry.field not in ("resolution", "length"):
            assert entry.note, entry
        if entry.channel is Channel.UPDATE_ASSET:
            # Two entries that wrote one name would undo each other.
            assert not written.keys() & entry.payload.keys()
            written.update(entry.payload)
    assert book.lost_weight == sum(e.weight for e in book.with_fate(Fate.LOST))
    for single in ("location", "capture_time", "camera", "lens", "description", "favourite", "edits"):
        kept = [e for e in book.entries if e.field == single and e.fate is Fate.KEPT]
        assert len(kept) <= 1
    if not choice.trash:
        assert not {e.fate for e in book.entries} - {Fate.KEPT}
    assert summary(book)


@usual
@given(groups(), contexts(), st.data())
def test_a_ledger_never_overwrites_what_the_winner_has(
    group: Group, context: Context, data: st.DataObject
) -> None:
    choice = data.draw(_choices(group))
    book = ledger(group, choice, context, Surroundings())
    readings = {r.id: r for r in line_up(group, PRESETS["metadata"], context)[0]}
    winner = readings[choice.winner]
    by_field = {e.field: e for e in book.entries if e.fate in (Fate.CARRIED, Fate.GRAFTED)}
    if winner.position is not None:
        assert "location" not in by_field
    if winner.taken is not None:
        assert "capture_time" not in by_field
    for field, value in (("camera", winner.camera), ("lens", winner.lens)):
        if value is not None:
            assert field not in by_field
    if "location" in by_field:
        payload = by_field["location"].payload
        assert 0.0 not in (payload["latitude"], payload["longitude"])
    if "description" in by_field and winner.description:
        assert str(by_field["description"].payload["description"]).startswith(
            winner.description.rstrip("\r\n")
        )
    if winner.library is not None:
        assert not {"location", "capture_time", "description", "rating", "tag"} & by_field.keys()


@usual
@given(groups(), policies, contexts())
def test_a_proposal_is_a_plan_without_problems(group: Group, policy: Policy, context: Context) -> None:
    verdict = judge(group, policy, context)
    choice = proposal(group, verdict, policy)
    assert not set(choice.keep) & set(choice.trash)
    assert sorted((*choice.keep, *choice.trash)) == sorted(asset.id for asset in group.assets)
    problems = check_plan({group.id: (group, choice)}, policy.protected)
    if all(asset.is_trashed for asset in group.assets):
        assert [problem.rule for problem in problems] == ["no_keeper"]
        assert not choice.trash
    else:
        assert problems == ()


@usual
@given(groups(), contexts(), policies)
def test_checks_are_only_skipped_where_they_find_nothing(
    group: Group, context: Context, policy: Policy
) -> None:
    def scene() -> Scene:
        return Scene(line_up(group, policy, context)[0], policy, context, Surroundings())

    quick = raise_flags(scene())
    every = [flag for _, checks in CHECKS for check in checks if (flag := check(scene())) is not None]
    every += time_flags(scene())
    assert sorted(flag.name for flag in quick) == sorted(flag.name for flag in every)
    assert set(quick) == set(every)


@usual
@given(groups())
def test_fingerprints_see_changes_and_only_changes(group: Group) -> None:
    one, other = group.assets[0], group.assets[1].model_copy(update={"id": group.assets[0].id})
    again = type(one).model_validate(one.model_dump())
    assert fingerprint(one) == fingerprint(again)
    assert changed(one, again) == ()
    assert (fingerprint(one) == fingerprint(other)) is (changed(one, other) == ())


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_policy_ends_in_a_total_order(policy: Policy) -> None:
    assert policy.ordering[-1] is CRITERIA["lowest_id"]


def test_the_same_asset_listed_twice_is_one() -> None:
    twice = group(photo(1), photo(1), photo(2))
    verdict = judge(twice, PRESETS["metadata"], Context())
    assert len(verdict.ranking) == 2
