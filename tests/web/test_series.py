"""The pages of series, templates and copies: looked at first, then done; and whose they are."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.periods import monday_of
from outreach.planning.models import Season
from outreach.scheduling.models import Event, Series, State, Trip, TripTemplate
from outreach.scheduling.series import copied, copying
from outreach.scheduling.series.templates import save_template
from tests.cast import Cast
from tests.factories import ClosedDatesFactory, VenueFactory
from tests.scheduling.desk import make_event, make_trip, storm, visit
from tests.scheduling.series.desk import day, days_of, keep_holidays, make, publish

pytestmark = pytest.mark.django_db

HIDDEN = re.compile(
    r'<input type="hidden" name="(seen|shown|expected_version|request_uid)" value="([^"]*)"'
)
CHOSEN = re.compile(
    r'<select id="choice-[^"]*" name="([^"]*)".*?<option value="([^"]*)"', re.DOTALL
)


def browser(user: User) -> Client:
    """Return a browser in which ``user`` has signed in, in English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def look_and_do(client: Client, url: str, typed: dict[str, Any], **more: Any) -> Any:
    """Send a form to look, then once more to do what it shows."""
    shown = client.post(url, typed | {"do": "look"})
    assert shown.status_code == 200, shown
    text = shown.content.decode()
    assert "What happens then" in text, text
    hidden = dict(HIDDEN.findall(text))
    kept = dict(CHOSEN.findall(text))
    return client.post(url, typed | kept | hidden | {"do": "store"} | more)


def typed_series(cast: Cast, **changes: Any) -> dict[str, Any]:
    """Return what a person types for a series on Tuesdays."""
    return {
        "venue": cast.venue.code,
        "vehicle": cast.vehicle.slug,
        "kind": "mobile_service",
        "audience": "",
        "title": "",
        "pattern": "weekly",
        "every": "1",
        "weekdays": ["1"],
        "place": "1",
        "arrives": "08:00",
        "departs": "10:00",
        "starts_on": "2027-03-01",
        "last_on": "",
        "until": "2027-03-21",
        "on_days_off": "out",
    } | changes


def test_a_series_is_looked_at_and_then_made(cast: Cast) -> None:
    client = browser(cast.owner)
    url = reverse("series_new")

    shown = client.post(url, typed_series(cast) | {"do": "look"})
    assert Series.objects.count() == 0
    assert shown.context["plan"].made == 3
    done = look_and_do(client, url, typed_series(cast))

    series = Series.objects.get()
    assert done.url == reverse("series", args=[series.pk])
    assert days_of(series) == [day(1), day(8), day(15)]
    assert series.rule == "FREQ=WEEKLY;BYDAY=TU"


def test_dates_are_left_out_from_the_start(cast: Cast) -> None:
    client = browser(cast.owner)
    typed = typed_series(cast, exceptions="09/03/2027\n2027-06-01")
    assert look_and_do(client, reverse("series_new"), typed).status_code == 302

    series = Series.objects.get()
    assert days_of(series) == [day(1), day(15)]
    assert series.exceptions == ["2027-03-09", "2027-06-01"]
    wrong = client.post(reverse("series_new"), typed_series(cast, exceptions="10/03/2027"))
    assert "The series has no date on 10/03/2027." in wrong.content.decode()


def test_a_preview_says_what_will_be_and_not_what_was_done(cast: Cast) -> None:
    series = make(cast)
    url = reverse("series_change", args=[series.pk])
    typed = typed_series(cast, scope="following", on="2027-03-16", held_on="", arrives="09:00")
    page = browser(cast.owner).post(url, typed | {"do": "look"}).content.decode()
    assert "will be moved" in page
    assert "To be moved" in page
    assert ">Moved<" not in page


