"""Units are public, dated, and found however their names are spelled."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.places.models import AdministrativeUnit, Succession, UnitPriority
from tests.api.callers import Caller
from tests.factories import CommuneFactory, ProvinceFactory, UnitSetFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def province() -> AdministrativeUnit:
    """Nghệ An since the merger."""
    unit: AdministrativeUnit = ProvinceFactory.create(code="40", name="Nghệ An")
    return unit


@pytest.fixture
def commune(province: AdministrativeUnit) -> AdministrativeUnit:
    """A commune of today, whose code an older unit had before."""
    unit: AdministrativeUnit = CommuneFactory.create(code="16813", name="Hoà Đức", parent=province)
    return unit


@pytest.fixture
def before(province: AdministrativeUnit, commune: AdministrativeUnit) -> AdministrativeUnit:
    """The old commune with the same code, divided at the merger."""
    old_province = ProvinceFactory.create(
        code="40", name="Nghệ An", valid_from=date(1991, 8, 12), valid_to=date(2025, 7, 1)
    )
    old: AdministrativeUnit = CommuneFactory.create(
        code="16813",
        name="Tà Cạ",
        parent=old_province,
        valid_from=date(1991, 8, 12),
        valid_to=date(2025, 7, 1),
    )
    Succession.objects.create(predecessor=old, successor=commune, is_split=True)
    return old


def codes(caller: Caller, **query: str) -> list[str]:
    """Return the codes of the units on the first page."""
    return [unit["code"] for unit in caller.get("units/", **query)["results"]]


def test_a_list_holds_the_units_in_force_today(nobody: Caller, before: AdministrativeUnit) -> None:
    names = {unit["name"] for unit in nobody.get("units/")["results"]}
    assert names == {"Nghệ An", "Hoà Đức"}


def test_the_last_day_of_an_old_unit_is_the_day_before_its_end(
    nobody: Caller, before: AdministrativeUnit
) -> None:
    assert nobody.get("units/16813/", on="2025-06-30")["name"] == "Tà Cạ"
    assert nobody.get("units/16813/", on="2025-07-01")["name"] == "Hoà Đức"
    assert nobody.get("units/16813/", on="1991-08-11").status == 404


def test_a_unit_says_where_it_came_from_and_what_it_became(
    nobody: Caller, before: AdministrativeUnit
) -> None:
    now, then = nobody.get("units/16813/"), nobody.get("units/16813/", on="2025-01-01")
    assert now["origins"][0]["unit"]["name"] == "Tà Cạ"
    assert then["successors"][0]["unit"]["name"] == "Hoà Đức"
    assert then["successors"][0]["is_split"] is True
    assert now["predecessors"] == now["origins"]
    assert now["predecessors"][0]["is_split"] is True


def test_a_succession_of_a_set_that_is_not_active_is_not_told(
    nobody: Caller, before: AdministrativeUnit
) -> None:
    Succession.objects.update(unit_set=UnitSetFactory.create(name="draft"))
    assert nobody.get("units/16813/")["predecessors"] == []
    assert nobody.get("units/16813/", on="2025-01-01")["successors"] == []


def test_units_of_several_countries_are_told_apart(
    nobody: Caller, commune: AdministrativeUnit
) -> None:
    CommuneFactory.create(code="E07000145", country="GB", parent__country="GB")
    assert codes(nobody, level="commune", country="GB") == ["E07000145"]
    assert nobody.get("units/E07000145/")["country"] == "GB"


def test_a_priority_shows_only_while_it_holds(nobody: Caller, commune: AdministrativeUnit) -> None:
    UnitPriority.objects.create(
        unit=commune, kind="border", valid_from=date(2025, 7, 1), valid_to=date(2026, 1, 1)
    )
    assert nobody.get("units/16813/", on="2025-12-31")["priorities"][0]["kind"] == "border"
    assert nobody.get("units/16813/", on="2026-01-01")["priorities"] == []


@pytest.mark.parametrize("spelling", ["hoa duc", "Hòa Đức", "HOÀ ĐỨC", "hoa"])
def test_a_name_is_found_in_any_spelling(
    nobody: Caller, commune: AdministrativeUnit, spelling: str
) -> None:
    assert codes(nobody, search=spelling) == ["16813"]


def test_filters_narrow_by_level_parent_and_code(
    nobody: Caller, commune: AdministrativeUnit
) -> None:
    CommuneFactory.create(code="99999")
    assert codes(nobody, level="commune", parent="40") == ["16813"]
    assert codes(nobody, code="40") == ["40"]
    assert codes(nobody, level="commune", ordering="-code") == ["99999", "16813"]


def test_units_that_are_loaded_but_not_active_are_not_there(nobody: Caller) -> None:
    CommuneFactory.create(code="77777", is_active=False)
    assert nobody.get("units/77777/").status == 404
    assert "77777" not in codes(nobody)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"level": "district"}, "level"),
        ({"on": "2026-02-31"}, "on"),
        ({"on": "31/02/2026"}, "on"),
        ({"on": "0001-01-01"}, "on"),
        ({"on": "9999-12-31"}, "on"),
        ({"ordering": "parent"}, "ordering"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_name(
    nobody: Caller, query: dict[str, str], field: str
) -> None:
    answer = nobody.get("units/", **query)
    assert answer.status == 400
    assert list(answer["fields"]) == [field]


def test_a_page_beyond_the_last_is_not_found(nobody: Caller, commune: AdministrativeUnit) -> None:
    assert nobody.get("units/", page="99999999999999999999").status == 404
    assert nobody.get("units/", page="-1").status == 404


def test_a_page_holds_at_most_200(nobody: Caller, province: AdministrativeUnit) -> None:
    CommuneFactory.create_batch(205, parent=province)
    first = nobody.get("units/", page_size="1000")
    assert (first["count"], len(first["results"])) == (206, 200)
    assert len(nobody.get(first["next"].removeprefix("http://testserver"))["results"]) == 6
