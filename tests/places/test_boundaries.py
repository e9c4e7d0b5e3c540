"""A point lies in the commune whose boundary holds it on the day, where boundaries are loaded."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from outreach.places import boundaries
from outreach.places.models import AdministrativeUnit, Boundary
from tests.places.loader import REFORM, load, load_before, write

pytestmark = pytest.mark.django_db
NOW = date(2026, 12, 1)
IN_A, IN_B, IN_D = (19.05, 105.05), (19.05, 105.15), (19.05, 105.35)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    load_before(tmp_path)
    return tmp_path


def code_at(point: tuple[float, float], day: date) -> str:
    unit = boundaries.commune_at(point, day)
    return unit.code if unit else ""


def test_nothing_is_known_where_no_boundary_is_loaded() -> None:
    assert not boundaries.are_known(NOW)
    assert boundaries.commune_at(IN_A, NOW) is None


def test_a_point_lies_in_one_commune_of_its_day(before: Path) -> None:
    assert [code_at(point, NOW) for point in (IN_A, IN_B, IN_D)] == ["101", "102", "104"]
    assert code_at((19.2, 105.05), NOW) == ""
    assert code_at((105.05, 19.05), NOW) == ""  # the wrong way round
    assert code_at(IN_A, date(2025, 6, 30)) == ""
    assert boundaries.are_known(NOW)
    assert not boundaries.are_known(date(2025, 6, 30))


def test_on_a_common_border_it_is_always_the_same_one(before: Path) -> None:
    assert code_at((19.05, 105.1), NOW) == "101"


def test_a_reform_changes_whose_a_point_is_from_its_day(before: Path) -> None:
    assert code_at(IN_B, date(2027, 1, 1)) == "102"
    path = write(before, "reform.csv", REFORM)
    load("--file", path, "--valid-from", "2027-01-01", "--commit", "--activate")
    assert code_at(IN_B, date(2026, 12, 31)) == "102"
    assert code_at(IN_B, date(2027, 1, 1)) == "101"
    assert code_at(IN_D, date(2027, 1, 1)) == ""  # divided: nobody knows how
    load("--deactivate", "reform")
    assert code_at(IN_B, date(2027, 1, 1)) == "102"


def test_shapes_are_read_once_until_units_change(
    before: Path, django_assert_num_queries: object
) -> None:
    code_at(IN_A, NOW)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert boundaries.unit_at(IN_A, NOW)
    Boundary.objects.filter(unit__code="101").delete()
    assert code_at(IN_A, NOW) == ""


def test_units_that_are_not_active_hold_nothing(before: Path) -> None:
    AdministrativeUnit.objects.filter(code="101").update(is_active=False)
    boundaries.forget()
    assert code_at(IN_A, NOW) == ""
