"""The pages for readers: front page, timetable, places, events, map."""

from __future__ import annotations

import gzip
import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from outreach.common import clock
from outreach.places.models import (
    AdministrativeUnit,
    ServiceArea,
    Succession,
    Venue,
    VenueAccess,
)
from outreach.places.search import find
from outreach.scheduling.disruption import Choice, Choices, Trouble, What, disrupt
from outreach.scheduling.models import Audience, Event, Reason
from outreach.scheduling.selectors import from_page
from tests.calendars.visits import cancel, in_days, visit
from tests.cast import Cast
from tests.factories import (
    CommuneFactory,
    ProvinceFactory,
    UnitSetFactory,
    VenueFactory,
)

pytestmark = pytest.mark.django_db


def page(client: Client, name: str, *args: str, query: str = "", status: int = 200) -> str:
    response = client.get(reverse(name, args=args) + query)
    assert response.status_code == status
    return unescape(response.content.decode())


def events_on(html: str) -> list[str]:
    """Return the uids of the events a page lists, in its order, each once."""
    return list(dict.fromkeys(re.findall(r'href="/events/([0-9a-f-]{36})/"', html)))


class TestFrontPage:
    def test_it_lists_what_comes_next_in_order(self, cast: Cast, client: Client) -> None:
        later = visit(cast, in_days(3))
        sooner = visit(cast, in_days(1), venue=cast.second_venue)
        visit(cast, in_days(-1))
        visit(cast, in_days(2), publish=False)
        assert events_on(page(client, "home")) == [sooner.uid, later.uid]

    def test_it_says_so_when_nothing_is_announced(self, client: Client) -> None:
        assert 'class="empty"' in page(client, "home")

    def test_its_search_works_without_javascript(self, cast: Cast, client: Client) -> None:
        html = page(client, "home")
        form = re.search(r'<form class="hero-search"[^>]*>', html)
        assert form
        assert f'action="{reverse("timetable")}"' in form[0]
        assert 'method="get"' in form[0]

    def test_it_is_in_english_for_those_who_ask(self, cast: Cast, client: Client) -> None:
        response = client.get("/", headers={"accept-language": "en"})
        assert '<html lang="en">' in response.content.decode()

    def test_it_leads_to_the_provinces_that_are_served(self, cast: Cast, client: Client) -> None:
        province = cast.commune.parent
        assert province is not None
        ServiceArea.objects.create(library=cast.library, unit=province)
        assert f"{reverse('timetable')}?province={province.code}" in page(client, "home")


