"""Reading units from a CSV or GeoJSON file, row by row, as they are written there."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from outreach.places.loading import columns, shapes
from outreach.places.loading.columns import BadValue
from outreach.places.loading.gazetteer import Remark, on_earth

MOST_BYTES = 400_000_000


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Written:
    """One row as the file has it; what is ``None`` or empty, it does not state.

    Attributes:
        number: its row as a spreadsheet shows it, the heading being row 1; of a GeoJSON file, its
            feature, counted from 1.
        named: the file has a column for names, so an empty one is a mistake.
        predecessors: codes of the units it was made of, in force the day before.
    """

    number: int
    code: str
    level: str = ""
    name: str = ""
    full_name: str = ""
    named: bool = True
    within: str | None = None
    parent: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    lat: float | None = None
    lon: float | None = None
    area_km2: float | None = None
    shape: bytes | None = None
    predecessors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenPair:
    """One row of a file of successions."""

    number: int
    old: str
    new: str
    is_main: bool | None


@dataclass(slots=True)
class Table:
    """A file of units: what could be read, what not, and which columns it has."""

    rows: list[Written]
    refused: list[Remark]
    warnings: list[Remark]
    count: int
    columns: dict[str, str]


def read(path: Path, stated: Mapping[str, str] | None = None, level: str = "") -> Table:
    """Read a file of units.

    Args:
        stated: titles of columns that a person named, by what they hold.
        level: the level of rows that state none; told by their province where empty.

    Raises:
        UnreadableFile: if it is no such file.
    """
    if path.suffix.lower() in {".json", ".geojson"}:
        records = _features(path)
    else:
        records = [(number, row, None) for number, row in _csv(path)]
    some = [record for _number, record, _geometry in records[:200]]
    titles = list(dict.fromkeys(title for record in some for title in record))
    try:
        found = columns.find(titles, columns.ALIASES, stated)
    except BadValue as error:
        raise UnreadableFile(str(error)) from error
    if "code" not in found:
        raise UnreadableFile(
            f"No column holds the codes; there are {', '.join(titles) or 'none'}."
            " Name it, as in --columns code=TITLE."
        )
    table = Table([], [], [], len(records), found)
    for number, record, geometry in records:
        _take(table, number, record, geometry)
    table.rows = [replace(row, level=row.level or level) for row in table.rows]
    return table


def read_pairs(path: Path) -> tuple[list[WrittenPair], list[Remark]]:
    """Read a file of successions: old code, new code and, if stated, which one is the main.

    Returns:
        The pairs, and what could not be read.

    Raises:
        UnreadableFile: if it is no such file.
    """
    rows = _csv(path)
    titles = list(rows[0][1])
    found = columns.find(titles, columns.PAIRS)
    if not {"old", "new"} <= found.keys():
        raise UnreadableFile(
            f"{path.name}: two columns must hold old and new codes (predecessor, successor);"
            f" there are {', '.join(titles) or 'none'}."
        )
    pairs, faults = [], []
    for number, row in rows:
        cells = {name: row.get(title) for name, title in found.items()}
        old = columns.text(cells["old"]) or columns.text(cells.get("old_within"))
        new = columns.text(cells["new"])
        try:
            is_main = columns.flag(cells.get("is_main"))
        except BadValue as error:
            faults.append(Remark(number, f"{path.name}: {error}"))
            continue
        if old and new:
            pairs.append(WrittenPair(number, old, new, is_main))
        else:
            faults.append(Remark(number, f"{path.name}: old or new code is missing."))
    return pairs, faults


Record = tuple[int, dict[str, Any], dict[str, Any] | None]
"""Number, cells by title, and geometry."""


def _csv(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a CSV file by title, each with its number."""
    content = _text(path)
    try:
        first = content.lstrip().split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)
        lines = csv.reader(content.splitlines(keepends=True), delimiter=delimiter)
        numbered = [
            (number, line) for number, line in enumerate(lines, 1) if any(map(str.strip, line))
        ]
    except csv.Error as error:
        raise UnreadableFile(f"{path.name} is no CSV file: {error}") from error
    if len(numbered) < 2:
        raise UnreadableFile(f"{path.name} has no rows.")
    titles = numbered[0][1]
    return [
        (number, {title: cell for title, cell in zip(titles, line, strict=False) if title.strip()})
        for number, line in numbered[1:]
    ]


