"""Why a visit is left out, and what would place it, is stored as values and told in sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import translation

from outreach.common import clock
from outreach.planning.models import LeftOutVisit
from outreach.planning.proposals import asking, reasons
from outreach.routing.changes import (
    AnotherDay,
    Change,
    ExtraShift,
    LongerCycle,
    LongerShift,
    OtherVehicle,
    OtherWindow,
    ShorterService,
)
from outreach.routing.explainer import explain
from outreach.routing.plan import LeftOut, Plan
from outreach.routing.problem import Window
from tests.cast import Cast
from tests.planning.proposals.scene import Scene, make_scene, proposal_of


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast, stops=2)


def changes(scene: Scene) -> list[tuple[Change, str]]:
    """Return one of each kind of change, and a word that its sentence has."""
    stop, vehicle, on = str(scene.stops[0].pk), scene.vehicles[0].pk, scene.first_on
    name = scene.vehicles[0].name
    return [
        (LongerShift(f"{vehicle}:{on.isoformat()}", 3000), "50 min longer"),
        (AnotherDay(stop, 2), "2 days farther"),
        (OtherWindow(stop, on, Window(7 * 3600, 9 * 3600 + 60)), "from 07:00 to 09:01"),
        (OtherVehicle(stop, str(vehicle)), name),
        (ShorterService(stop, 900), "15 min shorter (30 min)"),
        (ExtraShift(str(vehicle), on, "3-5"), name),
        (LongerCycle(stop, 3), "every 3 weeks instead of 2"),
    ]


def test_each_change_is_stored_read_back_and_told(scene: Scene) -> None:
    proposal = proposal_of(scene)
    for number, (change, words) in enumerate(changes(scene)):
        facts = reasons.stored_change(change)
        assert reasons.change_of(facts) == change
        row = LeftOutVisit.objects.create(
            proposal=proposal,
            stop=scene.stops[0],
            occurrence_on=scene.first_on.replace(day=1 + number),
            change=facts,
        )
        with translation.override("en"):
            assert words in reasons.told([row])[row.pk].change


def test_an_unknown_change_is_none() -> None:
    assert reasons.change_of({}) is None
    assert reasons.change_of({"kind": "of a later version"}) is None


def test_every_reason_has_words(scene: Scene) -> None:
    proposal = proposal_of(scene)
    stored = [{"code": code, "times": 2} for code in reasons.REASONS]
    row = LeftOutVisit.objects.create(
        proposal=proposal, stop=scene.stops[0], occurrence_on=scene.first_on, reasons=stored
    )
    with translation.override("en"):
        told = reasons.told([row])[row.pk].reasons
    assert len(set(told)) == len(reasons.REASONS)
    assert all(text.startswith("On 2 ") and text.endswith(".") for text in told)


def test_an_explanation_counts_vehicle_days(scene: Scene) -> None:
    proposal = proposal_of(scene)
    problem = asking.question_of(proposal, now=clock.now())
    stop = replace(problem.stops[0], windows={}, closed={scene.first_on: "public_holiday:Tết"})
    problem = replace(problem, stops=(stop, *problem.stops[1:]))
    (found,) = explain(problem, Plan((), (LeftOut(stop.name, scene.first_on),)))
    stored, _change = reasons.stored(found)
    closed = next(one for one in stored if one["code"] == "closed")
    assert closed["times"] == len(closed["days"]) == 3
    row = LeftOutVisit(stop=scene.stops[0], reasons=[closed], pk=1)
    with translation.override("en"):
        assert reasons.told([row])[1].reasons == (
            "On 3 vehicle-days: the venue cannot be visited (public holiday: Tết).",
        )
