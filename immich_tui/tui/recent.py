"""The things that were used lately, as many as fit into a budget."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Forgets what was used longest ago when the weights together exceed the budget; never the newest."""

    def __init__(self, budget: int, weigh: Callable[[V], int]) -> None:
        self._budget = budget
        self._weigh = weigh
        self._kept: OrderedDict[K, V] = OrderedDict()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """What is kept under this key; it counts as used."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        self.drop(key)
        self._kept[key] = value
        self.weight += self._weigh(value)
        while self.weight > self._budget and len(self._kept) > 1:
            self.weight -= self._weigh(self._kept.popitem(last=False)[1])

    def drop(self, key: K) -> None:
        """Forget what is under this key."""
        found = self._kept.pop(key, None)
        if found is not None:
            self.weight -= self._weigh(found)
