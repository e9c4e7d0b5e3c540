"""Result sheets: what happened at an event, in versions; the facts every figure rests on."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.places.models import AdministrativeUnit
from outreach.scheduling.models import Activity, Audience, Event


class How(models.TextChoices):
    """How a figure was arrived at; "0" is not "not collected" (ISO 2789)."""

    COUNTED = "counted", _("counted")
    ESTIMATED = "estimated", _("estimated")
    NOT_COLLECTED = "not_collected", _("not collected")


SHEET_MEASURES = (
    "people_served",
    "items_used",
    "items_lent",
    "cards_issued",
    "cards_renewed",
    "items_lost",
    "items_damaged",
)
"""Codes of the measures a sheet carries; columns are named after them (DESIGN.md 3.8)."""

ACTIVITY_MEASURES = ("participants", "items_shown", "items_given", "minutes")
"""Codes of the outputs of one activity."""


def figure(label: object) -> models.PositiveIntegerField[int | None, int | None]:
    """Return the column of a figure's value; empty exactly when it was not collected."""
    return models.PositiveIntegerField(label, null=True, blank=True)  # type: ignore[arg-type]


def how() -> models.CharField[str, str]:
    """Return the column that says how a figure was arrived at."""
    return models.CharField(max_length=13, choices=How.choices, default=How.NOT_COLLECTED)


def figure_rule(prefix: str, code: str, column: str | None = None) -> models.CheckConstraint:
    """Return the constraint that a figure has a value if, and only if, it was collected."""
    value = column or code
    return models.CheckConstraint(
        name=f"{prefix}_{code}_how",
        condition=Q(**{f"{value}_how": How.NOT_COLLECTED, f"{value}__isnull": True})
        | Q(
            ~Q(**{f"{value}_how": How.NOT_COLLECTED}),
            **{f"{value}__isnull": False, f"{value}__gte": 0},
        ),
        violation_error_message=_("A figure is a number, or marked as not collected."),
    )


class ResultSheetQuerySet(models.QuerySet["ResultSheet"]):
    """Row sets of result sheets."""

    def visible_to(self, user: User) -> ResultSheetQuerySet:
        """Return the sheets of the libraries whose results or statistics ``user`` may see."""
        if user.scope.everything:
            return self
        libraries = user.scope.libraries(Action.SEE_STATISTICS)
        return self.filter(library_id__in=libraries)

    def accepted(self) -> ResultSheetQuerySet:
        """Return the versions that count."""
        return self.filter(state=ResultSheet.State.ACCEPTED)

    def queued(self) -> ResultSheetQuerySet:
        """Return the versions that wait for a person."""
        return self.filter(state=ResultSheet.State.QUEUED)


