"""Finding the columns of a table of units, however they are called."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from outreach.common.folding import fold
from outreach.places.loading.gazetteer import COMMUNE, PROVINCE

ALIASES: dict[str, tuple[str, ...]] = {
    "level": ("level", "cap", "admin_level", "loai_cap"),
    "code": (
        "code",
        "ma",
        "ma_dvhc",
        "ma_don_vi",
        "ma_xa",
        "ma_phuong_xa",
        "commune_code",
        "ward_code",
        "unit_code",
        "maxa",
        "gso_id",
    ),
    "name": ("name", "ten", "ten_ngan", "short_name", "ten_xa", "ward_short"),
    "full_name": (
        "full_name",
        "ten_day_du",
        "ten_don_vi",
        "ten_dvhc",
        "long_name",
        "official_name",
        "ward",
    ),
    "within": ("within", "district", "huyen", "quan_huyen", "ten_huyen"),
    "parent": (
        "province_code",
        "ma_tinh",
        "matinh",
        "parent",
        "parent_code",
        "ma_tinh_tp",
        "tinh_code",
    ),
    "valid_from": ("valid_from", "from", "tu_ngay", "hieu_luc_tu", "ngay_hieu_luc", "since"),
    "valid_to": ("valid_to", "until", "to", "den_ngay", "hieu_luc_den", "valid_until"),
    "lat": ("lat", "latitude", "vi_do", "y"),
    "lon": ("lon", "lng", "long", "longitude", "kinh_do", "x"),
    "area_km2": ("area_km2", "area", "dien_tich", "dien_tich_km2", "dientich"),
    "predecessors": ("predecessors", "predecessor_codes", "old_codes", "ma_cu", "merged_from"),
}
"""Names of columns, folded, by what they hold; the first that a table has is taken."""

PAIRS: dict[str, tuple[str, ...]] = {
    "old": ("predecessor", "old_commune_code", "old_code", "old", "ma_cu", "predecessor_code"),
    "old_within": ("old_district_code", "ma_huyen_cu"),
    "new": ("successor", "new_commune_code", "new_code", "new", "ma_moi", "successor_code"),
    "is_main": ("is_main", "main", "chinh"),
}
"""The same for a table of successions; ``old_within`` stands in where ``old`` is empty."""

_LEVELS = {
    PROVINCE: {"province", "tinh", "tinh thanh pho", "1", "thanh pho truc thuoc trung uong"},
    COMMUNE: {"commune", "xa", "phuong", "dac khu", "thi tran", "ward", "2", "3"},
}
_TRUE = {"1", "true", "yes", "y", "co", "x", "main"}
_FALSE = {"0", "false", "no", "n", "khong"}


class BadValue(ValueError):
    """A cell that cannot be read; the message says which and why."""


def folded(title: str) -> str:
    """Return the title of a column as the aliases have it: ``areaKm2`` and ``Area km2`` alike."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", title.strip().lstrip("\ufeff"))
    return re.sub(r"[^a-z0-9]+", "_", fold(apart)).strip("_")


def find(
    titles: Iterable[str],
    aliases: Mapping[str, tuple[str, ...]],
    stated: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the titles to read, by what they hold.

    Args:
        stated: titles that a person named, by what they hold.

    Raises:
        BadValue: if a stated column is not there, or holds nothing we know.
    """
    there = list(titles)
    by_folded = {folded(title): title for title in reversed(there)}
    found: dict[str, str] = {}
    for name, title in (stated or {}).items():
        if name not in aliases:
            raise BadValue(f"Unknown column “{name}”: one of {', '.join(aliases)}.")
        if title not in there:
            raise BadValue(f"There is no column “{title}”; there are {', '.join(there)}.")
        found[name] = title
    for name, known in aliases.items():
        likely = [by_folded[alias] for alias in known if alias in by_folded]
        if likely and likely[0] not in found.values():
            found.setdefault(name, likely[0])
    return found


def text(value: Any) -> str:
    """Return a cell as text, its spaces tidied; numbers as a code is written."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def day(value: Any) -> date | None:
    """Return a day written as 2027-01-01 or 01/01/2027.

    Raises:
        BadValue: for anything else, and for years that no unit was made in.
    """
    written = text(value)
    if not written:
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            found = datetime.strptime(written, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if 1700 <= found.year <= 2200:
            return found
    raise BadValue(f"“{written}” is not a date (2027-01-01 or 01/01/2027).")


def number(value: Any) -> float | None:
    """Return a number written with a point or a comma.

    Raises:
        BadValue: for anything else.
    """
    written = text(value)
    if not written:
        return None
    try:
        found = float(written.replace(",", ".") if "." not in written else written)
    except ValueError:
        raise BadValue(f"“{written}” is not a number.") from None
    if not math.isfinite(found):
        raise BadValue(f"“{written}” is not a number.")
    return found


def codes(value: Any) -> tuple[str, ...]:
    """Return codes separated by ; or ,; each once."""
    parts = value if isinstance(value, list) else re.split(r"[;,|]", text(value))
    return tuple(dict.fromkeys(code for part in parts if (code := text(part))))


def level(value: Any) -> str:
    """Return the level a cell names; nothing where it is empty.

    Raises:
        BadValue: for a level that is neither.
    """
    written = fold(text(value))
    if not written:
        return ""
    for known, names in _LEVELS.items():
        if written in names:
            return known
    raise BadValue(f"“{text(value)}” is no level: province or commune.")


def flag(value: Any) -> bool | None:
    """Return a yes or no; ``None`` where it is empty.

    Raises:
        BadValue: for anything else.
    """
    if isinstance(value, bool):
        return value
    written = fold(text(value))
    if not written:
        return None
    if written in _TRUE | _FALSE:
        return written in _TRUE
    raise BadValue(f"“{text(value)}” is neither yes nor no.")
