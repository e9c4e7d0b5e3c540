"""Figures of units that are no more, told in the units of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
import shapely
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries

from outreach.common import audit, clock
from outreach.places.models import AdministrativeUnit, Boundary, Succession, Venue
from outreach.places.placing import place_venues
from outreach.statistics.questions import UNKNOWN_PLACE, Group, Question, Units
from outreach.statistics.reach import communes_counted, provinces_counted, word_of
from outreach.statistics.selectors import explore, sheets_behind
from outreach.statistics.services import rebuild
from tests.cast import Cast, make_cast
from tests.factories import CommuneFactory, ProvinceFactory
from tests.statistics.makers import at, held

REFORM = date(2025, 7, 1)
BEFORE, AFTER = at("2025-03-05"), at("2025-09-05")
ASKED = Question(
    ("people_served", "participants"), date(2025, 1, 1), date(2025, 12, 1), group_by=Group.COMMUNE
)
TODAY = replace(ASKED, units=Units.TODAY)


@dataclass(frozen=True)
class Land:
    """Two provinces of today, what they were made of, and one commune that was divided."""

    north: AdministrativeUnit
    south: AdministrativeUnit
    merged: AdministrativeUnit
    main_part: AdministrativeUnit
    other_part: AdministrativeUnit
    old_merged: AdministrativeUnit
    old_divided: AdministrativeUnit


def former(province: AdministrativeUnit, **words: Any) -> AdministrativeUnit:
    unit: AdministrativeUnit = CommuneFactory.create(
        parent=province, valid_from=date(2004, 7, 8), valid_to=REFORM, **words
    )
    return unit


def become(old: AdministrativeUnit, *new: AdministrativeUnit) -> None:
    """Record that ``old`` went into the new units; the first is the main one."""
    Succession.objects.bulk_create(
        Succession(predecessor=old, successor=unit, is_main=place == 0, is_split=len(new) > 1)
        for place, unit in enumerate(new)
    )


def make_land() -> Land:
    north, south = ProvinceFactory.create(), ProvinceFactory.create()
    old_north = ProvinceFactory.create(valid_from=date(2004, 7, 8), valid_to=REFORM)
    become(old_north, north)
    land = Land(
        north=north,
        south=south,
        merged=CommuneFactory.create(parent=north),
        main_part=CommuneFactory.create(parent=north),
        other_part=CommuneFactory.create(parent=north),
        old_merged=former(old_north),
        old_divided=former(old_north),
    )
    become(land.old_merged, land.merged)
    become(land.old_divided, land.main_part, land.other_part)
    return land


@pytest.fixture
def land(db: None) -> Land:
    return make_land()


def count(
    cast: Cast,
    people: int,
    in_: AdministrativeUnit | None,
    when: Any = BEFORE,
    *,
    is_last: bool = True,
) -> Venue:
    """Store an event with a sheet in a commune, and return its venue, which lies there.

    The last one brings the figures in line.
    """
    event = held(
        cast.library,
        cast.owner,
        "reading_skills",
        starts_at=when,
        commune=in_,
        people_served=people,
        outputs={0: {"participants": people}},
    )
    if is_last:
        rebuild()
    return event.venue


def told(cast: Cast, asked: Question = TODAY) -> dict[str, tuple[int, int]]:
    """Return the sum and the part that was carried over, by unit."""
    answer = explore(asked, cast.owner)
    for row in [*answer.rows, answer.total]:
        assert row.values["participants"] == row.values["people_served"]
    return {
        row.key: (row.values["people_served"].amount, row.values["people_served"].carried)
        for row in answer.rows
    }


def known_to_lie_in(venue: Venue, commune: AdministrativeUnit) -> None:
    """Let a person say where a venue lies today."""
    venue.commune = commune
    audit.save(venue, actor=None, reason="asked the school", clean=False)


# --- Where figures go ----------------------------------------------------------------------------


def test_figures_of_a_merged_commune_go_along_for_certain(cast: Cast, land: Land) -> None:
    count(cast, 100, land.old_merged)
    count(cast, 20, land.merged, AFTER)
    assert told(cast, ASKED) == {word_of(land.old_merged): (100, 0), word_of(land.merged): (20, 0)}
    assert told(cast) == {word_of(land.merged): (120, 0)}


def test_of_a_divided_one_they_go_to_the_main_successor_as_an_estimate(
    cast: Cast, land: Land
) -> None:
    count(cast, 100, land.old_divided)
    assert told(cast) == {word_of(land.main_part): (100, 100)}


def test_unless_a_person_said_where_the_venue_lies(cast: Cast, land: Land) -> None:
    venue = count(cast, 100, land.old_divided)
    known_to_lie_in(venue, land.other_part)
    assert told(cast) == {word_of(land.other_part): (100, 0)}


def test_what_the_product_guessed_about_a_venue_stays_an_estimate(cast: Cast, land: Land) -> None:
    venue = count(cast, 100, land.old_divided)
    place_venues(actor=None, now=clock.now())
    venue.refresh_from_db()
    assert venue.commune == land.main_part
    assert told(cast) == {word_of(land.main_part): (100, 100)}


def test_a_boundary_around_the_point_makes_it_certain(cast: Cast, land: Land) -> None:
    venue = count(cast, 100, land.old_divided)
    assert venue.point is not None
    lat, lon = venue.point
    shape = shapely.box(lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1)
    Boundary.objects.create(unit=land.other_part, shape=shapely.to_wkb(shape), source="test")
    assert told(cast) == {word_of(land.other_part): (100, 0)}


def test_a_trail_that_ends_leaves_figures_where_they_were(cast: Cast, land: Land) -> None:
    lost = former(land.old_merged.parent or land.north)
    count(cast, 100, lost)
    count(cast, 7, None)
    assert told(cast) == {word_of(lost): (100, 0), UNKNOWN_PLACE: (7, 0)}


def test_two_reforms_are_followed_one_after_the_other(cast: Cast, land: Land) -> None:
    AdministrativeUnit.objects.filter(pk=land.merged.pk).update(valid_to=date(2026, 1, 1))
    newest = CommuneFactory.create(parent=land.south, valid_from=date(2026, 1, 1))
    become(land.merged, newest)
    count(cast, 100, land.old_merged)
    assert told(cast) == {word_of(newest): (100, 0)}


# --- Provinces -----------------------------------------------------------------------------------


def test_a_province_is_certain_where_all_parts_lie_in_it(cast: Cast, land: Land) -> None:
    count(cast, 100, land.old_divided)
    by_province = replace(TODAY, group_by=Group.PROVINCE)
    assert told(cast, by_province) == {word_of(land.north): (100, 0)}


def test_a_province_is_an_estimate_where_a_part_went_to_another(cast: Cast, land: Land) -> None:
    Succession.objects.create(
        predecessor=land.old_divided,
        successor=CommuneFactory.create(parent=land.south),
        is_main=False,
        is_split=True,
    )
    count(cast, 100, land.old_divided)
    by_province = replace(TODAY, group_by=Group.PROVINCE)
    assert told(cast, by_province) == {word_of(land.north): (100, 100)}


# --- Narrowed to a place -------------------------------------------------------------------------


@pytest.mark.parametrize("group", [Group.MONTH, Group.LIBRARY, Group.KIND, Group.AUDIENCE])
def test_a_unit_of_today_can_be_asked_for_in_any_division(
    cast: Cast, land: Land, group: Group
) -> None:
    count(cast, 100, land.old_merged)
    count(cast, 20, land.merged, AFTER)
    count(cast, 3, land.old_divided)
    for unit, expected in ((land.merged, (120, 0)), (land.main_part, (3, 3))):
        asked = replace(TODAY, group_by=group, commune=word_of(unit))
        total = explore(asked, cast.owner).total.values["people_served"]
        assert (total.amount, total.carried) == expected


def test_the_sheets_behind_a_figure_add_up_to_it(cast: Cast, land: Land) -> None:
    count(cast, 100, land.old_merged)
    count(cast, 20, land.merged, AFTER)
    for measure in TODAY.measures:
        asked = replace(TODAY.of_measure(measure), commune=word_of(land.merged))
        behind = sheets_behind(asked, cast.owner)
        assert (behind.value.amount, behind.facts.count()) == (120, 2)


def test_the_filters_offer_the_units_that_are_told(cast: Cast, land: Land) -> None:
    count(cast, 100, land.old_merged)
    old_province = land.old_merged.parent
    assert old_province is not None
    assert list(provinces_counted(cast.owner)) == [old_province]
    assert list(provinces_counted(cast.owner, Units.TODAY)) == [land.north]
    assert list(communes_counted(cast.owner, word_of(old_province))) == [land.old_merged]
    within = communes_counted(cast.owner, word_of(land.north), units=Units.TODAY)
    assert list(within) == [land.merged]


def test_nobody_is_told_of_libraries_they_may_not_see(cast: Cast, land: Land) -> None:
    count(cast, 100, land.old_merged)
    assert explore(TODAY, cast.stranger).rows == []
    assert list(provinces_counted(cast.stranger, Units.TODAY)) == []


# --- The whole -----------------------------------------------------------------------------------


class TestTotals(TestCase):
    """However the figures lie, both ways of telling them add up to the same."""

    cast: Cast
    land: Land

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = make_cast()
        cls.land = make_land()

    @settings(max_examples=20, deadline=None)
    @given(
        counted=st.lists(
            st.tuples(
                st.sampled_from(["old_merged", "old_divided", "merged", "other_part", ""]),
                st.integers(0, 500),
                st.booleans(),
            ),
            max_size=6,
        )
    )
    def test_are_the_same_in_both(self, counted: Sequence[tuple[str, int, bool]]) -> None:
        for unit, people, is_known in counted:
            commune = getattr(self.land, unit) if unit else None
            when = BEFORE if "old" in unit else AFTER
            venue = count(self.cast, people, commune, when, is_last=False)
            if unit == "old_divided" and is_known:
                known_to_lie_in(venue, self.land.other_part)
        rebuild()
        for group in (Group.COMMUNE, Group.PROVINCE):
            then = explore(replace(ASKED, group_by=group), self.cast.owner).total.values
            now = explore(replace(TODAY, group_by=group), self.cast.owner).total.values
            assert {key: replace(value, carried=0) for key, value in now.items()} == dict(then)
            assert all(value.carried <= value.amount for value in now.values())


def test_queries_do_not_grow_with_the_communes(
    cast: Cast, land: Land, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(30):
        old = former(land.old_merged.parent or land.north)
        become(old, land.main_part, land.other_part)
        count(cast, 1, old, is_last=False)
    rebuild()
    with django_assert_max_num_queries(22):
        assert told(cast) == {word_of(land.main_part): (30, 30)}


# --- The page ------------------------------------------------------------------------------------


def test_the_page_says_how_much_is_approximate(cast: Cast, land: Land) -> None:
    count(cast, 30, land.old_divided)
    count(cast, 70, land.old_merged)
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.owner)
    words = {"from": "2025-01", "to": "2025-12", "by": "commune"}
    then = client.get(reverse("statistics"), words).content.decode()
    now = client.get(reverse("statistics"), words | {"units": "today"}).content.decode()
    assert "30 of 100 (30%) are approximate" in now
    assert "approximate" not in then
    csv = client.get(reverse("statistics_csv"), words | {"units": "today"}).content.decode()
    assert "part carried over from divided communes" in csv
    odd = client.get(reverse("statistics"), words | {"units": "yesterday"})
    assert odd.status_code == 400
