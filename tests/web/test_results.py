"""The pages on which results are logged, read, corrected and decided about."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.attendance import services
from outreach.attendance.inputs import SheetInput, counted
from outreach.attendance.models import ResultSheet
from outreach.common import clock
from outreach.fleet.models import CrewMember
from outreach.scheduling.models import Event, Reason
from outreach.scheduling.services import cancel_event
from outreach.web.results.fields import parse_count
from tests.attendance.conftest import make_event
from tests.cast import Cast


@pytest.fixture
def event(cast: Cast) -> Event:
    return make_event(cast, "mobile_service", "exhibition", "donation")


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def typed(event: Event, **values: Any) -> dict[str, Any]:
    """Return what a browser sends for a sheet on which nothing else was filled in."""
    held = {f"activity_{part.pk}_held": "on" for part in event.activities.all()}
    return {"uid": str(uuid4()), "outcome": "held", **held, **values}


def new(event: Event) -> str:
    return reverse("result_new", args=[event.uid])


def send(user: User, event: Event, **values: Any) -> Any:
    return signed_in(user).post(new(event), typed(event, **values))


def logged(cast: Cast, event: Event, **figures: int) -> ResultSheet:
    sheet = SheetInput(
        figures={code: counted(value) for code, value in (figures or {"people_served": 90}).items()}
    )
    return services.log_sheet(actor=cast.colleague, event=event, sheet=sheet, uid=uuid4())


def one(event: Event) -> ResultSheet:
    return ResultSheet.objects.get(event=event)


# --- Filling in ---------------------------------------------------------------------------------


def test_a_sheet_that_is_filled_in_is_stored_figure_by_figure(cast: Cast, event: Event) -> None:
    shown = event.activities.get(kind="exhibition")
    response = send(
        cast.colleague,
        event,
        people_served="120",
        people_served_how="estimated",
        items_lent="0",
        audience_primary="100",
        **{f"activity_{shown.pk}_items_shown": "35"},
    )
    assert response.status_code == 302
    sheet = one(event)
    assert (sheet.people_served, sheet.people_served_how) == (120, "estimated")
    assert (sheet.items_lent, sheet.items_lent_how) == (0, "counted")
    assert (sheet.items_used, sheet.items_used_how) == (None, "not_collected")
    assert sheet.audiences.get().people == 100
    assert sheet.activities.get(activity=shown).items_shown == 35


def test_an_activity_can_be_marked_as_not_held(cast: Cast, event: Event) -> None:
    part = event.activities.get(kind="donation")
    values = typed(event)
    del values[f"activity_{part.pk}_held"]
    signed_in(cast.colleague).post(new(event), values)
    assert not one(event).activities.get(activity=part).was_held


def test_the_form_asks_for_the_outputs_of_each_kind(cast: Cast, event: Event) -> None:
    page = signed_in(cast.colleague).get(new(event)).content.decode()
    van, exhibition, donation = event.activities.all()
    assert f"activity_{exhibition.pk}_items_shown" in page
    assert f"activity_{donation.pk}_items_given" in page
    assert f"activity_{donation.pk}_items_shown" not in page
    assert f"activity_{van.pk}_participants" not in page


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), (" 12 ", 12), ("1.200", 1200), ("1,200", 1200), ("1 200", 1200), ("-3", -3)],
)
def test_numbers_are_read_as_people_write_them(text: str, value: int) -> None:
    assert parse_count(text) == value


@pytest.mark.parametrize("text", ["", "12a", "1.5", "1e3", "--2", "9" * 13, "1.20", "½"])
def test_what_is_not_a_whole_number_is_not_guessed_at(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_count(text)


@pytest.mark.parametrize(
    ("field", "text"),
    [("people_served", "-5"), ("items_lent", "12a"), ("audience_adult", "1.5"), ("note", "")],
)
def test_wrong_input_is_refused_and_everything_typed_stays(
    cast: Cast, event: Event, field: str, text: str
) -> None:
    values = {"items_used": "300", "items_used_how": "estimated", "outcome": "partly", field: text}
    if field == "note":
        values["outcome"] = "not_held"
    response = send(cast.colleague, event, **values)
    page = response.content.decode()
    assert response.status_code == 400
    assert f'href="#id_{field}"' in page
    assert 'name="items_used" value="300"' in page
    assert '<option value="estimated" selected>' in page
    if text:
        assert f'name="{field}" value="{text}"' in page
    assert not ResultSheet.objects.exists()


def test_a_number_marked_as_not_collected_is_refused(cast: Cast, event: Event) -> None:
    response = send(cast.colleague, event, items_lent="4", items_lent_how="not_collected")
    assert response.status_code == 400
    assert "items_lent" in response.context["form"].errors


def test_an_unusual_figure_is_a_question_that_can_be_answered(cast: Cast, event: Event) -> None:
    values = {"items_used": "1", "items_lent": "1", "items_lost": "3"}
    response = send(cast.colleague, event, **values)
    assert response.status_code == 400
    assert 'name="confirm_warnings"' in response.content.decode()
    assert not ResultSheet.objects.exists()
    send(cast.colleague, event, **values, confirm_warnings="on")
    assert one(event).items_lost == 3


def test_pressing_the_button_twice_logs_once(cast: Cast, event: Event) -> None:
    client, values = signed_in(cast.colleague), typed(event, people_served="40")
    for _ in range(2):
        assert client.post(new(event), values).status_code == 302
    assert one(event).state == "accepted"


def test_going_back_and_changing_a_sent_sheet_is_refused_in_words(cast: Cast, event: Event) -> None:
    client, values = signed_in(cast.colleague), typed(event, people_served="40")
    client.post(new(event), values)
    response = client.post(new(event), {**values, "people_served": "41"})
    assert response.status_code == 400
    assert "other figures" in response.content.decode()
    assert one(event).people_served == 40


def test_a_broken_id_is_refused(cast: Cast, event: Event) -> None:
    assert send(cast.colleague, event, uid="not-an-id").status_code == 400


def test_the_times_it_was_really_held_are_those_of_the_events_day(cast: Cast, event: Event) -> None:
    began_at = clock.local(event.starts_at + timedelta(minutes=1))
    send(cast.colleague, event, started_at=f"{began_at:%H:%M}")
    stored = one(event).started_at
    assert stored is not None
    assert clock.local(stored) == began_at.replace(second=0)


def test_a_second_sheet_is_announced_before_and_waits_after(cast: Cast, event: Event) -> None:
    logged(cast, event)
    page = signed_in(cast.owner).get(new(event)).content.decode()
    assert "already" in page
    response = send(cast.owner, event, people_served="95")
    second = ResultSheet.objects.queued().get()
    assert response.headers["Location"] == reverse("sheet", args=[second.pk])


def test_an_event_still_to_come_has_no_form(cast: Cast) -> None:
    future = make_event(cast, hours_ago=-5)
    page = signed_in(cast.colleague).get(new(future)).content.decode()
    assert "not begun" in page
    assert "<textarea" not in page


# --- The list -----------------------------------------------------------------------------------


def on_duty(cast: Cast) -> User:
    """Return the crew member's account, which is on every trip of the cast."""
    CrewMember.objects.filter(pk=cast.operator.pk).update(user=cast.colleague)
    return cast.colleague


