"""What the demonstration holds once it is loaded: it is what the product itself would have made."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.attendance import content
from outreach.attendance.domain import EventFact, findings_for
from outreach.attendance.models import How, ResultSheet
from outreach.bookings.models import Booking
from outreach.calendars import services as calendars
from outreach.common.checks import missing_constraints
from outreach.common.periods import evaluation_year
from outreach.config.demo import load, people, workdays
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import AdministrativeUnit, ServiceArea, UnitPriority, Venue
from outreach.places.selectors import commune_of
from outreach.planning.approval import checksum_of, standings
from outreach.planning.models import OwedVisit, Promise, Season, SeasonSubmission
from outreach.scheduling import board
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import (
    Activity,
    Audience,
    Disruption,
    Duty,
    Event,
    RuleOverride,
    Series,
    State,
    Trip,
    TripPause,
    TripTemplate,
)
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.series.recurrence import dates
from outreach.scheduling.services import rules
from outreach.statistics import services as statistics
from outreach.statistics.models import BuildingFigures, Cell

TODAY = date(2026, 11, 23)
YEAR = evaluation_year(2025)
SCHOOLS = (Venue.Kind.SCHOOL, Venue.Kind.SCHOOL_POINT)

pytestmark = [pytest.mark.usefixtures("demo"), pytest.mark.django_db]


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[load.Outcome]:
    """Load the demonstration once for all tests of this module, and take it back afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load.load(TODAY)
        transaction.set_rollback(True)


def local_day(moment: datetime) -> date:
    return timezone.localdate(moment)


def in_year() -> Q:
    assert YEAR.end is not None
    return Q(starts_at__date__gte=YEAR.start, starts_at__date__lt=YEAR.end)


def everything_stored() -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
    }


def test_a_second_run_changes_nothing_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    before = everything_stored()
    call_command("demo", today=TODAY)
    assert "nothing was changed" in capsys.readouterr().out
    assert everything_stored() == before


def test_it_has_the_promised_size(demo: load.Outcome) -> None:
    assert 280 <= demo.venues == Venue.objects.count() <= 330
    assert 900 <= Event.objects.filter(in_year()).count() <= 1500
    assert Library.objects.running_services().count() == 5
    current = AdministrativeUnit.objects.in_force_on(TODAY)
    assert current.communes().count() == 483


# --- Places and people -------------------------------------------------------------------------


def test_every_venue_is_invented_valid_and_inside_its_commune() -> None:
    for venue in Venue.objects.select_related("commune", "library", "main_venue"):
        venue.full_clean()
        assert venue.is_invented
        assert venue.contact_email.endswith(".invalid")
        assert venue.contact_until is not None
        assert venue.commune is not None
        assert venue.commune.valid_to is None


def test_no_two_venues_of_a_commune_share_a_name() -> None:
    names = list(Venue.objects.values_list("commune", "name"))
    assert len(set(names)) == len(names)


def test_a_library_serves_its_province_and_those_it_was_made_of() -> None:
    areas = ServiceArea.objects.filter(library__slug="quang-tri")
    assert set(areas.values_list("unit__code", "unit__name")) == {
        ("44", "Quảng Trị"),
        ("44", "Quảng Bình"),
        ("45", "Quảng Trị"),
    }


def test_priorities_say_that_they_come_from_the_demo() -> None:
    assert UnitPriority.objects.exists()
    assert not UnitPriority.objects.exclude(source__startswith="demo: ").exists()


def test_every_crew_member_is_invented_and_every_van_has_an_operator() -> None:
    assert not CrewMember.objects.exclude(is_invented=True).exists()
    for library in Library.objects.running_services():
        crew = CrewMember.objects.filter(library=library)
        assert 6 <= crew.count() <= 10
        vehicles = Vehicle.objects.filter(library=library).count()
        assert crew.filter(can_operate=True).count() >= vehicles
    assert Vehicle.objects.filter(kind=Vehicle.Kind.BOAT, library__slug="hue").count() == 1


