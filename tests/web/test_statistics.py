"""The statistics page, the sheets behind each figure, and the same figures as files."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from outreach.accounts.models import User
from outreach.attendance.inputs import NOT_COLLECTED, estimated
from outreach.common import clock
from outreach.statistics.services import rebuild
from tests.cast import Cast, make_cast
from tests.factories import CommuneFactory
from tests.statistics.makers import at, held

PAGES = ("statistics", "statistics_sheets", "statistics_csv", "statistics_xlsx")
YEAR = {"from": "2025-01", "to": "2025-12"}


def _cast_with_sheets() -> Cast:
    made = make_cast()
    held(
        made.library,
        made.owner,
        starts_at=at("2025-03-05"),
        people_served=estimated(1234),
        items_lent=NOT_COLLECTED,
    )
    held(made.library, made.owner, "talk", starts_at=at("2025-04-05"), people_served=6)
    held(made.other_library, made.stranger, starts_at=at("2025-04-06"), people_served=77_000)
    rebuild()
    return made


@pytest.fixture(scope="module")
def store_cast() -> Callable[[], Cast]:
    return _cast_with_sheets


def get(user: User, name: str = "statistics", **words: str) -> Any:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client.get(reverse(name), words)


def text_of(response: Any) -> str:
    return unescape(str(response.content, "utf-8"))


def csv_lines(response: Any) -> list[list[str]]:
    return list(csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


# --- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_whoever_is_not_signed_in_is_sent_to_sign_in(db: None, client: Client, name: str) -> None:
    response = client.get(reverse(name))
    assert (response.status_code, "login" in response["location"]) == (302, True)


@pytest.mark.parametrize("name", PAGES)
def test_a_host_may_not_see_statistics(cast: Cast, name: str) -> None:
    assert get(cast.host, name).status_code == 403


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("person", ["owner", "colleague", "stranger", "officer"])
def test_staff_see_statistics(cast: Cast, name: str, person: str) -> None:
    assert get(getattr(cast, person), name, **YEAR).status_code == 200


def test_each_sees_their_own_libraries_and_an_officer_all(cast: Cast) -> None:
    totals = {
        person: csv_lines(get(getattr(cast, person), "statistics_csv", by="library", **YEAR))[-1][2]
        for person in ("owner", "stranger", "officer")
    }
    assert totals == {"owner": "1240", "stranger": "77000", "officer": "78240"}


# --- The page -----------------------------------------------------------------------------------


def test_it_opens_on_the_last_twelve_months(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 3, 15))
    page = text_of(get(cast.owner))
    assert 'value="2025-04"' in page
    assert 'value="2026-03"' in page
    assert "Evaluation year 2025" in page
    assert "from=2024-12&to=2025-11" in page


@pytest.mark.parametrize("group", ["month", "library", "province", "commune", "kind", "audience"])
def test_every_figure_leads_to_the_sheets_that_sum_to_it(cast: Cast, group: str) -> None:
    page = text_of(get(cast.officer, by=group, **YEAR))
    links = re.findall(r'href="(/statistics/sheets/[^"]*)"[^>]*>([\d,]+)</a>', page)
    assert links
    for address, shown in links:
        words = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
        behind = text_of(get(cast.officer, "statistics_sheets", **words))
        assert f'<dd class="figure">{shown}</dd>' in behind, address


def test_the_page_says_what_was_estimated_and_what_was_not_collected(cast: Cast) -> None:
    page = text_of(get(cast.owner, library="a", measure="items_lent", by="kind", **YEAR))
    assert "99% estimated" in page or "100% estimated" in page
    assert "not collected" in page


def test_an_address_brings_the_same_view_back(cast: Cast) -> None:
    words = {"by": "kind", "measure": "participants", "kind": "talk", "library": "a", **YEAR}
    page = text_of(get(cast.owner, **words))
    for word in ("kind", "participants", "talk", "a"):
        assert f'<option value="{word}" selected>' in page


def test_a_period_without_sheets_says_so(cast: Cast) -> None:
    page = text_of(get(cast.owner, by="kind", **{"from": "2020-01", "to": "2020-02"}))
    assert "Nothing was counted here" in page


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("words", "said", "kept"),
    [
        ({"from": "2025-06", "to": "2025-01"}, "before the first", 'value="2025-06"'),
        ({"from": "2025-13"}, "“2025-13” is not a month", 'value="2025-13"'),
        ({"from": "<script>"}, "is not a month", 'value="<script>"'),
        ({"to": "0001-01"}, "too far away", "0001-01"),
        ({"library": "nowhere"}, "no library “nowhere”", '"nowhere" selected'),
        ({"library": "b"}, "no library “b”", '"b" selected'),
        ({"by": "colour"}, "“colour”", '"colour" selected'),
        ({"measure": "joy"}, "“joy”", '"joy" selected'),
        ({"measure": "items_lent", "by": "audience"}, "not told by audience", '"items_lent" sel'),
        ({"province": "x@y"}, "“x@y”", '"x@y" selected'),
        ({"commune": "999"}, "“999”", '"999" selected'),
        ({"kind": "party"}, "“party”", '"party" selected'),
        ({"audience": "cats", "measure": "people_served"}, "“cats”", '"cats" selected'),
    ],
)
def test_what_cannot_be_answered_is_said_and_kept(
    cast: Cast, name: str, words: dict[str, str], said: str, kept: str
) -> None:
    response = get(cast.owner, name, **words)
    assert response.status_code == 400
    assert said in text_of(response)
    assert kept in text_of(response)
    assert "<script>" not in re.sub(r"<script [^>]*src=", "", response.content.decode())


@pytest.mark.parametrize("name", ["statistics", "statistics_sheets"])
def test_a_page_costs_the_same_for_few_sheets_and_for_many(cast: Cast, name: str) -> None:
    costs = []
    for _size in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert get(cast.owner, name, by="commune", **YEAR).status_code == 200
        costs.append(len(queries))
        for number in range(10):
            held(
                cast.library,
                cast.owner,
                "talk",
                commune=CommuneFactory.create(),
                people_served=number,
            )
        rebuild()
    assert costs[1] <= costs[0] + 1  # the names of communes, once there are some
    assert costs[1] < 30


# --- Files --------------------------------------------------------------------------------------


def test_the_csv_is_one_that_a_vietnamese_spreadsheet_opens(cast: Cast) -> None:
    response = get(cast.owner, "statistics_csv", **YEAR)
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert response["content-type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="[\w.-]+\.csv"', response["content-disposition"])
    head, *lines = csv_lines(response)
    assert head[:3] == ["Month", "Events held", "People served"]
    march = next(line for line in lines if line[0] == "03/2025")
    assert march[1:4] == ["1", "1234", "1234"]
    assert "not collected" in march
    assert lines[-1][:3] == ["Total", "2", "1240"]


def test_the_workbook_holds_real_numbers_and_says_what_was_asked(cast: Cast) -> None:
    response = get(cast.owner, "statistics_xlsx", library="a", **YEAR)
    book = load_workbook(BytesIO(response.content))
    figures, about = book.worksheets
    assert [cell.value for cell in figures[1]][:3] == ["Month", "Events held", "People served"]
    assert [cell.value for cell in figures[4]][:3] == ["03/2025", 1, 1234]
    assert figures["C4"].data_type == "n"
    assert figures.column_dimensions["A"].width > 20
    assert [cell.value for cell in about[1]] == ["Period", "01/2025 to 12/2025"]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_a_name_that_looks_like_a_formula_stays_a_name(cast: Cast, sign: str) -> None:
    name = f"{sign}HYPERLINK(1)"
    cast.library.short_en = name
    cast.library.save()
    lines = csv_lines(get(cast.owner, "statistics_csv", by="library", **YEAR))
    assert lines[1][0] == f"'{name}"
    workbook = get(cast.owner, "statistics_xlsx", by="library", **YEAR).content
    cell = load_workbook(BytesIO(workbook)).worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).endswith("HYPERLINK(1)")


def test_the_heads_of_a_file_are_translated(cast: Cast) -> None:
    client = Client(headers={"accept-language": "vi"})
    client.force_login(cast.owner)
    head = csv_lines(client.get(reverse("statistics_csv"), YEAR))[0]
    assert head[2] == "Lượt người được phục vụ"
