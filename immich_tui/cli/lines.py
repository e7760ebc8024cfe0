"""The kinds of lines that `--json` prints, and what they hold. The documents are made from this table."""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "message": "A sentence for people: `level` (`info`, `warning`), `text`.",
    "progress": (
        "How far a job is, at most once a second and at each change of phase: `phase`, `label`, `status`,"
        " `done`, `total`, `units`, `bytes_done`, `bytes_total`, `eta_s`, `errors`."
    ),
    "summary": "The review in numbers, after `analyze`: groups, assets, tiers, flags, bytes that are freed.",
    "objection": "A group of a plan file that is refused: `group`, `field`, `sentence`.",
    "check": "One thing that was looked at: `name`, `level` (`ok`, `warning`, `problem`), `sentence`,"
    " `next_step`.",
    "call": "What a run would call: `method`, `path`, `purpose`, `count` at most.",
    "step": "One call of `execute --dry-run`: `group`, `method`, `path`, `what`.",
    "held": "A group that is left alone: `item` (or `group`), `reason`.",
    "run": "One run in the journal: `id`, `job`, `state` (`interrupted`: its process died), `undone`,"
    " `started`, `finished`, `folder`, `groups`.",
    "undo": "What `undo` would do to a group: `group`, `title`, `restore`, `revert`, `stuck`.",
    "undone": "What an undo did: its report without the groups.",
    "restore": "What `restore` found: photos in the folder, `alive`, `trashed`, `gone`, `bytes`, `missing`.",
    "restored": "What a restore did: its report without the photos.",
    "verified": "What a verify found: its report without the photos, `ok`, `checked`, `failed`.",
    "report": "What a run did: the report without its groups, and `files`, the paths of the full ones.",
    "batch": "After `execute --batch`, where there is more: `groups` of this run, `left` for the next.",
    "result": "How a command ended: `status` (the exit status) and what else there is to say.",
    "error": "Why a command ended early: `sentence`, `next_step`, `status`.",
}


def check_kind(kind: str) -> str:
    """The kind, if it is one that is documented; raises `KeyError`."""
    if kind not in KINDS:
        raise KeyError(kind)
    return kind
