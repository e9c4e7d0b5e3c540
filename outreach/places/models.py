"""Administrative units with validity dates, and the venues where services stop."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.constraints import NoOverlap
from outreach.common.folding import fold
from outreach.common.periods import holds_on
from outreach.common.reference import Reference
from outreach.places import domain

LATITUDE = [MinValueValidator(-90.0), MaxValueValidator(90.0)]
LONGITUDE = [MinValueValidator(-180.0), MaxValueValidator(180.0)]


class UnitSet(models.Model):
    """One load of administrative units: loaded inactive, compared, then activated."""

    name = models.SlugField(_("name"), max_length=80, unique=True)
    source = models.CharField(_("source"), max_length=200)
    loaded_at = models.DateTimeField(_("loaded"), default=timezone.now, editable=False)
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)

    class Meta:
        verbose_name = _("set of units")
        verbose_name_plural = _("sets of units")
        ordering = ["loaded_at"]

    def __str__(self) -> str:
        return self.name


class UnitQuerySet(models.QuerySet["AdministrativeUnit"]):
    """Row sets of administrative units."""

    def active(self) -> UnitQuerySet:
        """Return the units of activated sets."""
        return self.filter(is_active=True)

    def in_force_on(self, day: date) -> UnitQuerySet:
        """Return the active units in force on ``day``."""
        return self.active().filter(holds_on(day, start="valid_from", end="valid_to"))

    def provinces(self) -> UnitQuerySet:
        """Return the units of the upper level."""
        return self.filter(level=AdministrativeUnit.Level.PROVINCE)

    def communes(self) -> UnitQuerySet:
        """Return the units of the lower level."""
        return self.filter(level=AdministrativeUnit.Level.COMMUNE)

    def named_like(self, text: str) -> UnitQuerySet:
        """Return the units whose folded full name contains the folded ``text``."""
        return self.filter(folded__contains=fold(text))


class AdministrativeUnit(models.Model):
    """A province or commune, from the day it was made to the day it ended."""

    class Level(models.TextChoices):
        """The two tiers since 1 July 2025."""

        PROVINCE = "province", _("province")
        COMMUNE = "commune", _("commune")

    unit_set = models.ForeignKey(
        UnitSet, models.PROTECT, verbose_name=_("set of units"), related_name="units"
    )
    country = models.CharField(_("country"), max_length=2, default="VN")
    level = models.CharField(_("level"), max_length=10, choices=Level.choices)
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    full_name = models.CharField(_("full name"), max_length=160)
    within = models.CharField(
        _("within"), max_length=160, blank=True, help_text=_("The district, while there were any.")
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("province"),
        related_name="communes",
        null=True,
        blank=True,
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid until"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True, validators=LATITUDE)
    lon = models.FloatField(_("longitude"), null=True, blank=True, validators=LONGITUDE)
    area_km2 = models.FloatField(_("area (km²)"), null=True, blank=True)
    folded = models.CharField(max_length=340, editable=False)
    is_active = models.BooleanField(_("active"), default=False)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("administrative unit")
        verbose_name_plural = _("administrative units")
        ordering = ["level", "code", "valid_from"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("parent", "level", "valid_to", name="unit_by_parent"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="unit_ends_after_start",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                violation_error_message=_("A unit must end after it starts."),
            ),
            models.CheckConstraint(
                name="unit_parent_is_province",
                condition=Q(level="province", parent__isnull=True)
                | Q(level="commune", parent__isnull=False),
                violation_error_message=_("A commune lies in a province; a province in none."),
            ),
            NoOverlap(
                name="unit_code_once",
                resources=["country", "level", "code"],
                start="valid_from",
                end="valid_to",
                condition=Q(is_active=True),
                violation_error_code="unit_code_taken",
                violation_error_message=_("Another unit has this code at that time."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.folded = self.folded_name()
        super().save(*args, **kwargs)

    def folded_name(self) -> str:
        """Return the key that search compares with."""
        return fold(f"{self.full_name} {self.within}")

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude of a commune's office or a province's middle, where known."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)


class Succession(models.Model):
    """An old unit and one of the new units it went into."""

    predecessor = models.ForeignKey(
        AdministrativeUnit, models.CASCADE, verbose_name=_("old unit"), related_name="successions"
    )
    successor = models.ForeignKey(
        AdministrativeUnit, models.CASCADE, verbose_name=_("new unit"), related_name="origins"
    )
    is_main = models.BooleanField(
        _("main successor"),
        default=True,
        help_text=_("Where the old unit's figures go if they are not divided."),
    )
    is_split = models.BooleanField(
        _("divided"),
        default=False,
        help_text=_("The old unit went into several new ones: figures carried over are estimates."),
    )

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        ordering = ["predecessor", "-is_main"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("predecessor", "successor", name="succession_once"),
            models.UniqueConstraint(
                "predecessor",
                name="succession_one_main",
                condition=Q(is_main=True),
                violation_error_message=_("An old unit has one main successor."),
            ),
            models.CheckConstraint(
                name="succession_not_itself", condition=~Q(predecessor=F("successor"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


class ServiceArea(models.Model):
    """A province that a library serves."""

    library = models.ForeignKey(
        Library, models.CASCADE, verbose_name=_("library"), related_name="service_areas"
    )
    unit = models.ForeignKey(
        AdministrativeUnit,
        models.PROTECT,
        verbose_name=_("province"),
        related_name="served_by",
    )

    class Meta:
        verbose_name = _("service area")
        verbose_name_plural = _("service areas")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("library", "unit", name="service_area_once"),
        ]

    def __str__(self) -> str:
        return f"{self.library_id} {self.unit_id}"


class UnitPriority(models.Model):
    """Why, and for how long, a commune comes first (Circular 05/2022/TT-BVHTTDL)."""

    class Kind(models.TextChoices):
        """The groups of areas the circular names."""

        BORDER = "border", _("border")
        ISLAND = "island", _("island")
        DIFFICULT = "difficult", _("difficult")
        SPECIALLY_DIFFICULT = "specially_difficult", _("specially difficult")
        ETHNIC_MINORITY = "ethnic_minority", _("ethnic minority area")

    unit = models.ForeignKey(
        AdministrativeUnit, models.CASCADE, verbose_name=_("commune"), related_name="priorities"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid until"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("priority of a commune")
        verbose_name_plural = _("priorities of communes")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="priority_ends_after_start",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
            ),
            NoOverlap(
                name="priority_once_at_a_time",
                resources=["unit", "kind"],
                start="valid_from",
                end="valid_to",
                violation_error_message=_("This commune has this priority already at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.kind}"


class AccessCode(Reference):
    """A coded fact about reaching and working at a venue."""

    class Meta(Reference.Meta):
        verbose_name = _("access note")
        verbose_name_plural = _("access notes")


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
        """Return the venues whose folded name contains the folded ``text``."""
        return self.filter(folded__contains=fold(text))


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
    address = models.CharField(_("address"), max_length=240, blank=True)
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)
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
    access = models.ManyToManyField(AccessCode, verbose_name=_("access notes"), blank=True)
    access_note = models.TextField(_("how to get there"), blank=True)
    is_in_use = models.BooleanField(_("in use"), default=True)
    is_invented = models.BooleanField(
        _("invented"), default=False, help_text=_("Made up for the demonstration.")
    )
    folded = models.CharField(max_length=170, editable=False, db_index=True)

    history = audit.history()
    objects = VenueQuerySet.as_manager()

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        ordering = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="venue_on_earth",
                condition=Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180),
                violation_error_message=_("Latitude or longitude is out of range."),
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
        self.folded = fold(self.name)[:170]  # some letters fold to several
        if update_fields is not None:
            update_fields = {*update_fields, "folded"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def clean(self) -> None:
        super().clean()
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
    def point(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return (self.lat, self.lon)


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
