"""Loading units from the package: what is stored, what a second run does, what is refused."""

from __future__ import annotations

import csv
import dataclasses
import json
import warnings
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from outreach.places.loading import store, vietnam
from outreach.places.loading.gazetteer import COMMUNE, PROVINCE, Gazetteer, UnitKey, UnitRow, check
from outreach.places.models import AdministrativeUnit, Succession, UnitSet
from outreach.places.selectors import unit_on

FIVE = "38,40,42,44,46"
OFFICIAL_PAIRS = Path(__file__).parents[3] / "shared" / "data" / "units" / "old_to_new.csv"

pytestmark = pytest.mark.django_db


def load(*arguments: str) -> str:
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("load_units", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def last_line(printed: str) -> dict[str, int]:
    line: dict[str, int] = json.loads(printed.strip().splitlines()[-1])
    return line


def rows_of(model: type[AdministrativeUnit] | type[Succession] | type[UnitSet]) -> list[object]:
    return list(model.objects.order_by("pk").values())


@pytest.fixture
def one_province() -> None:
    load("--provinces", "38", "--commit", "--activate")


def test_a_dry_run_stores_nothing_and_counts_what_it_would_store() -> None:
    assert last_line(load("--provinces", FIVE, "--json")) == {
        "rows": 5 + 483 + 6 + 1566,
        "imported": 5 + 483 + 6 + 1566,
        "refused": 0,
        "warnings": 0,
    }
    assert not AdministrativeUnit.objects.exists()


def test_the_five_provinces_have_their_communes_of_both_times() -> None:
    load("--provinces", FIVE, "--commit", "--activate")
    units = AdministrativeUnit.objects
    assert units.in_force_on(date(2025, 7, 1)).communes().count() == 483
    before = units.in_force_on(date(2025, 6, 30)).communes()
    assert before.count() == 1566
    assert before.filter(full_name="Huyện Cồn Cỏ", within="").count() == 1
    assert units.in_force_on(date(2025, 6, 30)).provinces().count() == 6
    assert units.in_force_on(date(2004, 7, 7)).count() == 0


def test_the_whole_country_loads_without_a_refusal() -> None:
    assert last_line(load("--commit", "--activate", "--json")) == {
        "rows": 34 + 3321 + 63 + 10040,
        "imported": 34 + 3321 + 63 + 10040,
        "refused": 0,
        "warnings": 0,
    }
    assert AdministrativeUnit.objects.active().count() == 34 + 3321 + 63 + 10040


@pytest.mark.usefixtures("one_province")
def test_loading_twice_changes_nothing() -> None:
    before = [rows_of(model) for model in (UnitSet, AdministrativeUnit, Succession)]
    assert "Nothing to change" in load("--provinces", "38", "--commit", "--activate")
    assert [rows_of(model) for model in (UnitSet, AdministrativeUnit, Succession)] == before


@pytest.mark.usefixtures("one_province")
def test_loading_again_repairs_what_was_changed() -> None:
    wanted = rows_of(AdministrativeUnit)
    units = AdministrativeUnit.objects.communes()
    current = units.filter(name="Mường Lát", valid_to=None)
    assert current.update(full_name="X", folded="x", lat=1.0) == 1
    assert Succession.objects.filter(is_split=True).update(is_main=False)
    load("--provinces", "38", "--commit", "--activate")
    assert rows_of(AdministrativeUnit) == wanted
    assert not Succession.objects.filter(predecessor__in=_without_main_successor()).exists()


def _without_main_successor() -> list[int]:
    led_on = Succession.objects.filter(is_main=True).values("predecessor")
    former = AdministrativeUnit.objects.filter(valid_to__isnull=False)
    return list(former.exclude(pk__in=led_on).values_list("pk", flat=True))


def test_provinces_loaded_one_after_the_other_are_the_same_as_together() -> None:
    load("--provinces", "44", "--commit", "--activate")
    load("--provinces", "44,46", "--commit", "--activate")
    assert AdministrativeUnit.objects.active().communes().count() == 78 + 145 + 120 + 40 + 133
    assert [unit_set.units.count() for unit_set in UnitSet.objects.active()] == [346, 175]


def test_a_reused_province_code_means_what_it_meant_on_the_day() -> None:
    load("--provinces", "44", "--commit", "--activate")
    provinces = AdministrativeUnit.objects.provinces()
    assert provinces.in_force_on(date(2025, 6, 30)).get(code="44").name == "Quảng Bình"
    assert provinces.in_force_on(date(2025, 7, 1)).get(code="44").name == "Quảng Trị"
    former = provinces.in_force_on(date(2025, 6, 30)).get(code="45")
    assert unit_on(former, date(2025, 7, 1)) == provinces.in_force_on(date(2026, 1, 1)).get()


def test_no_former_unit_carries_coordinates() -> None:
    load("--provinces", FIVE, "--commit", "--activate")
    former = AdministrativeUnit.objects.filter(valid_to__isnull=False)
    assert not former.exclude(lat=None, lon=None).exists()
    assert "Lat" not in vietnam._OLD_COMMUNES
    assert "Lat" not in vietnam._OLD_PROVINCES


def test_every_former_commune_has_one_main_successor_and_a_divided_one_several() -> None:
    load("--provinces", FIVE, "--commit", "--activate")
    assert _without_main_successor() == []
    divided = Succession.objects.filter(is_split=True).values_list("predecessor", flat=True)
    assert len(set(divided)) == 12
    assert all(list(divided).count(pk) in (2, 3) for pk in divided)


def test_successions_are_those_of_the_statistics_office() -> None:
    """Compare every pair with the official list, where that list is at hand."""
    if not OFFICIAL_PAIRS.exists():
        warnings.warn(f"NOT COMPARED: {OFFICIAL_PAIRS} is not there.", stacklevel=1)
        return
    load("--provinces", FIVE, "--commit", "--activate")
    with OFFICIAL_PAIRS.open(encoding="utf-8") as file:
        official = {
            (row["old_commune_code"] or row["old_district_code"], row["new_commune_code"])
            for row in csv.DictReader(file)
        }
    communes = Succession.objects.filter(predecessor__level=COMMUNE)
    assert set(communes.values_list("predecessor__code", "successor__code")) == official


def test_an_unknown_province_is_named() -> None:
    with pytest.raises(CommandError, match="39"):
        load("--provinces", "38,39")


PROVINCE_ROW = UnitRow(PROVINCE, "1", "A", "Tỉnh A", date(2025, 7, 1))
GOOD = UnitRow(COMMUNE, "11", "B", "Xã B", date(2025, 7, 1), parent=PROVINCE_ROW.key, lat=1, lon=1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": ""}, "code or name is missing"),
        ({"name": ""}, "code or name is missing"),
        ({"valid_to": date(2025, 7, 1)}, "ends before it starts"),
        ({"lat": 91.0}, "not on the earth"),
        ({"lon": 181.0}, "not on the earth"),
        ({"parent": UnitKey(PROVINCE, "2", date(2025, 7, 1))}, "its province is not there"),
        ({"code": "11"}, "there twice"),
    ],
)
def test_a_row_that_cannot_be_stored_is_refused_by_number(
    changes: dict[str, object], said: str
) -> None:
    bad = dataclasses.replace(GOOD, **{"code": "12", **changes})  # type: ignore[arg-type]
    gazetteer = Gazetteer("test", [PROVINCE_ROW, GOOD, bad], [])
    outcome = store.load(gazetteer, commit=True, activate=True)
    assert [(remark.row, said in remark.message) for remark in outcome.refused] == [(3, True)]
    assert outcome.rows == outcome.imported + len(outcome.refused) == 3
    assert AdministrativeUnit.objects.active().count() == 2


def test_a_former_unit_that_leads_nowhere_is_doubted_not_refused() -> None:
    former = dataclasses.replace(
        GOOD, code="12", valid_from=date(2004, 7, 8), valid_to=date(2025, 7, 1), lat=None
    )
    checked = check(Gazetteer("test", [PROVINCE_ROW, former], []))
    assert [remark.row for remark in checked.warnings] == [2]
    assert checked.refused == []