@pytest.mark.parametrize(
    ("name", "library", "action", "elsewhere"),
    [
        ("officer", "hue", Action.SEE_STATISTICS, True),
        ("coordinator", "nghe-an", Action.SCHEDULE, False),
        ("crew", "nghe-an", Action.LOG_RESULTS, False),
        ("school", "nghe-an", Action.ASK_FOR_VISITS, False),
        ("coordinator.hue", "hue", Action.SCHEDULE, False),
    ],
)
def test_each_sign_in_works_and_does_what_its_role_may(
    name: str, library: str, action: Action, elsewhere: bool
) -> None:
    user = authenticate(email=f"{name}@demo.invalid", password="outreach-demo")
    assert isinstance(user, User)
    assert user.may(action, Library.objects.get(slug=library).pk)
    assert user.may(action, Library.objects.get(slug="thanh-hoa").pk) == elsewhere


# --- The schedule ------------------------------------------------------------------------------


def assert_apart(rows: Iterable[tuple[object, datetime, datetime]]) -> None:
    """Fail if two periods of the same owner share a moment."""
    by_owner = defaultdict(list)
    for owner, start, end in rows:
        by_owner[owner].append((start, end))
    for owner, periods in by_owner.items():
        periods.sort()
        for (_start, end), (start, _end) in itertools.pairwise(periods):
            assert end <= start, owner


def test_nothing_and_nobody_is_in_two_places_at_once() -> None:
    standing = Event.objects.standing()
    assert_apart(Trip.objects.standing().values_list("vehicle", "departs_at", "returns_at"))
    assert_apart(standing.values_list("venue", "starts_at", "ends_at"))
    assert_apart(standing.filter(trip__isnull=False).values_list("trip", "starts_at", "ends_at"))
    duties = Duty.objects.filter(is_standing=True)
    assert_apart(duties.values_list("member", "starts_at", "ends_at"))


def test_the_database_still_holds_its_constraints() -> None:
    assert missing_constraints() == []


def asked() -> Iterator[tuple[Trip, list[Finding]]]:
    """Yield every standing trip with all that the rules say of it if it were published now.

    Those before the new communes apart: which of them lie in the mountains is known since then.
    """
    merged = datetime(2025, 7, 1, tzinfo=UTC)
    for library in Library.objects.running_services():
        for when in (Q(departs_at__lt=merged), Q(departs_at__gte=merged)):
            trips = Trip.objects.standing().filter(when, library=library)
            loaded = list(board.with_everything(trips))
            book = board.rulebook_of(library, loaded)
            for trip in loaded:
                yield trip, book.trip_findings(TripShape.of(trip, is_draft=False))


def test_no_published_trip_breaks_a_rule_that_nobody_overrode() -> None:
    for trip, findings in asked():
        if trip.state == State.PUBLISHED:
            marks = {override.found.mark for override in trip.overrides.all()}
            assert {finding.mark for finding in findings} == marks, (trip.uid, findings)


def test_a_few_coming_trips_show_who_overrode_a_rule_and_why() -> None:
    overrides = RuleOverride.objects.select_related("trip", "actor")
    assert len({override.rule for override in overrides}) == 6
    assert len({override.trip_id for override in overrides}) == 6
    for override in overrides:
        trip = override.trip
        assert trip is not None
        assert TODAY < local_day(trip.departs_at) <= TODAY + timedelta(weeks=4)
        assert override.found.is_soft
        assert override.actor.may(Action.OVERRIDE_RULES, trip.library_id)
        assert override.made_at < trip.departs_at
        assert len(override.reason) > 30


def test_a_few_drafts_have_something_open_and_the_others_nothing() -> None:
    drafts = [findings for trip, findings in asked() if trip.state == State.DRAFT]
    is_open = [findings for findings in drafts if findings]
    assert 3 <= len(is_open) <= 5 < len(drafts)
    for findings in is_open:
        assert all(finding.is_soft for finding in findings)


