"""Addresses are looked up politely, once, and never so that the product depends on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from unittest import mock

import pytest
from django.test import override_settings
from django.utils import translation
from pytest_django import Settings

from outreach.common import clock
from outreach.places import geocoding
from outreach.places.geocoding import turns
from outreach.places.geocoding.trouble import (
    Busy,
    GeocoderTrouble,
    NoGeocoder,
    Refused,
    Slow,
    Unreadable,
)
from outreach.places.models import GeocoderAnswer, GeocoderTurn
from tests.places.geocoder_stub import Stub, running
from tests.processes import together

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def stub(settings: Settings) -> Iterator[Stub]:
    with running() as stub:
        settings.GEOCODER = "nominatim"
        settings.GEOCODER_URL = stub.url
        settings.GEOCODER_AGENT = "outreach-planner/test (it@example.org)"
        settings.GEOCODER_TIMEOUT_S = 0.4
        settings.GEOCODER_COUNTRIES = ["vn"]
        yield stub


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns are tested by themselves and with two processes; elsewhere nobody waits for them."""
    monkeypatch.setattr(turns, "APART", timedelta(0))


@pytest.mark.django_db
class TestAsking:
    def test_candidates_come_in_the_order_of_the_answer(self, stub: Stub) -> None:
        found = geocoding.look_up("Mường Xén, Nghệ An")
        assert [(one.lat, one.lon) for one in found] == [(19.4021, 104.1297), (19.612, 104.198)]
        assert found[0].label == "Mường Xén, Nghệ An, Việt Nam"

    def test_we_say_who_we_are_and_what_we_want(self, stub: Stub) -> None:
        with translation.override("en"):
            geocoding.look_up("Mường Xén")
        [asked] = stub.asked
        assert asked["agent"] == "outreach-planner/test (it@example.org)"
        assert (asked["q"], asked["countrycodes"], asked["limit"]) == ("Mường Xén", "vn", "5")
        assert asked["accept-language"] == "en"
        assert asked["path"] == "/nominatim/search"

    def test_nothing_is_asked_without_a_geocoder(self, stub: Stub, settings: Settings) -> None:
        settings.GEOCODER = "none"
        with pytest.raises(NoGeocoder):
            geocoding.look_up("Mường Xén")
        assert not stub.asked

    def test_nothing_is_asked_about_nothing(self, stub: Stub) -> None:
        assert geocoding.look_up(" \t ") == []
        assert not stub.asked


@pytest.mark.django_db
class TestKeeping:
    def test_the_same_is_asked_once_however_it_is_typed(self, stub: Stub) -> None:
        first = geocoding.look_up("Mường Xén,  Nghệ An", now=NOW)
        later = NOW + timedelta(days=100)
        assert geocoding.look_up("mường xén, nghệ an ", now=later) == first
        assert len(stub.asked) == 1

    def test_that_nothing_is_known_is_remembered_for_a_shorter_time(self, stub: Stub) -> None:
        stub.behaviour = "nothing"
        assert geocoding.look_up("Bản Không Có", now=NOW) == []
        assert geocoding.look_up("Bản Không Có", now=NOW + timedelta(days=6)) == []
        assert len(stub.asked) == 1
        stub.behaviour = "found"
        assert geocoding.look_up("Bản Không Có", now=NOW + timedelta(days=7))
        assert len(stub.asked) == 2

    def test_old_answers_are_asked_again_and_dropped(self, stub: Stub) -> None:
        geocoding.look_up("Mường Xén", now=NOW)
        geocoding.look_up("Keng Đu", now=NOW + timedelta(days=180))
        [kept] = GeocoderAnswer.objects.all()
        assert "keng đu" in kept.question

    def test_another_server_knows_other_things(self, stub: Stub, settings: Settings) -> None:
        geocoding.look_up("Mường Xén", now=NOW)
        settings.GEOCODER_URL = f"{stub.url}/other"
        geocoding.look_up("Mường Xén", now=NOW)
        assert len(stub.asked) == 2

    def test_trouble_is_not_remembered(self, stub: Stub) -> None:
        stub.behaviour = "rubbish"
        with pytest.raises(Unreadable):
            geocoding.look_up("Mường Xén")
        stub.behaviour = "found"
        assert geocoding.look_up("Mường Xén")


