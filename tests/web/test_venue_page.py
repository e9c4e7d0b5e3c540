"""The page of a venue, and the forms for what is kept with it."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.common import clock
from outreach.places import services
from outreach.places.models import (
    AdministrativeUnit,
    ClosedDates,
    Succession,
    TravelTime,
    Venue,
    VenueAccess,
)
from outreach.places.services import Hours
from outreach.web.venues.part_forms import AccessForm
from tests.api.world import published
from tests.cast import Cast
from tests.factories import (
    ClosedDatesFactory,
    CommuneFactory,
    OpeningWindowFactory,
    PromiseFactory,
    TravelTimeFactory,
    VenueFactory,
)
from tests.scheduling.ways import signed_in

DAY = timedelta(days=1)


def page(user: User, venue: Venue) -> str:
    """Return what the page of a venue says."""
    answer = signed_in(user).get(reverse("venue", args=[venue.code]))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def send(cast: Cast, name: str, sent: dict[str, Any], *keys: int) -> Any:
    """Send a form about the venue."""
    return signed_in(cast.owner).post(reverse(name, args=[cast.venue.code, *keys]), sent)


def errors(answer: Any) -> dict[str, list[str]]:
    """Return what a form says is wrong, by field."""
    assert answer.status_code == 200
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


# --- The page ----------------------------------------------------------------------------------


def test_everything_that_is_known_of_a_venue_is_on_its_page(cast: Cast) -> None:
    point = VenueFactory.create(
        library=cast.library, kind=Venue.Kind.SCHOOL_POINT, main_venue=cast.venue
    )
    Venue.objects.filter(pk=cast.venue.pk).update(
        locality="Bản Một", postcode="43000", contact_name="Cô Hiệu trưởng"
    )
    VenueAccess.objects.create(venue=cast.venue, slope="steep")
    OpeningWindowFactory.create(venue=cast.venue)
    ClosedDatesFactory.create(venue=cast.venue, reason="Nghỉ Tết")
    TravelTimeFactory.create(destination=cast.venue, minutes=135, note="Đường tràn")
    PromiseFactory.create(venue=cast.venue, every_weeks=3)
    coming, past = published(cast, 3), published(cast, -3)
    said = page(cast.owner, cast.venue)
    for known in (
        "Bản Một",
        "43000",
        "Cô Hiệu trưởng",
        cast.commune.full_name,
        point.name,
        "07:30–11:00",
        "01/02/2027",
        "07/02/2027",
        "Nghỉ Tết",
        "2 h 15 min",
        "Đường tràn",
        "every 3 weeks",
        f"{clock.local(coming.starts_at):%d/%m/%Y}",
        f"{clock.local(past.starts_at):%d/%m/%Y}",
    ):
        assert known in said, known


def test_who_does_not_keep_the_places_sees_neither_contact_nor_forms(cast: Cast) -> None:
    services.change_venue(actor=cast.owner, venue=cast.venue, contact_name="Cô Hiệu trưởng")
    ClosedDatesFactory.create(venue=cast.venue)
    for user in (cast.colleague, cast.officer):
        answer = signed_in(user).get(reverse("venue", args=[cast.venue.code]))
        html = answer.content.decode()
        assert "Cô Hiệu trưởng" not in html
        assert f'href="/venues/{cast.venue.code}/' not in html


def test_a_commune_is_shown_with_what_it_was_before_the_reform(cast: Cast) -> None:
    def former(name: str, **link: Any) -> AdministrativeUnit:
        unit = CommuneFactory.create(
            name=name, valid_from=date(2000, 1, 1), valid_to=cast.commune.valid_from
        )
        Succession.objects.create(predecessor=unit, successor=cast.commune, **link)
        return unit

    former("Mường Cũ"), former("Nửa Kia", is_split=True)
    said = page(cast.owner, cast.venue)
    assert "Before 01/07/2025" in said
    assert "Xã Mường Cũ" in said
    assert "Xã Nửa Kia (part)" in said


def test_days_with_the_same_hours_are_told_together(cast: Cast) -> None:
    hours = [Hours(day, time(7), time(11)) for day in (0, 1, 2, 4)]
    services.set_opening_windows(actor=cast.owner, venue=cast.venue, windows=hours)
    said = page(cast.owner, cast.venue)
    assert "Monday – Wednesday 07:00–11:00" in said
    assert "Friday 07:00–11:00" in said


def test_ways_are_told_as_they_are_read_at_either_end(cast: Cast) -> None:
    TravelTimeFactory.create(
        origin=cast.second_venue, destination=cast.venue, months={9}, both_ways=False
    )
    assert f"from {cast.second_venue.name}" in page(cast.owner, cast.venue)
    there = page(cast.owner, cast.second_venue)
    assert f"to {cast.venue.name}" in there
    assert "September" in there


def test_closed_dates_that_are_over_are_told_apart(cast: Cast) -> None:
    today = clock.today()
    for ends_on in (today, today + DAY):
        ClosedDatesFactory.create(venue=cast.venue, starts_on=ends_on - DAY, ends_on=ends_on)
    answer = signed_in(cast.owner).get(reverse("venue", args=[cast.venue.code]))
    assert [row.ends_on for row in answer.context["was_closed"]] == [today]
    assert [row.ends_on for row in answer.context["closed"]] == [today + DAY]


def test_what_became_of_all_that_is_kept_is_told(cast: Cast) -> None:
    owner, venue = cast.owner, cast.venue
    services.change_access(actor=owner, venue=venue, slope="flat")
    services.change_access(
        actor=owner, venue=venue, slope="steep", flood_months={9}, reason="Đi thử"
    )
    closed = services.add_closed_dates(
        actor=owner, venue=venue, starts_on=date(2027, 2, 1), ends_on=date(2027, 2, 2)
    )
    services.remove_closed_dates(actor=owner, closed=closed, reason="Nhầm ngày")
    services.add_travel_time(actor=owner, destination=venue, origin=cast.second_venue, minutes=60)
    said = page(owner, venue)
    for told in ("Đi thử", "flat", "September", "Nhầm ngày", "Closed 01/02/2027"):
        assert told in said, told
    assert f"{cast.second_venue.name} → {venue.name}" in said


@pytest.mark.parametrize("count", [1, 6])
def test_the_page_asks_as_often_whatever_is_on_it(
    cast: Cast, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    VenueAccess.objects.create(venue=cast.venue)
    PromiseFactory.create(venue=cast.venue)
    for number in range(count):
        start = date(2027, 2, 1) + number * 7 * DAY
        OpeningWindowFactory.create(venue=cast.venue, weekday=number)
        ClosedDatesFactory.create(venue=cast.venue, starts_on=start, ends_on=start + DAY)
        TravelTimeFactory.create(destination=cast.venue, months={number + 1})
        published(cast, 3 + number)
        published(cast, -3 - number)
    client = signed_in(cast.owner)
    client.get(reverse("venue", args=[cast.venue.code]))
    with django_assert_num_queries(28):
        client.get(reverse("venue", args=[cast.venue.code]))


# --- Access file -------------------------------------------------------------------------------


def test_an_access_file_is_written_and_what_is_not_known_stays_so(cast: Cast) -> None:
    sent = {
        "turning": "small",
        "largest_vehicle_m": "7.5",
        "closed_months": ["9", "10"],
        "main_site_only": "on",
        "onward_by": "foot",
        "onward_km": "2",
        "has_power": "no",
        "reason": "Khảo sát",
        "expected_version": "0",
    }
    assert send(cast, "venue_access", sent).status_code == 302
    access = VenueAccess.objects.get(venue=cast.venue)
    assert (access.turning, access.largest_vehicle_m, access.slope) == ("small", 7.5, "")
    assert (access.closed_months, access.flood_months) == ({9, 10}, frozenset())
    assert (access.has_power, access.has_indoor_room) == (False, None)
    assert (access.main_site_only, access.onward_km, access.onward_min) == (True, 2.0, None)


def test_an_access_form_sent_back_as_it_came_changes_nothing(cast: Cast) -> None:
    VenueAccess.objects.create(
        venue=cast.venue, has_power=False, has_indoor_room=True, onward_km=None, slope="steep"
    )
    before = VenueAccess.objects.values().get()
    form = AccessForm(access=VenueAccess.objects.get())
    sent = {name: form[name].value() for name in form.fields}
    assert (sent["has_power"], sent["has_indoor_room"]) == ("no", "yes")
    send(cast, "venue_access", {name: value for name, value in sent.items() if value})
    assert VenueAccess.objects.values().get() == before


def test_the_rest_of_the_way_without_a_main_site_is_refused_at_its_field(cast: Cast) -> None:
    assert set(errors(send(cast, "venue_access", {"onward_by": "foot", "onward_min": "40"}))) == {
        "onward_by",
        "onward_min",
    }
    assert not VenueAccess.objects.exists()


def test_the_second_of_two_who_change_an_access_file_is_told_and_may_insist(cast: Cast) -> None:
    seen = {"expected_version": "0"}
    send(cast, "venue_access", seen | {"slope": "flat"})
    late = send(cast, "venue_access", seen | {"slope": "steep"})
    assert "Somebody else changed this" in errors(late)["__all__"][0]
    again = {"expected_version": late.context["form"]["expected_version"].value()}
    assert send(cast, "venue_access", again | {"slope": "steep"}).status_code == 302
    assert VenueAccess.objects.get().slope == "steep"


# --- Hours -------------------------------------------------------------------------------------


def hours(day: int, *pairs: tuple[str, str]) -> dict[str, str]:
    """Return what is typed for a day."""
    sent: dict[str, str] = {}
    for slot, (opens, closes) in enumerate(pairs):
        sent |= {f"opens_{day}_{slot}": opens, f"closes_{day}_{slot}": closes}
    return sent


def stored(cast: Cast) -> list[tuple[int, str, str]]:
    """Return the venue's hours."""
    rows = cast.venue.opening_windows.all()
    return [(row.weekday, f"{row.opens:%H:%M}", f"{row.closes:%H:%M}") for row in rows]


