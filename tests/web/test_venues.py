"""Keeping venues: who may, what is refused, and in which words."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.common import audit
from outreach.places.models import ServiceArea, Venue, VenueHost
from outreach.web.venues.forms import PointField
from outreach.web.venues.urls import urlpatterns
from tests.cast import Cast
from tests.factories import (
    ClosedDatesFactory,
    CommuneFactory,
    PromiseFactory,
    TravelTimeFactory,
    VenueFactory,
)
from tests.scheduling.ways import signed_in

ROLES = ("anonymous", "host", "colleague", "owner", "stranger", "officer")
EXPECTED = {
    "venues": (302, 403, 200, 200, 200, 200),
    "venue_new": (302, 403, 403, 200, 200, 403),
    "venue": (302, 403, 200, 200, 404, 200),
    "venue_edit": (302, 403, 403, 200, 404, 403),
    "venue_access": (302, 403, 403, 200, 404, 403),
    "venue_hours": (302, 403, 403, 200, 404, 403),
    "venue_closed_new": (302, 403, 403, 200, 404, 403),
    "venue_closed": (302, 403, 403, 200, 404, 403),
    "venue_closed_remove": (302, 403, 403, 302, 404, 403),
    "venue_travel_new": (302, 403, 403, 200, 404, 403),
    "venue_travel": (302, 403, 403, 200, 404, 403),
    "venue_travel_remove": (302, 403, 403, 302, 404, 403),
}


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    """Return what a person types for a market near the commune's office."""
    return {
        "name": "Chợ phiên Mường Thử",
        "kind": "market",
        "commune": str(cast.commune.pk),
        "point": "19.2374, 104.9440",
        "language": "vi",
        "is_in_use": "on",
    } | changes


def add(user: User, sent: dict[str, Any]) -> Any:
    return signed_in(user).post(reverse("venue_new"), sent)


def edit(user: User, venue: Venue, sent: dict[str, Any]) -> Any:
    return signed_in(user).post(reverse("venue_edit", args=[venue.code]), sent)


def listed(user: User, **query: str) -> list[Venue]:
    return list(signed_in(user).get(reverse("venues"), query).context["page_obj"])


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_every_address_has_a_row() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(EXPECTED)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", EXPECTED)
def test_who_may_open_a_page(cast: Cast, name: str, role: str) -> None:
    args: list[Any] = [] if name in {"venues", "venue_new"} else [cast.venue.code]
    if name.startswith("venue_closed") and not name.endswith("new"):
        args.append(ClosedDatesFactory.create(venue=cast.venue).pk)
    if name.startswith("venue_travel") and not name.endswith("new"):
        args.append(TravelTimeFactory.create(destination=cast.venue).pk)
    client = Client() if role == "anonymous" else signed_in(getattr(cast, role))
    ask = client.post if name.endswith("remove") else client.get
    assert ask(reverse(name, args=args)).status_code == EXPECTED[name][ROLES.index(role)]


def test_a_host_does_not_keep_the_venue_they_host_at(cast: Cast) -> None:
    VenueHost.objects.create(venue=cast.venue, user=cast.host)
    assert edit(cast.host, cast.venue, typed(cast)).status_code == 403


@pytest.mark.parametrize("role", ["colleague", "stranger", "officer", "host"])
def test_nobody_else_changes_a_venue(cast: Cast, role: str) -> None:
    user = getattr(cast, role)
    assert edit(user, cast.venue, typed(cast)).status_code in {403, 404}
    add(user, typed(cast))
    assert not Venue.objects.filter(library=cast.library, name="Chợ phiên Mường Thử").exists()


# --- The list ----------------------------------------------------------------------------------


def test_venues_are_found_by_name_and_commune_in_any_spelling(cast: Cast) -> None:
    market = VenueFactory.create(library=cast.library, name="Chợ phiên Đồng Văn")
    assert listed(cast.owner, text="cho phien dong van") == [market]
    by_commune = listed(cast.owner, text=cast.commune.name.upper())
    assert by_commune == [cast.venue, cast.second_venue]
    assert listed(cast.owner, text="không có đâu") == []


