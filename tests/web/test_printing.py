"""Documents on the screen and their files: whose they are, and what is said on the way."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from outreach.accounts.models import User
from outreach.attendance.codes import code_of
from outreach.common import clock
from outreach.printing import engine, services
from outreach.printing.models import PrintJob
from outreach.scheduling.models import Trip
from tests.cast import Cast, make_cast
from tests.planning.approval.plans import make_season
from tests.scheduling.desk import make_event, make_public_trip, make_trip


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def trip(cast: Cast) -> Trip:
    return make_trip(cast)


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def document(kind: str, **wanted: str) -> str:
    return reverse("document", args=[kind], query=wanted)


def ordered(user: User, trip: Trip) -> PrintJob:
    address = reverse("print_order", args=["run-sheet"])
    signed_in(user).post(address, {"trip": trip.uid})
    return PrintJob.objects.get()


def test_a_document_opens_in_the_browser_without_inline_style_or_script(
    cast: Cast, trip: Trip
) -> None:
    season = make_season(cast)
    for address in (
        document("run-sheet", trip=trip.uid),
        document("commune-notice", trip=trip.uid),
        document("season-plan", season=str(season.pk)),
    ):
        answer = signed_in(cast.owner).get(address)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "unsafe-inline" not in answer["Content-Security-Policy"]
        assert " style=" not in page
        assert "<style" not in page
        assert "<script>" not in page


def test_a_file_is_ordered_looked_at_and_fetched(
    cast: Cast, trip: Trip, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = signed_in(cast.owner)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("print_order", args=["run-sheet"]), {"trip": trip.uid})
    job = PrintJob.objects.get()
    assert answer.headers["Location"] == reverse("print_job", args=[job.uid])
    file_url = reverse("print_file", args=[job.uid])
    assert file_url in client.get(answer.headers["Location"]).content.decode()
    assert file_url in client.get(reverse("print_jobs")).content.decode()
    file = client.get(file_url)
    assert file["Content-Type"] == "application/pdf"
    assert file.content.startswith(b"%PDF-")
    assert "no-store" in file["Cache-Control"]


@pytest.mark.parametrize("who", ["colleague", "officer", "stranger"])
def test_somebody_elses_file_is_not_found(cast: Cast, trip: Trip, who: str) -> None:
    job = ordered(cast.owner, trip)
    client = signed_in(getattr(cast, who))
    for name in ("print_job", "print_file"):
        assert client.get(reverse(name, args=[job.uid])).status_code == 404
    assert client.post(reverse("print_give_up", args=[job.uid])).status_code == 404
    assert job.title not in client.get(reverse("print_jobs")).content.decode()


def test_a_run_sheet_with_its_phones_is_for_staff_of_the_library_alone(
    cast: Cast, trip: Trip
) -> None:
    address = document("run-sheet", trip=trip.uid)
    assert signed_in(cast.colleague).get(address).status_code == 200
    assert signed_in(cast.stranger).get(address).status_code == 404
    assert signed_in(cast.host).get(address).status_code == 403
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize("who", ["stranger", "host"])
def test_nobody_orders_what_they_may_not_see(cast: Cast, trip: Trip, who: str) -> None:
    address = reverse("print_order", args=["run-sheet"])
    answer = signed_in(getattr(cast, who)).post(address, {"trip": trip.uid})
    assert answer.status_code in (403, 404)
    assert not PrintJob.objects.exists()


def test_an_unknown_document_is_not_found(cast: Cast) -> None:
    assert signed_in(cast.owner).get(document("poster")).status_code == 404
    assert signed_in(cast.owner).get(document("run-sheet", trip="x" * 400)).status_code == 404


def test_a_server_without_the_libraries_says_what_to_install_and_still_shows_the_document(
    cast: Cast,
    trip: Trip,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def missing() -> None:
        raise engine.EngineMissing("libpango")

    monkeypatch.setattr(engine, "_weasyprint", missing)
    with django_capture_on_commit_callbacks(execute=True):
        job = ordered(cast.owner, trip)
    client = signed_in(cast.owner)
    page = client.get(reverse("print_job", args=[job.uid])).content.decode()
    assert engine.INSTALL_LINE in page
    shown = document("run-sheet", trip=trip.uid)
    assert shown in page
    assert client.get(shown).status_code == 200


def test_a_file_still_being_made_shows_how_far_it_is_and_can_be_given_up(
    cast: Cast, trip: Trip, settings: Settings
) -> None:
    backend = "django_tasks_db.DatabaseBackend"
    settings.TASKS = {"default": {"BACKEND": backend, "QUEUES": ["default", "mail"]}}
    job = ordered(cast.owner, trip)
    PrintJob.objects.update(state="running", done=7)
    client, address = signed_in(cast.owner), reverse("print_job", args=[job.uid])
    assert "7 pages laid out so far" in client.get(address).content.decode()
    assert client.get(reverse("print_file", args=[job.uid])).status_code == 302
    client.post(reverse("print_give_up", args=[job.uid]))
    assert "given up" in client.get(address).content.decode()


def test_work_that_has_died_is_told_of(cast: Cast, trip: Trip, settings: Settings) -> None:
    backend = "django_tasks_db.DatabaseBackend"
    settings.TASKS = {"default": {"BACKEND": backend, "QUEUES": ["default", "mail"]}}
    job = ordered(cast.owner, trip)
    PrintJob.objects.update(beat_at=clock.now() - 2 * services.QUIET)
    page = signed_in(cast.owner).get(reverse("print_job", args=[job.uid])).content.decode()
    assert "has stopped" in page
    assert "hx-get" not in page


# --- The code on a tally sheet -------------------------------------------------------------------


def test_a_code_opens_the_sheet_of_its_event(cast: Cast) -> None:
    event = make_public_trip(cast).events.get()
    client, code = signed_in(cast.colleague), code_of(event.pk)
    typed = client.get(reverse("result_code_typed"), {"code": code.lower().replace("-", " ")})
    answer = client.get(typed.headers["Location"])
    assert answer.headers["Location"] == reverse("result_new", args=[event.uid])


def test_a_code_copied_wrong_is_said_to_be_wrong(cast: Cast) -> None:
    answer = signed_in(cast.colleague).get(
        reverse("result_code_typed"), {"code": "ABCD"}, follow=True
    )
    assert "This code is not right" in answer.content.decode()


def test_another_librarys_code_leads_nowhere(cast: Cast) -> None:
    address = reverse("result_code", args=[code_of(make_event(cast).pk)])
    assert signed_in(cast.owner).get(address).status_code == 302
    assert signed_in(cast.stranger).get(address).status_code == 404
    assert signed_in(cast.officer).get(address).status_code == 403
    assert signed_in(cast.host).get(address).status_code == 403
    for rubbish in ("0000-000", "x", "%00"):
        address = reverse("result_code", args=[rubbish])
        assert signed_in(cast.owner).get(address).status_code == 404
