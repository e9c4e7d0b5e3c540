"""Files are made in the background, for the person who ordered them, and do not stay for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from outreach.accounts.models import Membership, User
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotFound
from outreach.config import housekeeping
from outreach.printing import engine, kinds, services
from outreach.printing.kinds import Order
from outreach.printing.models import KEPT, PrintJob
from tests.cast import Cast

State = PrintJob.State


class Letter:
    """A document of as many pages as are wanted, for staff of the library alone."""

    label: str | Promise = "Letter"

    def __init__(self, cast: Cast) -> None:
        self.library = cast.library

    def order(self, wanted: Mapping[str, str], reader: User) -> Order:
        if not type(self.library).objects.visible_to(reader).filter(pk=self.library.pk).exists():
            raise NotFound()
        return Order(self.library, "Thư ngỏ", "letter", {"pages": wanted.get("pages", "1")})

    def html(self, order: Order, reader: User, toolbar: str = "") -> str:
        zone = timezone.get_current_timezone_name()
        said = f"<p>{translation.get_language()} {zone}</p>"
        pages = "<p style='break-before: page'>x</p>" * (int(order.params["pages"]) - 1)
        return f"<html><body>{said}{pages}</body></html>"


@pytest.fixture(autouse=True)
def letter(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Letter:
    made = Letter(cast)
    monkeypatch.setitem(kinds._KINDS, "letter", made)
    return made


@pytest.fixture
def _later(settings: Settings) -> None:
    """Leave tasks to a worker that never comes."""
    backend = "django_tasks_db.DatabaseBackend"
    settings.TASKS = {"default": {"BACKEND": backend, "QUEUES": ["default", "mail"]}}


def order(cast: Cast, **wanted: str) -> PrintJob:
    return services.order_file(actor=cast.owner, kind="letter", wanted=wanted)


def made(cast: Cast, on_commit: DjangoCaptureOnCommitCallbacks, **wanted: str) -> PrintJob:
    with on_commit(execute=True):
        job = order(cast, **wanted)
    job.refresh_from_db()
    return job


def test_a_file_is_made_and_says_how_large_it_is(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    job = made(cast, django_capture_on_commit_callbacks, pages="3")
    assert (job.state, job.done, job.total) == (State.DONE, 3, 3)
    assert bytes(job.content).startswith(b"%PDF-")
    assert job.size == len(job.content)
    assert (job.file_name, job.title) == ("letter.pdf", "Thư ngỏ")


def test_it_is_written_in_the_language_it_was_ordered_in_and_the_librarys_clock(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    cast.library.time_zone = "Europe/London"
    cast.library.save()
    written: list[str] = []

    def as_pdf(html: str, **_more: object) -> tuple[bytes, int]:
        written.append(html)
        return b"%PDF-", 1

    monkeypatch.setattr(engine, "as_pdf", as_pdf)
    with translation.override("en"), django_capture_on_commit_callbacks(execute=False) as waiting:
        order(cast)
    for run in waiting:
        run()
    assert "en Europe/London" in written[0]


def test_what_may_no_longer_be_seen_is_not_made(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=False) as waiting:
        job = order(cast)
    Membership.objects.filter(user=cast.owner).delete()
    for run in waiting:
        run()
    job.refresh_from_db()
    assert (job.state, bytes(job.content)) == (State.FAILED, b"")


def test_a_file_that_is_given_up_ends_at_the_next_page(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    real, reached = engine.as_pdf, list[int]()

    def as_pdf(html: str, *, progress: engine.Progress) -> tuple[bytes, int]:
        def told(page: int) -> None:
            reached.append(page)
            if page == 2:
                job = PrintJob.objects.get()
                services.give_up(actor=cast.owner, job=job)
            progress(page)

        return real(html, progress=told)

    monkeypatch.setattr(engine, "as_pdf", as_pdf)
    job = made(cast, django_capture_on_commit_callbacks, pages="9")
    assert (job.state, bytes(job.content), reached) == (State.CANCELLED, b"", [1, 2])


def test_pages_are_told_while_it_is_being_made(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    seen: list[tuple[str, int]] = []

    def as_pdf(_html: str, *, progress: engine.Progress) -> tuple[bytes, int]:
        for page in (1, 2):
            progress(page)
            seen.append(PrintJob.objects.values_list("state", "done").get())
        return b"%PDF-", 2

    monkeypatch.setattr(engine, "as_pdf", as_pdf)
    made(cast, django_capture_on_commit_callbacks)
    assert seen == [(State.RUNNING, 1), (State.RUNNING, 2)]


def test_without_the_systems_libraries_the_job_says_so(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def missing() -> None:
        raise engine.EngineMissing("libpango")

    monkeypatch.setattr(engine, "_weasyprint", missing)
    job = made(cast, django_capture_on_commit_callbacks)
    assert (job.state, job.lacks_engine) == (State.FAILED, True)


def test_a_fault_of_ours_is_said_and_still_logged(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(engine, "as_pdf", broken)
    job = made(cast, django_capture_on_commit_callbacks)
    assert job.state == State.FAILED
    assert "RuntimeError" not in job.failure
    assert job.failure == str(services.OUR_FAULT)


def test_a_document_without_one_of_its_parts_is_no_success(
    cast: Cast,
    letter: Letter,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    lost = '<html><link rel="stylesheet" href="/static/web/css/gone.css"><body>x</body></html>'
    monkeypatch.setattr(letter, "html", lambda *_order: lost)
    job = made(cast, django_capture_on_commit_callbacks)
    assert (job.state, bytes(job.content)) == (State.FAILED, b"")
    assert job.failure == str(services.INCOMPLETE)


def test_a_worker_that_comes_twice_makes_it_once(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    job = made(cast, django_capture_on_commit_callbacks)
    ended = job.ended_at
    services.make_file.enqueue(job.pk)
    job.refresh_from_db()
    assert job.ended_at == ended


@pytest.mark.usefixtures("_later")
def test_one_person_waits_for_five_files_at_most(cast: Cast) -> None:
    for _number in range(services.MOST_AT_ONCE):
        order(cast)
    with pytest.raises(InvalidInput):
        order(cast)
    services.give_up(actor=cast.owner, job=PrintJob.objects.all()[0])
    assert order(cast).state == State.QUEUED


@pytest.mark.usefixtures("_later")
def test_work_without_a_sign_of_life_is_told_of_and_does_not_count(cast: Cast) -> None:
    long_ago = clock.now() - services.QUIET - timedelta(seconds=1)
    for _number in range(services.MOST_AT_ONCE):
        job = services.order_file(actor=cast.owner, kind="letter", wanted={}, now=long_ago)
        assert services.is_quiet(job, clock.now())
    assert not services.is_quiet(order(cast), clock.now())


@pytest.mark.usefixtures("_later")
def test_a_file_is_its_owners_alone(cast: Cast) -> None:
    order(cast)
    people = (cast.owner, cast.colleague, cast.stranger, cast.officer, cast.host)
    assert [PrintJob.objects.visible_to(one).count() for one in people] == [1, 0, 0, 0, 0]
    with pytest.raises(Conflict):
        services.give_up(actor=cast.colleague, job=PrintJob.objects.get())


@pytest.mark.usefixtures("_later")
def test_who_has_left_the_library_no_longer_sees_its_files(cast: Cast) -> None:
    order(cast)
    Membership.objects.filter(user=cast.owner).delete()
    assert not PrintJob.objects.visible_to(User.objects.get(pk=cast.owner.pk)).exists()


@pytest.mark.parametrize("who", ["stranger", "host"])
def test_who_may_not_see_a_document_cannot_order_it(cast: Cast, who: str) -> None:
    with pytest.raises(NotFound):
        services.order_file(actor=getattr(cast, who), kind="letter", wanted={})
    with pytest.raises(NotFound):
        services.order_file(actor=cast.owner, kind="no-such", wanted={})


@pytest.mark.usefixtures("_later")
def test_files_go_after_seven_days_and_not_before(cast: Cast) -> None:
    now = clock.now()
    for age in (KEPT, KEPT + timedelta(seconds=1)):
        services.order_file(actor=cast.owner, kind="letter", wanted={}, now=now - age)
    with transaction.atomic():
        assert housekeeping.keep_house(now=now)["printed files cleared away"] == 1
    assert [now - job.made_at for job in PrintJob.objects.all()] == [KEPT]
