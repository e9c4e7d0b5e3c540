"""The pages of communes and provinces: as they are, were and will be, with links in time."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from outreach.common import clock
from tests.factories import CommuneFactory, ProvinceFactory
from tests.places.loader import REFORM, load, load_before, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four communes of 2025 and the reform of 2027, seen on 1 December 2026."""
    load_before(tmp_path)
    path = write(tmp_path, "reform.csv", REFORM)
    load("--file", path, "--valid-from", "2027-01-01", "--commit", "--activate")
    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 1))
    now = clock.at(date(2026, 12, 1), clock.start_of(date(2026, 12, 1)).time())
    monkeypatch.setattr(clock, "now", lambda: now)


def page(client: Client, code: str, on: str = "", status: int = 200) -> str:
    client.cookies["django_language"] = "en"
    response = client.get(reverse("place", args=[code]), {"on": on} if on else {})
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


def link(code: str, name: str, on: str = "") -> str:
    url = reverse("place", args=[code]) + (f"?on={on}" if on else "")
    return f'<a href="{url}">{name}'


def test_a_commune_says_since_when_it_stands_and_what_becomes_of_it(client: Client) -> None:
    html = page(client, "102")
    assert "From 01/07/2025 to 31/12/2026" in html
    assert "Xã B ends on 01/01/2027." in html
    assert link("101", "Xã Thủy A", "2027-01-01") in html


def test_a_divided_commune_names_its_parts_and_that_figures_are_approximate(
    client: Client,
) -> None:
    html = page(client, "104")
    assert link("104", "Xã D", "2027-01-01") in html
    assert link("105", "Xã E", "2027-01-01") in html
    assert html.count("(a part of it)") == 2
    assert "figures carried over to the new units are approximate" in html


def test_a_commune_to_come_is_found_on_its_day_and_names_what_it_was(client: Client) -> None:
    page(client, "105", on="2026-12-31", status=404)
    html = page(client, "105", on="2027-01-01")
    assert "<h1>Xã E</h1>" in html
    assert "Xã E begins on 01/01/2027." in html
    assert link("104", "Xã D") in html


def test_a_merged_commune_leads_back_to_those_it_was_made_of(client: Client) -> None:
    html = page(client, "101", on="2027-06-01")
    assert "Formed on 01/01/2027 from:" in html
    assert link("101", "Xã Thủy A") in html
    assert link("102", "Xã B") in html


def test_a_province_has_the_communes_of_the_day(client: Client) -> None:
    today = page(client, "40")
    assert "4 communes on 01/12/2026" in today
    assert link("103", "Xã C</a>") in today
    later = page(client, "40", on="2027-01-01")
    assert "4 communes on 01/01/2027" in later
    assert link("113", "Xã C Mới</a>", "2027-01-01") in later
    assert "Xã C</a>" not in later
    assert reverse("calendar_feed", args=["province", "40"]) in today


def test_a_former_province_shows_what_it_had_on_its_last_day(client: Client) -> None:
    former = ProvinceFactory.create(
        code="45", name="Quảng Trị cũ", valid_from=date(2004, 7, 8), valid_to=date(2025, 7, 1)
    )
    CommuneFactory.create_batch(
        61, parent=former, valid_from=date(2004, 7, 8), valid_to=date(2025, 7, 1)
    )
    html = page(client, "45")
    assert "61 communes on 30/06/2025" in html
    assert "Tỉnh Quảng Trị cũ ended on 01/07/2025." in html
    assert html.count('<li><a href="/places/') == 60
    assert "?page=2" in html
    assert "webcal:" not in html


def test_the_number_of_queries_does_not_grow_with_the_communes(
    client: Client, django_assert_max_num_queries: object
) -> None:
    CommuneFactory.create_batch(50, parent=ProvinceFactory.create(code="77"))
    for code in ("40", "77"):
        with django_assert_max_num_queries(14):  # type: ignore[operator]
            page(client, code)
