"""What a server and key can do, as far as the rules need to know."""

from __future__ import annotations

from datetime import UTC, datetime

from immich_tui.immich.capabilities import Capabilities
from immich_tui.verdict.model import Abilities, Context


def context_of(capabilities: Capabilities, now: datetime | None = None, *, graft: bool = False) -> Context:
    """Return the context in which groups of this server are judged; `graft` is whether grafting is on."""
    can = capabilities.abilities()
    return Context(
        now=now or datetime.now(UTC),
        graft=graft,
        abilities=Abilities(
            update_asset=can.update_asset,
            albums=can.albums,
            album_cover=can.album_cover,
            tags=can.tags,
            live_video=can.live_video,
            faces=can.faces,
            shared_links=can.shared_links,
            graft=can.graft,
            no_graft=capabilities.no_graft,
        ),
    )