def test_the_last_friday_of_every_second_month_can_be_chosen(cast: Cast) -> None:
    typed = typed_series(
        cast, pattern="monthly", every="2", place="-1", weekdays=["4"], until="2027-06-30"
    )
    look_and_do(browser(cast.owner), reverse("series_new"), typed)

    series = Series.objects.get()
    assert series.rule == "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR"
    assert days_of(series) == [date(2027, 3, 26), date(2027, 5, 28)]


def test_nothing_is_stored_that_was_not_shown(cast: Cast) -> None:
    client = browser(cast.owner)
    url = reverse("series_new")
    hidden = dict(HIDDEN.findall(client.post(url, typed_series(cast)).content.decode()))

    changed = typed_series(cast, arrives="09:00") | hidden | {"do": "store"}
    answer = client.post(url, changed)

    assert answer.status_code == 200
    assert "changed meanwhile" in answer.content.decode()
    assert not Series.objects.exists()


def test_a_choice_is_shown_before_it_is_done(cast: Cast) -> None:
    client = browser(cast.owner)
    url = reverse("series_new")
    hidden = dict(HIDDEN.findall(client.post(url, typed_series(cast)).content.decode()))
    chosen = typed_series(cast) | hidden | {"choice-2027-03-09": "out"}

    answer = client.post(url, chosen | {"do": "store"})
    assert not Series.objects.exists()
    hidden = dict(HIDDEN.findall(answer.content.decode()))
    client.post(url, chosen | hidden | {"do": "store"})

    assert days_of(Series.objects.get()) == [day(1), day(15)]


def test_a_series_with_a_date_that_is_taken_is_made_the_first_time(cast: Cast) -> None:
    make_trip(cast, visit(cast, day=8, venue=cast.second_venue), day=8)
    client = browser(cast.owner)
    url = reverse("series_new")
    shown = client.post(url, typed_series(cast) | {"do": "look"})
    assert shown.context["plan"].skipped == 1

    done = look_and_do(client, url, typed_series(cast))

    assert done.status_code == 302
    assert days_of(Series.objects.get()) == [day(1), day(15)]


