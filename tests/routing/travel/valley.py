"""A small piece of country: a valley, a pass, a one-way street, a ferry, an island.

One description makes the OpenStreetMap extract for a real engine, and what the stub knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from xml.etree import ElementTree as Xml

import numpy as np

from outreach.routing.travel.geodesic import Terrain, distances_m
from outreach.routing.travel.places import Place
from tests.routing.travel.stub_engine import Point, Way

POINTS: dict[str, Point] = {
    "market": (19.00, 104.00),
    "bend": (19.00, 104.05),
    "school": (19.00, 104.10),
    # Over the pass, in many turns.
    "turn 1": (19.03, 104.02),
    "turn 2": (19.04, 104.07),
    "turn 3": (19.06, 104.02),
    "turn 4": (19.07, 104.07),
    "beyond": (19.10, 104.05),
    # A street that leads away only, and the long way back.
    "bank": (19.00, 103.98),
    "corner": (18.97, 103.95),
    "mill": (18.97, 104.00),
    # Across the river: by ferry, or by a bridge far off.
    "pier": (18.98, 104.05),
    "landing": (18.95, 104.05),
    "hamlet": (18.94, 104.05),
    "bridge": (18.97, 104.30),
    # Roads of its own.
    "island": (18.80, 104.20),
    "beach": (18.80, 104.21),
}


@dataclass(frozen=True)
class Road:
    """A way of the map.

    Attributes:
        along: names of its points.
        kind: OpenStreetMap's highway; empty for a ferry.
        speed_km_h: about, as the stub has it.
    """

    along: tuple[str, ...]
    kind: str
    speed_km_h: float
    is_one_way: bool = False


ROADS = (
    Road(("market", "bend", "school"), "primary", 60),
    Road(("market", "turn 1", "turn 2", "turn 3", "turn 4", "beyond"), "unclassified", 30),
    Road(("market", "bank"), "secondary", 50, is_one_way=True),
    Road(("bank", "corner", "mill", "market"), "secondary", 50, is_one_way=True),
    Road(("bend", "pier"), "secondary", 50),
    Road(("pier", "landing"), "", 13),
    Road(("landing", "hamlet"), "secondary", 50),
    Road(("school", "bridge", "hamlet"), "secondary", 50),
    Road(("island", "beach"), "secondary", 50),
)
FERRY_MIN = 15
OFF_MAP: Point = (18.0, 104.0)
"""A hundred kilometres from the next road."""
VISITED = ("market", "school", "beyond", "bank", "hamlet")
PLACES = tuple(Place(name, *POINTS[name], terrain=Terrain.MOUNTAIN) for name in VISITED)
ISLAND = Place("island", *POINTS["island"])
NOWHERE = Place("nowhere", *OFF_MAP)


def extract() -> bytes:
    """Return the map as OpenStreetMap XML."""
    root = Xml.Element("osm", version="0.6", generator="tests")
    numbers = {name: str(number) for number, name in enumerate(POINTS, 1)}
    for name, (lat, lon) in POINTS.items():
        Xml.SubElement(root, "node", id=numbers[name], version="1", lat=str(lat), lon=str(lon))
    for number, road in enumerate(ROADS, 1):
        way = Xml.SubElement(root, "way", id=str(number), version="1")
        for name in road.along:
            Xml.SubElement(way, "nd", ref=numbers[name])
        tags = {"highway": road.kind} if road.kind else _ferry()
        if road.is_one_way:
            tags["oneway"] = "yes"
        for key, value in tags.items():
            Xml.SubElement(way, "tag", k=key, v=value)
    return b"<?xml version='1.0'?>" + Xml.tostring(root, encoding="unicode").encode()


def _ferry() -> dict[str, str]:
    return {"route": "ferry", "motor_vehicle": "yes", "hgv": "yes", "duration": f"00:{FERRY_MIN}"}


def known_way(here: Point, there: Point, *, by_ferry: bool = True) -> Way:
    """Return what an engine that is built from the map knows of a way."""
    numbers = {point: number for number, point in enumerate(POINTS.values())}
    metres, seconds = _shortest(by_ferry)[:, numbers[here], numbers[there]]
    return (float(metres), float(seconds)) if np.isfinite(seconds) else None


@cache
def _shortest(by_ferry: bool) -> np.ndarray:
    """Return metres and seconds of the quickest ways between all points."""
    names = list(POINTS)
    straight_m = distances_m(list(POINTS.values()))
    found = np.full((2, len(names), len(names)), np.inf)
    found[:, range(len(names)), range(len(names))] = 0.0
    for road in ROADS:
        for start, end in pairwise(map(names.index, road.along)):
            if not road.kind and not by_ferry:
                continue
            leg = straight_m[start, end], straight_m[start, end] * 3.6 / road.speed_km_h
            found[:, start, end] = leg
            if not road.is_one_way:
                found[:, end, start] = leg
    for over, here, there in product(range(len(names)), repeat=3):
        around = found[:, here, over] + found[:, over, there]
        if around[1] < found[1, here, there]:
            found[:, here, there] = around
    return found