class TestTimetable:
    def test_a_cancelled_event_stays_visible_as_cancelled(self, cast: Cast, client: Client) -> None:
        event = cancel(cast, visit(cast, in_days(2)))
        html = page(client, "timetable")
        assert events_on(html) == [event.uid]
        assert "is-cancelled" in html

    def test_drafts_are_not_public(self, cast: Cast, client: Client) -> None:
        visit(cast, in_days(2), publish=False)
        client.force_login(cast.owner)
        assert events_on(page(client, "timetable")) == []

    @pytest.mark.parametrize(
        "typed", ["tri le", "Tri Lễ", "TRI LỄ 4", "truong tieu hoc tri le", "Tri Lễ, Nghệ An"]
    )
    def test_a_place_is_found_however_it_is_spelled(
        self, cast: Cast, client: Client, typed: str
    ) -> None:
        province = ProvinceFactory.create(name="Nghệ An")
        commune = CommuneFactory.create(name="Tri Lễ", full_name="Xã Tri Lễ", parent=province)
        school = VenueFactory.create(
            library=cast.library, commune=commune, name="Trường PTDTBT Tiểu học Tri Lễ 4"
        )
        event = visit(cast, in_days(2), venue=school)
        visit(cast, in_days(3))
        assert events_on(page(client, "timetable", query=f"?q={typed}")) == [event.uid]

    def test_two_words_of_two_places_do_not_make_a_third(self, cast: Cast, client: Client) -> None:
        province = ProvinceFactory.create(name="Quảng Trị")
        commune = CommuneFactory.create(name="Đồng Lê", full_name="Xã Đồng Lê", parent=province)
        venue = VenueFactory.create(library=cast.library, commune=commune)
        visit(cast, in_days(2), venue=venue)
        assert events_on(page(client, "timetable", query="?q=tri le")) == []

    def test_the_old_name_of_a_commune_is_found(self, cast: Cast, client: Client) -> None:
        old = CommuneFactory.create(
            full_name="Xã Nậm Giải", valid_from=date(2000, 1, 1), valid_to=date(2025, 7, 1)
        )
        Succession.objects.create(predecessor=old, successor=cast.commune)
        event = visit(cast, in_days(2))
        html = page(client, "timetable", query="?q=nam giai")
        assert events_on(html) == [event.uid]
        assert reverse("place", args=[cast.commune.code]) in html

    def test_the_filters_narrow_the_list(self, cast: Cast, client: Client) -> None:
        show = visit(cast, in_days(2), kinds=["mobile_service", "exhibition"])
        visit(cast, in_days(3), venue=cast.second_venue)
        province = cast.commune.parent
        assert province is not None
        for query in (
            "?kind=exhibition",
            f"?kind=exhibition&library={cast.library.slug}",
            f"?kind=exhibition&province={province.code}",
            f"?end={in_days(2):%Y-%m-%d}",
        ):
            assert events_on(page(client, "timetable", query=query)) == [show.uid], query
        other = f"?library={cast.other_library.slug}"
        assert events_on(page(client, "timetable", query=other)) == []

    @pytest.mark.parametrize(
        "typed", ["31/02", "31/02/2026", "2026-13-40", "ngày mai", "0001-01-01", "9999-12-31"]
    )
    def test_a_bad_date_is_said_and_kept(self, cast: Cast, client: Client, typed: str) -> None:
        event = visit(cast, in_days(2))
        html = page(client, "timetable", query=f"?start={typed}&q=&kind=")
        assert typed in re.findall(r'class="errorlist"[^>]*>.*?</ul>', html, re.DOTALL)[0]
        field = re.search(r'<input[^>]*name="start"[^>]*>', html)
        assert field
        assert f'value="{typed}"' in field[0]
        assert 'type="text"' in field[0]
        assert events_on(html) == [event.uid]

    def test_an_end_before_the_start_is_said(self, client: Client) -> None:
        html = page(client, "timetable", query="?start=2026-05-02&end=2026-05-01")
        assert 'class="errorlist"' in html

    @pytest.mark.parametrize("typed", ["24/12/2026", "24-12-2026", "2026-12-24", "24.12.2026"])
    def test_a_good_date_is_read_however_it_is_written(self, client: Client, typed: str) -> None:
        html = page(client, "timetable", query=f"?start={typed}")
        assert 'class="errorlist"' not in html
        assert 'value="2026-12-24"' in html

    @pytest.mark.parametrize("query", ["?province=zz", "?kind=%00", "?q=%00", "?library=%27"])
    def test_nonsense_does_no_harm(self, client: Client, query: str) -> None:
        page(client, "timetable", query=query)
        page(client, "map", query=query)
        page(client, "map_points", query=query)

    def test_the_clock_is_that_of_the_library(self, cast: Cast, client: Client) -> None:
        cast.library.time_zone = "Asia/Tokyo"
        cast.library.save()
        visit(cast, in_days(2, hour=23))
        html = page(client, "timetable")
        assert ">01:00<" in html
        assert f'id="day-{in_days(3):%Y-%m-%d}"' in html

    def test_where_nothing_comes_the_nearest_visits_are_named(
        self, cast: Cast, client: Client
    ) -> None:
        near = visit(cast, in_days(2))
        CommuneFactory.create(full_name="Xã Quế Phong", lat=19.3, lon=105.0)
        far = VenueFactory.create(library=cast.library, commune=None, lat=16.0, lon=108.0)
        visit(cast, in_days(1), venue=far)
        assert events_on(page(client, "timetable", query="?q=que phong")) == [near.uid]