def test_no_event_without_a_vehicle_breaks_a_rule() -> None:
    for library in Library.objects.running_services():
        alone = Event.objects.standing().filter(library=library, trip=None)
        events = list(alone.select_related("venue").prefetch_related("activities"))
        book = Rulebook(library, events=events)
        for event in events:
            assert book.event_findings(event, []) == [], event.uid


def test_the_schedule_page_finds_nothing_either() -> None:
    """One trip asked about alone, as its own page does, in every month of the finished year."""
    for month in range(1, 13):
        trips = Trip.objects.standing().filter(
            departs_at__date__gte=date(2025, month, 8), state=State.PUBLISHED
        )
        trip = trips.select_related("vehicle__library", "library").order_by("departs_at")[0]
        assert rules.stored_trip_findings(trip) == [], trip.uid


# --- Pauses ------------------------------------------------------------------------------------


def test_pauses_lie_in_their_trip_and_no_event_is_held_meanwhile() -> None:
    pauses = TripPause.objects.select_related("trip")
    assert not pauses.filter(starts_at__lt=F("trip__departs_at")).exists()
    assert not pauses.filter(ends_at__gt=F("trip__returns_at")).exists()
    events = Event.objects.filter(trip__isnull=False)
    rows = [*pauses.values_list("trip", "starts_at", "ends_at")]
    assert_apart([*rows, *events.values_list("trip", "starts_at", "ends_at")])


def test_tours_of_several_days_sleep_somewhere_every_night_but_in_open_drafts() -> None:
    nights = Counter(
        TripPause.objects.filter(kind=TripPause.Kind.NIGHT).values_list("trip", flat=True)
    )
    lengths: Counter[int] = Counter()
    for trip in Trip.objects.exclude(state=State.DRAFT):
        away = (local_day(trip.returns_at) - local_day(trip.departs_at)).days
        assert nights[trip.pk] == away, trip.uid
        lengths[away] += 1
    assert set(lengths) == {0, 1, 2}
    assert min(lengths.values()) > 30


def test_a_night_has_a_name_or_is_spent_at_a_border_post() -> None:
    nights = TripPause.objects.filter(kind=TripPause.Kind.NIGHT)
    assert not nights.filter(place="", venue=None).exists()
    guests = nights.filter(venue__isnull=False)
    assert set(guests.values_list("venue__kind", flat=True)) == {Venue.Kind.BORDER_POST}


def test_nobody_eats_or_rests_for_less_than_the_rules_ask() -> None:
    lengths: dict[str, set[timedelta]] = defaultdict(set)
    for kind, start, end in TripPause.objects.values_list("kind", "starts_at", "ends_at"):
        lengths[kind].add(end - start)
    assert lengths[TripPause.Kind.LUNCH] == {timedelta(minutes=60)}
    assert lengths[TripPause.Kind.REST] == {timedelta(minutes=20)}
    assert min(lengths[TripPause.Kind.NIGHT]) > timedelta(hours=10)


# --- What schools asked for ---------------------------------------------------------------------


def test_schools_said_how_many_come_and_asked_two_weeks_before() -> None:
    said = Event.objects.filter(expected_classes__isnull=False)
    assert said.count() > 200
    assert set(said.values_list("venue__kind", flat=True)) == set(SCHOOLS)
    assert not said.filter(expected_people=None).exists()
    asked_for = said.filter(asked_on__isnull=False)
    assert asked_for.count() > 100
    for event in asked_for:
        assert event.asked_on is not None
        assert (local_day(event.starts_at) - event.asked_on).days >= 14


def test_an_accepted_request_and_its_event_say_the_same() -> None:
    for booking in Booking.objects.filter(state=Booking.State.ACCEPTED).select_related("event"):
        assert booking.event is not None
        assert booking.event.asked_on == local_day(booking.asked_at)
        assert booking.event.expected_classes == booking.classes
        assert booking.event.expected_people == booking.pupils


def test_a_duty_lasts_as_long_as_its_trip_or_event() -> None:
    of_trip = Q(starts_at=F("trip__departs_at"), ends_at=F("trip__returns_at"))
    of_event = Q(starts_at=F("event__starts_at"), ends_at=F("event__ends_at"))
    assert not Duty.objects.exclude(of_trip | of_event).exists()
    assert not Event.objects.filter(trip__isnull=True, duties__isnull=True).exists()


