"""What is packed: typed, complete, and the same bytes every time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def built(folder: Path) -> dict[str, Path]:
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    environ = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run(command, check=True, capture_output=True, env=environ)
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.slow
def test_two_builds_are_the_same_bytes_and_hold_all_that_is_needed(tmp_path: Path) -> None:
    one, other = built(tmp_path / "one"), built(tmp_path / "other")
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in one.items()} == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in other.items()
    }
    (wheel,) = (path for name, path in one.items() if name.endswith(".whl"))
    packed = set(zipfile.ZipFile(wheel).namelist())
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "immich_tui").rglob("*.py")}
    styles = {str(path.relative_to(ROOT)) for path in (ROOT / "immich_tui").rglob("*.tcss")}
    assert sources | styles | {"immich_tui/py.typed"} <= packed
    assert any(name.endswith("licenses/LICENSE") for name in packed)


def test_what_the_package_says_of_itself() -> None:
    assert PROJECT["license"] == "MIT"
    assert PROJECT["requires-python"] == ">=3.11"
    assert PROJECT["scripts"] == {"immich-tui": "immich_tui.__main__:main"}
    assert "Typing :: Typed" in PROJECT["classifiers"]
    assert {"demo", "keyring", "images"} <= PROJECT["optional-dependencies"].keys()


def test_the_container_is_built_from_the_registry_alone() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert sum(line.startswith("FROM ") for line in lines) == 2
    assert not any("http" in line or "git clone" in line for line in lines if not line.startswith("#"))
    assert any(line.startswith("USER ") for line in lines)
    copied = [
        name
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    ]
    assert all((ROOT / name).exists() for name in copied)
    allowed = (ROOT / ".dockerignore").read_text()
    assert all(f"!{name.removeprefix('./')}" in allowed for name in copied)
