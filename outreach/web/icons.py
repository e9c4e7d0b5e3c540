"""The line icons that templates draw inline."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe

FOLDER = Path(__file__).resolve().parent / "icons"
_NAME = re.compile(r"[a-z0-9-]+")
_CONTENT = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class UnknownIconError(ValueError):
    """A template names an icon that is not vendored."""


@cache
def shapes_of(name: str) -> SafeString:
    """Return the shapes inside the named icon's 24 x 24 drawing, without the ``svg`` element.

    Raises UnknownIconError for a name that has no file, so that a misspelling fails at once.
    """
    path = FOLDER / f"{name}.svg"
    found = _NAME.fullmatch(name) and path.is_file() and _CONTENT.search(path.read_text("utf-8"))
    if not found:
        raise UnknownIconError(name)
    # The files are vendored and held to a checksum: nothing a person typed reaches this.
    return mark_safe(re.sub(r"\s*\n\s*", "", found[1]))  # noqa: S308


def icon_names() -> list[str]:
    """Return the names that ``shapes_of`` knows."""
    return sorted(path.stem for path in FOLDER.glob("*.svg"))
