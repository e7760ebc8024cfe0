"""Duplicate listings of real Immich servers: what each group was made to be, and the answer."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from immich_tui.immich.models import Group

VERSIONS = ("2.7.5", "3.1.0")


class Recorded(NamedTuple):
    """One group of a listing: its name and note from the seeding, and the server's answer."""

    version: str
    name: str
    note: str
    group: Group


@cache
def listing(version: str) -> tuple[Recorded, ...]:
    """All groups that a server of this version listed."""
    content = json.loads(Path(__file__).with_name(f"{version}.json").read_text())
    assert content["version"] == version
    return tuple(
        Recorded(version, entry["name"], entry["note"], Group.model_validate(entry["group"]))
        for entry in content["groups"]
    )


def everything() -> tuple[Recorded, ...]:
    """All groups of all versions."""
    return tuple(found for version in VERSIONS for found in listing(version))