def test_every_event_carries_the_commune_in_force_on_its_day() -> None:
    known: dict[tuple[int, date], AdministrativeUnit | None] = {}
    for event in Event.objects.select_related("venue__commune", "commune"):
        day, unit = local_day(event.starts_at), event.commune
        assert unit is not None
        assert unit.valid_from <= day
        assert unit.valid_to is None or day < unit.valid_to
        key = (event.venue_id, unit.valid_from)
        if key not in known:
            known[key] = commune_of(event.venue, day)
        assert known[key] == unit


def test_events_before_july_2025_lie_in_former_communes() -> None:
    former = Event.objects.filter(in_year(), commune__valid_to__isnull=False)
    assert former.exists()
    assert not former.filter(starts_at__date__gte=date(2025, 7, 1)).exists()


def test_an_event_belongs_to_the_library_of_its_trip_and_venue() -> None:
    assert not Event.objects.exclude(library=F("venue__library")).exists()
    with_trip = Event.objects.filter(trip__isnull=False)
    assert not with_trip.exclude(library=F("trip__library")).exists()
    assert not with_trip.exclude(state=F("trip__state")).exists()


def test_nothing_happens_at_tet_and_schools_are_visited_on_school_days() -> None:
    for event in Event.objects.select_related("venue"):
        day = local_day(event.starts_at)
        assert not workdays.is_holiday(day), event.title
        if event.venue.kind in SCHOOLS:
            assert workdays.is_school_day(day), (event.title, day)


def test_events_begin_and_end_in_daylight() -> None:
    for event in Event.objects.all():
        start, end = timezone.localtime(event.starts_at), timezone.localtime(event.ends_at)
        assert start.hour >= 7
        assert (end.hour, end.minute) <= (17, 30)
        assert start.date() == end.date()


def test_storms_called_off_what_was_planned() -> None:
    cancelled = Event.objects.filter(in_year(), state=State.CANCELLED)
    assert cancelled.filter(cancel_reason__in=["storm", "flood"]).count() >= 10
    assert not Duty.objects.filter(trip__state=State.CANCELLED, is_standing=True).exists()
    assert (
        not Event.objects.filter(library__slug="hue", starts_at__date=date(2025, 10, 28))
        .exclude(state=State.CANCELLED)
        .exists()
    )


# --- Results -----------------------------------------------------------------------------------


def test_no_sheet_breaks_a_rule() -> None:
    audiences = dict(Audience.objects.values_list("code", "is_age_band"))
    activities = defaultdict(set)
    for pk, event_id in Activity.objects.values_list("pk", "event"):
        activities[event_id].add(pk)
    sheets = ResultSheet.objects.select_related("event")
    for sheet in sheets.prefetch_related("audiences", "activities"):
        event = sheet.event
        fact = EventFact(
            event.starts_at,
            event.ends_at,
            event.published_at is not None,
            frozenset(activities[event.pk]),
            audiences,
        )
        assert findings_for(content.stored(sheet), fact, sheet.received_at) == [], sheet.uid
        assert {row.activity_id for row in sheet.activities.all()} == activities[event.pk]


def test_a_sheet_sent_again_would_be_taken_for_a_repeat() -> None:
    sheets = ResultSheet.objects.select_related("event")
    for sheet in sheets.prefetch_related("audiences", "activities"):
        assert sheet.digest == content.digest(
            content.stored(sheet),
            event_uid=sheet.event.uid,
            replaces=sheet.replaces_id,
            reason=sheet.reason,
        )


def test_only_events_that_were_public_and_are_over_have_sheets() -> None:
    sheets = ResultSheet.objects.all()
    assert not sheets.exclude(event__state=State.PUBLISHED).exists()
    assert not sheets.filter(event__starts_at__date__gte=TODAY).exists()
    assert not sheets.exclude(commune=F("event__commune")).exists()


