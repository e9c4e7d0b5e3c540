"""Promising visits, and what the database refuses whoever writes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.planning import services
from outreach.planning.models import Promise, Season
from tests.cast import Cast
from tests.planning.promises import promise
from tests.scheduling.desk import MONDAY

LATER = MONDAY + timedelta(days=28)


def season(cast: Cast, **changes: Any) -> Season:
    wanted: dict[str, Any] = {
        "actor": cast.owner,
        "library": cast.library,
        "name": "Spring",
        "starts_on": MONDAY,
        "ends_on": LATER,
    }
    return services.make_season(**wanted | changes)


@pytest.mark.parametrize(
    "changes",
    [{"every_weeks": 1}, {"every_weeks": 26}, {"service_min": 10}, {"service_min": 600}],
)
def test_a_promise_may_reach_its_bounds(cast: Cast, changes: dict[str, int]) -> None:
    promise(cast, **changes)
    assert Promise.objects.filter(**changes).exists()


@pytest.mark.parametrize(
    "changes",
    [{"every_weeks": 0}, {"every_weeks": 27}, {"service_min": 0}, {"service_min": 601}],
)
def test_a_promise_beyond_its_bounds_is_refused_by_form_and_database(
    cast: Cast, changes: dict[str, int]
) -> None:
    with pytest.raises(ValidationError):
        promise(cast, **changes)
    values = {"every_weeks": 4, "service_min": 60, "starts_on": MONDAY} | changes
    with pytest.raises(IntegrityError), transaction.atomic():
        Promise.objects.create(venue=cast.venue, **values)


def test_a_venue_has_one_promise_at_a_time(cast: Cast) -> None:
    promise(cast, ends_on=LATER)
    with pytest.raises(ValidationError, match="cam kết khác"):
        promise(cast, starts_on=LATER - timedelta(days=1))
    promise(cast, starts_on=LATER)
    assert Promise.objects.count() == 2


def test_the_database_refuses_a_second_promise_at_the_same_time(cast: Cast) -> None:
    first = promise(cast)
    twin = Promise(venue=cast.venue, every_weeks=2, service_min=30, starts_on=first.starts_on)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_losing_a_race_for_a_promise_is_a_conflict(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise(cast)
    monkeypatch.setattr(Promise, "full_clean", lambda self, **kwargs: None)
    with pytest.raises(Conflict, match="cam kết khác") as caught:
        promise(cast)
    assert caught.value.kind == "promise_once_at_a_time"


def test_a_venue_no_longer_visited_is_promised_nothing(cast: Cast) -> None:
    cast.venue.is_in_use = False
    cast.venue.save()
    with pytest.raises(InvalidInput) as caught:
        promise(cast)
    assert caught.value.kind == "venue_retired"


def test_a_change_keeps_what_was_promised_before_with_its_reason(cast: Cast) -> None:
    made = promise(cast)
    services.change_promise(
        actor=cast.owner,
        promise=made,
        every_weeks=3,
        service_min=90,
        starts_on=made.starts_on,
        ends_on=None,
        reason="A van is away",
    )
    newest, oldest = made.history.all()
    assert (oldest.every_weeks, newest.every_weeks) == (4, 3)
    assert (newest.history_change_reason, newest.history_user) == ("A van is away", cast.owner)


def test_a_promise_holds_until_the_day_before_its_end(cast: Cast) -> None:
    made = promise(cast)
    services.end_promise(actor=cast.owner, promise=made, ends_on=LATER, reason="School closes")
    assert Promise.objects.in_force_on(LATER - timedelta(days=1)).exists()
    assert not Promise.objects.in_force_on(LATER).exists()


@pytest.mark.parametrize(
    ("ends_on", "reason", "code"),
    [(MONDAY, "why", "ends_too_early"), (LATER, " ", "reason_missing")],
)
def test_a_promise_ends_with_a_reason_and_after_a_day_at_least(
    cast: Cast, ends_on: date, reason: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        services.end_promise(
            actor=cast.owner, promise=promise(cast), ends_on=ends_on, reason=reason
        )
    assert caught.value.kind == code


def test_a_promise_that_ended_is_not_lengthened_by_ending_it(cast: Cast) -> None:
    made = promise(cast, ends_on=LATER)
    with pytest.raises(Conflict):
        services.end_promise(actor=cast.owner, promise=made, ends_on=LATER, reason="again")


@pytest.mark.parametrize("who", ["colleague", "officer", "stranger", "host"])
def test_only_the_librarys_coordinators_plan(cast: Cast, who: str) -> None:
    made, actor = promise(cast), getattr(cast, who)
    with pytest.raises(NotAllowed):
        promise(cast, actor=actor, venue=cast.second_venue)
    with pytest.raises(NotAllowed):
        services.end_promise(actor=actor, promise=made, ends_on=LATER, reason="why")
    with pytest.raises(NotAllowed):
        season(cast, actor=actor)


def test_seasons_of_a_library_may_touch_but_not_meet(cast: Cast) -> None:
    season(cast)
    season(cast, starts_on=LATER, ends_on=LATER + timedelta(days=7))
    with pytest.raises(ValidationError, match="mùa phục vụ khác"):
        season(cast, starts_on=LATER - timedelta(days=1), ends_on=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Season.objects.create(
            library=cast.library, name="x", starts_on=MONDAY, ends_on=MONDAY + timedelta(days=1)
        )


def test_a_season_lasts_a_day_at_least(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        season(cast, ends_on=MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Season.objects.create(library=cast.library, name="x", starts_on=MONDAY, ends_on=MONDAY)
