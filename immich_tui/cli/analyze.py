"""`immich-tui analyze`: read and judge the groups, and write what would be done into a file."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import output_options, policy_option, server_options
from immich_tui.cli.status import Command, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.cli.output import Output
    from immich_tui.review.session import Summary

EXAMPLES = """\
immich-tui analyze                              # read, judge, and say what was found
immich-tui analyze -o plan.json                 # write what the policy proposes into a file
immich-tui analyze -o plan.json --accept exact  # only propose where nothing differs
immich-tui analyze -o - | jq '.totals'          # a plan on standard output
"""

TIERS = ("exact", "same-picture", "likely")


@click.command("analyze", cls=Command, examples=EXAMPLES)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write a plan into this file; - is standard output.",
)
@click.option(
    "--accept",
    type=click.Choice([*TIERS, "none"]),
    multiple=True,
    help="How sure the policy must be to decide in the plan; repeatable. Without it: exact, same-picture and"
    " likely. Doubtful groups are always left to you.",
)
@click.option("--cached", is_flag=True, help="Use the last fetch instead of reading the groups again.")
@server_options
@policy_option
@output_options
@click.pass_context
def command(
    context: click.Context, /, *, output: Path | None, accept: tuple[str, ...], cached: bool, **flags: Any
) -> None:
    """Read and judge the duplicate groups. Nothing on the server is changed.

    With -o, every group is written into a plan: a JSON file to read, to edit and to give to `execute`. What
    you decided in the full-screen app stands in it as you decided.
    """
    from immich_tui.cli.headless import run

    if output is not None and str(output) == "-" and flags["as_json"]:
        raise click.UsageError("--json and -o - both want standard output. Write the plan into a file.")

    async def work(headless: Headless) -> int:
        return await _analyze(headless, output, accept or TIERS, cached)

    run(context, work, **flags)


async def _analyze(headless: Headless, path: Path | None, accept: tuple[str, ...], cached: bool) -> int:
    from immich_tui.cli.fetching import fetch
    from immich_tui.review.plan_export import export_plan
    from immich_tui.verdict.model import Tier

    out = headless.output
    async with headless.at_desk(writing=not cached) as desk:
        if not cached or not desk.session.rows:
            await fetch(headless, desk)
        tiers = {Tier(name.replace("-", " ")) for name in accept if name != "none"}
        user = desk.link.capabilities.user
        if path is not None and str(path) == "-":
            # A plan is UTF-8, whatever the terminal speaks.
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(encoding="utf-8")
            # A reader that goes away has seen enough.
            with contextlib.suppress(BrokenPipeError):
                await export_plan(desk.session, sys.stdout, accept=tiers, user_id=user.id)
                sys.stdout.flush()
            return Status.DONE
        _summarise(out, desk.session.summary())
        if path is not None:
            await _write(headless, desk.session, path, tiers, user.id)
    return Status.DONE


async def _write(headless: Headless, session: Any, path: Path, tiers: set[Any], user_id: str) -> None:
    from immich_tui.cli.output import counted, size_text
    from immich_tui.review.plan_export import write_plan_file

    header = await write_plan_file(session, path, accept=tiers, user_id=user_id)
    totals = header.totals
    to_do = sum(count for kind, count in totals.decisions.items() if kind not in ("undecided", "skip"))
    headless.output.conclude(plan=str(path), **totals.model_dump(mode="json"))
    headless.output.say(
        "",
        f"Written to {path}: {to_do:,} of {counted(totals.groups, 'group')} decided,"
        f" {size_text(totals.freed)} would go to the trash.",
        f"Next: read it, change what you like, then: immich-tui execute {path} --dry-run",
    )


def _summarise(out: Output, found: Summary) -> None:
    from immich_tui.cli.output import counted, size_text
    from immich_tui.verdict.phrases import flag_name

    out.line(
        "summary",
        groups=found.groups,
        assets=found.assets,
        unreadable=found.unreadable,
        differs=found.differs,
        saving=found.saving,
        decided=found.decided,
        tiers={str(tier): count for tier, count in found.tiers.items()},
        flags=dict(found.flags),
    )
    out.say(f"{counted(found.groups, 'group')} with {counted(found.assets, 'photo')}")
    out.say(f"  {size_text(found.saving)} could be freed")
    out.say(f"  {found.differs:,} where another photo is kept than Immich would")
    out.say(f"  {found.decided:,} decided so far")
    for tier in ("exact", "same picture", "likely", "doubtful"):
        if count := {str(key): value for key, value in found.tiers.items()}.get(tier):
            out.say(f"  {count:>7,}  {tier}")
    for flag, count in sorted(found.flags.items(), key=lambda item: (-item[1], item[0])):
        out.say(f"  {count:>7,}  flagged {flag_name(flag)}")