def board(user: User, query: str = "") -> dict[str, list[Any]]:
    context = signed_in(user).get(reverse("results") + query).context
    return {"today": list(context["today"]), "missing": list(context["missing"])}


def test_the_crew_sees_the_events_of_its_duties_with_and_without_a_trip(cast: Cast) -> None:
    user = on_duty(cast)
    on_trip = make_event(cast, hours_ago=30)
    alone = make_event(cast, hours_ago=60, with_vehicle=False)
    assert board(user)["missing"] == [on_trip, alone]


def test_the_crew_can_look_at_the_whole_library(cast: Cast) -> None:
    user = on_duty(cast)
    event = make_event(cast, hours_ago=30)
    CrewMember.objects.update(user=None)
    CrewMember.objects.exclude(pk__in=[m.pk for m, _ in cast.crew]).update(user=user)
    other = CrewMember.objects.create(library=cast.library, full_name="Lê Thị Mới", user=user)
    assert other.user == user
    assert board(user)["missing"] == []
    assert board(user, "?of=library")["missing"] == [event]


def test_the_coordinator_sees_the_events_of_the_library(cast: Cast) -> None:
    event = make_event(cast, hours_ago=30)
    assert board(cast.owner)["missing"] == [event]
    assert board(cast.stranger)["missing"] == []


