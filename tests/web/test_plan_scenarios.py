"""The pages of a scenario: who may open them, what they show, and what each change does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.planning.models import (
    Proposal,
    Scenario,
    ScenarioPin,
    ScenarioStop,
    Season,
)
from outreach.planning.proposals import services as proposals
from tests.cast import Cast
from tests.factories import VehicleFactory, VenueFactory
from tests.planning.promises import promise
from tests.planning.proposals.scene import Scene, make_scene

GET_PAGES = (
    *("scenario", "scenario_stops", "scenario_stops_add", "scenario_fleet"),
    *("scenario_vehicle_new", "scenario_pins", "scenario_way_new", "scenario_weights"),
    *("scenario_trials", "proposals"),
)
POST_PAGES = ("scenario_start", "scenario_copy", "scenario_remove", "scenario_stops_many")
MOST_QUERIES = 25


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast)


def signed_in(user: User, **headers: str) -> Client:
    client = Client(headers={"accept-language": "en"} | headers)
    client.force_login(user)
    return client


def address(scene: Scene, name: str, *parts: Any) -> str:
    return reverse(name, args=[scene.scenario.uid, *parts])


def addresses(scene: Scene) -> list[str]:
    stop = scene.stops[0].pk
    vehicle = scene.scenario.vehicles.get().pk
    return [
        reverse("season_scenarios", args=[scene.season.pk]),
        *(address(scene, name) for name in (*GET_PAGES, *POST_PAGES)),
        address(scene, "scenario_stop", stop),
        address(scene, "scenario_stop_drop", stop),
        address(scene, "scenario_vehicle", vehicle),
        address(scene, "scenario_vehicle_drop", vehicle),
    ]


def of_stop(stop: ScenarioStop, **changes: Any) -> dict[str, Any]:
    sent = {
        "rhythm": stop.rhythm,
        "every_weeks": stop.every_weeks,
        "times": stop.times,
        "tolerance_days": stop.tolerance_days,
        "service_min": stop.service_min,
        "priority": stop.priority,
        "is_included": "on",
    }
    return sent | changes


def test_a_stranger_finds_nothing_and_changes_nothing(scene: Scene) -> None:
    client = signed_in(scene.cast.stranger)
    for url in addresses(scene):
        assert client.get(url).status_code in (404, 405)
        assert client.post(url).status_code in (404, 405)
    assert client.post(address(scene, "scenario_remove")).status_code == 404
    assert Scenario.objects.count() == 1


@pytest.mark.parametrize("who", ["colleague", "officer"])
def test_those_who_do_not_plan_open_no_page(scene: Scene, who: str) -> None:
    client = signed_in(getattr(scene.cast, who))
    for url in addresses(scene):
        assert client.post(url).status_code in (403, 404, 405)
    assert client.get(address(scene, "scenario")).status_code in (403, 404)


def test_the_season_leads_to_its_first_scenario(cast: Cast) -> None:
    vehicle = cast.vehicle
    vehicle.base = cast.venue
    vehicle.save()
    season = make_scene(cast).season
    Scenario.objects.all().delete()
    promise(cast, venue=cast.second_venue, starts_on=season.starts_on)
    client = signed_in(cast.owner)
    page = client.get("/plan/").content.decode()
    url = reverse("season_scenarios", args=[season.pk])
    assert url in page
    assert "Plan this season" in client.get(url).content.decode()
    answer = client.post(url)
    made = Scenario.objects.get()
    assert answer.headers["Location"] == reverse("scenario", args=[made.uid])
    assert [stop.venue for stop in made.stops.all()] == [cast.second_venue]
    assert client.get(answer.headers["Location"]).status_code == 200


def test_what_is_impossible_leads_to_the_row_it_is_about(scene: Scene) -> None:
    stop = scene.stops[0]
    stop.opens, stop.closes = "08:00", "08:10"
    stop.save()
    page = signed_in(scene.cast.owner).get(address(scene, "scenario") + "?look=1")
    outlook = page.context["outlook"]
    assert [one.obstacles[0].url for one in outlook.groups] == [
        address(scene, "scenario_stop", stop.pk)
    ]
    assert stop.venue.name in page.content.decode()


def test_without_a_vehicle_no_plan_is_possible(scene: Scene) -> None:
    scene.scenario.vehicles.all().delete()
    page = signed_in(scene.cast.owner).get(address(scene, "scenario") + "?look=1")
    assert page.context["outlook"].is_impossible


@pytest.mark.parametrize("name", GET_PAGES)
def test_more_stops_cost_no_more_queries(
    cast: Cast, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    scene = make_scene(cast, stops=30)
    client = signed_in(cast.owner)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(address(scene, name)).status_code == 200


def test_what_is_impossible_costs_a_fixed_number_of_queries(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    scene = make_scene(cast, stops=30)
    client = signed_in(cast.owner)
    with django_assert_max_num_queries(60):
        client.get(address(scene, "scenario") + "?look=1")


def test_a_long_list_of_stops_is_paged(cast: Cast) -> None:
    scene = make_scene(cast, stops=30)
    page = signed_in(cast.owner).get(address(scene, "scenario_stops")).context["page_obj"]
    assert (len(page.object_list), page.paginator.num_pages) == (25, 2)


def test_stops_are_found_by_name_rhythm_and_whether_they_are_planned(scene: Scene) -> None:
    first, second = scene.stops[:2]
    first.every_weeks, second.is_included = 3, False
    first.save()
    second.save()
    client, url = signed_in(scene.cast.owner), address(scene, "scenario_stops")

    def found(**asked: str) -> list[ScenarioStop]:
        return list(client.get(url, asked).context["page_obj"].object_list)

    assert found(rhythm="3") == [first]
    assert found(included="no") == [second]
    assert found(text=first.venue.name.upper()) == [first]
    assert found(commune=str(scene.cast.commune.pk), rhythm="nth") == []


def test_one_stop_is_changed_in_its_row(scene: Scene) -> None:
    stop = scene.stops[0]
    client = signed_in(scene.cast.owner, **{"HX-Request": "true"})
    url = address(scene, "scenario_stop", stop.pk)
    assert "<form" in client.get(url).content.decode()
    answer = client.post(url, of_stop(stop, every_weeks=3, opens="08:00", closes="10:00"))
    assert "every 3 weeks" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    stop.refresh_from_db()
    assert (stop.every_weeks, f"{stop.closes:%H:%M}") == (3, "10:00")


def test_without_a_script_the_same_form_is_a_page(scene: Scene) -> None:
    stop = scene.stops[0]
    client, url = signed_in(scene.cast.owner), address(scene, "scenario_stop", stop.pk)
    assert "<html" in client.get(url).content.decode()
    answer = client.post(url + "?text=abc", of_stop(stop, priority=3))
    assert answer.headers["Location"].endswith("?text=abc")
    stop.refresh_from_db()
    assert stop.priority == 3


def test_weekdays_of_the_month_need_both_parts(scene: Scene) -> None:
    stop = scene.stops[0]
    client, url = signed_in(scene.cast.owner), address(scene, "scenario_stop", stop.pk)
    form = client.post(url, of_stop(stop, rhythm="nth")).context["form"]
    assert set(form.errors) == {"nths", "weekday"}
    client.post(url, of_stop(stop, rhythm="nth", nths=["1", "3"], weekday="1"))
    stop.refresh_from_db()
    assert (stop.rhythm, stop.nths, stop.weekday) == ("nth", "1,3", 1)


@pytest.mark.parametrize(
    ("opens", "closes", "field"), [("08:00", "", "closes"), ("10:00", "09:00", "closes")]
)
def test_hours_that_contradict_themselves_are_refused_at_their_field(
    scene: Scene, opens: str, closes: str, field: str
) -> None:
    stop = scene.stops[0]
    url = address(scene, "scenario_stop", stop.pk)
    sent = of_stop(stop, opens=opens, closes=closes)
    assert field in signed_in(scene.cast.owner).post(url, sent).context["form"].errors


def test_the_chosen_stops_are_changed_and_no_others(scene: Scene) -> None:
    chosen = [str(stop.pk) for stop in scene.stops[:3]]
    url = address(scene, "scenario_stops_many")
    sent = {"stops": chosen, "every_weeks": "3", "priority": "3"}
    assert signed_in(scene.cast.owner).post(url, sent).status_code == 302
    changed = scene.scenario.stops.filter(every_weeks=3, priority=3)
    assert {str(stop.pk) for stop in changed} == set(chosen)
    assert set(changed.values_list("tolerance_days", flat=True)) == {2}


def test_all_that_were_found_are_changed_beyond_the_page(cast: Cast) -> None:
    scene = make_scene(cast, stops=30)
    url = address(scene, "scenario_stops_many")
    signed_in(cast.owner).post(url, {"whole": "on", "tolerance_days": "5"})
    assert scene.scenario.stops.filter(tolerance_days=5).count() == 30


def test_many_stops_make_one_version_of_the_scenario(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    scene = make_scene(cast, stops=30)
    client, url = signed_in(cast.owner), address(scene, "scenario_stops_many")
    before = scene.scenario.history.count()
    with django_assert_max_num_queries(MOST_QUERIES):
        client.post(url, {"whole": "on", "is_included": "no"})
    assert scene.scenario.history.count() == before + 1
    assert not scene.scenario.stops.filter(is_included=True).exists()


def test_many_stops_need_a_choice_and_a_change(scene: Scene) -> None:
    client, url = signed_in(scene.cast.owner), address(scene, "scenario_stops_many")
    assert "Choose the stops first." in client.post(url, {"priority": "3"}).content.decode()
    sent = {"stops": [str(scene.stops[0].pk)]}
    assert "Say what is to be changed." in client.post(url, sent).content.decode()


def test_a_stop_of_another_scenario_is_not_found(scene: Scene) -> None:
    other = Scenario.objects.create(
        season=scene.season,
        name="Other",
        made_by=scene.cast.owner,
        made_at=scene.scenario.made_at,
        changed_at=scene.scenario.made_at,
    )
    url = reverse("scenario_stop", args=[other.uid, scene.stops[0].pk])
    assert signed_in(scene.cast.owner).get(url).status_code == 404


def test_venues_are_added_by_choosing_them(scene: Scene) -> None:
    url = address(scene, "scenario_stops_add")
    client = signed_in(scene.cast.owner)
    venue = VenueFactory.create(library=scene.cast.library, commune=scene.cast.commune)
    assert venue.name in client.get(url).content.decode()
    client.post(url, {"venues": [str(venue.pk)]})
    assert scene.scenario.stops.filter(venue=venue).exists()
    client.post(url, {"venues": [str(scene.cast.foreign_venue.pk)]})
    assert not scene.scenario.stops.filter(venue=scene.cast.foreign_venue).exists()


def test_a_vehicle_that_stays_away_must_be_told_where(scene: Scene) -> None:
    row = scene.scenario.vehicles.get()
    url = address(scene, "scenario_vehicle", row.pk)
    sent = {"base": row.base_id, "weekdays": ["0", "1"], "departs": "06:30", "returns": "18:00"}
    client = signed_in(scene.cast.owner)
    assert "sleeps_at" in client.post(url, sent | {"nights": "1"}).context["form"].errors
    place = str(scene.cast.venue.pk)
    assert client.post(url, sent | {"nights": "1", "sleeps_at": [place]}).status_code == 302
    row.refresh_from_db()
    assert (row.nights, row.weekdays) == (1, frozenset({0, 1}))


def test_a_vehicle_is_added_and_left_at_home_again(scene: Scene) -> None:
    client = signed_in(scene.cast.owner)
    vehicle = VehicleFactory.create(library=scene.cast.library)
    sent = {"vehicle": vehicle.pk, "base": scene.base.pk, "weekdays": ["0"]}
    sent |= {"departs": "07:00", "returns": "17:00", "nights": "0"}
    client.post(address(scene, "scenario_vehicle_new"), sent)
    row = scene.scenario.vehicles.get(vehicle=vehicle)
    client.post(address(scene, "scenario_vehicle_drop", row.pk))
    assert not scene.scenario.vehicles.filter(vehicle=vehicle).exists()


def test_the_crew_is_who_is_ticked(scene: Scene) -> None:
    member = scene.scenario.members.first()
    assert member is not None
    url = address(scene, "scenario_fleet")
    signed_in(scene.cast.owner).post(url, {"members": [str(member.member_id)]})
    assert [one.member_id for one in scene.scenario.members.all()] == [member.member_id]


def test_a_visit_is_pinned_and_let_go(scene: Scene) -> None:
    client, url = signed_in(scene.cast.owner), address(scene, "scenario_pins")
    sent = {"venue": scene.stops[0].venue_id, "on": scene.first_on.isoformat(), "why": "Promised"}
    assert client.post(url, sent).status_code == 302
    pin = ScenarioPin.objects.get()
    assert "Promised" in client.get(url).content.decode()
    client.post(address(scene, "scenario_unpin", pin.pk))
    assert not ScenarioPin.objects.exists()


def test_a_way_is_closed_up_to_its_last_day_and_opened(scene: Scene) -> None:
    client, url = signed_in(scene.cast.owner), address(scene, "scenario_way_new")
    first = scene.first_on.isoformat()
    sent: dict[str, Any] = {"name": "Pass", "starts_on": first, "last_on": first}
    assert "units" in client.post(url, sent).context["form"].errors
    assert client.post(url, sent | {"units": [str(scene.cast.commune.pk)]}).status_code == 302
    closure = scene.scenario.closures.get()
    assert (closure.ends_on - closure.starts_on).days == 1
    client.post(address(scene, "scenario_way_open", closure.pk))
    assert not scene.scenario.closures.exists()


def test_weights_are_stored_and_the_second_of_two_is_told(scene: Scene) -> None:
    client, url = signed_in(scene.cast.owner), address(scene, "scenario_weights")
    read = client.get(url).context["form"].initial
    sent = {name: value for name, value in read.items() if name != "goes_on_holidays"}
    assert client.post(url, sent | {"fairness": "9"}).status_code == 302
    answer = client.post(url, sent | {"fairness": "1"})
    assert "Somebody else changed this" in answer.content.decode()
    scene.scenario.refresh_from_db()
    assert scene.scenario.fairness == 9


def test_a_weight_above_ten_is_refused(scene: Scene) -> None:
    client, url = signed_in(scene.cast.owner), address(scene, "scenario_weights")
    read = client.get(url).context["form"].initial
    assert "balance" in client.post(url, read | {"balance": "11"}).context["form"].errors


def test_starting_orders_what_was_ticked(scene: Scene) -> None:
    client = signed_in(scene.cast.owner)
    sent = {"aims": ["shortest", "fairest"], "seconds": "5"}
    answer = client.post(address(scene, "scenario_start"), sent)
    assert answer.headers["Location"] == address(scene, "proposals")
    ordered = Proposal.objects.order_by("aim")
    assert [(one.aim, one.seconds) for one in ordered] == [("fairest", 5), ("shortest", 5)]


def test_starting_without_an_aim_says_so(scene: Scene) -> None:
    answer = signed_in(scene.cast.owner).post(address(scene, "scenario_start"), {"seconds": "5"})
    assert "aims" in answer.context["form"].errors
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("fewer", {"vehicles": ["{vehicle}"]}),
        ("every", {"weeks": "3"}),
        ("base", {"vehicle": "{vehicle}", "venue": "{venue}"}),
        ("more", {"first": "2"}),
        (
            "closed",
            {"name": "Pass", "starts_on": "{first}", "last_on": "{first}", "units": ["{commune}"]},
        ),
    ],
)
def test_each_question_makes_a_copy_and_leaves_the_scenario_alone(
    scene: Scene, kind: str, sent: dict[str, Any]
) -> None:
    VenueFactory.create_batch(3, library=scene.cast.library, commune=scene.cast.commune)
    known = {
        "vehicle": scene.vehicles[0].pk,
        "venue": scene.cast.venue.pk,
        "first": scene.first_on.isoformat(),
        "commune": scene.cast.commune.pk,
    }
    filled = {
        name: [one.format(**known) for one in value]
        if isinstance(value, list)
        else value.format(**known)
        for name, value in sent.items()
    }
    before = list(scene.scenario.stops.order_by("pk").values())
    answer = signed_in(scene.cast.owner).post(
        address(scene, "scenario_trials"), filled | {"kind": kind}
    )
    made = Scenario.objects.get(based_on=scene.scenario)
    assert answer.headers["Location"] == reverse("proposals", args=[made.uid])
    assert [one.aim for one in made.proposals.all()] == ["shortest"]
    assert list(scene.scenario.stops.order_by("pk").values()) == before


def test_a_scenario_with_work_under_way_is_not_removed(scene: Scene) -> None:
    proposals.order(actor=scene.cast.owner, scenario=scene.scenario, aims=["shortest"])
    client = signed_in(scene.cast.owner)
    client.post(address(scene, "scenario_remove"))
    assert Scenario.objects.exists()
    Proposal.objects.all().delete()
    client.post(address(scene, "scenario_remove"))
    assert not Scenario.objects.exists()
    assert Season.objects.exists()


def test_a_copy_keeps_what_it_came_from(scene: Scene) -> None:
    signed_in(scene.cast.owner).post(address(scene, "scenario_copy"), {"name": "With nights"})
    made = Scenario.objects.get(name="With nights")
    assert (made.based_on, made.stops.count()) == (scene.scenario, len(scene.stops))
