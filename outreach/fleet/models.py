"""Vehicles and crew, and when they are not to be had."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.places.models import Venue


class VehicleQuerySet(models.QuerySet["Vehicle"]):
    """Row sets of vehicles."""

    def visible_to(self, user: User) -> VehicleQuerySet:
        """Return the vehicles of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))

    def in_use(self) -> VehicleQuerySet:
        """Return the vehicles still in service."""
        return self.filter(is_in_use=True)


class Vehicle(models.Model):
    """A van, boat, push-cart or other carrier: by the circular, itself a service point."""

    class Kind(models.TextChoices):
        """How the service travels (Circular 05/2022/TT-BVHTTDL)."""

        VAN = "van", _("book van")
        BOAT = "boat", _("boat")
        PUSH_CART = "push_cart", _("push-cart")
        OTHER = "other", pgettext_lazy("vehicle", "other")

    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="vehicles"
    )
    slug = models.SlugField(_("address name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.VAN)
    plate = models.CharField(_("number plate"), max_length=20, blank=True)
    capacity_items = models.PositiveIntegerField(_("items it carries"), null=True, blank=True)
    length_m = models.FloatField(_("length (m)"), null=True, blank=True)
    base = models.ForeignKey(
        Venue,
        models.PROTECT,
        verbose_name=_("base"),
        related_name="vehicles",
        null=True,
        blank=True,
    )
    is_in_use = models.BooleanField(_("in use"), default=True)

    history = audit.history()
    objects = VehicleQuerySet.as_manager()

    class Meta:
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")
        ordering = ["library", "name"]

    def __str__(self) -> str:
        return self.name


class CrewMemberQuerySet(models.QuerySet["CrewMember"]):
    """Row sets of crew."""

    def visible_to(self, user: User) -> CrewMemberQuerySet:
        """Return the crew of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))

    def in_use(self) -> CrewMemberQuerySet:
        """Return those who still go out."""
        return self.filter(is_in_use=True)


class CrewMember(models.Model):
    """A person who goes out: drives or steers, serves readers, or both."""

    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="crew"
    )
    user = models.OneToOneField(
        User,
        models.SET_NULL,
        verbose_name=_("account"),
        related_name="crew_member",
        null=True,
        blank=True,
    )
    full_name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    can_operate = models.BooleanField(_("may operate vehicles"), default=False)
    is_professional = models.BooleanField(_("is professional staff"), default=True)
    is_in_use = models.BooleanField(_("goes out"), default=True)
    is_invented = models.BooleanField(_("invented"), default=False)

    history = audit.history()
    objects = CrewMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("crew member")
        verbose_name_plural = _("crew")
        ordering = ["library", "full_name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="crew_member_has_a_skill",
                condition=Q(can_operate=True) | Q(is_professional=True),
                violation_error_message=_("A crew member operates, serves readers, or both."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name


class UnavailabilityQuerySet(models.QuerySet["Unavailability"]):
    """Row sets of times off."""

    def visible_to(self, user: User) -> UnavailabilityQuerySet:
        """Return those of the vehicles and crew that ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(
            Q(vehicle__in=Vehicle.objects.visible_to(user))
            | Q(member__in=CrewMember.objects.visible_to(user))
        )

    def meeting(self, start: datetime, end: datetime) -> UnavailabilityQuerySet:
        """Return those that share a moment with ``[start, end)``."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)


class Unavailability(models.Model):
    """A time when a vehicle or a crew member is not to be had."""

    vehicle = models.ForeignKey(
        Vehicle,
        models.CASCADE,
        verbose_name=_("vehicle"),
        related_name="times_off",
        null=True,
        blank=True,
    )
    member = models.ForeignKey(
        CrewMember,
        models.CASCADE,
        verbose_name=_("crew member"),
        related_name="times_off",
        null=True,
        blank=True,
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200)

    history = audit.history()
    objects = UnavailabilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("time off")
        verbose_name_plural = _("times off")
        ordering = ["starts_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="time_off_of_one",
                condition=Q(vehicle__isnull=False, member__isnull=True)
                | Q(vehicle__isnull=True, member__isnull=False),
                violation_error_message=_("Name a vehicle or a crew member, not both."),
            ),
            models.CheckConstraint(
                name="time_off_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The end must be after the start."),
            ),
        ]

    def __str__(self) -> str:
        return self.reason
