"""Whatever units come and go: half-open days, unbroken successions, no overlap in time."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from outreach.common.constraints import violated_constraint
from outreach.places import lineage
from outreach.places.lineage import AllLinks, StoredLinks, standing
from outreach.places.loading import store, vietnam
from outreach.places.loading.gazetteer import COMMUNE
from outreach.places.models import AdministrativeUnit, Succession
from outreach.places.selectors import unit_on
from tests.factories import CommuneFactory, ProvinceFactory
from tests.places.loader import dump, load, write

days = st.dates(min_value=date(2025, 7, 1), max_value=date(2030, 12, 31))
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CODES = ["1", "2", "3", "4", "5"]


@pytest.mark.django_db
class TestConstraint:
    """No unit overlaps itself in time, whoever writes."""

    def rows(self, *spans: tuple[str, str | None], active: bool = True) -> None:
        """Write communes of one code past the models."""
        for start, end in spans:
            unit = CommuneFactory.create(code="X", is_active=False, valid_from=date(1999, 1, 1))
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE places_administrativeunit"
                    " SET valid_from = %s, valid_to = %s, is_active = %s WHERE id = %s",
                    [start, end, active, unit.pk],
                )

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (("2025-07-01", None), ("2026-01-01", None)),
            (("2025-07-01", "2026-01-02"), ("2026-01-01", None)),
            (("2025-07-01", "2026-01-01"), ("2025-07-01", "2026-01-01")),
            (("2025-07-01", "2027-01-01"), ("2026-01-01", "2026-02-01")),
        ],
    )
    def test_two_active_units_of_one_code_never_meet(
        self, first: tuple[str, str | None], second: tuple[str, str | None]
    ) -> None:
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            self.rows(first, second)
        assert violated_constraint(caught.value) == "unit_code_once"

    def test_they_may_touch_and_those_that_are_not_active_may_meet(self) -> None:
        self.rows(("2025-07-01", "2026-01-01"), ("2026-01-01", None))
        self.rows(("2025-07-01", None), active=False)


class TestHalfOpen(TestCase):
    """A unit stands on its first day and no more on the day it ends."""

    @FEW
    @given(st.lists(days, min_size=2, max_size=5, unique=True), days)
    def test_on_any_day_at_most_one_unit_has_a_code(self, borders: list[date], day: date) -> None:
        borders.sort()
        province = ProvinceFactory.create()
        chain = [
            CommuneFactory.create(code="X", parent=province, valid_from=start, valid_to=end)
            for start, end in zip(borders, [*borders[1:], None], strict=True)
        ]
        for old, new in pairwise(chain):
            Succession.objects.create(predecessor=old, successor=new)
        standing_on = AdministrativeUnit.objects.in_force_on(day).filter(code="X")
        expected = [unit for unit in chain if _holds(unit, day)]
        assert list(standing_on) == expected
        for unit in chain:
            assert unit_on(unit, day) == (expected[0] if expected else unit)
            assert unit_on(unit, unit.valid_from) == unit


def _holds(unit: AdministrativeUnit, day: date) -> bool:
    return unit.valid_from <= day and (unit.valid_to is None or day < unit.valid_to)


reforms = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(CODES),
            st.sampled_from("ABC"),
            st.lists(st.sampled_from(CODES), max_size=3, unique=True),
        ),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=3,
)


class TestReforms(TestCase):
    """Random reforms, some of their rows impossible, one after the other and back."""

    @FEW
    @given(reforms)
    @example([[("1", "B", [])], [("1", "B", []), ("1", "A", [])]])
    def test_whatever_is_loaded_is_accounted_for_unbroken_and_can_be_taken_back(
        self, found: list[list[tuple[str, str, list[str]]]]
    ) -> None:
        with TemporaryDirectory() as folder:
            states = [self._first(Path(folder))]
            for year, rows in enumerate(found, 2026):
                self._reform(Path(folder), year, rows)
                states.append(dump())
            self._check_unbroken()
            for year in range(2025 + len(found), 2025, -1):
                after = states.pop()
                if after == states[-1]:
                    continue
                load("--deactivate", f"r{year}")
                load("--discard", f"r{year}")
                assert dump() == states[-1]

    def _first(self, folder: Path) -> object:
        rows = "".join(f"commune,{code},Xã {code},40\n" for code in CODES[:3])
        content = "level,code,full_name,province_code\nprovince,40,Tỉnh,\n" + rows
        path = write(folder, "first.csv", content)
        load("--file", path, "--valid-from", "2025-07-01", "--commit", "--activate")
        return dump()

    def _reform(self, folder: Path, year: int, rows: list[tuple[str, str, list[str]]]) -> None:
        lines = [f"{code},Xã {name},40,{';'.join(old)}" for code, name, old in rows]
        content = "\n".join(["code,full_name,province_code,predecessors", *lines])
        arguments = ["--file", write(folder, f"r{year}.csv", content)]
        arguments += ["--valid-from", f"{year}-01-01", "--commit", "--activate"]
        printed = load(*arguments)
        refused = printed.count(" refused: ")
        assert f"{len(rows)} rows, {refused} refused" in printed
        stored = dump()
        assert "Nothing to change" in load(*arguments)
        assert dump() == stored

    def _check_unbroken(self) -> None:
        """Check that what ended leads on, each with one main successor, alone or divided."""
        ended = AdministrativeUnit.objects.active().filter(valid_to__isnull=False)
        for unit in ended:
            links = list(Succession.objects.active().filter(predecessor=unit))
            assert sum(link.is_main for link in links) == 1
            assert all(link.is_split == (len(links) > 1) for link in links)
            assert all(link.successor.valid_from == unit.valid_to for link in links)
        many = AllLinks()
        for unit in AdministrativeUnit.objects.active():
            for day in (date(2025, 7, 1), date(2026, 1, 1), date(2040, 1, 1)):
                every = lineage.reached(standing(unit), day, many)
                assert every == lineage.reached(standing(unit), day, StoredLinks())
                assert list(every)[:1] in ([], [unit_on(unit, day).pk])


@pytest.mark.django_db
def test_every_old_commune_of_the_country_leads_to_a_new_one() -> None:
    store.load(vietnam.read(), commit=True, activate=True)
    links = Succession.objects.active().filter(predecessor__level=COMMUNE)
    old = AdministrativeUnit.objects.in_force_on(vietnam.TWO_TIERS_ON - timedelta(days=1))
    new = set(AdministrativeUnit.objects.in_force_on(vietnam.TWO_TIERS_ON).values_list("pk"))
    pairs = list(links.values_list("predecessor", "successor", "is_main", "is_split"))
    heirs = Counter(pair[0] for pair in pairs)
    assert heirs.keys() == set(old.communes().values_list("pk", flat=True))
    assert len(heirs) == 10_040
    assert {(pair[1],) for pair in pairs} <= new
    assert Counter(pair[0] for pair in pairs if pair[2]) == Counter(heirs.keys())
    assert {pair[0] for pair in pairs if pair[3]} == {pk for pk, n in heirs.items() if n > 1}
    assert len({pair[1] for pair in pairs}) == 3_321
