"""The pages of the reports, their downloads, and the figures of the building."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from outreach.accounts.models import Library, User
from outreach.attendance.inputs import counted
from outreach.common import audit, clock
from outreach.common.periods import add_months, first_of_month
from outreach.statistics import services
from outreach.statistics.models import BUILDING_MEASURES, BuildingFigures
from tests.cast import Cast
from tests.statistics.makers import held

MARCH = date(2025, 3, 1)


@pytest.fixture
def year(cast: Cast) -> str:
    """Store an evaluation year of two libraries and return its address."""
    held(cast.library, cast.colleague, people_served=1200, items_lent=40)
    enter(cast.owner, cast.library, reader_visits=50_000)
    enter(cast.stranger, cast.other_library, reader_visits=7)
    services.rebuild()
    return reverse("report_year", args=[2025])


def enter(actor: User, library: Library, **figures: int) -> BuildingFigures:
    values = {code: counted(value) for code, value in figures.items()}
    return services.set_building_figures(actor=actor, library=library, month=MARCH, figures=values)


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def get(user: User, url: str) -> Any:
    return signed_in(user).get(url)


def month(library: Library, first: date = MARCH) -> str:
    return reverse("building_month", args=[library.slug, f"{first:%Y-%m}"])


def typed(**values: Any) -> dict[str, Any]:
    return dict.fromkeys(BUILDING_MEASURES, "") | {"version": "0", **values}


# --- The report ----------------------------------------------------------------------------------


def test_the_list_leads_to_every_year_with_figures(cast: Cast, year: str) -> None:
    assert f'href="{year}"' in get(cast.owner, reverse("reports")).content.decode()


def test_an_officer_reads_all_libraries_and_their_total(cast: Cast, year: str) -> None:
    page = get(cast.officer, year).content.decode()
    assert "51,207" in page
    assert f"?library={cast.library.slug}" in page
    assert f"?library={cast.other_library.slug}" in page


def test_an_officer_can_turn_to_one_library(cast: Cast, year: str) -> None:
    page = get(cast.officer, f"{year}?library=a").content.decode()
    assert "51,200" in page
    assert "51,207" not in page


def test_a_coordinator_reads_only_their_own_library(cast: Cast, year: str) -> None:
    page = get(cast.owner, year).content.decode()
    assert "51,200" in page
    assert "51,207" not in page
    assert cast.other_library.short_name not in page


@pytest.mark.parametrize("name", ["report_year", "report_csv", "report_xlsx"])
def test_another_library_does_not_exist_for_a_coordinator(cast: Cast, year: str, name: str) -> None:
    url = reverse(name, args=[2025])
    assert get(cast.owner, f"{url}?library=b").status_code == 404


@pytest.mark.parametrize("number", [0, 1, 1999, 9999, 123456789012])
def test_a_year_without_figures_does_not_exist(cast: Cast, number: int) -> None:
    assert get(cast.officer, f"/reports/{number}/").status_code == 404


def pages(cast: Cast) -> list[str]:
    named = [reverse(name, args=[2025]) for name in ("report_year", "report_csv", "report_xlsx")]
    return [reverse("reports"), reverse("building_figures"), month(cast.library), *named]


def test_a_host_may_open_none_of_the_pages(cast: Cast, year: str) -> None:
    assert {get(cast.host, url).status_code for url in pages(cast)} == {403}


def test_whoever_is_not_signed_in_is_sent_to_sign_in(cast: Cast, year: str) -> None:
    for url in pages(cast):
        response = Client().get(url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))


# --- Downloads -----------------------------------------------------------------------------------


def test_the_csv_opens_back_with_the_figures_of_the_page(cast: Cast, year: str) -> None:
    response = get(cast.officer, f"{year}review.csv")
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    visits = [row[1:5] for row in rows if row[0] == "Reader visits"]
    assert visits == [
        [cast.library.name, "1200", "50000", "51200"],
        [cast.other_library.name, "0", "7", "7"],
        ["All libraries together", "1200", "50007", "51207"],
    ]


def test_the_workbook_opens_back_with_numbers_as_numbers(cast: Cast, year: str) -> None:
    response = get(cast.officer, f"{year}review.xlsx")
    book = openpyxl.load_workbook(BytesIO(response.content))
    figures, lacking = book.worksheets
    visits = [row[1:5] for row in figures.values if row[0] == "Reader visits"]
    assert visits[-1] == ("All libraries together", 1200, 50007, 51207)
    assert [row[:3] for row in lacking.values][1] == (cast.library.name, 1, 12)


def test_a_name_that_looks_like_a_formula_stays_text(cast: Cast, year: str) -> None:
    Library.objects.filter(pk=cast.library.pk).update(name_en='=HYPERLINK("http://x")')
    text = get(cast.owner, f"{year}review.csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert ";=HYPERLINK" not in text
    book = openpyxl.load_workbook(BytesIO(get(cast.owner, f"{year}review.xlsx").content))
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n"}


def test_a_coordinators_files_hold_only_their_own_library(cast: Cast, year: str) -> None:
    text = get(cast.owner, f"{year}review.csv").content.decode("utf-8-sig")
    assert cast.library.name in text
    assert cast.other_library.name not in text


# --- The figures of the building -----------------------------------------------------------------


def test_the_list_shows_what_is_entered_and_what_is_missing(cast: Cast, year: str) -> None:
    page = get(cast.owner, reverse("building_figures") + "?year=2025").content.decode()
    assert month(cast.library) in page
    assert "1 of 9 figures" in page
    assert "1 / 12" in page
    assert "missing" in page


def test_a_month_is_entered_with_how_each_figure_was_arrived_at(cast: Cast) -> None:
    data = typed(reader_visits="1.250", reader_visits_how="estimated", items_lent="0")
    assert signed_in(cast.owner).post(month(cast.library), data).status_code == 302
    stored = BuildingFigures.objects.get()
    assert (stored.reader_visits, stored.reader_visits_how) == (1250, "estimated")
    assert (stored.items_lent, stored.items_lent_how) == (0, "counted")
    assert (stored.items_used, stored.items_used_how) == (None, "not_collected")


@pytest.mark.parametrize("wrong", ["-5", "many", "12,5", "99999999999"])
def test_what_was_typed_stays_when_a_figure_is_wrong(cast: Cast, wrong: str) -> None:
    data = typed(reader_visits=wrong, items_lent="77", items_lent_how="estimated")
    response = signed_in(cast.owner).post(month(cast.library), data)
    page = response.content.decode()
    assert response.status_code == 400
    assert f'value="{wrong}"' in page
    assert 'value="77"' in page
    assert 'value="estimated" selected' in page
    assert "has-error" in page
    assert not BuildingFigures.objects.exists()


def test_a_correction_needs_a_reason_and_keeps_it(cast: Cast) -> None:
    stored = enter(cast.owner, cast.library, reader_visits=5)
    data = typed(reader_visits="6", version=str(audit.version_of(stored)))
    assert signed_in(cast.owner).post(month(cast.library), data).status_code == 400
    data["reason"] = "Đếm lại sổ mượn"
    assert signed_in(cast.owner).post(month(cast.library), data).status_code == 302
    assert BuildingFigures.objects.get().reader_visits == 6
    assert "Đếm lại sổ mượn" in get(cast.officer, month(cast.library)).content.decode()


def test_a_correction_of_an_older_version_overwrites_nothing(cast: Cast) -> None:
    stored = enter(cast.owner, cast.library, reader_visits=5)
    stale = typed(reader_visits="9", reason="x", version=str(audit.version_of(stored) - 1))
    response = signed_in(cast.owner).post(month(cast.library), stale)
    assert response.status_code == 412
    assert 'value="9"' in response.content.decode()
    assert BuildingFigures.objects.get().reader_visits == 5


def test_an_officer_and_a_crew_member_read_and_may_not_change(cast: Cast) -> None:
    enter(cast.owner, cast.library, reader_visits=4321)
    for user in (cast.officer, cast.colleague):
        response = get(user, month(cast.library))
        assert "4,321" in response.content.decode()
        assert 'name="reader_visits"' not in response.content.decode()
        sent = signed_in(user).post(month(cast.library), typed(reader_visits="1"))
        assert sent.status_code == 403
    assert BuildingFigures.objects.get().reader_visits == 4321


def test_a_foreign_library_does_not_exist(cast: Cast) -> None:
    url = month(cast.other_library)
    assert get(cast.owner, url).status_code == 404
    assert signed_in(cast.owner).post(url, typed(reader_visits="1")).status_code == 404
    assert not BuildingFigures.objects.exists()


@pytest.mark.parametrize("text", ["2025-13", "2025-3", "1899-01", "x", "2025-03-01"])
def test_what_is_no_month_does_not_exist(cast: Cast, text: str) -> None:
    url = reverse("building_month", args=[cast.library.slug, text])
    assert get(cast.owner, url).status_code == 404


def test_a_month_that_has_not_begun_does_not_exist(cast: Cast) -> None:
    running = first_of_month(clock.today(cast.library.zone))
    assert get(cast.owner, month(cast.library, running)).status_code == 200
    assert get(cast.owner, month(cast.library, add_months(running, 1))).status_code == 404
