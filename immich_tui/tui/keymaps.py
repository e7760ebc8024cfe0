"""Keymaps that come with the program; the settings choose one and change single keys on top of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KEYMAPS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "vim": MappingProxyType({}),
        # The keys of Immich's own page: `a` keeps all, `Shift+C` goes through with it, `Shift+S` stacks, `s`
        # shows the photo, arrows go from group to group. Its `d` marks every photo for the trash: that is not
        # offered here, and the key does nothing.
        "immich": MappingProxyType(
            {
                "review.accept": "C,enter",
                "review.stack": "S",
                "review.picture": "s,v",
                "review.sort": "O",
                "review.previous": "left,k",
                "review.next": "right,j",
                "review.left": "h",
                "review.right": "l",
                "review.rows": "D",
            }
        ),
    }
)


def keymap(preset: str, own: Mapping[str, str]) -> dict[str, str]:
    """A keymap of this program with the person's own keys on top: binding ids and keys."""
    return {**KEYMAPS[preset], **own}
