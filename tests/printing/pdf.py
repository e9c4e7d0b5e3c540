"""Reading a PDF file back, as far as those of this product go: its letters, pages and fonts.

Written for WeasyPrint's uncompressed files, so that no test needs another program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from outreach.printing import engine

_OBJECT = re.compile(rb"(?s)\n?(\d+) 0 obj\n(.*?)\nendobj")
_STREAM = re.compile(rb"(?s)stream\n(.*)\nendstream")
_PAIR = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]+)>")
_TEXT = re.compile(
    rb"/(\S+) [\d.]+ Tf|\[((?:<[0-9a-f]*>|-?[\d.]+)*)\] TJ|(ET| Tm)|(?:<([0-9a-f]+)>) Tj"
)
_HEX = re.compile(rb"<([0-9a-f]+)>")
A4 = (595, 842)

FILES = {"Document-Latin": "latin", "Document-Vietnamese": "vietnamese"}
"""Parts of the vendored font by the name they have in documents."""


@dataclass(frozen=True)
class Letter:
    """One letter as it is drawn: by which font, as which shape, and what it means."""

    font: str
    shape: int
    text: str


class Pdf:
    """A document as a PDF file.

    Args:
        html: the document.
    """

    def __init__(self, html: str) -> None:
        self.document: Any = engine.render(html)
        content = bytes(self.document.write_pdf(uncompressed_pdf=True))
        self._objects = {int(key): body for key, body in _OBJECT.findall(content)}
        self._fonts = self._fonts_by_name()

    @property
    def sizes(self) -> set[tuple[int, int]]:
        """Width and height of the pages in points."""
        boxes = [
            re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", body)
            for body in self._objects.values()
            if b"/Type /Page/" in body
        ]
        return {(round(float(box[1])), round(float(box[2]))) for box in boxes if box}

    @property
    def pages(self) -> int:
        """How many pages."""
        return len(self.document.pages)

    @property
    def texts(self) -> list[str]:
        """The text of each page, its margins included, as it was laid out."""
        return [
            " ".join(
                text
                for box in page._page_box.descendants()
                if (text := getattr(box, "text", None)) and text.strip()
            )
            for page in self.document.pages
        ]

    @property
    def letters(self) -> list[Letter]:
        """Every letter, as it is drawn."""
        found: list[Letter] = []
        for body in self._objects.values():
            stream = _STREAM.search(body)
            if stream and b" Tf" in stream[1]:
                found += self._letters_of(stream[1])
        return found

    @property
    def text(self) -> str:
        """All the text, as somebody would copy it; what is drawn apart is apart."""
        return " ".join("".join(letter.text for letter in self.letters).split())

    def sticking_out(self, room_px: float = 1.0) -> list[str]:
        """Return the texts that are not wholly on the paper inside its margins."""
        out = []
        for page in self.document.pages:
            box = page._page_box
            left, right = box.margin_left, box.margin_left + box.width
            for one in box.descendants():
                text = getattr(one, "text", None)
                if not text or not text.strip() or str(one.element_tag).startswith("@"):
                    continue
                ends = one.position_x + one.width
                if one.position_x < left - room_px or ends > right + room_px:
                    out.append(text)
        return out

    def _letters_of(self, stream: bytes) -> list[Letter]:
        found: list[Letter] = []
        font, meaning = "", dict[int, str]()
        for name, texts, end, single in _TEXT.findall(stream):
            if name:
                font, meaning = self._fonts[name.decode()]
            elif end:
                found.append(Letter("", -1, " "))
            for run in _HEX.findall(texts) + ([single] if single else []):
                for place in range(0, len(run), 4):
                    shape = int(run[place : place + 4], 16)
                    found.append(Letter(font, shape, meaning.get(shape, "\ufffd")))
        return found

    def _fonts_by_name(self) -> dict[str, tuple[str, dict[int, str]]]:
        fonts = {}
        for body in self._objects.values():
            if b"/Subtype /Type0" not in body:
                continue
            name = re.search(rb"/BaseFont /(\S+?)\+([\w-]+)", body)
            meaning = re.search(rb"/ToUnicode (\d+) 0 R", body)
            assert name
            assert meaning
            pairs = _PAIR.findall(self._objects[int(meaning[1])].split(b"beginbfchar")[-1])
            fonts[name[1].decode()] = (
                name[2].decode(),
                {int(key, 16): _said(value) for key, value in pairs},
            )
        return fonts


def _said(text: bytes) -> str:
    return bytes.fromhex(text.decode()).decode("utf-16-be")


@cache
def shapes(part: str, weight: int) -> dict[str, int]:
    """Return which shape each letter has in a part of the vendored font."""
    found = finders.find(f"vendor/be-vietnam-pro/be-vietnam-pro-{part}-{weight}.woff2")
    with TTFont(Path(str(found))) as font:
        return {
            chr(code): font.getGlyphID(name) for code, name in (font.getBestCmap() or {}).items()
        }
