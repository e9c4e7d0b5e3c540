"""The day itself: a vehicle breaks down or a road closes, and the rest of the day is put in order.

A :class:`Day` says where each vehicle is, what it has done and what was promised; :func:`replan`
answers within a second, the same each time, with a :class:`DayPlan`.
"""

from __future__ import annotations

from outreach.routing.day.model import Day, DayPlan, Effort, LeftOutToday, Van, Why, rest_of
from outreach.routing.day.replanning import cost_of_day, replan

__all__ = [
    "Day",
    "DayPlan",
    "Effort",
    "LeftOutToday",
    "Van",
    "Why",
    "cost_of_day",
    "replan",
    "rest_of",
]
