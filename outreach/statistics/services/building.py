"""The figures a library counts in its building, once a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.attendance.domain import MOST
from outreach.attendance.inputs import NOT_COLLECTED, Figure
from outreach.attendance.models import How
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.common.periods import first_of_month
from outreach.statistics.models import BUILDING_MEASURES, BuildingFigures

MOST_IN_A_MONTH = 10 * MOST
"""A larger number is a slip of the thumb."""


def set_building_figures(
    *,
    actor: User,
    library: Library,
    month: date,
    figures: Mapping[str, Figure],
    reason: str = "",
    expected_version: int | None = None,
    now: datetime | None = None,
) -> BuildingFigures:
    """Store what a library counted in its building in one month, or correct it.

    Args:
        actor: must enter building figures for ``library``.
        month: first day of a month that has begun.
        figures: by code of ``BUILDING_MEASURES``; one that is absent was not collected.
        reason: why, required for a correction.
        expected_version: the version the correction was prepared on, see :func:`audit.version_of`.
        now: the present instant.

    Raises:
        NotAllowed: if ``actor`` may not.
        InvalidInput: if the month is not one that can be entered, a figure makes no sense, or a
            correction has no reason; ``field`` names which.
        StaleWrite: if somebody changed the month since ``expected_version``.
        Conflict: if somebody entered the month at this very moment.
    """
    if not actor.may(Action.ENTER_BUILDING_FIGURES, library.pk):
        raise NotAllowed()
    _check_month(library, month, now or clock.now())
    for code, figure in figures.items():
        _check(code, figure)
    try:
        with transaction.atomic():
            return _store(actor, library, month, figures, reason.strip(), expected_version)
    except IntegrityError as error:
        raise Conflict(
            _("Somebody entered this month at the same moment. Please look again."),
            code="entered_meanwhile",
        ) from error


def _store(
    actor: User,
    library: Library,
    month: date,
    figures: Mapping[str, Figure],
    reason: str,
    expected_version: int | None,
) -> BuildingFigures:
    stored = BuildingFigures.objects.select_for_update().filter(library=library, month=month)
    record = stored.first()
    audit.refuse_stale(record, expected_version)
    if record is not None and not reason:
        raise InvalidInput(
            _("Please say why the figures are corrected."), code="reason_missing", field="reason"
        )
    record = record or BuildingFigures(library=library, month=month)
    for code in BUILDING_MEASURES:
        figure = figures.get(code, NOT_COLLECTED)
        setattr(record, code, figure.value)
        setattr(record, f"{code}_how", figure.how)
    try:
        audit.save(record, actor=actor, reason=reason)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    return record


def _check_month(library: Library, month: date, now: datetime) -> None:
    if library.is_union:
        raise InvalidInput(
            _("A union has no building of its own: choose one of its libraries."),
            code="library_is_union",
            field="library",
        )
    if month.day != 1:
        raise InvalidInput(
            _("A month is given by its first day."), code="month_not_first", field="month"
        )
    if month > first_of_month(clock.local(now, library.zone).date()):
        raise InvalidInput(
            _("This month has not begun yet."), code="month_not_begun", field="month"
        )


def _check(code: str, figure: Figure) -> None:
    if code not in BUILDING_MEASURES:
        raise InvalidInput(
            _("There is no figure called %(code)s."),
            code="figure_unknown",
            field=code,
            params={"code": code},
        )
    if figure.how not in How.values:
        raise InvalidInput(
            _("Say whether it was counted, estimated or not collected."),
            code="how_unknown",
            field=code,
        )
    if figure.value is None:
        if figure.is_collected:
            raise InvalidInput(
                _("Enter a number, or choose “not collected”."), code="value_missing", field=code
            )
    elif not figure.is_collected:
        raise InvalidInput(
            _("There is a number, but “not collected” is chosen."),
            code="value_not_collected",
            field=code,
        )
    elif figure.value < 0:
        raise InvalidInput(
            _("A number of people or things cannot be below 0."), code="value_negative", field=code
        )
    elif figure.value > MOST_IN_A_MONTH:
        raise InvalidInput(
            _("This is more than %(most)d: please check the number."),
            code="value_too_large",
            field=code,
            params={"most": MOST_IN_A_MONTH},
        )
