"""The page that finds places, its suggestions, and what helps to put a venue on the map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
import shapely
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from outreach.common import clock
from outreach.places.geocoding import turns
from outreach.places.models import (
    AdministrativeUnit,
    Boundary,
    ServiceArea,
    Succession,
    Venue,
)
from outreach.web.finding.urls import urlpatterns
from tests.calendars.visits import in_days, visit
from tests.cast import Cast
from tests.factories import CommuneFactory, ProvinceFactory, VenueFactory
from tests.places.geocoder_stub import Stub, running
from tests.scheduling.ways import signed_in

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "host", "colleague", "owner", "stranger", "officer")
OPEN = (200, 200, 200, 200, 200, 200)
EXPECTED = {
    "places_find": OPEN,
    "places_suggest": OPEN,
    "address_look_up": (302, 403, 403, 200, 200, 403),
    "address_look_up_json": (302, 403, 403, 200, 200, 403),
    "point_commune": (302, 403, 403, 200, 200, 403),
}


@pytest.fixture
def nghe_an() -> AdministrativeUnit:
    return ProvinceFactory.create(code="40", name="Nghệ An", full_name="Tỉnh Nghệ An")


@pytest.fixture
def muong_xen(nghe_an: AdministrativeUnit) -> AdministrativeUnit:
    """A commune of today into which a former one went."""
    new = CommuneFactory.create(
        code="16813", name="Mường Xén", full_name="Xã Mường Xén", parent=nghe_an
    )
    ended = date(2025, 7, 1)
    old = CommuneFactory.create(
        full_name="Xã Tà Cạ",
        within="Huyện Kỳ Sơn",
        parent=nghe_an,
        valid_to=ended,
        valid_from=date(2004, 7, 8),
    )
    Succession.objects.create(predecessor=old, successor=new)
    return new


@pytest.fixture
def stub(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr(turns, "APART", timedelta(0))
    with running() as stub:
        settings.GEOCODER = "nominatim"
        settings.GEOCODER_URL = stub.url
        settings.GEOCODER_TIMEOUT_S = 0.4
        yield stub


def text(client: Client, name: str, **query: Any) -> str:
    answer = client.get(reverse(name), query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(answer.content.decode())))


def suggested(client: Client, **query: Any) -> list[dict[str, Any]]:
    places: list[dict[str, Any]] = client.get(reverse("places_suggest"), query).json()["places"]
    return places


def test_every_address_has_a_row() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(EXPECTED)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", EXPECTED)
def test_who_may_open_an_address(cast: Cast, name: str, role: str) -> None:
    client = Client() if role == "anonymous" else signed_in(getattr(cast, role))
    assert client.get(reverse(name)).status_code == EXPECTED[name][ROLES.index(role)]


class TestPage:
    def test_a_former_commune_leads_to_the_one_of_today(
        self, client: Client, muong_xen: AdministrativeUnit
    ) -> None:
        page = unescape(client.get(reverse("places_find"), {"q": "xa ta ca cu"}).content.decode())
        assert "Xã Tà Cạ" in page
        assert "Huyện Kỳ Sơn, Tỉnh Nghệ An" in page
        assert f'href="{reverse("place", args=["16813"])}"' in page

    def test_a_divided_one_says_so_and_leads_to_all_parts(
        self, client: Client, muong_xen: AdministrativeUnit
    ) -> None:
        other = CommuneFactory.create(full_name="Xã Hữu Kiệm", parent=muong_xen.parent)
        old = AdministrativeUnit.objects.get(full_name="Xã Tà Cạ")
        Succession.objects.create(predecessor=old, successor=other, is_main=False, is_split=True)
        client.cookies["django_language"] = "en"
        page = text(client, "places_find", q="Tà Cạ")
        assert "It was divided" in page
        assert page.index("Xã Mường Xén") < page.index("most of it") < page.index("Xã Hữu Kiệm")

    def test_many_places_are_paged(self, client: Client, nghe_an: AdministrativeUnit) -> None:
        for _ in range(25):
            CommuneFactory.create(full_name="Xã Tân Thành", parent=nghe_an)
        answer = client.get(reverse("places_find"), {"q": "tan thanh", "page": "2"})
        assert len(answer.context["places"]) == 5

    @pytest.mark.parametrize("typed", ["", "\x00", "zzzz", "<script>", "x" * 500, "%", "',;--"])
    def test_nothing_that_is_typed_breaks_it(self, client: Client, typed: str) -> None:
        page = client.get(reverse("places_find"), {"q": typed, "page": typed})
        assert page.status_code == 200
        assert b'<script>"' not in page.content

    def test_nothing_but_units_is_found(self, client: Client, cast: Cast) -> None:
        VenueFactory.create(library=cast.library, name="Trường Bí Mật", contact_name="Bà Kín")
        assert suggested(client, q="bi mat") == suggested(client, q="ba kin") == []


class TestSuggestions:
    def test_they_name_the_place_of_today_and_say_why(
        self, client: Client, muong_xen: AdministrativeUnit
    ) -> None:
        client.cookies["django_language"] = "en"
        [place] = suggested(client, q="ta ca")
        assert place["key"] == str(muong_xen.pk)
        assert (place["name"], place["area"]) == ("Xã Mường Xén", "Tỉnh Nghệ An")
        assert place["note"] == "formerly Xã Tà Cạ, Huyện Kỳ Sơn, Tỉnh Nghệ An"
        assert place["url"] == reverse("place", args=["16813"])

    def test_they_stay_within_provinces(
        self, client: Client, muong_xen: AdministrativeUnit
    ) -> None:
        CommuneFactory.create(full_name="Xã Mường Xén")
        assert len(suggested(client, q="muong xen")) == 2
        [place] = suggested(client, q="muong xen", province="40")
        assert place["key"] == str(muong_xen.pk)
        assert suggested(client, q="muong xen", province="no such") == []
        assert suggested(client, q="nghe an", province="40", communes="1") == []

    def test_where_libraries_serve_comes_first_but_is_not_all(
        self, client: Client, cast: Cast, muong_xen: AdministrativeUnit
    ) -> None:
        CommuneFactory.create(full_name="Xã Mường Xén")
        CommuneFactory.create(full_name="Xã Tri Lễ")
        assert muong_xen.parent is not None
        ServiceArea.objects.create(library=cast.library, unit=muong_xen.parent)
        [place] = suggested(client, q="muong xen", served="1")
        assert place["key"] == str(muong_xen.pk)
        assert len(suggested(client, q="tri le", served="1")) == 1

    def test_how_many_there_are_is_said_in_words(
        self, client: Client, muong_xen: AdministrativeUnit
    ) -> None:
        client.cookies["django_language"] = "en"
        answer = client.get(reverse("places_suggest"), {"q": "muong xen"})
        assert answer.json()["said"] == "1 place found"
        assert {"Accept-Language", "Cookie"} <= {
            part.strip() for part in answer.headers["Vary"].split(",")
        }


class TestTimetable:
    def test_an_old_name_with_its_mark_finds_the_visits_of_today(
        self, client: Client, cast: Cast, muong_xen: AdministrativeUnit
    ) -> None:
        here = VenueFactory.create(library=cast.library, commune=muong_xen)
        event = visit(cast, in_days(2), venue=here)
        visit(cast, in_days(3))
        for typed in ("xã Tà Cạ cũ", "bản Một, xã Tà Cạ, huyện Kỳ Sơn, tỉnh Nghệ An"):
            page = client.get(reverse("timetable"), {"q": typed})
            assert [one.unit for one in page.context["communes"]] == [muong_xen], typed
            uids = re.findall(r'href="/events/([0-9a-f-]{36})/"', page.content.decode())
            assert set(uids) == {event.uid}, typed

    def test_the_name_of_a_school_does_not_bring_all_of_its_commune(
        self, client: Client, cast: Cast, muong_xen: AdministrativeUnit
    ) -> None:
        school = VenueFactory.create(
            library=cast.library, commune=muong_xen, name="Trường Tiểu học Mường Xén"
        )
        other = VenueFactory.create(library=cast.library, commune=muong_xen, name="Chợ phiên")
        event = visit(cast, in_days(2), venue=school)
        visit(cast, in_days(3), venue=other)
        page = client.get(reverse("timetable"), {"q": "truong tieu hoc muong xen"})
        uids = re.findall(r'href="/events/([0-9a-f-]{36})/"', page.content.decode())
        assert set(uids) == {event.uid}

    def test_a_former_province_finds_what_it_went_into(self, client: Client, cast: Cast) -> None:
        ended = {"valid_from": date(2004, 7, 8), "valid_to": date(2025, 7, 1)}
        gone = ProvinceFactory.create(name="Quảng Bình", full_name="Tỉnh Quảng Bình", **ended)
        new = ProvinceFactory.create(name="Quảng Trị", full_name="Tỉnh Quảng Trị")
        Succession.objects.create(predecessor=gone, successor=new)
        old = CommuneFactory.create(full_name="Xã Trường Thủy", parent=gone, **ended)
        commune = CommuneFactory.create(full_name="Xã Lệ Ninh", parent=new)
        Succession.objects.create(predecessor=old, successor=commune)
        elsewhere = CommuneFactory.create(full_name="Xã Gio Linh", parent=new)
        event = visit(
            cast, in_days(2), venue=VenueFactory.create(library=cast.library, commune=commune)
        )
        visit(cast, in_days(3), venue=VenueFactory.create(library=cast.library, commune=elsewhere))
        page = client.get(reverse("timetable"), {"q": "Quảng Bình"})
        uids = re.findall(r'href="/events/([0-9a-f-]{36})/"', page.content.decode())
        assert set(uids) == {event.uid}


class TestPoint:
    def test_the_address_is_looked_up_and_nothing_is_stored(self, cast: Cast, stub: Stub) -> None:
        before = list(Venue.objects.values())
        client = signed_in(cast.owner)
        answer = client.get(reverse("address_look_up_json"), {"q": "Mường Xén"})
        assert [one["lat"] for one in answer.json()["candidates"]] == [19.4021, 19.612]
        assert "no-store" in answer.headers["Cache-Control"]
        assert "19.4021, 104.1297" in text(client, "address_look_up", q="Mường Xén")
        assert len(stub.asked) == 1
        assert list(Venue.objects.values()) == before

    @pytest.mark.parametrize("behaviour", ["forbidden", "too_many", "slow", "rubbish", "huge"])
    def test_trouble_is_told_and_the_page_goes_on(
        self, cast: Cast, stub: Stub, behaviour: str
    ) -> None:
        stub.behaviour = behaviour
        client = signed_in(cast.owner)
        answer = client.get(reverse("address_look_up_json"), {"q": "Mường Xén"})
        assert answer.status_code == 200
        assert answer.json()["candidates"] == []
        assert answer.json()["trouble"]

    def test_the_button_is_there_where_a_geocoder_is(
        self, cast: Cast, stub: Stub, settings: Settings
    ) -> None:
        client = signed_in(cast.owner)
        assert "data-look-up" in client.get(reverse("venue_new")).content.decode()
        settings.GEOCODER = "none"
        assert "data-look-up" not in client.get(reverse("venue_new")).content.decode()

    def test_the_commune_of_a_point_is_told_where_boundaries_are_known(
        self, cast: Cast, muong_xen: AdministrativeUnit
    ) -> None:
        client = signed_in(cast.owner)
        asked = {"lat": "19.4", "lon": "104.1"}
        assert client.get(reverse("point_commune"), asked).json() == {"commune": None}
        box = shapely.box(104.0, 19.3, 104.2, 19.5)
        Boundary.objects.create(unit=muong_xen, shape=box.wkb, source="test")
        assert client.get(reverse("point_commune"), asked).json()["commune"]["key"] == str(
            muong_xen.pk
        )
        for wrong in ({}, {"lat": "x", "lon": "1"}, {"lat": "91", "lon": "1"}, {"lat": "nan"}):
            assert client.get(reverse("point_commune"), wrong).json() == {"commune": None}

    def test_the_form_works_without_javascript(
        self, cast: Cast, muong_xen: AdministrativeUnit
    ) -> None:
        page = signed_in(cast.owner).get(reverse("venue_new")).content.decode()
        select = re.search(r'<select[^>]*name="commune"[^>]*>.*?</select>', page, re.DOTALL)
        assert select
        assert f'<option value="{muong_xen.pk}">' in select[0]
        field = re.search(r'<input[^>]*name="point"[^>]*>', page)
        assert field
        assert 'type="text"' in field[0]


def test_today_is_the_day_of_the_suggestions(client: Client, nghe_an: AdministrativeUnit) -> None:
    tomorrow = clock.today() + timedelta(days=1)
    CommuneFactory.create(full_name="Xã Ngày Mai", parent=nghe_an, valid_from=tomorrow)
    assert suggested(client, q="ngay mai") == []
