"""Reading the statistics page and its files."""

from __future__ import annotations

import csv
import re
from io import BytesIO, StringIO

from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page

from outreach.common import clock
from outreach.places.models import AdministrativeUnit
from outreach.scheduling.models import Audience
from outreach.statistics.models import Measure
from outreach.statistics.selectors import unit_label
from tests.walk.scene import Scene
from tests.walk.steps import press


def name_of(code: str) -> str:
    """Return what a measure is called on the page."""
    with translation.override("vi"):
        return Measure.objects.get(code=code).name


def ask(page: Page, scene: Scene) -> None:
    """Ask for this month's figures of the scene's commune, by the page's own form."""
    page.goto(reverse("statistics"))
    page.locator(".more-filters summary").click()
    province = scene.counted.parent
    assert province is not None
    page.locator("[name=province]").select_option(label=_label(province))
    press(page, "Show", "filter")
    page.locator("[name=commune]").select_option(label=_label(scene.counted))
    month = f"{clock.local(scene.begun.starts_at):%Y-%m}"
    page.locator("[name=from]").fill(month)
    page.locator("[name=to]").fill(month)
    press(page, "Show", "filter")


def ask_instead(page: Page, field: str, word: str) -> None:
    """Change one word of the question and ask again."""
    page.locator(f"[name={field}]").select_option(word)
    press(page, "Show", "filter")


def totals(page: Page) -> dict[str, int]:
    """Return the sums at the foot of the table, by the measure's name; empty without a table."""
    return _row(page, page.locator("tfoot tr:not(.apart)"))


def line(page: Page, label: str) -> dict[str, int]:
    """Return one row of the table, or nothing where there is no such row."""
    return _row(page, page.locator("table tr", has=page.get_by_role("rowheader", name=label)))


def cell(page: Page, measure: str) -> Locator:
    """Return the table's first cell of this measure."""
    place = _titles(page).index(measure)
    return page.locator("tbody tr").first.locator("td").nth(place)


def in_csv(content: bytes) -> dict[str, str]:
    """Return the first line of figures, by the title of its column."""
    head, first, *_rest = csv.reader(StringIO(content.decode("utf-8-sig")), delimiter=";")
    return dict(zip(head, first, strict=True))


def in_xlsx(content: bytes) -> dict[str, str]:
    """Return the same of a workbook."""
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    head, first, *_rest = sheet.iter_rows(values_only=True)
    return {str(title): str(value) for title, value in zip(head, first, strict=True)}


def _label(unit: AdministrativeUnit) -> str:
    with translation.override("vi"):
        return unit_label(unit)


def _titles(page: Page) -> list[str]:
    return page.locator("table thead th.num").all_inner_texts()


def _row(page: Page, row: Locator) -> dict[str, int]:
    if not row.count():
        return {}
    figures = [_number(cell) for cell in row.locator("td").all()]
    return dict(zip(_titles(page), figures, strict=True))


def _number(cell: Locator) -> int:
    """Return the figure of a cell: the link to its sheets; what has none has no sheets either."""
    link = cell.get_by_role("link")
    digits = re.sub(r"\D", "", link.inner_text()) if link.count() else ""
    return int(digits or 0)


def audience(code: str) -> str:
    """Return what an audience is called on the page."""
    with translation.override("vi"):
        return Audience.objects.get(code=code).name


def grouped(number: int) -> str:
    """Return a number as Vietnamese pages write it."""
    return f"{number:,}".replace(",", ".")
