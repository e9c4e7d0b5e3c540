"""The pages of the plan: who may look, who may change, and what a change does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.common import clock
from outreach.planning import services
from outreach.planning.models import Promise, Season
from tests.cast import Cast
from tests.factories import VenueFactory
from tests.planning.promises import promise

PLAN = "/plan/"


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def shown(user: User, address: str = PLAN) -> str:
    return signed_in(user).get(address).content.decode()


def running(cast: Cast) -> Promise:
    return promise(cast, starts_on=clock.today() - timedelta(weeks=6))


def addresses(made: Promise) -> list[str]:
    return [reverse(name, args=[made.pk]) for name in ("promise_edit", "promise_end")]


def test_the_plan_says_who_waits_and_leads_to_a_trip(cast: Cast) -> None:
    made = running(cast)
    page = shown(cast.owner)
    assert made.venue.name in page
    assert "14 days overdue" in page
    assert f"?library=a&amp;venue={made.venue.code}" in page


def test_a_trip_planned_from_there_has_the_venue_chosen(cast: Cast) -> None:
    address = f"{reverse('trip_new')}?library=a&venue={cast.venue.code}"
    assert f'<option value="{cast.venue.code}" selected>' in shown(cast.owner, address)


@pytest.mark.parametrize("who", ["officer", "colleague"])
def test_those_who_only_look_see_no_way_to_change(cast: Cast, who: str) -> None:
    made, user = running(cast), getattr(cast, who)
    page = shown(user)
    assert made.venue.name in page
    assert "promises/" not in page
    assert reverse("trip_new") not in page
    for address in [*addresses(made), reverse("promise_new"), reverse("season_new")]:
        assert signed_in(user).post(address).status_code == 403


def test_another_librarys_promise_is_not_found(cast: Cast) -> None:
    made = running(cast)
    assert made.venue.name not in shown(cast.stranger)
    for address in addresses(made):
        assert signed_in(cast.stranger).get(address).status_code == 404
        assert signed_in(cast.stranger).post(address).status_code == 404


def test_a_host_has_no_plan_and_nobody_is_asked_to_sign_in(cast: Cast) -> None:
    assert signed_in(cast.host).get(PLAN).status_code == 403
    assert Client().get(PLAN).status_code == 302


def test_another_librarys_venue_cannot_be_promised_anything(cast: Cast) -> None:
    sent = {"venue": cast.foreign_venue.code, "every_weeks": 4, "service_min": 60}
    sent["starts_on"] = "2027-03-01"
    signed_in(cast.owner).post(reverse("promise_new"), sent)
    assert not Promise.objects.exists()


def test_a_promise_is_made_and_its_last_day_still_holds(cast: Cast) -> None:
    sent = {"venue": cast.venue.code, "every_weeks": "2", "service_min": "90"}
    sent |= {"starts_on": "2027-03-01", "last_on": "2027-03-31"}
    assert signed_in(cast.owner).post(reverse("promise_new"), sent).status_code == 302
    made = Promise.objects.get()
    assert (made.every_weeks, f"{made.ends_on}") == (2, "2027-04-01")


def test_what_is_refused_is_said_and_nothing_typed_is_lost(cast: Cast) -> None:
    running(cast)
    sent = {"venue": cast.venue.code, "every_weeks": "3", "service_min": "75"}
    sent["starts_on"] = clock.today().isoformat()
    page = signed_in(cast.owner).post(reverse("promise_new"), sent).content.decode()
    assert "This venue has another promise at that time." in page
    assert 'value="75"' in page
    assert Promise.objects.count() == 1


def test_a_promise_is_ended_with_its_reason(cast: Cast) -> None:
    made = running(cast)
    last_on = clock.today()
    sent = {"last_on": last_on.isoformat(), "reason": "The school has closed"}
    signed_in(cast.owner).post(reverse("promise_end", args=[made.pk]), sent)
    made.refresh_from_db()
    assert made.ends_on == last_on + timedelta(days=1)
    assert made.history.latest().history_change_reason == "The school has closed"


def test_a_season_is_made_for_ones_own_library_only(cast: Cast) -> None:
    sent = {"name": "Spring", "starts_on": "2027-03-01", "last_on": "2027-05-31"}
    client, address = signed_in(cast.owner), reverse("season_new")
    assert client.post(f"{address}?library=b", sent).status_code == 404
    assert client.post(f"{address}?library=a", sent).status_code == 302
    assert Season.objects.get().library == cast.library


def test_an_officer_narrows_the_list_to_a_library(cast: Cast) -> None:
    made = running(cast)
    other = services.make_promise(
        actor=cast.stranger,
        venue=cast.foreign_venue,
        every_weeks=1,
        service_min=60,
        starts_on=clock.today(),
    )
    both, narrowed = shown(cast.officer), shown(cast.officer, f"{PLAN}?library=b")
    assert made.venue.name in both
    assert other.venue.name in both
    assert made.venue.name not in narrowed
    assert other.venue.name in narrowed


def test_a_long_list_costs_no_more_queries(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for venue in VenueFactory.create_batch(30, library=cast.library):
        promise(cast, venue=venue, starts_on=clock.today())
    client = signed_in(cast.owner)
    with django_assert_max_num_queries(9):
        client.get(PLAN)


@pytest.mark.parametrize("name", ["season_new", "promise_new"])
def test_a_last_day_before_the_first_is_refused_at_its_field(cast: Cast, name: str) -> None:
    sent = {"starts_on": "2027-06-01", "last_on": "2027-05-31"}
    form = signed_in(cast.owner).post(reverse(name), sent).context["form"]
    assert form.errors["last_on"] == ["The last day is before the first one."]


def test_the_second_of_two_who_change_a_promise_is_told_and_may_insist(cast: Cast) -> None:
    made = running(cast)
    client, address = signed_in(cast.owner), reverse("promise_edit", args=[made.pk])
    read = client.get(address).context["form"].initial
    sent = {
        "every_weeks": read["every_weeks"],
        "service_min": read["service_min"],
        "starts_on": read["starts_on"].isoformat(),
        "last_on": "",
        "expected_version": read["expected_version"],
    }
    assert client.post(address, sent | {"every_weeks": 5}).status_code == 302
    answer = client.post(address, sent | {"service_min": 75})
    assert "Somebody else changed this" in answer.content.decode()
    stored = Promise.objects.get(pk=made.pk)
    assert (stored.every_weeks, stored.service_min) == (5, made.service_min)
    news = answer.context["form"]["expected_version"].value()
    assert client.post(address, sent | {"expected_version": news}).status_code == 302


def test_another_librarys_name_is_not_found(cast: Cast) -> None:
    address = f"{PLAN}?library={cast.other_library.slug}"
    assert signed_in(cast.owner).get(address).status_code == 404
    assert signed_in(cast.officer).get(address).status_code == 200