@pytest.mark.django_db
class TestTrouble:
    @pytest.mark.parametrize(
        ("behaviour", "trouble"),
        [
            ("forbidden", Refused),
            ("too_many", Refused),
            ("slow", Slow),
            ("drip", Slow),
            ("rubbish", Unreadable),
            ("other_json", Unreadable),
            ("nowhere", Unreadable),
            ("huge", Unreadable),
            ("elsewhere", GeocoderTrouble),
            ("broken", GeocoderTrouble),
        ],
    )
    def test_each_is_told_in_words(
        self, stub: Stub, behaviour: str, trouble: type[GeocoderTrouble]
    ) -> None:
        stub.behaviour = behaviour
        with pytest.raises(trouble) as told:
            geocoding.look_up("Mường Xén")
        assert told.value.message
        assert len(stub.asked) == 1

    def test_no_server_is_told_in_words(self, stub: Stub, settings: Settings) -> None:
        settings.GEOCODER_URL = "http://127.0.0.1:9"
        with pytest.raises(GeocoderTrouble) as told:
            geocoding.look_up("Mường Xén")
        assert told.value.kind == "geocoder_down"

    @pytest.mark.parametrize(("said", "wait_s"), [("120", 120), (None, 60), ("rubbish", 60)])
    def test_after_429_nobody_asks_until_the_time_is_over(
        self, stub: Stub, said: str | None, wait_s: int
    ) -> None:
        stub.behaviour, stub.retry_after = "too_many", said
        before = clock.now()
        with pytest.raises(Refused):
            geocoding.look_up("Mường Xén")
        stub.behaviour = "found"
        with pytest.raises(Busy):
            geocoding.look_up("Keng Đu")
        assert len(stub.asked) == 1
        [turn] = GeocoderTurn.objects.all()
        until = timedelta(seconds=wait_s)
        assert until <= turn.next_at - before < until + timedelta(seconds=30)

    def test_after_403_what_is_known_is_still_told(self, stub: Stub) -> None:
        found = geocoding.look_up("Mường Xén")
        stub.behaviour = "forbidden"
        with pytest.raises(Refused):
            geocoding.look_up("Keng Đu")
        assert geocoding.look_up("Mường Xén") == found


@pytest.mark.django_db
class TestTurns:
    @pytest.fixture(autouse=True)
    def _real_turns(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(turns, "APART", timedelta(seconds=1.1))

    def test_turns_are_more_than_a_second_apart(self) -> None:
        taken = [turns.take("one", now=NOW) for _ in range(4)]
        gaps = [later - earlier for earlier, later in pairwise(taken)]
        assert taken[0] == NOW
        assert all(gap - turns.LATE >= timedelta(seconds=1) for gap in gaps)

    def test_two_providers_do_not_wait_for_each_other(self) -> None:
        turns.take("one", now=NOW)
        assert turns.take("other", now=NOW) == NOW

    def test_who_would_wait_too_long_is_told_so_and_takes_no_turn(self) -> None:
        for _turn in range(1 + turns.MOST_WAIT // timedelta(seconds=1.1)):
            turns.take("one", now=NOW)
        before = GeocoderTurn.objects.get().next_at
        with pytest.raises(Busy):
            turns.take("one", now=NOW)
        assert GeocoderTurn.objects.get().next_at == before

    def test_a_hold_does_not_shorten_a_longer_one(self) -> None:
        turns.hold("one", seconds=600, now=NOW)
        turns.hold("one", seconds=10, now=NOW)
        assert GeocoderTurn.objects.get().next_at == NOW + timedelta(seconds=600)


def _ask_twice(number: int, url: str) -> list[datetime]:
    """Ask for two places; return the turns that were taken for it."""
    taken: list[datetime] = []
    take = turns.take

    def noted(provider: str, *, now: datetime) -> datetime:
        taken.append(take(provider, now=now))
        return taken[-1]

    settings = {"GEOCODER": "nominatim", "GEOCODER_URL": url, "GEOCODER_AGENT": "outreach-planner"}
    with (
        override_settings(**settings, GEOCODER_TIMEOUT_S=20, GEOCODER_COUNTRIES=[]),
        mock.patch.object(turns, "take", noted),
    ):
        for place in ("Mường Xén", "Keng Đu"):
            geocoding.look_up(f"{place} {number}")
    return taken


@pytest.mark.django_db(transaction=True)
def test_two_processes_together_ask_at_most_once_a_second() -> None:
    with running() as stub:
        taken = sorted(turn for one in together(_ask_twice, 2, stub.url) for turn in one)
        assert len(stub.asked) == 4
    assert len(taken) >= 4
    gaps = [later - earlier for earlier, later in pairwise(taken)]
    assert min(gaps) - turns.LATE >= timedelta(seconds=1), gaps


@pytest.mark.django_db
def test_who_wakes_too_late_takes_another_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [NOW]
    woke_late = iter([timedelta(seconds=3), timedelta(0)])

    def sleep(seconds: float) -> None:
        now[0] += timedelta(seconds=seconds) + next(woke_late)

    monkeypatch.setattr(clock, "now", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    turns.wait("one")
    assert now[0] == GeocoderTurn.objects.get().next_at - turns.APART
    assert next(woke_late, None) is None
