"""Administrative units with validity dates, what became of them, and who serves them."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library
from outreach.common.constraints import NoOverlap
from outreach.common.folding import fold
from outreach.common.periods import holds_on

LATITUDE = [MinValueValidator(-90.0), MaxValueValidator(90.0)]
LONGITUDE = [MinValueValidator(-180.0), MaxValueValidator(180.0)]


class UnitSetQuerySet(models.QuerySet["UnitSet"]):
    """Row sets of sets of units."""

    def active(self) -> UnitSetQuerySet:
        """Return the activated sets, in the order in which they were activated."""
        return self.filter(activated_at__isnull=False).order_by("activated_at", "pk")

    def inactive(self) -> UnitSetQuerySet:
        """Return the sets that are stored only."""
        return self.filter(activated_at__isnull=True)


class UnitSet(models.Model):
    """One load of administrative units: loaded inactive, compared, then activated."""

    name = models.SlugField(_("name"), max_length=80, unique=True)
    source = models.CharField(_("source"), max_length=200)
    loaded_at = models.DateTimeField(_("loaded"), default=timezone.now, editable=False)
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)

    objects = UnitSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("set of units")
        verbose_name_plural = _("sets of units")
        ordering = ["loaded_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Whether its units and changes hold."""
        return self.activated_at is not None


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


class SuccessionQuerySet(models.QuerySet["Succession"]):
    """Row sets of successions."""

    def active(self) -> SuccessionQuerySet:
        """Return those that count: between active units, of an active set or of no set."""
        return self.filter(
            Q(unit_set__isnull=True) | Q(unit_set__activated_at__isnull=False),
            predecessor__is_active=True,
            successor__is_active=True,
        )


class Succession(models.Model):
    """An old unit and one of the new units it went into."""

    unit_set = models.ForeignKey(
        UnitSet,
        models.CASCADE,
        verbose_name=_("set of units"),
        related_name="successions",
        null=True,
        help_text=_("The set that brought it; it counts while that set is active."),
    )
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

    objects = SuccessionQuerySet.as_manager()

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


class UnitChange(models.Model):
    """What activating a set changes about a unit of another set, so that it can be taken back.

    ``before`` and ``after`` hold the same names of fields with their values as JSON: dates as ISO
    8601, a province as the key of its row.
    """

    unit_set = models.ForeignKey(
        UnitSet, models.CASCADE, verbose_name=_("set of units"), related_name="changes"
    )
    unit = models.ForeignKey(
        AdministrativeUnit, models.CASCADE, verbose_name=_("unit"), related_name="changes"
    )
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))

    class Meta:
        verbose_name = _("change of a unit")
        verbose_name_plural = _("changes of units")
        ordering = ["unit_set", "unit"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("unit_set", "unit", name="unit_change_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_set_id}: {self.unit_id}"


class Boundary(models.Model):
    """The ground a unit covers, where somebody loaded it. Kept apart: it is large."""

    unit = models.OneToOneField(
        AdministrativeUnit,
        models.CASCADE,
        verbose_name=_("unit"),
        related_name="boundary",
        primary_key=True,
    )
    shape = models.BinaryField(
        _("shape"),
        help_text=_("Polygon or multipolygon, longitude and latitude, WGS 84, as WKB."),
    )
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("boundary")
        verbose_name_plural = _("boundaries")

    def __str__(self) -> str:
        return str(self.unit_id)
