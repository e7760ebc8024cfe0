"""What must hold over a whole plan, whoever made its decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from immich_tui.immich.models import Group
from immich_tui.verdict.flags_file import twins
from immich_tui.verdict.marks import Marks
from immich_tui.verdict.model import Choice
from immich_tui.verdict.policy import Protected


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a group of a plan is refused. The other groups still work.

    `rule` is a stable name; `sentence` says it to a person.
    """

    group_id: str
    rule: str
    sentence: str
    assets: tuple[str, ...] = ()


def check_plan(
    choices: Mapping[str, tuple[Group, Choice]], protected: Protected | None = None
) -> tuple[Problem, ...]:
    """Everything that is wrong with a plan, in the order of the groups; empty when it may be carried out.

    The groups are gone through once, and may be read while that goes on; a second time only where something
    stands in several of them: an asset, or the file of an asset under another id. An unknown path is the path
    of no other.
    """
    found: defaultdict[str, list[Problem]] = defaultdict(list)
    marks = Marks()
    for group_id, (group, choice) in choices.items():
        if problems := _check_choice(group_id, group, choice, protected):
            found[group_id] += problems
        marks.add(_assets(group, choice))
        marks.add(_paths(group))
    several, shared = _in_several(choices, marks.twice())
    for asset_id, group_ids in several.items():
        for group_id in group_ids:
            others = ", ".join(other for other in group_ids if other != group_id)
            sentence = f"Asset {asset_id} stands in group {others} as well."
            found[group_id].append(Problem(group_id, "asset_in_two_groups", sentence, (asset_id,)))
    for rows in shared.values():
        if len({asset_id for asset_id, _ in rows}) > 1 and len({group_id for _, group_id in rows}) > 1:
            for asset_id, group_id in rows:
                if asset_id in choices[group_id][1].trash:
                    sentence = f"The file of asset {asset_id} stands in another group as well."
                    found[group_id].append(Problem(group_id, "same_file", sentence, (asset_id,)))
    return tuple(problem for group_id in choices if group_id in found for problem in found[group_id])


def _assets(group: Group, choice: Choice) -> set[str]:
    return {asset.id for asset in group.assets}.union(choice.keep, choice.trash)


def _paths(group: Group) -> dict[str, list[str]]:
    """The files of a group that are known, each with the assets that are it."""
    found: dict[str, list[str]] = {}
    for asset in group.assets:
        if asset.original_path:
            found.setdefault(asset.original_path, []).append(asset.id)
    return found


def _in_several(
    choices: Mapping[str, tuple[Group, Choice]], marks: Marks
) -> tuple[dict[str, list[str]], dict[str, dict[tuple[str, str], None]]]:
    """Assets with the groups they stand in, and paths with the assets they are the file of, by these marks.

    Each of these assets comes with its group. Only what stands in several groups; two texts may have the
    same mark.
    """
    assets: dict[str, list[str]] = {}
    paths: dict[str, dict[tuple[str, str], None]] = {}
    if not marks:
        return assets, paths
    for group_id, (group, choice) in choices.items():
        for asset_id in sorted(_assets(group, choice)):
            if asset_id in marks:
                assets.setdefault(asset_id, []).append(group_id)
        for path, ids in _paths(group).items():
            if path in marks:
                paths.setdefault(path, {}).update(dict.fromkeys((asset_id, group_id) for asset_id in ids))
    return {one: groups for one, groups in assets.items() if len(groups) > 1}, paths


def _check_choice(group_id: str, group: Group, choice: Choice, protected: Protected | None) -> list[Problem]:
    found: list[Problem] = []

    def refuse(rule: str, sentence: str, assets: set[str] | tuple[str, ...] = ()) -> None:
        found.append(Problem(group_id, rule, sentence, tuple(sorted(assets))))

    members = {asset.id: asset for asset in group.assets}
    keep, trash = set(choice.keep), set(choice.trash)
    if group.id != group_id:
        refuse("wrong_group", f"The choice was made for group {group.id}.")
    if stray := (keep | trash) - members.keys():
        refuse("unknown_asset", f"Asset {', '.join(sorted(stray))} is not in the group.", stray)
    if forgotten := members.keys() - keep - trash:
        refuse("undecided_asset", f"Nothing is said of asset {', '.join(sorted(forgotten))}.", forgotten)
    if both := keep & trash:
        refuse("kept_and_trashed", f"Asset {', '.join(sorted(both))} is both kept and trashed.", both)
    if len(keep) != len(choice.keep) or len(trash) != len(choice.trash):
        refuse("named_twice", "An asset is named twice.")
    if choice.winner not in keep:
        refuse("winner_not_kept", f"The winner {choice.winner} is not among the kept.", (choice.winner,))
    living = [
        i for i in keep & members.keys() - trash if not (members[i].is_trashed or members[i].is_offline)
    ]
    if not living:
        refuse("no_keeper", "No living asset would be left of this group.")
    if trash and members.get(choice.winner) and members[choice.winner].is_trashed:
        refuse("winner_trashed", "The winner lies in the trash already.", (choice.winner,))
    if choice.stack and len(keep) < 2:
        refuse("stack_of_one", "A stack needs at least two kept assets.")
    if trash:
        if doomed := trash.intersection(twins(group)):
            refuse("same_file", "An asset to trash is the file of another member.", doomed)
        if protected is not None and (
            guarded := {i for i in trash & members.keys() if protected.covers(members[i])}
        ):
            refuse("protected", "An asset to trash is protected.", guarded)
    return found
