"""What counts, at its boundary: each rule of the field is a claim about one sheet."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.attendance.inputs import NOT_COLLECTED, Figure, estimated
from outreach.attendance.models import ResultSheet, SheetActivity
from outreach.places.models import AdministrativeUnit
from outreach.scheduling.models import Activity, Event, Reason, State
from outreach.statistics.models import ActivityFact, EventFact
from outreach.statistics.services import rebuild, refresh
from tests.cast import Cast
from tests.factories import CommuneFactory, ProvinceFactory
from tests.statistics.makers import at, held


def fact_of(event: Event) -> EventFact:
    refresh(event.pk)
    return EventFact.objects.get(pk=event.pk)


def test_people_are_counted_once_under_the_main_activity(cast: Cast) -> None:
    event = held(
        cast.library,
        cast.owner,
        "mobile_service",
        "exhibition",
        "reading_skills",
        people_served=100,
        outputs={1: {"participants": 80}, 2: {"participants": 30}},
    )
    assert (fact_of(event).kind_id, fact_of(event).people_served) == ("mobile_service", 100)
    assert EventFact.objects.count() == 1
    parts = ActivityFact.objects.order_by("pk").values_list("kind_id", "participants")
    assert sorted(parts) == [("exhibition", 80), ("mobile_service", 0), ("reading_skills", 30)]


@pytest.mark.parametrize("people", [0, 1])
def test_a_group_session_with_hardly_anybody_counts(cast: Cast, people: int) -> None:
    event = held(
        cast.library,
        cast.owner,
        "reading_skills",
        people_served=people,
        outputs={0: {"participants": people}},
    )
    fact = fact_of(event)
    assert (fact.events, fact.people_served, fact.people_served_missing) == (1, people, 0)
    assert ActivityFact.objects.get().activities == 1


def test_a_cancelled_event_never_counts(cast: Cast) -> None:
    event = held(cast.library, cast.owner, people_served=10)
    fact_of(event)
    Event.objects.filter(pk=event.pk).update(
        state=State.CANCELLED,
        cancel_reason=Reason.objects.get(pk="storm"),
        cancelled_at=at("2025-03-01"),
    )
    refresh(event.pk)
    assert not EventFact.objects.exists()
    assert not ActivityFact.objects.exists()


@pytest.mark.parametrize(("outcome", "counts"), [("held", 1), ("partly", 1), ("not_held", 0)])
def test_only_what_was_held_at_least_in_part_counts(cast: Cast, outcome: str, counts: int) -> None:
    refresh(held(cast.library, cast.owner, outcome=outcome).pk)
    assert EventFact.objects.count() == ActivityFact.objects.count() == counts


@pytest.mark.parametrize("state", ["queued", "superseded", "rejected"])
def test_only_the_accepted_version_counts(cast: Cast, state: str) -> None:
    event = held(cast.library, cast.owner, people_served=10)
    ResultSheet.objects.filter(event=event).update(state=state, queue_reason="second_sheet")
    refresh(event.pk)
    assert not EventFact.objects.exists()


def test_zero_and_not_collected_are_two_things(cast: Cast) -> None:
    fact = fact_of(
        held(cast.library, cast.owner, items_used=0, items_lent=NOT_COLLECTED, people_served=5)
    )
    assert (fact.items_used, fact.items_used_missing) == (0, 0)
    assert (fact.items_lent, fact.items_lent_missing) == (0, 1)


def test_the_estimated_part_is_kept_apart(cast: Cast) -> None:
    fact = fact_of(held(cast.library, cast.owner, people_served=estimated(40), items_used=7))
    assert (fact.people_served, fact.people_served_estimated) == (40, 40)
    assert (fact.items_used, fact.items_used_estimated) == (7, 0)


def test_renewed_cards_are_not_new_ones(cast: Cast) -> None:
    fact = fact_of(held(cast.library, cast.owner, cards_issued=3, cards_renewed=4))
    assert (fact.cards_issued, fact.cards_renewed) == (3, 4)


def test_gifts_are_not_circulation(cast: Cast) -> None:
    event = held(
        cast.library,
        cast.owner,
        "donation",
        items_used=1,
        items_lent=2,
        outputs={0: {"items_given": 500}},
    )
    fact = fact_of(event)
    assert (fact.items_used, fact.items_lent) == (1, 2)
    assert ActivityFact.objects.get().items_given == 500


def test_an_activity_that_was_left_out_does_not_count(cast: Cast) -> None:
    event = held(cast.library, cast.owner, "mobile_service", "exhibition")
    SheetActivity.objects.filter(activity__kind="exhibition").update(was_held=False)
    refresh(event.pk)
    assert list(ActivityFact.objects.values_list("kind_id", flat=True)) == ["mobile_service"]


def test_an_activity_added_after_the_sheet_was_held_with_nothing_collected(cast: Cast) -> None:
    event = held(cast.library, cast.owner, "mobile_service")
    Activity.objects.create(event=event, kind_id="exhibition", position=1)
    refresh(event.pk)
    fact = ActivityFact.objects.get(kind="exhibition")
    assert (fact.activities, fact.items_shown, fact.items_shown_missing) == (1, 0, 1)


def test_an_output_that_is_not_asked_for_is_no_gap(cast: Cast) -> None:
    refresh(held(cast.library, cast.owner, "mobile_service", "talk").pk)
    van = ActivityFact.objects.get(kind="mobile_service")
    talk = ActivityFact.objects.get(kind="talk")
    assert (van.items_shown_missing, van.minutes_missing) == (0, 0)
    assert (talk.items_shown_missing, talk.minutes_missing, talk.items_given_missing) == (0, 1, 0)


@pytest.mark.parametrize(
    ("hour", "minute", "day"), [(0, 0, date(2025, 3, 1)), (23, 59, date(2025, 3, 31))]
)
def test_day_and_month_are_those_of_the_librarys_clock(
    cast: Cast, hour: int, minute: int, day: date
) -> None:
    fact = fact_of(held(cast.library, cast.owner, starts_at=at(day.isoformat(), hour, minute)))
    assert (fact.day, fact.month) == (day, date(2025, 3, 1))


def test_a_library_in_another_zone_has_its_own_midnight(cast: Cast) -> None:
    cast.library.time_zone = "UTC"
    cast.library.save()
    fact = fact_of(held(cast.library, cast.owner, starts_at=at("2025-04-01", 6, 59)))
    assert (fact.day, fact.month) == (date(2025, 3, 31), date(2025, 3, 1))


def test_the_province_is_that_of_the_commune_on_the_day(cast: Cast) -> None:
    before: AdministrativeUnit = ProvinceFactory.create(valid_from=date(1990, 1, 1))
    commune = CommuneFactory.create(parent=before)
    event = held(cast.library, cast.owner, commune=commune)
    event.venue.commune = CommuneFactory.create()
    event.venue.save()
    fact = fact_of(event)
    assert (fact.commune_id, fact.province_id) == (commune.pk, before.pk)


# --- Audiences -----------------------------------------------------------------------------------


def test_age_bands_break_the_people_down_and_groups_cut_across(cast: Cast) -> None:
    fact = fact_of(
        held(
            cast.library,
            cast.owner,
            people_served=100,
            audiences={"primary": 60, "adult": estimated(10), "ethnic_minority": 90},
        )
    )
    assert (fact.people_primary, fact.people_adult, fact.people_adult_estimated) == (60, 10, 10)
    assert fact.people_ethnic_minority == 90
    assert (fact.people_preschool, fact.people_preschool_missing) == (0, 1)


def test_bands_that_come_to_the_whole_leave_no_gap(cast: Cast) -> None:
    fact = fact_of(
        held(cast.library, cast.owner, people_served=70, audiences={"primary": 60, "adult": 10})
    )
    assert fact.people_preschool_missing == fact.people_elderly_missing == 0
    assert fact.people_disability_missing == 1


def test_bands_above_the_total_break_nothing_down(cast: Cast) -> None:
    fact = fact_of(held(cast.library, cast.owner, people_served=5, audiences={"primary": 6}))
    assert (fact.people_served, fact.people_primary, fact.people_primary_missing) == (5, 0, 1)


def test_bands_without_a_total_break_nothing_down(cast: Cast) -> None:
    fact = fact_of(held(cast.library, cast.owner, audiences={"primary": 6}))
    assert (fact.people_served_missing, fact.people_primary) == (1, 0)


@pytest.mark.parametrize(
    ("people", "bands", "rest", "estimated_rest"),
    [
        (100, {"primary": 60, "adult": 10}, 30, 0),
        (100, {}, 100, 0),
        (estimated(100), {"primary": 60}, 40, 40),
        (100, {"primary": estimated(60)}, 40, 40),
        (70, {"primary": 60, "adult": estimated(10)}, 0, 0),
        (5, {"primary": 6}, 5, 0),
        (5, {"primary": estimated(6)}, 5, 0),
        (NOT_COLLECTED, {"primary": 6}, 0, 0),
        (100, {"ethnic_minority": estimated(90)}, 100, 0),
    ],
)
def test_what_the_bands_leave_is_as_good_as_the_worse_of_total_and_bands(
    cast: Cast, people: Figure | int, bands: dict[str, Figure | int], rest: int, estimated_rest: int
) -> None:
    fact = fact_of(held(cast.library, cast.owner, people_served=people, audiences=bands))
    assert (fact.people_rest, fact.people_rest_estimated) == (rest, estimated_rest)
    assert fact.people_rest_missing == fact.people_served_missing


def test_a_rebuild_derives_what_following_each_change_derived(cast: Cast) -> None:
    events = [
        held(
            cast.library, cast.owner, "exhibition", "talk", people_served=n, audiences={"adult": 1}
        )
        for n in range(3)
    ]
    for event in events:
        refresh(event.pk)
    followed = list(EventFact.objects.order_by("pk").values())
    parts = list(ActivityFact.objects.order_by("fact", "kind").values_list("fact", "kind_id"))
    rebuild()
    assert list(EventFact.objects.order_by("pk").values()) == followed
    assert (
        list(ActivityFact.objects.order_by("fact", "kind").values_list("fact", "kind_id")) == parts
    )
