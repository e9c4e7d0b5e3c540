"""Proposals are worked out in the background, stopped, given up, and ordered again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.planning.models import Proposal, ProposedVisit, ScenarioPin
from outreach.planning.proposals import by_hand, services, storing, wording, work
from outreach.routing.effort import Ask, Cancelled, Effort, Progress
from outreach.routing.plan import LeftOut, Plan
from outreach.routing.problem import BadProblem, Problem
from outreach.routing.validator import Code, Violation
from tests.cast import Cast
from tests.planning.proposals.scene import Scene, greedy, make_scene, proposal_of

Aim, State = Proposal.Aim, Proposal.State
PROGRESS = Progress(seconds=1.0, share=0.1, cost=5.0, metres=4.0, duty_s=3.0, placed=2, promised=9)


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast, stops=4)


def ordered(scene: Scene, *aims: str, **wanted: Any) -> list[Proposal]:
    return services.order(
        actor=scene.cast.owner, scenario=scene.scenario, aims=aims or [Aim.SHORTEST], **wanted
    )


def again(proposal: Proposal) -> Proposal:
    return Proposal.objects.get(pk=proposal.pk)


def solved(proposal: Proposal, solver: work.Solver = greedy) -> Proposal:
    work.work_on(proposal.pk, solver=solver)
    return again(proposal)


def test_each_aim_becomes_a_proposal_that_is_worked_out(scene: Scene) -> None:
    proposals = ordered(scene, Aim.SHORTEST, Aim.FAIREST, Aim.STEADIEST)
    assert [one.aim for one in proposals] == [Aim.SHORTEST, Aim.FAIREST, Aim.STEADIEST]
    for proposal in map(solved, proposals):
        assert proposal.state == State.DONE
        assert proposal.ended_at is not None
        assert proposal.figures["visits"] == proposal.figures["promised"] == 8
        assert proposal.figures["kept"] == 1
        assert len(list(storing.plan_of(proposal).visits())) == 8


def test_an_order_must_say_what_for(scene: Scene) -> None:
    for aims in ([], [Aim.REWORKED], [Aim.SHORTEST, "best"]):
        with pytest.raises(InvalidInput):
            services.order(actor=scene.cast.owner, scenario=scene.scenario, aims=aims)


def test_the_same_is_not_ordered_twice_at_a_time(scene: Scene) -> None:
    (proposal,) = ordered(scene)
    with pytest.raises(Conflict):
        ordered(scene)
    ordered(scene, Aim.FAIREST)
    solved(proposal)
    ordered(scene)


def test_only_who_plans_orders(scene: Scene) -> None:
    cast = scene.cast
    for actor in (cast.colleague, cast.stranger, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            services.order(actor=actor, scenario=scene.scenario, aims=[Aim.SHORTEST])


def test_seed_and_iterations_go_to_the_search_without_a_time(scene: Scene) -> None:
    asked: list[Effort] = []

    def solver(problem: Problem, effort: Effort, **wanted: Any) -> Plan:
        asked.append(effort)
        return greedy(problem, effort, **wanted)

    solved(ordered(scene, seed=7, iterations=30)[0], solver)
    solved(ordered(scene, Aim.FAIREST, seconds=9)[0], solver)
    assert [(one.seconds, one.iterations, one.seed) for one in asked] == [
        (None, 30, 7),
        (9.0, None, 1),
    ]


def watching(told: Callable[[Callable[[Progress], Ask]], None]) -> work.Solver:
    """Return a solver that calls ``told`` with what it is watched by, then plans."""

    def solver(problem: Problem, effort: Effort, *, start: Plan | None, watch: Any) -> Plan:
        told(watch)
        return greedy(problem)

    return solver


def test_progress_is_written_at_most_once_a_second(scene: Scene) -> None:
    (proposal,) = ordered(scene)
    written: list[dict[str, float]] = []

    def told(watch: Callable[[Progress], Ask]) -> None:
        for _number in range(10):
            watch(PROGRESS)
            written.append(again(proposal).progress)
            Proposal.objects.filter(pk=proposal.pk).update(progress={})

    ticks = itertools.count(0.0, 0.25)
    work.work_on(proposal.pk, solver=watching(told), tick=lambda: next(ticks))
    assert [bool(one) for one in written] == [number % 4 == 0 for number in range(10)]
    assert written[0]["placed"] == 2


def test_who_stops_a_search_keeps_the_best(scene: Scene) -> None:
    (proposal,) = ordered(scene)
    asked: list[Ask] = []

    def told(watch: Callable[[Progress], Ask]) -> None:
        asked.append(watch(PROGRESS))
        services.stop(actor=scene.cast.owner, proposal=proposal)
        asked.append(watch(PROGRESS))

    ticks = itertools.count(0.0, 1.0)
    work.work_on(proposal.pk, solver=watching(told), tick=lambda: next(ticks))
    assert asked == [Ask.GO_ON, Ask.STOP]
    assert again(proposal).state == State.DONE


def test_who_gives_up_has_nothing_stored(scene: Scene) -> None:
    (proposal,) = ordered(scene)

    def told(watch: Callable[[Progress], Ask]) -> None:
        services.give_up(actor=scene.cast.owner, proposal=proposal)
        if watch(PROGRESS) == Ask.CANCEL:
            raise Cancelled

    assert solved(proposal, watching(told)).state == State.CANCELLED
    assert not proposal.trips.exists()
    with pytest.raises(Conflict):
        services.give_up(actor=scene.cast.owner, proposal=proposal)


def test_a_plan_that_comes_after_giving_up_is_not_stored(scene: Scene) -> None:
    (proposal,) = ordered(scene)

    def told(watch: Callable[[Progress], Ask]) -> None:
        services.give_up(actor=scene.cast.owner, proposal=proposal)

    assert solved(proposal, watching(told)).state == State.CANCELLED
    assert not proposal.trips.exists()


def test_what_waits_and_is_stopped_is_never_begun(scene: Scene) -> None:
    (proposal,) = ordered(scene)
    services.stop(actor=scene.cast.owner, proposal=proposal)
    assert solved(proposal).state == State.CANCELLED


def test_work_that_died_is_seen_and_ordered_again(scene: Scene) -> None:
    (proposal,) = ordered(scene)
    long_ago = clock.now() - services.QUIET - timedelta(seconds=1)
    Proposal.objects.filter(pk=proposal.pk).update(state=State.SOLVING, beat_at=long_ago)
    assert services.is_quiet(again(proposal), clock.now())
    services.order_again(actor=scene.cast.owner, proposal=proposal)
    assert solved(proposal).state == State.DONE


def test_work_that_is_alive_is_not_ordered_again(scene: Scene) -> None:
    (proposal,) = ordered(scene)
    Proposal.objects.filter(pk=proposal.pk).update(state=State.SOLVING)
    with pytest.raises(Conflict):
        services.order_again(actor=scene.cast.owner, proposal=proposal)


def test_work_that_comes_back_from_the_dead_stores_nothing(scene: Scene) -> None:
    (proposal,) = ordered(scene)

    def told(watch: Callable[[Progress], Ask]) -> None:
        long_ago = clock.now() - timedelta(hours=1)
        Proposal.objects.filter(pk=proposal.pk).update(beat_at=long_ago)
        services.order_again(actor=scene.cast.owner, proposal=proposal)
        assert watch(PROGRESS) == Ask.CANCEL

    assert solved(proposal, watching(told)).state == State.WAITING
    assert not proposal.trips.exists()
    assert solved(proposal).state == State.DONE


def test_a_plan_that_breaks_a_rule_is_not_stored(scene: Scene) -> None:
    def solver(problem: Problem, effort: Effort, **wanted: Any) -> Plan:
        plan = greedy(problem)
        return Plan(plan.routes[1:], plan.left_out)

    failed = solved(ordered(scene)[0], solver)
    assert failed.state == State.FAILED
    with override("en"):
        said = wording.failure(failed)
    assert said.startswith("No plan was found that keeps every rule. ")
    assert "rhythm" in said
    assert {one["code"] for one in failed.failure["broken"]} == {"rhythm"}
    assert not failed.trips.exists()


def test_a_search_that_breaks_says_so(scene: Scene) -> None:
    def solver(problem: Problem, effort: Effort, **wanted: Any) -> Plan:
        raise MemoryError

    (proposal,) = ordered(scene)
    with pytest.raises(MemoryError):
        work.work_on(proposal.pk, solver=solver)
    failed = again(proposal)
    assert failed.state == State.FAILED
    for language in ("vi", "en"):
        with override(language):
            assert wording.failure(failed) == str(wording.FAILURES[wording.OUR_FAULT])
    services.order_again(actor=scene.cast.owner, proposal=failed)
    assert wording.failure(again(proposal)) == ""


@pytest.mark.parametrize(
    ("raised", "code"),
    [(Conflict(), "conflict"), (BadProblem("no_shifts", ""), wording.NOTHING_TO_PLAN)],
)
def test_what_is_stored_of_a_failure_is_a_code_and_no_words(
    scene: Scene, raised: Exception, code: str
) -> None:
    def solver(problem: Problem, effort: Effort, **wanted: Any) -> Plan:
        raise raised

    failed = solved(ordered(scene)[0], solver)
    assert failed.failure == {"code": code}
    assert wording.failure(failed) == str(wording.FAILURES[code])


def test_facts_without_an_end_are_no_harm_to_what_is_stored(scene: Scene) -> None:
    shift = f"{scene.vehicles[0].pk}:{scene.first_on.isoformat()}"
    kept = wording.not_legal(
        [Violation(Code.TOO_LITTLE_TIME, (shift,), {"on": scene.first_on, "way_s": float("inf")})]
    )
    (proposal,) = ordered(scene)
    Proposal.objects.filter(pk=proposal.pk).update(failure=kept)
    assert scene.vehicles[0].name in wording.failure(again(proposal))


def test_a_visit_left_out_though_it_fits_is_placed(scene: Scene) -> None:
    def solver(problem: Problem, effort: Effort, **wanted: Any) -> Plan:
        plan = greedy(problem)
        route = next(one for one in plan.routes if len(one.visits) > 1)
        kept = tuple(one for one in plan.routes if one is not route)
        missed = tuple(LeftOut(visit.stop, visit.occurrence_on) for visit in route.visits)
        return replace(plan, routes=kept, left_out=missed)

    assert solved(ordered(scene)[0], solver).figures["left_out"] == 0


def test_what_is_left_out_says_why_and_what_would_help(scene: Scene) -> None:
    scene.scenario.stops.filter(pk=scene.stops[0].pk).update(opens=time(6, 0), closes=time(6, 50))
    done = solved(ordered(scene)[0])
    (row, *_others) = done.left_out.order_by("occurrence_on")
    assert row.stop_id == scene.stops[0].pk
    assert row.reasons[0]["code"] == "window"
    assert row.change["kind"]


def test_working_on_keeps_pins_and_what_was_put_by_hand(scene: Scene) -> None:
    first = proposal_of(scene)
    rows = ProposedVisit.objects.filter(trip__proposal=first).select_related("trip__proposal")
    pinned, moved, *_others = rows.order_by("starts_at")
    by_hand.pin_visit(actor=scene.cast.owner, visit=pinned, expected_revision=None)
    by_hand.move_visit(
        actor=scene.cast.owner,
        visit=moved,
        on=moved.trip.on + timedelta(days=1),
        vehicle=scene.vehicles[0],
        expected_revision=None,
    )
    pinned, moved = (rows.get(pk=one.pk) for one in (pinned, moved))
    second = solved(services.rework(actor=scene.cast.owner, proposal=first))
    assert (second.state, second.aim, second.reworked_id) == (State.DONE, Aim.REWORKED, first.pk)
    after = ProposedVisit.objects.filter(trip__proposal=second)
    kept = after.get(stop=pinned.stop, starts_at=pinned.starts_at)
    assert kept.is_pinned
    assert after.get(stop=moved.stop, trip__on=moved.trip.on).is_by_hand


def test_a_pin_of_the_scenario_is_pinned_in_the_proposal(scene: Scene) -> None:
    on = scene.first_on + timedelta(days=2)
    ScenarioPin.objects.create(
        scenario=scene.scenario, venue=scene.stops[0].venue, on=on, starts=time(9, 30)
    )
    done = solved(ordered(scene)[0])
    visit = ProposedVisit.objects.get(trip__proposal=done, is_pinned=True)
    assert (visit.stop, visit.starts_at) == (scene.stops[0], scene.at(2, 9, 30))


def test_a_proposal_is_removed_unless_it_was_published(scene: Scene) -> None:
    (waiting,) = ordered(scene)
    with pytest.raises(Conflict):
        services.remove(actor=scene.cast.owner, proposal=waiting)
    done = solved(waiting)
    services.remove(actor=scene.cast.owner, proposal=done)
    published = proposal_of(scene)
    Proposal.objects.filter(pk=published.pk).update(published_at=clock.now())
    with pytest.raises(Conflict):
        services.remove(actor=scene.cast.owner, proposal=published)
