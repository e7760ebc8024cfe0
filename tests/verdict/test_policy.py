"""Policies from the config file, and the criteria they are made of."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import Literal
from unicodedata import normalize

import pytest

from immich_tui.immich.models import Album, Asset, Person
from immich_tui.verdict.criteria import CRITERIA, PARAMETRIC
from immich_tui.verdict.criterion import Direction
from immich_tui.verdict.explain import explain
from immich_tui.verdict.judge import judge, line_up, proposal
from immich_tui.verdict.model import Context, Surroundings
from immich_tui.verdict.plan import check_plan
from immich_tui.verdict.policy import PRESETS, Policy, Protected
from immich_tui.verdict.policy_table import PolicyError, policies_from_config
from immich_tui.verdict.reading import read
from tests.strategies import MIB, group, photo, uuid

CONTEXT = Context()


def mine(text: str) -> Policy:
    """The policy `mine` of a settings file."""
    return policies_from_config(tomllib.loads(text))["mine"]


def winner(policy_text: str, *members: Asset, around: Surroundings | None = None) -> int:
    """The place, counted from 1, of whom a policy written in TOML keeps."""
    policy = mine(f"[policies.mine]\n{policy_text}")
    made = group(*members)
    verdict = judge(made, policy, CONTEXT, around or Surroundings())
    return [asset.id for asset in made.assets].index(verdict.winner) + 1


SMALL, LARGE = photo(1, size=MIB), photo(2, size=2 * MIB)


@pytest.mark.parametrize(
    ("criteria", "members", "kept"),
    [
        ('["file size"]', (SMALL, LARGE), 2),
        ('["smallest-file"]', (SMALL, LARGE), 1),
        (
            '[{prefer = "path", matches = "*/originals/*"}, "size"]',
            (photo(1, path="/p/originals/a.jpg"), LARGE),
            1,
        ),
        (
            '[{avoid = "path", matches = "/whatsapp/*"}, "lowest id"]',
            (photo(1, path="/whatsapp/a.jpg"), LARGE),
            2,
        ),
        (
            '[{avoid = "file name", matches = "IMG-\\\\d+-WA\\\\d+"}, "lowest id"]',
            (photo(1, name="IMG-20240612-WA0007.jpg"), LARGE),
            2,
        ),
        (
            '[{avoid = "file_name", matches = " \\\\(1\\\\)"}]',
            (photo(1, name="a (1).jpg"), photo(2, name="a.jpg")),
            2,
        ),
        (f'[{{prefer = "library", is = "{uuid(901)}"}}]', (photo(1), photo(2, library=uuid(901))), 2),
        ('[{prefer = "library", is = "upload"}]', (photo(1, library=uuid(901)), photo(2)), 2),
        ('["favourite first"]', (photo(1), photo(2, favourite=True)), 2),
        ('["has live video"]', (photo(1), photo(2, live=uuid(801))), 2),
        (
            '["oldest upload"]',
            (photo(1), photo(2, uploaded=datetime(2020, 1, 1, tzinfo=UTC))),
            2,
        ),
        ('["newest upload"]', (photo(1, uploaded=datetime(2020, 1, 1, tzinfo=UTC)), photo(2)), 2),
        ('["oldest upload"]', (photo(1, uploaded=None), photo(2)), 2),
    ],
)
def test_criteria_from_the_config_file(criteria: str, members: tuple[Asset, ...], kept: int) -> None:
    assert winner(f"criteria = {criteria}", *members) == kept


def test_albums_and_people_count_once_they_were_read() -> None:
    albums = Surroundings(
        albums={uuid(1): (), uuid(2): (Album(id=uuid(720)),)},
        people={uuid(1): (Person(id=uuid(730), name="Ada"),), uuid(2): (Person(id=uuid(731), name=""),)},
    )
    assert winner('criteria = ["in most albums first"]', photo(1), photo(2), around=albums) == 2
    assert winner('criteria = ["has people"]', photo(2), photo(1), around=albums) == 2
    assert winner('criteria = ["in most albums first"]', photo(1), photo(2)) == 1


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ('criteria = ["pixles"]', "criteria[1]", "pixels"),
        ('criteria = ["score", "file syze"]', "criteria[2]", "file size"),
        ('criteria = ["fromat"]', "criteria[1]", "format"),
        ("criteria = []", "criteria", None),
        ("", "criteria", None),
        ('criteria = "score"', "criteria", None),
        ("criteria = [3]", "criteria[1]", None),
        ('criteria = ["path"]', "criteria[1]", None),
        ('criteria = ["protected"]', "criteria[1]", None),
        ('criteria = [{prefer = "pth", matches = "x"}]', "criteria[1].prefer", "path"),
        ('criteria = [{avoid = "filename.", matches = "x"}]', "criteria[1].avoid", "file name"),
        ('criteria = [{matches = "x"}]', "criteria[1]", None),
        ('criteria = [{prefer = "path", avoid = "path", matches = "x"}]', "criteria[1]", None),
        ('criteria = [{prefer = "path"}]', "criteria[1].matches", None),
        ('criteria = [{prefer = "path", match = "x"}]', "criteria[1].match", "matches"),
        ('criteria = [{avoid = "file name", matches = "("}]', "criteria[1].matches", None),
        ('criteria = ["score"]\ncriterias = 1', "criterias", "criteria"),
        ('criteria = ["score"]\nprotect_paths = ["/a/*"]', "protect_paths", None),
        ('criteria = ["score"]\ngps_tolerance_m = 3', "gps_tolerance_m", None),
        ('criteria = ["score"]\nweights = {camra = 3}', "weights.camra", "camera"),
        ('criteria = ["score"]\nlabel = 3', "label", None),
    ],
)
def test_a_bad_policy_is_refused_by_name(text: str, key: str, nearest: str | None) -> None:
    with pytest.raises(PolicyError) as refused:
        mine(f"[policies.mine]\n{text}")
    assert (refused.value.key, refused.value.nearest) == (f"policies.mine.{key}", nearest)
    if nearest:
        assert str(refused.value).endswith(f"Did you mean {nearest!r}?")


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ('protect_paths = "x"', "protect_paths", None),
        ('protect_paths = [""]', "protect_paths[1]", None),
        ('protect_libraries = ["a", 3]', "protect_libraries[2]", None),
        ("weights = {gsp = 3}", "weights.gsp", None),
        ("weights = {camra = 3}", "weights.camra", "camera"),
        ("weights = {camera = -3}", "weights.camera", None),
        ("weights = {camera = nan}", "weights.camera", None),
        ("weights = 3", "weights", None),
        ("gps_tolerance_m = true", "gps_tolerance_m", None),
        ("gps_tolerance_m = inf", "gps_tolerance_m", None),
        ("policies = 3", "policies", None),
        ("[policies]\nmine = 3", "policies.mine", None),
        ('[policies.quality]\ncriteria = ["score"]', "policies.quality", None),
    ],
)
def test_what_holds_under_every_policy_is_refused_by_name(text: str, key: str, nearest: str | None) -> None:
    with pytest.raises(PolicyError) as refused:
        policies_from_config(tomllib.loads(text))
    assert (refused.value.key, refused.value.nearest) == (key, nearest)


def test_weights_and_tolerance_from_the_config_file() -> None:
    common = "gps_tolerance_m = 500\n[weights]\nlens = 90\ncamera = 0\n"
    policies = policies_from_config(
        tomllib.loads(
            common + '[policies.mine]\nlabel = "Lenses"\ncriteria = ["score"]\nweights = {camera = 15}'
        )
    )
    made = group(photo(1, lens=None), photo(2, gps=(48.8594, 2.2945), camera=None, exposure=None))
    for name, first, second in (("mine", 90, 165), ("metadata", 75, 165)):
        verdict = judge(made, policies[name], CONTEXT)
        assert verdict.winner == uuid(2)
        assert [verdict.scores[uuid(n)].total for n in (1, 2)] == [first, second]
        assert "gps_conflict" not in {flag.name for flag in verdict.flags}
    assert policies["mine"].label == "Lenses"
    assert list(policies) == [*PRESETS, "mine"]


def test_protection_holds_under_every_policy() -> None:
    policies = policies_from_config(
        tomllib.loads('protect_paths = ["/archive/*"]\n[policies.mine]\ncriteria = ["file size"]')
    )
    made = group(photo(1, path="/archive/a.jpg", size=MIB, gps=None), photo(2))
    assert {judge(made, policy, CONTEXT).winner for policy in policies.values()} == {uuid(1)}


def test_the_digest_of_a_policy_changes_with_whatever_it_decides_by() -> None:
    plain = '[policies.mine]\ncriteria = [{avoid = "path", matches = "/a/*"}, "score"]\n'
    changed = (
        plain,
        plain.replace("/a/", "/b/"),
        plain.replace("avoid", "prefer"),
        plain.replace("score", "pixels"),
        plain + "weights = {lens = 1}",
        f'protect_paths = ["/b/*"]\n{plain}',
        f'protect_libraries = ["upload"]\n{plain}',
        f"gps_tolerance_m = 12\n{plain}",
    )
    assert len({mine(text).rules for text in changed}) == len(changed)
    assert mine(plain).rules == mine(plain).rules


def test_every_criterion_can_be_shown_and_explained() -> None:
    for name, criterion in CRITERIA.items():
        assert criterion.name == name
        assert criterion.label
        assert isinstance(criterion.direction, Direction)
        for reading in line_up(
            group(photo(1), photo(2).model_copy(update={"exif": None})), PRESETS["metadata"], CONTEXT
        )[0]:
            assert isinstance(criterion.show(reading), str)
            assert criterion.wished(reading, reading).split()[0] in ("it", "its", "keeping", "more")
            assert criterion.key(reading) == criterion.key(reading)
    assert set(PARAMETRIC) == {"path", "file_name", "library"}


def test_values_that_read_alike_are_shown_exactly() -> None:
    made = group(photo(1, pixels=(4032, 3024)), photo(2, pixels=(4032, 3025)))
    verdict = judge(made, PRESETS["quality"], CONTEXT)
    deciding = explain(made, verdict, PRESETS["quality"], CONTEXT).deciding
    assert deciding is not None
    assert (deciding.ours, deciding.theirs) == ("12,196,800 pixels", "12,192,768 pixels")


@pytest.mark.parametrize(
    ("criterion", "sentence"),
    [
        ('{prefer = "path", matches = "*/scans/*"}', "is under */scans/*"),
        ('{avoid = "file name", matches = "-WA"}', "is not named like -WA"),
        ('{avoid = "library", is = "upload"}', "is not an upload"),
        ('"in most albums first"', "is in more albums (1 album against 0 albums)"),
    ],
)
def test_own_criteria_explain_themselves(criterion: str, sentence: str) -> None:
    policy = mine(f"[policies.mine]\ncriteria = [{criterion}]")
    made = group(photo(1, name="a-WA1.jpg"), photo(2, path="/p/scans/b.jpg", library=uuid(901)))
    around = Surroundings(albums={uuid(1): (), uuid(2): (Album(id=uuid(720)),)})
    verdict = judge(made, policy, CONTEXT, around)
    found = explain(made, verdict, policy, CONTEXT, around)
    assert found.sentence.startswith(f"Immich agrees: IMG_0002.jpg {sentence}.")
    assert found.counterfactual.startswith("a-WA1.jpg would win if it were ")
    # What was not read decides nothing, and says so.
    unread = explain(made, judge(made, policy, CONTEXT), policy, CONTEXT).criteria[0]
    assert unread.better == uuid(2) or (unread.ours, unread.theirs) == ("not read yet", "not read yet")


def test_protected_assets_are_kept_and_no_plan_may_trash_them() -> None:
    protected = Protected(paths=("/archive/*",), libraries=frozenset({"upload"}))
    policy = PRESETS["metadata"].with_protected(protected)
    made = group(
        photo(1, path="/archive/a.jpg", library=uuid(901), gps=None),
        photo(2, path="/b/b.jpg", library=uuid(901)),
        photo(3, name="c.jpg", lens=None),
    )
    choice = proposal(made, judge(made, policy, CONTEXT), policy)
    assert choice.winner == uuid(3)
    assert set(choice.keep) == {uuid(1), uuid(3)}
    assert choice.trash == (uuid(2),)
    wrong = type(choice)(uuid(2), (uuid(2),), (uuid(1), uuid(3)))
    assert [p.rule for p in check_plan({made.id: (made, wrong)}, protected)] == ["protected"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_a_path_is_protected_however_its_accents_are_written(
    form: Literal["NFC", "NFD"], written: Literal["NFC", "NFD"]
) -> None:
    glob = normalize(written, "/photos/Übung/?.jpg")
    made = photo(1, path=normalize(form, "/photos/Übung/é.jpg"))
    assert Protected(paths=(glob,)).covers(made)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("kind", ["path", "file_name"])
def test_a_file_is_preferred_however_its_accents_are_written(
    form: Literal["NFC", "NFD"], written: Literal["NFC", "NFD"], kind: str
) -> None:
    criterion = PARAMETRIC[kind][1](
        normalize(written, {"path": "*/Übung/*", "file_name": "^Übung"}[kind]), True
    )
    name = normalize(form, "/photos/Übung/Übung 1.jpg")
    (read_one,) = read([photo(1, path=name, name=name.rpartition("/")[2])], None)
    assert criterion.key(read_one) == 1
    assert criterion.of_file is not None
    assert criterion.of_file(name, name.rpartition("/")[2])
