"""The units of Vietnam, before and since 1 July 2025, from the package ``vietnamadminunits`` (MIT).

The package's data files are read directly: importing its parsers would load megabytes of address
tables nobody needs here.

The coordinates it gives for the units before July 2025 come from a geocoder whose terms forbid
passing them on. No query below names those columns.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

from outreach.places.loading.gazetteer import (
    COMMUNE,
    PROVINCE,
    Gazetteer,
    SuccessionRow,
    UnitKey,
    UnitRow,
)

PACKAGE = "vietnamadminunits"
COUNTRY = "VN"
CODES_ISSUED_ON = date(2004, 7, 8)
"""Decision 124/2004/QĐ-TTg issued the list of unit codes.

Where a unit was made, merged or renamed between that day and July 2025, the package does not say
when: its list is the one that stood last.
"""
TWO_TIERS_ON = date(2025, 7, 1)
"""Districts ended, 63 provinces became 34 and 10,035 communes 3,321."""

_NEW_PROVINCES = (
    "SELECT DISTINCT provinceCode, province, provinceShort, provinceKey, provinceLat, provinceLon"
    " FROM admin_units ORDER BY provinceCode"
)
_NEW_COMMUNES = (
    "SELECT provinceCode, provinceKey, wardCode, ward, wardShort, wardKey, wardLat, wardLon,"
    " wardAreaKm2 FROM admin_units ORDER BY wardCode"
)
_OLD_PROVINCES = (
    "SELECT DISTINCT provinceCode, province, provinceShort, provinceKey"
    " FROM admin_units_legacy ORDER BY provinceCode"
)
# Five island districts had no communes; they stand in the list themselves.
_OLD_COMMUNES = (
    "SELECT provinceCode, provinceKey, districtKey, wardKey, COALESCE(wardCode, districtCode),"
    " COALESCE(ward, district), COALESCE(wardShort, districtShort),"
    " CASE WHEN ward IS NULL THEN '' ELSE district END"
    " FROM admin_units_legacy ORDER BY provinceCode, districtCode, wardCode"
)


def read(provinces: Collection[str] | None = None) -> Gazetteer:
    """Return the units of the named provinces and what they were made of.

    Args:
        provinces: codes of provinces since July 2025; all 34 where ``None``.

    Raises:
        ValueError: naming a code that is no province's.
    """
    folder = _data_folder()
    converter = json.loads((folder / "converter_2025.json").read_text(encoding="utf-8"))
    database = sqlite3.connect(f"file:{folder / 'dataset.db'}?mode=ro&immutable=1", uri=True)
    try:
        return _Reader(database, converter, provinces).gazetteer()
    finally:
        database.close()


def _data_folder() -> Path:
    return Path(str(metadata.distribution(PACKAGE).locate_file(f"{PACKAGE}/data")))


class _Reader:
    """Reads one selection of provinces; the package joins its tables by spelled-out keys."""

    def __init__(
        self,
        database: sqlite3.Connection,
        converter: dict[str, Any],
        provinces: Collection[str] | None,
    ) -> None:
        self.database = database
        self.converter = converter
        known = {row[3]: row[0] for row in database.execute(_NEW_PROVINCES)}
        unknown = set(provinces or ()) - set(known.values())
        if unknown:
            raise ValueError(f"No province has the code {', '.join(sorted(unknown))}.")
        self.new = {key: code for key, code in known.items() if not provinces or code in provinces}
        self.new_of_old = {old: new for new in self.new for old in converter["DICT_PROVINCE"][new]}
        self.new_communes: dict[tuple[str, str], UnitKey] = {}
        self.old_provinces: dict[str, UnitKey] = {}
        self.old_communes: dict[str, UnitKey] = {}

    def gazetteer(self) -> Gazetteer:
        units = [
            *self._provinces(),
            *self._former_provinces(),
            *self._communes(),
            *self._former_communes(),
        ]
        successions = [*self._province_successions(), *self._commune_successions()]
        return Gazetteer(f"{PACKAGE} {metadata.version(PACKAGE)} (PyPI, MIT)", units, successions)

    def _provinces(self) -> Iterator[UnitRow]:
        for code, full_name, name, key, lat, lon in self.database.execute(_NEW_PROVINCES):
            if key in self.new:
                yield UnitRow(
                    PROVINCE, code, name, full_name, TWO_TIERS_ON, within="", lat=lat, lon=lon
                )

    def _former_provinces(self) -> Iterator[UnitRow]:
        for code, full_name, name, key in self.database.execute(_OLD_PROVINCES):
            if key in self.new_of_old:
                row = UnitRow(PROVINCE, code, name, full_name, CODES_ISSUED_ON, TWO_TIERS_ON)
                self.old_provinces[key] = row.key
                yield row

    def _communes(self) -> Iterator[UnitRow]:
        for (
            province,
            province_key,
            code,
            full_name,
            name,
            key,
            lat,
            lon,
            area,
        ) in self.database.execute(_NEW_COMMUNES):
            if province_key in self.new:
                row = UnitRow(
                    COMMUNE,
                    code,
                    name,
                    full_name,
                    TWO_TIERS_ON,
                    parent=UnitKey(PROVINCE, province, TWO_TIERS_ON),
                    within="",
                    lat=lat,
                    lon=lon,
                    area_km2=area,
                )
                self.new_communes[province_key, key] = row.key
                yield row

    def _former_communes(self) -> Iterator[UnitRow]:
        for (
            province,
            province_key,
            district_key,
            key,
            code,
            full_name,
            name,
            district,
        ) in self.database.execute(_OLD_COMMUNES):
            if province_key in self.new_of_old:
                row = UnitRow(
                    COMMUNE,
                    code,
                    name,
                    full_name,
                    CODES_ISSUED_ON,
                    TWO_TIERS_ON,
                    parent=UnitKey(PROVINCE, province, CODES_ISSUED_ON),
                    within=district,
                )
                self.old_communes[f"{province_key}_{district_key}_{key or ''}"] = row.key
                yield row

    def _province_successions(self) -> Iterator[SuccessionRow]:
        for old, new in self.new_of_old.items():
            if old in self.old_provinces:
                successor = UnitKey(PROVINCE, self.new[new], TWO_TIERS_ON)
                yield SuccessionRow(self.old_provinces[old], successor)

    def _commune_successions(self) -> Iterator[SuccessionRow]:
        for province in self.new:
            whole = self.converter["DICT_PROVINCE_WARD_NO_DIVIDED"].get(province, {})
            for new, olds in whole.items():
                for old in olds:
                    yield from self._succession(province, old, new)
            divided = self.converter["DICT_PROVINCE_WARD_DIVIDED"].get(province, {})
            for old, parts in divided.items():
                for part in parts:
                    yield from self._succession(
                        province, old, part["newWardKey"], part["isDefaultNewWard"], True
                    )

    def _succession(
        self, province: str, old: str, new: str, is_main: bool = True, is_split: bool = False
    ) -> Iterator[SuccessionRow]:
        """Yield the succession, or nothing for a misspelled key: ``check`` then doubts the unit."""
        predecessor = self.old_communes.get(old)
        successor = self.new_communes.get((province, new))
        if predecessor and successor:
            yield SuccessionRow(predecessor, successor, is_main, is_split)
