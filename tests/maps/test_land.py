"""Cutting land out of a coastline."""

from __future__ import annotations

from typing import Any

from outreach.maps.land import cut


def topology(*arcs: list[list[int]], rings: list[Any]) -> dict[str, Any]:
    return {
        "transform": {"scale": [1, 1], "translate": [100, 10]},
        "arcs": list(arcs),
        "objects": {"land": {"type": "MultiPolygon", "arcs": rings}},
    }


SQUARE = [[0, 0], [4, 0], [0, 4], [-4, 0], [0, -4]]


def corners(ring: list[tuple[float, float]]) -> set[tuple[float, float]]:
    return set(ring)


def test_land_inside_the_box_is_kept_whole() -> None:
    (ring,) = cut(topology(SQUARE, rings=[[[0]]]), (99, 9, 110, 20))
    assert corners(ring) == {(100, 10), (104, 10), (104, 14), (100, 14)}


def test_land_across_the_edge_is_cut_there() -> None:
    (ring,) = cut(topology(SQUARE, rings=[[[0]]]), (102, 9, 110, 12))
    assert corners(ring) == {(102, 10), (104, 10), (104, 12), (102, 12)}


def test_land_outside_is_left_out() -> None:
    assert cut(topology(SQUARE, rings=[[[0]]]), (110, 20, 112, 22)) == []


def test_a_ring_may_run_along_an_arc_backwards() -> None:
    lower, upper = [[0, 0], [4, 0], [0, 4]], [[0, 0], [0, 4], [4, 0]]
    (ring,) = cut(topology(lower, upper, rings=[[[0, ~1]]]), (99, 9, 110, 20))
    assert corners(ring) == {(100, 10), (104, 10), (104, 14), (100, 14)}
