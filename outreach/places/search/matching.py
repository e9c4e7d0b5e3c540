"""Which units a text may mean, and how well each fits.

A text is read as an address without relying on its punctuation: every run of words is looked up as
a commune, as a former district and as a province, and each commune is judged together with the
districts and provinces beside it that fit it, and by the words that nothing explains. The points
below only order what was found; no rule rests on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from outreach.places.search.index import Entry, Index
from outreach.places.search.names import Name, misspelling, wrong_marks
from outreach.places.search.reading import (
    COMMUNE_KINDS,
    DISTRICT_KINDS,
    PROVINCE_KINDS,
    Reading,
)

LONGEST_NAME, LONGEST_SLIP = 8, 4
"""Words; the longest name of 2025 has six."""
ENDS_OF_NAMES = frozenset({"xa", "quan", "tinh", "phuong"})
"""Kinds that, without their marks, also end names: Đào Xá, Hiền Quan, Hà Tĩnh, Tân Phương."""

WHOLE, BEGUN, INNER, SLIP = 100.0, 78.0, 70.0, 60.0
DISTRICT_ALONE, PROVINCE_ALONE = 88.0, 108.0
RIGHT_KIND, WRONG_KIND, OTHER_LEVEL = 6.0, -6.0, -60.0
SAME_DISTRICT, DISTRICT_NEAR = 40.0, 30.0
SAME_PROVINCE, PROVINCE_NEAR = 30.0, 22.0
OTHER_SOUND = 3.0
IN_FORCE, ASKED_FORMER = 5.0, 40.0
BEFORE_UNEXPLAINED, AFTER_UNEXPLAINED, KIND_UNEXPLAINED = -6.0, -12.0, -20.0
AFTER_DETAIL = -50.0
WINDOW = 45.0
"""What fits so much worse than the best is not shown."""
PER_LETTER = 0.3


@dataclass(frozen=True, slots=True)
class Hit:
    """A run of words that is, begins or nearly is a name."""

    start: int
    end: int
    mask: int
    key: str
    points: float
    kind: str = ""


@dataclass(slots=True)
class Candidate:
    """A unit that may be meant.

    Attributes:
        unit: its key.
        points: the more, the better.
        is_whole: whether its name was written in full, without a slip.
        district: the key of the former district that was named, where no commune was.
        rest: whether words are left that nothing explains.
    """

    unit: int
    points: float
    is_whole: bool
    district: str = ""
    rest: bool = False


@dataclass(slots=True)
class Hits:
    """Everything that was found in a text."""

    communes: list[Hit] = field(default_factory=list)
    districts: list[Hit] = field(default_factory=list)
    provinces: list[Hit] = field(default_factory=list)
    inner: list[Hit] = field(default_factory=list)


def candidates(index: Index, reading: Reading, on: date) -> list[Candidate]:
    """Return what the text may mean, best first; slips of the hand only where nothing else fits."""
    found = _judged(index, reading, _hits(index, reading, slips=False), on)
    if not found or found[0].rest or found[0].points < INNER:
        slipped = _judged(index, reading, _hits(index, reading, slips=True), on)
        if slipped and (not found or slipped[0].points > found[0].points):
            return slipped
    return found


# --- Finding names in the text -----------------------------------------------------------------


def _hits(index: Index, reading: Reading, *, slips: bool) -> Hits:
    hits = Hits()
    words = reading.words
    for start in range(len(words)):
        key = ""
        for end in range(start + 1, min(len(words), start + LONGEST_NAME) + 1):
            if words[end - 1].block != words[start].block:
                break
            key += words[end - 1].sounds
            is_short = end - start <= LONGEST_SLIP
            for form, points in _forms(index, reading, key, end, slips=slips and is_short):
                _note(index, reading, hits, (start, end), form, points)
    _note_inner(index, reading, hits)
    return hits


def _forms(
    index: Index, reading: Reading, key: str, end: int, *, slips: bool
) -> Iterator[tuple[str, float]]:
    yield key, WHOLE
    if end == len(reading.words) and not reading.is_complete and len(key) > 1:
        for form in index.beginning(key):
            yield form, BEGUN - PER_LETTER * min(len(form) - len(key), 20)
    if slips:
        for form in index.nearly(key):
            yield form, SLIP


def _note(
    index: Index,
    reading: Reading,
    hits: Hits,
    span: tuple[int, int],
    key: str,
    points: float,
) -> None:
    start, end = span
    for kind, begin in _kinds_before(reading, start):
        hit = Hit(start, end, _mask(begin, end), key, points, kind)
        if key in index.communes_called and (kind or not key.isdigit()):
            hits.communes.append(hit)
        if key in index.districts_called and (kind in DISTRICT_KINDS or not kind):
            hits.districts.append(hit)
        if key in index.provinces_called and (kind in PROVINCE_KINDS or not kind):
            hits.provinces.append(hit)
    if end - start == 1 and 0 < start == len(reading.words) - 1 and key in index.initials:
        hits.provinces.append(Hit(start, end, _mask(start, end), key, WHOLE))


def _kinds_before(reading: Reading, start: int) -> list[tuple[str, int]]:
    """Return the kinds written right before a word, or none: "xa" may also end the name before."""
    kinds = reading.kinds.get(start, [])
    here = reading.words[start].part
    found = [one for one in kinds if reading.words[one[1]].part == here]
    if found and reading.words[start - 1].spelled not in ENDS_OF_NAMES:
        return found
    return [*found, ("", start)]


def _note_inner(index: Index, reading: Reading, hits: Hits) -> None:
    """Look for the whole first part inside names: "đu" is the end of "Keng Đu"."""
    words = reading.words
    end = next((at for at, word in enumerate(words) if word.part != words[0].part), len(words))
    starts = {0, *(at for at, kinds in reading.kinds.items() if (0 in [k[1] for k in kinds]))}
    for start in starts:
        kept = [at for at in range(start, end) if not reading.free >> at & 1]
        key = "".join(words[at].sounds for at in kept)
        if len(key) < 2 or kept != list(range(start, start + len(kept))):
            continue
        for form in index.inner_beginning(key):
            points = INNER - PER_LETTER * min(len(form) - len(key), 20)
            kind = next((k for k, begin in reading.kinds.get(start, ()) if begin == 0), "")
            hits.inner.append(Hit(start, kept[-1] + 1, _mask(0, kept[-1] + 1), form, points, kind))


def _mask(start: int, end: int) -> int:
    return (1 << end) - (1 << start)


# --- Judging them ------------------------------------------------------------------------------


def _judged(index: Index, reading: Reading, hits: Hits, on: date) -> list[Candidate]:
    judge = _Judge(index, reading, hits, on)
    best: dict[int, Candidate] = {}
    for one in judge.all():
        known = best.get(one.unit)
        if known is None or one.points > known.points:
            best[one.unit] = one
    ranked = sorted(best.values(), key=lambda one: -one.points)
    return [one for one in ranked if _is_worth_showing(one, ranked[0])]


def _is_worth_showing(one: Candidate, best: Candidate) -> bool:
    """Tell whether it fits about as well, and explains every word if the best one does."""
    return one.points > max(best.points - WINDOW, 0) and (best.rest or not one.rest)


def _best_first(one: tuple[Hit, frozenset[str], bool]) -> tuple[float, bool, bool, int]:
    """Order by how well it fits; districts, what was called one, and long names first."""
    hit, _keys, is_province = one
    return (-hit.points, is_province, not hit.kind, -hit.mask.bit_count())


def _of_parts(reading: Reading, marked: int) -> int:
    """Return the words of the parts of the text in which a marked word stands."""
    words = reading.words
    parts = {word.part for at, word in enumerate(words) if marked >> at & 1}
    return sum(1 << at for at, word in enumerate(words) if word.part in parts)


class _Judge:
    def __init__(self, index: Index, reading: Reading, hits: Hits, on: date) -> None:
        self.index = index
        self.reading = reading
        self.hits = hits
        self.on = on
        self.all_words = _mask(0, len(reading.words))
        self._venue_names = _of_parts(reading, reading.venues)
        self._detail_words = _of_parts(reading, reading.details)
        districts = [
            (hit, frozenset(index.districts_called[hit.key]), False) for hit in hits.districts
        ]
        provinces = [
            (hit, frozenset(index.units[pk].name.key for pk in index.provinces_for(hit.key)), True)
            for hit in hits.provinces
        ]
        self.around = sorted([*districts, *provinces], key=_best_first)

    def all(self) -> Iterator[Candidate]:
        for hit in self.hits.communes:
            for pk in self.index.communes_called[hit.key]:
                yield self._commune(hit, self.index.units[pk])
        for hit in self.hits.inner:
            for pk in self.index.inner[hit.key]:
                yield self._commune(hit, self.index.units[pk], is_inner=True)
        for hit in self.hits.districts:
            for code in self.index.districts_called[hit.key]:
                yield from self._district(hit, code)
        for hit in self.hits.provinces:
            for pk in self.index.provinces_called.get(hit.key, ()):
                yield self._province(hit, self.index.units[pk])

    def _commune(self, hit: Hit, entry: Entry, *, is_inner: bool = False) -> Candidate:
        points = hit.points + self._kind(hit, entry.name, COMMUNE_KINDS)
        if not is_inner:
            points -= self._misspelled(hit, entry.name)
        more, mask = self._around(entry, hit.mask)
        left, rest = self._left(hit, mask, BEFORE_UNEXPLAINED)
        points += more + left + self._age(entry)
        return Candidate(entry.pk, points, hit.points == WHOLE and not is_inner, rest=rest)

    def _district(self, hit: Hit, code: str) -> Iterator[Candidate]:
        """Yield the communes of today that a former district went into."""
        district = self.index.districts[code]
        points = DISTRICT_ALONE + hit.points - WHOLE
        points += self._kind(hit, district.name, DISTRICT_KINDS)
        points -= self._misspelled(hit, district.name)
        sample = self.index.units[district.communes[0]]
        more, mask = self._around(sample, hit.mask)
        left, rest = self._left(hit, mask)
        points += more + left + (ASKED_FORMER if self.reading.former else 0.0)
        todays = {pk: None for old in district.communes for pk in self.index.on(old, self.on)}
        for pk in todays:
            yield Candidate(pk, points, hit.points == WHOLE, district=code, rest=rest)

    def _province(self, hit: Hit, entry: Entry) -> Candidate:
        points = PROVINCE_ALONE + hit.points - WHOLE
        points += self._kind(hit, entry.name, PROVINCE_KINDS)
        points -= self._misspelled(hit, entry.name)
        left, rest = self._left(hit, hit.mask)
        points += left + self._age(entry)
        return Candidate(entry.pk, points, hit.points == WHOLE, rest=rest)

    def _kind(self, hit: Hit, name: Name, level: frozenset[str]) -> float:
        if hit.start and self.reading.details >> (hit.start - 1) & 1 and not hit.kind:
            return AFTER_DETAIL
        if not hit.kind:
            return 0.0
        if hit.kind == name.kind:
            return RIGHT_KIND
        return WRONG_KIND if hit.kind in level else OTHER_LEVEL

    def _misspelled(self, hit: Hit, name: Name) -> float:
        words = self.reading.words[hit.start : hit.end]
        typed = tuple(word.spelled for word in words)
        if hit.points < WHOLE:
            return float(wrong_marks(typed, name.spelled)) if hit.points > SLIP else 0.0
        if "".join(word.folded for word in words) != name.folded:
            return OTHER_SOUND
        return float(misspelling(typed, name.spelled)) if self.reading.has_accents else 0.0

    def _around(self, entry: Entry, mask: int) -> tuple[float, int]:
        """Return the points for the districts and provinces beside a commune that fit it."""
        district = province = 0.0
        own = self.index.units[entry.parent or entry.pk].name.key
        for hit, keys, is_province in self.around:
            if hit.mask & mask or (district and not is_province):
                continue
            fits = (entry.provinces if is_province else entry.districts) & keys
            if not fits:
                continue
            mask |= hit.mask
            doubt = (hit.points - WHOLE) / 4
            if is_province:
                worth = SAME_PROVINCE if own in keys else PROVINCE_NEAR
                province = max(province, worth + doubt)
            else:
                worth = SAME_DISTRICT if entry.district in keys else DISTRICT_NEAR
                district = worth + doubt + self._kind_around(hit, keys)
        return district + province, mask

    def _kind_around(self, hit: Hit, codes: frozenset[str]) -> float:
        kinds = {self.index.districts[code].name.kind for code in codes}
        return 0.0 if not hit.kind else (2.0 if hit.kind in kinds else -2.0)

    def _left(
        self, hit: Hit, mask: int, before_points: float = AFTER_UNEXPLAINED
    ) -> tuple[float, bool]:
        """Return the points that unexplained words cost, and whether there are any that count."""
        left = self.all_words & ~mask & ~self.reading.free
        if not left:
            return 0.0, False
        before = left & _mask(0, hit.start) if hit.start else 0
        after = left & ~before
        cost = max(before_points * self._undetailed(before).bit_count(), 8 * before_points)
        cost += AFTER_UNEXPLAINED * after.bit_count()
        cost += KIND_UNEXPLAINED * (left & self.reading.kind_words).bit_count()
        return cost, bool(after or self._undetailed(before) or before & self._venue_names)

    def _undetailed(self, before: int) -> int:
        """Return the words that are not of a part such as "thôn 3" or "số 5 đường Lê Lợi"."""
        return before & ~self._detail_words

    def _age(self, entry: Entry) -> float:
        is_in_force = entry.is_in_force_on(self.on)
        if self.reading.former:
            return 0.0 if is_in_force else ASKED_FORMER
        return IN_FORCE if is_in_force else 0.0