def test_several_hours_of_a_day_are_typed_and_a_third_pair_is_offered(cast: Cast) -> None:
    send(cast, "venue_hours", hours(0, ("07:30", "11:00"), ("13h30", "16:30")))
    assert stored(cast) == [(0, "07:30", "11:00"), (0, "13:30", "16:30")]
    third = hours(0, ("07:30", "11:00"), ("13:30", "16:30"), ("18:00", "20:00"))
    send(cast, "venue_hours", third)
    assert len(stored(cast)) == 3
    send(cast, "venue_hours", {"reason": "Mở suốt ngày"})
    assert stored(cast) == []


def test_the_working_week_may_be_as_on_monday(cast: Cast) -> None:
    sent = hours(0, ("07:30", "11:00")) | hours(2, ("09:00", "")) | hours(5, ("08:00", "10:00"))
    send(cast, "venue_hours", sent | {"as_monday": "on"})
    days = [(day, "07:30", "11:00") for day in range(5)]
    assert stored(cast) == [*days, (5, "08:00", "10:00")]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (hours(3, ("07:30", "")), "closes_3_0"),
        (hours(3, ("", "07:30")), "opens_3_0"),
        (hours(3, ("09:00", "09:00")), "closes_3_0"),
        (hours(3, ("25:00", "09:00")), "opens_3_0"),
        (hours(3, ("07:00", "09:00"), ("08:59", "10:00")), "__all__"),
    ],
)
def test_hours_that_cannot_be_are_refused(cast: Cast, sent: dict[str, str], field: str) -> None:
    answer = send(cast, "venue_hours", hours(0, ("07:00", "09:00")) | sent)
    assert list(errors(answer)) == [field]
    assert stored(cast) == []


