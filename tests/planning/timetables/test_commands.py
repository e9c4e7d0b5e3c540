"""The commands: a dry run by default, one line of JSON at the end, plain refusals."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from outreach.accounts.models import Library
from outreach.scheduling.models import Activity, ActivityKind, Event, RuleOverride, Series, State
from tests.cast import Cast
from tests.planning.timetables.files import as_csv, everything, later, stop, what_changed

pytestmark = pytest.mark.django_db

ROWS = as_csv(
    stop(),
    later(),
    later(),
    stop(stop="", mobile="Van 2"),
    stop(mobile="Van 3", stop="Church", geox="", geoy=""),
)


@pytest.fixture
def timetable(tmp_path: Path) -> str:
    """A file of five rows, two of which cannot be imported."""
    path = tmp_path / "timetable.csv"
    path.write_bytes(ROWS)
    return str(path)


def run(*args: str, **options: Any) -> tuple[dict[str, int], str]:
    """Run the import; return its last line and everything it told."""
    out, err = io.StringIO(), io.StringIO()
    call_command(
        "import_stops", *args, "--json", "--from", "2026-11-23", stdout=out, stderr=err, **options
    )
    return json.loads(out.getvalue().strip().splitlines()[-1]), out.getvalue() + err.getvalue()


def test_a_dry_run_tells_everything_and_writes_nothing(timetable: str) -> None:
    before = everything()
    summary, said = run(timetable)
    assert summary == {"rows": 5, "imported": 3, "refused": 2, "warnings": 2}
    assert summary["rows"] == summary["imported"] + summary["refused"]
    for row in (4, 5, 6):
        assert f"Row {row}" in said or f"Hàng {row}" in said or f"Dòng {row}" in said
    assert what_changed(before, everything()) == {}


def test_committing_stores_drafts_of_a_library_that_is_made(timetable: str) -> None:
    summary, _said = run(timetable, "--commit")
    assert summary["imported"] == 3
    assert Series.objects.count() == 3
    assert {event.state for event in Event.objects.all()} == {State.DRAFT}
    before = everything()
    assert run(timetable, "--commit")[0] == summary
    assert what_changed(before, everything()) == {}


def test_publishing_takes_a_reason_and_a_person(timetable: str, cast: Cast) -> None:
    cast.owner.is_superuser = True
    cast.owner.save()
    run(timetable, "--commit", "--publish", "Lịch cố định", "--by", cast.owner.email)
    assert {event.state for event in Event.objects.all()} == {State.PUBLISHED}
    assert {(one.reason, one.actor) for one in RuleOverride.objects.all()} == {
        ("Lịch cố định", cast.owner)
    }


@pytest.mark.parametrize(
    "options",
    [
        ["--publish", "why"],
        ["--publish", " ", "--by", "x@example.org"],
        ["--library", "nowhere"],
        ["--time-zone", "Europe/Nowhere"],
        ["--from", "soon"],
        ["--weeks", "0"],
        ["--weeks", "105"],
        ["--commit", "--by", "nobody@example.org"],
    ],
)
def test_what_cannot_be_wished_for_is_refused(timetable: str, options: list[str]) -> None:
    before = everything()
    with pytest.raises(CommandError):
        call_command("import_stops", timetable, *options)
    assert what_changed(before, everything()) == {}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"a,b\n1,2\n"])
def test_a_file_that_is_no_timetable_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        call_command("import_stops", str(path))
    assert str(refusal.value)


def test_a_file_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("import_stops", "/nowhere/timetable.csv")
    with pytest.raises(CommandError, match="nowhere"):
        call_command("export_stops", "/nowhere/timetable.csv")


def test_exporting_and_importing_go_round(timetable: str, tmp_path: Path) -> None:
    run(timetable, "--commit")
    out = io.StringIO()
    call_command("export_stops", stdout=out)
    for name in ("again.csv", "again.xlsx"):
        path = tmp_path / name
        call_command("export_stops", str(path), "--library", Library.objects.get().slug)
        before = everything()
        summary, _said = run(str(path), "--commit")
        assert summary == {"rows": 3, "imported": 3, "refused": 0, "warnings": 2}
        assert what_changed(before, everything()) == {}
    assert (tmp_path / "again.csv").read_bytes().decode() == out.getvalue()


@pytest.mark.parametrize("options", [["--library", "nowhere"], ["--on", "soon"]])
def test_an_export_of_what_is_not_there_is_refused(options: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("export_stops", *options)


def test_a_database_without_reference_data_gets_it_on_the_way(timetable: str) -> None:
    ActivityKind.objects.all().delete()
    summary, _said = run(timetable, "--commit")
    assert summary["imported"] == 3
    assert {activity.kind_id for activity in Activity.objects.all()} == {"mobile_service"}
