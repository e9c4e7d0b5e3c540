"""Visits owed: made up for, waived, owed again; by page and by API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.planning.backlog import services
from outreach.planning.models import OwedVisit
from outreach.scheduling import services as schedule
from outreach.scheduling.models import Event
from tests.calendars.visits import cancel, in_days, visit
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def owed(cast: Cast) -> OwedVisit:
    """A public visit in three days that was called off."""
    return OwedVisit.objects.get(event=cancel(cast, visit(cast, in_days(3), title="Buổi bị lỡ")))


def make_up(cast: Cast, owed: OwedVisit, **changes: Any) -> Event:
    wanted: dict[str, Any] = {
        "actor": cast.owner,
        "owed": owed,
        "starts_at": in_days(9),
        "ends_at": in_days(9, hour=11),
    }
    return services.plan_make_up(**wanted | changes)


def still_owed() -> int:
    return OwedVisit.objects.open().count()


def test_a_make_up_visit_is_what_was_called_off_on_another_day(cast: Cast, owed: OwedVisit) -> None:
    event = make_up(cast, owed)
    assert (event.makes_up_for, event.venue, event.title) == (
        owed.event,
        owed.event.venue,
        "Buổi bị lỡ",
    )
    kinds = list(event.activities.values_list("kind", flat=True))
    assert kinds == list(owed.event.activities.values_list("kind", flat=True))
    assert still_owed() == 0


def test_a_make_up_visit_that_is_called_off_leaves_the_first_one_owed(
    cast: Cast, owed: OwedVisit
) -> None:
    event = schedule.publish_event(actor=cast.owner, event=make_up(cast, owed))
    cancel(cast, event)
    assert list(OwedVisit.objects.open()) == [owed]
    again = make_up(cast, owed, starts_at=in_days(10), ends_at=in_days(10, hour=11))
    assert again.makes_up_for == owed.event


def test_nobody_makes_up_twice(cast: Cast, owed: OwedVisit) -> None:
    make_up(cast, owed)
    with pytest.raises(Conflict) as refusal:
        make_up(cast, owed, starts_at=in_days(12), ends_at=in_days(12, hour=11))
    assert refusal.value.kind == "made_up_already"


def test_a_make_up_visit_may_join_a_trip(cast: Cast, owed: OwedVisit) -> None:
    trip = visit(cast, in_days(9, hour=9), venue=cast.second_venue, with_van=True, hours=6).trip
    assert trip is not None
    with pytest.raises(InvalidInput):
        make_up(cast, owed, trip=trip, vehicle=cast.vehicle)
    trip = schedule.schedule_trip(
        actor=cast.owner,
        library=cast.library,
        vehicle=cast.vehicle,
        departs_at=in_days(11, hour=7),
        returns_at=in_days(11, hour=16),
        crew=cast.crew,
    )
    event = make_up(
        cast, owed, trip=trip, starts_at=in_days(11, hour=9), ends_at=in_days(11, hour=11)
    )
    assert (event.trip, event.makes_up_for) == (trip, owed.event)


def test_the_past_makes_up_for_nothing(cast: Cast, owed: OwedVisit) -> None:
    with pytest.raises(InvalidInput):
        make_up(cast, owed, starts_at=in_days(-1), ends_at=in_days(-1, hour=11))


def test_waiving_needs_a_reason_and_can_be_taken_back(cast: Cast, owed: OwedVisit) -> None:
    with pytest.raises(InvalidInput):
        services.waive_owed_visit(actor=cast.owner, owed=owed, because=" ")
    services.waive_owed_visit(actor=cast.owner, owed=owed, because="Trường đã đóng cửa")
    assert still_owed() == 0
    with pytest.raises(Conflict):
        make_up(cast, owed)
    services.owe_again(actor=cast.owner, owed=owed)
    assert still_owed() == 1
    assert owed.history.count() == 3


@pytest.mark.parametrize("who", ["colleague", "host", "stranger", "officer"])
def test_only_who_plans_may(cast: Cast, owed: OwedVisit, who: str) -> None:
    actor = getattr(cast, who)
    with pytest.raises(NotAllowed):
        make_up(cast, owed, actor=actor)
    with pytest.raises(NotAllowed):
        services.waive_owed_visit(actor=actor, owed=owed, because="Không")


# --- Pages -------------------------------------------------------------------------------------


@pytest.fixture
def client(cast: Cast) -> Client:
    made = Client(headers={"Accept-Language": "en"})
    made.force_login(cast.owner)
    return made


def test_the_list_leads_to_a_make_up_visit_with_the_venue_prefilled(
    client: Client, cast: Cast, owed: OwedVisit
) -> None:
    page = client.get(reverse("backlog")).content.decode()
    url = reverse("make_up", args=[owed.event.uid])
    assert url in page
    form = client.get(url).content.decode()
    assert owed.event.venue.name in form
    day = clock.local(in_days(9)).date().isoformat()
    sent = {"on": day, "starts": "09:00", "ends": "11:00", "journey_min": "0"}
    answer: Any = client.post(url, sent)
    event = Event.objects.get(makes_up_for=owed.event)
    assert answer.url == reverse("schedule_event", args=[event.uid])
    assert "Makes up for" in client.get(answer.url).content.decode()
    first = client.get(reverse("schedule_event", args=[owed.event.uid])).content.decode()
    assert "Made up for by" in first
    assert url not in client.get(reverse("backlog")).content.decode()


def test_readers_see_what_makes_up_for_a_cancelled_visit(
    client: Client, cast: Cast, owed: OwedVisit
) -> None:
    event = schedule.publish_event(actor=cast.owner, event=make_up(cast, owed))
    reader = Client(headers={"Accept-Language": "en"})
    cancelled = reader.get(reverse("event", args=[owed.event.uid])).content.decode()
    assert reverse("event", args=[event.uid]) in cancelled
    assert (
        "It makes up for the visit of"
        in reader.get(reverse("event", args=[event.uid])).content.decode()
    )


def test_waiving_on_the_page_and_back(client: Client, cast: Cast, owed: OwedVisit) -> None:
    client.post(reverse("waive_visit", args=[owed.event.uid]), {"because": "Đã đóng"})
    assert still_owed() == 0
    assert "Đã đóng" in client.get(reverse("backlog")).content.decode()
    client.post(reverse("owe_visit", args=[owed.event.uid]))
    assert still_owed() == 1


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("colleague", 403)])
def test_anothers_visit_owed_is_not_found(
    cast: Cast, owed: OwedVisit, who: str, status: int
) -> None:
    other = Client()
    other.force_login(getattr(cast, who))
    for name in ("make_up", "waive_visit"):
        assert other.get(reverse(name, args=[owed.event.uid])).status_code == status


def test_the_overdue_come_first(client: Client, cast: Cast, owed: OwedVisit) -> None:
    late = cancel(cast, visit(cast, in_days(5), venue=cast.second_venue, title="Late"))
    OwedVisit.objects.filter(event=late).update(due_on=clock.today() - timedelta(days=3))
    page = client.get(reverse("backlog")).content.decode()
    assert page.index(cast.second_venue.name) < page.index(owed.event.venue.name)
    assert "overdue" in page
