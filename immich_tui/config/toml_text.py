"""A TOML file as text: on which line something stands, and changing one table and nothing else."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from immich_tui.config.errors import ConfigError

_AT_LINE: Final = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


def parse(text: str, file: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises `ConfigError` with the line where it breaks."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at and at[1] else text.count("\n") + 1
        problem = _AT_LINE.sub("", str(error))
    raise ConfigError(f"{file}, line {line}", f"this is not valid TOML: {problem}.")


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line, counted from 1, of a key, a table or an item of a list (its place, counted from 1).

    That of the nearest one above it if it has none of its own.
    """
    names = tuple(itertools.takewhile(lambda step: isinstance(step, str), path))
    best, deepest = [1], 0
    for number, found in _places(text):
        depth = len(found) if found == names[: len(found)] else 0
        if depth > deepest:
            best, deepest = [number], depth
        elif depth and depth == deepest:
            best.append(number)
    if len(names) == deepest < len(path) and isinstance(item := path[deepest], int):
        # A list of tables says its name once for each of them.
        return best[item - 1] if len(best) >= item > 1 else _line_of_item(text, best[0], item)
    return best[0]


def _line_of_item(text: str, first: int, item: int) -> int:
    """The line on which an item of the list that begins on line `first` ends.

    The list is read with the lines so far until it has as many items.
    """
    lines = text.splitlines()[first - 1 :]
    _, _, start = lines[0].partition("=")
    for count in range(1, len(lines) + 1):
        so_far = "\n".join(["x =" + start, *lines[1:count]])
        for end in ("\n]", ""):
            try:
                if len(tomllib.loads(so_far + end)["x"]) >= item:
                    return first + count - 1
            except (tomllib.TOMLDecodeError, TypeError):
                continue
    return first


def with_table(text: str, name: tuple[str, ...], values: Mapping[str, str | bool | None]) -> str:
    """The text with keys of the table `name` set, or taken out with `None`.

    The table stays in its place, a new one goes to the end; its other lines and all comments are kept.
    """
    header = f"[{'.'.join(_key(part) for part in name)}]\n"
    body = "".join(f"{_key(key)} = {_value(value)}\n" for key, value in values.items() if value is not None)
    before, old, after = _around(text, name)
    if not old:
        return f"{before}{chr(10) if before.strip() else ''}{header}{body}"
    first, *others = old.splitlines(keepends=True)
    ours = {number for number, path in _places(old) if len(path) == len(name) + 1 and path[-1] in values}
    kept = "".join(line for number, line in enumerate(others, 2) if number not in ours)
    return f"{before}{first.rstrip()}\n{body}{kept}{after}"


def without_table(text: str, name: tuple[str, ...]) -> str:
    """The text without the table `name`."""
    before, _, after = _around(text, name)
    return before + after


def with_top_value(text: str, key: str, value: str | None) -> str:
    """The text with a top-level key set on its first line, or taken out with `None`."""
    ours = {number for number, path in _places(text) if path == (key,)}
    kept = "".join(
        line for number, line in enumerate(text.splitlines(keepends=True), 1) if number not in ours
    )
    return kept if value is None else f"{_key(key)} = {_value(value)}\n{kept}"


def _around(text: str, name: tuple[str, ...]) -> tuple[str, str, str]:
    """The text before a table, the table, and the text after it, to which comments right above it belong."""
    if text and not text.endswith("\n"):
        text += "\n"
    lines = text.splitlines(keepends=True)
    headers = [
        (number - 1, path) for number, path in _places(text) if lines[number - 1].lstrip().startswith("[")
    ]
    starts = [start for start, _ in headers]
    for index, (start, path) in enumerate(headers):
        if path == name:
            end = starts[index + 1] if index + 1 < len(starts) else len(lines)
            while end < len(lines) and end > start + 1 and _is_blank(lines[end - 1]):
                end -= 1
            return "".join(lines[:start]), "".join(lines[start:end]), "".join(lines[end:])
    return text, "", ""


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _places(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each line that opens a table or sets a key, with the full path of it."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            table = _path(stripped) or table
            yield number, table
        elif not stripped.startswith("#") and (key := _path(f"{stripped.partition('=')[0]} = 0")):
            yield number, table + key


def _path(line: str) -> tuple[str, ...]:
    """The path in a line of TOML that names one thing, by TOML's rules of quoting; empty when it is none."""
    try:
        inner: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    path: list[str] = []
    while isinstance(inner, dict) and len(inner) == 1:
        (key, inner), *_ = inner.items()
        path.append(key)
        inner = inner[0] if isinstance(inner, list) and inner else inner
    return tuple(path)


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _value(text)


def _value(value: str | bool) -> str:
    # JSON's strings are TOML's, but for one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