def test_venues_are_narrowed_by_kind_and_retired_ones_are_left_out(cast: Cast) -> None:
    market = VenueFactory.create(library=cast.library, kind=Venue.Kind.MARKET)
    closed = VenueFactory.create(library=cast.library, kind=Venue.Kind.MARKET, is_in_use=False)
    assert listed(cast.owner, kind="market") == [market]
    assert set(listed(cast.owner, kind="market", retired="on")) == {market, closed}


def test_venues_of_which_something_is_missing_are_found(cast: Cast) -> None:
    bare = VenueFactory.create(library=cast.library, commune=None, lat=None, lon=None)
    PromiseFactory.create(venue=cast.venue)
    PromiseFactory.create(
        venue=cast.second_venue, starts_on=date(2025, 1, 1), ends_on=date(2025, 2, 1)
    )
    assert listed(cast.owner, only="pointless") == [bare]
    assert listed(cast.owner, only="communeless") == [bare]
    assert listed(cast.owner, only="promised") == [cast.venue]
    assert set(listed(cast.owner, only="unpromised")) == {cast.second_venue, bare}
    assert len(listed(cast.owner, only="odd")) == 3


def test_another_librarys_venues_and_nobodys_contact_are_on_the_list(cast: Cast) -> None:
    Venue.objects.update(contact_phone="0912 345 678")
    page = text(signed_in(cast.officer).get(reverse("venues"), {"library": "a"}))
    assert cast.venue.name in page
    assert cast.foreign_venue.name not in page
    assert "0912" not in page


@pytest.mark.parametrize("venues", [0, 30])
def test_the_list_asks_as_often_whatever_is_on_it(
    cast: Cast, venues: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    VenueFactory.create_batch(venues, library=cast.library, commune=cast.commune)
    client = signed_in(cast.owner)
    with django_assert_num_queries(7):
        client.get(reverse("venues"))


# --- Adding and changing -----------------------------------------------------------------------


def test_a_venue_is_added_with_an_address_name_of_its_own(cast: Cast) -> None:
    add(cast.owner, typed(cast, contact_until="31/12/2027"))
    add(cast.stranger, typed(cast))
    first, second = Venue.objects.filter(name="Chợ phiên Mường Thử").order_by("pk")
    assert (first.code, second.code) == ("cho-phien-muong-thu", "cho-phien-muong-thu-2")
    assert (first.library, first.commune) == (cast.library, cast.commune)
    assert (first.lat, first.lon) == (19.2374, 104.944)
    assert str(first.contact_until) == "2027-12-31"


def test_a_point_far_outside_the_commune_is_refused_in_words_at_its_field(cast: Cast) -> None:
    page = add(cast.owner, typed(cast, point="16.4637, 107.5909"))
    [said] = page.context["form"].errors["point"]
    assert f"km from the office of {cast.commune.full_name}" in said
    assert 'value="16.4637, 107.5909"' in page.content.decode()
    assert not Venue.objects.filter(kind="market").exists()


@pytest.mark.parametrize(
    ("typed_point", "point"),
    [
        ("19.2374, 104.9440", (19.2374, 104.944)),
        ("19.2374,104.9440", (19.2374, 104.944)),
        ("19,2374; 104,9440", (19.2374, 104.944)),
        ("(19.2374 104.9440)", (19.2374, 104.944)),
        ("-19.5°, +104°", (-19.5, 104.0)),
    ],
)
def test_a_point_is_read_as_maps_write_it(typed_point: str, point: tuple[float, float]) -> None:
    assert PointField().clean(typed_point) == point


@pytest.mark.parametrize(
    "wrong", ["19.2374", "91, 104", "19, 181", "Mường Xén", "19.2, 104.9, 5", "19.2N 104.9E"]
)
def test_what_is_no_point_is_refused(cast: Cast, wrong: str) -> None:
    page = add(cast.owner, typed(cast, point=wrong))
    assert page.status_code == 200
    assert "point" in page.context["form"].errors


def test_only_communes_in_force_that_the_library_serves_are_offered(cast: Cast) -> None:
    assert cast.commune.parent is not None
    ServiceArea.objects.create(library=cast.library, unit=cast.commune.parent)
    elsewhere = CommuneFactory.create()
    page = add(cast.owner, typed(cast, commune=str(elsewhere.pk)))
    assert "commune" in page.context["form"].errors
    form = signed_in(cast.owner).get(reverse("venue_new")).content.decode()
    assert cast.commune.full_name in form
    assert elsewhere.full_name not in form


def test_only_a_school_point_belongs_to_a_main_school(cast: Cast) -> None:
    Venue.objects.filter(pk=cast.venue.pk).update(kind=Venue.Kind.SCHOOL)
    sent = typed(cast, main_venue=cast.venue.code)
    assert "main_venue" in add(cast.owner, sent).context["form"].errors
    add(cast.owner, sent | {"kind": "school_point"})
    assert Venue.objects.get(kind="school_point").main_venue == cast.venue


def test_a_form_sent_back_as_it_came_changes_nothing(cast: Cast) -> None:
    Venue.objects.filter(pk=cast.venue.pk).update(lat=19.2401234567, lon=104.9501234567)
    before = Venue.objects.values().get(pk=cast.venue.pk)
    page = signed_in(cast.owner).get(reverse("venue_edit", args=[cast.venue.code]))
    form = page.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields if name != "is_in_use"}
    edit(cast.owner, cast.venue, sent | {"is_in_use": "on"})
    assert Venue.objects.values().get(pk=cast.venue.pk) == before


