"""Folding of names, so that people find places however they spell them."""

from __future__ import annotations

import re
import unicodedata

_NOT_WORD = re.compile(r"[^0-9a-z]+")


def fold(text: str) -> str:
    """Return ``text`` lower-cased, without accents, đ as d, and with single spaces.

    Idempotent. ``fold("Hoà Bình") == fold("Hòa Bình") == "hoa binh"``.
    """
    lowered = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    bare = "".join(mark for mark in lowered if not unicodedata.combining(mark))
    return _NOT_WORD.sub(" ", bare.casefold()).strip()


def slug(text: str) -> str:
    """Return ``text`` folded with hyphens: a part of an address."""
    return fold(text).replace(" ", "-")
