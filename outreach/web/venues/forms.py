"""The forms with which a library keeps its venues."""

from __future__ import annotations

import re
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.errors import DomainError
from outreach.places.models import AdministrativeUnit, Venue, VenueQuerySet
from outreach.planning.models import Promise
from outreach.web.finding.widgets import PlaceSelect
from outreach.web.schedule.fields import DayField, Pick
from outreach.web.versions import VersionedForm

# In sentences they are written small.
KINDS = [(value, capfirst(label)) for value, label in Venue.Kind.choices]

_NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)?")


class PointField(forms.CharField):
    """Latitude and longitude in one line, as maps show and copy them; comma or point as decimal."""

    default_error_messages = {
        "invalid": _("Write latitude and longitude, for example 19.2374, 104.9440."),
        "range": _("Latitude lies between -90 and 90, longitude between -180 and 180."),
    }

    def clean(self, value: Any) -> tuple[float, float] | None:
        """Return latitude and longitude in degrees; ``None`` for nothing, if that is allowed.

        Raises:
            ValidationError: if these are not two numbers, or lie off the earth.
        """
        typed = super().clean(value)
        if not typed:
            return None
        numbers = _NUMBER.findall(typed)
        rest = _NUMBER.sub("", typed).strip(" \t,;/()°")
        if len(numbers) != 2 or rest:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        lat, lon = (float(number.replace(",", ".").replace("−", "-")) for number in numbers)
        if abs(lat) > 90 or abs(lon) > 180:
            raise ValidationError(self.error_messages["range"], code="range")
        return lat, lon


