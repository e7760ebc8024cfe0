"""What must hold after every fault, whatever it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.manifest import read_manifest
from immich_tui.execution.graft.carrier import NAME
from immich_tui.execution.report.report import Report


def in_the_trash(server: DemoServer) -> set[str]:
    """Ids of the person's photos that are gone; carriers of sidecars were never theirs."""
    return {
        asset_id
        for asset_id, asset in server.library.assets.items()
        if (asset.trashed or asset.purged) and not asset.name.startswith(NAME)
    }


@dataclass
class Before:
    """The library as it was before anything was done."""

    server: DemoServer
    trashed: set[str] = field(default_factory=set)
    groups: dict[str, set[str]] = field(default_factory=dict)
    backups: str = "backups"

    @classmethod
    def of(cls, server: DemoServer, backups: str = "backups") -> Before:
        groups: dict[str, set[str]] = {}
        for asset_id, asset in server.library.assets.items():
            if asset.duplicate_id:
                groups.setdefault(asset.duplicate_id, set()).add(asset_id)
        return cls(server, in_the_trash(server), groups, backups)

    def nothing_is_lost(self, folder: Path) -> None:
        """Each asset lives, or has a backup with its bytes; every group has a living member."""
        saved = {
            line.asset_id: manifest.parent / line.file
            for manifest in (folder / self.backups).glob("*/manifest.jsonl")
            for line in read_manifest(manifest)
        }
        gone = in_the_trash(self.server) - self.trashed
        for asset_id in gone:
            assert saved[asset_id].read_bytes() == self.server.library.bytes_of(asset_id)
        for members in self.groups.values():
            assert members - gone, "a whole group is gone"

    def agrees_with(self, report: Report) -> None:
        """The server has trashed what the report says and nothing else; what is not done has a reason."""
        gone = {entry.asset_id for group in report.groups for entry in group.gone}
        assert in_the_trash(self.server) - self.trashed == gone
        for group in report.held:
            assert group.reason.endswith("."), group.reason
            assert "\n" not in group.reason
        if report.state != "done":
            assert report.reason.endswith("."), report.reason
