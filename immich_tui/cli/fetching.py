"""Reading the groups without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immich_tui.cli.status import Ended, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.desk import Desk
    from immich_tui.jobs.progress import JobSnapshot


async def fetch(headless: Headless, desk: Desk) -> None:
    """Read, judge and store every group; the session's rows are new afterwards.

    Raises what kept it from its end, and `Ended` when it was cancelled.
    """
    if desk.session.read_only:
        raise Ended(
            Status.REFUSED,
            "Another immich-tui is at work on this server's session, so it cannot be read anew.",
            "Close it first, or wait until it has ended.",
        )
    job = desk.fetch()

    def snapshot() -> JobSnapshot | None:
        now = job.snapshot()
        return now.job if now else None

    with headless.stop.at_safe_point(job.cancel):
        result = await headless.output.watched(job.run(), snapshot)
    result.check()
    if not result.done:
        number = headless.stop.number
        status = 128 + number if number else Status.SOME_FAILED
        raise Ended(status, f"The groups were not read to the end. {result.reason}".strip())
    await desk.session.take_in_fetch()
    if job.progress.note:
        headless.output.warn(job.progress.note)
    if job.progress.unreadable:
        headless.output.warn(f"{job.progress.unreadable} groups could not be read and are left alone.")
