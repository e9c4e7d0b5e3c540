"""The pages of the bookings: each sees the requests of their own schools or libraries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.bookings import services
from outreach.bookings.models import Booking
from outreach.common import clock
from outreach.places.models import Venue, VenueHost
from outreach.scheduling.models import ActivityKind, Event
from tests.cast import Cast, make_cast
from tests.factories import UserFactory

LIST = "/bookings/"
ANSWERS = ("booking_accept", "booking_refuse")


def _cast_with_host() -> Cast:
    cast = make_cast()
    VenueHost.objects.create(user=cast.host, venue=cast.venue)
    return cast


@pytest.fixture(scope="module")
def store_cast() -> Callable[[], Cast]:
    return _cast_with_host


@pytest.fixture
def booking(cast: Cast) -> Booking:
    return ask(cast.host, cast.venue)


def ask(host: User, venue: Venue, days: int = 20) -> Booking:
    return services.request_visit(
        actor=host,
        venue=venue,
        kind=ActivityKind.objects.get(pk="mobile_service"),
        wanted_on=clock.today() + timedelta(days=days),
        classes=3,
        pupils=90,
        note="The yard is narrow",
    )


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def host_of(venue: Venue) -> User:
    user = UserFactory.create(role="host", library=venue.library)
    VenueHost.objects.create(user=user, venue=venue)
    return user


def page(booking: Booking, name: str = "booking") -> str:
    return reverse(name, args=[booking.uid])


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("host", 200), ("colleague", 403), ("officer", 403), ("stranger", 404)],
)
def test_a_request_is_seen_by_its_school_and_its_library_only(
    cast: Cast, booking: Booking, who: str, status: int
) -> None:
    assert signed_in(getattr(cast, who)).get(page(booking)).status_code == status


def test_nobody_is_asked_to_sign_in(booking: Booking) -> None:
    for address in (LIST, page(booking), page(booking, "booking_accept")):
        assert Client().get(address).status_code == 302


def test_a_host_of_another_school_of_the_same_library_sees_nothing(
    cast: Cast, booking: Booking
) -> None:
    client = signed_in(host_of(cast.second_venue))
    assert cast.venue.name not in client.get(LIST).content.decode()
    for name in ("booking", "booking_withdraw"):
        assert client.get(page(booking, name)).status_code == 404
        assert client.post(page(booking, name)).status_code in {404, 405}
    booking.refresh_from_db()
    assert booking.state == "submitted"


def test_hosts_do_not_answer_and_coordinators_do_not_withdraw(cast: Cast, booking: Booking) -> None:
    for name in ANSWERS:
        assert signed_in(cast.host).post(page(booking, name)).status_code == 403
        assert signed_in(cast.stranger).post(page(booking, name)).status_code == 404
    assert signed_in(cast.owner).post(page(booking, "booking_withdraw")).status_code == 403
    booking.refresh_from_db()
    assert booking.state == "submitted"


def test_a_host_cannot_ask_for_another_school(cast: Cast) -> None:
    sent = {"venue": cast.second_venue.code, "kind": "mobile_service", "classes": 3, "pupils": 90}
    sent["wanted_on"] = (clock.today() + timedelta(days=20)).isoformat()
    signed_in(cast.host).post(reverse("booking_new"), sent)
    assert not Booking.objects.exists()


def test_the_history_with_its_names_is_for_the_library(cast: Cast, booking: Booking) -> None:
    assert "History" in signed_in(cast.owner).get(page(booking)).content.decode()
    assert "History" not in signed_in(cast.host).get(page(booking)).content.decode()


def test_a_clash_is_named_at_the_form_and_the_request_still_waits(
    cast: Cast, booking: Booking
) -> None:
    sent = {"on": booking.wanted_on.isoformat(), "starts": "08:00", "ends": "09:00"}
    second = ask(cast.host, cast.venue, days=21)
    client = signed_in(cast.owner)
    assert client.post(page(second, "booking_accept"), sent).status_code == 302
    answer = client.post(page(booking, "booking_accept"), sent | {"answer": "Gladly"})
    text = answer.content.decode()
    assert reverse("schedule_event", args=[Event.objects.get().uid]) in text
    assert "Gladly" in text
    booking.refresh_from_db()
    assert (booking.state, booking.event) == ("submitted", None)


def test_a_time_is_asked_for_where_no_visit_is_chosen(cast: Cast, booking: Booking) -> None:
    answer = signed_in(cast.owner).post(page(booking, "booking_accept"), {"on": ""})
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"on", "starts", "ends"}


def test_a_refusal_needs_a_coded_reason_and_the_host_reads_it(cast: Cast, booking: Booking) -> None:
    client, address = signed_in(cast.owner), page(booking, "booking_refuse")
    assert client.post(address, {"answer": "Sorry"}).status_code == 200
    assert client.post(address, {"why": "too_far", "answer": "Sorry"}).status_code == 302
    booking.refresh_from_db()
    assert booking.refusal is not None
    text = signed_in(cast.host).get(page(booking)).content.decode()
    assert booking.refusal.name_en in text
    assert "Sorry" in text


def test_a_withdrawn_visit_that_stands_is_brought_before_the_coordinator(
    cast: Cast, booking: Booking
) -> None:
    sent = {"on": booking.wanted_on.isoformat(), "starts": "08:00", "ends": "09:00"}
    client = signed_in(cast.owner)
    client.post(page(booking, "booking_accept"), sent)
    assert "still stands" not in client.get(LIST).content.decode()
    signed_in(cast.host).post(page(booking, "booking_withdraw"))
    assert "still stands" in client.get(LIST).content.decode()


@pytest.mark.parametrize("who", ["owner", "host"])
def test_a_long_list_costs_no_more_queries(
    cast: Cast, who: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for days in range(2, 22):
        ask(cast.host, cast.venue, days=days)
    client = signed_in(getattr(cast, who))
    with django_assert_max_num_queries(10):
        client.get(LIST)
