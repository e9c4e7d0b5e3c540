"""What the tests of loading share: running the command, small files, and whole tables."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from outreach.places.models import (
    AdministrativeUnit,
    Boundary,
    ServiceArea,
    Succession,
    UnitChange,
    UnitSet,
    Venue,
)

TABLES = (UnitSet, AdministrativeUnit, Succession, UnitChange, Boundary, ServiceArea, Venue)


def load(*arguments: str) -> str:
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("load_units", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def counts(printed: str) -> dict[str, int]:
    """Return the line of JSON that a run ends with."""
    line: dict[str, int] = json.loads(printed.strip().splitlines()[-1])
    return line


def dump() -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table that a load, or taking it back, may write."""
    return {model.__name__: [_plain(row) for row in _rows(model)] for model in TABLES}


def _rows(model: Any) -> Any:
    return model._base_manager.order_by("pk").values()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: bytes(cell) if isinstance(cell, memoryview) else cell for name, cell in row.items()
    }


def write(folder: Path, name: str, content: str | dict[str, Any]) -> str:
    """Write a file and return its path."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """Return a GeoJSON rectangle."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(geometry: dict[str, Any] | None, **properties: Any) -> dict[str, Any]:
    """Return a GeoJSON feature."""
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON file."""
    return {"type": "FeatureCollection", "features": list(features)}


BEFORE = """level,code,full_name,province_code,lat,lon,area_km2
province,40,Tỉnh Nghệ An,,,,
commune,101,Xã Thủy A,40,19.05,105.05,10
commune,102,Xã B,40,19.05,105.15,20
commune,103,Xã C,40,19.05,105.25,30
commune,104,Xã D,40,19.05,105.35,40
"""
"""A province with four communes, as they stand since July 2025."""

REFORM = """code,full_name,province_code,predecessors
101,Xã Thủy A,40,101;102
113,Xã C Mới,40,103
104,Xã D,40,104
105,Xã E,40,104
"""
"""A and B are merged, C is renamed, D is divided between a smaller D and E."""


def load_before(folder: Path) -> None:
    """Load and activate the four communes, with a boundary each."""
    path = write(folder, "before.csv", BEFORE)
    load("--file", path, "--valid-from", "2025-07-01", "--commit", "--activate")
    shapes = [
        feature(square(105 + step / 10, 19.0, 105.1 + step / 10, 19.1), ma=str(101 + step))
        for step in range(4)
    ]
    path = write(folder, "shapes.geojson", collection(*shapes))
    load("--file", path, "--level", "commune", "--commit", "--activate")
