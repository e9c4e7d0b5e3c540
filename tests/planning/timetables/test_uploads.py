"""A timetable sent to a page: checked, looked at, stored as a whole or given up, come what may."""

from __future__ import annotations

import os
import signal
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import Conflict, NotAllowed
from outreach.planning.models import StopImport
from outreach.planning.timetables import importing, uploads
from outreach.planning.timetables.plan import Plan
from outreach.scheduling.models import Event, RuleOverride, Series, State
from outreach.scheduling.services import in_bulk
from tests.cast import Cast
from tests.factories import UserFactory
from tests.planning.timetables.files import (
    MONDAY,
    as_csv,
    everything,
    later,
    stop,
    what_changed,
)
from tests.processes import line_up, together

TWO = as_csv(stop(organisation=""), later(organisation=""))
BAD = as_csv(stop(organisation=""), later(organisation="", arrival="25:00"))


def send(cast: Cast, content: bytes = TWO, **wanted: Any) -> StopImport:
    """Send a file."""
    facts: dict[str, Any] = {"actor": cast.owner, "library": cast.library, "file_name": "stops.csv"}
    return uploads.receive(**facts | {"content": content, "since": MONDAY} | wanted)


@pytest.fixture
def sent(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> StopImport:
    """A file that was checked."""
    with django_capture_on_commit_callbacks(execute=True):
        upload = send(cast, BAD)
    return again(upload)


def again(upload: StopImport) -> StopImport:
    """Return the import as it is stored now."""
    return StopImport.objects.get(pk=upload.pk)


def stored(capture: DjangoCaptureOnCommitCallbacks, cast: Cast, upload: StopImport) -> StopImport:
    """Have a checked import stored."""
    with capture(execute=True):
        uploads.store(actor=cast.owner, upload=upload)
    return again(upload)


def but_imports(rows: dict[str, Any]) -> dict[str, Any]:
    """Return a dump without the imports themselves, and without who signed in."""
    others = {"planning_stopimport", "django_session", "accounts_user"}
    return {table: one for table, one in rows.items() if table not in others}


# --- One after the other -----------------------------------------------------------------------


def test_a_file_is_checked_and_nothing_else_is_written(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    before = but_imports(everything())
    with django_capture_on_commit_callbacks(execute=True):
        upload = send(cast, BAD)
    upload = again(upload)
    assert upload.state == StopImport.State.CHECKED
    assert (upload.report["rows"], upload.report["imported"], upload.report["refused"]) == (2, 1, 1)
    assert what_changed(before, but_imports(everything())) == {}


def test_storing_stores_what_was_looked_at_and_forgets_the_file(
    cast: Cast,
    sent: StopImport,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    done = stored(django_capture_on_commit_callbacks, cast, sent)
    assert done.state == StopImport.State.DONE
    assert bytes(done.content) == b""
    assert Series.objects.count() == 1
    assert {event.state for event in Event.objects.all()} == {State.DRAFT}


def test_publishing_by_a_page_records_the_person_and_the_reason(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        upload = send(cast, override_reason=" Lịch cố định ")
    stored(django_capture_on_commit_callbacks, cast, again(upload))
    assert {event.state for event in Event.objects.all()} == {State.PUBLISHED}
    assert {(one.actor, one.reason) for one in RuleOverride.objects.all()} == {
        (cast.owner, "Lịch cố định")
    }


def test_rubbish_is_told_and_may_not_be_stored(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        upload = send(cast, b"PK\x03\x04rubbish")
    upload = again(upload)
    assert upload.state == StopImport.State.FAILED
    assert upload.failure
    with pytest.raises(Conflict):
        uploads.store(actor=cast.owner, upload=upload)
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.owner)
    page = client.get(reverse("import", args=[upload.uid])).content.decode()
    assert "This file was not imported" in page
    assert upload.failure in page
    assert "Import as drafts" not in page


def test_an_empty_file_is_refused_by_the_form(cast: Cast) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.owner)
    empty = SimpleUploadedFile("stops.csv", b"", content_type="text/csv")
    sent = {"file": empty, "since": "23/11/2026", "weeks": "13"}
    page = client.post(reverse("imports"), sent).content.decode()
    assert "error-summary" in page
    assert not StopImport.objects.exists()


def test_a_mistake_of_ours_is_told_at_once(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def stumble(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("stumbled")

    monkeypatch.setattr(importing, "check", stumble)
    with django_capture_on_commit_callbacks(execute=True):
        upload = send(cast)
    assert again(upload).state == StopImport.State.FAILED
    assert again(upload).failure


def test_what_was_given_up_is_never_stored(cast: Cast, sent: StopImport) -> None:
    uploads.give_up(actor=cast.owner, upload=sent)
    assert again(sent).state == StopImport.State.CANCELLED
    assert bytes(again(sent).content) == b""
    with pytest.raises(Conflict):
        uploads.store(actor=cast.owner, upload=sent)
    with pytest.raises(Conflict):
        uploads.give_up(actor=cast.owner, upload=sent)
    uploads.store_upload.call(sent.pk)
    assert not Event.objects.exists()


def test_giving_up_while_it_is_checked_stops_the_check(cast: Cast) -> None:
    upload = send(cast)
    uploads.give_up(actor=cast.owner, upload=upload)
    uploads.check_upload.call(upload.pk)
    assert again(upload).state == StopImport.State.CANCELLED
    assert again(upload).report == {}


def test_giving_up_what_seems_dead_undoes_what_is_still_being_stored(
    cast: Cast, sent: StopImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker was only slow: in the end nothing is stored, as the page said."""
    StopImport.objects.filter(pk=sent.pk).update(state=StopImport.State.STORING)
    commit = importing.commit

    def slow(*args: Any, **options: Any) -> None:
        commit(*args, **options)
        StopImport.objects.filter(pk=sent.pk).update(state=StopImport.State.CANCELLED)

    monkeypatch.setattr(importing, "commit", slow)
    uploads.store_upload.call(sent.pk)
    assert not Event.objects.exists()
    assert not Series.objects.exists()


def test_storing_twice_at_once_is_refused(cast: Cast, sent: StopImport) -> None:
    uploads.store(actor=cast.owner, upload=sent)
    with pytest.raises(Conflict):
        uploads.store(actor=cast.owner, upload=sent)
    with pytest.raises(Conflict):
        uploads.give_up(actor=cast.owner, upload=sent)


def test_a_schedule_that_moved_on_is_shown_again_before_it_is_stored(
    cast: Cast,
    sent: StopImport,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = send(cast, as_csv(stop(organisation="")))
    stored(django_capture_on_commit_callbacks, cast, again(first))
    before = but_imports(everything())

    second = stored(django_capture_on_commit_callbacks, cast, sent)

    assert second.state == StopImport.State.CHECKED
    assert second.report["changed_meanwhile"]
    assert second.report["changes_nothing"]
    assert what_changed(before, but_imports(everything())) == {}


@pytest.mark.parametrize("moment", [timedelta(0), timedelta(seconds=1)])
def test_work_is_quiet_after_five_minutes_and_not_before(
    cast: Cast, sent: StopImport, moment: timedelta
) -> None:
    sent.state, sent.beat_at = StopImport.State.STORING, clock.now()
    assert uploads.is_quiet(sent, sent.beat_at + uploads.QUIET + moment) is bool(moment)
    sent.state = StopImport.State.CHECKED
    assert not uploads.is_quiet(sent, sent.beat_at + uploads.QUIET * 2)


@pytest.mark.parametrize("weeks", [0, 105])
def test_weeks_are_within_their_range(cast: Cast, weeks: int) -> None:
    with pytest.raises(ValidationError):
        send(cast, weeks=weeks)
    assert not StopImport.objects.exists()


# --- Who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["colleague", "host", "stranger", "officer"])
def test_services_refuse_who_does_not_keep_the_plan(cast: Cast, sent: StopImport, who: str) -> None:
    person: User = getattr(cast, who)
    for refused in (
        lambda: send(cast, actor=person),
        lambda: uploads.store(actor=person, upload=sent),
        lambda: uploads.give_up(actor=person, upload=sent),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert again(sent).state == StopImport.State.CHECKED


ANSWERS = {"owner": 200, "colleague": 404, "host": 404, "stranger": 404, "officer": 404}


@pytest.mark.parametrize(("who", "status"), ANSWERS.items())
def test_an_import_is_shown_to_who_keeps_the_plan_and_is_nowhere_for_others(
    cast: Cast, sent: StopImport, who: str, status: int
) -> None:
    client = Client()
    client.force_login(getattr(cast, who))
    answer = client.get(reverse("import", args=[sent.uid]))
    assert answer.status_code in ({status} if status == 200 else {403, 404})
    for name in ("import_store", "import_give_up"):
        assert client.get(reverse(name, args=[sent.uid])).status_code == 405
        if status != 200:
            assert client.post(reverse(name, args=[sent.uid])).status_code in {403, 404}
    assert again(sent).state == StopImport.State.CHECKED


@pytest.mark.parametrize("who", ["stranger", "host"])
def test_for_another_library_it_does_not_exist(cast: Cast, sent: StopImport, who: str) -> None:
    client = Client()
    client.force_login(getattr(cast, who))
    assert client.get(reverse("import", args=[sent.uid])).status_code in {403, 404}
    address = f"{reverse('imports')}?library={cast.library.slug}"
    assert sent.file_name not in client.get(address).content.decode()
    for name in ("stops_csv", "stops_xlsx"):
        answer = client.get(f"{reverse(name)}?library={cast.library.slug}")
        assert answer.status_code in {403, 404}


def test_a_stranger_does_not_send_files_to_another_library(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.stranger)
    client.post(
        f"{reverse('imports')}?library={cast.library.slug}",
        {"file": uploaded(), "since": "23/11/2026", "weeks": "13"},
    )
    assert not StopImport.objects.filter(library=cast.library).exists()


def test_nobody_who_is_not_signed_in_sees_or_sends_anything(sent: StopImport) -> None:
    client = Client()
    for name, args in (
        ("imports", []),
        ("import", [sent.uid]),
        ("stops_csv", []),
        ("stops_xlsx", []),
    ):
        answer = client.get(reverse(name, args=args))
        assert answer.status_code == 302
        assert "login" in answer["Location"]
    for name in ("import_store", "import_give_up"):
        assert client.post(reverse(name, args=[sent.uid])).status_code == 302
    assert again(sent).state == StopImport.State.CHECKED


def test_without_the_right_to_override_rules_nothing_is_published(cast: Cast) -> None:
    planner = UserFactory.create(role="coordinator", library=cast.library)
    client = Client()
    client.force_login(planner)
    page = client.get(reverse("imports")).content.decode()
    assert 'name="publish"' in page
    client.post(
        reverse("imports"),
        {"file": uploaded(), "since": "23/11/2026", "weeks": "13", "publish": "on"},
    )
    assert not StopImport.objects.exists()  # no reason was given


def uploaded() -> Any:
    """Return a file as a form sends it."""
    return SimpleUploadedFile("stops.csv", TWO, content_type="text/csv")


# --- At the same time, and killed --------------------------------------------------------------


def checked(cast: Cast) -> StopImport:
    """Store a checked import that somebody has asked to be stored."""
    upload = send(cast)
    StopImport.objects.filter(pk=upload.pk).update(state=StopImport.State.STORING)
    return again(upload)


def store_and_die(_number: int, pk: int) -> None:
    """Store an import in this process, and kill it when everything but the last step is written."""

    def die(*_args: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(in_bulk, "tell_all", die)  # noqa: B010 (for good: this process is about to die)
    uploads.store_upload.call(pk)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_nothing_half_written_and_the_page_says_so(
    cast: Cast,
) -> None:
    upload = checked(cast)
    before = but_imports(everything())

    with pytest.raises(BrokenProcessPool):
        together(store_and_die, 1, upload.pk)

    assert what_changed(before, but_imports(everything())) == {}
    assert again(upload).state == StopImport.State.STORING
    StopImport.objects.update(beat_at=clock.now() - uploads.QUIET - timedelta(seconds=1))
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.owner)
    address = reverse("import", args=[upload.uid])
    assert "The work in the background has stopped" in client.get(address).content.decode()
    client.post(reverse("import_give_up", args=[upload.uid]))
    assert again(upload).state == StopImport.State.CANCELLED
    assert what_changed(before, but_imports(everything())) == {}


def store_side_by_side(number: int, keys: list[int]) -> None:
    """Store one of several imports, all of which were compared before any is stored."""
    compare = uploads._plan

    def wait(upload: StopImport) -> Plan:
        plan = compare(upload)
        uploads._plan = compare
        line_up()
        return plan

    uploads._plan = wait
    uploads.store_upload.call(keys[number])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_store_at_once_one_wins_and_the_other_looks_again(cast: Cast) -> None:
    both = [checked(cast), checked(cast)]

    together(store_side_by_side, 2, [upload.pk for upload in both])

    assert sorted(again(upload).state for upload in both) == ["checked", "done"]
    loser = StopImport.objects.get(state=StopImport.State.CHECKED)
    assert loser.report["changed_meanwhile"]
    assert loser.report["changes_nothing"]
    assert Series.objects.count() == 2
    assert Event.objects.count() == 26
