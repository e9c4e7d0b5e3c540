"""Which new date of a series takes the place of which old one when its rule changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import date

from outreach.common.periods import first_of_month, monday_of


def pair(
    old: Collection[date], new: Collection[date], *, are_monthly: bool = False
) -> dict[date, date]:
    """Return the new date for each old one that has one.

    A date that stays takes its own place; then dates of the same week belong together. An old date
    without a partner has no visit under the new rule.

    Args:
        are_monthly: both rules count months, so that dates of the same month belong together too.
    """
    pairs = {day: day for day in old if day in new}
    _pair_within(monday_of, old, new, pairs)
    if are_monthly:
        _pair_within(first_of_month, old, new, pairs)
    return pairs


def _pair_within(
    period: Callable[[date], date],
    old: Collection[date],
    new: Collection[date],
    pairs: dict[date, date],
) -> None:
    """Pair what is left over within the same week or month."""
    taken = set(pairs.values())
    free: dict[date, list[date]] = defaultdict(list)
    for day in sorted(set(new) - taken):
        free[period(day)].append(day)
    for day in sorted(set(old) - pairs.keys()):
        if partners := free[period(day)]:
            pairs[day] = partners.pop(0)
