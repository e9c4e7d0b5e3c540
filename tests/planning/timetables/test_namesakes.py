"""A row without a point means the venue of its name and commune, and makes no second one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.accounts.models import Library
from outreach.places.models import AdministrativeUnit, Venue
from outreach.planning.timetables.plan import Plan
from tests.cast import Cast
from tests.factories import CommuneFactory, OpeningWindowFactory, VenueFactory
from tests.planning.timetables.files import (
    as_csv,
    everything,
    load,
    preview,
    stop,
    told,
    what_changed,
)

pytestmark = pytest.mark.django_db

NAME = "Trường PTDTBT THCS Mỹ Lý"


@pytest.fixture
def my_ly(cast: Cast) -> AdministrativeUnit:
    return CommuneFactory.create(name="Mỹ Lý", full_name="Xã Mỹ Lý")


@pytest.fixture
def school(cast: Cast, my_ly: AdministrativeUnit) -> Venue:
    return VenueFactory.create(
        library=cast.library, name=NAME, commune=my_ly, address="Xã Mỹ Lý", lat=19.6, lon=104.4
    )


def row(**cells: str) -> dict[str, str]:
    """Return a row of the school without a point."""
    bare = {
        "organisation": "",
        "stop": NAME,
        "community": "",
        "address": "",
        "geox": "",
        "geoy": "",
    }
    return stop(**bare | cells)


def of(cast: Cast, *rows: dict[str, str], **wishes: Any) -> Plan:
    return preview(as_csv(*rows), cast.library, **wishes)


def venues_of(plan: Plan) -> tuple[int, int]:
    """Return how many venues are new and how many are there."""
    return len(plan.venues.new), plan.venues.unchanged


def codes(plan: Plan) -> set[str]:
    """Return what is told about which venue is meant."""
    return {code for _row, code in told(plan) if code.startswith("venue_")}


@pytest.mark.parametrize(
    "cells",
    [
        {"community": "Xã Mỹ Lý"},
        {"community": "Mỹ Lý"},
        {"community": "xa my ly"},
        {"community": "Mĩ Lí"},
        {"community": "Mỹ Lý", "stop": "truong ptdtbt thcs my ly"},
        {"community": "Mỹ Lý", "address": "Bản Xiềng Tắm, xã Mỹ Lý"},
        {"community": "Mỹ Lý", "geox": "104.401", "geoy": "19.601"},
    ],
)
def test_a_name_and_its_commune_mean_the_one_venue(
    cast: Cast, school: Venue, cells: dict[str, str]
) -> None:
    plan = of(cast, row(**cells))
    assert venues_of(plan) == (0, 1)
    assert plan.visits[0].series.venue == school
    assert codes(plan) == set()
    assert (2, "no_point") not in told(plan)  # the venue has one


def test_a_name_alone_means_the_only_venue_that_has_it_and_says_so(
    cast: Cast, school: Venue
) -> None:
    plan = of(cast, row(), row(arrival="14:00", departure="15:00"))
    assert venues_of(plan) == (0, 1)
    assert {visit.series.venue for visit in plan.visits} == {school}
    remarks = [one for one in plan.remarks if one.notice == "venue_by_name_alone"]
    assert [one.row for one in remarks] == [2, 3]
    assert f"{NAME} (Xã Mỹ Lý)" in remarks[0].message


def test_of_several_venues_none_is_guessed_and_all_are_named(
    cast: Cast, school: Venue, my_ly: AdministrativeUnit
) -> None:
    for village in ("Bản A", "Bản B"):
        VenueFactory.create(library=cast.library, name=NAME, commune=my_ly, locality=village)
    for cells in ({}, {"community": "Xã Mỹ Lý"}):
        plan = of(cast, row(**cells), row(**cells, arrival="14:00", departure="15:00"))
        assert venues_of(plan) == (1, 0)
        remarks = [one for one in plan.remarks if one.notice == "venue_namesakes"]
        assert [one.row for one in remarks] == [2, 3]
        for place in ("Xã Mỹ Lý", "Bản A, Xã Mỹ Lý", "Bản B, Xã Mỹ Lý"):
            assert f"{NAME} ({place})" in remarks[0].message
    plan = of(cast, row(community="bản a", address="Bản A"))
    assert (venues_of(plan), codes(plan)) == ((0, 1), set())


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"community": "Xã Keng Đu"}, set()),  # another commune that we know
        ({"community": "Bản Không Tên"}, {"venue_namesakes"}),
        ({"community": "Mỹ Lý", "geox": "104.5", "geoy": "19.6"}, {"venue_namesakes"}),
        ({"geox": "104.5", "geoy": "19.6"}, set()),
    ],
)
def test_what_says_another_place_makes_a_new_venue(
    cast: Cast, school: Venue, cells: dict[str, str], expected: set[str]
) -> None:
    CommuneFactory.create(name="Keng Đu", full_name="Xã Keng Đu")
    plan = of(cast, row(**cells))
    assert venues_of(plan) == (1, 0)
    assert codes(plan) == expected


def test_another_address_is_not_taken_for_the_same_place_in_silence(
    cast: Cast, school: Venue
) -> None:
    Venue.objects.filter(pk=school.pk).update(address="Bản Xiềng Tắm, Xã Mỹ Lý")
    plan = of(cast, row(community="Mỹ Lý", address="Bản Hòa Lý"))
    assert (venues_of(plan), codes(plan)) == ((1, 0), {"venue_namesakes"})


def test_the_venue_of_another_library_is_not_meant(cast: Cast, school: Venue) -> None:
    Venue.objects.filter(pk=school.pk).update(library=cast.other_library)
    plan = of(cast, row(community="Mỹ Lý"))
    assert (venues_of(plan), codes(plan)) == ((1, 0), set())


@pytest.mark.parametrize("community", ["", "Xã Mỹ Lý"])
def test_a_file_without_points_gets_round_no_rule(
    cast: Cast, school: Venue, community: str
) -> None:
    OpeningWindowFactory.create(venue=school, weekday=1)
    plan = of(cast, row(community=community), strict=True)
    assert plan.imported == set()
    assert {one.params.get("rule") for one in plan.remarks if one.is_refusal} == {"outside_windows"}


def test_the_same_file_without_points_again_changes_nothing(cast: Cast, school: Venue) -> None:
    content = as_csv(row(), row(community="Mỹ Lý", arrival="14:00", departure="15:00"))
    load(content, cast.library)
    before = everything()
    assert load(content, cast.library).changes_nothing
    assert what_changed(before, everything()) == {}


def test_knowing_venues_by_their_commune_takes_no_more_queries_for_more_rows(
    cast: Cast, my_ly: AdministrativeUnit
) -> None:
    def asked(stops: int) -> int:
        rows = []
        for number in range(stops):
            VenueFactory.create(library=cast.library, name=f"Trường {number}", commune=my_ly)
            clocks = {"arrival": f"{8 + number:02}:00", "departure": f"{8 + number:02}:20"}
            rows.append(row(stop=f"Trường {number}", community="Mỹ Lý", **clocks))
        library = Library.objects.get(pk=cast.library.pk)
        with CaptureQueriesContext(connection) as queries:
            assert venues_of(preview(as_csv(*rows), library)) == (0, stops)
        Venue.objects.filter(name__startswith="Trường").delete()
        return len(queries)

    assert asked(2) == asked(9)
