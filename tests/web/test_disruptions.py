"""The pages of a disruption, from what happened to the texts for the hosts, and back."""

from __future__ import annotations

import json
import re
from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from outreach.common import clock
from outreach.scheduling import services
from outreach.scheduling.models import Disruption, Event, Trip
from outreach.web.disruptions import rows
from outreach.web.templatetags.disruptions import period
from tests.calendars.visits import in_days, visit
from tests.cast import Cast
from tests.scheduling.disruption.weather import AREA

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(cast: Cast) -> Client:
    made = Client(headers={"Accept-Language": "en"})
    made.force_login(cast.owner)
    return made


@pytest.fixture
def event(cast: Cast) -> Event:
    """A public van visit in three days, to a school with a phone and an address."""
    cast.venue.contact_email = "lan@example.org"
    cast.venue.contact_phone = "0912 345 678"
    cast.venue.contact_name = "Cô Lan"
    cast.venue.save()
    return visit(cast, in_days(3), with_van=True)


def what(**changes: Any) -> dict[str, Any]:
    """Return the first step, as it is sent."""
    day = clock.local(in_days(3)).date().isoformat()
    return {"step": "find", "why": "storm", "starts_on": day, "note": "Bão số 5"} | changes


def hidden(page: str) -> dict[str, Any]:
    """Return what the second step carries along."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and value:
            found.setdefault(name[1], []).append(value[1].replace("&quot;", '"'))
    return found


def send(client: Client, data: dict[str, Any]) -> Any:
    return client.post(reverse("disruption_new"), data)


def looked(client: Client, **choices: Any) -> tuple[str, dict[str, Any]]:
    """Take the first step and look at choices; return the page and what it would send."""
    page = send(client, what()).content.decode()
    sent = hidden(page) | {"note": "Bão số 5", "what": "cancel", "weeks": "1"} | choices
    page = send(client, sent | {"step": "look"}).content.decode()
    return page, hidden(page) | {"note": "Bão số 5", "what": "cancel", "weeks": "1"} | choices


def test_the_second_step_shows_each_event_with_its_hosts_phone(
    client: Client, cast: Cast, event: Event
) -> None:
    page = send(client, what()).content.decode()
    assert event.title in page
    assert "tel:0912 345 678" in page
    assert "1 event is touched" in page
    assert not Disruption.objects.exists()


def test_nothing_is_said_to_be_done_before_it_is(client: Client, cast: Cast, event: Event) -> None:
    page = send(client, what()).content.decode()
    assert "will be cancelled" in page
    assert "Cancelled" not in page
    page, _sent = looked(client, what="indoors")
    assert "will be held indoors" in page
    page, _sent = looked(client, what="postpone", weeks="1")
    assert "will be postponed" in page


def test_whole_days_are_shown_as_days_on_every_page(
    client: Client, cast: Cast, event: Event
) -> None:
    first, last = clock.local(in_days(2)), clock.local(in_days(5))
    days = {"starts_on": first.date().isoformat(), "last_on": last.date().isoformat()}
    said = f"{first:%a %d/%m/%Y} – {last:%a %d/%m/%Y}"
    page = send(client, what(**days)).content.decode()
    assert said in page
    assert "00:00" not in page
    carried = hidden(page) | {"note": "", "what": "cancel", "weeks": "1"}
    page = send(client, carried | {"step": "look"}).content.decode()
    done = send(client, carried | hidden(page) | {"step": "do"})
    for url in (done.url, reverse("disruptions")):
        shown = client.get(url).content.decode()
        assert said in shown
        assert "00:00" not in shown


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({}, "Tue 01/12/2026"),
        ({"last": date(2026, 12, 4)}, "Tue 01/12/2026 – Fri 04/12/2026"),
        ({"starts": time(12)}, "Tue 01/12/2026, 12:00–24:00"),
        ({"starts": time(12), "ends": time(17)}, "Tue 01/12/2026, 12:00–17:00"),
        (
            {"starts": time(12), "last": date(2026, 12, 4)},
            "Tue 01/12/2026, 12:00 – Fri 04/12/2026, 24:00",
        ),
        (
            {"last": date(2026, 12, 4), "ends": time(9)},
            "Tue 01/12/2026, 00:00 – Fri 04/12/2026, 09:00",
        ),
    ],
)
def test_a_period_is_said_as_it_was_typed(times: dict[str, Any], said: str) -> None:
    first = date(2026, 12, 1)
    last = times.get("last", first)
    ends_at = clock.at(last, times["ends"]) if "ends" in times else clock.end_of(last)
    with translation.override("en-gb"):
        assert period(clock.at(first, times.get("starts", time.min)), ends_at) == said


def test_the_second_step_says_what_was_chosen(client: Client, cast: Cast, event: Event) -> None:
    whole = "Everything of the library, in the whole province"
    page = send(client, what()).content.decode()
    assert whole in page
    assert "No area, vehicle, person or venue was chosen." in page
    for chosen, shown in (
        ({"vehicle": cast.vehicle.slug}, cast.vehicle.name),
        ({"venue": cast.venue.code}, cast.venue.name),
        ({"units": [cast.commune.pk]}, str(cast.commune)),
        ({"area": json.dumps(AREA)}, "an area on the map"),
    ):
        page = send(client, what(**chosen)).content.decode()
        facts = page.partition('<dl class="facts')[2].partition("</dl>")[0]
        assert shown in facts
        assert whole not in page


def test_events_are_grouped_by_day_and_many_days_are_closed(
    client: Client, cast: Cast, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(cast, in_days(4), venue=cast.second_venue)
    span = {"last_on": clock.local(in_days(4)).date().isoformat()}
    page = send(client, what(**span)).content.decode()
    assert page.count("data-day open>") == 2
    monkeypatch.setattr(rows, "EVENTS_SHOWN_OPEN", 1)
    page = send(client, what(**span)).content.decode()
    assert page.count("data-day open>") == 0
    assert page.count("data-day>") == 2
    assert len(re.findall(r'name="e-[^"]*-what"', page)) == 2
    own = {f"e-{event.uid}-what": "postpone", f"e-{event.uid}-on": "2020-01-01"}
    shown = send(client, hidden(page) | {"step": "look", "what": "cancel"} | own)
    assert shown.content.decode().count("data-day open>") == 1


def test_a_new_day_does_not_matter_where_nothing_is_postponed(
    client: Client, cast: Cast, event: Event
) -> None:
    own = {f"e-{event.uid}-what": "cancel", f"e-{event.uid}-on": "2020-01-01"}
    _page, sent = looked(client, **own)
    assert send(client, sent | {"step": "do"}).status_code == 302


def test_it_is_looked_at_done_shown_and_undone(client: Client, cast: Cast, event: Event) -> None:
    page, sent = looked(client)
    assert "Bão số 5" in page
    done = send(client, sent | {"step": "do"})
    disruption = Disruption.objects.get()
    assert done.url == reverse("disruption", args=[disruption.uid])
    event.refresh_from_db()
    assert event.is_cancelled
    shown = client.get(done.url).content.decode()
    assert "sms:0912345678?body=" in shown
    assert "https://zalo.me/0912345678" in shown
    assert event.venue.name in shown
    undone = client.post(reverse("disruption_undo", args=[disruption.uid]), follow=True)
    with translation.override(event.venue.language):
        said = translation.gettext("The visit to %(place)s takes place as first planned: %(day)s.")
    assert said.partition("%(day)s")[0] % {"place": event.venue.name} in undone.content.decode()
    event.refresh_from_db()
    assert event.is_published


def test_what_was_not_looked_at_is_not_done(client: Client, cast: Cast, event: Event) -> None:
    _page, sent = looked(client)
    changed = send(client, sent | {"step": "do", "what": "indoors"}).content.decode()
    assert "look at them once more" in changed
    assert not Disruption.objects.exists()
    again = send(client, sent | hidden(changed) | {"step": "do", "what": "indoors"})
    assert again.status_code == 302
    event.refresh_from_db()
    assert event.is_indoors


def test_somebody_elses_change_is_said_and_the_choices_stay(
    client: Client, cast: Cast, event: Event
) -> None:
    own = {f"e-{event.uid}-what": "indoors"}
    _page, sent = looked(client, **own)
    visit(cast, in_days(3, hour=14), venue=cast.second_venue, title="Meanwhile")
    page = send(client, sent | {"step": "do"}).content.decode()
    assert "Somebody changed events in the meantime" in page
    assert "Meanwhile" in page
    assert '<option value="indoors" selected>' in page
    assert not Disruption.objects.exists()


def test_a_trip_is_postponed_by_its_own_day(client: Client, cast: Cast, event: Event) -> None:
    assert event.trip is not None
    day = clock.local(in_days(8)).date().isoformat()
    _page, sent = looked(
        client,
        **{f"t-{event.trip.uid}-what": "postpone", f"t-{event.trip.uid}-on": day},
        override_reason="Vẫn đi",
    )
    assert send(client, sent | {"step": "do"}).status_code == 302
    event.refresh_from_db()
    assert event.starts_at == in_days(8)


def test_a_day_before_the_first_one_is_refused_at_its_event(
    client: Client, cast: Cast, event: Event
) -> None:
    page = send(client, what()).content.decode()
    own = {f"e-{event.uid}-what": "postpone", f"e-{event.uid}-on": "2020-01-01"}
    shown = send(client, hidden(page) | {"step": "do", "what": "cancel"} | own)
    assert "The new day must be after" in shown.content.decode()
    assert not Disruption.objects.exists()


def test_a_clash_is_shown_at_its_trip(client: Client, cast: Cast, event: Event) -> None:
    visit(cast, in_days(10), with_van=True, title="In the way")
    page, sent = looked(client, what="postpone", override_reason="x")
    assert "In the way" in page
    assert "Not yet possible" in page
    assert send(client, sent | {"step": "do"}).status_code == 200
    assert not Disruption.objects.exists()


def test_venues_without_a_contact_are_to_be_told_by_hand(client: Client, cast: Cast) -> None:
    visit(cast, in_days(3), venue=cast.second_venue)
    page, sent = looked(client)
    assert "To be told by hand" in page
    send(client, sent | {"step": "do"})
    shown = client.get(reverse("disruption", args=[Disruption.objects.get().uid])).content.decode()
    assert "To be told by hand" in shown
    assert cast.second_venue.name in shown


def test_communes_stand_for_the_map_where_there_is_no_script(
    client: Client, cast: Cast, event: Event
) -> None:
    first = client.get(reverse("disruption_new")).content.decode()
    assert cast.commune.full_name in first
    page = send(client, what(units=[cast.commune.pk])).content.decode()
    assert event.title in page
    parent = cast.commune.parent
    assert parent is not None
    assert event.title in send(client, what(units=[parent.pk])).content.decode()


def test_an_area_is_carried_along_and_stored(client: Client, cast: Cast, event: Event) -> None:
    page = send(client, what(area=json.dumps(AREA))).content.decode()
    carried = hidden(page)
    assert json.loads(carried["area"][0]) == AREA
    base = carried | {"note": "", "what": "cancel", "weeks": "1"}
    page = send(client, base | {"step": "look"}).content.decode()
    send(client, base | hidden(page) | {"step": "do"})
    assert Disruption.objects.get().area == AREA


@pytest.mark.parametrize(
    "wrong",
    [
        {"why": ""},
        {"why": "nonsense"},
        {"starts_on": "gestern"},
        {"last_on": "2020-01-01"},
        {"starts": "12:00", "ends": "11:00"},
        {"area": "not json"},
        {"area": '{"type": "Point"}'},
        {"area": '{"type": "Polygon", "coordinates": [[[1, 1], [2, 2]]]}'},
        {"units": ["99999999"]},
        {"units": ["x"]},
        {"vehicle": "nobody-s"},
    ],
)
def test_a_wrong_first_step_is_said_and_kept(
    client: Client, cast: Cast, event: Event, wrong: dict[str, Any]
) -> None:
    answer = send(client, what(**wrong))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "error-summary" in page
    assert "Bão số 5" in page


def test_undoing_is_refused_with_a_list(client: Client, cast: Cast, event: Event) -> None:
    _page, sent = looked(client)
    send(client, sent | {"step": "do"})
    event.refresh_from_db()
    services.restore_event(actor=cast.owner, event=event, reason="Nhầm")
    disruption = Disruption.objects.get()
    answer = client.post(reverse("disruption_undo", args=[disruption.uid]))
    assert answer.status_code == 409
    assert event.title in answer.content.decode()
    assert "Nothing was undone" in answer.content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 404), ("host", 403), ("officer", 200), ("colleague", 200)]
)
def test_who_may_see_a_disruption(cast: Cast, event: Event, who: str, status: int) -> None:
    owner = Client(headers={"Accept-Language": "en"})
    owner.force_login(cast.owner)
    _page, sent = looked(owner)
    send(owner, sent | {"step": "do"})
    disruption = Disruption.objects.get()
    other = Client()
    other.force_login(getattr(cast, who))
    assert other.get(reverse("disruption", args=[disruption.uid])).status_code == status
    undo = other.post(reverse("disruption_undo", args=[disruption.uid])).status_code
    assert undo == (status if status >= 400 else 403)
    begin = other.get(reverse("disruption_new"), {"library": cast.library.slug}).status_code
    assert begin == (status if status >= 400 else 403)


def test_the_pages_do_not_ask_more_for_more_events(
    client: Client, cast: Cast, event: Event, django_assert_max_num_queries: Any
) -> None:
    def count() -> int:
        with django_assert_max_num_queries(200) as queries:
            send(client, what())
        return len(queries)

    before = count()
    for hour in range(5):
        visit(cast, in_days(3, hour=11) + hour * (in_days(1, hour=2) - in_days(1, hour=1)), hours=1)
    assert count() <= before + 3
    assert Trip.objects.count() == 1
