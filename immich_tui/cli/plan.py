"""`immich-tui plan`: the schema of a plan file, and whether one can be carried out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import FILE, output_options
from immich_tui.cli.status import Command, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.cli.output import Output
    from immich_tui.review.plan import Objection

CHECK_EXAMPLES = """\
immich-tui plan check plan.json
immich-tui plan check plan.json --json | jq -r 'select(.kind == "objection") | .sentence'
"""

SCHEMA_EXAMPLES = """\
immich-tui plan schema > plan.schema.json
"""


@click.group("plan")
def command() -> None:
    """Check a plan file, or print the JSON Schema of plan files."""


@command.command("schema", cls=Command, examples=SCHEMA_EXAMPLES)
@click.pass_context
def schema(context: click.Context, /) -> None:
    """Print the JSON Schema of plan files, for editors and scripts."""
    from immich_tui.cli.output import Output
    from immich_tui.review.plan_model import plan_schema

    out = Output()
    out.raw(json.dumps(plan_schema(), indent=2))
    context.exit(out.ended(Status.DONE))


@command.command("check", cls=Command, examples=CHECK_EXAMPLES)
@click.argument("file", type=FILE)
@output_options
@click.pass_context
def check(context: click.Context, /, *, file: Path, **flags: Any) -> None:
    """Check a plan file that was edited, and name the group and the field of everything that is wrong.

    No server is asked: the file is compared with the last fetch on this machine, if there is one. Exit status
    1 if some groups are refused, 2 if the file cannot be used at all.
    """
    from immich_tui.cli.headless import run

    async def work(headless: Headless) -> int:
        return await _check(headless, file)

    run(context, work, **flags)


async def _check(headless: Headless, file: Path) -> int:
    import asyncio

    from immich_tui.review.plan import check_shape, read_plan

    header, objections, count = await asyncio.to_thread(check_shape, file)
    compared = False
    database = headless.config.paths.database(header.server.url, header.server.user_id)
    if database.exists():
        from immich_tui.review.session import Session
        from immich_tui.review.store import Store
        from immich_tui.verdict.model import Context

        policies = headless.config.policies
        policy = policies.get(header.policy) or policies["metadata"]
        session = await Session.open(await asyncio.to_thread(Store.open, database), policy, Context())
        try:
            reading = await read_plan(session, file)
            objections, count, compared = reading.objections, reading.groups, True
        finally:
            await session.close()
    tell_objections(headless.output, objections)
    refused = len({objection.group for objection in objections})
    against = (
        "compared with the last fetch on this machine"
        if compared
        else "only checked by itself: nothing was fetched from its server on this machine"
    )
    headless.output.say(f"{count:,} groups, {refused:,} refused; {against}.")
    headless.output.line("message", level="info", text=f"{count} groups, {refused} refused; {against}.")
    return Status.SOME_FAILED if refused else Status.DONE


def tell_objections(out: Output, objections: Iterable[Objection]) -> None:
    """Say what speaks against groups of a plan file."""
    for one in objections:
        out.line("objection", group=one.group, field=one.field, sentence=one.sentence)
        out.say(f"✗ group {one.group}, {one.field}: {one.sentence}")