def test_only_past_public_standing_events_without_a_sheet_are_missing(cast: Cast) -> None:
    missing = make_event(cast, hours_ago=30)
    logged(cast, make_event(cast, hours_ago=40))
    make_event(cast, hours_ago=50, is_public=False)
    make_event(cast, hours_ago=-50)
    cancelled = make_event(cast, hours_ago=60)
    cancel_event(actor=cast.owner, event=cancelled, why=Reason.objects.get(pk="storm"))
    assert board(cast.owner)["missing"] == [missing]


def test_an_event_of_today_is_among_todays_and_not_twice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = clock.local(clock.now()).replace(hour=12, minute=0)
    event = make_event(cast, hours_ago=(clock.now() - noon).total_seconds() / 3600 + 2)
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(hours=6))
    assert board(cast.owner) == {"today": [event], "missing": []}


def test_the_list_takes_as_many_queries_for_ten_events_as_for_two(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.owner)
    for number in range(2):
        logged(cast, make_event(cast, "exhibition", "talk", hours_ago=30 + 5 * number))
        make_event(cast, "exhibition", "talk", hours_ago=100 + 5 * number)
    client.get(reverse("results"))
    with django_assert_max_num_queries(100) as few:
        client.get(reverse("results"))
    for number in range(8):
        logged(cast, make_event(cast, "exhibition", "talk", hours_ago=200 + 5 * number))
        make_event(cast, "exhibition", "talk", hours_ago=300 + 5 * number)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(reverse("results"))


# --- One sheet ----------------------------------------------------------------------------------


def test_a_correction_shows_what_was_there_and_keeps_both_versions(
    cast: Cast, event: Event
) -> None:
    first = logged(cast, event, people_served=90, items_lost=0)
    client, url = signed_in(cast.owner), reverse("sheet_correct", args=[first.pk])
    page = client.get(url).content.decode()
    assert 'name="people_served" value="90"' in page
    assert 'name="items_lost" value="0"' in page
    values = typed(event, people_served="95", items_lost="0", reason="đếm sót lớp 3")
    response = client.post(url, values)
    second = ResultSheet.objects.accepted().get()
    assert response.headers["Location"] == reverse("sheet", args=[second.pk])
    page = client.get(response.headers["Location"]).content.decode()
    assert "đếm sót lớp 3" in page
    assert "Version 1" in page
    assert [item.before.value for item in _differences(client, second)] == [90]


def _differences(client: Client, sheet: ResultSheet) -> list[Any]:
    versions = client.get(reverse("sheet", args=[sheet.pk])).context["versions"]
    differences: list[Any] = versions[0].differences
    return differences


def test_a_correction_without_a_reason_keeps_what_was_typed(cast: Cast, event: Event) -> None:
    first = logged(cast, event)
    url = reverse("sheet_correct", args=[first.pk])
    response = signed_in(cast.owner).post(url, typed(event, people_served="95"))
    assert response.status_code == 400
    assert 'name="people_served" value="95"' in response.content.decode()


