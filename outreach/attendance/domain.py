"""The rules of a result sheet, as pure functions over plain facts.

Page, API, import and phone ask the same rules: a hard one refuses the sheet and names the field, a
soft one is a question that a person may answer with "yes, it is right".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outreach.attendance.inputs import NOT_COLLECTED, ActivityResult, Figure, SheetInput
from outreach.attendance.models import ACTIVITY_MEASURES, SHEET_MEASURES, How, ResultSheet

MOST = 1_000_000
"""No event comes near it; a larger number is a slip of the thumb."""
FAR_FROM_PLAN = timedelta(hours=12)

OUTPUTS: dict[str, tuple[str, ...]] = {
    "mobile_service": (),
    "exhibition": ("items_shown", "participants"),
    "donation": ("items_given",),
}
"""The outputs asked for, by kind of activity."""
OTHER_OUTPUTS = ("participants", "minutes")
"""The outputs of every other kind: something that people sit in for a while."""


class Rule(StrEnum):
    """Every named rule. A code never changes once released."""

    NEVER_PUBLIC = "event_never_public"
    NOT_BEGUN = "event_not_begun"
    UNKNOWN_OUTCOME = "outcome_unknown"
    NOTE_MISSING = "note_missing"
    NOT_HELD_WITH_FIGURES = "not_held_with_figures"
    UNKNOWN_FIGURE = "figure_unknown"
    UNKNOWN_HOW = "how_unknown"
    VALUE_MISSING = "value_missing"
    VALUE_NOT_COLLECTED = "value_not_collected"
    NEGATIVE = "value_negative"
    TOO_LARGE = "value_too_large"
    FOREIGN_ACTIVITY = "activity_of_another_event"
    ACTIVITY_TWICE = "activity_twice"
    AUDIENCE_ABOVE_PEOPLE = "audience_above_people_served"
    AGE_BANDS_ABOVE_PEOPLE = "age_bands_above_people_served"
    ENDS_BEFORE_START = "ends_before_start"
    STILL_TO_COME = "time_still_to_come"
    PARTICIPANTS_ABOVE_PEOPLE = "participants_above_people_served"
    GONE_ABOVE_ITEMS = "lost_damaged_above_items"
    TIMES_FAR_FROM_PLAN = "times_far_from_plan"


SOFT_RULES = frozenset(
    {Rule.PARTICIPANTS_ABOVE_PEOPLE, Rule.GONE_ABOVE_ITEMS, Rule.TIMES_FAR_FROM_PLAN}
)

MESSAGES: dict[Rule, Promise] = {
    Rule.NEVER_PUBLIC: _("This event is still a draft: publish it before its results are logged."),
    Rule.NOT_BEGUN: _("This event has not begun yet."),
    Rule.UNKNOWN_OUTCOME: _("Say whether the event was held, partly held or not held."),
    Rule.NOTE_MISSING: _("Say in the note why the event was not held."),
    Rule.NOT_HELD_WITH_FIGURES: _(
        "The event was not held, so there is nothing to count: empty this, or change the outcome."
    ),
    Rule.UNKNOWN_FIGURE: _("There is no figure called %(code)s."),
    Rule.UNKNOWN_HOW: _("Say whether it was counted, estimated or not collected."),
    Rule.VALUE_MISSING: _("Enter a number, or choose “not collected”."),
    Rule.VALUE_NOT_COLLECTED: _("There is a number, but “not collected” is chosen."),
    Rule.NEGATIVE: _("A number of people or things cannot be below 0."),
    Rule.TOO_LARGE: _("This is more than %(most)d: please check the number."),
    Rule.FOREIGN_ACTIVITY: _("This activity does not belong to the event."),
    Rule.ACTIVITY_TWICE: _("This activity is on the sheet twice."),
    Rule.AUDIENCE_ABOVE_PEOPLE: _("%(part)d is more than the %(people)d people served in all."),
    Rule.AGE_BANDS_ABOVE_PEOPLE: _(
        "The age bands come to %(sum)d together, more than the %(people)d people served."
    ),
    Rule.ENDS_BEFORE_START: _("The end must be after the start."),
    Rule.STILL_TO_COME: _("This time is still to come."),
    Rule.PARTICIPANTS_ABOVE_PEOPLE: _(
        "%(participants)d took part in one activity, but %(people)d people were served in all. "
        "Is that right?"
    ),
    Rule.GONE_ABOVE_ITEMS: _(
        "%(gone)d items were lost or damaged, but only %(items)d were used or lent. Is that right?"
    ),
    Rule.TIMES_FAR_FROM_PLAN: _(
        "This is more than 12 hours away from the planned time. Is that right?"
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a sheet breaks, with the facts its message is filled with.

    Attributes:
        field: ``people_served``, ``audiences.primary``, ``activities.0.minutes`` (by place in the
            input), ``note``, ``started_at`` ...; ``None`` where it is about the sheet as a whole.
    """

    rule: Rule
    field: str | None = None
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def is_soft(self) -> bool:
        """Whether it is a question, not a refusal."""
        return self.rule in SOFT_RULES

    @property
    def message(self) -> str:
        """The finding in the active language."""
        text = str(MESSAGES[self.rule])
        return text % self.params if self.params else text


