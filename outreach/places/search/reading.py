"""Reading what somebody typed for a place: words, kinds of unit, and marks such as "cũ"."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from outreach.common.folding import fold, sound, spelling

MOST_SIGNS = 200
MOST_WORDS = 24
"""Longer texts are no names of places; what follows is not read."""

COMMUNE_KINDS = frozenset({"xa", "phuong", "thi tran", "dac khu"})
DISTRICT_KINDS = frozenset({"huyen", "quan", "thi xa", "thanh pho"})
PROVINCE_KINDS = frozenset({"tinh", "thanh pho"})

_KINDS = {
    ("xã",): "xa",
    ("phường",): "phuong",
    ("thị", "trấn"): "thi tran",
    ("đặc", "khu"): "dac khu",
    ("huyện",): "huyen",
    ("quận",): "quan",
    ("thị", "xã"): "thi xa",
    ("thành", "phố"): "thanh pho",
    ("tỉnh",): "tinh",
}
_KIND_SPELLINGS = {tuple(fold(word) for word in words): words for words in _KINDS}
_SHORT_KINDS = {
    "x": "xa",
    "p": "phuong",
    "tt": "thi tran",
    "h": "huyen",
    "q": "quan",
    "tx": "thi xa",
    "tp": "thanh pho",
    "t": "tinh",
}
# fmt: off
_VENUES = frozenset({
    "truong", "tieu", "th", "thcs", "thpt", "ptdtbt", "ubnd", "tram",
    "don", "cho",
})
"""Kinds of venue: what follows is the venue's name, and often that of its commune as well."""
_DETAILS = _VENUES | frozenset({
    "thon", "ban", "xom", "ap", "lang", "khoi", "to", "buon",
    "bon", "soc", "phum", "pho", "duong", "ngo", "ngach", "so",
    "khu", "doi", "cum", "hem", "kp", "tdp",
})
# fmt: on
"""What lies below a commune: a name after one of these is not the commune's."""
_HEADS = frozenset({"thanh", "xa", "phuong", "x", "p", "tt", "tran"})
_FORMER = spelling("cũ")
_FORMER_WORDS = frozenset({"former", "formerly", "old"})
_EMPTY_WORDS = _FORMER_WORDS | frozenset(
    "vn vietnam viet commune ward district province city town of the".split()  # noqa: SIM905
)
"""Words that say nothing about where it is."""

_BREAK = re.compile(r"[,;:|/\n()]")
_DASH = re.compile(r"\s[-–—]\s")
_SOFT = re.compile(r"[\s.\-–—_'’`\"“”]+")
_SHORT_WITH_NUMBER = re.compile(r"^([pq])(\d{1,2})$")
_ONLY_SIGNS = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: folded, as it is spelled and as it sounds, and where in the text it stands.

    Commas end a block; dashes end a part of one, though names may have a dash in them.
    """

    folded: str
    spelled: str
    sounds: str
    block: int
    part: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A text taken apart.

    ``kinds[i]`` are the kinds of unit that end right before word ``i``, each with the word at which
    it begins. The masks have one bit per word: ``free`` words need not be explained by a place,
    ``former`` ones say that the place is no more, ``details`` such as "thôn" name what lies below a
    commune, ``venues`` among them such as "trường" name a venue, and ``kind_words`` are those of
    kinds that were written out.
    """

    words: tuple[Word, ...]
    kinds: dict[int, list[tuple[str, int]]]
    kind_words: int
    free: int
    former: int
    details: int
    venues: int
    is_complete: bool
    has_accents: bool


def read(text: str) -> Reading:
    """Take a text apart. Never fails; a text without letters has no words."""
    clean = unicodedata.normalize("NFC", text[:MOST_SIGNS])
    words: list[Word] = []
    for block, piece in enumerate(_BREAK.split(clean)):
        for part, phrase in enumerate(_DASH.split(piece)):
            for typed in _SOFT.split(phrase):
                words.extend(_words(typed, block, block * MOST_SIGNS + part))
    kept = tuple(words[:MOST_WORDS])
    free, former, details = _marks(kept)
    kinds = _kinds(kept)
    return Reading(
        words=kept,
        kinds=kinds,
        kind_words=_written_out(kept, kinds),
        free=free,
        former=former,
        details=details,
        venues=sum(
            1 << at for at, word in enumerate(kept) if details >> at & 1 and word.folded in _VENUES
        ),
        is_complete=clean.rstrip().endswith((",", ";", ")")),
        has_accents=any(word.spelled != word.folded for word in kept),
    )


def _words(typed: str, block: int, part: int) -> list[Word]:
    bare = _ONLY_SIGNS.sub("", typed)
    short = _SHORT_WITH_NUMBER.match(bare.casefold())
    found = []
    for piece in short.groups() if short else (bare,):
        folded = fold(piece).replace(" ", "")
        if folded:
            found.append(Word(folded, spelling(piece), sound(folded), block, part))
    return found


def _kinds(words: tuple[Word, ...]) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = {}
    for start, word in enumerate(words):
        for size in (2, 1):
            end = start + size
            run = words[start:end]
            spelled = _KIND_SPELLINGS.get(tuple(one.folded for one in run))
            if spelled and len(run) == size and _may_mean(run, spelled):
                found.setdefault(end, []).append((_KINDS[spelled], start))
        if word.folded in _SHORT_KINDS and word.spelled == word.folded:
            found.setdefault(start + 1, []).append((_SHORT_KINDS[word.folded], start))
    return found


def _written_out(words: tuple[Word, ...], kinds: dict[int, list[tuple[str, int]]]) -> int:
    """Return the words of kinds that are not short forms, as a mask; "xã" is too short to tell."""
    places = {
        at for end, ended in kinds.items() for _kind, start in ended for at in range(start, end)
    }
    return sum(1 << at for at in places if len(words[at].folded) > 2)


def _may_mean(run: tuple[Word, ...], spelled: tuple[str, ...]) -> bool:
    """Tell whether words without accents, or with the right ones, stand for a kind."""
    pairs = zip(run, spelled, strict=True)
    return all(one.spelled in {one.folded, spelling(right)} for one, right in pairs)


def _marks(words: tuple[Word, ...]) -> tuple[int, int, int]:
    free = former = details = 0
    for place, word in enumerate(words):
        bit = 1 << place
        if _says_former(words, place):
            former |= bit
        if word.folded in _EMPTY_WORDS:
            free |= bit
        elif word.folded in _DETAILS and not _is_kind_end(words, place):
            details |= bit
    if [word.folded for word in words[-2:]] == ["viet", "nam"]:
        free |= 0b11 << (len(words) - 2)
    else:
        free &= ~_mask_of(words, "viet")
    return free | former, former, details


def _is_kind_end(words: tuple[Word, ...], place: int) -> bool:
    """Tell whether it is the "phố" of "thành phố", or follows "xã", as in "xã Trường Xuân"."""
    before = words[place - 1] if place else None
    return before is not None and before.block == words[place].block and before.folded in _HEADS


def _says_former(words: tuple[Word, ...], place: int) -> bool:
    word = words[place]
    if word.spelled == _FORMER or word.folded in _FORMER_WORDS:
        return True
    return word.spelled == "cu" and _ends_a_part(words, place)


def _mask_of(words: tuple[Word, ...], folded: str) -> int:
    return sum(1 << place for place, word in enumerate(words) if word.folded == folded)


def _ends_a_part(words: tuple[Word, ...], place: int) -> bool:
    return place > 0 and (place + 1 == len(words) or words[place + 1].part != words[place].part)