class TestPaging:
    """Pages are whole days; going on and back reaches every event."""

    @pytest.fixture
    def season(self, cast: Cast) -> list[Event]:
        venues = VenueFactory.create_batch(3, library=cast.library, commune=cast.commune)
        return [
            visit(cast, in_days(day), venue=venue)
            for day in range(-2, 4)
            for venue in venues[: 1 + day % 3]
        ]

    def days(self, opens_on: date, size: int) -> Any:
        return from_page(
            opens_on=opens_on,
            closes_on=opens_on + timedelta(days=60),
            today=clock.today(),
            size=size,
        )

    @pytest.mark.parametrize("size", [1, 2, 3, 5, 50])
    def test_going_on_reaches_every_event_once(self, season: list[Event], size: int) -> None:
        seen: list[int] = []
        opens_on: date | None = clock.today() - timedelta(days=2)
        while opens_on is not None:
            found = self.days(opens_on, size)
            seen += [event.pk for event in found.events]
            opens_on = found.later_on
        assert seen == [event.pk for event in sorted(season, key=lambda e: (e.starts_at, e.pk))]

    def test_going_back_leads_to_what_was_before(self, season: list[Event]) -> None:
        found = self.days(clock.today(), 2)
        assert found.earlier_on == clock.today() - timedelta(days=1)
        assert self.days(found.earlier_on - timedelta(days=9), 50).earlier_on is None

    def test_the_links_keep_the_filters(
        self, cast: Cast, season: list[Event], client: Client
    ) -> None:
        html = page(client, "timetable", query="?kind=mobile_service&start=2200-01-01")
        assert "kind=mobile_service" in html


class TestCommune:
    def test_it_shows_next_and_past_visits_and_where_they_stop(
        self, cast: Cast, client: Client
    ) -> None:
        past, coming = visit(cast, in_days(-4)), visit(cast, in_days(4))
        html = page(client, "place", cast.commune.code)
        assert events_on(html) == [coming.uid, past.uid]
        assert reverse("place", args=[cast.venue.code]) in html
        assert cast.commune.full_name in html

    def test_it_offers_its_calendar(self, cast: Cast, client: Client) -> None:
        html = page(client, "place", cast.commune.code)
        feed = reverse("calendar_feed", args=["commune", cast.commune.code])
        assert f"http://testserver{feed}" in html
        assert f"webcal://testserver{feed}" in html

    def test_it_names_what_it_was_formed_from(self, cast: Cast, client: Client) -> None:
        old = CommuneFactory.create(full_name="Xã Mường Nọc", within="Huyện Quế Phong")
        Succession.objects.create(predecessor=old, successor=cast.commune)
        html = page(client, "place", cast.commune.code)
        assert "Xã Mường Nọc, Huyện Quế Phong" in html

    def reused(self) -> tuple[AdministrativeUnit, AdministrativeUnit]:
        """Return an old and a new unit that have one code, as 335 real ones do."""
        old = CommuneFactory.create(
            code="16738",
            full_name="Thị trấn Kim Sơn",
            valid_from=date(2000, 1, 1),
            valid_to=date(2025, 7, 1),
        )
        new = CommuneFactory.create(code="16738", full_name="Xã Quế Phong")
        Succession.objects.create(predecessor=old, successor=new)
        return old, new

    def test_a_code_means_the_unit_in_force_today(self, client: Client) -> None:
        self.reused()
        assert "<h1>Xã Quế Phong</h1>" in page(client, "place", "16738")

    def test_another_day_means_the_unit_of_that_day(self, client: Client) -> None:
        self.reused()
        html = page(client, "place", "16738", query="?on=2025-06-30")
        assert "<h1>Thị trấn Kim Sơn</h1>" in html
        assert reverse("place", args=["16738"]) in html
        assert "Xã Quế Phong" in html
        assert "webcal:" not in html
        assert "<h1>Xã Quế Phong</h1>" in page(client, "place", "16738", query="?on=2025-07-01")

    def test_a_code_that_nobody_has_any_more_leads_to_who_came_after(
        self, cast: Cast, client: Client
    ) -> None:
        old = CommuneFactory.create(
            code="99999", valid_from=date(2000, 1, 1), valid_to=date(2025, 7, 1)
        )
        Succession.objects.create(predecessor=old, successor=cast.commune)
        html = page(client, "place", "99999")
        assert f"<h1>{old.full_name}</h1>" in html
        assert reverse("place", args=[cast.commune.code]) in html

    def test_a_day_before_there_was_such_a_unit_is_not_found(
        self, cast: Cast, client: Client
    ) -> None:
        page(client, "place", cast.commune.code, query="?on=1990-01-01", status=404)

    def test_a_bad_day_is_said_and_today_is_shown(self, cast: Cast, client: Client) -> None:
        html = page(client, "place", cast.commune.code, query="?on=31/02")
        assert "“31/02”" in html
        assert f"<h1>{cast.commune.full_name}</h1>" in html

    def test_a_unit_that_is_not_active_is_not_found(self, client: Client) -> None:
        unit = CommuneFactory.create(is_active=False, unit_set=UnitSetFactory.create(name="draft"))
        page(client, "place", unit.code, status=404)

    def test_a_visit_before_the_merger_is_among_the_past_ones(
        self, cast: Cast, client: Client
    ) -> None:
        old, new = self.reused()
        venue = VenueFactory.create(library=cast.library, commune=new)
        event = visit(cast, clock.start_of(date(2025, 5, 6)), venue=venue)
        assert event.commune == old
        assert events_on(page(client, "place", "16738")) == [event.uid]

    def test_a_province_has_its_communes_and_leads_to_its_timetable(
        self, cast: Cast, client: Client
    ) -> None:
        province = cast.commune.parent
        assert province is not None
        html = page(client, "place", province.code)
        assert f"{reverse('timetable')}?province={province.code}" in html
        assert f'href="{reverse("place", args=[cast.commune.code])}">' in html

    @pytest.mark.parametrize("code", ["none", "%00", "%0a", "x" * 300])
    def test_an_unknown_code_is_not_found(self, client: Client, code: str) -> None:
        assert client.get(f"/places/{code}/").status_code == 404


