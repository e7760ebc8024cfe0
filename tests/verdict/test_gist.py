"""A gist ranks the members of a group as a policy ranks them that has read them, or says that it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.immich.models import Group
from immich_tui.verdict.criteria import CRITERIA, Criterion, file_name_matches, library_is, path_matches
from immich_tui.verdict.gist import Ranker, gist, make, size_of
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Context
from immich_tui.verdict.policy import PRESETS, Policy, Protected
from immich_tui.verdict.score import Weights
from tests.strategies import NOW, bare, group, groups, photo

CONTEXT = Context(now=NOW)
METADATA = PRESETS["metadata"]
PROTECTED = Protected(paths=("*1*", "*a*"))
ASKED = ("favourite", "smallest_file", "oldest_upload", "newest_upload", "live_video")


FILES = (path_matches("*a*", prefer=True), path_matches("*1*", prefer=False), file_name_matches("2", True))


def _policies() -> st.SearchStrategy[Policy]:
    asked = st.sampled_from(tuple(CRITERIA[name] for name in ASKED) + FILES)
    own = st.lists(asked, min_size=1, max_size=4, unique_by=id).map(
        lambda criteria: Policy("own", "Own", tuple(criteria))
    )
    return st.sampled_from(list(PRESETS.values())) | own


def liked(ranker: Ranker, members: Group) -> tuple[int, ...]:
    """What criteria on files say of the members, the lowest id first."""
    by_id = sorted(members.assets, key=lambda asset: asset.id)
    answers = [
        [likes(asset.original_path, asset.original_file_name) for asset in by_id] for likes in ranker.of_files
    ]
    return tuple(int("1" + "".join(str(int(answer)) for answer in each), 2) for each in answers)


@given(
    group=groups(), before=_policies(), after=_policies(), protected=st.sampled_from([Protected(), PROTECTED])
)
def test_a_gist_ranks_members_like_the_policy_that_has_read_them(
    group: Group, before: Policy, after: Policy, protected: Protected
) -> None:
    before, after = before.with_protected(protected), after.with_protected(protected)
    had = judge(group, before, CONTEXT)
    known = gist(had, before, CONTEXT)
    if known:
        assert size_of(known) == len(known)
        ranker = Ranker(after)
        assert ranker.possible
        ranking = ranker.ranking(known, liked(ranker, group))
        assert ranking is not None
        assert tuple(had.ranking[place] for place in ranking) == judge(group, after, CONTEXT).ranking


def test_most_groups_have_a_gist_and_odd_ones_none() -> None:
    pair = group(photo(1), bare(2))
    assert gist(judge(pair, METADATA, CONTEXT), METADATA, CONTEXT)
    odd = pair.model_copy(
        update={"assets": (pair.assets[0], pair.assets[1].model_copy(update={"id": "\udc80"}))}
    )
    assert gist(judge(odd, METADATA, CONTEXT), METADATA, CONTEXT) == b""


@pytest.mark.parametrize("asked", [CRITERIA["albums"], CRITERIA["people"], library_is("upload", prefer=True)])
def test_what_a_gist_does_not_hold_is_told(asked: Criterion) -> None:
    assert not Ranker(replace(METADATA, criteria=(asked,))).possible
    assert not Ranker(replace(METADATA, criteria=(*FILES, asked))).possible
    assert Ranker(METADATA).possible


def test_without_a_word_on_every_file_nothing_is_said_of_the_order() -> None:
    pair = group(photo(1), photo(2))
    known = gist(judge(pair, METADATA, CONTEXT), METADATA, CONTEXT)
    ranker = Ranker(replace(METADATA, criteria=FILES[:2]))
    assert ranker.ranking(known, (0b100, 0b110)) is not None
    for wrong in ((), (0b100,), (0b100, 0b11), (0b100, 0b1100), (0b100, 0b100, 0b100)):
        assert ranker.ranking(known, wrong) is None


def test_gists_of_other_settings_have_another_name() -> None:
    here = make(METADATA, CONTEXT)
    assert make(PRESETS["quality"], CONTEXT) == here
    for other in (
        METADATA.with_protected(Protected(paths=("*/keep/*",))),
        replace(METADATA, weights=Weights(location=1)),
        replace(METADATA, gps_tolerance_m=99),
    ):
        assert make(other, CONTEXT) != here
    assert make(METADATA, Context(now=NOW, graft=True)) != here
