"""Venues, events, sheets, entries and figures come to lie where the units of their day are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.accounts.models import Library
from outreach.attendance.models import ResultSheet
from outreach.calendars import services as calendars
from outreach.calendars.models import Entry
from outreach.places.models import AdministrativeUnit, Succession, Venue
from outreach.places.placing import place_venues
from outreach.places.selectors import (
    commune_of,
    heirs_of,
    origins_of,
    predecessors_of,
    successors_of,
    unit_on,
)
from outreach.scheduling.models import Event
from outreach.statistics.models import ActivityFact, EventFact
from outreach.statistics.services import differing_cells, rebuild
from tests.factories import LibraryFactory, UserFactory, VenueFactory
from tests.places.loader import REFORM, collection, feature, load, load_before, square, write
from tests.statistics.makers import at, held

pytestmark = pytest.mark.django_db
units = AdministrativeUnit.objects
DAY, EVE = date(2027, 1, 1), date(2026, 12, 31)
IN_2026, IN_2027 = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Four communes, and the reform of 2027 stored, not active."""
    load_before(tmp_path)
    path = write(tmp_path, "reform-2027.csv", REFORM)
    load("--file", path, "--valid-from", "2027-01-01", "--commit")
    return tmp_path


def old(code: str) -> AdministrativeUnit:
    return units.get(code=code, level="commune", valid_from=date(2025, 7, 1))


def code_of(venue: Venue) -> str:
    venue.refresh_from_db()
    return venue.commune.code if venue.commune else ""


class TestLineage:
    """Following units through time."""

    @pytest.fixture(autouse=True)
    def _active(self, before: Path) -> None:
        load("--activate", "reform-2027")

    def test_successors_are_those_of_the_day_and_the_divided_ones_say_so(self) -> None:
        found = successors_of(old("104"), DAY)
        assert [(row.unit.code, row.is_split) for row in found] == [("104", True), ("105", True)]
        assert [row.unit for row in successors_of(old("104"), EVE)] == [old("104")]
        assert successors_of(old("104"), date(2025, 6, 30)) == []

    def test_predecessors_are_those_of_the_day(self) -> None:
        merged = units.get(code="101", valid_from=DAY)
        found = predecessors_of(merged, EVE)
        assert [(row.unit.code, row.is_split) for row in found] == [("101", False), ("102", False)]
        assert predecessors_of(merged, date(2025, 6, 30)) == []
        part = units.get(code="105")
        assert [row.is_split for row in predecessors_of(part, EVE)] == [True]

    def test_direct_relatives_stand_on_both_sides(self) -> None:
        assert [row.unit.code for row in heirs_of(old("104"))] == ["104", "105"]
        assert [row.unit.code for row in origins_of(units.get(code="113"))] == ["103"]

    def test_successions_of_a_set_that_is_not_active_do_not_count(self) -> None:
        load("--deactivate", "reform-2027")
        assert Succession.objects.count() == 5
        assert heirs_of(old("104")) == []
        assert unit_on(old("104"), DAY) == old("104")

    def test_several_reforms_are_followed_one_after_the_other(self, tmp_path: Path) -> None:
        path = write(
            tmp_path, "r28.csv", "code,full_name,province_code,predecessors\n120,Xã Z,40,101;105\n"
        )
        load("--file", path, "--valid-from", "2028-01-01", "--commit", "--activate")
        day = date(2028, 1, 1)
        assert [row.unit.code for row in successors_of(old("102"), day)] == ["120"]
        assert [(row.unit.code, row.is_split) for row in successors_of(old("104"), day)] == [
            ("104", True), ("120", True),
        ]  # fmt: skip
        last = units.get(code="120")
        assert [(row.unit.code, row.is_split) for row in predecessors_of(last, EVE)] == [
            ("101", False), ("102", False), ("104", True),
        ]  # fmt: skip


class TestCommuneOf:
    """Where a venue lay on a day."""

    @pytest.fixture(autouse=True)
    def _active(self, before: Path) -> None:
        load("--activate", "reform-2027")

    def halves(self, folder: Path) -> None:
        """Load the boundaries of the two parts of D."""
        parts = collection(
            feature(square(105.3, 19, 105.35, 19.1), code="104"),
            feature(square(105.35, 19, 105.4, 19.1), code="105"),
        )
        path = write(folder, "parts.geojson", parts)
        load("--file", path, "--valid-from", "2027-01-01", "--commit", "--activate")

    def test_a_divided_commune_is_told_by_the_point_where_boundaries_are_known(
        self, before: Path
    ) -> None:
        east = VenueFactory.create(commune=old("104"), lat=19.05, lon=105.37)
        nowhere = VenueFactory.create(commune=old("104"), lat=None, lon=None)
        assert commune_of(east, DAY) == units.get(code="104", valid_from=DAY)
        self.halves(before)
        assert commune_of(east, DAY) == units.get(code="105")
        assert commune_of(east, EVE) == old("104")
        assert commune_of(nowhere, DAY) == units.get(code="104", valid_from=DAY)

    def test_a_boundary_never_leads_to_a_commune_that_is_no_relative(self, before: Path) -> None:
        self.halves(before)
        elsewhere = VenueFactory.create(commune=old("104"), lat=19.05, lon=105.05)
        assert commune_of(elsewhere, DAY) == units.get(code="104", valid_from=DAY)

    def test_a_merged_commune_is_told_by_the_point_backwards(self) -> None:
        merged = units.get(code="101", valid_from=DAY)
        in_b = VenueFactory.create(commune=merged, lat=19.05, lon=105.15)
        assert commune_of(in_b, EVE) == old("102")
        assert commune_of(in_b, DAY) == merged

    def test_without_boundaries_what_is_known_of_the_venue_tells(self, before: Path) -> None:
        venue = VenueFactory.create(commune=old("102"), lat=None, lon=None)
        unknown = VenueFactory.create(
            commune=units.get(code="101", valid_from=DAY), lat=None, lon=None
        )
        assert place_venues(actor=None, now=IN_2027) == 1
        venue.refresh_from_db()
        assert commune_of(venue, DAY) == units.get(code="101", valid_from=DAY)
        assert commune_of(venue, EVE) == old("102")
        assert commune_of(unknown, EVE) == old("101")

    def test_a_commune_of_a_set_that_is_not_active_is_none(self) -> None:
        venue = VenueFactory.create(commune=units.get(code="105"))
        load("--deactivate", "reform-2027")
        venue.commune = units.get(code="105")
        assert commune_of(venue, DAY) is None