def _features(path: Path) -> list[Record]:
    try:
        content = json.loads(_text(path))
    except ValueError as error:
        raise UnreadableFile(f"{path.name} is no JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise UnreadableFile(f"{path.name} is no GeoJSON FeatureCollection.")
    _check_system(path, content.get("crs"))
    if not content["features"]:
        raise UnreadableFile(f"{path.name} has no features.")
    return [(number, *_record(feature)) for number, feature in enumerate(content["features"], 1)]


def _record(feature: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    if not isinstance(feature, dict):
        return {}, None
    properties = feature.get("properties")
    record = dict(properties) if isinstance(properties, dict) else {}
    geometry = feature.get("geometry")
    if "code" not in record and "id" in feature:
        record["code"] = feature["id"]
    return record, geometry if isinstance(geometry, dict) else None


def _check_system(path: Path, system: Any) -> None:
    """Refuse coordinates of another system than longitude and latitude on WGS 84."""
    facts = system.get("properties") if isinstance(system, dict) else None
    name = str(facts.get("name", "")) if isinstance(facts, dict) else ""
    if name and not name.upper().endswith(("CRS84", "4326")):
        raise UnreadableFile(
            f"{path.name} is in {name}: convert it to longitude and latitude (WGS 84) first."
        )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableFile(f"{path.name} is too large.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path.name} is not in UTF-8.") from error


def _take(
    table: Table, number: int, record: dict[str, Any], geometry: dict[str, Any] | None
) -> None:
    """Add one row to those that could be read, or to those that could not."""
    cells = {name: record.get(title) for name, title in table.columns.items()}
    label = columns.text(cells.get("full_name")) or columns.text(cells.get("name")) or "?"
    where = f"{label} ({columns.text(cells.get('code')) or '?'})"
    try:
        row = _written(number, cells, named=bool({"name", "full_name"} & table.columns.keys()))
        if geometry is not None:
            row, was_repaired = _with_geometry(row, geometry)
            if was_repaired:
                text = f"{where}: its boundary crossed itself and was repaired."
                table.warnings.append(Remark(number, text))
    except BadValue as error:
        table.refused.append(Remark(number, f"{where}: {error}"))
    else:
        table.rows.append(row)


def _written(number: int, cells: dict[str, Any], *, named: bool) -> Written:
    code = columns.text(cells.get("code"))
    name, full_name = columns.text(cells.get("name")), columns.text(cells.get("full_name"))
    if not code or (named and not (name or full_name)):
        raise BadValue("code or name is missing.")
    _check_lengths(code, name, full_name)
    lat, lon = columns.number(cells.get("lat")), columns.number(cells.get("lon"))
    if (lat is None) != (lon is None):
        raise BadValue("a point needs latitude and longitude.")
    if not on_earth(lat, lon):
        raise BadValue(f"{lat}, {lon} is not on the earth.")
    area_km2 = columns.number(cells.get("area_km2"))
    if area_km2 is not None and area_km2 <= 0:
        raise BadValue("its area must be more than 0.")
    valid_from, valid_to = columns.day(cells.get("valid_from")), columns.day(cells.get("valid_to"))
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        raise BadValue("ends before it starts.")
    return Written(
        number=number,
        code=code,
        level=columns.level(cells.get("level")),
        name=name,
        full_name=full_name,
        named=named,
        within=columns.text(cells["within"])[:160] if "within" in cells else None,
        parent=columns.text(cells.get("parent")),
        valid_from=valid_from,
        valid_to=valid_to,
        lat=lat,
        lon=lon,
        area_km2=area_km2,
        predecessors=columns.codes(cells.get("predecessors")),
    )


def _check_lengths(code: str, name: str, full_name: str) -> None:
    for what, value, most in (("code", code, 20), ("name", name, 120), ("name", full_name, 160)):
        if len(value) > most:
            raise BadValue(f"its {what} is longer than {most} letters.")
        if not value.isprintable():
            raise BadValue(f"its {what} holds characters that cannot be printed.")


def _with_geometry(row: Written, geometry: dict[str, Any]) -> tuple[Written, bool]:
    """Return the row with its boundary or office point, and whether the boundary was repaired."""
    office = shapes.point(geometry)
    if office is not None:
        lat, lon = office
        return (replace(row, lat=lat, lon=lon) if row.lat is None else row), False
    shape, was_repaired = shapes.area(geometry)
    return replace(row, shape=shape), was_repaired
