"""Units from CSV and GeoJSON: what is read, what is refused by row, what is left alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.core.management import CommandError

from outreach.places.models import AdministrativeUnit, Boundary, Succession, UnitSet
from tests.places.loader import (
    BEFORE,
    REFORM,
    collection,
    counts,
    dump,
    feature,
    load,
    load_before,
    square,
    write,
)

pytestmark = pytest.mark.django_db
units = AdministrativeUnit.objects


def on(code: str, day: date) -> AdministrativeUnit:
    return units.in_force_on(day).get(code=code, level="commune")


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Four communes of one province, active."""
    load_before(tmp_path)
    return tmp_path


@pytest.fixture
def reform(before: Path) -> list[str]:
    """How the reform of 2027 is loaded."""
    path = write(before, "reform-2027.csv", REFORM)
    return ["--file", path, "--valid-from", "2027-01-01"]


def test_a_file_is_read_whatever_its_columns_are_called(tmp_path: Path) -> None:
    for name, head, sep in (
        ("a.csv", "level,Mã,Tên,provinceCode,areaKm2", ","),
        ("b.csv", "cap;ma;ten_day_du;ma_tinh;dien_tich", ";"),
        ("c.csv", "Level\tCODE\tfullName\tMã tỉnh\tArea km2", "\t"),
    ):
        rows = [["tỉnh", "40", "Tỉnh Nghệ An", "", ""], ["xã", "1", "Xã A", "40", "10.5"]]
        content = "\ufeff" + "\r\n".join([head, *(sep.join(row) for row in rows)])
        printed = load(
            "--file", write(tmp_path, name, content), "--valid-from", "01/07/2025", "--json"
        )
        assert counts(printed)["imported"] == 2, printed


def test_columns_of_any_other_name_can_be_named(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "uk.geojson",
        collection(feature(square(-1, 52, 0, 53), LAD25CD="E07000145", LAD25NM="Great Yarmouth")),
    )
    load(
        "--file", path, "--country", "gb", "--valid-from", "1974-04-01", "--commit", "--activate",
        "--parent", "E92000001=England", "--columns", "code=LAD25CD,name=LAD25NM",
    )  # fmt: skip
    unit = units.communes().select_related("parent").get()
    assert (unit.country, unit.code, unit.name) == ("GB", "E07000145", "Great Yarmouth")
    assert unit.parent is not None
    assert unit.parent.name == "England"
    assert Boundary.objects.filter(unit=unit).exists()


def test_a_short_name_is_made_of_a_full_one(before: Path) -> None:
    assert on("101", date(2026, 1, 1)).name == "Thủy A"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("commune,,Xã X,40,,,", "code or name is missing"),
        ("commune,199,,40,,,", "code or name is missing"),
        ("commune,199,Xã X,41,,,", "its province (41) is not there on 2025-07-01"),
        ("commune,199,Xã X,,,,", "its province is not stated"),
        ("commune,101,Xã X,40,,,", "the same code is in row 3 already"),
        ("commune,199,Xã X,40,91,105,", "not on the earth"),
        ("commune,199,Xã X,40,19,,", "a point needs latitude and longitude"),
        ("commune,199,Xã X,40,abc,105,", "“abc” is not a number"),
        ("commune,199,Xã X,40,19,105,-3", "its area must be more than 0"),
        ("district,199,Xã X,40,19,105,3", "“district” is no level"),
        ("commune,123456789012345678901,Xã X,40,19,105,3", "longer than 20"),
    ],
)
def test_a_bad_row_is_refused_by_its_number_and_the_others_stand(
    tmp_path: Path, row: str, said: str
) -> None:
    path = write(tmp_path, "units.csv", BEFORE + "\n" + row + "\n")
    printed = load("--file", path, "--valid-from", "2025-07-01", "--commit", "--activate", "--json")
    assert counts(printed) == {"rows": 6, "imported": 5, "refused": 1, "warnings": 0}
    assert f"Row 8 refused: {row.split(',')[2] or '?'}" in printed
    assert said in printed
    assert units.active().count() == 5