def test_hours_somebody_else_changed_are_not_written_over(cast: Cast) -> None:
    form = signed_in(cast.owner).get(reverse("venue_hours", args=[cast.venue.code]))
    seen = {"expected_version": str(form.context["form"]["expected_version"].value())}
    send(cast, "venue_hours", seen | hours(0, ("07:00", "09:00")))
    late = send(cast, "venue_hours", seen | hours(0, ("13:00", "15:00")))
    assert "Somebody else changed this" in errors(late)["__all__"][0]
    assert stored(cast) == [(0, "07:00", "09:00")]


# --- Closed dates ------------------------------------------------------------------------------


def test_closed_dates_are_typed_with_their_last_day(cast: Cast) -> None:
    send(cast, "venue_closed_new", {"starts_on": "01/02/2027", "last_on": "07/02/2027"})
    send(cast, "venue_closed_new", {"starts_on": "2027-03-08", "why": "Hội làng"})
    week, day = ClosedDates.objects.order_by("starts_on")
    assert (week.starts_on, week.ends_on) == (date(2027, 2, 1), date(2027, 2, 8))
    assert (day.starts_on, day.ends_on, day.reason) == (
        date(2027, 3, 8),
        date(2027, 3, 9),
        "Hội làng",
    )


def test_closed_dates_that_cannot_be_are_refused(cast: Cast) -> None:
    ClosedDatesFactory.create(venue=cast.venue)
    late = send(cast, "venue_closed_new", {"starts_on": "2027-03-02", "last_on": "2027-03-01"})
    assert list(errors(late)) == ["last_on"]
    meets = send(cast, "venue_closed_new", {"starts_on": "2027-02-07"})
    assert "closed at that time already" in errors(meets)["__all__"][0]


