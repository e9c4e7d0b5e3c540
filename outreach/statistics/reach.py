"""Which facts a question is about: period, libraries, places and kind as conditions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import InvalidInput
from outreach.places.models import AdministrativeUnit
from outreach.scheduling.models import ActivityKind
from outreach.statistics.carrying import Carried
from outreach.statistics.models import AUDIENCES, ActivityFact, EventFact
from outreach.statistics.questions import NOT_BROKEN_DOWN, UNKNOWN_PLACE, Question, Units

NO_LIBRARY = gettext_lazy("There is no library “%(typed)s” whose figures you may see.")
NO_UNIT = gettext_lazy("There is no place with the code “%(typed)s”.")
NO_KIND = gettext_lazy("There is no kind of activity called “%(typed)s”.")
NO_AUDIENCE = gettext_lazy("There is no audience called “%(typed)s”.")


@dataclass(frozen=True, slots=True)
class Reach:
    """The conditions of a question. ``of_sheets`` needs facts if a place is asked for.

    Where figures are told in today's units, ``carried`` says where each fact lies now, and
    ``of_sheets`` holds for facts of events only.
    """

    of_sheets: Q
    of_kind: Q
    carried: Carried | None = None

    def of_doubtful(self, level: str) -> Reach:
        """Narrow it to what was left to a main successor."""
        assert self.carried is not None
        return replace(self, of_sheets=self.of_sheets & self.carried.doubtful(level))

    def of(self, model: type[Model]) -> Q:
        """Return the condition for facts of events, of activities, or for cells."""
        if self.carried is None or model is not ActivityFact:
            return self.of_sheets
        return Q(fact__in=EventFact.objects.filter(self.of_sheets))


def _libraries(user: User) -> Q:
    if user.scope.everything:
        return Q()
    return Q(library__in=user.scope.libraries(Action.SEE_STATISTICS))


def reach_of(question: Question, user: User) -> Reach:
    """Return the facts of the libraries whose statistics ``user`` may see that are asked about.

    Raises:
        InvalidInput: if the period is none, or it names what does not exist or is not theirs.
    """
    question.check_period()
    condition = Q(month__gte=question.first_month, month__lt=question.end) & _libraries(user)
    if question.library:
        seen = Library.objects.visible_to(user, Action.SEE_STATISTICS)
        library = seen.filter(slug=question.library).first()
        if library is None:
            raise _unknown("library", question.library, NO_LIBRARY)
        condition &= Q(library=library)
    carried = _carried(condition) if question.carries else None
    condition &= _unit("province", question.province, carried)
    condition &= _unit("commune", question.commune, carried)
    if question.kind and not ActivityKind.objects.filter(pk=question.kind).exists():
        raise _unknown("kind", question.kind, NO_KIND)
    if question.audience and question.audience not in (*AUDIENCES, NOT_BROKEN_DOWN):
        raise _unknown("audience", question.audience, NO_AUDIENCE)
    return Reach(condition, Q(kind=question.kind) if question.kind else Q(), carried)


def _carried(condition: Q) -> Carried:
    """Return where the facts of a condition lie today."""
    spots = EventFact.objects.filter(condition).order_by().values_list("commune", "venue")
    return Carried(spots.distinct(), clock.today())


def _unit(level: str, word: str, carried: Carried | None = None) -> Q:
    """Return the condition that a fact lies in a unit, by the word a question names it with."""
    if not word:
        return Q()
    if word == UNKNOWN_PLACE:
        return carried.within(level, [None]) if carried else Q(**{f"{level}__isnull": True})
    code, _at, since = word.partition("@")
    units = AdministrativeUnit.objects.filter(level=level, code=code)
    try:
        units = units.filter(valid_from=since) if since else units
    except ValidationError:
        units = units.none()
    found = list(units.values_list("pk", flat=True))
    if not found:
        raise _unknown(level, word, NO_UNIT)
    return carried.within(level, found) if carried else Q(**{f"{level}__in": found})


def _unknown(field: str, typed: str, text: Promise) -> InvalidInput:
    return InvalidInput(text, code=f"{field}_unknown", field=field, params={"typed": typed})


def provinces_counted(user: User, units: Units = Units.AS_WAS) -> QuerySet[AdministrativeUnit]:
    """Return the provinces in which something was counted that ``user`` may see."""
    seen = _libraries(user)
    if units is Units.TODAY:
        counted: Any = [ground.province for ground in _carried(seen).ground.values()]
    else:
        counted = EventFact.objects.filter(seen).order_by().values("province")
    return AdministrativeUnit.objects.filter(pk__in=counted).order_by("folded", "valid_from")


def communes_counted(
    user: User, province: str, library: str = "", units: Units = Units.AS_WAS
) -> QuerySet[AdministrativeUnit]:
    """Return the communes of a province in which something was counted that ``user`` may see."""
    seen = _libraries(user)
    if library:
        seen &= Q(library__slug=library)
    carried = _carried(seen) if units is Units.TODAY else None
    facts = EventFact.objects.filter(seen & _unit("province", province, carried))
    if carried is None:
        counted: Any = facts.order_by().values("commune")
    else:
        spots = facts.order_by().values_list("commune", "venue").distinct()
        counted = {carried.ground[spot].commune for spot in spots}
    found = AdministrativeUnit.objects.filter(pk__in=counted).select_related("parent")
    return found.order_by("folded", "valid_from")


def word_of(unit: AdministrativeUnit) -> str:
    """Return the word by which a question names exactly this unit."""
    return f"{unit.code}@{unit.valid_from:%Y-%m-%d}"
