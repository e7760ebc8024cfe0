"""How often each flag is raised on the demo library: who changes either reads what the census prints."""

from __future__ import annotations

from immich_tui.verdict.explain import explain
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Severity
from tests.verdict.census import CONTEXT, METADATA, counted, demo_groups

INFO, WARN, BLOCK = Severity.INFO, Severity.WARN, Severity.BLOCK

# The library holds every kind of trouble on purpose. `type_mismatch` is HEIC, RAW, PNG or WebP beside a JPEG,
# `no_exif` what messengers and downloads leave; all others were looked at one by one.
RAISED = {
    "same_file": {BLOCK: 2},
    "no_thumbnail": {BLOCK: 1},
    "looks_different": {WARN: 1, BLOCK: 2},
    "burst": {BLOCK: 2},
    "capture_time_conflict": {WARN: 1, BLOCK: 2},
    "timezone_conflict": {INFO: 1, WARN: 1},
    "gps_conflict": {WARN: 1, BLOCK: 2},
    "camera_conflict": {BLOCK: 2},
    "resolution_loss": {BLOCK: 2},
    "compression_loss": {BLOCK: 4},
    "raw_loss": {BLOCK: 1},
    "camera_loss": {BLOCK: 1},
    "lens_loss": {WARN: 2},
    "exposure_loss": {WARN: 2},
    "live_video_loss": {WARN: 1},
    "edited": {BLOCK: 1},
    "duration_mismatch": {BLOCK: 1},
    "aspect_mismatch": {WARN: 3},
    "type_mismatch": {WARN: 12},
    "visibility_conflict": {BLOCK: 1},
    "external_library": {WARN: 3, BLOCK: 1},
    "large_group": {BLOCK: 1},
    "null_island": {INFO: 1},
    "future_date": {INFO: 1},
    "no_exif": {INFO: 15},
    "no_dimensions": {INFO: 1},
}


async def test_flags_of_the_demo_library_are_those_that_were_read() -> None:
    assert counted(await demo_groups()) == RAISED


async def test_the_mission_is_explained_in_full() -> None:
    group = next(g for g in await demo_groups() if g.assets[0].original_file_name == "IMG_4652.JPG")
    verdict = judge(group, METADATA, CONTEXT)
    explanation = explain(group, verdict, METADATA, CONTEXT)
    assert explanation.sentence == (
        "Ours keeps GPS, the time zone, the camera, the capture time and the lens; "
        "Immich would keep IMG_4652-export.jpg because it is 1.3 MiB larger."
    )
    assert explanation.stakes == (
        "Keeping ours loses fine detail. Immich's choice carries GPS and the capture time over and loses the "
        "camera, the lens and exposure values."
    )
    assert next((flag.name, flag.detail) for flag in verdict.flags) == (
        "compression_loss",
        "1.2 MiB for the pixels of 2.5 MiB",
    )
