"""Proposals: what the planner suggests for a scenario, until it is published."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import Venue
from outreach.planning.models.scenarios import Scenario, ScenarioStop
from outreach.scheduling.models import Event, Trip


class ProposalQuerySet(models.QuerySet["Proposal"]):
    """Row sets of proposals."""

    def visible_to(self, user: User) -> ProposalQuerySet:
        """Return the proposals of the libraries ``user`` plans for."""
        if user.scope.everything:
            return self
        return self.filter(scenario__season__library_id__in=user.scope.libraries(Action.PLAN))


class Proposal(models.Model):
    """A way to serve a scenario, from the order to plan it to its publication.

    Attributes:
        reworked: the proposal whose visits it keeps as far as it can, if it was re-optimised.
        seconds: how long it may be worked on.
        seed: of the search; the same seed, iterations and question give the same plan.
        iterations: steps of the search after which it ends; none for by time only.
        progress: the last word of the search: cost, metres, hours, visits placed and promised,
            seconds, and the fraction done (0 to 1).
        figures: what the plan costs and keeps, for lists and comparisons.
        asked_to: what a person wants of a search under way.
        failure: why there is no plan: a code and its facts, told in words when it is shown.
        beat_at: the last sign of life of the work in the background.
        revision: rises with each change by hand.
    """

    class Aim(models.TextChoices):
        """What it is to be good at."""

        SHORTEST = "shortest", _("fewest kilometres")
        FAIREST = "fairest", _("fairest")
        STEADIEST = "steadiest", _("least change")
        REWORKED = "reworked", _("re-optimised")
        BY_HAND = "by_hand", _("made by hand")

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", pgettext_lazy("proposal", "waiting")
        SOLVING = "solving", pgettext_lazy("proposal", "being worked out")
        DONE = "done", pgettext_lazy("proposal", "ready")
        FAILED = "failed", pgettext_lazy("proposal", "failed")
        CANCELLED = "cancelled", pgettext_lazy("proposal", "given up")

    class Ask(models.TextChoices):
        """What a person wants of the search."""

        GO_ON = "", _("go on")
        STOP = "stop", _("stop and keep the best")
        CANCEL = "cancel", _("give up")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scenario = models.ForeignKey(
        Scenario, models.CASCADE, verbose_name=_("scenario"), related_name="proposals"
    )
    aim = models.CharField(_("aim"), max_length=10, choices=Aim.choices)
    reworked = models.ForeignKey(
        "self", models.SET_NULL, related_name="reworkings", null=True, blank=True, editable=False
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    seconds = models.PositiveSmallIntegerField(
        _("seconds to work"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
    )
    seed = models.PositiveIntegerField(default=1, editable=False)
    iterations = models.PositiveIntegerField(null=True, blank=True, editable=False)
    progress = models.JSONField(default=dict, editable=False)
    figures = models.JSONField(default=dict, editable=False)
    asked_to = models.CharField(
        max_length=6, choices=Ask.choices, default=Ask.GO_ON, blank=True, editable=False
    )
    failure = models.JSONField(_("why not"), default=dict, blank=True, editable=False)
    made_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("who"), related_name="+")
    made_at = models.DateTimeField(_("when"))
    beat_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["scenario", "-made_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="proposal_seconds_in_range", condition=Q(seconds__gte=1, seconds__lte=3600)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_aim_display()} ({self.scenario_id})"


class ProposedTrip(models.Model):
    """What a vehicle does on a day of a proposal.

    Attributes:
        start, end: bases, or where the vehicle sleeps.
        metres, driving_min: on the way, in all.
        trip: what it was published as; trips of several days share one.
    """

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="trips")
    vehicle = models.ForeignKey(
        Vehicle, models.PROTECT, verbose_name=_("vehicle"), related_name="+"
    )
    on = models.DateField(_("day"))
    departs_at = models.DateTimeField(_("departure"))
    returns_at = models.DateTimeField(_("return"))
    start = models.ForeignKey(Venue, models.PROTECT, related_name="+")
    end = models.ForeignKey(Venue, models.PROTECT, related_name="+")
    metres = models.PositiveIntegerField(default=0)
    driving_min = models.PositiveIntegerField(default=0)
    trip = models.ForeignKey(
        Trip, models.SET_NULL, related_name="+", null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("trip of a proposal")
        verbose_name_plural = _("trips of a proposal")
        ordering = ["proposal", "on", "vehicle"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("proposal", "vehicle", "on", name="proposed_trip_once"),
            models.CheckConstraint(
                name="proposed_trip_returns_later",
                condition=Q(returns_at__gt=F("departs_at")),
                violation_error_message=_("The end must be after the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.on}"


class ProposedPause(models.Model):
    """A time of a trip of a proposal in which nobody drives and nothing is held.

    Attributes:
        venue: where the vehicle stands meanwhile; none for on the way.
    """

    class Kind(models.TextChoices):
        """What the time is for."""

        LUNCH = "lunch", _("lunch")
        REST = "rest", _("rest")

    trip = models.ForeignKey(ProposedTrip, models.CASCADE, related_name="pauses")
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("pause of a proposal")
        verbose_name_plural = _("pauses of a proposal")
        ordering = ["trip", "starts_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="proposed_pause_ends_later",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="proposed_pause_kind_known", condition=Q(kind__in=["lunch", "rest"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.kind}"


class ProposedDuty(models.Model):
    """Who goes with a trip of a proposal."""

    trip = models.ForeignKey(ProposedTrip, models.CASCADE, related_name="duties")
    member = models.ForeignKey(CrewMember, models.PROTECT, related_name="+")
    is_operator = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("duty of a proposal")
        verbose_name_plural = _("duties of a proposal")
        ordering = ["trip", "-is_operator", "member"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("trip", "member", name="proposed_duty_once"),
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.member_id}"


class ProposedVisit(models.Model):
    """A visit of a proposal.

    Attributes:
        occurrence_on: the day its rhythm would have it.
        is_pinned: it stays where it is when the rest is planned anew.
        is_by_hand: somebody put it here.
        event: what it was published as.
    """

    trip = models.ForeignKey(ProposedTrip, models.CASCADE, related_name="visits")
    stop = models.ForeignKey(ScenarioStop, models.CASCADE, related_name="proposed_visits")
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    occurrence_on = models.DateField(_("due on"))
    is_pinned = models.BooleanField(_("pinned"), default=False)
    is_by_hand = models.BooleanField(_("changed by hand"), default=False)
    event = models.ForeignKey(
        Event, models.SET_NULL, related_name="+", null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("proposed visit")
        verbose_name_plural = _("proposed visits")
        ordering = ["trip", "starts_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="proposed_visit_ends_later",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The end must be after the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.stop_id}"


class LeftOutVisit(models.Model):
    """A promised visit that a proposal does not make, and why.

    Attributes:
        occurrence_on: the day its rhythm would have it.
        reasons: what refused it, most often first: code, how many vehicle-days, facts.
        change: the smallest change that would place it: kind and facts; empty if none was found.
    """

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="left_out")
    stop = models.ForeignKey(ScenarioStop, models.CASCADE, related_name="left_out")
    occurrence_on = models.DateField(_("due on"))
    reasons = models.JSONField(default=list, editable=False)
    change = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("visit left out")
        verbose_name_plural = _("visits left out")
        ordering = ["proposal", "occurrence_on", "stop"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("proposal", "stop", "occurrence_on", name="left_out_once"),
        ]

    def __str__(self) -> str:
        return f"{self.stop_id} {self.occurrence_on:%d/%m/%Y}"
