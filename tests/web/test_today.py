"""The page of today, and the buttons by which a crew says how far it has come."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from outreach.accounts.models import User
from outreach.common import clock
from outreach.fleet.models import CrewMember
from outreach.scheduling.models import Trip, TripMark
from tests.calendars.visits import visit as held
from tests.cast import Cast
from tests.scheduling import desk
from tests.scheduling.desk import at, visit
from tests.scheduling.ways import signed_in

NINE = at(9)
# Some begin before nine, when they are stored: that asks for a reason.
make_trip = partial(desk.make_trip, override_reason="Ghi sau")
make_public_trip = partial(desk.make_public_trip, override_reason="Ghi sau")


@pytest.fixture(autouse=True)
def _monday_at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NINE)
    monkeypatch.setattr(clock, "today", lambda zone=None: clock.local(NINE).date())


@pytest.fixture
def trip(cast: Cast) -> Trip:
    return make_public_trip(cast, visit(cast, 8, title="Sáng"), visit(cast, 13, title="Chiều"))


def page(user: User, **query: Any) -> str:
    answer = signed_in(user).get(reverse("schedule_today"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def press(user: User, trip: Trip, kind: str, event: str = "", **more: str) -> Any:
    sent = {"kind": kind, "event": event} | more
    return signed_in(user).post(reverse("trip_mark", args=[trip.uid]), sent)


def goes_along(cast: Cast) -> User:
    operator = CrewMember.objects.get(pk=cast.operator.pk)
    operator.user = cast.colleague
    operator.save()
    return cast.colleague


def test_a_trip_that_nobody_has_heard_of_is_late(cast: Cast, trip: Trip) -> None:
    text = words(page(cast.owner))
    assert "Late (1)" in text
    assert "120 min behind" in text
    assert "Nobody has said yet that it left" in text


def test_the_crew_says_so_with_one_button_and_it_goes_on(cast: Cast, trip: Trip) -> None:
    crew = goes_along(cast)
    first, second = trip.events.order_by("starts_at")
    assert "We have left" in page(crew)
    answer = press(crew, trip, "left", page="today")
    assert answer["Location"] == f"{reverse('schedule_today')}?library=a"
    assert "We have arrived" in page(crew)
    press(crew, trip, "arrived", first.uid)
    press(crew, trip, "done", first.uid)
    html = page(crew)
    assert f'name="event" value="{second.uid}"' in html
    assert "On the road (1)" in words(html)
    assert "Late" not in words(html)
    press(crew, trip, "back")
    assert "Back (1)" in words(page(crew))


def test_a_trip_whose_time_has_come_is_not_on_the_road_before_somebody_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_public_trip(cast, visit(cast, 10), departs_at=at(8 + 55 / 60))
    text = words(page(cast.owner))
    assert "Should have left (1)" in text
    assert "On the road No trip is on the road" in text


def test_what_was_said_by_mistake_is_taken_back_there(cast: Cast, trip: Trip) -> None:
    for kind in ("left", "back"):
        press(cast.owner, trip, kind, page="today")
        mark = TripMark.objects.get(kind=kind)
        html = page(cast.owner)
        assert f'name="mark" value="{mark.pk}"' in html
        address = reverse("trip_unmark", args=[trip.uid])
        assert address in html
        answer = signed_in(cast.owner).post(address, {"mark": str(mark.pk), "page": "today"})
        assert answer["Location"] == f"{reverse('schedule_today')}?library=a"
        assert not TripMark.objects.exists()
    assert "Late (1)" in words(page(cast.owner))


@pytest.mark.parametrize(
    ("role", "status"),
    [("host", 403), ("colleague", 403), ("owner", 302), ("stranger", 404), ("officer", 403)],
)
@pytest.mark.parametrize("name", ["trip_mark", "trip_unmark"])
def test_who_may_press_the_buttons(
    cast: Cast, trip: Trip, name: str, role: str, status: int
) -> None:
    mark = TripMark.objects.create(trip=trip, kind="left", at=NINE, made_by=cast.owner)
    kind = {"trip_mark": {"kind": "back"}, "trip_unmark": {"mark": str(mark.pk)}}[name]
    user = getattr(cast, role)
    answer = signed_in(user).post(reverse(name, args=[trip.uid]), kind)
    assert answer.status_code == status
    changed = {"trip_mark": {"left", "back"}, "trip_unmark": set()}[name]
    kinds = set(TripMark.objects.values_list("kind", flat=True))
    assert kinds == (changed if status == 302 else {"left"})


def test_who_does_not_go_along_sees_no_button(cast: Cast, trip: Trip) -> None:
    for user in (cast.colleague, cast.officer):
        assert reverse("trip_mark", args=[trip.uid]) not in page(user, library="a")
        shown = signed_in(user).get(reverse("trip", args=[trip.uid])).content.decode()
        assert reverse("trip_mark", args=[trip.uid]) not in shown


def test_the_page_of_a_trip_has_the_button_on_the_day_only(cast: Cast, trip: Trip) -> None:
    address = reverse("trip_mark", args=[trip.uid])
    other = make_public_trip(cast, visit(cast, 8, day=2), day=2)
    client = signed_in(cast.owner)
    assert address in client.get(reverse("trip", args=[trip.uid])).content.decode()
    shown = client.get(reverse("trip", args=[other.uid])).content.decode()
    assert reverse("trip_mark", args=[other.uid]) not in shown


@pytest.mark.parametrize(
    ("kind", "mark"), [("flew", "x"), ("arrived", "-1"), ("", "9" * 40), ("left", "²")]
)
def test_rubbish_changes_nothing(cast: Cast, trip: Trip, kind: str, mark: str) -> None:
    client = signed_in(cast.owner)
    assert press(cast.owner, trip, kind, "nonsense").status_code == 404
    if kind != "left":
        assert press(cast.owner, trip, kind).status_code == 302
    answer = client.post(reverse("trip_unmark", args=[trip.uid]), {"mark": mark})
    assert answer.status_code == 404
    assert not TripMark.objects.exists()


def test_a_mark_of_another_trip_is_not_taken_back_from_here(cast: Cast, trip: Trip) -> None:
    other = make_public_trip(
        cast, visit(cast, 18.5, 1), departs_at=at(18), returns_at=at(20), override_reason="Tối"
    )
    mark = TripMark.objects.create(trip=other, kind="left", at=NINE, made_by=cast.owner)
    address = reverse("trip_unmark", args=[trip.uid])
    assert signed_in(cast.owner).post(address, {"mark": str(mark.pk)}).status_code == 404
    assert TripMark.objects.exists()


def test_visits_that_have_ended_without_a_sheet_are_listed_page_by_page(cast: Cast) -> None:
    moment = datetime.combine(clock.local(NINE).date(), datetime.min.time(), NINE.tzinfo)
    for days in range(1, 23):
        held(cast, moment - timedelta(days=days, hours=-9), now=moment - timedelta(days=60))
    held(cast, at(6.5), hours=1, now=moment - timedelta(days=60))
    held(cast, at(14), now=moment - timedelta(days=60))
    first = page(cast.owner)
    assert "Not logged yet (23)" in words(first)
    listed = first[first.index('id="unlogged"') :]
    assert listed.count(reverse("result_new", args=["x"]).split("x")[0]) >= 20
    assert "page=2" in listed
    assert page(cast.owner, page="2").count("/new/") < first.count("/new/")


def test_another_librarys_day_is_not_found_and_nothing_of_it_is_shown(
    cast: Cast, trip: Trip
) -> None:
    assert signed_in(cast.owner).get(reverse("schedule_today"), {"library": "b"}).status_code == 404
    assert trip.uid not in page(cast.stranger)


def test_a_draft_is_not_on_the_road(cast: Cast) -> None:
    make_trip(cast, visit(cast, 8))
    assert "No trip is on the road" in words(page(cast.owner))


def test_the_page_asks_as_often_however_much_is_on_it(cast: Cast, trip: Trip) -> None:
    client = signed_in(cast.owner)
    client.get(reverse("schedule_today"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("schedule_today"))
    for hour in (18, 20, 22):
        make_public_trip(
            cast,
            visit(cast, hour, 1),
            departs_at=at(hour - 0.5),
            returns_at=at(hour + 1.5),
            override_reason="Tối",
        )
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("schedule_today"))
    assert len(many) <= len(few)
