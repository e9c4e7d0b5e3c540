"""Activating a set and taking it back: inverse, in order, and refused where others build on it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.utils import translation

from outreach.common.errors import Conflict, NotAllowed
from outreach.places.loading import activation
from outreach.places.models import AdministrativeUnit, ServiceArea, Succession, UnitSet
from tests.factories import LibraryFactory, UserFactory, VenueFactory
from tests.places.loader import (
    REFORM,
    collection,
    dump,
    feature,
    load,
    load_before,
    square,
    write,
)

pytestmark = pytest.mark.django_db
units = AdministrativeUnit.objects

LATER = """code,full_name,province_code,predecessors
101,Xã Rất Mới,40,101;105
"""
"""In 2028 the merged A takes in E."""


@pytest.fixture(autouse=True)
def _english() -> None:
    """Read messages in the language they are written in."""
    translation.activate("en")


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Four communes of one province with venues, and the reform of 2027 stored, not active."""
    load_before(tmp_path)
    for unit in units.communes():
        VenueFactory.create(commune=unit, lat=unit.lat, lon=unit.lon)
    path = write(tmp_path, "reform-2027.csv", REFORM)
    load("--file", path, "--valid-from", "2027-01-01", "--commit")
    return tmp_path


def later(folder: Path) -> None:
    path = write(folder, "reform-2028.csv", LATER)
    load("--file", path, "--valid-from", "2028-01-01", "--commit", "--activate")


def test_taking_back_leaves_every_table_as_it_was(before: Path) -> None:
    stored = dump()
    load("--activate", "reform-2027")
    assert dump() != stored
    load("--deactivate", "reform-2027")
    assert dump() == stored


def test_several_sets_come_and_go_in_order(before: Path) -> None:
    load("--activate", "reform-2027")
    with_one = dump()
    later(before)
    assert units.in_force_on(date(2028, 1, 1)).communes().count() == 3
    load("--deactivate", "reform-2028")
    load("--discard", "reform-2028")
    assert dump() == with_one


def test_boundaries_come_and_go_with_their_set(before: Path) -> None:
    load("--deactivate", "shapes")
    stored = dump()
    load("--activate", "shapes")
    assert len(dump()["Boundary"]) == len(stored["Boundary"]) + 4
    load("--deactivate", "shapes")
    assert dump() == stored


def test_a_correction_of_successions_is_taken_back_whole(before: Path) -> None:
    load("--activate", "reform-2027")
    path = write(before, "pairs.csv", "old_code,new_code,is_main\n104,105,1\n103,101,1\n")
    rows = write(before, "fix.csv", "code,province_code\n105,40\n")
    stored = dump()
    args = ["--file", rows, "--successions", path, "--valid-from", "2027-01-01"]
    load(*args, "--commit", "--activate")
    main = Succession.objects.active().filter(is_main=True)
    assert main.get(predecessor__code="104").successor.code == "105"
    assert main.get(predecessor__code="103").successor.code == "101"
    assert Succession.objects.active().filter(predecessor__code="103").count() == 2
    corrected = dump()
    assert "Nothing to change" in load(*args, "--commit", "--activate")
    load("--deactivate", "fix")
    load("--activate", "fix")
    assert _without_times(dump()) == _without_times(corrected)
    load("--deactivate", "fix")
    load("--discard", "fix")
    assert dump() == stored


def _without_times(tables: dict[str, list[dict[str, object]]]) -> object:
    return {
        name: [{key: cell for key, cell in row.items() if key != "activated_at"} for row in rows]
        for name, rows in tables.items()
    }


def test_an_older_source_does_not_undo_what_a_later_set_corrected(before: Path) -> None:
    path = write(before, "fix.csv", "code,full_name,province_code,area_km2\n101,Xã A Sửa,40,12\n")
    load("--file", path, "--valid-from", "2025-07-01", "--commit", "--activate")
    corrected = dump()
    for older in (["before.csv", "--valid-from", "2025-07-01"], ["fix.csv"], ["shapes.geojson"]):
        printed = load("--file", str(before / older[0]), *older[1:], "--commit", "--activate")
        assert "Nothing to change" in printed, older
    assert dump() == corrected
    assert units.active().get(code="101").area_km2 == 12


def test_a_later_boundary_is_not_undone_by_an_older_one(before: Path) -> None:
    other = collection(feature(square(105, 19, 105.11, 19.1), ma="101"))
    path = write(before, "other.geojson", other)
    load("--file", path, "--commit", "--activate")
    corrected = dump()
    load("--file", str(before / "shapes.geojson"), "--commit", "--activate")
    assert dump() == corrected


def test_activating_or_taking_back_twice_does_nothing(before: Path) -> None:
    assert "is activated: 4 units, 4 changes" in load("--activate", "reform-2027")
    stored = dump()
    assert "was activated already" in load("--activate", "reform-2027")
    assert dump() == stored
    load("--deactivate", "reform-2027")
    assert "was deactivated already" in load("--deactivate", "reform-2027")


def test_a_set_that_others_build_on_stays_and_they_are_named(before: Path) -> None:
    load("--activate", "reform-2027")
    later(before)
    stored = dump()
    for name, by in (("reform-2027", "reform-2028"), ("before", "(shapes|reform-20..)")):
        with pytest.raises(CommandError, match=f"“{by}” builds on “{name}”"):
            load("--deactivate", name)
    assert dump() == stored


