"""The page on all keys, made from the bindings: `python -m immich_tui.tui.key_reference > docs/keys.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import format_key

from immich_tui.review.filter_words import SWITCHES, WORDS
from immich_tui.tui.keymaps import KEYMAPS
from immich_tui.tui.keys import about, declared
from immich_tui.tui.steps import every_screen

_HEAD = """\
# Keys

<!-- Made by `python -m immich_tui.tui.key_reference`; a test compares. Change the bindings, not this. -->

`?` shows the keys of the screen you are on, and `ctrl+p` opens a palette in which every action can be found
by its name.

The mouse does everything as well. A click goes to a group or a photo, on the number of a photo keeps it, on
KEEP or TRASH turns that over; the words at the bottom, the lines of the help, the steps at the top, the
headings of the list of flags and what fits in the filter can be clicked. The wheel scrolls what is under it,
and over the pictures goes from photo to photo; a badge says what it means when the mouse stands on it.

Each action has an id, by which the settings file gives it other keys, several of them with commas between:

```toml
keys = "vim"                  # or "immich": the shortcuts of Immich's own page

[keymap]
"review.accept" = "enter,ctrl+s"
```

An id that does not exist, a key that does not exist, and a key that another action of the same screen has
already are named when the program starts; the usual key stays then. The ids of an action and its keys:
"""

_FILTER = """## Words of the filter

Words stand side by side and must all hold; `-` or `not` before one turns it round. Any other word is looked
for in file names. `only:` is for groups where nothing but that flag speaks against the proposal:
`only:compression` lists those that only a larger file of the same pixels holds back, and `;` then decides
them together, after saying what that comes to.

| word | what it asks |
|---|---|
"""


def page() -> str:
    """The whole page in Markdown."""
    from immich_tui.tui.app import ImmichTui  # noqa: PLC0415  (imports all of this package)

    parts = [_HEAD]
    told: set[str] = set()
    nodes: list[type[DOMNode]] = [ImmichTui, *every_screen()]
    for node in nodes:
        lines = list(_lines(node, told))
        title = "Everywhere" if node is ImmichTui else _title(node)
        if lines:
            parts.append(f"## {title}\n\n| keys | what it does | id |\n|---|---|---|\n" + "".join(lines))
    parts += [_immich(), _filter()]
    return "\n".join(parts)


def _filter() -> str:
    """The words of the filter, which Tab completes."""
    lines = [f"| `{word.example}` | {_cell(word.about)} |\n" for word in WORDS.values()]
    lines += [f"| `{name}` | {_cell(switch.about)} |\n" for name, switch in SWITCHES.items()]
    return _FILTER + "".join(lines)


def _title(node: type[DOMNode]) -> str:
    return node.BINDING_GROUP_TITLE or node.__name__


def _lines(node: type[DOMNode], told: set[str]) -> Iterator[str]:
    """A line for each action that no class before has told of."""
    keys: dict[str, list[Binding]] = {}
    for binding in declared(node):
        if binding.id and binding.id not in told:
            keys.setdefault(binding.id, []).append(binding)
    for name, bindings in keys.items():
        told.add(name)
        first = bindings[0]
        words = about(first.description, first.tooltip) or _numbered(first)
        yield f"| {_shown(binding.key for binding in bindings)} | {_cell(words)} | `{name}` |\n"


def _numbered(binding: Binding) -> str:
    return f"The same for photo {binding.key}" if binding.key.isdigit() else binding.action


def _shown(keys: Iterator[str] | list[str]) -> str:
    """Keys as they are written in the settings."""
    written = ((key, format_key(key)) for key in keys)
    return ", ".join(
        f"`{_cell(sign if sign.isascii() and len(sign) == 1 else key)}`" for key, sign in written
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _immich() -> str:
    """What the other keymap changes."""
    changed: Mapping[str, str] = KEYMAPS["immich"]
    told = {
        binding.id: about(binding.description, binding.tooltip)
        for node in every_screen()
        for binding in declared(node)
        if binding.id
    }
    lines = "".join(
        f"| {_shown(keys.split(','))} | {_cell(told[name])} | `{name}` |\n" for name, keys in changed.items()
    )
    return (
        '## Other keys with `keys = "immich"`\n\n'
        "The shortcuts of Immich's own page for duplicates. Its key that marks every photo for the trash is\n"
        "not offered.\n\n"
        f"| keys | what it does | id |\n|---|---|---|\n{lines}"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
