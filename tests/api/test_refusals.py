"""Every refusal under ``/api/`` has one shape, a stable code and words in the caller's language."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from outreach.scheduling import services
from outreach.scheduling.models import Event
from tests.api.callers import PROBLEM, Caller, in_language
from tests.api.world import Ground, World

ADDRESS = "/api/v1/events/"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v2/events/", "/api/v1/nothing/", "/api/v1/events/a b/"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_an_unknown_address_is_answered_in_json(nobody: Caller, path: str, method: str) -> None:
    answer = getattr(nobody.client, method)(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == PROBLEM
    assert answer.json()["code"] == "not_found"


def test_a_reader_who_forgot_the_last_slash_is_led_on(nobody: Caller) -> None:
    answer = nobody.client.get("/api/v1/units?level=commune")
    assert (answer.status_code, answer["Location"]) == (302, "/api/v1/units/?level=commune")
    assert nobody.client.post("/api/v1/events").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b'{"title": "x",}',
        b"\xff\xfe",
        b"\xc3\x28",
        b'{"lat": NaN}',
        b"[" * 100_000,
        b'{"n": ' + b"9" * 5000 + b"}",
        b"{'title': 'x'}",
    ],
)
def test_broken_json_is_refused_clearly(owner: Caller, body: bytes) -> None:
    answer = owner.post("events/", body)
    assert (answer.status, answer.code) == (400, "broken_json")


def test_broken_json_is_shown_where_it_breaks(ground: Ground) -> None:
    answer = in_language("en", ground.cast.owner).post("events/", b'{"title":\n "x",}')
    assert "line 2, column 6" in answer["detail"]


@pytest.mark.parametrize("charset", ["utf-16", "bz2_codec", "no-such-charset"])
def test_a_strange_charset_is_read_as_utf_8(ground: Ground, charset: str) -> None:
    client = Caller(ground.cast.owner).client
    body = json.dumps(ground.event_body(title="Ngày sách")).encode()
    answer = client.generic("POST", ADDRESS, body, f"application/json; charset={charset}")
    assert (answer.status_code, answer.json()["title"]) == (201, "Ngày sách")


@pytest.mark.parametrize("body", [b"[]", b"5", b'"x"', b"null", b"true"])
def test_json_that_is_no_object_is_refused(owner: Caller, body: bytes) -> None:
    assert (owner.post("events/", body).status, owner.post("trips/", body).status) == (400, 400)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
def test_what_is_not_json_is_refused(owner: Caller, content_type: str) -> None:
    answer = owner.client.generic("POST", ADDRESS, b"title=x", content_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer["Content-Type"] == PROBLEM


def test_answers_are_not_made_in_other_formats(nobody: Caller) -> None:
    answer = nobody.client.get("/api/v1/units/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"]) == (406, PROBLEM)


def test_ten_megabytes_are_refused_and_nothing_is_stored(ground: Ground, owner: Caller) -> None:
    answer = owner.post("events/", ground.event_body(note="x" * 10 * 1024 * 1024))
    assert (answer.status, answer.code) == (413, "too_large")
    assert not Event.objects.exists()


def test_a_body_without_a_length_is_not_taken_for_an_empty_one(world: World) -> None:
    caller = Caller(world.cast.owner, **{"Transfer-Encoding": "chunked"})
    address = f"/api/v1/events/{world.draft.uid}/publish/"
    answer = caller.client.post(address, content_type="application/json", CONTENT_LENGTH="")
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


def test_a_method_that_is_not_there_is_refused(owner: Caller) -> None:
    for method in ("put", "delete"):
        answer = getattr(owner.client, method)(ADDRESS)
        assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)
        assert "GET" in answer["Allow"]


def test_writing_with_a_session_needs_the_csrf_token(ground: Ground) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ground.cast.owner)
    body = json.dumps(ground.event_body())
    refused = client.post(ADDRESS, body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert not Event.objects.exists()
    token = client.get("/api/v1/docs/").context["csrf_token"]
    headers = {"X-CSRFToken": str(token)}
    sent = client.post(ADDRESS, body, content_type="application/json", headers=headers)
    assert sent.status_code == 201


# --- Languages ---------------------------------------------------------------------------------


def test_the_named_language_comes_before_the_one_of_the_account(world: World) -> None:
    cast, path = world.cast, f"events/{world.public.uid}/"
    assert cast.owner.language == "vi"
    assert Caller(cast.owner).get(path)["activities"][0]["kind_name"] == "Phục vụ lưu động"
    english = in_language("en", cast.owner).get(path)
    assert english["activities"][0]["kind_name"] == "Mobile service"
    assert english.raw["Content-Language"] == "en"


def test_without_a_named_language_the_account_decides(world: World) -> None:
    cast = world.cast
    cast.owner.language = "en"
    cast.owner.save()
    answer = Caller(cast.owner).get(f"events/{world.public.uid}/")
    assert answer["activities"][0]["kind_name"] == "Mobile service"
    assert answer.raw["Content-Language"] == "en"


def test_one_callers_language_does_not_reach_the_next(world: World, nobody: Caller) -> None:
    in_language("en").get("units/")
    assert nobody.get("units/").raw["Content-Language"] == "vi"


def test_refusals_are_in_the_language_asked_for(ground: Ground) -> None:
    body = ground.event_body(ends_at=ground.event_body()["starts_at"])
    answer = in_language("en", ground.cast.owner).post("events/", body)
    assert answer["fields"]["ends_at"] == ["The end must be after the start."]


# --- Bugs and the database ---------------------------------------------------------------------


def test_a_bug_is_answered_in_the_same_shape(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break(monkeypatch, RuntimeError("a secret of the inside"))
    caller = Caller(ground.cast.owner)
    caller.client.raise_request_exception = False
    answer = caller.client.post(
        ADDRESS, json.dumps(ground.event_body()), content_type="application/json"
    )
    assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
    assert "secret" not in answer.content.decode()


def test_a_bug_reaches_the_log_with_its_trace(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _break(monkeypatch, RuntimeError("boom"))
    caller = Caller(ground.cast.owner)
    caller.client.raise_request_exception = False
    caller.client.post(ADDRESS, json.dumps(ground.event_body()), content_type="application/json")
    records = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [str(record.exc_info[1]) for record in records if record.exc_info] == ["boom"]


def test_a_bug_is_not_hidden_from_tests(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, RuntimeError("boom"))
    with pytest.raises(RuntimeError, match="boom"):
        Caller(ground.cast.owner).post("events/", ground.event_body())


def test_a_busy_database_asks_to_come_back(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, OperationalError("database is locked"))
    answer = Caller(ground.cast.owner).client.post(
        ADDRESS, json.dumps(ground.event_body()), content_type="application/json"
    )
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def _break(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(**_kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(services, "schedule_event", broken)


# --- Headers -----------------------------------------------------------------------------------


def test_what_one_caller_got_is_kept_out_of_shared_caches(owner: Caller) -> None:
    answer = owner.get("events/")
    assert "private" in answer.raw["Cache-Control"]
    assert {"Authorization", "Cookie"} <= set(answer.raw["Vary"].split(", "))


@pytest.mark.parametrize("path", ["units/", "venues/", "events/", "statistics/"])
def test_a_misspelt_filter_is_refused_and_not_passed_over(
    ground: Ground, owner: Caller, path: str
) -> None:
    assert owner.get(path, page=1, page_size=5).status == 200
    answer = in_language("en", ground.cast.owner).get(path, provinces="40")
    assert (answer.status, answer.code) == (400, "invalid")
    assert "“provinces” is not one of" in answer["fields"]["provinces"][0]


def test_a_misspelt_field_is_refused_and_nothing_is_changed(world: World, owner: Caller) -> None:
    before = world.draft.title
    answer = owner.patch(f"events/{world.draft.uid}/", {"title": "Khác", "titel": "x"})
    assert (answer.status, list(answer["fields"])) == (400, ["titel"])
    assert Event.objects.get(pk=world.draft.pk).title == before


def test_a_misspelt_field_deep_inside_is_refused_too(world: World, owner: Caller) -> None:
    kind = world.draft.activities.get(position=0).kind_id
    body = {"activities": [{"kind": kind}, {"kind": kind, "tittle": "x"}], "crew": {"driver": 1}}
    answer = owner.patch(f"events/{world.draft.uid}/", body)
    assert (answer.status, set(answer["fields"])) == (400, {"activities.1.tittle", "crew.driver"})
    read = owner.get(f"events/{world.draft.uid}/")["activities"]
    assert owner.patch(f"events/{world.draft.uid}/", {"activities": read}).status == 200


def test_what_was_read_may_be_sent_back_with_a_change(world: World, owner: Caller) -> None:
    venue = owner.get(f"venues/{world.cast.venue.code}/").body
    sent = {name: venue[name] for name in ("code", "name", "is_invented") if name in venue}
    assert owner.patch(f"venues/{world.cast.venue.code}/", sent).status == 200
