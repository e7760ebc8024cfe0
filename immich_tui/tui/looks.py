"""Groups that were looked at lately, so that going back and forth reads nothing twice."""

from __future__ import annotations

from collections import OrderedDict

from immich_tui.review.nearby import Nearby
from immich_tui.review.session import Look, Session

KEPT = 16


class Looks:
    """Reads groups of a session and keeps the last ones until they are decided otherwise."""

    def __init__(self, session: Session, nearby: Nearby | None = None) -> None:
        """Read groups of a session; `nearby` adds what was asked of their people and links."""
        self._session = session
        self._nearby = nearby
        self._kept: OrderedDict[str, Look] = OrderedDict()

    def ready(self, group_id: str) -> Look | None:
        """The look at a group, if it is here already."""
        return self._kept.get(group_id)

    async def read(self, group_id: str) -> Look:
        """The look at a group, from memory if it is there. Raises what `Session.look` raises."""
        look = self._kept.get(group_id)
        if look is None:
            look = await self._session.look(group_id)
            if self._nearby is not None:
                look = self._nearby.completed(look)
            self._kept[group_id] = look
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return look

    def forget(self, group_id: str) -> None:
        """Something about this group has changed."""
        self._kept.pop(group_id, None)

    def clear(self) -> None:
        """Anything may have changed."""
        self._kept.clear()
