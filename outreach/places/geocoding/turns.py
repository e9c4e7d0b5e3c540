"""Taking turns at a geocoder: one request a second for all processes together."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import transaction

from outreach.common import clock
from outreach.places.geocoding.trouble import Busy
from outreach.places.models import GeocoderTurn

APART = timedelta(seconds=1.1)
LATE = timedelta(seconds=0.1)
"""Who wakes later than this has missed the turn and takes another: so turns stay a second apart."""
MOST_WAIT = timedelta(seconds=5)
"""A person does not wait longer at a form; whoever would have to is told so at once."""


def wait(provider: str) -> None:
    """Wait until it is our turn to ask.

    Raises:
        Busy: if that would take longer than :data:`MOST_WAIT`.
    """
    while True:
        turn = take(provider, now=clock.now())
        time.sleep(max((turn - clock.now()).total_seconds(), 0))
        if clock.now() - turn <= LATE:
            return


def take(provider: str, *, now: datetime) -> datetime:
    """Take the next turn and return when it is; the one after it is :data:`APART` later.

    Raises:
        Busy: if that is later than :data:`MOST_WAIT` from ``now``; no turn is taken then.
    """
    with transaction.atomic():
        row = _locked(provider, now)
        turn = max(row.next_at, now)
        if turn - now > MOST_WAIT:
            raise Busy()
        row.next_at = turn + APART
        row.save(update_fields=["next_at"])
    return turn


def hold(provider: str, *, seconds: float, now: datetime | None = None) -> None:
    """Let nobody ask for a while, because the provider said so."""
    until = (now or clock.now()) + timedelta(seconds=seconds)
    with transaction.atomic():
        row = _locked(provider, until)
        row.next_at = max(row.next_at, until)
        row.save(update_fields=["next_at"])


def _locked(provider: str, first: datetime) -> GeocoderTurn:
    """Return the row of a provider, locked; whoever comes first makes it."""
    GeocoderTurn.objects.bulk_create(
        [GeocoderTurn(provider=provider, next_at=first)], ignore_conflicts=True
    )
    return GeocoderTurn.objects.select_for_update().get(pk=provider)