class TestVenue:
    def test_it_keeps_the_contact_to_itself(self, cast: Cast, client: Client) -> None:
        cast.venue.contact_name, cast.venue.contact_phone = "Cô Lan", "0912345678"
        cast.venue.contact_email = "lan@example.org"
        cast.venue.save()
        event = visit(cast, in_days(2), with_van=True)
        for html in (page(client, "place", cast.venue.code), page(client, "event", event.uid)):
            for personal in ("Cô Lan", "0912345678", "lan@example.org"):
                assert personal not in html

    def test_a_school_and_its_points_lead_to_each_other(self, cast: Cast, client: Client) -> None:
        point = VenueFactory.create(
            library=cast.library, kind="school_point", main_venue=cast.venue
        )
        assert reverse("place", args=[point.code]) in page(client, "place", cast.venue.code)
        assert reverse("place", args=[cast.venue.code]) in page(client, "place", point.code)

    def test_a_name_with_markup_is_shown_as_text(self, cast: Cast, client: Client) -> None:
        venue = VenueFactory.create(library=cast.library, name="<img src=x onerror=alert(1)>")
        visit(cast, in_days(2), venue=venue)
        for name in ("home", "timetable", "map"):
            assert b"<img src=x" not in client.get(reverse(name)).content
        answer = client.get(reverse("place", args=[venue.code]))
        assert b"<img src=x" not in answer.content


class TestEvent:
    def test_it_says_what_when_where_and_with_which_vehicle(
        self, cast: Cast, client: Client
    ) -> None:
        event = visit(cast, in_days(2), with_van=True, kinds=["exhibition"], note="Có quà.")
        html = page(client, "event", event.uid)
        for fact in (event.title, "09:00", "11:00", cast.venue.name, cast.vehicle.name, "Có quà."):
            assert fact in html
        assert reverse("calendar_event", args=[event.uid]) in html

    def test_it_does_not_name_the_crew(self, cast: Cast, client: Client) -> None:
        event = visit(cast, in_days(2), with_van=True)
        html = page(client, "event", event.uid)
        assert not any(member.full_name in html for member, _role in cast.crew)

    def test_a_cancelled_event_says_why(self, cast: Cast, client: Client) -> None:
        event = cancel(cast, visit(cast, in_days(2)), note="Cầu ngập.")
        html = page(client, "event", event.uid)
        assert "Cầu ngập." in html
        assert str(event.cancel_reason) in html

    def test_an_event_cancelled_long_ago_still_has_its_page(
        self, cast: Cast, client: Client
    ) -> None:
        event = visit(cast, in_days(20), now=in_days(-60))
        cancel(cast, event, now=in_days(-50))
        page(client, "event", event.uid)
        assert events_on(page(client, "timetable")) == []

    @pytest.mark.parametrize("state", ["draft", "cancelled draft"])
    def test_what_was_never_public_is_not_found(
        self, cast: Cast, client: Client, state: str
    ) -> None:
        event = visit(cast, in_days(2), publish=False)
        if state == "cancelled draft":
            cancel(cast, event)
        client.force_login(cast.owner)
        page(client, "event", event.uid, status=404)

    def test_the_way_there_is_for_staff_of_the_library(self, cast: Cast, client: Client) -> None:
        cast.venue.access_note = "Qua cầu treo, đi bộ 300 m."
        cast.venue.save()
        VenueAccess.objects.create(venue=cast.venue, turning=VenueAccess.Turning.NONE)
        event = visit(cast, in_days(2))
        for person, sees in (
            (None, False),
            (cast.stranger, False),
            (cast.colleague, True),
            (cast.owner, True),
            (cast.officer, True),
        ):
            client.logout()
            if person:
                client.force_login(person)
            for html in (
                page(client, "event", event.uid),
                page(client, "place", cast.venue.code),
            ):
                assert ("Qua cầu treo" in html) is sees, person


