"""Reading the classical periodic instances, whose format has its traps, and planning them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks import pvrp
from outreach.routing.rhythms import OneOf

TINY = """\
1 2 3 2
0 10
30 0
0 0 0 0 0 0 0
1 3 4 2 5 1 2 2 1
2 6 8 2 5 2 1 3
3 1 1 0 1 0 0
"""
"""Two vehicles, three customers, two days; the last customer wants no visit."""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny"
    path.write_text(TINY)
    return path


def test_the_first_day_is_the_most_significant_bit(tiny: Path) -> None:
    problem = pvrp.problem_of(pvrp.read(tiny))

    first, second = pvrp.FIRST_ON, pvrp.FIRST_ON + timedelta(days=1)
    assert problem.stop["1"].rhythm == OneOf(((first,), (second,)))
    assert problem.stop["2"].rhythm == OneOf(((first, second),))


def test_a_limit_of_nought_is_none_and_each_day_has_its_own(tiny: Path) -> None:
    problem = pvrp.problem_of(pvrp.read(tiny))

    limits = [(shift.longest_s, shift.capacity) for shift in problem.shifts]
    assert limits == [(None, 10)] * 2 + [(30 * pvrp.FINE, None)] * 2


def test_a_customer_that_wants_no_visit_is_left_out(tiny: Path) -> None:
    assert [customer.name for customer in pvrp.read(tiny).customers] == ["1", "2"]


def test_a_tiny_instance_is_planned_best(tiny: Path) -> None:
    result = pvrp.measure(tiny, {"tiny": 40.0}, seconds=0.5, seed=1)

    assert result.cost == pytest.approx(40.0)
    assert result.gap == pytest.approx(0.0)
    assert result.broken == 0


@pytest.mark.parametrize(
    "text",
    ["", "2 2 3 2\n", "1 2 3 2\n0 10\n", TINY.replace("2 1 3\n", "2 2 3\n"), "\x00", "1 a"],
)
def test_a_file_that_is_no_instance_is_named(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken"
    path.write_text(text)

    assert pvrp.run([str(path), "--seconds", "1"]) == 2
    assert str(path) in capsys.readouterr().err


def test_the_report_ends_with_the_mean_gap(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    best = tiny.with_suffix(".csv")
    best.write_text("name,cost\ntiny,32\n")

    assert pvrp.run([str(tiny), "--bks", str(best), "--seconds", "0.5", "--seed", "3"]) == 0

    head, line, mean = capsys.readouterr().out.splitlines()
    assert head == "name cost bks gap_percent seconds"
    assert line.startswith("tiny 40.00 32.00 25.00 ")
    assert mean == "mean 25.00"
