"""Folding of names, so that people find places however they spell them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count, groupby

_NOT_WORD = re.compile(r"[^0-9a-z]+")
TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""Grave, acute, tilde, hook above, dot below: the tones of Vietnamese."""

_FINAL_Y = re.compile(r"(?<=[bcdghklmnpqrstvx])y$|(?<=^qu)y$")
_K_FOR_C = re.compile(r"k(?!h)")
_ZEROS = re.compile(r"^0+(?=\d)")


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


def free_slug(base: str, taken: Collection[str]) -> str:
    """Return ``base``, or with the first number behind it that is not taken."""
    if base not in taken:
        return base
    return next(name for name in (f"{base}-{number}" for number in count(2)) if name not in taken)


def spelling(text: str) -> str:
    """Return ``text`` lower-cased with its accents, each tone mark moved to the end of its word.

    Two ways to set the same mark come out alike: ``spelling("hoà") == spelling("hòa")``, but not
    ``spelling("hoa")``. Idempotent; for comparing, not for showing.
    """
    lowered = unicodedata.normalize("NFKC", text.casefold()).casefold()
    letters = unicodedata.normalize("NFD", lowered)
    return "".join(
        _tone_last("".join(run)) if is_word else "".join(run)
        for is_word, run in groupby(letters, _is_letter)
    )


def _is_letter(sign: str) -> bool:
    return sign.isalpha() or unicodedata.combining(sign) > 0


def _tone_last(word: str) -> str:
    tones = "".join(sorted(mark for mark in word if mark in TONES))
    return "".join(mark for mark in word if mark not in TONES) + tones


def sound(word: str) -> str:
    """Return one folded word with the spellings that waver made one.

    Final i and y after a consonant (Quì and Quỳ, Mĩ and Mỹ), k and c (Đắk and Đắc), and leading
    zeros (Phường 01). Idempotent.
    """
    return _K_FOR_C.sub("c", _FINAL_Y.sub("i", _ZEROS.sub("", word)))