class TestMapPage:
    def test_the_list_beside_the_map_has_the_same_visits(self, cast: Cast, client: Client) -> None:
        visit(cast, in_days(2))
        visit(cast, in_days(5))
        visit(cast, in_days(3), venue=cast.second_venue)
        listed = events_on(page(client, "map"))
        points = client.get(reverse("map_points")).json()["points"]
        assert listed == [point["key"] for point in points]

    def test_the_points_are_asked_for_with_the_filters_of_the_page(
        self, cast: Cast, client: Client
    ) -> None:
        html = page(client, "map", query="?kind=exhibition")
        assert "points.json?kind=exhibition" in html

    @pytest.mark.parametrize("name", ["map", "place", "event"])
    def test_every_script_and_style_meets_the_policy(
        self, cast: Cast, client: Client, name: str
    ) -> None:
        event = visit(cast, in_days(2))
        args = {"map": [], "place": [cast.venue.code], "event": [event.uid]}[name]
        response = client.get(reverse(name, args=args))
        html = response.content.decode()
        policy = response["Content-Security-Policy"]
        found = re.search(r"'nonce-([^']+)'", policy)
        assert found
        assert "unsafe" not in policy
        for tag in re.findall(r"<(?:script|style)\b[^>]*>", html):
            assert f'nonce="{found[1]}"' in tag or "src=" in tag, tag
        assert not re.search(r"\s(?:style|on\w+)=", html)
        hosts = re.findall(r'(?:src|href)="(?:https?:)?//([^/"]+)', html)
        assert set(hosts) <= {"testserver"}


class TestQueries:
    """No page asks the database more often because there is more to show."""

    @pytest.fixture
    def addresses(self, cast: Cast) -> dict[str, str]:
        for number, venue in enumerate((cast.venue, cast.second_venue)):
            busy(cast, venue, number)
        event = Event.objects.public().order_by("-starts_at").first()
        assert event is not None
        find("", on=clock.today())  # reads the units, once in a process
        return {
            "home": reverse("home"),
            "timetable": reverse("timetable"),
            "search": f"{reverse('timetable')}?q={cast.commune.name}",
            "map": reverse("map"),
            "points": reverse("map_points"),
            "commune": reverse("place", args=[cast.commune.code]),
            "venue": reverse("place", args=[cast.venue.code]),
            "event": reverse("event", args=[event.uid]),
        }

    MOST = {
        "home": 9,
        "timetable": 12,
        "search": 21,
        "map": 12,
        "points": 7,
        "commune": 18,
        "venue": 16,
        "event": 14,
    }

    @pytest.mark.parametrize("name", list(MOST))
    def test_the_count_does_not_grow(
        self,
        cast: Cast,
        client: Client,
        addresses: dict[str, str],
        name: str,
        django_assert_num_queries: Any,
        django_assert_max_num_queries: Any,
    ) -> None:
        with django_assert_max_num_queries(self.MOST[name]) as few:
            client.get(addresses[name])
        venues = VenueFactory.create_batch(6, library=cast.library, commune=cast.commune)
        for number, venue in enumerate([*venues, cast.venue]):
            busy(cast, venue, number + 2)
        with django_assert_num_queries(len(few)):
            client.get(addresses[name])


def busy(cast: Cast, venue: Venue, number: int) -> None:
    """Schedule two visits of all sorts at a venue, one past and one to come."""
    kinds = ["mobile_service", "exhibition", "reading_skills"]
    for days in (2 + number, -2 - number):
        event = visit(cast, in_days(days), venue=venue, kinds=kinds, with_van=number % 2 == 0)
        event.activities.update(audience=Audience.objects.get(pk="primary"))