def test_closed_dates_are_changed_and_removed(cast: Cast) -> None:
    row = ClosedDatesFactory.create(venue=cast.venue)
    form = signed_in(cast.owner).get(reverse("venue_closed", args=[cast.venue.code, row.pk]))
    assert form.context["form"]["last_on"].value() == date(2027, 2, 7)
    send(cast, "venue_closed", {"starts_on": "2027-02-01", "last_on": "2027-02-03"}, row.pk)
    row.refresh_from_db()
    assert row.ends_on == date(2027, 2, 4)
    send(cast, "venue_closed_remove", {"reason": "Nhầm"}, row.pk)
    assert not ClosedDates.objects.exists()
    assert send(cast, "venue_closed_remove", {}, row.pk).status_code == 404


def test_what_is_kept_with_another_venue_is_not_found_here(cast: Cast) -> None:
    closed = ClosedDatesFactory.create(venue=cast.foreign_venue)
    travel = TravelTimeFactory.create(destination=cast.foreign_venue)
    for name, key in (("venue_closed", closed.pk), ("venue_travel", travel.pk)):
        for venue in (cast.venue, cast.foreign_venue):
            url = reverse(name, args=[venue.code, key])
            assert signed_in(cast.owner).get(url).status_code == 404
        assert send(cast, f"{name}_remove", {}, key).status_code == 404
    assert ClosedDates.objects.exists()
    assert TravelTime.objects.exists()


# --- Travel times ------------------------------------------------------------------------------


def test_a_travel_time_is_typed_from_a_venue_or_from_anywhere(cast: Cast) -> None:
    send(cast, "venue_travel_new", {"minutes": "90", "both_ways": "on"})
    origin = {"origin": cast.second_venue.code, "months": ["9", "10"], "km": "31.5"}
    send(cast, "venue_travel_new", {"minutes": "150"} | origin)
    general, leg = TravelTime.objects.order_by("pk")
    assert (general.origin, general.minutes, general.both_ways) == (None, 90, True)
    assert (leg.origin, leg.months, leg.km) == (cast.second_venue, {9, 10}, 31.5)
    assert not leg.both_ways


def test_a_second_time_in_one_month_is_refused_by_name_of_the_month(cast: Cast) -> None:
    TravelTimeFactory.create(destination=cast.venue, months={9, 10})
    answer = send(cast, "venue_travel_new", {"minutes": "90", "months": ["10", "11"]})
    assert "October" in errors(answer)["months"][0]
    assert "September" not in errors(answer)["months"][0]


def test_another_librarys_venue_is_no_beginning_of_a_way(cast: Cast) -> None:
    sent = {"minutes": "90", "origin": cast.foreign_venue.code}
    assert list(errors(send(cast, "venue_travel_new", sent))) == ["origin"]


def test_a_travel_time_is_changed_and_removed(cast: Cast) -> None:
    row = TravelTimeFactory.create(destination=cast.venue, origin=cast.second_venue)
    form = signed_in(cast.owner).get(reverse("venue_travel", args=[cast.venue.code, row.pk]))
    fields = form.context["form"]
    assert (fields["origin"].value(), fields["minutes"].value()) == (cast.second_venue.code, 120)
    seen = {"expected_version": str(fields["expected_version"].value())}
    send(cast, "venue_travel", seen | {"minutes": "95", "months": ["9"]}, row.pk)
    row.refresh_from_db()
    assert (row.minutes, row.months, row.origin) == (95, {9}, None)
    late = send(cast, "venue_travel", seen | {"minutes": "100"}, row.pk)
    assert "Somebody else changed this" in errors(late)["__all__"][0]
    send(cast, "venue_travel_remove", {}, row.pk)
    assert not TravelTime.objects.exists()
