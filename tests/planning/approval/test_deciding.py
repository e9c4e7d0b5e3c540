"""A plan on its way: who may take which step, from where, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from outreach.common import audit
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, StaleWrite
from outreach.planning import approval, services
from outreach.planning.approval import SeasonState
from outreach.planning.models import Season, SeasonSubmission
from outreach.scheduling import services as scheduling
from tests.cast import Cast
from tests.planning.approval.plans import DECISION, NOON, approve, approved, make_season, submit
from tests.scheduling.desk import make_event, make_trip, storm

State = SeasonSubmission.State


def state_of(season: Season) -> SeasonState:
    return approval.standing_of(season).state


def send_back(cast: Cast, submission: SeasonSubmission, **changes: Any) -> SeasonSubmission:
    wanted: dict[str, Any] = {"note": "Thiếu xã biên giới", "now": NOON}
    return approval.return_submission(
        actor=changes.pop("actor", cast.officer), submission=submission, **wanted | changes
    )


def withdraw(cast: Cast, submission: SeasonSubmission, **changes: Any) -> SeasonSubmission:
    return approval.withdraw_submission(
        actor=changes.pop("actor", cast.owner), submission=submission, **changes
    )


STEPS: dict[str, Callable[..., SeasonSubmission]] = {
    "approve": approve,
    "send back": send_back,
    "withdraw": withdraw,
}


def test_what_is_handed_in_is_kept_whatever_happens_afterwards(cast: Cast, season: Season) -> None:
    trip = make_trip(cast)
    submission = submit(cast, season, note="Kính trình")
    scheduling.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    submission.refresh_from_db()
    assert [row["uid"] for row in submission.content] == [trip.events.get().uid]
    assert submission.checksum == approval.checksum_of(submission.content)
    assert (submission.number, submission.note) == (1, "Kính trình")


def test_each_way_of_a_plan_leads_where_it_should(cast: Cast, season: Season) -> None:
    make_trip(cast)
    assert state_of(season) == SeasonState.DRAFT
    first = submit(cast, season)
    assert state_of(season) == SeasonState.SUBMITTED
    withdraw(cast, first)
    assert state_of(season) == SeasonState.DRAFT
    second = submit(cast, season)
    send_back(cast, second)
    assert state_of(season) == SeasonState.RETURNED
    third = submit(cast, season)
    approve(cast, third)
    assert state_of(season) == SeasonState.APPROVED
    assert [one.number for one in (first, second, third)] == [1, 2, 3]


def test_a_changed_plan_leaves_the_approved_one_standing_until_it_is_approved(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    first = approved(cast, season)
    make_trip(cast, day=1)
    second = submit(cast, season)
    assert approval.standing_of(season).approved == first
    withdraw(cast, second)
    assert state_of(season) == SeasonState.APPROVED
    third = approve(cast, submit(cast, season))
    assert approval.standing_of(season).approved == third


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", STEPS)
def test_nothing_is_decided_twice(cast: Cast, season: Season, before: str, step: str) -> None:
    make_trip(cast)
    submission = submit(cast, season)
    STEPS[before](cast, submission)
    with pytest.raises(Conflict) as refusal:
        STEPS[step](cast, submission)
    assert refusal.value.kind == "not_waiting"


def test_a_second_plan_waits_until_the_first_is_decided_on(cast: Cast, season: Season) -> None:
    make_trip(cast)
    submit(cast, season)
    with pytest.raises(Conflict) as refusal:
        submit(cast, season)
    assert refusal.value.kind == "waiting_already"


def test_the_database_itself_holds_one_open_plan_for_a_season(cast: Cast, season: Season) -> None:
    make_trip(cast)
    first = submit(cast, season)
    twin = SeasonSubmission(
        season=season, number=2, made_by=cast.owner, made_at=NOON, checksum=first.checksum
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_the_very_plan_that_is_approved_is_not_handed_in_again(cast: Cast, season: Season) -> None:
    make_trip(cast)
    approved(cast, season)
    with pytest.raises(Conflict) as refusal:
        submit(cast, season)
    assert refusal.value.kind == "approved_already"
    make_trip(cast, day=1)
    assert submit(cast, season).number == 2


def test_an_empty_season_has_no_plan(cast: Cast, season: Season) -> None:
    with pytest.raises(InvalidInput) as refusal:
        submit(cast, season)
    assert refusal.value.kind == "plan_empty"


def test_a_plan_that_changed_since_it_was_looked_at_is_not_handed_in(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    seen = approval.checksum_of(approval.content_of(season))
    make_event(cast, day=1)
    with pytest.raises(StaleWrite):
        submit(cast, season, expected_checksum=seen)


@pytest.mark.parametrize("step", STEPS)
def test_a_decision_on_an_older_version_is_refused(cast: Cast, season: Season, step: str) -> None:
    make_trip(cast)
    submission = submit(cast, season)
    seen = audit.version_of(submission)
    submission.note = "Bổ sung"
    audit.save(submission, actor=cast.owner)
    with pytest.raises(StaleWrite):
        STEPS[step](cast, submission, expected_version=seen)


@pytest.mark.parametrize("who", ["officer", "colleague", "stranger", "host"])
def test_only_who_plans_for_the_library_hands_in_and_takes_back(
    cast: Cast, season: Season, who: str
) -> None:
    make_trip(cast)
    with pytest.raises(NotAllowed):
        submit(cast, season, actor=getattr(cast, who))
    submission = submit(cast, season)
    with pytest.raises(NotAllowed):
        withdraw(cast, submission, actor=getattr(cast, who))


@pytest.mark.parametrize("who", ["owner", "colleague", "stranger", "host"])
@pytest.mark.parametrize("step", ["approve", "send back"])
def test_only_who_approves_plans_decides(cast: Cast, season: Season, who: str, step: str) -> None:
    make_trip(cast)
    submission = submit(cast, season)
    with pytest.raises(NotAllowed):
        STEPS[step](cast, submission, actor=getattr(cast, who))


@pytest.mark.parametrize("field", ["authority", "decision"])
def test_an_approval_names_the_authority_and_its_decision(
    cast: Cast, season: Season, field: str
) -> None:
    make_trip(cast)
    with pytest.raises(InvalidInput) as refusal:
        approve(cast, submit(cast, season), **{field: "  "})
    assert refusal.value.field == field


def test_a_decision_of_today_holds_and_one_of_tomorrow_does_not(cast: Cast, season: Season) -> None:
    make_trip(cast)
    submission = submit(cast, season)
    tomorrow = DECISION["decision_on"] + timedelta(days=1)  # type: ignore[operator]
    with pytest.raises(InvalidInput) as refusal:
        approve(cast, submission, decision_on=tomorrow)
    assert refusal.value.field == "decision_on"
    assert approve(cast, submission).state == State.APPROVED


def test_a_plan_is_sent_back_with_a_reason_only(cast: Cast, season: Season) -> None:
    make_trip(cast)
    with pytest.raises(InvalidInput) as refusal:
        send_back(cast, submit(cast, season), note=" ")
    assert refusal.value.field == "note"


def test_every_step_leaves_who_and_why_behind(cast: Cast, season: Season) -> None:
    make_trip(cast)
    submission = submit(cast, season, note="Kính trình")
    send_back(cast, submission, note="Thiếu xã biên giới")
    rows = list(submission.history.order_by("history_id"))
    assert [(row.history_user, row.history_change_reason) for row in rows] == [
        (cast.owner, "Kính trình"),
        (cast.officer, "Thiếu xã biên giới"),
    ]


def test_a_season_whose_plan_is_waiting_keeps_its_days(cast: Cast, season: Season) -> None:
    make_trip(cast)
    change: dict[str, Any] = {
        "name": "Xuân",
        "starts_on": season.starts_on,
        "ends_on": season.ends_on,
    }
    submission = submit(cast, season)
    with pytest.raises(Conflict) as refusal:
        services.change_season(actor=cast.owner, season=season, **change)
    assert refusal.value.kind == "waiting_for_decision"
    withdraw(cast, submission)
    changed = services.change_season(actor=cast.owner, season=season, **change)
    assert changed.name == "Xuân"


def test_a_season_changed_meanwhile_is_not_overwritten(cast: Cast, season: Season) -> None:
    seen = audit.version_of(season)
    days: dict[str, Any] = {"starts_on": season.starts_on, "ends_on": season.ends_on}
    services.change_season(actor=cast.owner, season=season, name="Xuân", **days)
    with pytest.raises(StaleWrite):
        services.change_season(
            actor=cast.owner, season=season, name="Hè", expected_version=seen, **days
        )


def test_another_librarys_seasons_are_told_apart(cast: Cast, season: Season) -> None:
    make_season(cast, actor=cast.stranger, library=cast.other_library)
    make_trip(cast)
    submission = submit(cast, season)
    assert list(SeasonSubmission.objects.visible_to(cast.stranger)) == []
    assert list(SeasonSubmission.objects.visible_to(cast.colleague)) == [submission]
