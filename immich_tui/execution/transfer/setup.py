"""Putting the dispatcher of a run together from what is set up."""

from __future__ import annotations

from collections.abc import Iterator

from immich_tui.execution.backup.names import safe_id
from immich_tui.execution.run import Run
from immich_tui.execution.transfer.aria2 import ByAria2
from immich_tui.execution.transfer.detectors import detectors
from immich_tui.execution.transfer.direct import FromServerHere
from immich_tui.execution.transfer.dispatcher import Dispatcher
from immich_tui.execution.transfer.mount import FromMount, Mounts
from immich_tui.execution.transfer.wanted import Downloader


def dispatcher(run: Run) -> Dispatcher:
    """The dispatcher of a run, not yet entered."""
    transfer = run.settings.transfer
    mounts = Mounts(transfer.path_map)
    return Dispatcher(
        run.journal.path,
        detectors(mounts),
        tuple(registered(run, mounts)),
        poll_s=transfer.poll_s,
        grace_s=transfer.grace_s,
        paused=lambda: run.pool.snapshot().paused,
    )


def registered(run: Run, mounts: Mounts) -> Iterator[Downloader]:
    """Every downloader that is set up."""
    transfer = run.settings.transfer
    if mounts:
        yield FromMount(mounts)
    if transfer.aria2 is not None:
        yield ByAria2(transfer.aria2, run.client, run.id, safe_id(run.id))
    if transfer.http:
        yield FromServerHere(run.client, run.pool)