def test_a_set_without_its_ground_is_not_activated(before: Path) -> None:
    load("--deactivate", "shapes")
    load("--deactivate", "before")
    assert not units.active().exists()
    with pytest.raises(CommandError, match="builds on the set “before”, which is not active"):
        load("--activate", "reform-2027")


def test_a_set_is_not_activated_over_units_that_changed_since(before: Path) -> None:
    units.filter(code="102").update(valid_to=date(2026, 6, 1))
    with pytest.raises(CommandError, match="Xã B has changed since “reform-2027” was stored"):
        load("--activate", "reform-2027")
    assert not units.active().filter(code="105").exists()


def test_of_two_sets_about_the_same_units_one_is_activated(before: Path) -> None:
    other = REFORM.replace("113,Xã C Mới", "114,Xã C Khác")
    path = write(before, "other.csv", other)
    load("--file", path, "--valid-from", "2027-01-01", "--commit", "--name", "other")
    load("--activate", "reform-2027")
    with pytest.raises(CommandError, match="has changed since “other” was stored"):
        load("--activate", "other")
    load("--deactivate", "reform-2027")
    with pytest.raises(CommandError, match="“reform-2027”, which is not active, also says"):
        load("--activate", "other")
    load("--discard", "reform-2027")
    load("--activate", "other")
    assert units.in_force_on(date(2027, 1, 1)).filter(code="114").exists()


def test_a_corrected_file_replaces_the_set_that_is_not_active(before: Path) -> None:
    path = write(before, "reform-2027.csv", REFORM.replace("Xã C Mới", "Xã C Hai"))
    load("--file", path, "--valid-from", "2027-01-01", "--commit")
    assert UnitSet.objects.inactive().count() == 1
    assert units.get(code="113").full_name == "Xã C Hai"


def test_an_active_set_is_not_discarded(before: Path) -> None:
    with pytest.raises(CommandError, match="“before” is active: deactivate it first"):
        load("--discard", "before")
    with pytest.raises(CommandError, match="No set is called none"):
        load("--discard", "none")


def test_the_list_names_sets_and_their_state(before: Path) -> None:
    printed = load("--list")
    assert "reform-2027: 4 units, 4 changes; not active. reform-2027.csv" in printed
    assert "before: 5 units, 0 changes; active since" in printed


def test_only_the_administrator_activates(before: Path) -> None:
    unit_set = UnitSet.objects.get(name="reform-2027")
    stranger, chief = UserFactory.create(), UserFactory.create(is_superuser=True)
    with pytest.raises(NotAllowed):
        activation.activate(unit_set, actor=stranger)
    activation.activate(unit_set, actor=chief)
    with pytest.raises(NotAllowed):
        activation.deactivate(unit_set, actor=stranger)


def test_a_venue_comes_along_after_the_day_and_goes_back_to_where_it_was(before: Path) -> None:
    venue = VenueFactory.create(commune=units.get(code="102"), lat=None, lon=None)
    unit_set = UnitSet.objects.get(name="reform-2027")
    now = datetime(2027, 3, 1, tzinfo=UTC)
    assert activation.activate(unit_set, actor=None, now=now).venues == 5
    venue.refresh_from_db()
    assert venue.commune is not None
    assert (venue.commune.code, venue.commune.valid_from) == ("101", date(2027, 1, 1))
    assert venue.history.first().history_change_reason.endswith("reform-2027 activated")
    assert activation.deactivate(unit_set, actor=None, now=now).venues == 5
    venue.refresh_from_db()
    assert venue.commune is not None
    assert venue.commune.code == "102"


PROVINCES = """level,code,full_name,province_code,predecessors
province,50,Tỉnh Nghệ Tĩnh,,40
commune,101,Xã Thủy A,50,
commune,102,Xã B,50,
commune,103,Xã C,50,
"""
"""The province is renamed with another code; one of its communes is forgotten."""


def test_a_reform_of_provinces_takes_along_who_serves_them(before: Path) -> None:
    load("--discard", "reform-2027")
    library = LibraryFactory.create()
    ServiceArea.objects.create(library=library, unit=units.get(code="40"))
    stored = dump()
    path = write(before, "provinces.csv", PROVINCES)
    printed = load("--file", path, "--valid-from", "2027-07-01", "--commit", "--activate")
    assert "Row 2: 1 of the communes of the province (40) that ends would be left in it" in printed
    served = library.service_areas.values_list("unit__code", flat=True)
    assert sorted(served) == ["40", "50"]
    day = date(2027, 7, 1)
    assert units.in_force_on(day).communes().filter(parent__code="50").count() == 3
    assert units.in_force_on(date(2027, 6, 30)).communes().filter(parent__code="40").count() == 4
    load("--deactivate", "provinces")
    load("--discard", "provinces")
    assert dump() == stored


def test_a_set_whose_unit_is_referred_to_is_not_removed(before: Path) -> None:
    VenueFactory.create(commune=units.get(code="105"))
    unit_set = UnitSet.objects.get(name="reform-2027")
    with pytest.raises(Conflict, match="cannot be removed"):
        activation.discard(unit_set)
