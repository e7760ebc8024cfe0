"""The open connection to a server: its client, what it can do, and what is dangerous about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from immich_tui.immich.capabilities import Capabilities, probe
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.discovery import discover
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection


@dataclass(frozen=True, slots=True)
class Link:
    """One connected server. Close it when another one takes its place."""

    connection: Connection
    client: ImmichClient
    capabilities: Capabilities
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        """User and host, as the server spells them: not safe to show as it is."""
        user = self.capabilities.user
        return f"{user.name} @ {self.connection.host}" if user else self.connection.host

    async def close(self) -> None:
        """Close its sockets."""
        await self.client.__aexit__(None, None, None)


async def connect(typed: str, key: Secret, *, ca_file: Path | None, insecure: bool) -> Link:
    """Find the server behind a typed address and ask what it and the key can do.

    Raises `ImmichError` with a sentence and a next step.
    """
    found = await discover(typed, ca_file=ca_file, insecure=insecure)
    connection = Connection(found.url, key, ca_file=ca_file, insecure=insecure)
    client = ImmichClient(connection)
    await client.__aenter__()
    try:
        capabilities = await probe(client)
    except BaseException:
        await client.__aexit__(None, None, None)
        raise
    return Link(connection, client, capabilities, tuple(found.warnings))
