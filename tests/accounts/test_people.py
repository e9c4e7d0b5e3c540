"""Who may do what, signing in, and keys for machines."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from outreach.accounts.domain import ROLE_ACTIONS, Action, RoleCode, scope_of
from outreach.accounts.models import ApiToken, Library, User
from outreach.accounts.services import create_token, revoke_token
from outreach.common import clock
from tests.cast import make_cast
from tests.factories import PASSWORD, LibraryFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_every_role_has_a_row_in_the_table() -> None:
    assert set(ROLE_ACTIONS) == set(RoleCode)


def test_every_action_is_allowed_to_some_role() -> None:
    assert set().union(*ROLE_ACTIONS.values()) == set(Action)


def test_a_role_at_a_union_reaches_its_members() -> None:
    cast = make_cast()
    visible = Library.objects.visible_to(cast.officer)
    assert set(visible) == {cast.union, cast.library, cast.other_library}


def test_a_coordinator_reaches_one_library_only() -> None:
    cast = make_cast()
    assert cast.owner.may(Action.SCHEDULE, cast.library.pk)
    assert not cast.owner.may(Action.SCHEDULE, cast.other_library.pk)
    assert list(Library.objects.visible_to(cast.owner)) == [cast.library]


def test_an_officer_sees_but_does_not_schedule() -> None:
    cast = make_cast()
    assert cast.officer.may(Action.SEE_SCHEDULE, cast.library.pk)
    assert not cast.officer.may(Action.SCHEDULE)


def test_nobody_without_a_role_may_do_anything() -> None:
    assert not any(scope_of([], {}).allows(action) for action in Action)


def test_a_person_who_left_may_do_nothing() -> None:
    user = UserFactory.create(role="coordinator", library=LibraryFactory.create(), is_active=False)
    assert not user.may(Action.SCHEDULE)


def test_one_address_is_one_person_whatever_its_case() -> None:
    UserFactory.create(email="lan@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="LAN@example.org")


def test_a_union_does_not_belong_to_a_union() -> None:
    union = LibraryFactory.create(is_union=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Library.objects.filter(pk=LibraryFactory.create(is_union=True).pk).update(union=union)


def test_signing_in_with_password_and_with_another_case(client: Client) -> None:
    user = UserFactory.create(email="hoa@example.org")
    answer = client.post("/accounts/login/", {"login": "Hoa@Example.org", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    answer = client.post(
        "/accounts/signup/",
        {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert answer.status_code == 200
    assert not User.objects.filter(email="new@example.org").exists()


def test_a_key_is_kept_as_a_hash_only() -> None:
    token, key = create_token(user=UserFactory.create())
    assert key not in str(token.__dict__)
    assert token.digest == ApiToken.digest_of(key)


def test_revoked_and_expired_keys_do_not_work() -> None:
    user, now = UserFactory.create(), clock.now()
    revoked, _ = create_token(user=user)
    revoke_token(token=revoked)
    create_token(user=user, expires_at=now)
    alive, _ = create_token(user=user, expires_at=now + timedelta(seconds=1))
    assert list(ApiToken.objects.usable_at(now)) == [alive]


def test_create_token_prints_a_working_key_and_nothing_else() -> None:
    user, out = UserFactory.create(email="may@example.org"), StringIO()
    call_command("create_token", "MAY@example.org", stdout=out)
    key = out.getvalue().strip()
    assert ApiToken.objects.get(digest=ApiToken.digest_of(key)).user == user


def test_create_token_names_an_unknown_person() -> None:
    with pytest.raises(CommandError, match="nobody@example.org"):
        call_command("create_token", "nobody@example.org")