@dataclass(frozen=True, slots=True)
class EventFact:
    """The event as the rules see it.

    Attributes:
        activity_ids: keys of its activities.
        audiences: for every known audience code, whether it is an age band.
    """

    starts_at: datetime
    ends_at: datetime
    was_public: bool
    activity_ids: frozenset[int]
    audiences: Mapping[str, bool]


def outputs_of(kind_code: str) -> tuple[str, ...]:
    """Return the codes of the outputs that are asked for an activity of this kind."""
    return OUTPUTS.get(kind_code, OTHER_OUTPUTS)


def findings_for(sheet: SheetInput, event: EventFact, now: datetime) -> list[Finding]:
    """Return every rule the sheet breaks, hard ones first."""
    found = [
        *findings_about_event(event, now),
        *_outcome_rules(sheet),
        *_figure_rules(sheet, event),
        *_activity_rules(sheet, event),
        *_audience_rules(sheet, event),
        *_time_rules(sheet, event, now),
        *_questions(sheet),
    ]
    return sorted(found, key=lambda finding: finding.is_soft)


def figures_of(sheet: SheetInput) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of the sheet with the name of its field."""
    yield from sheet.figures.items()
    for code, figure in sheet.audiences.items():
        yield f"audiences.{code}", figure
    for index, result in enumerate(sheet.activities):
        for code, figure in result.figures.items():
            yield f"activities.{index}.{code}", figure


def findings_about_event(event: EventFact, now: datetime) -> Iterator[Finding]:
    """Yield why no sheet at all can be logged for the event."""
    if not event.was_public:
        yield Finding(Rule.NEVER_PUBLIC)
    if now < event.starts_at:
        yield Finding(Rule.NOT_BEGUN)


def _outcome_rules(sheet: SheetInput) -> Iterator[Finding]:
    if sheet.outcome not in ResultSheet.Outcome.values:
        yield Finding(Rule.UNKNOWN_OUTCOME, "outcome")
    if sheet.outcome == ResultSheet.Outcome.NOT_HELD:
        if not sheet.note.strip():
            yield Finding(Rule.NOTE_MISSING, "note")
        for name, figure in figures_of(sheet):
            if figure.value is not None and figure.value > 0:
                yield Finding(Rule.NOT_HELD_WITH_FIGURES, name)


def _figure_rules(sheet: SheetInput, event: EventFact) -> Iterator[Finding]:
    for name, figure in figures_of(sheet):
        code = name.rsplit(".", 1)[-1]
        if code not in _known_codes(name, event):
            yield Finding(Rule.UNKNOWN_FIGURE, name, {"code": code})
        yield from _figure_rule(name, figure)


def _known_codes(name: str, event: EventFact) -> tuple[str, ...] | Mapping[str, bool]:
    if name.startswith("audiences."):
        return event.audiences
    return ACTIVITY_MEASURES if name.startswith("activities.") else SHEET_MEASURES


def _figure_rule(name: str, figure: Figure) -> Iterator[Finding]:
    if figure.how not in How.values:
        yield Finding(Rule.UNKNOWN_HOW, name)
    elif figure.value is None:
        if figure.is_collected:
            yield Finding(Rule.VALUE_MISSING, name)
    elif not figure.is_collected:
        yield Finding(Rule.VALUE_NOT_COLLECTED, name)
    elif figure.value < 0:
        yield Finding(Rule.NEGATIVE, name)
    elif figure.value > MOST:
        yield Finding(Rule.TOO_LARGE, name, {"most": MOST})


def _activity_rules(sheet: SheetInput, event: EventFact) -> Iterator[Finding]:
    seen: set[int] = set()
    for index, result in enumerate(sheet.activities):
        name = f"activities.{index}"
        if result.activity_id not in event.activity_ids:
            yield Finding(Rule.FOREIGN_ACTIVITY, name)
        elif result.activity_id in seen:
            yield Finding(Rule.ACTIVITY_TWICE, name)
        seen.add(result.activity_id)
        if not result.was_held and sheet.outcome != ResultSheet.Outcome.NOT_HELD:
            yield from _figures_of_unheld(name, result)


def _figures_of_unheld(name: str, result: ActivityResult) -> Iterator[Finding]:
    for code, figure in result.figures.items():
        if figure.value is not None and figure.value > 0:
            yield Finding(Rule.NOT_HELD_WITH_FIGURES, f"{name}.{code}")


def _audience_rules(sheet: SheetInput, event: EventFact) -> Iterator[Finding]:
    people = _value(sheet.figures, "people_served")
    if people is None:
        return
    parts = {code: figure.value or 0 for code, figure in sheet.audiences.items()}
    above = [code for code, part in parts.items() if part > people]
    for code in above:
        params = {"part": parts[code], "people": people}
        yield Finding(Rule.AUDIENCE_ABOVE_PEOPLE, f"audiences.{code}", params)
    total = sum(part for code, part in parts.items() if event.audiences.get(code))
    if total > people and not any(event.audiences.get(code) for code in above):
        params = {"sum": total, "people": people}
        yield Finding(Rule.AGE_BANDS_ABOVE_PEOPLE, "people_served", params)


def _time_rules(sheet: SheetInput, event: EventFact, now: datetime) -> Iterator[Finding]:
    started_at, ended_at = sheet.started_at, sheet.ended_at
    if started_at and ended_at and ended_at <= started_at:
        yield Finding(Rule.ENDS_BEFORE_START, "ended_at")
    for name, moment, planned_at in (
        ("started_at", started_at, event.starts_at),
        ("ended_at", ended_at, event.ends_at),
    ):
        if moment is None:
            continue
        if moment > now:
            yield Finding(Rule.STILL_TO_COME, name)
        elif abs(moment - planned_at) > FAR_FROM_PLAN:
            yield Finding(Rule.TIMES_FAR_FROM_PLAN, name)


def _questions(sheet: SheetInput) -> Iterator[Finding]:
    people = _value(sheet.figures, "people_served")
    for index, result in enumerate(sheet.activities):
        participants = _value(result.figures, "participants")
        if people is not None and participants is not None and participants > people:
            params = {"participants": participants, "people": people}
            name = f"activities.{index}.participants"
            yield Finding(Rule.PARTICIPANTS_ABOVE_PEOPLE, name, params)
    used, lent = _value(sheet.figures, "items_used"), _value(sheet.figures, "items_lent")
    gone = (_value(sheet.figures, "items_lost") or 0) + (
        _value(sheet.figures, "items_damaged") or 0
    )
    if used is not None and lent is not None and gone > used + lent:
        params = {"gone": gone, "items": used + lent}
        name = "items_lost" if _value(sheet.figures, "items_lost") else "items_damaged"
        yield Finding(Rule.GONE_ABOVE_ITEMS, name, params)


def _value(figures: Mapping[str, Figure], code: str) -> int | None:
    """Return a figure's value if it was collected and makes sense, else ``None``."""
    figure = figures.get(code, NOT_COLLECTED)
    return figure.value if figure.is_collected and (figure.value or 0) >= 0 else None
