"""What can be asked of the figures, and what is answered: plain values without a database.

A question is a handful of words, so that an address, an API call and a test can all carry it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from outreach.common.errors import InvalidInput
from outreach.common.periods import add_months
from outreach.statistics.domain import COUNTABLES, Basis, Countable, Value

UNKNOWN_PLACE = "none"
"""Asks for what happened nowhere in particular: at a venue without a commune."""
NOT_BROKEN_DOWN = "rest"
"""Asks for the people (or activities) that no age band accounts for."""
MOST_MONTHS = 240
"""The longest period that can be asked about; a longer one is a slip of the keyboard."""


class Group(StrEnum):
    """By what an answer is divided into rows."""

    MONTH = "month"
    LIBRARY = "library"
    PROVINCE = "province"
    COMMUNE = "commune"
    KIND = "kind"
    AUDIENCE = "audience"


class Units(StrEnum):
    """In which units the places of figures are told."""

    AS_WAS = "as_was"
    TODAY = "today"


@dataclass(frozen=True, slots=True)
class Question:
    """Which figures, of when, where and what, divided by what.

    Attributes:
        measures: keys of :data:`outreach.statistics.domain.COUNTABLES`, but not of the building's.
        first_month: first day of the first month.
        last_month: first day of the last month, which is included.
        library: its slug; empty for all that may be seen.
        province: its code, ``code@2025-07-01`` for the one of several that was made on that day,
            or :data:`UNKNOWN_PLACE`.
        commune: the same for a commune.
        kind: an activity kind. Events are told by their main activity, activities by their own.
        audience: its code, or :data:`NOT_BROKEN_DOWN`.
        group_by: what the rows stand for.
        units: whether places are told as they were when it was counted, or in today's units.
    """

    measures: tuple[str, ...]
    first_month: date
    last_month: date
    library: str = ""
    province: str = ""
    commune: str = ""
    kind: str = ""
    audience: str = ""
    group_by: Group = Group.MONTH
    units: Units = Units.AS_WAS

    @property
    def carries(self) -> bool:
        """Whether figures of earlier units are told in today's."""
        return self.units is Units.TODAY and self.knows_places

    @property
    def level(self) -> str:
        """The level of units that places are told by: the finest that is asked for."""
        is_commune = bool(self.commune) or self.group_by == Group.COMMUNE
        return str(Group.COMMUNE if is_commune else Group.PROVINCE)

    @property
    def knows_places(self) -> bool:
        """Whether it needs facts: cells know no places below the library."""
        return bool(self.province or self.commune) or self.group_by in (
            Group.PROVINCE,
            Group.COMMUNE,
        )

    @property
    def knows_audiences(self) -> bool:
        """Whether it asks for audiences, which only some measures know."""
        return bool(self.audience) or self.group_by == Group.AUDIENCE

    @property
    def end(self) -> date:
        """The first day after the period."""
        return add_months(self.last_month, 1)

    def countables(self) -> list[Countable]:
        """Return what it asks for.

        Raises:
            InvalidInput: if a measure is unknown, or is not told by audience although asked so.
        """
        found = []
        for key in self.measures:
            countable = COUNTABLES.get(key)
            if countable is None or countable.basis is Basis.BUILDING:
                raise InvalidInput(
                    _("There is no measure called “%(key)s”."),
                    code="measure_unknown",
                    field="measure",
                    params={"key": key},
                )
            if self.knows_audiences and not countable.knows_audiences:
                raise InvalidInput(
                    _("This measure is not told by audience. Choose people served or activities."),
                    code="measure_without_audiences",
                    field="measure",
                    params={"key": key},
                )
            found.append(countable)
        return found

    def check_period(self) -> None:
        """Refuse a period that is none.

        Raises:
            InvalidInput: if it ends before it begins, or is longer than :data:`MOST_MONTHS`.
        """
        if self.last_month < self.first_month:
            raise InvalidInput(
                _("The last month is before the first one."), code="period_reversed", field="to"
            )
        first, last = self.first_month, self.last_month
        if (last.year - first.year) * 12 + last.month - first.month >= MOST_MONTHS:
            raise InvalidInput(
                _("This is more than %(most)d months: choose a shorter period."),
                code="period_too_long",
                field="to",
                params={"most": MOST_MONTHS},
            )

    def params(self) -> dict[str, str]:
        """Return the words an address carries it in, without its measures."""
        words = {
            "from": f"{self.first_month:%Y-%m}",
            "to": f"{self.last_month:%Y-%m}",
            "library": self.library,
            "province": self.province,
            "commune": self.commune,
            "kind": self.kind,
            "audience": self.audience,
            "by": str(self.group_by),
            "units": "" if self.units is Units.AS_WAS else str(self.units),
        }
        return {name: value for name, value in words.items() if value}

    def of_measure(self, key: str) -> Question:
        """Return the same question about one measure."""
        return replace(self, measures=(key,))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an answer.

    Attributes:
        key: what it stands for: a month as ``YYYY-MM``, a slug, a code.
        label: its name in the active language.
        params: the words that narrow the question to this row.
        values: by key of the measure.
        is_apart: whether it cuts across the other rows, and is no part of their sum.
    """

    key: str
    label: str
    params: Mapping[str, str]
    values: Mapping[str, Value]
    is_apart: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows that partition the whole, the whole, and beside them the rows that cut across.

    Attributes:
        rows: add up to ``total``, amount by amount.
        apart: priority groups; each is part of the whole and may be part of every row.
    """

    question: Question
    measures: Sequence[Countable]
    rows: Sequence[Row]
    total: Row
    apart: Sequence[Row] = ()
