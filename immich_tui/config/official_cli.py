"""What the official command line client already knows, so that its users need no set-up here.

It takes the variables `IMMICH_INSTANCE_URL` and `IMMICH_API_KEY`, and keeps a log-in in `auth.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from immich_tui.immich.secret import Secret

URL_VARIABLE: Final = "IMMICH_INSTANCE_URL"
KEY_VARIABLE: Final = "IMMICH_API_KEY"

_LINE: Final = re.compile(r"(url|key):[ \t]+(?:\"([^\"\\]*)\"|'([^']*)'|([^\s\"'#\[{&*!|>%@`][^\s#]*))[ \t]*")


@dataclass(frozen=True, slots=True)
class LogIn:
    """A server and the key for it; `place` says where they were found."""

    url: str
    key: Secret
    place: str


def from_environment(environ: Mapping[str, str]) -> LogIn | None:
    """The log-in in the two variables; a key without its server is not taken for another one."""
    url, key = environ.get(URL_VARIABLE, "").strip(), Secret(environ.get(KEY_VARIABLE, ""))
    return LogIn(url, key, f"{URL_VARIABLE} and {KEY_VARIABLE}") if url and key else None


def from_file(environ: Mapping[str, str]) -> LogIn | None:
    """The log-in in the client's file; `None` when there is none, or it holds more than two plain lines."""
    folder = environ.get("IMMICH_CONFIG_DIR") or str(Path.home() / ".config" / "immich")
    file = Path(folder) / "auth.yml"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    found: dict[str, str] = {}
    for line in lines:
        if not line.strip() or line.lstrip().startswith(("#", "---")):
            continue
        match = _LINE.fullmatch(line)
        if match is None or match[1] in found:
            return None
        found[match[1]] = match[2] or match[3] or match[4] or ""
    if not found.get("url") or not found.get("key"):
        return None
    return LogIn(found["url"], Secret(found["key"]), str(file))