def test_a_change_is_told_with_its_reason(cast: Cast) -> None:
    edit(cast.owner, cast.venue, typed(cast, name="Tên mới", kind="school", reason="Sáp nhập"))
    page = signed_in(cast.owner).get(reverse("venue", args=[cast.venue.code]))
    said = text(page)
    assert "Sáp nhập" in said
    assert cast.venue.name in said
    assert cast.owner.full_name in said


def test_a_venue_is_kept_without_point_and_commune(cast: Cast) -> None:
    add(cast.owner, typed(cast, point="", commune="", locality="Crossmaglen", postcode="BT35"))
    venue = Venue.objects.get(kind="market")
    assert (venue.point, venue.commune) == (None, None)
    assert (venue.locality, venue.postcode) == ("Crossmaglen", "BT35")
    page = signed_in(cast.owner).get(reverse("venue_edit", args=[venue.code]))
    assert page.context["form"]["point"].value() == ""
    said = text(signed_in(cast.owner).get(reverse("venue", args=[venue.code])))
    assert "Neither the point nor the commune" in said


def test_a_venue_is_retired_and_no_longer_offered_for_trips(cast: Cast) -> None:
    sent = typed(cast, kind="school")
    del sent["is_in_use"]
    edit(cast.owner, cast.venue, sent)
    assert listed(cast.owner) == [cast.second_venue]
    form = signed_in(cast.owner).get(reverse("trip_new")).content.decode()
    assert f'value="{cast.venue.code}"' not in form


def test_a_name_too_long_or_missing_is_refused(cast: Cast) -> None:
    for name in ("", "x" * 161):
        assert "name" in add(cast.owner, typed(cast, name=name)).context["form"].errors


# --- Twice, and at the same time ---------------------------------------------------------------


def test_a_venue_sent_twice_is_stored_once(cast: Cast) -> None:
    add(cast.owner, typed(cast))
    answer = add(cast.owner, typed(cast))
    assert "of this name here already" in text(answer)
    assert answer.context["form"]["name"].value() == "Chợ phiên Mường Thử"
    assert Venue.objects.filter(name="Chợ phiên Mường Thử").count() == 1


def test_a_venue_may_have_the_name_of_one_that_is_no_longer_visited(cast: Cast) -> None:
    add(cast.owner, typed(cast))
    Venue.objects.filter(name="Chợ phiên Mường Thử").update(is_in_use=False)
    assert add(cast.owner, typed(cast)).status_code == 302


def test_the_second_of_two_who_change_a_venue_is_told_and_may_insist(cast: Cast) -> None:
    seen = audit.version_of(cast.venue)
    edit(cast.owner, cast.venue, typed(cast, address="Bản Một", expected_version=seen))
    late = typed(cast, contact_name="Chị Hai", expected_version=seen)
    answer = edit(cast.owner, cast.venue, late)
    assert "Somebody else changed this" in text(answer)
    assert "Chị Hai" in answer.content.decode()
    assert Venue.objects.get(pk=cast.venue.pk).address == "Bản Một"
    again = late | {"expected_version": answer.context["form"]["expected_version"].value()}
    assert edit(cast.owner, cast.venue, again).status_code == 302
    assert Venue.objects.get(pk=cast.venue.pk).contact_name == "Chị Hai"
