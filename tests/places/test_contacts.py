"""Contacts are forgotten when their last day is over, in the history too, and nothing else is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from outreach.common import clock
from outreach.places import services
from outreach.places.models import Venue
from outreach.places.services import erase_expired_contacts
from tests.cast import Cast, make_cast

LAST = date(2026, 11, 20)
CONTACT: dict[str, Any] = {
    "contact_name": "Cô Hiệu trưởng",
    "contact_phone": "0900 111 222",
    "contact_email": "truong@example.org",
    "contact_until": LAST,
}
SECRETS = ("Cô Hiệu trưởng", "0900 111 222", "truong@example.org")


@pytest.fixture
def cast(db: None) -> Cast:
    cast = make_cast()
    keep(cast, **CONTACT)
    keep(cast, address="Cạnh cầu")
    return cast


def keep(cast: Cast, **fields: Any) -> None:
    """Change the venue."""
    services.change_venue(actor=cast.owner, venue=cast.venue, reason="Gọi điện", **fields)


def at(day: date) -> datetime:
    """Return noon of a day."""
    return clock.start_of(day) + timedelta(hours=12)


def told(cast: Cast) -> str:
    """Return all that is stored of the venue, and was."""
    rows = [*Venue.objects.filter(pk=cast.venue.pk).values(), *cast.venue.history.values()]
    return str(rows)


def test_a_contact_is_kept_on_its_last_day_and_erased_the_day_after(cast: Cast) -> None:
    assert erase_expired_contacts(now=at(LAST)) == 0
    assert all(secret in told(cast) for secret in SECRETS)
    assert erase_expired_contacts(now=at(LAST + timedelta(days=1))) == 1
    assert not [secret for secret in SECRETS if secret in told(cast)]


def test_the_erasing_is_told_and_what_else_was_kept_stays(cast: Cast) -> None:
    erase_expired_contacts(now=at(LAST + timedelta(days=1)))
    venue = Venue.objects.get(pk=cast.venue.pk)
    assert (venue.address, venue.contact_until) == ("Cạnh cầu", None)
    latest, *older, _made = venue.history.all()
    assert (latest.history_user, latest.history_type) == (None, "~")
    assert latest.history_change_reason
    assert [row.history_change_reason for row in older] == ["Gọi điện", "Gọi điện"]
    assert [row.address for row in older] == ["Cạnh cầu", ""]


def test_erasing_again_changes_nothing(cast: Cast) -> None:
    now = at(LAST + timedelta(days=1))
    erase_expired_contacts(now=now)
    before = told(cast)
    assert erase_expired_contacts(now=now) == 0
    assert told(cast) == before


def test_a_contact_without_a_last_day_is_kept(cast: Cast) -> None:
    keep(cast, contact_until=None, contact_name="Thầy Phó")
    assert erase_expired_contacts(now=at(LAST + timedelta(days=400))) == 0
    assert "Thầy Phó" in told(cast)


def test_a_contact_that_was_replaced_is_forgotten_on_its_own_day(cast: Cast) -> None:
    later = LAST + timedelta(days=300)
    new = {"contact_name": "Thầy Mới", "contact_phone": "", "contact_email": ""}
    keep(cast, contact_until=later, **new)
    erase_expired_contacts(now=at(LAST + timedelta(days=3)))
    assert not [secret for secret in SECRETS if secret in told(cast)]
    assert Venue.objects.get(pk=cast.venue.pk).contact_name == "Thầy Mới"
    erase_expired_contacts(now=at(later + timedelta(days=1)))
    assert "Thầy Mới" not in told(cast)


def test_the_day_is_over_where_the_library_is(cast: Cast) -> None:
    type(cast.library).objects.filter(pk=cast.library.pk).update(time_zone="Europe/London")
    dawn = clock.start_of(LAST + timedelta(days=1)) + timedelta(hours=3)  # still LAST in London
    assert erase_expired_contacts(now=dawn) == 0
    assert all(secret in told(cast) for secret in SECRETS)
