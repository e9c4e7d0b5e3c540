"""What is asked of a provider of travel times, and what it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from outreach.routing.problem import BadProblem, Matrix
from outreach.routing.travel.geodesic import Terrain


@dataclass(frozen=True, slots=True)
class Place:
    """A point that has a name.

    Attributes:
        name: unique among the places of a question.
        lat, lon: degrees, WGS 84.
        terrain: the ground around it, for estimates.
        region: whose figures of detours and speeds hold there, for estimates.
    """

    name: str
    lat: float
    lon: float
    terrain: Terrain = Terrain.HILLS
    region: str = ""


class Reason(StrEnum):
    """Why figures are estimates though a road engine was asked. The words never change."""

    NOT_THERE = "not_there"
    """Nobody answers at its address."""
    SLOW = "slow"
    """It took longer than it may."""
    BUSY = "busy"
    """It asked to come back later, too often or too late."""
    REFUSED = "refused"
    """It does not answer such a question: another profile, another path, no key."""
    BROKEN = "broken"
    """It says that something is wrong with it."""
    UNREADABLE = "unreadable"
    """What it says is no matrix."""
    UNANSWERED = "unanswered"
    """It knows no way between some places."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why some figures of an answer are estimates.

    Attributes:
        reason: a word to translate.
        pairs: how many figures; a way and the way back are two.
        detail: what was seen, for whoever runs the installation; English, not for pages.
    """

    reason: Reason
    pairs: int
    detail: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a provider says.

    Attributes:
        matrix: the ways between all places, in their order.
        source: the name of the provider.
        trouble: why some figures are not what was asked for; ``None`` if all are.
        requests: how many were sent.
        is_stored: whether the figures come from an earlier answer.
    """

    matrix: Matrix
    source: str
    trouble: Trouble | None = None
    requests: int = 0
    is_stored: bool = False


class Provider(Protocol):
    """Says how long the ways between places are."""

    def ask(self, places: Sequence[Place]) -> Answer:
        """Return the ways between all places, in their order.

        Raises:
            BadProblem: if two places have the same name.
            ValueError: if a point lies off the earth.
        """


def names_of(places: Sequence[Place]) -> tuple[str, ...]:
    """Return the names of the places.

    Raises:
        BadProblem: if two have the same.
    """
    names = tuple(place.name for place in places)
    if len(set(names)) < len(names):
        raise BadProblem("place_twice", Counter(names).most_common(1)[0][0])
    return names


def pairs_of(names: Sequence[str], where: NDArray[np.bool_]) -> frozenset[tuple[str, str]]:
    """Return the pairs of names at which an n x n array is true."""
    here, there = np.nonzero(where)
    return frozenset(
        (names[a], names[b]) for a, b in zip(here.tolist(), there.tolist(), strict=True)
    )