def test_a_row_without_any_day_is_refused(tmp_path: Path) -> None:
    printed = load("--file", write(tmp_path, "units.csv", BEFORE), "--json")
    assert counts(printed)["refused"] == 5
    assert "the day from which it holds is not stated" in printed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has no rows"),
        ("a,b\n1,2\n", "No column holds the codes"),
    ],
)
def test_a_file_that_is_no_table_is_said(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        load("--file", write(tmp_path, "x.csv", content))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "no JSON"),
        ("[]", "no GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "no features"),
        (
            '{"features": [{}], "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}}',
            "27700",
        ),
    ],
)
def test_a_file_that_is_no_geojson_is_said(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        load("--file", write(tmp_path, "x.geojson", content))


def test_odd_features_are_refused_each_by_its_number(before: Path) -> None:
    odd: list[Any] = [
        None,
        1,
        {"geometry": 5, "properties": [1]},
        feature({"type": "Polygon", "coordinates": "x"}, code=1),
        feature({"type": "GeometryCollection", "geometries": []}, code="101"),
        feature({"type": "Polygon", "coordinates": [[[None, 1], [2, 2], [3, 1]]]}, code="101"),
    ]
    path = write(before, "odd.geojson", {"features": odd, "crs": "x"})
    printed = load("--file", path, "--valid-from", "2027-01-01", "--json")
    assert counts(printed) == {"rows": 6, "imported": 0, "refused": 6, "warnings": 0}
    assert [f"Row {number} refused" in printed for number in range(1, 7)] == [True] * 6
    assert "no row could be read" in printed


def test_a_missing_file_and_a_wrong_encoding_are_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        load("--file", str(tmp_path / "none.csv"))
    (tmp_path / "old.csv").write_bytes("code,name\n1,Xã".encode("utf-16"))
    with pytest.raises(CommandError, match="UTF-8"):
        load("--file", str(tmp_path / "old.csv"))


BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[105, 19], [105.1, 19.1], [105.1, 19], [105, 19.1], [105, 19]]],
}


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "LineString", "coordinates": [[105, 19], [106, 19]]}, "no area but LineString"),
        (
            {"type": "Polygon", "coordinates": [[[105, 19], [106, 19], [105, 19]]]},
            "boundary is no area|cannot be read",
        ),
        (square(500000, 2000000, 500100, 2000100), "not longitude and latitude"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "Blob"}, "cannot be read"),
    ],
)
def test_a_boundary_that_is_none_is_refused_by_row(
    before: Path, geometry: dict[str, Any], said: str
) -> None:
    good = feature(square(105, 19, 105.2, 19.1), code="101")
    path = write(before, "x.geojson", collection(good, feature(geometry, code="102")))
    printed = load("--file", path, "--json")
    assert counts(printed) == {"rows": 2, "imported": 1, "refused": 1, "warnings": 0}
    assert "Row 2 refused: ? (102)" in printed
    assert any(part in printed for part in said.split("|"))


def test_a_boundary_that_crosses_itself_is_repaired_and_said(before: Path) -> None:
    path = write(before, "x.geojson", collection(feature(BOW_TIE, code="101")))
    printed = load("--file", path, "--commit", "--activate", "--json")
    assert counts(printed)["warnings"] == 1
    assert "Row 1: ? (101): its boundary crossed itself and was repaired." in printed
    stored = Boundary.objects.get(unit__code="101")
    shape = shapely.from_wkb(bytes(stored.shape))
    assert shape.is_valid
    assert shape.area == pytest.approx(0.005)


def test_what_a_file_does_not_state_is_left_alone(before: Path) -> None:
    unit = on("101", date(2026, 1, 1))
    path = write(before, "areas.csv", "code,area_km2,ten\n101,11.5,\n102,22.5,Xã B\n")
    printed = load("--file", path, "--commit", "--activate", "--json")
    assert counts(printed) == {"rows": 2, "imported": 1, "refused": 1, "warnings": 0}
    unit.refresh_from_db()
    assert (unit.area_km2, unit.lat, unit.full_name) == (10, 19.05, "Xã Thủy A")
    assert on("102", date(2026, 1, 1)).area_km2 == 22.5


def test_the_placing_of_a_tone_mark_makes_no_other_name(before: Path) -> None:
    path = write(before, "x.csv", "code,full_name,province_code\n101,Xã Thuỷ A,40\n")
    assert "Nothing to change" in load("--file", path, "--valid-from", "2026-09-01")


