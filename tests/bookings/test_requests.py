"""A school asks, a coordinator answers, and the request goes where its event goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from outreach.bookings import services
from outreach.bookings.inputs import VisitInput
from outreach.bookings.models import Booking, RefusalReason
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.places.models import VenueHost
from outreach.scheduling import services as schedule
from outreach.scheduling.clashes import Clash
from outreach.scheduling.models import ActivityKind, Event, Reason
from tests.cast import Cast, make_cast
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2027, 3, 1, 9, tzinfo=ZONE)
DAY = date(2027, 3, 15)
STARTS = datetime(2027, 3, 15, 8, tzinfo=ZONE)


def _cast_with_host() -> Cast:
    cast = make_cast()
    VenueHost.objects.create(venue=cast.venue, user=cast.host)
    return cast


@pytest.fixture(scope="module")
def store_cast() -> Callable[[], Cast]:
    return _cast_with_host


def ask(cast: Cast, wanted_on: date = DAY) -> Booking:
    return services.request_visit(
        actor=cast.host,
        venue=cast.venue,
        kind=ActivityKind.objects.get(pk="mobile_service"),
        wanted_on=wanted_on,
        classes=3,
        pupils=90,
        now=NOW,
    )


def visit(hours: int = 2) -> VisitInput:
    return VisitInput(starts_at=STARTS, ends_at=STARTS + timedelta(hours=hours))


def accepted(cast: Cast) -> Booking:
    return services.accept(actor=cast.owner, booking=ask(cast), visit=visit(), now=NOW)


def test_accepting_makes_the_event_in_the_same_breath(cast: Cast) -> None:
    booking = accepted(cast)
    assert booking.event is not None
    assert (booking.event.venue, booking.event.starts_at) == (cast.venue, STARTS)
    assert booking.state == Booking.State.ACCEPTED


def test_a_request_waits_on_if_its_event_cannot_be(cast: Cast) -> None:
    accepted(cast)
    second = ask(cast, DAY + timedelta(days=1))
    with pytest.raises(Clash):
        services.accept(actor=cast.owner, booking=second, visit=visit(), now=NOW)
    second.refresh_from_db()
    assert second.state == Booking.State.SUBMITTED
    assert Event.objects.count() == 1


def test_an_answer_is_given_once(cast: Cast) -> None:
    booking = accepted(cast)
    with pytest.raises(Conflict):
        services.refuse(actor=cast.owner, booking=booking, why=RefusalReason.objects.all()[0])


@pytest.mark.parametrize(("days", "is_taken"), [(0, False), (1, True), (366, True), (367, False)])
def test_a_day_lies_between_tomorrow_and_a_year_ahead(
    cast: Cast, days: int, is_taken: bool
) -> None:
    day = NOW.date() + timedelta(days=days)
    if is_taken:
        assert ask(cast, day).wanted_on == day
    else:
        with pytest.raises(InvalidInput):
            ask(cast, day)


def test_asking_twice_for_one_day_is_noticed(cast: Cast) -> None:
    ask(cast)
    with pytest.raises(Conflict):
        ask(cast)


def test_only_a_host_asks_and_only_the_library_answers(cast: Cast) -> None:
    booking = ask(cast)
    with pytest.raises(NotAllowed):
        services.withdraw(actor=cast.owner, booking=booking)
    for nobody in (cast.stranger, cast.colleague, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            services.accept(actor=nobody, booking=booking, visit=visit(), now=NOW)


def test_a_request_follows_its_event(cast: Cast) -> None:
    booking = accepted(cast)
    assert booking.event is not None
    storm = Reason.objects.get(pk="storm")
    event = schedule.cancel_event(actor=cast.owner, event=booking.event, why=storm)
    booking.refresh_from_db()
    assert booking.state == Booking.State.CALLED_OFF
    event = schedule.restore_event(actor=cast.owner, event=event)
    booking.refresh_from_db()
    assert booking.state == Booking.State.ACCEPTED
    schedule.remove_event(actor=cast.owner, event=event)
    waiting = Booking.objects.waiting().filter(event__isnull=True)
    assert list(waiting) == [booking]


def test_a_moved_visit_keeps_its_request(cast: Cast) -> None:
    booking = accepted(cast)
    assert booking.event is not None
    schedule.move_event(
        actor=cast.owner,
        event=booking.event,
        starts_at=STARTS + timedelta(days=1),
        ends_at=STARTS + timedelta(days=1, hours=2),
        reason="Đường hỏng",
    )
    booking.refresh_from_db()
    assert (booking.state, booking.event) == (Booking.State.ACCEPTED, booking.event)


def test_the_database_holds_what_an_answer_needs(cast: Cast) -> None:
    booking = ask(cast)
    for state in ("accepted", "refused", "called_off"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Booking.objects.filter(pk=booking.pk).update(state=state)


def test_numbers_out_of_range_are_refused(cast: Cast) -> None:
    booking = ask(cast)
    booking.classes = 61
    with pytest.raises(ValidationError):
        booking.full_clean()


def test_nobody_sees_another_schools_requests(cast: Cast, client: Client) -> None:
    booking = ask(cast)
    neighbour = UserFactory.create(role="host", library=cast.library)
    VenueHost.objects.create(venue=cast.second_venue, user=neighbour)
    expected = {cast.host: 200, cast.owner: 200, neighbour: 404, cast.stranger: 404}
    for user, status in expected.items():
        client.force_login(user)
        assert client.get(f"/bookings/{booking.uid}/").status_code == status, user
        page = client.get("/bookings/")
        assert (cast.venue.name in page.content.decode()) == (status == 200), user
    client.logout()
    assert client.get("/bookings/").status_code == 302


def test_a_school_asks_and_a_coordinator_accepts_on_the_pages(cast: Cast, client: Client) -> None:
    client.force_login(cast.host)
    wanted = (clock.today() + timedelta(days=20)).isoformat()
    client.post(
        "/bookings/new/",
        {
            "venue": cast.venue.code,
            "kind": "mobile_service",
            "wanted_on": wanted,
            "classes": 2,
            "pupils": 60,
        },
    )
    booking = Booking.objects.get()
    client.force_login(cast.owner)
    page = client.get(f"/bookings/{booking.uid}/accept/")
    assert page.status_code == 200
    sent = {"event": "", "on": wanted, "starts": "08:00", "ends": "09:00"}
    answer = client.post(f"/bookings/{booking.uid}/accept/", sent)
    assert answer.status_code == 302, answer.context["form"].errors
    booking.refresh_from_db()
    assert booking.state == Booking.State.ACCEPTED


def test_a_class_count_that_is_negative_is_named_and_nothing_typed_is_lost(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.host)
    sent = {"venue": cast.venue.code, "classes": -1, "pupils": 60, "note": "Có sân rộng"}
    page = client.post("/bookings/new/", sent)
    assert "classes" in page.context["form"].errors
    assert "Có sân rộng" in page.content.decode()
    assert not Booking.objects.exists()
