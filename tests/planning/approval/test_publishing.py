"""An approved season becomes public as a whole, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from outreach.calendars.models import Entry
from outreach.common.errors import Conflict, NotAllowed, StaleWrite
from outreach.messaging.models import Message
from outreach.planning import approval
from outreach.planning.approval import Extent, SeasonRefused, SeasonState
from outreach.planning.models import Season
from outreach.scheduling.models import Event, RuleOverride, State, Trip
from outreach.scheduling.services import add_stop, publish_event, publish_trip
from tests.cast import Cast
from tests.planning.approval.plans import NOON, approved, submit
from tests.scheduling.desk import NOBODY, Broken, following, make_event, make_trip, snapshot, visit


def publish(cast: Cast, season: Season, **changes: Any) -> Extent:
    wanted: dict[str, Any] = {"actor": cast.owner, "season": season, "now": NOON}
    return approval.publish_season(**wanted | changes)


def drafts() -> int:
    return (
        Event.objects.filter(state=State.DRAFT).count()
        + Trip.objects.filter(state=State.DRAFT).count()
    )


def test_every_trip_and_every_event_without_one_becomes_public(cast: Cast, season: Season) -> None:
    make_trip(cast), make_trip(cast, day=1), make_event(cast, day=2)
    approved(cast, season)
    done = publish(cast, season)
    assert (done.trips, done.events, drafts()) == (2, 3, 0)
    season.refresh_from_db()
    assert season.published_at == NOON
    assert approval.standing_of(season).state == SeasonState.PUBLISHED


def test_as_much_is_published_as_was_said_before(cast: Cast, season: Season) -> None:
    make_trip(cast, visit(cast, hour=8), visit(cast, hour=11, venue=cast.second_venue))
    partly = make_trip(cast, day=1)
    publish_trip(actor=cast.owner, trip=partly, now=NOON - timedelta(days=1))
    add_stop(actor=cast.owner, trip=partly, event=visit(cast, day=1, hour=14))
    make_event(cast, day=2), make_trip(cast, day=31)
    approved(cast, season)
    said = approval.what_is_published(season)
    assert said == Extent(trips=2, events=4)
    assert publish(cast, season) == said
    assert approval.what_is_published(season) == Extent(trips=0, events=0)


def test_what_lies_outside_the_season_stays_a_draft(cast: Cast, season: Season) -> None:
    make_trip(cast)
    make_trip(cast, day=31)
    approved(cast, season)
    publish(cast, season)
    assert drafts() == 2


def test_publishing_again_changes_nothing(cast: Cast, season: Season) -> None:
    make_trip(cast)
    approved(cast, season)
    publish(cast, season)
    before = snapshot()
    assert publish(cast, season).trips == 0
    assert snapshot() == before


def test_one_trip_that_is_refused_holds_back_all_and_every_such_trip_is_named(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    refused = [make_trip(cast, day=day, crew=NOBODY) for day in (1, 2)]
    approved(cast, season)
    before = snapshot()
    with pytest.raises(SeasonRefused) as refusal:
        publish(cast, season)
    assert [one.trip for one in refusal.value.refusals] == refused
    assert all(one.findings for one in refusal.value.refusals)
    assert snapshot() == before


def test_one_reason_overrides_the_soft_rules_of_all_and_is_kept_with_each(
    cast: Cast, season: Season
) -> None:
    for day in (0, 1):
        make_trip(cast, day=day, crew=NOBODY)
    approved(cast, season)
    publish(cast, season, override_reason="Tết: thiếu người")
    assert drafts() == 0
    assert set(RuleOverride.objects.values_list("reason", flat=True)) == {"Tết: thiếu người"}
    assert RuleOverride.objects.values("trip").distinct().count() == 2


def test_what_fails_in_the_middle_leaves_everything_as_it_was(cast: Cast, season: Season) -> None:
    make_trip(cast), make_trip(cast, day=1)
    approved(cast, season)
    before = snapshot()
    with following({"broken": Broken()}), pytest.raises(RuntimeError):
        publish(cast, season)
    assert snapshot() == before


def test_only_an_approved_plan_is_published(cast: Cast, season: Season) -> None:
    make_trip(cast)
    with pytest.raises(Conflict) as draft:
        publish(cast, season)
    submit(cast, season)
    with pytest.raises(Conflict) as waiting:
        publish(cast, season)
    assert {draft.value.kind, waiting.value.kind} == {"not_approved"}


def test_a_newer_plan_on_its_way_holds_the_older_one_back(cast: Cast, season: Season) -> None:
    make_trip(cast)
    approved(cast, season)
    make_trip(cast, day=1)
    submit(cast, season)
    with pytest.raises(Conflict):
        publish(cast, season)


def test_a_schedule_that_is_not_as_approved_is_published_only_when_that_is_said(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    approved(cast, season)
    make_trip(cast, day=1)
    with pytest.raises(Conflict) as refusal:
        publish(cast, season)
    assert refusal.value.kind == "not_as_approved"
    assert publish(cast, season, accept_differences=True).trips == 2


def test_a_schedule_that_changed_since_it_was_looked_at_is_not_published(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    approved(cast, season)
    seen = approval.checksum_of(approval.content_of(season))
    make_trip(cast, day=1)
    with pytest.raises(StaleWrite):
        publish(cast, season, accept_differences=True, expected_checksum=seen)


@pytest.mark.parametrize("who", ["officer", "colleague", "stranger", "host"])
def test_only_who_plans_and_schedules_publishes(cast: Cast, season: Season, who: str) -> None:
    make_trip(cast)
    approved(cast, season)
    with pytest.raises(NotAllowed):
        publish(cast, season, actor=getattr(cast, who))


def test_publishing_says_which_decision_it_rests_on(cast: Cast, season: Season) -> None:
    trip = make_trip(cast)
    approved(cast, season)
    publish(cast, season)
    assert "12/QĐ-SVHTTDL" in str(trip.history.latest().history_change_reason)


def told() -> dict[str, list[Any]]:
    """Return what publishing leaves behind, without keys and random names."""
    return {
        "trips": list(Trip.objects.order_by("pk").values_list("state", "revision")),
        "events": list(
            Event.objects.order_by("pk").values_list("state", "revision", "published_at")
        ),
        "history": [
            list(
                model.history.order_by("history_id").values_list(
                    "history_type", "history_user", "history_change_reason", "state", "revision"
                )
            )
            for model in (Trip, Event)
        ],
        "overrides": sorted(RuleOverride.objects.values_list("trip", "rule", "reason")),
        "mails go to": sorted(set(Message.objects.values_list("to", flat=True))),
        "entries": sorted(bytes(one) for one in Entry.objects.values_list("vevent", flat=True)),
    }


def test_many_at_once_leave_the_same_behind_as_one_after_the_other(
    cast: Cast, season: Season
) -> None:
    cast.venue.contact_email = "co.lan@example.org"
    cast.venue.save()
    trips = [make_trip(cast, crew=NOBODY), make_trip(cast, day=1)]
    event = make_event(cast, day=2)
    approved(cast, season)
    reason = f"{season.name} – 12/QĐ-SVHTTDL"
    found = []
    for at_once in (True, False):
        point = transaction.savepoint()
        if at_once:
            publish(cast, season, override_reason="Tết")
        else:
            said: dict[str, Any] = {
                "actor": cast.owner,
                "reason": reason,
                "now": NOON,
                "override_reason": "Tết",
            }
            for trip in trips:
                publish_trip(trip=trip, **said)
            publish_event(event=event, **said)
        found.append(told())
        transaction.savepoint_rollback(point)
    assert found[0] == found[1]


def test_a_longer_season_is_published_in_hardly_more_queries(
    cast: Cast, season: Season, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_trip(cast)
    approved(cast, season)
    with django_assert_max_num_queries(200) as few:
        publish(cast, season)
    for day in range(1, 7):
        make_trip(cast, day=day)
    with django_assert_max_num_queries(len(few) + 12):
        publish(cast, season, accept_differences=True)
