"""Running a command without a screen: settings, log, connection, session, signals, and the exit status."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import flags_of, load_config
from immich_tui.cli.output import Output
from immich_tui.cli.signals import Stop
from immich_tui.cli.status import Ended, Status

if TYPE_CHECKING:
    from immich_tui.cli.logs import Logs
    from immich_tui.config import Config
    from immich_tui.desk import Desk
    from immich_tui.link import Link

NO_SERVER = "No server is named."
HOW_TO_NAME_ONE = (
    "Give --url and a key (--key-file or IMMICH_TUI_API_KEY), or run immich-tui once and keep a profile."
)


class Headless:
    """What every command without a screen works with."""

    def __init__(self, config: Config, output: Output, logs: Logs) -> None:
        self.config = config
        self.output = output
        self.stop = Stop()
        self._logs = logs

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Link]:
        """The server of the settings. Raises `Ended` when none is named, and `ImmichError`."""
        from immich_tui.link import connect

        config = self.config
        if not config.url or config.key is None:
            missing = NO_SERVER if not config.url else f"No API key is known for {config.url}."
            raise Ended(Status.USAGE, missing, HOW_TO_NAME_ONE)
        link = await connect(config.url, config.key, ca_file=config.ca_file, insecure=config.insecure)
        try:
            for warning in (*config.warnings, *link.warnings, *link.capabilities.warnings):
                self.output.warn(warning)
            yield link
        finally:
            await link.close()

    @asynccontextmanager
    async def at_desk(self, *, writing: bool = True) -> AsyncIterator[Desk]:
        """The session of the connected server.

        Raises `Ended` when it is to be written and another process works on it.
        """
        from immich_tui.desk import Desk

        async with self.connected() as link:
            config = self.config
            desk = await Desk.open(
                link, config.paths, config.policies, config.policy, graft=config.settings.graft
            )
            try:
                if writing and desk.session.read_only:
                    raise Ended(
                        Status.REFUSED,
                        "Another immich-tui is at work on this server's session.",
                        "Close it first, or wait until it has ended.",
                    )
                yield desk
            finally:
                await desk.close()


Work = Callable[[Headless], Awaitable[int]]


def run(
    context: click.Context,
    work: Work,
    *,
    as_json: bool,
    log_file: Path | None,
    verbose: int,
    paths: Any = None,
    keys: Any = None,
    **flags: Any,
) -> None:
    """Run a command to its end and leave with its exit status."""
    output = Output(as_json=as_json, verbose=verbose)
    context.exit(_run(work, output, log_file, verbose, flags_of(context, flags), paths, keys))


def _run(
    work: Work,
    output: Output,
    log_file: Path | None,
    verbose: int,
    flags: dict[str, Any],
    paths: Any,
    keys: Any,
) -> int:
    from immich_tui.cli.logs import Logs

    try:
        logs = Logs(log_file, verbose)
    except OSError as error:
        output.fail(f"The log file {log_file} cannot be written: {error.strerror}.", "", Status.USAGE)
        return Status.USAGE
    key, folder = "", None
    try:
        config = load_config(flags, paths, keys)
        key, folder = config.key.reveal() if config.key else "", config.paths.data / "log"
        logs.hide(key)
        headless = Headless(config, output, logs)
        return output.ended(asyncio.run(_watched(headless, work)))
    except KeyboardInterrupt:
        # Before signals were listened to.
        output.fail("Stopped.", "", 128 + signal.SIGINT)
        return 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001 - the last place where an error can be put into words
        return output.ended(_failed(error, output, key, folder))
    finally:
        logs.close()


async def _watched(headless: Headless, work: Work) -> int:
    headless.stop.watch()
    try:
        status = await work(headless)
    except asyncio.CancelledError:
        if not headless.stop.number:
            raise
        headless.output.fail("Stopped.", "", 128 + headless.stop.number)
        return 128 + headless.stop.number
    headless.output.result(int(status))
    return int(status)


def _failed(error: Exception, output: Output, key: str, folder: Path | None) -> int:
    """Put an error into words, and into a status."""
    told = explained(error)
    if told is None:
        return _mistake(error, output, key, folder)
    if told.status is Status.DONE:
        output.note(told.sentence)
    else:
        output.fail(told.sentence, told.next_step, told.status)
    return told.status


def explained(error: Exception) -> Ended | None:
    """An error as the end of a command; `None` for a mistake of this program."""
    if isinstance(error, Ended):
        return error
    from immich_tui.config import ConfigError
    from immich_tui.immich.errors import ImmichError
    from immich_tui.jobs.journal import JournalUnavailable
    from immich_tui.review.plan_text import PlanUnreadable
    from immich_tui.review.store import StoreUnavailable
    from immich_tui.tui.trouble import in_words

    if isinstance(error, ImmichError):
        return Ended(Status.CONNECTION, *in_words(error))
    if isinstance(error, PlanUnreadable):
        return Ended(Status.USAGE, error.sentence)
    if isinstance(error, (ConfigError, StoreUnavailable, JournalUnavailable, OSError)):
        return Ended(Status.USAGE, *in_words(error))
    return None


def _mistake(error: Exception, output: Output, key: str, folder: Path | None) -> int:
    import tempfile

    from immich_tui.tui.fatal import farewell, write_traceback

    path = write_traceback(error, folder or Path(tempfile.gettempdir()), key)
    output.fail(farewell(error, path).strip(), "", Status.MISTAKE)
    return Status.MISTAKE
