"""The pages of proposals: side by side, by hand, left out, compared, published."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.common import clock
from outreach.planning.models import LeftOutVisit, Proposal, ProposedVisit, Scenario
from outreach.planning.proposals import by_hand
from outreach.scheduling.models import Event, State
from tests.cast import Cast
from tests.planning.proposals.scene import Scene, make_scene, proposal_of

PAGES = (
    *("proposal", "proposal_board", "proposal_map", "proposal_visits", "proposal_left_out"),
    *("proposal_changes", "proposal_publish"),
)
POSTS = ("proposal_ask", "proposal_remove", "proposal_rework")
MOST_QUERIES = 75


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast)


@pytest.fixture
def plan(scene: Scene) -> Proposal:
    return proposal_of(scene)


def signed_in(user: User, **headers: str) -> Client:
    client = Client(headers={"accept-language": "en"} | headers)
    client.force_login(user)
    return client


def address(plan: Proposal, name: str, *parts: Any) -> str:
    return reverse(name, args=[plan.uid, *parts])


def a_visit(plan: Proposal) -> ProposedVisit:
    rows = ProposedVisit.objects.filter(trip__proposal=plan).select_related("trip", "stop__venue")
    return rows.order_by("starts_at", "pk")[0]


def left_out(plan: Proposal, scene: Scene, **change: Any) -> LeftOutVisit:
    return LeftOutVisit.objects.create(
        proposal=plan,
        stop=scene.stops[0],
        occurrence_on=scene.first_on + timedelta(days=9),
        reasons=[{"code": "shift_over", "times": 4, "over_min": 20, "days": []}],
        change=change,
    )


def under_way(scene: Scene, state: str = Proposal.State.SOLVING, **fields: Any) -> Proposal:
    now = clock.now()
    return Proposal.objects.create(
        scenario=scene.scenario,
        aim=Proposal.Aim.FAIREST,
        state=state,
        made_by=scene.cast.owner,
        made_at=now,
        beat_at=now,
        **fields,
    )


def test_a_stranger_finds_nothing(plan: Proposal, cast: Cast) -> None:
    client, visit = signed_in(cast.stranger), a_visit(plan)
    for name in (*PAGES, *POSTS):
        assert client.get(address(plan, name)).status_code in (404, 405)
        assert client.post(address(plan, name)).status_code in (404, 405)
    for name in ("proposal_visit", "proposal_pin", "proposal_take_out"):
        assert client.post(address(plan, name, visit.pk)).status_code == 404
    assert (
        client.get(reverse("plan_compare"), {"a": str(plan.uid), "b": str(plan.uid)}).status_code
        == 404
    )
    assert ProposedVisit.objects.filter(pk=visit.pk).exists()


@pytest.mark.parametrize("who", ["colleague", "officer"])
def test_those_who_do_not_plan_open_no_page(plan: Proposal, cast: Cast, who: str) -> None:
    client = signed_in(getattr(cast, who))
    for name in PAGES:
        assert client.get(address(plan, name)).status_code in (403, 404)


@pytest.mark.parametrize("name", PAGES)
def test_a_season_costs_no_more_queries(
    cast: Cast, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    plan = proposal_of(make_scene(cast, stops=24, weeks=4, vehicles=2))
    client = signed_in(cast.owner)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(address(plan, name)).status_code == 200


def test_three_stand_side_by_side_and_the_best_of_each_row_is_marked(scene: Scene) -> None:
    plans = [proposal_of(scene, aim) for aim in ("shortest", "fairest", "steadiest")]
    plans[1].figures |= {"km": 1.0, "visits": 0}
    plans[1].save()
    page = signed_in(scene.cast.owner).get(reverse("proposals", args=[scene.scenario.uid]))
    assert [card.proposal for card in page.context["cards"]] == plans
    rows = {row.label: row.cells for row in page.context["rows"]}
    assert [cell.is_best for cell in rows["Kilometres"]] == [False, True, False]
    assert [cell.is_best for cell in rows["Visits placed"]] == [True, False, True]
    assert not any(cell.is_best for cell in rows["Nights away"])


def test_two_that_are_asked_for_are_shown(scene: Scene) -> None:
    plans = [proposal_of(scene) for _number in range(4)]
    url = reverse("proposals", args=[scene.scenario.uid])
    asked = [str(plans[0].uid), str(plans[1].uid)]
    page = signed_in(scene.cast.owner).get(url, {"show": asked})
    assert [card.proposal for card in page.context["cards"]] == plans[:2]


def test_work_under_way_says_how_far_it_is_and_asks_again(scene: Scene) -> None:
    said = {"share": 0.25, "seconds": 15, "metres": 1_234_567, "duty_s": 36_000}
    under_way(scene, progress=said | {"placed": 40, "promised": 52})
    url = reverse("proposals", args=[scene.scenario.uid])
    text = signed_in(scene.cast.owner).get(url).content.decode()
    assert "45 seconds left" in text
    assert "40 of 52" in text
    assert "1,235 km" in text
    assert 'hx-trigger="every 2s"' in text


def test_nothing_is_asked_again_once_all_is_ready(scene: Scene, plan: Proposal) -> None:
    url = reverse("proposals", args=[scene.scenario.uid])
    assert 'hx-trigger="every' not in signed_in(scene.cast.owner).get(url).content.decode()


def test_work_that_died_is_told_and_can_begin_anew(scene: Scene) -> None:
    dead = under_way(scene)
    Proposal.objects.update(beat_at=clock.now() - timedelta(hours=1))
    client, url = signed_in(scene.cast.owner), reverse("proposals", args=[scene.scenario.uid])
    text = client.get(url).content.decode()
    assert "The work in the background has stopped" in text
    assert 'hx-trigger="every' not in text
    client.post(address(dead, "proposal_ask"), {"what": "again"})
    dead.refresh_from_db()
    assert dead.state == Proposal.State.WAITING


@pytest.mark.parametrize(("what", "asked", "state"), [("stop", "stop", "solving")])
def test_a_search_is_stopped_early(scene: Scene, what: str, asked: str, state: str) -> None:
    found = under_way(scene)
    signed_in(scene.cast.owner).post(address(found, "proposal_ask"), {"what": what})
    found.refresh_from_db()
    assert (found.asked_to, found.state) == (asked, state)


def test_a_search_is_given_up(scene: Scene) -> None:
    found = under_way(scene)
    signed_in(scene.cast.owner).post(address(found, "proposal_ask"), {"what": "cancel"})
    found.refresh_from_db()
    assert found.state == Proposal.State.CANCELLED


def test_what_is_not_ready_has_no_board(scene: Scene) -> None:
    found = under_way(scene)
    client = signed_in(scene.cast.owner)
    assert client.get(address(found, "proposal_board")).status_code == 404
    answer = client.get(address(found, "proposal"))
    assert answer.headers["Location"] == reverse("proposals", args=[scene.scenario.uid])


def test_the_board_shows_a_week_with_its_trips(plan: Proposal, scene: Scene) -> None:
    page = signed_in(scene.cast.owner).get(
        address(plan, "proposal_board"), {"from": scene.first_on.isoformat()}
    )
    shown = [cell.trip for row in page.context["rows"] for cell in row.cells if cell.trip]
    week = plan.trips.filter(on__lt=scene.first_on + timedelta(days=7))
    assert {one.trip.pk for one in shown} == set(week.values_list("pk", flat=True))
    assert page.context["previous_on"] is None
    assert a_visit(plan).stop.venue.name in page.content.decode()


@pytest.mark.parametrize("asked", ["", "nonsense", "0001-01-01", "9999-12-31"])
def test_a_week_outside_the_season_is_the_nearest_one(plan: Proposal, asked: str) -> None:
    client = signed_in(plan.made_by)
    assert client.get(address(plan, "proposal_board"), {"from": asked}).status_code == 200


def test_a_visit_is_moved_by_its_form(plan: Proposal, scene: Scene) -> None:
    visit = a_visit(plan)
    url = address(plan, "proposal_visit", visit.pk)
    on = visit.trip.on + timedelta(days=1)
    sent = {"on": on.isoformat(), "vehicle": str(scene.vehicles[0].pk), "expected_revision": "1"}
    answer = signed_in(scene.cast.owner).post(url, sent)
    assert answer.headers["Location"].endswith(f"?from={on.isoformat()}")
    visit.refresh_from_db()
    assert (visit.trip.on, visit.is_by_hand) == (on, True)


def test_a_visit_that_is_dragged_says_what_it_breaks_and_can_be_put_back(
    plan: Proposal, scene: Scene
) -> None:
    visit = a_visit(plan)
    was_on = visit.trip.on
    client = signed_in(scene.cast.owner, **{"HX-Request": "true"})
    sunday = was_on + timedelta(days=6 - was_on.weekday())
    sent = {"on": sunday.isoformat(), "vehicle": str(scene.vehicles[0].pk)}
    url = address(plan, "proposal_visit", visit.pk)
    page = client.post(url, sent | {"expected_revision": "1"})
    assert page.context["broken"]
    assert page.context["broken"][0].message in unescape(page.content.decode())
    undo = page.context["undo"] | {"expected_revision": str(page.context["proposal"].revision)}
    assert client.post(url, undo).status_code == 200
    visit.refresh_from_db()
    assert visit.trip.on == was_on


def test_a_day_outside_the_season_is_refused_on_the_board(plan: Proposal, scene: Scene) -> None:
    visit = a_visit(plan)
    client = signed_in(scene.cast.owner, **{"HX-Request": "true"})
    sent = {"on": "2001-01-01", "vehicle": str(scene.vehicles[0].pk)}
    page = client.post(address(plan, "proposal_visit", visit.pk), sent)
    assert "This day lies outside the season." in page.content.decode()
    visit.refresh_from_db()
    assert not visit.is_by_hand


def test_the_second_of_two_who_move_is_told(plan: Proposal, scene: Scene) -> None:
    visit = a_visit(plan)
    url = address(plan, "proposal_visit", visit.pk)
    sent = {"on": (visit.trip.on + timedelta(days=1)).isoformat(), "expected_revision": "0"}
    answer = signed_in(scene.cast.owner).post(url, sent | {"vehicle": scene.vehicles[0].pk})
    assert "Somebody else changed this" in answer.content.decode()


def test_a_visit_is_pinned_and_let_go(plan: Proposal, scene: Scene) -> None:
    visit, client = a_visit(plan), signed_in(scene.cast.owner)
    url = address(plan, "proposal_pin", visit.pk)
    client.post(url, {"expected_revision": "1"})
    visit.refresh_from_db()
    assert visit.is_pinned
    client.post(url, {"expected_revision": "2"})
    visit.refresh_from_db()
    assert not visit.is_pinned


def test_what_is_taken_out_is_left_out_and_can_be_put_in(plan: Proposal, scene: Scene) -> None:
    visit, client = a_visit(plan), signed_in(scene.cast.owner)
    on = visit.trip.on
    client.post(address(plan, "proposal_take_out", visit.pk), {"expected_revision": "1"})
    missing = LeftOutVisit.objects.get(stop=visit.stop)
    text = client.get(address(plan, "proposal_left_out")).content.decode()
    assert "Somebody took it out by hand." in text
    sent = {"on": on.isoformat(), "vehicle": str(scene.vehicles[0].pk), "expected_revision": "2"}
    client.post(address(plan, "proposal_put_in", missing.pk), sent)
    assert not LeftOutVisit.objects.filter(pk=missing.pk).exists()
    assert ProposedVisit.objects.filter(stop=visit.stop, trip__on=on).exists()


def test_a_visit_left_out_tells_its_reasons_and_the_smallest_change(
    plan: Proposal, scene: Scene
) -> None:
    left_out(plan, scene, kind="longer_cycle", stop=scene.stops[0].pk, weeks=3)
    text = signed_in(scene.cast.owner).get(address(plan, "proposal_left_out")).content.decode()
    assert "On 4 vehicle-days: the vehicle would be back too late" in text
    assert "A visit every 3 weeks instead of 2." in text


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"kind": "longer_cycle", "weeks": 3}, "every_weeks", 3),
        ({"kind": "another_day", "days": 2}, "tolerance_days", 4),
        ({"kind": "shorter_service", "seconds": 600}, "service_min", 35),
    ],
)
def test_the_smallest_change_is_made_and_the_rest_planned_again(
    plan: Proposal, scene: Scene, change: dict[str, Any], field: str, value: int
) -> None:
    missing = left_out(plan, scene, stop=scene.stops[0].pk, **change)
    url = address(plan, "proposal_grant", missing.pk)
    signed_in(scene.cast.owner).post(url, {"where": "here"})
    scene.stops[0].refresh_from_db()
    assert getattr(scene.stops[0], field) == value
    assert Proposal.objects.filter(reworked=plan, state=Proposal.State.WAITING).exists()


def test_a_longer_day_of_a_vehicle_is_granted_in_whole_quarters(
    plan: Proposal, scene: Scene
) -> None:
    facts = {"kind": "longer_shift", "vehicle": scene.vehicles[0].pk, "seconds": 1000}
    missing = left_out(plan, scene, on=scene.first_on.isoformat(), **facts)
    url = address(plan, "proposal_grant", missing.pk)
    signed_in(scene.cast.owner).post(url, {"where": "here"})
    assert f"{scene.scenario.vehicles.get().returns:%H:%M}" == "18:00"


def test_in_a_copy_the_scenario_stays_as_it_is(plan: Proposal, scene: Scene) -> None:
    missing = left_out(plan, scene, kind="longer_cycle", stop=scene.stops[0].pk, weeks=3)
    url = address(plan, "proposal_grant", missing.pk)
    signed_in(scene.cast.owner).post(url, {"where": "copy"})
    copy = Scenario.objects.get(based_on=scene.scenario)
    assert copy.stops.get(venue=scene.stops[0].venue).every_weeks == 3
    scene.stops[0].refresh_from_db()
    assert scene.stops[0].every_weeks == 2
    assert copy.proposals.get().aim == plan.aim


def test_a_change_that_no_scenario_can_say_is_not_offered(plan: Proposal, scene: Scene) -> None:
    facts = {"kind": "other_vehicle", "vehicle": scene.vehicles[0].pk}
    missing = left_out(plan, scene, stop=scene.stops[0].pk, **facts)
    client = signed_in(scene.cast.owner)
    url = address(plan, "proposal_grant", missing.pk)
    assert url not in client.get(address(plan, "proposal_left_out")).content.decode()
    client.post(url, {"where": "here"})
    assert not Proposal.objects.filter(reworked=plan).exists()


def test_visits_are_found_by_venue_vehicle_and_pin(plan: Proposal, scene: Scene) -> None:
    visit, client = a_visit(plan), signed_in(scene.cast.owner)
    by_hand.pin_visit(actor=scene.cast.owner, visit=visit, expected_revision=None)
    url = address(plan, "proposal_visits")

    def found(**asked: str) -> list[ProposedVisit]:
        return list(client.get(url, asked).context["page_obj"].object_list)

    assert found(only="pinned") == [visit]
    assert {one.stop_id for one in found(text=visit.stop.venue.name)} >= {visit.stop_id}
    in_time = found(order="day")
    assert [one.starts_at for one in in_time] == sorted(one.starts_at for one in in_time)


def test_the_map_draws_the_chosen_week_and_vehicle(plan: Proposal, scene: Scene) -> None:
    client, url = signed_in(scene.cast.owner), address(plan, "proposal_map")
    week = {"week": scene.first_on.isoformat()}
    shown = client.get(url, week).context["trips"]
    assert 0 < len(shown) < plan.trips.count()
    assert len(client.get(url, {"week": ""}).context["trips"]) == plan.trips.count()


def test_names_on_the_map_cannot_end_its_script(plan: Proposal, scene: Scene) -> None:
    venue = a_visit(plan).stop.venue
    venue.name = "</script><b>x"
    venue.save()
    text = signed_in(scene.cast.owner).get(address(plan, "proposal_map")).content.decode()
    assert "</script><b>x" not in text


def test_changes_are_told_against_another_proposal(plan: Proposal, scene: Scene) -> None:
    other = proposal_of(scene)
    visit = a_visit(other)
    by_hand.take_out(actor=scene.cast.owner, visit=visit, expected_revision=None)
    client = signed_in(scene.cast.owner)
    page = client.get(address(other, "proposal_changes"), {"with": str(plan.uid)})
    assert page.context["compared"].counts["dropped"] == 1
    page = client.get(reverse("plan_compare"), {"a": str(plan.uid), "b": str(other.uid)})
    assert page.context["counts"]["dropped"] == 1
    assert len(page.context["columns"]) == 2


@pytest.mark.parametrize("asked", [{}, {"a": "x", "b": "y"}])
def test_a_comparison_of_nothing_is_not_found(cast: Cast, asked: dict[str, str]) -> None:
    assert signed_in(cast.owner).get(reverse("plan_compare"), asked).status_code == 404


def test_reworking_keeps_the_first_one(plan: Proposal, scene: Scene) -> None:
    answer = signed_in(scene.cast.owner).post(address(plan, "proposal_rework"), {"seconds": "3"})
    assert answer.headers["Location"] == reverse("proposals", args=[scene.scenario.uid])
    made = Proposal.objects.get(reworked=plan)
    assert (made.aim, made.seconds) == ("reworked", 3)


def test_publishing_says_first_what_it_does_and_then_does_it(plan: Proposal, scene: Scene) -> None:
    client, url = signed_in(scene.cast.owner), address(plan, "proposal_publish")
    page = client.get(url)
    visits = ProposedVisit.objects.filter(trip__proposal=plan).count()
    assert page.context["counts"]["added"] == visits
    assert not Event.objects.exists()
    sent = {"how": "drafts", "expected_revision": "1", "override_reason": "Agreed on the phone"}
    assert client.post(url, sent).status_code == 302
    assert set(Event.objects.values_list("state", flat=True)) == {State.DRAFT}
    assert Event.objects.count() == visits
    assert "There is nothing to publish." in client.get(url).content.decode()


def test_later_only_the_difference_is_published(plan: Proposal, scene: Scene) -> None:
    client, url = signed_in(scene.cast.owner), address(plan, "proposal_publish")
    sent = {"how": "drafts", "override_reason": "Agreed on the phone"}
    client.post(url, sent)
    uids = set(Event.objects.values_list("uid", flat=True))
    visit = a_visit(plan)
    by_hand.take_out(actor=scene.cast.owner, visit=visit, expected_revision=None)
    page = client.get(url)
    assert (page.context["counts"]["removed"], page.context["counts"]["added"]) == (1, 0)
    assert "Publish the difference" in page.content.decode()
    client.post(url, sent)
    assert set(Event.objects.values_list("uid", flat=True)) < uids


def test_somebody_elses_change_stops_a_publication(plan: Proposal, scene: Scene) -> None:
    sent = {"how": "drafts", "expected_revision": "0", "override_reason": "Agreed"}
    client = signed_in(scene.cast.owner)
    answer = client.post(address(plan, "proposal_publish"), sent)
    assert "Somebody else changed this" in answer.content.decode()
    assert not Event.objects.exists()


def test_a_trial_stands_beside_the_plan_it_came_from(scene: Scene, plan: Proposal) -> None:
    copy = Scenario.objects.create(
        season=scene.season,
        name="Trial",
        based_on=scene.scenario,
        made_by=scene.cast.owner,
        made_at=clock.now(),
        changed_at=clock.now(),
    )
    trial = under_way(scene, Proposal.State.DONE, figures=plan.figures | {"km": 1.0})
    Proposal.objects.filter(pk=trial.pk).update(scenario=copy)
    page = signed_in(scene.cast.owner).get(reverse("proposals", args=[copy.uid]))
    assert [one.proposal for one in page.context["columns"]] == [plan, trial]