class TestReform:
    """Two communes merged, one renamed, one divided, on 1 January 2027."""

    DAY = date(2027, 1, 1)
    EVE = date(2026, 12, 31)

    def test_a_dry_run_tells_and_writes_nothing(self, reform: list[str]) -> None:
        stored = dump()
        printed = load(*reform, "--json")
        assert dump() == stored
        assert counts(printed) == {"rows": 4, "imported": 4, "refused": 0, "warnings": 3}
        for line in (
            "New units: 4",
            "Renamed (code or ground kept, other name): 1",
            "Xã C (103) -> Xã C Mới (113) on 2027-01-01",
            "Ended: 4",
            "Xã B (102) on 2027-01-01, into Xã Thủy A (101)",
            "Divided among several: 1",
            "Xã D (104): Xã D (104) (main), Xã E (105)",
            "Merged out of several: 1",
            "Xã Thủy A (101): Xã Thủy A (101), Xã B (102)",
        ):
            assert line in printed

    def test_it_is_stored_without_changing_anything_in_force(self, reform: list[str]) -> None:
        in_force = list(units.active().order_by("pk").values())
        assert "which is not active: --activate reform-2027" in load(*reform, "--commit")
        assert list(units.active().order_by("pk").values()) == in_force
        assert not UnitSet.objects.get(name="reform-2027").is_active
        assert Succession.objects.active().count() == 0

    def test_stored_twice_it_is_one_set(self, reform: list[str]) -> None:
        load(*reform, "--commit")
        stored = dump()
        assert "It is stored already as reform-2027" in load(*reform, "--commit")
        assert "It is stored as reform-2027" in load(*reform)
        assert dump() == stored

    def test_it_holds_from_its_day(self, reform: list[str]) -> None:
        load(*reform, "--commit", "--activate")
        assert units.in_force_on(self.EVE).communes().count() == 4
        names = units.in_force_on(self.DAY).communes().order_by("code")
        assert list(names.values_list("full_name", flat=True)) == [
            "Xã Thủy A", "Xã D", "Xã E", "Xã C Mới",
        ]  # fmt: skip
        links = Succession.objects.active().order_by("predecessor__code", "successor__code")
        assert list(
            links.values_list("predecessor__code", "successor__code", "is_main", "is_split")
        ) == [
            ("101", "101", True, False),
            ("102", "101", True, False),
            ("103", "113", True, False),
            ("104", "104", True, True),
            ("104", "105", False, True),
        ]

    def test_loaded_again_after_activation_it_changes_nothing(self, reform: list[str]) -> None:
        load(*reform, "--commit", "--activate")
        stored = dump()
        assert "Nothing to change" in load(*reform, "--commit", "--activate")
        assert dump() == stored

    def test_loading_the_older_file_again_does_not_undo_it(
        self, reform: list[str], before: Path
    ) -> None:
        load(*reform, "--commit", "--activate")
        stored = dump()
        older = ["--file", str(before / "before.csv"), "--valid-from", "2025-07-01"]
        assert "Nothing to change" in load(*older, "--commit", "--activate")
        assert dump() == stored

    def test_what_is_whole_keeps_its_ground_and_what_is_only_renamed_its_office(
        self, reform: list[str]
    ) -> None:
        load(*reform, "--commit", "--activate")
        merged, renamed = on("101", self.DAY), on("113", self.DAY)
        assert (merged.area_km2, merged.lat) == (30, None)
        shape = shapely.from_wkb(bytes(Boundary.objects.get(unit=merged).shape))
        assert shape.bounds == pytest.approx((105, 19, 105.2, 19.1))
        assert (renamed.area_km2, renamed.lat) == (30, 19.05)
        assert not Boundary.objects.filter(unit=on("105", self.DAY)).exists()

    def test_a_refused_row_ends_nothing(self, before: Path) -> None:
        path = write(
            before,
            "bad.csv",
            "code,full_name,province_code,predecessors\n101,Xã A,40,101;102;999\n102,Xã B,40,\n",
        )
        printed = load("--file", path, "--valid-from", "2027-01-01", "--json")
        assert counts(printed)["refused"] == 1
        assert "its predecessor 999 is not there on 2026-12-31" in printed
        assert "Nothing to change" in printed

    def test_successions_may_come_in_a_file_of_their_own(self, before: Path) -> None:
        rows = write(
            before,
            "units.csv",
            "code,full_name,province_code\n101,Xã A Mới,40\n104,Xã D,40\n105,Xã E,40\n",
        )
        pairs = write(
            before,
            "pairs.csv",
            "old_code,new_code,is_main\n101,101,\n102,101,\n104,105,1\n104,104,0\n998,101,\n",
        )
        printed = load(
            "--file", rows, "--successions", pairs, "--valid-from", "2027-01-01",
            "--commit", "--activate", "--json",
        )  # fmt: skip
        assert counts(printed)["refused"] == 0
        assert "Row 6: Succession 998 -> 101: 998 is not there." in printed
        main = Succession.objects.get(predecessor__code="104", is_main=True)
        assert (main.successor.code, main.is_split) == ("105", True)

    def test_a_code_that_will_be_taken_is_refused(self, reform: list[str], before: Path) -> None:
        load(*reform, "--commit", "--activate")
        path = write(before, "late.csv", "code,full_name,province_code\n105,Xã Khác,40\n")
        printed = load("--file", path, "--valid-from", "2026-01-01", "--json")
        assert "Row 2 refused: Xã Khác (105): Xã E has this code since 2027-01-01." in printed
