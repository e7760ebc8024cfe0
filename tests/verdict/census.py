"""`python -m tests.verdict.census [--all]`: what the rules say of the demo library and of recorded servers.

A flag that a photographer would call silly costs more than it brings, and a sentence that nobody would say is
not read. Both show only when one reads them all, so this prints them: how often each flag was raised, with
`--all` every group with its sentence, its flags and what either choice comes to.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from immich_tui.demo.server import DemoServer
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.listing import UnreadableGroup
from immich_tui.immich.models import Group
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from immich_tui.verdict.explain import explain
from immich_tui.verdict.flags import FLAG_NAMES
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Context, Severity
from immich_tui.verdict.policy import PRESETS
from tests.verdict.recorded import VERSIONS, listing

CONTEXT = Context(now=datetime(2026, 11, 22, tzinfo=UTC))
METADATA = PRESETS["metadata"]


async def demo_groups() -> list[Group]:
    """The groups of the demo library that can be read."""
    with DemoServer() as server:
        async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
            found = [listed.group async for listed in client.duplicates()]
    return [group for group in found if not isinstance(group, UnreadableGroup)]


def counted(groups: Iterable[Group]) -> dict[str, dict[Severity, int]]:
    """How often each flag is raised, by severity, in the order of their gravity."""
    found = Counter((flag.name, flag.severity) for g in groups for flag in judge(g, METADATA, CONTEXT).flags)
    return {
        name: {severity: found[name, severity] for severity in Severity if found[name, severity]}
        for name in FLAG_NAMES
        if any((name, severity) in found for severity in Severity)
    }


def _tell(group: Group, note: str = "") -> None:
    verdict = judge(group, METADATA, CONTEXT)
    explanation = explain(group, verdict, METADATA, CONTEXT)
    names = ", ".join(asset.original_file_name for asset in group.assets)
    print(f"\n[{verdict.tier}] {names}{f'  -- {note}' if note else ''}")
    print(f"  {explanation.sentence}\n  {explanation.stakes}\n  {explanation.counterfactual}")
    for flag in verdict.flags:
        print(f"  {flag.severity.name:5} {flag.name}: {FLAG_NAMES[flag.name]} ({flag.detail})")


def main(*, everything: bool) -> None:
    """Print it all."""
    demo = asyncio.run(demo_groups())
    libraries = {"demo": demo} | {v: [found.group for found in listing(v)] for v in VERSIONS}
    if everything:
        for group in demo:
            _tell(group)
        for found in listing(VERSIONS[-1]):
            _tell(found.group, f"{found.name}: {found.note}")
    counts = {name: counted(groups) for name, groups in libraries.items()}
    print(
        f"\n{'flag':<24}" + "".join(f"{f'{name} ({len(groups)})':>24}" for name, groups in libraries.items())
    )
    for flag in FLAG_NAMES:
        cells = [counts[name].get(flag, {}) for name in libraries]
        texts = [", ".join(f"{n} {s.name.lower()}" for s, n in cell.items()) or "-" for cell in cells]
        print(f"{flag:<24}" + "".join(f"{text:>24}" for text in texts))
    for name, groups in libraries.items():
        tiers = Counter(judge(group, METADATA, CONTEXT).tier for group in groups)
        print(f"{name}: " + ", ".join(f"{count} {tier}" for tier, count in tiers.most_common()))


if __name__ == "__main__":
    main(everything="--all" in sys.argv)
