"""The administration reads the schedule, and changes it through the services only."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from outreach.accounts.models import User
from outreach.scheduling.models import State
from tests.cast import Cast
from tests.scheduling.desk import make_public_trip, make_trip
from tests.scheduling.ways import administer, signed_in

MODELS = ["trip", "event", "duty", "ruleoverride", "activitykind", "audience", "reason"]


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in(User.objects.create_superuser("root@example.org", "a-long-enough-secret"))


@pytest.fixture
def keeper(cast: Cast) -> Client:
    """A coordinator who may also look into the administration."""
    cast.owner.is_staff = True
    cast.owner.save()
    cast.owner.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return signed_in(cast.owner)


@pytest.mark.parametrize("model", MODELS)
def test_lists_open_and_nothing_can_be_added(admin: Client, cast: Cast, model: str) -> None:
    make_trip(cast)
    assert admin.get(reverse(f"admin:scheduling_{model}_changelist")).status_code == 200
    assert admin.get(reverse(f"admin:scheduling_{model}_add")).status_code == 403


@pytest.mark.parametrize("model", ["trip", "event", "duty"])
def test_a_record_opens_read_only_with_its_history(admin: Client, cast: Cast, model: str) -> None:
    trip = make_trip(cast)
    pk = {"trip": trip.pk, "event": trip.events.get().pk, "duty": trip.duties.all()[0].pk}[model]
    page = admin.get(reverse(f"admin:scheduling_{model}_change", args=[pk]))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert admin.post(reverse(f"admin:scheduling_{model}_change", args=[pk])).status_code == 403
    assert admin.post(reverse(f"admin:scheduling_{model}_delete", args=[pk])).status_code == 403
    history = admin.get(reverse(f"admin:scheduling_{model}_history", args=[pk]))
    assert cast.owner.full_name in history.content.decode()


def test_cancelling_asks_for_a_reason_first(admin: Client, cast: Cast) -> None:
    trip = make_public_trip(cast)
    chosen: dict[str, Any] = {"action": "cancel", "_selected_action": [trip.pk]}
    page = admin.post(reverse("admin:scheduling_trip_changelist"), chosen)
    trip.refresh_from_db()
    assert page.status_code == 200
    assert 'name="why"' in page.content.decode()
    assert trip.state == State.PUBLISHED


def test_a_refusal_is_shown_and_the_other_records_go_on(admin: Client, cast: Cast) -> None:
    good = make_trip(cast)
    empty = make_trip(cast, day=1)
    empty.events.all()[0].activities.all().delete()
    page = admin.post(
        reverse("admin:scheduling_trip_changelist"),
        {"action": "publish", "_selected_action": [good.pk, empty.pk]},
        follow=True,
    )
    said = [str(message) for message in page.context["messages"]]
    good.refresh_from_db()
    empty.refresh_from_db()
    assert (good.state, empty.state) == (State.PUBLISHED, State.DRAFT)
    assert any("has no activity" in text for text in said)
    assert "Done: 1" in said


def test_a_coordinator_finds_no_other_librarys_records(keeper: Client, cast: Cast) -> None:
    foreign = make_trip(
        cast,
        actor=cast.stranger,
        library=cast.other_library,
        vehicle=cast.foreign_vehicle,
        crew=type(cast.crew)(),
        events=[],
    )
    for name in ("change", "history"):
        answer = keeper.get(reverse(f"admin:scheduling_trip_{name}", args=[foreign.pk]))
        assert answer.status_code in {302, 404}
    keeper.post(
        reverse("admin:scheduling_trip_changelist"),
        {"action": "publish", "_selected_action": [foreign.pk]},
    )
    foreign.refresh_from_db()
    assert foreign.state == State.DRAFT


def test_looking_does_not_mean_scheduling(cast: Cast) -> None:
    """A crew member with access to the administration is refused by the service."""
    trip = make_trip(cast)
    cast.colleague.is_staff = True
    cast.colleague.save()
    cast.colleague.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    page = signed_in(cast.colleague).post(
        reverse("admin:scheduling_trip_changelist"),
        {"action": "publish", "_selected_action": [trip.pk]},
        follow=True,
    )
    trip.refresh_from_db()
    assert trip.state == State.DRAFT
    assert any("may not do this" in str(message) for message in page.context["messages"])


def test_the_action_on_events_says_that_trips_are_published_whole(cast: Cast) -> None:
    event = make_trip(cast).events.get()
    page = administer("event", "publish", event)
    event.refresh_from_db()
    assert page.status_code == 302
    assert event.state == State.DRAFT
