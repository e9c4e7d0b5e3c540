"""Names of units as the search compares them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from outreach.common.folding import TONES, fold, sound, spelling
from outreach.places.search.reading import COMMUNE_KINDS, DISTRICT_KINDS, PROVINCE_KINDS

_KINDS = sorted(COMMUNE_KINDS | DISTRICT_KINDS | PROVINCE_KINDS, key=len, reverse=True)

PROVINCE_ALIASES = {
    "hue": ("thua thien hue", "thua thien", "tt hue", "tth"),
    "ho chi minh": ("hcm", "tp hcm", "sai gon", "sg", "tphcm"),
    "ha noi": ("hn", "ha tay"),
    "ba ria vung tau": ("brvt",),
}
"""What people write for a province instead of its name, folded."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name without its kind.

    Attributes:
        kind: such as "xa"; empty where the name has none of the Vietnamese kinds.
        spelled: its words as :func:`outreach.common.folding.spelling` gives them.
        folded: the same without accents, run together.
        key: how it sounds, without spaces.
    """

    kind: str
    spelled: tuple[str, ...]
    folded: str
    key: str

    @property
    def initials(self) -> str:
        """The first letters of its words, as people shorten provinces: NA, HT."""
        return fold("".join(word[0] for word in self.spelled)).replace(" ", "")


def name_of(full_name: str) -> Name:
    """Return the name in a full name such as "Xã Hữu Kiệm"."""
    words = full_name.replace("'", " ").replace("’", " ").replace("-", " ").split()
    folded = [fold(word) for word in words]
    kind = _kind_of(" ".join(folded))
    start = len(kind.split())
    own = folded[start:]
    spelled = tuple(spelling(word) for word in words[start:])
    return Name(kind, spelled, "".join(own).replace(" ", ""), key_of(own))


def _kind_of(folded: str) -> str:
    return next((kind for kind in _KINDS if folded.startswith(f"{kind} ")), "")


def key_of(folded: Iterable[str]) -> str:
    """Return how folded words sound, run together: "kon tum" and "kontum" are one name."""
    return "".join(sound(part) for word in folded for part in word.split())


LEFT_OUT, OTHER_MARK, OTHER_SPACES = 1, 10, 2


def misspelling(typed: Sequence[str], right: Sequence[str]) -> int:
    """Return how far typed words are from the right ones; 0 where all marks are the same.

    Marks that were left out cost 1 a word, wrong ones 10, other spaces 2 in all. Both are spelled
    as :func:`outreach.common.folding.spelling` gives it and fold to the same letters.
    """
    if len(typed) != len(right):
        return OTHER_SPACES
    return sum(_apart(one, other) for one, other in zip(typed, right, strict=True))


def wrong_marks(typed: Sequence[str], right: Sequence[str]) -> int:
    """Return what the wrong marks in the typed beginning of a name cost."""
    pairs = zip(typed, right, strict=False)
    return sum(OTHER_MARK for one, other in pairs if _contradicts(one, other))


def _apart(typed: str, right: str) -> int:
    if typed == right:
        return 0
    return OTHER_MARK if _contradicts(typed, right) else LEFT_OUT


def _contradicts(typed: str, right: str) -> bool:
    """Tell whether a mark of ``typed`` is not in ``right``; ``right`` may go on."""
    marks, tone = _taken_apart(typed)
    right_marks, right_tone = _taken_apart(right)
    if tone and tone != right_tone:
        return True
    pairs = zip(marks, right_marks, strict=False)
    return any(one != other and (one not in PLAIN or one != fold(other)) for one, other in pairs)


PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


@lru_cache(maxsize=4096)
def _taken_apart(spelled: str) -> tuple[tuple[str, ...], str]:
    """Return the letters with the marks that make them others, and the tone."""
    letters: list[str] = []
    tone = ""
    for sign in spelled:
        if sign in TONES:
            tone += sign
        elif unicodedata.combining(sign) and letters:
            letters[-1] += sign
        else:
            letters.append(sign)
    return tuple(letters), tone
