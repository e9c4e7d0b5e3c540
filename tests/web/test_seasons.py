"""The pages of seasons: looking, handing in, deciding, publishing, each by who may."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.common import clock
from outreach.planning import approval
from outreach.planning.approval import SeasonState
from outreach.planning.models import Season, SeasonSubmission
from outreach.scheduling import services
from outreach.scheduling.models import Event, RuleOverride, State, Trip
from tests.cast import Cast, make_cast
from tests.planning.approval.plans import approve, approved, make_season, submit
from tests.scheduling.desk import NOBODY, make_event, make_trip, visit


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def season(cast: Cast) -> Season:
    return make_season(cast)


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def url(name: str, season: Season) -> str:
    return reverse(name, args=[season.pk])


def shown(user: User, address: str) -> str:
    answer = signed_in(user).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def state(season: Season) -> SeasonState:
    return approval.standing_of(Season.objects.get(pk=season.pk)).state


def hidden(page: str, name: str) -> str:
    """Return what a hidden field of a page holds."""
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def test_a_plan_goes_its_whole_way_through_the_pages(cast: Cast, season: Season) -> None:
    make_trip(cast)
    owner, officer = signed_in(cast.owner), signed_in(cast.officer)
    owner.post(url("season_submit", season), {"note": "Kính trình"})
    submission = SeasonSubmission.objects.get()
    assert "Kính trình" in shown(cast.officer, url("season", season))
    officer.post(reverse("season_return", args=[submission.uid]), {"note": "Thiếu xã"})
    assert state(season) == SeasonState.RETURNED
    owner.post(url("season_submit", season))
    second = SeasonSubmission.objects.get(state="submitted")
    decision = {
        "authority": "Sở VHTTDL",
        "decision": "12/QĐ",
        "decision_on": clock.today().isoformat(),
    }
    officer.post(reverse("season_approve", args=[second.uid]), decision)
    assert state(season) == SeasonState.APPROVED
    page = shown(cast.owner, url("season_publish", season))
    checksum = hidden(page, "expected_checksum")
    owner.post(url("season_publish", season), {"expected_checksum": checksum})
    assert state(season) == SeasonState.PUBLISHED
    assert Trip.objects.get().state == State.PUBLISHED


def test_a_plan_is_taken_back(cast: Cast, season: Season) -> None:
    make_trip(cast)
    submission = submit(cast, season)
    signed_in(cast.owner).post(reverse("season_withdraw", args=[submission.uid]), {"note": "Sai"})
    assert state(season) == SeasonState.DRAFT


def test_what_is_missing_is_said_at_its_field_and_nothing_is_decided(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    submission = submit(cast, season)
    address = reverse("season_approve", args=[submission.uid])
    sent = {"authority": "Sở VHTTDL", "decision": "", "decision_on": "2099-01-01"}
    page = signed_in(cast.officer).post(address, sent).content.decode()
    assert 'value="Sở VHTTDL"' in page
    assert state(season) == SeasonState.SUBMITTED
    page = signed_in(cast.officer).post(address, sent | {"decision": "1"}).content.decode()
    assert "still to come" in page
    assert state(season) == SeasonState.SUBMITTED


def test_the_decision_page_has_no_two_fields_of_one_name(cast: Cast, season: Season) -> None:
    make_trip(cast)
    page = shown(cast.officer, reverse("season_approve", args=[submit(cast, season).uid]))
    ids = [part.split('"')[0] for part in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_every_refused_trip_is_listed_and_one_reason_lets_all_go_ahead(
    cast: Cast, season: Season
) -> None:
    trips = [make_trip(cast, day=day, crew=NOBODY) for day in (0, 1)]
    approved(cast, season)
    client, address = signed_in(cast.owner), url("season_publish", season)
    page = client.post(address).content.decode()
    for trip in trips:
        assert reverse("trip", args=[trip.uid]) in page
    assert not Trip.objects.filter(state=State.PUBLISHED).exists()
    client.post(address, {"override_reason": "Thiếu người"})
    assert not Trip.objects.filter(state=State.DRAFT).exists()
    assert set(RuleOverride.objects.values_list("reason", flat=True)) == {"Thiếu người"}


def test_what_is_to_be_published_and_what_was_is_told_in_the_same_numbers(
    cast: Cast, season: Season
) -> None:
    make_trip(cast, visit(cast, hour=8), visit(cast, hour=11, venue=cast.second_venue))
    make_event(cast, day=2)
    approved(cast, season)
    address = url("season_publish", season)
    assert "To be made public: <strong>1 trip, 3 events</strong>" in shown(cast.owner, address)
    page = signed_in(cast.owner).post(address, follow=True).content.decode()
    assert "Made public: 1 trip, 3 events." in page


def test_the_page_that_publishes_a_trip_tells_which_rules_were_overridden(cast: Cast) -> None:
    plain = make_trip(cast)
    reason = "Thiếu người vì bão"
    trip = make_trip(cast, day=1, crew=NOBODY)
    services.publish_trip(actor=cast.owner, trip=trip, override_reason=reason)
    Trip.objects.filter(pk=trip.pk).update(state=State.DRAFT)
    assert reason in shown(cast.owner, reverse("trip_publish", args=[trip.uid]))
    assert "Overridden" not in shown(cast.owner, reverse("trip_publish", args=[plain.uid]))


def test_what_differs_is_shown_and_must_be_confirmed_before_publishing(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    approved(cast, season)
    event = make_event(cast, day=2)
    assert event.title in shown(cast.owner, url("season", season))
    client, address = signed_in(cast.owner), url("season_publish", season)
    page = client.post(address).content.decode()
    assert "is not as it was approved" in page
    assert not Trip.objects.filter(state=State.PUBLISHED).exists()
    assert client.post(address, {"accept_differences": "on"}).status_code == 302
    assert Trip.objects.get().state == State.PUBLISHED


def test_a_page_that_is_out_of_date_publishes_nothing_the_first_time(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    approved(cast, season)
    client, address = signed_in(cast.owner), url("season_publish", season)
    checksum = hidden(client.get(address).content.decode(), "expected_checksum")
    make_event(cast, day=3)
    sent = {"expected_checksum": checksum, "accept_differences": "on"}
    page = client.post(address, sent).content.decode()
    assert "Somebody else changed this" in page
    assert hidden(page, "expected_checksum") != checksum
    assert not Trip.objects.filter(state=State.PUBLISHED).exists()


def test_a_season_is_changed_with_its_reason(cast: Cast, season: Season) -> None:
    sent = {"name": "Xuân", "starts_on": "2027-03-01", "last_on": "2027-04-15", "reason": "Tết"}
    answer = signed_in(cast.owner).post(url("season_edit", season), sent)
    assert answer.status_code == 302
    season.refresh_from_db()
    assert (season.name, f"{season.last_on}") == ("Xuân", "2027-04-15")
    assert season.history.latest().history_change_reason == "Tết"


def test_the_workbook_is_one_click_away(cast: Cast, season: Season) -> None:
    make_trip(cast)
    answer = signed_in(cast.colleague).get(url("season_xlsx", season))
    assert answer.content.startswith(b"PK")
    assert ".xlsx" in answer["Content-Disposition"]


SEEING = ("season", "season_xlsx")
CHANGING = ("season_edit", "season_submit", "season_publish")


@pytest.mark.parametrize("name", [*SEEING, *CHANGING])
def test_another_librarys_season_is_not_found(cast: Cast, season: Season, name: str) -> None:
    assert signed_in(cast.stranger).get(url(name, season)).status_code == 404
    assert signed_in(cast.host).get(url(name, season)).status_code == 403
    assert Client().get(url(name, season)).status_code == 302


@pytest.mark.parametrize("who", ["officer", "colleague"])
@pytest.mark.parametrize("name", CHANGING)
def test_who_only_looks_cannot_change(cast: Cast, season: Season, name: str, who: str) -> None:
    make_trip(cast)
    user = getattr(cast, who)
    assert signed_in(user).post(url(name, season)).status_code == 403
    page = shown(user, url("season", season))
    assert url(name, season) not in page


def test_who_may_decide_is_offered_to_and_nobody_else_can(cast: Cast, season: Season) -> None:
    make_trip(cast)
    uid = submit(cast, season).uid
    addresses = [reverse(name, args=[uid]) for name in ("season_approve", "season_return")]
    assert addresses[0] in shown(cast.officer, url("season", season))
    assert addresses[0] not in shown(cast.owner, url("season", season))
    for address in addresses:
        assert signed_in(cast.owner).post(address).status_code == 403
        assert signed_in(cast.colleague).post(address).status_code == 403
        assert signed_in(cast.stranger).post(address).status_code == 404
    withdraw = reverse("season_withdraw", args=[uid])
    assert signed_in(cast.officer).post(withdraw).status_code == 403
    assert signed_in(cast.stranger).post(withdraw).status_code == 404
    assert state(season) == SeasonState.SUBMITTED


def test_the_list_shows_how_far_each_plan_has_come(cast: Cast, season: Season) -> None:
    make_trip(cast)
    approve(cast, submit(cast, season))
    page = shown(cast.colleague, reverse("seasons"))
    assert season.name in page
    assert "12/QĐ-SVHTTDL" in page
    assert season.name not in shown(cast.stranger, reverse("seasons"))


def in_another_library(cast: Cast) -> Season:
    """Hand in the plan of the other library that the officer's union groups."""
    planner, library = cast.stranger, cast.other_library
    event = visit(cast, venue=cast.foreign_venue)
    services.schedule_event(actor=planner, library=library, event=event)
    other = make_season(cast, actor=planner, library=library, name="Mùa thu xa")
    submit(cast, other, actor=planner)
    return other


