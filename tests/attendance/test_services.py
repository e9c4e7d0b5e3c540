"""Logging, repeating, correcting, and deciding about sheets that wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from outreach.accounts.models import User
from outreach.attendance import content, services
from outreach.attendance.errors import SheetDiffers, SheetQuestioned, SheetRefused
from outreach.attendance.inputs import ActivityResult, Figure, SheetInput, counted, estimated
from outreach.attendance.models import ResultSheet
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.places.models import Succession
from outreach.scheduling.models import Event, Reason
from outreach.scheduling.services import cancel_event, move_event, restore_event
from tests.attendance.conftest import Recorder, make_event
from tests.cast import Cast
from tests.factories import CommuneFactory

SHEET = SheetInput(
    figures={
        "people_served": counted(120),
        "items_used": counted(300),
        "items_lent": estimated(80),
        "cards_issued": counted(0),
    },
    audiences={"primary": counted(100), "adult": counted(15), "ethnic_minority": estimated(90)},
    note="Trời mưa",
)
SMALLER = replace(SHEET, figures={**SHEET.figures, "items_used": counted(299)})


def log(
    actor: User, event: Event, sheet: SheetInput = SHEET, uid: UUID | None = None, **kwargs: Any
) -> ResultSheet:
    return services.log_sheet(actor=actor, event=event, sheet=sheet, uid=uid or uuid4(), **kwargs)


def correct(
    actor: User, sheet: ResultSheet, corrected: SheetInput = SMALLER, **kwargs: Any
) -> ResultSheet:
    values = {"uid": uuid4(), "reason": "đếm lại", **kwargs}
    return services.correct_sheet(actor=actor, sheet=sheet, corrected=corrected, **values)


def cancel(cast: Cast, event: Event) -> None:
    cancel_event(actor=cast.owner, event=event, why=Reason.objects.get(pk="storm"))


def states(event: Event) -> list[tuple[int, str, str]]:
    rows = ResultSheet.objects.filter(event=event).order_by("version")
    return list(rows.values_list("version", "state", "queue_reason"))


# --- Logging ------------------------------------------------------------------------------------


def test_a_sheet_is_kept_as_it_was_sent(cast: Cast, event: Event) -> None:
    activity = event.activities.get(kind="reading_skills")
    part = ActivityResult(
        activity.pk, figures={"participants": counted(40), "minutes": estimated(45)}
    )
    sent = replace(SHEET, activities=(part,), started_at=event.starts_at, ended_at=event.ends_at)
    stored = log(cast.colleague, event, sent)
    stored = ResultSheet.objects.get(pk=stored.pk)
    assert stored.state == "accepted"
    assert (stored.version, stored.library, stored.author) == (1, cast.library, cast.colleague)
    assert content.canonical(content.stored(stored)) == content.canonical(sent)
    assert (stored.cards_issued, stored.cards_issued_how) == (0, "counted")
    assert (stored.cards_renewed, stored.cards_renewed_how) == (None, "not_collected")


def test_every_activity_has_a_row_even_if_the_sheet_is_silent_about_it(
    cast: Cast, event: Event
) -> None:
    stored = log(cast.colleague, event)
    assert stored.activities.filter(was_held=True).count() == 3


def test_nothing_took_place_at_an_event_that_was_not_held(cast: Cast, event: Event) -> None:
    first = event.activities.first()
    assert first is not None
    sent = SheetInput(outcome="not_held", note="Lũ", activities=(ActivityResult(first.pk),))
    stored = log(cast.colleague, event, sent)
    assert stored.activities.filter(was_held=True).count() == 0


def test_audiences_that_were_not_collected_are_no_rows(cast: Cast, event: Event) -> None:
    sent = replace(SHEET, audiences={"adult": Figure(None, "not_collected")})
    assert log(cast.colleague, event, sent).audiences.count() == 0


def test_the_commune_is_the_one_in_force_on_the_day_of_the_event(cast: Cast) -> None:
    successor = cast.commune
    successor.valid_from = timezone.localdate() + timedelta(days=1)
    successor.save()
    old = CommuneFactory.create(
        valid_from=date(2000, 1, 1), valid_to=successor.valid_from, code=successor.code
    )
    Succession.objects.create(predecessor=old, successor=successor)
    event = make_event(cast)
    assert log(cast.colleague, event).commune == old


@pytest.mark.parametrize("who", ["stranger", "officer", "host"])
def test_only_the_librarys_own_people_log(cast: Cast, event: Event, who: str) -> None:
    with pytest.raises(NotAllowed):
        log(getattr(cast, who), event)
    assert states(event) == []


@pytest.mark.parametrize("who", ["owner", "colleague"])
def test_coordinator_and_crew_log(cast: Cast, event: Event, who: str) -> None:
    assert log(getattr(cast, who), event).state == "accepted"


def test_a_hard_rule_refuses_the_sheet_and_names_the_field(cast: Cast, event: Event) -> None:
    sent = replace(SHEET, figures={"people_served": counted(-1)})
    with pytest.raises(SheetRefused) as refusal:
        log(cast.colleague, event, sent, confirm_warnings=True)
    assert refusal.value.field == "people_served"
    assert states(event) == []


def test_a_question_stops_the_sheet_until_somebody_says_yes(cast: Cast, event: Event) -> None:
    sent = replace(SHEET, figures={**SHEET.figures, "items_lost": counted(381)})
    with pytest.raises(SheetQuestioned) as question:
        log(cast.colleague, event, sent)
    assert [finding.is_soft for finding in question.value.findings] == [True]
    assert states(event) == []
    assert log(cast.colleague, event, sent, confirm_warnings=True).state == "accepted"


def test_a_draft_takes_no_sheet(cast: Cast) -> None:
    with pytest.raises(SheetRefused):
        log(cast.colleague, make_event(cast, is_public=False))


def test_an_event_that_has_not_begun_takes_no_sheet(cast: Cast) -> None:
    with pytest.raises(SheetRefused):
        log(cast.colleague, make_event(cast, hours_ago=-1))


def test_a_clock_that_runs_fast_writes_no_sheet_in_the_future(cast: Cast, event: Event) -> None:
    now = clock.now()
    stored = log(cast.colleague, event, recorded_at=now + timedelta(days=400), now=now)
    assert stored.recorded_at == now


# --- Repeats ------------------------------------------------------------------------------------


def test_the_same_sheet_sent_again_is_the_same_record(
    cast: Cast, event: Event, recorder: Recorder
) -> None:
    uid = uuid4()
    first = log(cast.colleague, event, uid=uid)
    again = log(cast.colleague, event, uid=uid)
    assert not first.is_repeat
    assert again.is_repeat
    assert again.pk == first.pk
    assert states(event) == [(1, "accepted", "")]
    assert recorder.told == [("accepted", str(uid))]


def test_saying_the_same_in_other_words_is_a_repeat(cast: Cast, event: Event) -> None:
    uid = uuid4()
    log(cast.colleague, event, uid=uid)
    wordy = replace(
        SHEET,
        note="  Trời mưa ",
        figures={**SHEET.figures, "items_lost": Figure(None, "not_collected")},
        activities=tuple(ActivityResult(part.pk) for part in event.activities.all()),
    )
    assert log(cast.colleague, event, wordy, uid=uid).is_repeat


@pytest.mark.parametrize(
    "other",
    [
        SMALLER,
        replace(SHEET, note="Trời nắng"),
        replace(SHEET, figures={**SHEET.figures, "items_used": estimated(300)}),
        replace(SHEET, figures={**SHEET.figures, "cards_renewed": counted(0)}),
        replace(SHEET, audiences={}),
    ],
)
def test_the_same_id_with_other_content_is_refused(
    cast: Cast, event: Event, other: SheetInput
) -> None:
    uid = uuid4()
    log(cast.colleague, event, uid=uid)
    with pytest.raises(SheetDiffers):
        log(cast.colleague, event, other, uid=uid)
    assert states(event) == [(1, "accepted", "")]


def test_an_id_belongs_to_one_event(cast: Cast, event: Event) -> None:
    uid = uuid4()
    log(cast.colleague, event, uid=uid)
    with pytest.raises(SheetDiffers):
        log(cast.colleague, make_event(cast, hours_ago=30), uid=uid)


def test_a_repeat_is_taken_after_its_event_was_cancelled(cast: Cast, event: Event) -> None:
    uid = uuid4()
    log(cast.colleague, event, uid=uid)
    cancel(cast, event)
    assert log(cast.colleague, event, uid=uid).is_repeat


# --- What waits ---------------------------------------------------------------------------------


def test_a_second_sheet_of_an_event_waits(cast: Cast, event: Event, recorder: Recorder) -> None:
    log(cast.colleague, event)
    second = log(cast.owner, event)
    assert states(event) == [(1, "accepted", ""), (2, "queued", "second_sheet")]
    assert ("accepted", str(second.pk)) not in recorder.told


def test_a_sheet_of_a_cancelled_event_waits(cast: Cast, event: Event, recorder: Recorder) -> None:
    cancel(cast, event)
    log(cast.colleague, event)
    assert states(event) == [(1, "queued", "event_cancelled")]
    assert recorder.told == []


def test_cancelling_an_event_deletes_no_sheet(cast: Cast, event: Event) -> None:
    log(cast.colleague, event)
    cancel(cast, event)
    assert states(event) == [(1, "accepted", "")]


def test_a_sheet_that_waited_counts_once_it_is_accepted(
    cast: Cast, event: Event, recorder: Recorder
) -> None:
    first, second = log(cast.colleague, event), log(cast.owner, event)
    services.accept_queued(actor=cast.owner, sheet=second, reason="đầy đủ hơn")
    second.refresh_from_db()
    assert states(event) == [(1, "superseded", ""), (2, "accepted", "second_sheet")]
    assert second.replaces == first
    assert recorder.told[-2:] == [("withdrawn", str(first.pk)), ("accepted", str(second.pk))]


def test_a_sheet_of_a_cancelled_event_is_not_accepted_before_the_event_is_restored(
    cast: Cast, event: Event
) -> None:
    cancel(cast, event)
    sheet = log(cast.colleague, event)
    with pytest.raises(Conflict):
        services.accept_queued(actor=cast.owner, sheet=sheet)
    restore_event(actor=cast.owner, event=event)
    assert services.accept_queued(actor=cast.owner, sheet=sheet).state == "accepted"


def test_a_rejected_sheet_stays_and_never_counts(
    cast: Cast, event: Event, recorder: Recorder
) -> None:
    log(cast.colleague, event)
    second = log(cast.owner, event)
    services.reject_queued(actor=cast.owner, sheet=second, reason="nhập hai lần")
    assert states(event)[1][1] == "rejected"
    assert len(recorder.told) == 1
    assert audit.trail(second)[0]["reason"] == "nhập hai lần"


def test_rejecting_needs_a_reason(cast: Cast, event: Event) -> None:
    log(cast.colleague, event)
    second = log(cast.owner, event)
    with pytest.raises(InvalidInput):
        services.reject_queued(actor=cast.owner, sheet=second, reason=" ")


def test_a_sheet_is_decided_about_once(cast: Cast, event: Event) -> None:
    sheet = log(cast.colleague, event)
    second = log(cast.owner, event)
    services.reject_queued(actor=cast.owner, sheet=second, reason="nhập hai lần")
    for decided in (sheet, second):
        with pytest.raises(Conflict):
            services.accept_queued(actor=cast.owner, sheet=decided)


@pytest.mark.parametrize("who", ["colleague", "stranger", "officer", "host"])
def test_only_a_coordinator_of_the_library_decides(cast: Cast, event: Event, who: str) -> None:
    log(cast.colleague, event)
    second = log(cast.owner, event)
    actor = getattr(cast, who)
    with pytest.raises(NotAllowed):
        services.accept_queued(actor=actor, sheet=second)
    with pytest.raises(NotAllowed):
        services.reject_queued(actor=actor, sheet=second, reason="không")


# --- Corrections --------------------------------------------------------------------------------


def test_a_correction_is_a_new_version_that_points_to_the_old(
    cast: Cast, event: Event, recorder: Recorder
) -> None:
    first = log(cast.colleague, event)
    second = correct(cast.owner, first)
    assert states(event) == [(1, "superseded", ""), (2, "accepted", "")]
    assert (second.replaces, second.items_used, second.reason) == (first, 299, "đếm lại")
    assert ResultSheet.objects.get(pk=first.pk).items_used == 300
    assert recorder.told[1:] == [("withdrawn", str(first.pk)), ("accepted", str(second.pk))]


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_correction_needs_a_reason(cast: Cast, event: Event, reason: str) -> None:
    first = log(cast.colleague, event)
    with pytest.raises(InvalidInput):
        correct(cast.colleague, first, reason=reason)


def test_a_correction_that_changes_nothing_is_refused(cast: Cast, event: Event) -> None:
    first = log(cast.colleague, event)
    with pytest.raises(InvalidInput):
        correct(cast.colleague, first, SHEET)


def test_a_correction_of_a_version_that_no_longer_counts_waits(cast: Cast, event: Event) -> None:
    first = log(cast.colleague, event)
    correct(cast.owner, first)
    late = correct(cast.colleague, first, replace(SHEET, note="Trời nắng"))
    assert states(event)[2] == (3, "queued", "stale_base")
    services.accept_queued(actor=cast.owner, sheet=late)
    assert [state for _version, state, _reason in states(event)] == [
        "superseded",
        "superseded",
        "accepted",
    ]
    late.refresh_from_db()
    assert late.replaces == first


def test_a_correction_sent_again_is_the_same_record(cast: Cast, event: Event) -> None:
    first, uid = log(cast.colleague, event), uuid4()
    correct(cast.colleague, first, uid=uid)
    assert correct(cast.colleague, first, uid=uid).is_repeat
    with pytest.raises(SheetDiffers):
        correct(cast.colleague, first, uid=uid, reason="lý do khác")
    assert len(states(event)) == 2


def test_the_rules_hold_for_corrections_too(cast: Cast, event: Event) -> None:
    first = log(cast.colleague, event)
    with pytest.raises(SheetRefused):
        correct(cast.colleague, first, replace(SHEET, figures={"people_served": counted(10)}))
    assert states(event) == [(1, "accepted", "")]


@pytest.mark.parametrize("who", ["stranger", "officer", "host"])
def test_nobody_else_corrects(cast: Cast, event: Event, who: str) -> None:
    first = log(cast.colleague, event)
    with pytest.raises(NotAllowed):
        correct(getattr(cast, who), first)


def test_the_history_says_who_changed_the_state_and_why(cast: Cast, event: Event) -> None:
    first = log(cast.colleague, event)
    correct(cast.owner, first)
    newest, oldest = audit.trail(first)
    assert (newest["actor"], newest["reason"]) == (cast.owner, "đếm lại")
    assert newest["changes"] == [("state", "accepted", "superseded")]
    assert oldest["actor"] == cast.colleague


# --- Followers ----------------------------------------------------------------------------------


def test_a_follower_that_raises_leaves_no_sheet(
    cast: Cast, event: Event, recorder: Recorder
) -> None:
    recorder.raises = True
    with pytest.raises(RuntimeError):
        log(cast.colleague, event)
    assert states(event) == []
    assert not ResultSheet.history.exists()


def test_a_follower_that_raises_undoes_a_correction(
    cast: Cast, event: Event, recorder: Recorder
) -> None:
    first = log(cast.colleague, event)
    recorder.raises = True
    with pytest.raises(RuntimeError):
        correct(cast.colleague, first)
    assert states(event) == [(1, "accepted", "")]


def test_a_follower_that_raises_undoes_an_acceptance(
    cast: Cast, event: Event, recorder: Recorder
) -> None:
    log(cast.colleague, event)
    second = log(cast.owner, event)
    recorder.raises = True
    with pytest.raises(RuntimeError):
        services.accept_queued(actor=cast.owner, sheet=second)
    assert states(event) == [(1, "accepted", ""), (2, "queued", "second_sheet")]


def test_the_sheets_of_a_moved_event_move_to_its_commune(cast: Cast, event: Event) -> None:
    sheet = log(cast.colleague, event)
    elsewhere = CommuneFactory.create()
    cast.second_venue.commune = elsewhere
    cast.second_venue.save()
    move_event(
        actor=cast.owner,
        event=event,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        venue=cast.second_venue,
        reason="ghi nhầm điểm",
    )
    sheet.refresh_from_db()
    assert sheet.commune == elsewhere
    assert audit.trail(sheet)[0]["reason"] == "ghi nhầm điểm"
