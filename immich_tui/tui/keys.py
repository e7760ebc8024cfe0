"""Keys: what may be remapped, whether a keymap makes sense, and what the keys do at this moment.

Every binding has an id (`execute.pause`), by which the settings remap it. Textual takes unknown ids, nonsense
keys and two actions on one key silently, so a keymap is checked here before it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache, partial
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key
from textual.screen import Screen

_NAMED_KEYS = frozenset(key.value for key in Keys)
_MODIFIERS = frozenset({"ctrl", "alt", "shift", "super", "hyper", "meta"})


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One action: its keys as shown, its label, and a sentence about it (may be empty).

    `action` of `node` is what the keys do.
    """

    keys: tuple[str, ...]
    label: str
    tooltip: str
    action: str = ""
    node: DOMNode | None = None

    @property
    def about(self) -> str:
        """What the keys do."""
        return about(self.label, self.tooltip)


@dataclass(frozen=True, slots=True)
class Section:
    """The actions of one pane or screen, under its title."""

    title: str
    entries: tuple[KeyHelp, ...]


def about(label: str, tooltip: str) -> str:
    """What a key does: the label, and the sentence where it does not begin with the same word."""
    if tooltip.lower().startswith(label.lower()):
        return tooltip
    return f"{label}: {tooltip}" if tooltip else label


def declared(node: type[DOMNode]) -> tuple[Binding, ...]:
    """The bindings that a screen, widget or app class and its bases of ours declare, one per key."""
    ours = [base for base in reversed(node.__mro__) if not base.__module__.startswith("textual.")]
    return tuple(
        binding for base in ours for binding in Binding.make_bindings(base.__dict__.get("BINDINGS", ()))
    )


def is_key(key: str) -> bool:
    """Whether Textual can ever send this key: a character or a named key, with modifiers in front."""
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    if not last or not _MODIFIERS.issuperset(modifiers):
        return False
    return len(last) == 1 or last in _NAMED_KEYS or last in _SPELLED


_SPELLED = frozenset(_character_to_key(chr(code)) for code in range(33, 127))


def check_keymap(
    keymap: Mapping[str, str], nodes: Iterable[type[DOMNode]]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The usable part of a keymap, and a sentence for each entry that was left out.

    `keymap` maps binding ids to keys (several separated by commas); `nodes` are the classes that declare
    bindings. An entry is left out when its id is unknown, a key does not exist, or another action of the same
    screen has the key already.
    """
    tables = {node: declared(node) for node in nodes}
    known = {binding.id for table in tables.values() for binding in table if binding.id}
    usable: dict[str, str] = {}
    problems: list[str] = []
    for name, keys in keymap.items():
        wrong = [key for key in keys.split(",") if not is_key(key.strip())]
        if name not in known:
            hint = _meant(name, known)
            problems.append(f"The keymap names {name!r}, which is no action of this app.{hint}")
        elif wrong:
            hint = _meant(wrong[0].strip(), _NAMED_KEYS)
            problems.append(f"The keymap gives {name!r} the key {wrong[0]!r}, which does not exist.{hint}")
        else:
            usable[name] = keys
    # An entry that is left out gets its usual key back, which may have been given away.
    while found := _first_clash(tables, usable):
        node, name, other, key = found
        del usable[name]
        taken = f"which {other!r} of {node.__name__} has already"
        problems.append(f"The keymap gives {name!r} the key {key!r}, {taken}.")
    return usable, tuple(problems)


def _meant(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _first_clash(
    tables: Mapping[type[DOMNode], Sequence[Binding]], keymap: Mapping[str, str]
) -> tuple[type[DOMNode], str, str, str] | None:
    """Class, remapped id, what has the key already, and the key; `None` when no remapped one clashes."""
    for node, table in tables.items():
        for name, other, key in _clashes(table, keymap):
            if name in keymap:
                return node, name, other, key
    return None


def _clashes(table: Sequence[Binding], keymap: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(remapped id, id or action that has the key already, key), with the remapped one first."""
    owners: dict[str, Binding] = {}
    clashes: list[tuple[str, str, str]] = []
    for binding in sorted(table, key=lambda binding: binding.id in keymap):
        keys = keymap.get(binding.id or "", binding.key).split(",")
        for key in (_character_to_key(key.strip()) if len(key.strip()) == 1 else key.strip() for key in keys):
            owner = owners.setdefault(key, binding)
            if owner.action != binding.action and binding.id:
                clashes.append((binding.id, owner.id or owner.action, key))
    return clashes


def commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Every action of this screen that a key carries out now, for the palette."""
    seen: set[str] = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.id or not binding.description or binding.action in seen or active.node is app:
            continue
        seen.add(binding.action)
        keys = app.get_key_display(binding)
        name, run = f"{binding.description} ({keys})", partial(_run, screen, binding.action)
        yield SystemCommand(name, binding.tooltip, run)


async def _run(screen: Screen[Any], action: str) -> None:
    await screen.run_action(action)


def key_of(app: App[Any], name: str, *, short: bool = False) -> str:
    """The first key of an action by its id, as the keymap has it, on whatever screen.

    For a sentence; `short` is for a label, as the line of keys has it.
    """
    # The names under which Textual keeps what `set_keymap` was given.
    wished = app._keymap.get(name)
    binding = _usual()[name]
    if wished:
        binding = binding.with_key(key=wished.split(",")[0].strip(), key_display=None)
    shown = app.get_key_display(binding)
    return "escape" if shown == "esc" and not short else shown


@lru_cache(maxsize=1)
def _usual() -> Mapping[str, Binding]:
    """Each action's binding that stands first, by its id."""
    from immich_tui.tui.app import ImmichTui  # noqa: PLC0415  (it and all screens import this)
    from immich_tui.tui.steps import every_screen  # noqa: PLC0415

    found: dict[str, Binding] = {}
    nodes: list[type[DOMNode]] = [ImmichTui, *every_screen()]
    for node in nodes:
        for binding in declared(node):
            if binding.id:
                found.setdefault(binding.id, binding)
    return found


def live_help(app: App[Any], screen: Screen[Any]) -> tuple[Section, ...]:
    """What the keys do on this screen now, remapped ones included, nearest pane first.

    Actions stand in the order in which they are declared; a keymap would bring its own to the end.
    """
    found: dict[str, dict[str, tuple[list[str], ActiveBinding]]] = {}
    nodes = list(dict.fromkeys(active.node for active in screen.active_bindings.values()))
    for active in screen.active_bindings.values():
        binding = active.binding
        # Keys of Textual's own widgets have no id; what an arrow does in a field needs no telling.
        if not binding.id or not binding.description:
            continue
        title = active.node.BINDING_GROUP_TITLE or ("Everywhere" if active.node is app else "This screen")
        keys, _ = found.setdefault(title, {}).setdefault(binding.action, ([], active))
        keys.append(app.get_key_display(binding))
    return tuple(
        Section(
            title,
            tuple(
                KeyHelp(
                    tuple(dict.fromkeys(keys)),
                    active.binding.description,
                    active.binding.tooltip,
                    active.binding.action,
                    active.node,
                )
                for keys, active in sorted(actions.values(), key=lambda found: _place(nodes, found[1]))
            ),
        )
        for title, actions in found.items()
    )


def _place(nodes: Sequence[DOMNode], active: ActiveBinding) -> tuple[int, int]:
    """The place of an action's node among all, and its own among those that the node declares."""
    ids = [binding.id for binding in declared(type(active.node))]
    name = active.binding.id
    return nodes.index(active.node), ids.index(name) if name in ids else len(ids)