def test_a_season_with_a_date_that_is_taken_is_copied_the_first_time(cast: Cast) -> None:
    make_trip(cast, day=1)
    closed = ClosedDatesFactory.create(venue=cast.venue, starts_on=day(8), ends_on=day(9))
    make_trip(cast, visit(cast, day=8, venue=cast.second_venue), day=8)
    typed = {"week": "2027-03-01", "first_week": "2027-03-08", "count": "1", "every": "1"}
    typed |= {"on_days_off": "out", f"choice-{Event.objects.get(venue=cast.venue).pk}-7": "go"}
    client = browser(cast.owner)
    shown = client.post(reverse("copy_week"), typed | {"do": "look"}).content.decode()
    assert closed.venue.name in shown
    hidden = dict(HIDDEN.findall(shown))

    answer = client.post(reverse("copy_week"), typed | hidden | {"do": "store"})

    assert "changed meanwhile" not in (answer.content.decode() if answer.content else "")
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"weekdays": []}, "Choose a weekday."),
        ({"pattern": "monthly", "weekdays": ["1", "2"]}, "Choose one weekday."),
        ({"departs": "07:00"}, "The end must be after the start."),
        ({"until": "2029-12-31"}, "two years at most"),
        ({"starts_on": "31/02/2027"}, "There is no 31/02/2027"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(cast: Cast, changes: dict[str, Any], said: str) -> None:
    answer = browser(cast.owner).post(reverse("series_new"), typed_series(cast, **changes))

    assert said in answer.content.decode()


def test_a_series_is_changed_from_a_date_on(cast: Cast) -> None:
    series = make(cast)
    url = reverse("series_change", args=[series.pk])
    typed = typed_series(cast, scope="following", on="2027-03-16", held_on="", arrives="09:00")

    done = look_and_do(browser(cast.owner), url, typed)

    later = Series.objects.get(continues=series)
    assert done.url == reverse("series", args=[later.pk])
    assert days_of(series) == [day(1), day(8)]
    assert days_of(later) == [day(15), day(22)]


def test_one_date_is_changed_with_what_it_says_now(cast: Cast) -> None:
    series = make(cast)
    client = browser(cast.owner)
    url = reverse("series_change", args=[series.pk])

    form = client.get(f"{url}?scope=one&on=2027-03-09").context["form"]
    assert form["scope"].value() == "one"
    assert form["on"].value() == "2027-03-09"
    assert form["held_on"].value() == day(8)
    typed = typed_series(cast, scope="one", on="2027-03-09", held_on="2027-03-10")
    look_and_do(client, url, typed)

    assert days_of(series) == [day(1), day(9), day(15), day(22)]
    shown = client.get(reverse("series", args=[series.pk])).content.decode()
    assert "exception" in shown


def test_a_public_series_asks_why(cast: Cast) -> None:
    series = make(cast)
    publish(cast, series.events.all())
    client = browser(cast.owner)
    url = reverse("series_change", args=[series.pk])
    typed = typed_series(cast, scope="all", on="", held_on="", arrives="09:00")

    shown = client.post(url, typed | {"do": "look"}).content.decode()
    assert 'name="reason"' in shown
    refused = look_and_do(client, url, typed)
    assert "Please say why" in refused.content.decode()
    done = look_and_do(client, url, typed, reason="Theo giờ học")

    assert done.status_code == 302
    said = Event.history.values_list("history_change_reason", flat=True)
    assert list(said).count("Theo giờ học") == 4


def test_a_series_ends_on_the_day_that_was_typed(cast: Cast) -> None:
    series = make(cast)
    publish(cast, series.events.all()[3:])
    url = reverse("series_end", args=[series.pk])

    client = browser(cast.owner)
    assert client.get(f"{url}?on=2027-03-16").context["form"]["last_on"].value() == day(14)
    look_and_do(client, url, {"last_on": "2027-03-14", "why": "storm"})

    series.refresh_from_db()
    assert series.ends_on == day(14)
    assert days_of(series) == [day(1), day(8)]
    assert Event.objects.get(state=State.CANCELLED).cancel_reason == storm()


def test_a_date_is_left_out_and_taken_up_again(cast: Cast) -> None:
    series = make(cast)
    client = browser(cast.owner)

    for name in ("series_leave_out", "series_put_back"):
        url = reverse(name, args=[series.pk, "2027-03-09"])
        hidden = dict(HIDDEN.findall(client.get(url).content.decode()))
        assert client.post(url, hidden | {"do": "store"}).status_code == 302
        if name == "series_leave_out":
            assert days_of(series) == [day(1), day(15), day(22)]

    assert days_of(series) == [day(1), day(8), day(15), day(22)]


def test_more_events_are_made(cast: Cast) -> None:
    series = make(cast)
    url = reverse("series_dates", args=[series.pk])

    look_and_do(browser(cast.owner), url, {"until": "2027-04-06", "on_days_off": "out"})

    assert days_of(series)[-1] == day(36)


def test_series_are_found_by_venue_and_vehicle(cast: Cast) -> None:
    market = VenueFactory.create(library=cast.library, name="Chợ Đồng Văn")
    found, _other = make(cast, venue=market), make(cast, rule="FREQ=WEEKLY;BYDAY=WE")
    client = browser(cast.colleague)

    url = reverse("series_list")
    for query in ({"text": "dong van"}, {"text": "CHỢ", "vehicle": cast.vehicle.slug}):
        rows = client.get(url, query).context["rows"]
        assert [series for series, _words in rows] == [found]
    assert client.get(url, {"shows": "ended"}).context["rows"] == []


def test_a_trip_becomes_a_template_and_a_template_trips(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    client = browser(cast.owner)

    client.post(reverse("template_save", args=[trip.uid]), {"name": "Tuyến Mường Thử"})
    template = TripTemplate.objects.get()
    url = reverse("trip_template", args=[template.pk])
    typed = {
        "vehicle": cast.vehicle.slug,
        "first_on": "2027-03-03",
        "more_on": "10/03/2027\n2027-03-17",
        "on_days_off": "out",
    }
    done = look_and_do(client, url, typed)

    assert done.status_code == 302
    starts = Event.objects.filter(starts_at__gte=clock.at(day(1), time(0))).order_by("starts_at")
    shown = [clock.local(event.starts_at) for event in starts]
    assert [(one.date(), one.hour) for one in shown] == [
        (day(count), hour) for count in (2, 9, 16) for hour in (8, 13)
    ]


def test_a_template_is_renamed_and_removed(cast: Cast) -> None:
    template = save_template(actor=cast.owner, trip=make_trip(cast), name="Tuyến A")
    client = browser(cast.owner)
    client.post(reverse("template_rename", args=[template.pk]), {"name": "Tuyến B"})
    template.refresh_from_db()
    assert template.name == "Tuyến B"
    remove = reverse("template_remove", args=[template.pk])
    assert "Remove the template?" in client.get(remove).content.decode()
    assert client.post(remove, {"expected_version": "1"}).status_code == 412
    assert TripTemplate.objects.exists()
    sent = client.get(remove).context["hidden"]
    client.post(remove, sent)
    assert not TripTemplate.objects.exists()


def test_a_name_taken_is_said_at_the_name(cast: Cast) -> None:
    trip = make_trip(cast)
    save_template(actor=cast.owner, trip=trip, name="Tuyến A")

    answer = browser(cast.owner).post(
        reverse("template_save", args=[trip.uid]), {"name": "Tuyến A"}
    )

    assert "has a template of that name" in answer.content.decode()


def test_a_week_is_copied_to_every_other_week(cast: Cast) -> None:
    make_trip(cast)
    typed = {
        "week": "2027-03-03",
        "first_week": "2027-03-15",
        "count": "2",
        "every": "2",
        "on_days_off": "out",
    }

    done = look_and_do(browser(cast.owner), reverse("copy_week"), typed)

    assert done.url.startswith(reverse("schedule"))
    days = {clock.local(event.starts_at).date() for event in Event.objects.all()}
    assert days == {day(0), day(14), day(28)}


def test_a_copy_leads_to_what_it_made_and_is_taken_back(cast: Cast) -> None:
    make_trip(cast, visit(cast), visit(cast, 13, venue=cast.second_venue))
    kept = set(Event.objects.values_list("uid", flat=True))
    client = browser(cast.owner)
    typed = {"week": "2027-03-01", "first_week": "2027-03-08", "count": "2", "every": "1"}
    typed |= {"on_days_off": "out"}
    done = look_and_do(client, reverse("copy_week"), typed)

    page = client.get(done.url)
    assert [len(one.events) for one in page.context["found"].made] == [2, 2]
    remove = page.context["remove_url"]
    touched = Event.objects.exclude(uid__in=kept).order_by("starts_at").first()
    assert touched is not None
    touched_trip = touched.trip
    assert touched_trip is not None
    asked = client.get(remove)
    assert Event.objects.count() == 6
    seen = {"seen": asked.context["hidden"]["seen"]}
    publish(cast, [touched])
    assert client.post(remove, seen).status_code == 409
    assert client.post(remove).status_code == 409
    assert Event.objects.count() == 6

    asked = client.get(remove)
    assert "2 drafts that nobody has touched" in asked.content.decode()
    done = client.post(remove, {"seen": asked.context["hidden"]["seen"]}, follow=True)

    assert "2 drafts were removed." in done.content.decode()
    assert set(Trip.objects.exclude(events__uid__in=kept)) == {touched_trip}
    assert Event.objects.count() == 4
    assert look_and_do(client, reverse("copy_week"), typed).status_code == 302
    assert Event.objects.count() == 6


@pytest.mark.parametrize("what", ["note", "duty", "stop"])
def test_what_somebody_has_touched_is_not_taken_back(cast: Cast, what: str) -> None:
    source = make_trip(cast)
    moment = clock.now()
    week = copying.weeks(day(0), [day(7)])
    copying.make_copy(actor=cast.owner, library=cast.library, copy=week, now=moment)
    trip = Trip.objects.exclude(pk=source.pk).get()
    assert copied.copied(cast.library, moment).removable == 1
    if what == "note":
        audit.save(trip, actor=cast.owner)
    elif what == "duty":
        duty = trip.duties.first()
        audit.delete(duty, actor=cast.owner)
    else:
        other = make_event(cast, hour=13, day=7)
        Event.objects.filter(pk=other.pk).update(trip=trip)

    assert copied.copied(cast.library, moment).removable == 0
    gone = copied.remove_copied(actor=cast.owner, library=cast.library, made_at=moment)
    assert gone == 0
    assert Trip.objects.count() == 2


def test_drafts_of_a_copy_are_taken_back_only_by_who_schedules(cast: Cast) -> None:
    url = reverse("copied", args=[1]) + f"?library={cast.library.slug}"
    remove = reverse("copied_remove", args=[1]) + f"?library={cast.library.slug}"
    people = (cast.owner, cast.colleague, cast.officer, cast.stranger, cast.host)
    answers = [browser(one).get(url).status_code for one in people]
    assert answers == [200, 403, 403, 404, 403]
    answers = [browser(one).post(remove).status_code for one in people[1:]]
    assert answers == [403, 403, 404, 403]
    assert browser(cast.owner).get(reverse("copied", args=[10**20])).status_code == 404


def test_a_season_is_copied_and_compared(cast: Cast) -> None:
    monday = monday_of(clock.today()) + timedelta(weeks=2)
    one, other = (
        Season.objects.create(
            library=cast.library,
            name=name,
            starts_on=monday + timedelta(weeks=start),
            ends_on=monday + timedelta(weeks=start + 4),
        )
        for name, start in (("Xuân", 0), ("Hè", 4))
    )
    shift = (monday - day(0)).days
    make_trip(cast, visit(cast, day=shift), day=shift)
    client = browser(cast.owner)
    compared = client.get(reverse("series_boundary"))
    assert compared.context["counts"]["dropped"] == 1

    typed = {"source": str(one.pk), "target": str(other.pk), "on_days_off": "go"}
    look_and_do(client, reverse("copy_season"), typed)

    assert client.get(reverse("series_boundary")).context["counts"] == {
        "added": 0,
        "dropped": 0,
        "changed": 0,
        "same": 1,
    }


def test_a_series_that_runs_on_can_be_dropped_at_the_boundary(cast: Cast) -> None:
    today = clock.today()
    before, after = (
        Season.objects.create(
            library=cast.library,
            name=name,
            starts_on=today + timedelta(weeks=start),
            ends_on=today + timedelta(weeks=start + 6),
        )
        for name, start in (("Xuân", 0), ("Hè", 6))
    )
    series = make(cast, weeks=3, starts_on=today, now=clock.now())
    client = browser(cast.owner)

    page = client.get(reverse("series_boundary"))
    [stop] = page.context["page_obj"]
    assert stop.difference == "same"
    end = reverse("series_end", args=[series.pk])
    assert f"{end}?on={after.starts_on}" in page.content.decode()
    look_and_do(client, end, {"last_on": before.last_on.isoformat()})

    [stop] = client.get(reverse("series_boundary")).context["page_obj"]
    assert stop.difference == "dropped"


def test_an_event_leads_to_its_series_and_a_week_to_its_copy(cast: Cast) -> None:
    series = make(cast)
    event = Event.objects.filter(series=series).first()
    assert event is not None
    client = browser(cast.owner)

    shown = client.get(reverse("schedule_event", args=[event.uid])).content.decode()
    assert reverse("series", args=[series.pk]) in shown
    assert "every week on Tuesday" in shown
    week = client.get(f"{reverse('schedule')}?week=2027-03-01").content.decode()
    assert f"{reverse('copy_week')}?week=2027-03-01" in week
    assert event.trip is not None
    trip = client.get(reverse("trip", args=[event.trip.uid])).content.decode()
    assert reverse("template_save", args=[event.trip.uid]) in trip


READ = ("series_list", "series_boundary", "trip_templates")
WRITE = ("series_new", "copy_week", "copy_season")
OF_SERIES = ("series_change", "series_dates", "series_end")
OF_DATES = ("series_leave_out", "series_put_back")


def test_who_may_open_what(cast: Cast) -> None:
    series = make(cast)
    trip = make_trip(cast, visit(cast, 13, day=40), day=40)
    template = save_template(actor=cast.owner, trip=trip, name="Tuyến A")
    answers: dict[str, tuple[int, ...]] = {}
    urls = {name: reverse(name) + f"?library={cast.library.slug}" for name in (*READ, *WRITE)}
    urls |= {name: reverse(name, args=[series.pk]) for name in ("series", *OF_SERIES)}
    urls |= {"series_leave_out": reverse("series_leave_out", args=[series.pk, "2027-03-09"])}
    urls |= {"template_save": reverse("template_save", args=[trip.uid])}
    urls |= {
        name: reverse(name, args=[template.pk]) for name in ("trip_template", "template_rename")
    }
    people = (cast.owner, cast.colleague, cast.officer, cast.stranger, cast.host)
    for name, url in urls.items():
        answers[name] = tuple(browser(person).get(url).status_code for person in people)
        assert Client().get(url).status_code == 302

    reads, writes = (200, 200, 200, 404, 403), (200, 403, 403, 404, 403)
    seen = {*READ, "series", "trip_template"}
    assert answers == {name: reads if name in seen else writes for name in urls}


def test_only_its_keeper_removes_a_template_or_makes_trips_of_it(cast: Cast) -> None:
    template = save_template(actor=cast.owner, trip=make_trip(cast), name="Tuyến A")
    for person, status in ((cast.colleague, 403), (cast.stranger, 404)):
        client = browser(person)
        for name in ("template_remove", "trip_template"):
            assert client.post(reverse(name, args=[template.pk])).status_code == status
    assert TripTemplate.objects.exists()


def test_a_date_that_is_none_is_not_found(cast: Cast) -> None:
    series = make(cast)
    url = reverse("series_leave_out", args=[series.pk, "morgen"])

    assert browser(cast.owner).get(url).status_code == 404


def test_lists_take_as_many_queries_for_many_series_as_for_one(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    client = browser(cast.owner)
    make(cast, weeks=1)
    for number in range(12):
        venue = VenueFactory.create(library=cast.library, commune=cast.commune)
        hour, half = 11 + number // 2, 30 * (number % 2)
        make(cast, weeks=3, venue=venue, arrives=time(hour, half), departs=time(hour, half + 25))

    with django_assert_max_num_queries(25):
        client.get(reverse("series_list"))
    with django_assert_max_num_queries(25):
        client.get(reverse("series_boundary"))
    series = Series.objects.order_by("pk").last()
    assert series is not None
    with django_assert_max_num_queries(40):
        client.get(reverse("series", args=[series.pk]))


def test_pages_are_in_vietnamese_for_who_reads_it(cast: Cast) -> None:
    keep_holidays(cast)
    series = make(cast)
    client = Client(headers={"accept-language": "vi"})
    client.force_login(cast.owner)

    assert client.get(reverse("series", args=[series.pk])).status_code == 200
    typed = typed_series(cast, arrives="14:00", departs="15:00")
    assert client.post(reverse("series_new"), typed).status_code == 200