class VenueForm(VersionedForm):
    """Everything about a venue."""

    name = forms.CharField(label=_("Name"), max_length=160)
    kind = forms.ChoiceField(label=pgettext_lazy("venue", "Kind"), choices=KINDS)
    commune = Pick(
        label=_("Commune"),
        required=False,
        empty=_("Choose a commune…"),
        widget=PlaceSelect(),
        help_text=_(
            "The communes in force today. Left empty, it is found from the point where boundaries"
            " are known."
        ),
    )
    locality = forms.CharField(
        label=_("Village or quarter"),
        required=False,
        max_length=120,
        help_text=_("Below the commune: hamlet, village, neighbourhood."),
    )
    address = forms.CharField(label=_("Address"), required=False, max_length=240)
    postcode = forms.CharField(label=_("Postcode"), required=False, max_length=20)
    point = PointField(
        label=_("Point"),
        required=False,
        max_length=60,
        help_text=_("Latitude and longitude as a map shows them, for example 19.2374, 104.9440."),
    )
    main_venue = Pick(
        label=_("Main school"),
        required=False,
        empty=_("None"),
        help_text=_("Only for a school point."),
    )
    contact_name = forms.CharField(label=_("Contact person"), required=False, max_length=120)
    contact_phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    contact_email = forms.EmailField(label=_("E-mail"), required=False)
    contact_until = DayField(
        label=_("Keep the contact until"), required=False, help_text=_("Then it is erased.")
    )
    language = forms.ChoiceField(label=_("Contact's language"), choices=settings.LANGUAGES)
    access_note = forms.CharField(
        label=_("How to get there"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_in_use = forms.BooleanField(label=_("Still visited"), required=False, initial=True)
    reason = forms.CharField(label=_("Why"), required=False, max_length=500)

    shown_at: ClassVar[dict[str, str]] = {"lat": "point", "lon": "point"}

    def __init__(
        self, *args: Any, library: Library, venue: Venue | None = None, **kwargs: Any
    ) -> None:
        if venue is not None:
            kwargs["initial"] = _initial(venue)
        super().__init__(*args, record=venue, **kwargs)
        communes = _communes(library, venue)
        grouped: dict[str, list[Any]] = {}
        for key, unit in communes.items():
            grouped.setdefault(str(unit.parent), []).append((key, unit.full_name))
        self._pick("commune").offer(communes, list(grouped.items()))
        served = library.service_areas.values_list("unit__code", flat=True)
        cast(PlaceSelect, self.fields["commune"].widget).stay_within(served)
        schools = Venue.objects.filter(library=library, kind=Venue.Kind.SCHOOL).in_use()
        self._pick("main_venue").offer(
            {one.code: one for one in schools if venue is None or one.pk != venue.pk}
        )
        if venue is None:
            del self.fields["reason"]

    def _pick(self, name: str) -> Pick:
        return cast(Pick, self.fields[name])

    def clean(self) -> dict[str, Any]:
        """Refuse a main school for anything but a school point."""
        data = super().clean() or self.cleaned_data
        if data.get("main_venue") and data.get("kind") != Venue.Kind.SCHOOL_POINT:
            self.add_error("main_venue", _("Only a school point belongs to a main school."))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the services for a venue."""
        wanted = dict(self.cleaned_data)
        wanted["lat"], wanted["lon"] = wanted.pop("point") or (None, None)
        return wanted

    def show(self, refusal: DomainError | ValidationError) -> None:
        """Show what model or service refuses at the field it concerns."""
        if isinstance(refusal, DomainError):
            field = refusal.field if refusal.field in self.fields else None
            self.add_error(field, refusal.message)
            return
        for name, errors in refusal.update_error_dict({}).items():
            field = self.shown_at.get(name, name)
            for error in errors:
                self.add_error(field if field in self.fields else None, error)


class FindVenuesForm(forms.Form):
    """What the list of venues is narrowed to."""

    library = forms.SlugField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Name or commune"), required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("venue", "Kind"),
        required=False,
        choices=[("", pgettext_lazy("kinds", "All")), *KINDS],
    )
    only = forms.ChoiceField(
        label=pgettext_lazy("filter", "Only"),
        required=False,
        choices=[
            ("", pgettext_lazy("venues", "All")),
            ("pointless", _("Without a point")),
            ("communeless", _("Without a commune")),
            ("promised", _("With a promise")),
            ("unpromised", _("Without a promise")),
        ],
    )
    retired = forms.BooleanField(label=_("Also those no longer visited"), required=False)

    def narrow(self, venues: VenueQuerySet) -> VenueQuerySet:
        """Return the venues that were asked for."""
        asked = self.cleaned_data if self.is_valid() else {}
        if asked.get("text"):
            found = venues.named_like(asked["text"])
            communes = AdministrativeUnit.objects.communes().named_like(asked["text"])
            venues = venues.filter(commune__in=communes) | found
        if asked.get("kind"):
            venues = venues.filter(kind=asked["kind"])
        venues = _only(venues, asked.get("only", ""))
        return venues if asked.get("retired") else venues.in_use()


def _only(venues: VenueQuerySet, what: str) -> VenueQuerySet:
    """Return the venues of which something is missing, or that somebody promised visits."""
    promises = Promise.objects.in_force_on(clock.today()).filter(venue=OuterRef("pk"))
    conditions = {
        "pointless": Q(lat__isnull=True),
        "communeless": Q(commune__isnull=True),
        "promised": Exists(promises),
        "unpromised": ~Exists(promises),
    }
    return venues.filter(conditions[what]) if what in conditions else venues


def _communes(library: Library, venue: Venue | None) -> dict[str, AdministrativeUnit]:
    """Return the communes in force that a library serves, and the one a venue has already."""
    served = list(library.service_areas.values_list("unit_id", flat=True))
    units = AdministrativeUnit.objects.in_force_on(clock.today()).communes()
    if served:
        units = units.filter(parent__in=served)
    if venue is not None and venue.commune_id is not None:
        units = units | AdministrativeUnit.objects.filter(pk=venue.commune_id)
    ordered = units.select_related("parent").order_by("parent__name", "name", "pk")
    return {str(unit.pk): unit for unit in ordered}


def _initial(venue: Venue) -> dict[str, Any]:
    names = (
        "name kind locality address postcode contact_name contact_phone contact_email"
        " contact_until language access_note is_in_use"
    )
    return {name: getattr(venue, name) for name in names.split()} | {
        "point": f"{venue.lat}, {venue.lon}" if venue.point else "",
        "commune": str(venue.commune_id or ""),
        "main_venue": venue.main_venue.code if venue.main_venue else "",
    }
