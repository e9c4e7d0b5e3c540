"""Machines call in a person's name with a token that is kept hashed and can be ended."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from outreach.accounts.models import ApiToken
from outreach.accounts.services import create_token, revoke_token
from outreach.common import clock
from tests.api.callers import PROBLEM, Caller
from tests.api.world import Ground


def with_key(key: str) -> Caller:
    """Return a caller who sends a token and has no session."""
    return Caller(Authorization=f"Bearer {key}")


@pytest.fixture
def key(ground: Ground) -> str:
    """The coordinator's token."""
    return create_token(user=ground.cast.owner)[1]


def test_the_command_prints_a_key_that_works(ground: Ground) -> None:
    out = StringIO()
    call_command("create_token", ground.cast.owner.email, stdout=out)
    assert with_key(out.getvalue().strip()).get("venues/")["count"] == 2


def test_a_token_acts_as_its_person_without_csrf(ground: Ground, key: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {key}"})
    answer = client.post("/api/v1/events/", ground.event_body(), content_type="application/json")
    assert (answer.status_code, answer.json()["state"]) == (201, "draft")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a b", "bearer nobody-has-this"])
def test_a_token_that_cannot_be_is_refused_even_where_none_is_needed(
    ground: Ground, header: str
) -> None:
    for path in ("venues/", "units/"):
        answer = Caller(Authorization=header).get(path)
        assert (answer.status, answer.code) == (401, "authentication_failed")
        assert answer.raw["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_is_refused(ground: Ground, key: str) -> None:
    revoke_token(token=ApiToken.objects.get())
    assert with_key(key).get("venues/").status == 401


def test_a_token_ends_when_it_says(ground: Ground) -> None:
    now = clock.now()
    live = create_token(user=ground.cast.owner, expires_at=now + timedelta(hours=1))[1]
    over = create_token(user=ground.cast.owner, expires_at=now - timedelta(seconds=1))[1]
    assert with_key(live).get("venues/").status == 200
    assert with_key(over).get("venues/").status == 401


def test_the_token_of_somebody_who_left_is_refused(ground: Ground, key: str) -> None:
    ground.cast.owner.is_active = False
    ground.cast.owner.save()
    assert with_key(key).get("venues/").status == 401


def test_keys_are_not_stored(ground: Ground, key: str) -> None:
    assert key not in str(ApiToken.objects.values_list())


def test_the_last_use_is_noted(ground: Ground, key: str) -> None:
    with_key(key).get("venues/")
    assert ApiToken.objects.get().last_used_at is not None


def test_nobody_is_asked_to_sign_in_by_a_page(nobody: Caller) -> None:
    answer = nobody.client.get("/api/v1/venues/")
    assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