class ResultSheet(models.Model):
    """One version of what happened at an event. People are counted once per event."""

    class State(models.TextChoices):
        """Which version counts."""

        ACCEPTED = "accepted", _("accepted")
        QUEUED = "queued", _("waiting for a person")
        SUPERSEDED = "superseded", _("superseded")
        REJECTED = "rejected", _("rejected")

    class Outcome(models.TextChoices):
        """Whether the event took place."""

        HELD = "held", _("held")
        PARTLY = "partly", _("partly held")
        NOT_HELD = "not_held", _("not held")

    class QueueReason(models.TextChoices):
        """Why a sheet waits for a person."""

        NONE = "", ""
        EVENT_CANCELLED = "event_cancelled", _("its event was cancelled")
        SECOND_SHEET = "second_sheet", _("its event has a sheet already")
        STALE_BASE = "stale_base", _("somebody corrected the sheet in the meantime")

    uid = models.UUIDField(
        primary_key=True,
        default=uuid.uuid4,
        editable=False,
        help_text=_("Made on the device, so that a repeat is recognised."),
    )
    event = models.ForeignKey(Event, models.PROTECT, verbose_name=_("event"), related_name="sheets")
    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="sheets"
    )
    commune = models.ForeignKey(
        AdministrativeUnit,
        models.PROTECT,
        verbose_name=_("commune on that day"),
        related_name="sheets",
        null=True,
        blank=True,
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    replaces = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("replaces"),
        related_name="replaced_by",
        null=True,
        blank=True,
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    queue_reason = models.CharField(
        _("waits because"), max_length=20, choices=QueueReason.choices, blank=True, default=""
    )
    reason = models.TextField(_("reason for the correction"), blank=True)
    author = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("author"), related_name="sheets"
    )
    recorded_at = models.DateTimeField(_("written down"), default=timezone.now)
    received_at = models.DateTimeField(_("received"), default=timezone.now, editable=False)
    digest = models.CharField(max_length=64, editable=False)

    outcome = models.CharField(
        _("outcome"), max_length=8, choices=Outcome.choices, default=Outcome.HELD
    )
    started_at = models.DateTimeField(_("began"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    people_served = figure(_("people served"))
    people_served_how = how()
    items_used = figure(_("items used on site"))
    items_used_how = how()
    items_lent = figure(_("items lent"))
    items_lent_how = how()
    cards_issued = figure(_("cards issued"))
    cards_issued_how = how()
    cards_renewed = figure(_("cards renewed"))
    cards_renewed_how = how()
    items_lost = figure(_("items lost"))
    items_lost_how = how()
    items_damaged = figure(_("items damaged"))
    items_damaged_how = how()

    history = audit.history()
    objects = ResultSheetQuerySet.as_manager()

    is_repeat = False
    """Set by ``log_sheet`` and ``correct_sheet`` on a version that was stored before."""

    class Meta:
        verbose_name = _("result sheet")
        verbose_name_plural = _("result sheets")
        ordering = ["-received_at", "uid"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("library", "state", name="sheet_by_library"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("event", "version", name="sheet_version_once"),
            models.UniqueConstraint(
                "event",
                name="sheet_one_accepted",
                condition=Q(state="accepted"),
                violation_error_message=_("This event has an accepted sheet already."),
            ),
            models.CheckConstraint(
                name="sheet_ends_after_start",
                condition=Q(started_at__isnull=True)
                | Q(ended_at__isnull=True)
                | Q(ended_at__gt=F("started_at")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="sheet_queue_reason_known",
                condition=~Q(state="queued") | ~Q(queue_reason=""),
            ),
            *(figure_rule("sheet", code) for code in SHEET_MEASURES),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} v{self.version}"


class SheetAudience(models.Model):
    """How many of the people served belong to one audience."""

    sheet = models.ForeignKey(ResultSheet, models.CASCADE, related_name="audiences")
    audience = models.ForeignKey(Audience, models.PROTECT, verbose_name=_("audience"))
    people = figure(_("people"))
    people_how = how()

    class Meta:
        verbose_name = _("audience of a sheet")
        verbose_name_plural = _("audiences of sheets")
        ordering = ["audience__position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("sheet", "audience", name="sheet_audience_once"),
            figure_rule("sheet_audience", "people"),
        ]

    def __str__(self) -> str:
        return f"{self.audience_id}: {self.people}"


class SheetActivity(models.Model):
    """What one activity of the event came to."""

    sheet = models.ForeignKey(ResultSheet, models.CASCADE, related_name="activities")
    activity = models.ForeignKey(
        Activity, models.PROTECT, verbose_name=_("activity"), related_name="results"
    )
    was_held = models.BooleanField(_("held"), default=True)
    participants = figure(_("participants or visitors"))
    participants_how = how()
    items_shown = figure(_("items shown"))
    items_shown_how = how()
    items_given = figure(_("items given"))
    items_given_how = how()
    minutes = figure(_("minutes"))
    minutes_how = how()

    class Meta:
        verbose_name = _("activity of a sheet")
        verbose_name_plural = _("activities of sheets")
        ordering = ["activity__position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("sheet", "activity", name="sheet_activity_once"),
            *(figure_rule("sheet_activity", code) for code in ACTIVITY_MEASURES),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}"
