"""Keeping vehicles, crew and times off: who may, what is refused, and what is told of trips."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from outreach.fleet import services
from outreach.fleet.models import CrewMember, Unavailability, Vehicle
from outreach.web.fleet.urls import urlpatterns
from tests.cast import Cast
from tests.factories import VehicleFactory
from tests.scheduling.desk import at, make_trip, visit
from tests.scheduling.ways import signed_in

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "host", "colleague", "owner", "stranger", "officer")
LOOKING = (302, 403, 200, 200, 200, 200)
ADDING = (302, 403, 403, 200, 200, 403)
CHANGING = (302, 403, 403, 200, 404, 403)
EXPECTED = {
    "fleet": LOOKING,
    "vehicle_new": ADDING,
    "member_new": ADDING,
    "time_off_new": ADDING,
    "vehicle_edit": CHANGING,
    "member_edit": CHANGING,
    "time_off_edit": CHANGING,
    "time_off_remove": (405,) * 6,
}


def make_time_off(cast: Cast, **changes: Any) -> Unavailability:
    said: dict[str, Any] = {"starts_at": at(0), "ends_at": at(0, 2), "reason": "Đăng kiểm"}
    return services.take_off(actor=cast.owner, **{"of": cast.vehicle} | said | changes)


def address(cast: Cast, name: str) -> str:
    keys: dict[str, list[Any]] = {
        "vehicle_edit": [cast.vehicle.slug],
        "member_edit": [cast.crew.members[0].pk],
    }
    if name.startswith("time_off_") and name != "time_off_new":
        return reverse(name, args=[make_time_off(cast).pk])
    return reverse(name, args=keys.get(name, []))


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "who": f"v{cast.vehicle.pk}",
        "starts_on": "2027-03-01",
        "last_on": "2027-03-02",
        "reason": "Đăng kiểm",
    } | changes


def test_every_address_has_a_row() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_who_may_open_a_page(cast: Cast, name: str) -> None:
    url = address(cast, name)
    for role, status in zip(ROLES, EXPECTED[name], strict=True):
        client = Client() if role == "anonymous" else signed_in(getattr(cast, role))
        assert client.get(url).status_code == status, role


@pytest.mark.parametrize("role", ["colleague", "stranger", "officer"])
def test_nobody_else_keeps_the_fleet(cast: Cast, role: str) -> None:
    off = make_time_off(cast)
    client = signed_in(getattr(cast, role))
    for name in ("vehicle_edit", "member_edit"):
        client.post(address(cast, name), {"name": "Mới", "full_name": "Mới"})
    client.post(reverse("time_off_edit", args=[off.pk]), typed(cast, reason="Khác"))
    client.post(reverse("time_off_remove", args=[off.pk]))
    assert not Vehicle.objects.filter(name="Mới").exists()
    assert not CrewMember.objects.filter(full_name="Mới").exists()
    assert Unavailability.objects.get(pk=off.pk).reason == "Đăng kiểm"


def test_days_without_times_are_whole_days(cast: Cast) -> None:
    answer = signed_in(cast.owner).post(reverse("time_off_new"), typed(cast))
    assert answer.status_code == 302
    stored = Unavailability.objects.get()
    assert (stored.vehicle, stored.starts_at, stored.ends_at) == (cast.vehicle, at(0), at(0, 2))


def test_a_member_is_off_for_some_hours_and_the_form_shows_them_again(cast: Cast) -> None:
    member = cast.crew.members[0]
    sent = typed(cast, who=f"c{member.pk}", last_on="", starts="08:00", ends="11h30")
    signed_in(cast.owner).post(reverse("time_off_new"), sent)
    stored = Unavailability.objects.get()
    assert (stored.member, stored.starts_at, stored.ends_at) == (member, at(8), at(11.5))
    page = signed_in(cast.owner).get(reverse("time_off_edit", args=[stored.pk])).content.decode()
    assert 'value="08:00"' in page
    assert 'value="11:30"' in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"last_on": "2027-02-28"}, "last_on"),
        ({"last_on": "", "starts": "12:00", "ends": "12:00"}, "last_on"),
        ({"reason": " "}, "reason"),
        ({"who": "v999999"}, "who"),
        ({"starts_on": "31/02/2027"}, "starts_on"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_stored(
    cast: Cast, wrong: dict[str, Any], field: str
) -> None:
    answer = signed_in(cast.owner).post(reverse("time_off_new"), typed(cast, **wrong))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert not Unavailability.objects.exists()


def test_anothers_vehicle_is_not_offered(cast: Cast) -> None:
    sent = typed(cast, who=f"v{cast.foreign_vehicle.pk}")
    assert signed_in(cast.owner).post(reverse("time_off_new"), sent).status_code == 200
    assert not Unavailability.objects.exists()


def test_trips_planned_in_it_are_told_with_the_way_to_move_them(cast: Cast) -> None:
    trip = make_trip(cast)
    later = make_trip(cast, visit(cast, day=2), day=2)
    client = signed_in(cast.owner)
    page = client.post(reverse("time_off_new"), typed(cast), follow=True).content.decode()
    assert reverse("trip", args=[trip.uid]) in page
    assert reverse("trip", args=[later.uid]) not in page
    assert f"vehicle={cast.vehicle.slug}" in page
    assert "starts_on=2027-03-01" in page
    assert "last_on=2027-03-02" in page


def test_the_list_takes_as_many_queries_for_ten_times_off_as_for_two(cast: Cast) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            signed_in(cast.owner).get(reverse("fleet"))
        return len(seen)

    for day, of in enumerate((cast.vehicle, cast.crew.members[0]), start=1):
        make_time_off(cast, of=of, starts_at=at(0, day), ends_at=at(5, day))
    before = count()
    for day in range(3, 11):
        new = VehicleFactory.create(library=cast.library) if day % 2 else cast.crew.members[0]
        make_time_off(cast, of=new, starts_at=at(0, day), ends_at=at(5, day))
    assert count() == before


def test_a_vehicle_is_added_changed_and_taken_out_of_use(cast: Cast) -> None:
    client = signed_in(cast.owner)
    sent = {"name": "Xe thư viện số 9", "kind": "van", "length_m": "7.2", "is_in_use": "on"}
    client.post(reverse("vehicle_new"), sent)
    stored = Vehicle.objects.get(name="Xe thư viện số 9")
    assert (stored.library, stored.length_m) == (cast.library, 7.2)
    client.post(reverse("vehicle_new"), sent)
    assert Vehicle.objects.filter(name="Xe thư viện số 9").count() == 2
    url = reverse("vehicle_edit", args=[stored.slug])
    client.post(url, {"name": "Xe số 9", "kind": "van", "expected_version": ""})
    stored.refresh_from_db()
    assert (stored.name, stored.is_in_use) == ("Xe số 9", False)


def test_somebody_without_a_skill_is_refused(cast: Cast) -> None:
    answer = signed_in(cast.owner).post(reverse("member_new"), {"full_name": "Ai đó"})
    assert answer.context["form"].errors
    assert not CrewMember.objects.filter(full_name="Ai đó").exists()


def test_an_older_look_is_refused_and_nothing_is_lost(cast: Cast) -> None:
    off = make_time_off(cast)
    url = reverse("time_off_edit", args=[off.pk])
    client = signed_in(cast.owner)
    seen = client.get(url).context["form"]["expected_version"].value()
    services.take_off(
        actor=cast.owner,
        of=cast.vehicle,
        starts_at=at(0),
        ends_at=at(0, 3),
        reason="Sửa chữa",
        time_off=off,
    )
    answer = client.post(url, typed(cast, reason="Của tôi", expected_version=seen))
    assert answer.status_code == 200
    assert "Của tôi" in answer.content.decode()
    off.refresh_from_db()
    assert off.reason == "Sửa chữa"


def test_a_time_off_is_removed_and_its_history_stays(cast: Cast) -> None:
    off = make_time_off(cast)
    signed_in(cast.owner).post(reverse("time_off_remove", args=[off.pk]))
    assert not Unavailability.objects.exists()
    assert Unavailability.history.filter(id=off.pk, history_type="-").exists()