def test_some_figures_are_estimated_some_not_collected_and_some_sheets_corrected() -> None:
    accepted = ResultSheet.objects.accepted()
    assert accepted.filter(people_served_how=How.ESTIMATED).exists()
    assert accepted.filter(items_used_how=How.NOT_COLLECTED).exists()
    assert accepted.filter(outcome=ResultSheet.Outcome.PARTLY).exists()
    assert accepted.filter(outcome=ResultSheet.Outcome.NOT_HELD).exists()
    assert accepted.filter(replaces__state=ResultSheet.State.SUPERSEDED).exists()
    assert BuildingFigures.objects.filter(items_used_how=How.NOT_COLLECTED).exists()
    assert BuildingFigures.objects.filter(reader_visits_how=How.ESTIMATED).exists()


@pytest.mark.parametrize("model", [Event, Trip, ResultSheet, BuildingFigures, Venue, Booking])
def test_every_record_a_figure_rests_on_says_who_made_it(model: Any) -> None:
    made = model.history.filter(history_type="+", history_user__isnull=False)
    assert set(made.values_list(model._meta.pk.attname, flat=True)) == set(
        model.objects.values_list("pk", flat=True)
    )


def test_the_last_history_row_says_what_is_stored() -> None:
    for sheet in ResultSheet.objects.filter(state=ResultSheet.State.SUPERSEDED):
        assert sheet.history.latest().state == sheet.state
        assert sheet.history.earliest().state == ResultSheet.State.ACCEPTED
    for event in Event.objects.filter(state=State.CANCELLED):
        assert event.history.latest().state == State.CANCELLED
        assert event.history.earliest().state == State.PUBLISHED


# --- The year ----------------------------------------------------------------------------------


def of_events(code: str, **conditions: object) -> int:
    assert YEAR.end is not None
    cells = Cell.objects.filter(month__gte=YEAR.start, month__lt=YEAR.end, **conditions)
    return cells.aggregate(sum=Sum(code))["sum"] or 0


def of_buildings(code: str) -> int:
    assert YEAR.end is not None
    months = BuildingFigures.objects.filter(month__gte=YEAR.start, month__lt=YEAR.end)
    return months.aggregate(sum=Sum(code))["sum"] or 0


def of_both(*codes: str) -> int:
    return sum(of_events(code) + of_buildings(code) for code in codes)


def test_the_year_comes_to_the_unions_published_review() -> None:
    statistics.fold()
    assert of_events("activities", kind="exhibition") == 53
    assert of_buildings("newspapers_added") == 452
    assert 37_500 < of_buildings("copies_added") < 37_600
    assert 17_000 < of_buildings("records_entered") < 17_100
    assert 19_500 < of_both("cards_issued", "cards_renewed") < 19_600
    assert 1_200_000 < of_events("people_served") + of_buildings("reader_visits") < 1_210_000
    assert 2_500_000 < of_both("items_used", "items_lent") < 2_510_000


def test_every_library_has_building_figures_for_every_month_that_is_over() -> None:
    months = BuildingFigures.objects.values_list("library__slug", "month")
    assert len(months) == len(set(months)) == 5 * 23
    assert max(month for _slug, month in months) == date(2026, 10, 1)


def test_what_is_derived_agrees_with_the_sheets() -> None:
    assert statistics.differing_cells() == 0


def test_every_public_event_has_its_calendar_entry() -> None:
    assert calendars.rebuild(Event.objects.all()) == 0
    assert not Event.objects.public().filter(entry__isnull=True).exists()


# --- The running season ------------------------------------------------------------------------


def test_the_crew_has_two_or_three_events_today() -> None:
    crew = User.objects.get(email="crew@demo.invalid")
    events = Event.objects.filter(starts_at__date=TODAY, trip__duties__member__user=crew)
    assert 2 <= events.count() <= 3
    assert set(events.values_list("state", flat=True)) == {State.PUBLISHED}


