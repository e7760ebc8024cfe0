"""The demo shows things as the environment says, and takes nothing else from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from immich_tui.cli import demo, main
from immich_tui.config import KeyStore, Paths, load


def test_it_takes_over_how_to_show_things_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: dict[str, Any] = {}

    def run_app(flags: dict[str, Any], environ: dict[str, str], paths: Paths, keys: KeyStore) -> int:
        seen["config"] = load(flags, environ, paths, keys)
        return 0

    monkeypatch.setattr(demo, "run_app", run_app)
    own = {
        "IMMICH_TUI_IMAGES": "off",
        "IMMICH_TUI_THEME": "daylight",
        "IMMICH_TUI_URL": "https://photos.example.org",
        "IMMICH_TUI_API_KEY": "the-key-of-the-real-server",
        "IMMICH_TUI_BACKUP_DIR": str(tmp_path / "precious"),
        "IMMICH_TUI_PROFILE": "home",
        "IMMICH_INSTANCE_URL": "https://photos.example.org",
    }
    done = CliRunner().invoke(main, ["demo", "--groups", "3"], env=own)
    assert done.exit_code == 0, done.output
    config = seen["config"]
    assert (config.settings.images, config.settings.theme) == ("off", "daylight")
    assert config.url.startswith("http://127.0.0.1:")
    assert config.key.reveal() != own["IMMICH_TUI_API_KEY"]
    assert config.backup_dir != tmp_path / "precious"
    assert config.profile is None
