"""What a person set about the ways by which bytes come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from immich_tui.immich.secret import Secret


@dataclass(frozen=True, slots=True)
class Aria2Setup:
    """An aria2 daemon that fetches for itself.

    `url` is its JSON-RPC address and `secret` its token. `folder` is where backups go on its own machine.
    `shared` says that this is the backup folder of this machine as seen from there, so that what it fetches
    can be read here. `server_url` is the API as its machine reaches it, `None` for the address used here.
    Hosts in `allowed_hosts` may get the API key without encryption. `trusted` is the person's word that what
    aria2 verified counts without being read here.
    """

    url: str
    secret: Secret
    folder: str
    shared: bool = False
    server_url: str | None = None
    allowed_hosts: frozenset[str] = frozenset()
    trusted: bool = False

    @property
    def counts(self) -> bool:
        """Whether anything that it fetches can ever count as a backup."""
        return self.shared or self.trusted


@dataclass(frozen=True, slots=True)
class Transfer:
    """The ways that are set up. `http` is whether this machine may fetch originals from the server itself.

    Seconds: every `poll_s` is looked at those that work elsewhere; one that went away is waited for `grace_s`
    before another takes over, and `patience_s` where there is no other.
    """

    path_map: Mapping[str, Path] = field(default_factory=dict)
    aria2: Aria2Setup | None = None
    http: bool = True
    poll_s: float = 1.0
    grace_s: float = 20.0
    patience_s: float = 300.0

    @property
    def only_elsewhere(self) -> bool:
        """Whether every backup will lie on another machine, so that none needs room on this one."""
        return self.aria2 is not None and not (self.aria2.shared or self.http or self.path_map)