def test_some_of_what_is_over_is_not_logged_yet() -> None:
    over = Event.objects.filter(
        state=State.PUBLISHED,
        starts_at__date__lt=TODAY,
        starts_at__date__gte=TODAY - timedelta(weeks=9),
    )
    logged = over.filter(sheets__isnull=False).distinct().count()
    assert over.count() / 2 < logged < over.count()


def test_coming_weeks_are_public_later_ones_drafts() -> None:
    coming = Event.objects.filter(starts_at__date__gt=TODAY)
    assert coming.filter(state=State.PUBLISHED).exists()
    far = coming.filter(starts_at__date__gt=TODAY + timedelta(weeks=5))
    assert set(far.values_list("state", flat=True)) == {State.DRAFT}


def test_most_venues_were_promised_visits_in_the_season() -> None:
    assert Season.objects.count() == 5
    assert Promise.objects.count() > Venue.objects.count() / 2
    assert not Promise.objects.exclude(every_weeks__gte=2, every_weeks__lte=12).exists()


def test_a_storm_two_weeks_ago_called_off_what_it_says() -> None:
    disruption = Disruption.objects.get()
    touched = Event.objects.filter(disruptions__disruption=disruption)
    assert touched.count() >= 2
    assert not touched.exclude(state=State.CANCELLED, cancel_reason=disruption.why).exists()
    assert not touched.exclude(library=disruption.library_id).exists()
    first = touched.earliest("starts_at")
    assert disruption.made_at < first.starts_at
    assert disruption.starts_at <= first.starts_at < disruption.ends_at
    told = {uid for text in disruption.messages for uid in text["events"]}
    assert told == set(touched.values_list("uid", flat=True))


def test_what_was_called_off_this_season_is_owed_and_one_visit_makes_up_for_another() -> None:
    owed = OwedVisit.objects.select_related("event")
    storm = Event.objects.filter(disruptions__isnull=False)
    assert set(storm.values_list("pk", flat=True)) <= {visit.event_id for visit in owed}
    assert not owed.exclude(event__state=State.CANCELLED).exists()
    (made_up,) = Event.objects.filter(makes_up_for__isnull=False).select_related("makes_up_for")
    assert storm.filter(made_up_by=made_up).exists()
    assert local_day(made_up.starts_at) > TODAY
    assert OwedVisit.objects.open().count() == owed.count() - 1


def test_the_sessions_of_a_series_are_on_its_dates_or_excepted() -> None:
    assert Series.objects.count() == 2
    for series in Series.objects.all():
        rule = dates(
            series.rule,
            series.starts_on,
            since=series.starts_on,
            until=date.max,
            ends_on=series.ends_on,
        )
        held = set(series.events.values_list("series_on", flat=True))
        assert len(held) > 4
        assert {day for day in rule if day.isoformat() not in series.exceptions} == held
        for event in series.events.all():
            assert local_day(event.starts_at) == event.series_on


def test_templates_hold_a_day_trip_and_a_tour_with_its_night() -> None:
    home = TripTemplate.objects.filter(library__slug=people.HOME)
    assert home.count() == 2
    assert home.filter(pauses__kind=TripPause.Kind.NIGHT).count() == 1
    assert not home.filter(stops=None).exists()


def test_plans_of_the_season_are_on_every_step_of_their_way() -> None:
    states = Counter(str(one.state) for one in standings(list(Season.objects.all())))
    assert states == {"approved": 2, "submitted": 1, "returned": 1, "draft": 1}
    for plan in SeasonSubmission.objects.all():
        assert plan.checksum == checksum_of(plan.content)
        assert plan.decided_by is None or plan.decided_by.may(
            Action.APPROVE_PLANS, plan.season.library_id
        )


def test_the_school_sees_requests_in_every_state() -> None:
    host = User.objects.get(email=people.address("school", people.HOME))
    bookings = Booking.objects.visible_to(host)
    states = set(bookings.values_list("state", flat=True))
    assert {"submitted", "accepted", "refused"} <= states
    accepted = bookings.get(state=Booking.State.ACCEPTED)
    assert accepted.event is not None
    assert accepted.event.venue == accepted.venue
    assert local_day(accepted.event.starts_at) == accepted.wanted_on
