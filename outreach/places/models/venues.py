"""Venues, where services stop, and the people who ask for visits there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.folding import fold
from outreach.places import domain
from outreach.places.models.units import LATITUDE, LONGITUDE, AdministrativeUnit


class VenueQuerySet(models.QuerySet["Venue"]):
    """Row sets of venues."""

    def visible_to(self, user: User) -> VenueQuerySet:
        """Return the venues of the libraries ``user`` works for, and those they host at."""
        if user.scope.everything:
            return self
        return self.filter(
            Q(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))
            | Q(pk__in=VenueHost.objects.filter(user=user).values("venue"))
        )

    def kept_by(self, user: User) -> VenueQuerySet:
        """Return the venues ``user`` may change."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.KEEP_PLACES))

    def in_use(self) -> VenueQuerySet:
        """Return the venues that are still visited."""
        return self.filter(is_in_use=True)

    def named_like(self, text: str) -> VenueQuerySet:
        """Return the venues whose folded name or village contains the folded ``text``."""
        words = fold(text)
        return self.filter(Q(folded__contains=words) | Q(locality_folded__contains=words))


class Venue(models.Model):
    """A place where a vehicle stops or an event is held."""

    class Kind(models.TextChoices):
        """Kinds of venue (DESIGN: words)."""

        SCHOOL = "school", _("school")
        SCHOOL_POINT = "school_point", _("school point")
        CULTURE_HOUSE = "culture_house", _("culture house")
        MARKET = "market", _("market")
        BORDER_POST = "border_post", _("border post")
        LIBRARY = "library", pgettext_lazy("venue", "library")
        OTHER = "other", pgettext_lazy("venue", "other")

    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="venues"
    )
    code = models.SlugField(_("address name"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=160)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    commune = models.ForeignKey(
        AdministrativeUnit,
        models.PROTECT,
        verbose_name=_("commune"),
        related_name="venues",
        null=True,
        blank=True,
        limit_choices_to={"level": "commune"},
    )
    locality = models.CharField(
        _("village or quarter"),
        max_length=120,
        blank=True,
        help_text=_("Below the commune: hamlet, village, neighbourhood."),
    )
    address = models.CharField(_("address"), max_length=240, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True, validators=LATITUDE)
    lon = models.FloatField(_("longitude"), null=True, blank=True, validators=LONGITUDE)
    main_venue = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("main school"),
        related_name="school_points",
        null=True,
        blank=True,
        limit_choices_to={"kind": "school"},
    )
    contact_name = models.CharField(_("contact"), max_length=120, blank=True)
    contact_phone = models.CharField(_("contact's phone"), max_length=40, blank=True)
    contact_email = models.EmailField(_("contact's e-mail"), blank=True)
    contact_until = models.DateField(
        _("keep the contact until"), null=True, blank=True, help_text=_("Then it is erased.")
    )
    language = models.CharField(
        _("contact's language"),
        max_length=8,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
    )
    access_note = models.TextField(_("how to get there"), blank=True)
    is_in_use = models.BooleanField(_("in use"), default=True)
    is_invented = models.BooleanField(
        _("invented"), default=False, help_text=_("Made up for the demonstration.")
    )
    folded = models.CharField(max_length=170, editable=False, db_index=True)
    locality_folded = models.CharField(max_length=130, editable=False, blank=True, default="")

    history = audit.history()
    objects = VenueQuerySet.as_manager()

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        ordering = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="venue_on_earth",
                condition=Q(lat__isnull=True)
                | Q(lon__isnull=True)
                | Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180),
                violation_error_message=_("Latitude or longitude is out of range."),
            ),
            models.CheckConstraint(
                name="venue_point_whole",
                condition=Q(lat__isnull=True, lon__isnull=True)
                | Q(lat__isnull=False, lon__isnull=False),
                violation_error_message=_("A point needs latitude and longitude."),
            ),
            models.CheckConstraint(
                name="venue_point_of_school",
                condition=Q(main_venue__isnull=True) | Q(kind="school_point"),
                violation_error_message=_("Only a school point belongs to a main school."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(
        self,
        *args: Any,
        update_fields: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.fold_names()
        if update_fields is not None:
            update_fields = {*update_fields, "folded", "locality_folded"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def fold_names(self) -> None:
        """Bring what searching compares with in line; saving does so by itself."""
        self.folded = fold(self.name)[:170]  # some letters fold to several
        self.locality_folded = fold(self.locality)[:130]

    def clean(self) -> None:
        super().clean()
        for name, value in (("lat", self.lat), ("lon", self.lon)):
            if value is None and (self.lat is not None or self.lon is not None):
                raise ValidationError({name: _("A point needs latitude and longitude.")})
        self._check_point()

    def _check_point(self) -> None:
        """Refuse a point that cannot be in the stated commune.

        Raises:
            ValidationError: on ``lat`` where the point lies farther from the commune's office than
                its area allows.
        """
        if self.lat is None or self.lon is None or self.commune is None:
            return
        office = self.commune.point
        if office is None or not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            return
        distance = domain.distance_km((self.lat, self.lon), office)
        if distance > domain.furthest_expected_km(self.commune.area_km2):
            raise ValidationError(
                {
                    "lat": ValidationError(
                        _("This point lies %(km).0f km from the office of %(commune)s."),
                        code="point_outside_commune",
                        params={"km": distance, "commune": self.commune.full_name},
                    )
                }
            )

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude, where somebody knows them."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)


class VenueHost(models.Model):
    """A person who may ask for visits on behalf of a venue."""

    venue = models.ForeignKey(Venue, models.CASCADE, verbose_name=_("venue"), related_name="hosts")
    user = models.ForeignKey(
        User, models.CASCADE, verbose_name=_("person"), related_name="hosted_venues"
    )

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("venue", "user", name="venue_host_once"),
        ]

    def __str__(self) -> str:
        return f"{self.venue_id} {self.user_id}"