def test_a_venue_without_a_commune_gets_the_one_that_holds_its_point(before: Path) -> None:
    inside = VenueFactory.create(commune=None, lat=19.05, lon=105.15)
    outside = VenueFactory.create(commune=None, lat=10.0, lon=105.15)
    pointless = VenueFactory.create(commune=None, lat=None, lon=None)
    chief = UserFactory.create()
    assert place_venues(actor=chief, now=IN_2026) == 1
    assert [code_of(venue) for venue in (inside, outside, pointless)] == ["102", "", ""]
    entry = inside.history.first()
    assert (entry.history_user, entry.history_type) == (chief, "~")
    assert place_venues(actor=None, now=IN_2026) == 0


def test_a_venue_of_an_ended_commune_is_placed_from_its_day(before: Path) -> None:
    venue = VenueFactory.create(commune=old("102"), lat=19.05, lon=105.15)
    load("--activate", "reform-2027")
    assert place_venues(actor=None, now=IN_2026) == 0
    assert place_venues(actor=None, now=IN_2027) == 1
    assert code_of(venue) == "101"
    assert venue.commune is not None
    assert venue.commune.valid_from == DAY


def test_many_venues_and_events_take_no_more_queries(before: Path) -> None:
    library = LibraryFactory.create()
    counts = []
    for many in (3, 20):
        VenueFactory.create_batch(many, library=library, commune=None, lat=19.05, lon=105.15)
        for venue in Venue.objects.filter(commune=None):
            _event(library, venue)
        with CaptureQueriesContext(connection) as asked:
            assert place_venues(actor=None, now=IN_2026) == many
        counts.append(len(asked))
    assert counts[1] <= counts[0]
    assert Event.objects.filter(commune=old("102")).count() == 23


def _event(library: Library, venue: Venue, starts_at: datetime | None = None) -> Event:
    begins = starts_at or at("2026-12-10")
    return Event.objects.create(
        library=library,
        venue=venue,
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        title="Xe sách",
        state="published",
        published_at=begins - timedelta(days=30),
    )


class TestFollowing:
    """Events and what hangs on them come along, and go back."""

    @pytest.fixture
    def events(self, before: Path) -> list[Event]:
        """An event with an accepted sheet in B on the eve and on the day of the reform."""
        library, author = LibraryFactory.create(), UserFactory.create()
        made = [
            held(library, author, "mobile_service", "exhibition", starts_at=at(day),
                 commune=old("102"), people_served=people)
            for day, people in (("2026-12-31", 10), ("2027-01-01", 20))
        ]  # fmt: skip
        rebuild()
        calendars.rebuild(Event.objects.all())
        return made

    def places(self) -> list[list[tuple[str, date]]]:
        """Return code and first day of the communes of events, sheets and facts."""
        return [
            list(rows.values_list("commune__code", "commune__valid_from"))
            for rows in (
                Event.objects.order_by("starts_at"),
                ResultSheet.objects.order_by("event__starts_at"),
                EventFact.objects.order_by("event__starts_at"),
                ActivityFact.objects.order_by("fact__event__starts_at", "pk"),
            )
        ]

    def test_what_happened_since_the_day_lies_in_the_new_commune(self, events: list[Event]) -> None:
        before, after = ("102", date(2025, 7, 1)), ("101", DAY)
        load("--activate", "reform-2027")
        assert self.places() == [
            [before, after], [before, after], [before, after],
            [before, before, after, after],
        ]  # fmt: skip
        assert differing_cells() == 0
        assert events[1].history.first().history_change_reason.endswith("reform-2027 activated")
        load("--deactivate", "reform-2027")
        assert self.places() == [[before] * 2, [before] * 2, [before] * 2, [before] * 4]
        assert differing_cells() == 0

    def test_its_calendar_entry_names_the_new_commune_and_the_others_stay(
        self, events: list[Event]
    ) -> None:
        load("--activate", "reform-2027")
        first, second = (Entry.objects.get(event=event) for event in events)
        assert "Xã B" in bytes(first.vevent).decode().replace("\r\n ", "")
        assert "Xã Thủy A" in bytes(second.vevent).decode().replace("\r\n ", "")
        assert (first.sequence, second.sequence) == (0, 1)

    def test_the_day_is_that_of_the_librarys_clock(self, before: Path) -> None:
        late = datetime(2026, 12, 31, 18, tzinfo=UTC)  # 1 January in Hanoi, not in London
        for zone in ("Asia/Ho_Chi_Minh", "Europe/London"):
            library = LibraryFactory.create(time_zone=zone)
            _event(library, VenueFactory.create(library=library, commune=old("102")), late)
        load("--activate", "reform-2027")
        codes = Event.objects.order_by("library__time_zone").values_list("commune__code", flat=True)
        assert list(codes) == ["101", "102"]
