"""The data behind the maps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from outreach.places.models import ServiceArea
from tests.calendars.visits import cancel, in_days, visit
from tests.cast import Cast
from tests.factories import CommuneFactory, VenueFactory

pytestmark = pytest.mark.django_db


def points(client: Client, query: str = "") -> list[dict[str, Any]]:
    response = client.get(f"{reverse('map_points')}{query}")
    assert response.status_code == 200
    found: list[dict[str, Any]] = json.loads(response.content)["points"]
    return found


def test_each_venue_has_its_next_visit(cast: Cast, client: Client) -> None:
    visit(cast, in_days(-1))
    near = visit(cast, in_days(2), kinds=["exhibition", "talk"])
    visit(cast, in_days(4))
    other = visit(cast, in_days(3), venue=cast.second_venue)
    found = points(client)
    assert [point["key"] for point in found] == [near.uid, other.uid]
    first = found[0]
    assert (first["lat"], first["lon"]) == cast.venue.point
    assert (first["day"], first["starts"], first["ends"]) == (
        in_days(2).date().isoformat(),
        "09:00",
        "11:00",
    )
    assert first["kinds"] == ["exhibition", "talk"]
    assert first["url"] == reverse("event", args=[near.uid])


def test_a_cancelled_visit_is_not_the_next_one(cast: Cast, client: Client) -> None:
    cancel(cast, visit(cast, in_days(2)))
    later = visit(cast, in_days(5))
    assert [point["key"] for point in points(client)] == [later.uid]


def test_a_place_without_a_next_visit_is_not_shown(cast: Cast, client: Client) -> None:
    visit(cast, in_days(-3))
    visit(cast, in_days(3), publish=False)
    assert points(client) == []


def test_the_times_are_those_of_the_library(cast: Cast, client: Client) -> None:
    cast.library.time_zone = "Asia/Tokyo"
    cast.library.save()
    visit(cast, in_days(2, hour=23))
    (point,) = points(client)
    assert (point["day"], point["starts"]) == (in_days(3).date().isoformat(), "01:00")


def test_the_points_follow_the_filters_of_the_page(cast: Cast, client: Client) -> None:
    shown = visit(cast, in_days(2), kinds=["exhibition"])
    visit(cast, in_days(3), venue=cast.second_venue)
    assert [point["key"] for point in points(client, "?kind=exhibition")] == [shown.uid]


def test_names_are_data_and_not_markup(cast: Cast, client: Client) -> None:
    name = "<img src=x onerror=alert(1)>"
    venue = VenueFactory.create(library=cast.library, commune=cast.commune, name=name)
    visit(cast, in_days(2), venue=venue)
    response = client.get(reverse("map_points"))
    assert response["Content-Type"].startswith("application/json")
    assert points(client)[0]["place"] == name


def test_the_same_points_are_not_sent_twice(cast: Cast, client: Client) -> None:
    visit(cast, in_days(2))
    etag = client.get(reverse("map_points"))["ETag"]
    again = {"if-none-match": etag}
    assert client.get(reverse("map_points"), headers=again).status_code == 304
    visit(cast, in_days(3), venue=cast.second_venue)
    assert client.get(reverse("map_points"), headers=again).status_code == 200


def test_the_ground_has_the_communes_of_the_served_provinces(cast: Cast, client: Client) -> None:
    province = cast.commune.parent
    assert province is not None
    ServiceArea.objects.create(library=cast.library, unit=province)
    CommuneFactory.create()
    ground = json.loads(client.get(reverse("map_offices")).content)
    assert [name for _lat, _lon, name in ground["offices"]] == [cast.commune.name]
