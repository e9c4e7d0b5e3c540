"""What a rule says is read by people: plain words, hours and minutes, no number for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from outreach.scheduling.domain import Finding, Rule

WAY = {"origin": "A", "destination": "B"}
CROWD = "A trip needs at least 3 crew, 2 of them professional staff (Circular 05/2022); "


@pytest.mark.parametrize(
    ("rule", "params", "message"),
    [
        (
            Rule.LEG_TOO_SHORT,
            WAY | {"minutes": 220, "buffer": 10, "gap": 0},
            "From A to B takes about 3 h 40 min, and 10 min to spare; the schedule leaves 0 min.",
        ),
        (
            Rule.DRIVING_DAY,
            {"day": "01/03/2027", "minutes": 870},
            "On 01/03/2027 the operator drives 14 h 30 min; 10 hours a day are allowed.",
        ),
        (
            Rule.OUTSIDE_WINDOWS,
            {"venue": "Trường A", "hours": "–", "clock": "07:15–09:15"},
            "Trường A takes no visitors on that day.",
        ),
        (
            Rule.OUTSIDE_WINDOWS,
            {"venue": "Trường A", "hours": "07:30–09:00", "clock": "07:15–09:15"},
            "Trường A can be visited on that day 07:30–09:00, not 07:15–09:15.",
        ),
        (
            Rule.CREW_TOO_SMALL,
            {"crew": 0, "professionals": 0},
            CROWD + "nobody has been named for this one.",
        ),
        (
            Rule.CREW_TOO_SMALL,
            {"crew": 1, "professionals": 0},
            CROWD + "this one has 1, none of them professional staff.",
        ),
        (
            Rule.PAUSE_OUTSIDE_TRIP,
            {"clock": "11:30–12:00"},
            "The pause at 11:30–12:00 is not between the trip's departure and return.",
        ),
        (
            Rule.VEHICLE_OFF,
            {"vehicle": "Xe 1", "reason": "Bảo dưỡng."},
            "Xe 1 is not to be had at that time: Bảo dưỡng.",
        ),
    ],
)
def test_a_rule_says_it_plainly(rule: Rule, params: dict[str, Any], message: str) -> None:
    with override("en"):
        assert Finding(rule, params).message == message
