"""Reading `multipart/form-data`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from immich_tui.demo.answers import Refusal


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `name` is the file name, `None` for a plain field."""

    name: str | None
    data: bytes


def parse_multipart(content_type: str, body: bytes) -> dict[str, Part]:
    """The parts by field name; raises `Refusal` when the body is no form."""
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.startswith("multipart/form-data") or match is None:
        raise Refusal(400, "Multipart: Boundary not found")
    boundary = b"--" + match.group(1).encode()
    parts: dict[str, Part] = {}
    for piece in (b"\r\n" + body).split(b"\r\n" + boundary)[1:]:
        if piece.startswith(b"--"):
            break
        head, separator, data = piece.partition(b"\r\n\r\n")
        if not separator:
            raise Refusal(400, "Unexpected end of form")
        field, file_name = _names(head.decode("utf-8", "replace"))
        parts[field] = Part(file_name, data)
    return parts


def _names(head: str) -> tuple[str, str | None]:
    """Field and file name of a part; a file name loses its folders, as the server's parser does it."""
    field = re.search(r';\s*name="((?:[^"\\]|\\.)*)"', head)
    extended = re.search(r";\s*filename\*=UTF-8''([^;\r\n]+)", head, re.IGNORECASE)
    plain = re.search(r';\s*filename="((?:[^"\\]|\\.)*)"', head)
    name: str | None = None
    if extended:
        name = unquote_to_bytes(extended.group(1)).decode("utf-8", "replace")
    elif plain:
        name = _unquoted(plain.group(1))
    if name is not None:
        name = re.split(r"[/\\]", name)[-1]
    return _unquoted(field.group(1)) if field else "", name


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
