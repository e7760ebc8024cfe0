"""Verdicts on the groups of real servers, whose makers wrote down what each group is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from immich_tui.verdict.explain import explain
from immich_tui.verdict.judge import judge, proposal
from immich_tui.verdict.model import Context, Severity, Tier
from immich_tui.verdict.plan import check_plan
from immich_tui.verdict.policy import PRESETS
from tests.verdict.recorded import VERSIONS, Recorded, everything, listing

CONTEXT = Context(now=datetime(2026, 11, 22, tzinfo=UTC))
METADATA = PRESETS["metadata"]
INFO, WARN, BLOCK = Severity.INFO, Severity.WARN, Severity.BLOCK

# Every flag that the groups raise, by group. A photographer who knows what the group is (its name says it)
# would nod at each: what is not here is not flagged.
EXPECTED: dict[str, dict[str, Severity]] = {
    "g02-small-is-richer": {"resolution_loss": BLOCK, "no_exif": INFO},
    "g03-heic-jpg-png": {"type_mismatch": WARN, "no_exif": INFO},
    "g05-unicode-names": {"no_exif": INFO},
    "g11-video-and-photo": {"looks_different": BLOCK, "type_mismatch": WARN, "timezone_conflict": INFO},
    "g12-two-videos": {"timezone_conflict": INFO},
    "g13-live-photo": {"type_mismatch": WARN, "no_exif": INFO},
    "g17-external-library": {"external_library": WARN, "resolution_loss": BLOCK},
    "g18-external-both": {"external_library": WARN},
    "g19-gps-conflict": {"gps_conflict": BLOCK},
    "g21-gps-only-small": {"resolution_loss": BLOCK},
    "g22-gps-null-island": {"resolution_loss": BLOCK},
    "g25-dates-years": {"capture_time_conflict": BLOCK},
    "g26-dates-timezone": {"timezone_conflict": WARN},
    "g27-date-missing": {"resolution_loss": BLOCK, "no_exif": INFO},
    "g28-date-invalid": {"resolution_loss": BLOCK, "capture_time_conflict": BLOCK},
    "g35-archived-one": {"visibility_conflict": BLOCK},
    "g40-crop": {"looks_different": BLOCK},
    "g41-five": {"camera_conflict": BLOCK, "type_mismatch": WARN, "no_exif": INFO},
    "g42-burst": {"looks_different": BLOCK, "burst": BLOCK},
    "g44-same-size": {"no_exif": INFO},
    "g45-bw": {"looks_different": BLOCK},
    "g49-extreme-sizes": {
        "looks_different": BLOCK,
        "aspect_mismatch": WARN,
        "type_mismatch": WARN,
        "no_exif": INFO,
    },
    "g51-edited": {"edited": BLOCK, "looks_different": BLOCK},
}


@pytest.mark.parametrize("found", everything(), ids=lambda found: f"{found.version} {found.name}")
def test_flags_are_those_that_a_photographer_expects(found: Recorded) -> None:
    verdict = judge(found.group, METADATA, CONTEXT)
    assert {flag.name: flag.severity for flag in verdict.flags} == EXPECTED.get(found.name, {}), found.note


@pytest.mark.parametrize("version", VERSIONS)
def test_tiers_of_a_whole_listing(version: str) -> None:
    tiers = Counter(judge(found.group, METADATA, CONTEXT).tier for found in listing(version))
    assert tiers == {Tier.SAME_PICTURE: 25, Tier.DOUBTFUL: 16, Tier.LIKELY: 8, Tier.EXACT: 1}


@pytest.mark.parametrize("policy", PRESETS.values(), ids=PRESETS.keys())
def test_every_group_can_be_planned_and_explained(policy: object) -> None:
    policy = PRESETS[policy.name]  # type: ignore[attr-defined]
    for found in everything():
        verdict = judge(found.group, policy, CONTEXT)
        assert check_plan({found.group.id: (found.group, proposal(found.group, verdict, policy))}) == ()
        assert explain(found.group, verdict, policy, CONTEXT).sentence.endswith(".")
        if policy.name == "immich":
            assert not verdict.differs


def _sentence(name: str) -> str:
    group = next(found.group for found in listing("3.1.0") if found.name == name)
    return explain(group, judge(group, METADATA, CONTEXT), METADATA, CONTEXT).sentence


def test_sentences_read_as_a_person_would_write_them() -> None:
    assert _sentence("g01-plain") == "Immich agrees: IMG_1001.JPG has more pixels (1.1 MP against 0.3 MP)."
    assert _sentence("g21-gps-only-small") == (
        "Ours keeps GPS; Immich would keep big.jpg because it is 133.6 KiB larger."
    )
    assert _sentence("g28-date-invalid") == (
        "Ours keeps the time zone, though not the capture time; "
        "Immich would keep z.jpg because it is 77.7 KiB larger."
    )