def weight_of(client: Client, address: str) -> int:
    """Return the bytes of a first load: page, styles, scripts, data and the fonts it needs."""
    html = re.sub(rb"<template.*?</template>", b"", client.get(address).content, flags=re.DOTALL)
    names = {name.decode() for name in re.findall(rb'(?:src|href)="/static/([^"]+)"', html)}
    total = len(gzip.compress(html))
    if b"points.json" in html:
        names |= {"web/js/map.js", "web/map/land.json"}
        for data in ("map_points", "map_offices"):
            total += len(gzip.compress(client.get(reverse(data)).content))
    for name in names | set(FONTS):
        found = finders.find(name)
        assert isinstance(found, str), name
        content = Path(found).read_bytes()
        total += len(content if name in FONTS else gzip.compress(content))
    return total


FONTS = [
    f"vendor/be-vietnam-pro/be-vietnam-pro-{letters}-{weight}.woff2"
    for letters in ("latin", "vietnamese")
    for weight in (400, 600)
]


def test_a_first_load_is_light(cast: Cast, client: Client) -> None:
    """150 kB in all with fonts (DESIGN.md 5); small maps load when the reader comes near."""
    for number in range(12):
        visit(cast, in_days(1 + number), kinds=["mobile_service", "exhibition"])
    event = Event.objects.first()
    assert event is not None
    for address in (
        reverse("home"),
        reverse("timetable"),
        reverse("event", args=[event.uid]),
        reverse("place", args=[cast.venue.code]),
        reverse("place", args=[cast.commune.code]),
    ):
        assert weight_of(client, address) < 110_000, address
    # Leaflet and its clusters alone are 55 kB; nearly all else is in the cache of who comes here.
    assert weight_of(client, reverse("map")) < 172_000


def test_a_visit_is_found_by_the_village_of_its_venue(cast: Cast, client: Client) -> None:
    cast.venue.locality = "bản Nà Pheo"
    cast.venue.save()
    event = visit(cast, in_days(2))
    for typed, is_found in (("na pheo", True), ("na phao", False)):
        answer = client.get(reverse("timetable"), {"q": typed})
        assert (event.uid in answer.content.decode()) is is_found


class TestAfterAStorm:
    """What readers see of a visit that a disruption has postponed or moved into a room."""

    @staticmethod
    def storm(cast: Cast, choice: Choice) -> None:
        disrupt(
            actor=cast.owner,
            trouble=Trouble(
                library=cast.library,
                why=Reason.objects.get(pk="storm"),
                starts_at=in_days(3, hour=0),
                ends_at=in_days(4, hour=0),
                note="Bring a raincoat",
            ),
            choices=Choices(choice),
        )

    @staticmethod
    def seen(name: str, *args: str, query: str = "") -> str:
        return page(Client(headers={"accept-language": "en"}), name, *args, query=query)

    def test_a_postponed_visit_says_when_it_was_to_be_and_why(self, cast: Cast) -> None:
        event = visit(cast, in_days(3))
        assert "was postponed" not in self.seen("event", event.uid)
        self.storm(cast, Choice(What.POSTPONE, 7))

        html = self.seen("event", event.uid)
        assert "This visit was postponed" in html
        assert f"It was planned for {clock.local(in_days(3)):%A, %d/%m/%Y, %H:%M}." in html
        assert "Storm" in html
        assert "Bring a raincoat" in html

    def test_a_postponed_visit_is_still_listed_where_it_used_to_be(self, cast: Cast) -> None:
        event = visit(cast, in_days(3))
        self.storm(cast, Choice(What.POSTPONE, 7))

        html = self.seen("timetable")
        said = f"Postponed to {clock.local(in_days(10)):%A, %d/%m/%Y, %H:%M}: Storm"
        assert said in html
        assert html.index(said) < html.rindex(reverse("event", args=[event.uid]))

    def test_a_visit_held_indoors_says_so_on_its_page_and_in_lists(self, cast: Cast) -> None:
        event = visit(cast, in_days(3))
        assert "ndoors" not in self.seen("event", event.uid) + self.seen("home")
        self.storm(cast, Choice(What.INDOORS))

        assert "This visit is held indoors" in self.seen("event", event.uid)
        assert "Held indoors" in self.seen("home")

    def test_a_visit_held_indoors_and_then_called_off_is_only_called_off(self, cast: Cast) -> None:
        event = visit(cast, in_days(3))
        self.storm(cast, Choice(What.INDOORS))
        event.refresh_from_db()
        cancel(cast, event)

        assert "held indoors" not in self.seen("event", event.uid)
        assert "Held indoors" not in self.seen("home")
