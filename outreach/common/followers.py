"""How effects climb from a lower app to higher ones that it must not know (DESIGN.md 1).

The lower app owns a :class:`Followers` of its kind of change and tells it of each; higher apps
register what follows at start-up. No signals: the order is fixed, and all of it is one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar, runtime_checkable

Change = TypeVar("Change")
Told = TypeVar("Told", contravariant=True)


class Follower(Protocol[Told]):
    """Carries one kind of consequence along with every change of a kind."""

    def follow(self, change: Told) -> None:
        """Bring what depends on it in line with the change. Raising undoes the whole change."""


@runtime_checkable
class BulkFollower(Protocol[Told]):
    """A follower that is quicker with many changes at once than with one after the other."""

    def follow_all(self, changes: Sequence[Told]) -> None:
        """Do what ``follow`` would have done for each. Raising undoes all of them."""


class Followers(Generic[Change]):
    """What follows one kind of change, in the order in which it was registered."""

    def __init__(self) -> None:
        self._by_name: dict[str, Follower[Change]] = {}

    def register(self, name: str, follower: Follower[Change]) -> None:
        """Add a follower; it is called after those that are there.

        Raises:
            ValueError: if the name is taken.
        """
        if name in self._by_name:
            raise ValueError(f"A follower called {name} is registered already.")
        self._by_name[name] = follower

    def registered(self) -> dict[str, Follower[Change]]:
        """Return the followers by name, in the order they are called."""
        return dict(self._by_name)

    def tell(self, change: Change) -> None:
        """Call every follower. Must run inside the transaction of the change."""
        for follower in self._by_name.values():
            follower.follow(change)

    def tell_all(self, changes: Sequence[Change]) -> None:
        """Call every follower with many changes. Must run inside their one transaction."""
        for follower in self._by_name.values():
            if isinstance(follower, BulkFollower):
                follower.follow_all(changes)
            else:
                for change in changes:
                    follower.follow(change)
