"""Promises that the coordinators of the cast make."""

from __future__ import annotations

from typing import Any

from outreach.planning import services
from outreach.planning.models import Promise
from tests.cast import Cast
from tests.scheduling.desk import MONDAY


def promise(cast: Cast, **changes: Any) -> Promise:
    """Store a promise of an hour every four weeks from the Monday on, unless told otherwise."""
    wanted: dict[str, Any] = {
        "actor": cast.owner,
        "venue": cast.venue,
        "every_weeks": 4,
        "service_min": 60,
        "starts_on": MONDAY,
    }
    return services.make_promise(**wanted | changes)
