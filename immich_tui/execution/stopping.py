"""Which errors concern one item, and which pause the whole run."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, Protocol, TypeVar

from immich_tui.execution.run import Run, ended
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import Busy, ImmichError, Maintenance, TlsProblem, Unauthorized, Unreachable
from immich_tui.jobs.phase import Context, Outcome, Paused, Phase
from immich_tui.jobs.pool import Pool, Retry, Slot
from immich_tui.review.store import StoreUnavailable

S = TypeVar("S")


class Asking(Protocol):
    """Whatever asks the server through a pool."""

    client: ImmichClient
    pool: Pool


def stops_everything(error: ImmichError) -> bool:
    """Whether going on with other items makes no sense: no server, no valid key, maintenance.

    The run pauses then, resumable; nothing is marked as failed for it.
    """
    return isinstance(error, (Unauthorized, Maintenance, Unreachable, TlsProblem))


async def concerns_all(run: Asking, error: ImmichError, slot: Slot) -> bool:
    """Whether an error of one item's call stops everything, asking the server where that is not plain.

    A connection that breaks again and again over one file is that file's trouble if the server answers else.
    """
    if not isinstance(error, Unreachable):
        return stops_everything(error)
    try:
        await run.pool.call(run.client.version, slot, repeatable=False)
    except ImmichError:
        return True
    return False


def classify(error: BaseException) -> Retry | None:
    """How the pool treats an error: whether the call may be repeated, after how long, and who waits."""
    if not isinstance(error, ImmichError) or not error.transient:
        return None
    busy = isinstance(error, Busy)
    return Retry(
        after=error.retry_after,
        slow_down=busy,
        hold_all=busy and error.retry_after is not None,
        undone=not error.may_have_happened,
    )


class ServerPhase(Phase[S], Generic[S]):
    """A phase that works on the server: what that refuses as a whole pauses the job, with the reason."""

    async def run(self, context: Context[S]) -> Outcome:
        """Do the work; turn errors of server and session that concern everything into a pause."""
        try:
            return await self.work(context)
        except ImmichError as error:
            raise Paused(f"{ended(error.sentence)} {error.next_step}".strip()) from error
        except StoreUnavailable as error:
            raise Paused(str(error)) from error

    @abstractmethod
    async def work(self, context: Context[S]) -> Outcome:
        """Do what the phase is for."""


class RunPhase(ServerPhase[Run]):
    """A phase of a run that carries out a plan."""