def test_a_waiting_sheet_is_accepted_on_its_page(cast: Cast, event: Event) -> None:
    logged(cast, event)
    second = logged(cast, event, people_served=91)
    client = signed_in(cast.owner)
    page = client.get(reverse("sheet", args=[second.pk])).content.decode()
    assert reverse("sheet_accept", args=[second.pk]) in page
    client.post(reverse("sheet_accept", args=[second.pk]), {"reason": ""})
    assert ResultSheet.objects.accepted().get() == second


def test_a_waiting_sheet_is_rejected_only_with_a_reason(cast: Cast, event: Event) -> None:
    logged(cast, event)
    second = logged(cast, event, people_served=91)
    client, url = signed_in(cast.owner), reverse("sheet_reject", args=[second.pk])
    assert client.post(url, {"reason": ""}).status_code == 400
    assert client.post(url, {"reason": "nhập hai lần"}).status_code == 302
    second.refresh_from_db()
    assert second.state == "rejected"


def test_a_sheet_says_zero_where_it_is_zero_and_not_collected_where_it_is_not(
    cast: Cast, event: Event
) -> None:
    sheet = logged(cast, event, people_served=90, items_lost=0)
    lines = signed_in(cast.owner).get(reverse("sheet", args=[sheet.pk])).context["lines"]
    figures = {line.code: line.figure.value for line in lines}
    assert (figures["items_lost"], figures["items_lent"]) == (0, None)


# --- Whose it is --------------------------------------------------------------------------------


def _status(user: User, name: str, key: object, method: str = "get") -> int:
    client = signed_in(user)
    status: int = getattr(client, method)(reverse(name, args=[key])).status_code
    return status


@pytest.mark.parametrize(
    ("who", "see", "change", "decide"),
    [
        ("owner", 200, 200, 400),
        ("colleague", 200, 200, 403),
        ("officer", 200, 403, 403),
        ("stranger", 404, 404, 404),
        ("host", 403, 403, 403),
    ],
)
def test_who_may_see_change_and_decide(
    cast: Cast, event: Event, who: str, see: int, change: int, decide: int
) -> None:
    user, sheet = getattr(cast, who), logged(cast, event)
    second = logged(cast, event, people_served=91)
    assert _status(user, "sheet", sheet.pk) == see
    assert _status(user, "sheet_correct", sheet.pk) == change
    assert _status(user, "result_new", event.uid) == change
    assert _status(user, "sheet_reject", second.pk, "post") == decide


def test_a_stranger_can_neither_log_nor_accept(cast: Cast, event: Event) -> None:
    assert send(cast.stranger, event).status_code == 404
    logged(cast, event)
    second = logged(cast, event, people_served=91)
    assert _status(cast.stranger, "sheet_accept", second.pk, "post") == 404
    second.refresh_from_db()
    assert second.state == "queued"


def test_whoever_is_not_signed_in_is_sent_to_sign_in(cast: Cast, event: Event) -> None:
    sheet = logged(cast, event)
    for name, key in (("result_new", event.uid), ("sheet", sheet.pk), ("sheet_correct", sheet.pk)):
        response = Client().get(reverse(name, args=[key]))
        assert response.status_code == 302
        assert "login" in response.headers["Location"]


def test_a_sheet_that_does_not_exist_is_not_found(cast: Cast) -> None:
    assert _status(cast.owner, "sheet", uuid4()) == 404
    assert _status(cast.owner, "result_new", "nowhere") == 404


@pytest.mark.parametrize("wrong", ["24:30", "8h75"])
def test_a_time_that_does_not_exist_stays_in_its_field(
    cast: Cast, event: Event, wrong: str
) -> None:
    page = send(cast.colleague, event, started_at=wrong).content.decode()
    assert "This is not a time of day" in page
    field = next(tag for tag in re.findall("<input[^>]*>", page) if 'name="started_at"' in tag)
    assert f'value="{wrong}"' in field
    # A native time field would show nothing at all.
    assert 'type="text"' in field
