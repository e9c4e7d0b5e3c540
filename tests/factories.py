"""Small, valid records for tests. Reference data comes from ``fixtures/reference``."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import factory
from factory.django import DjangoModelFactory

from outreach.accounts.models import Library, Membership, User
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import (
    AdministrativeUnit,
    ClosedDates,
    OpeningWindow,
    TravelTime,
    UnitSet,
    Venue,
)
from outreach.planning.models import Promise

PASSWORD = "a-long-enough-secret"


class LibraryFactory(DjangoModelFactory[Library]):
    """A provincial library."""

    class Meta:
        model = Library

    slug = factory.Sequence(lambda n: f"library-{n}")
    name_vi = factory.Sequence(lambda n: f"Thư viện tỉnh số {n}")
    name_en = factory.Sequence(lambda n: f"Provincial library {n}")
    short_vi = factory.Sequence(lambda n: f"Tỉnh {n}")
    short_en = factory.Sequence(lambda n: f"Province {n}")


class UserFactory(DjangoModelFactory[User]):
    """A person; ``role`` and ``library`` give them a membership."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    full_name = factory.Sequence(lambda n: f"Nguyễn Văn {n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        role = kwargs.pop("role", None)
        library = kwargs.pop("library", None)
        user = User.objects.create_user(password=PASSWORD, **kwargs)
        if role:
            Membership.objects.create(user=user, library=library, role_id=role)
        return user


class UnitSetFactory(DjangoModelFactory[UnitSet]):
    """A set of units that was made up."""

    class Meta:
        model = UnitSet
        django_get_or_create = ("name",)

    name = "test"
    source = "test"


class ProvinceFactory(DjangoModelFactory[AdministrativeUnit]):
    """A province in force since July 2025."""

    class Meta:
        model = AdministrativeUnit

    unit_set = factory.SubFactory(UnitSetFactory)
    level = AdministrativeUnit.Level.PROVINCE
    code = factory.Sequence(lambda n: f"P{n}")
    name = factory.Sequence(lambda n: f"Tỉnh thử {n}")
    full_name = factory.LazyAttribute(lambda unit: f"Tỉnh {unit.name}")
    valid_from = date(2025, 7, 1)
    lat = 19.2374
    lon = 104.944
    is_active = True


class CommuneFactory(ProvinceFactory):
    """A commune in force since July 2025, with a province of its own unless one is given."""

    level = AdministrativeUnit.Level.COMMUNE
    parent = factory.SubFactory(ProvinceFactory)
    code = factory.Sequence(lambda n: f"C{n}")
    name = factory.Sequence(lambda n: f"Mường Thử {n}")
    full_name = factory.LazyAttribute(lambda unit: f"Xã {unit.name}")
    area_km2 = 100.0


class VenueFactory(DjangoModelFactory[Venue]):
    """A school at its commune's office."""

    class Meta:
        model = Venue

    library = factory.SubFactory(LibraryFactory)
    code = factory.Sequence(lambda n: f"truong-{n}")
    name = factory.Sequence(lambda n: f"Nhà văn hóa số {n}")
    kind = Venue.Kind.CULTURE_HOUSE
    commune = factory.SubFactory(CommuneFactory)
    lat = 19.24
    lon = 104.95


class OpeningWindowFactory(DjangoModelFactory[OpeningWindow]):
    """Monday morning."""

    class Meta:
        model = OpeningWindow

    venue = factory.SubFactory(VenueFactory)
    weekday = 0
    opens = time(7, 30)
    closes = time(11)


class ClosedDatesFactory(DjangoModelFactory[ClosedDates]):
    """A week of holidays."""

    class Meta:
        model = ClosedDates

    venue = factory.SubFactory(VenueFactory)
    starts_on = date(2027, 2, 1)
    ends_on = date(2027, 2, 8)
    reason = "Nghỉ Tết"


class TravelTimeFactory(DjangoModelFactory[TravelTime]):
    """Two hours from anywhere, all year, both ways."""

    class Meta:
        model = TravelTime

    destination = factory.SubFactory(VenueFactory)
    library = factory.SelfAttribute("destination.library")
    minutes = 120


class PromiseFactory(DjangoModelFactory[Promise]):
    """A visit every four weeks, until further notice."""

    class Meta:
        model = Promise

    venue = factory.SubFactory(VenueFactory)
    every_weeks = 4
    service_min = 90
    starts_on = date(2025, 9, 1)


class VehicleFactory(DjangoModelFactory[Vehicle]):
    """A book van."""

    class Meta:
        model = Vehicle

    library = factory.SubFactory(LibraryFactory)
    slug = factory.Sequence(lambda n: f"xe-{n}")
    name = factory.Sequence(lambda n: f"Xe thư viện {n}")


class CrewMemberFactory(DjangoModelFactory[CrewMember]):
    """Professional staff who may also drive."""

    class Meta:
        model = CrewMember

    library = factory.SubFactory(LibraryFactory)
    full_name = factory.Sequence(lambda n: f"Trần Thị {n}")
    can_operate = True