def test_what_awaits_a_decision_is_listed_first_whatever_library_it_is_of(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    submit(cast, season)
    other = in_another_library(cast)
    for library in (cast.library, other.library):
        page = shown(cast.officer, f"{reverse('seasons')}?library={library.slug}")
        first, _heading, _rest = page.partition(f"<h2>{library.name}</h2>")
        for one in (season, other):
            uid = one.submissions.get().uid
            assert one.name in first
            assert reverse("season_approve", args=[uid]) in first
    assert "Awaits your decision" not in shown(cast.owner, reverse("seasons"))


@pytest.mark.parametrize("name", ["statistics", "plan", "seasons"])
def test_an_officer_is_told_how_many_plans_await_them(
    cast: Cast, season: Season, name: str
) -> None:
    asked = "await your decision"
    make_trip(cast)
    assert asked not in shown(cast.officer, reverse(name))
    submission = submit(cast, season)
    in_another_library(cast)
    page = shown(cast.officer, reverse(name))
    assert '<span class="badge warning">2<' in page
    assert reverse("seasons") in page
    assert name == "seasons" or "2 plans await your decision" in page
    assert asked not in shown(cast.owner, reverse(name))
    approve(cast, submission)
    assert '<span class="badge warning">1<' in shown(cast.officer, reverse(name))


def test_a_single_season_says_what_another_one_would_be_good_for(
    cast: Cast, season: Season
) -> None:
    new = f"{reverse('season_new')}?library={cast.library.slug}"
    page = shown(cast.owner, reverse("seasons"))
    assert "a single season" in page
    for name in ("copy_season", "series_boundary"):
        page = shown(cast.owner, reverse(name))
        assert "does not have two" in page
        assert new in page
    make_season(cast, name="Hè", starts_on=date(2027, 6, 1), ends_on=date(2027, 7, 1))
    page = shown(cast.owner, reverse("seasons"))
    assert "a single season" not in page
    for name in ("copy_season", "series_boundary"):
        assert reverse(name) in page
        assert "does not have two" not in shown(cast.owner, reverse(name))


def test_events_that_no_notice_tells_of_are_named(cast: Cast, season: Season) -> None:
    make_trip(cast)
    assert "in no commune" not in shown(cast.owner, url("season", season))
    event = make_event(cast, day=2, title="Đọc sách trên đảo")
    Event.objects.filter(pk=event.pk).update(commune=None)
    page = shown(cast.owner, url("season", season))
    assert "1 event is in no commune" in page
    assert reverse("schedule_event", args=[event.uid]) in page.partition("in no commune")[2]


def test_files_to_print_are_in_the_menu_of_who_may_have_them(cast: Cast) -> None:
    menu = 'class="menu-panel"'
    for who, has in ((cast.owner, True), (cast.officer, True), (cast.host, False)):
        page = shown(who, reverse("home"))
        assert (reverse("print_jobs") in page.partition(menu)[2]) == has


def test_a_browser_that_asks_for_the_icon_by_its_old_name_gets_it() -> None:
    answer = Client().get("/favicon.ico")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("icon.svg")


@pytest.mark.parametrize("name", ["season", "season_publish"])
def test_a_page_reads_no_more_for_a_longer_season(
    cast: Cast,
    season: Season,
    name: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    make_trip(cast)
    approved(cast, season)
    client = signed_in(cast.owner)
    with django_assert_max_num_queries(60) as few:
        client.get(url(name, season))
    for day in range(1, 5):
        make_trip(cast, day=day)
    with django_assert_max_num_queries(len(few) + 1):
        client.get(url(name, season))
