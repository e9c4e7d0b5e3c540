"""A form sent after its sender was signed out comes back once they sign in again."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from outreach.places.models import Venue
from outreach.web import unsent
from tests.cast import Cast, make_cast
from tests.web.test_venues import typed

ODD = 'Chợ "Mường" <b>&\r\n Thử'


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def sent_in_vain(address: str, fields: dict[str, Any]) -> Client:
    browser = Client(headers={"accept-language": "en"})
    answer = browser.post(address, fields)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))
    return browser


def offered(page: str) -> list[tuple[str, str]]:
    main = page[page.index("<main") : page.index("</main>")]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', main)
    return [(name, unescape(value)) for name, value in hidden if name != "csrfmiddlewaretoken"]


def test_a_form_is_offered_again_after_signing_in_and_can_be_sent(cast: Cast) -> None:
    address = f"{reverse('venue_new')}?library={cast.library.slug}"
    fields = typed(cast, access_note=ODD, contact_name="Chị A")
    browser = sent_in_vain(address, fields)
    assert not Venue.objects.filter(name=fields["name"]).exists()
    browser.force_login(cast.owner)
    page = browser.get(address).content.decode()
    assert sorted(offered(page)) == sorted(fields.items())
    browser.post(address, dict(offered(page)))
    assert Venue.objects.get(name=fields["name"]).contact_name == "Chị A"


def test_several_values_of_a_field_are_kept(cast: Cast) -> None:
    address = reverse("trip_new")
    browser = sent_in_vain(address, {"professionals": ["1", "2"]})
    browser.force_login(cast.owner)
    assert offered(browser.get(address).content.decode()) == [
        ("professionals", "1"),
        ("professionals", "2"),
    ]


def test_it_is_offered_once_and_at_its_own_address_only(cast: Cast) -> None:
    browser = sent_in_vain(reverse("venue_new"), typed(cast))
    browser.force_login(cast.owner)
    assert b"still here" not in browser.get(reverse("trip_new")).content
    assert b"still here" in browser.get(reverse("venue_new")).content
    assert b"still here" not in browser.get(reverse("venue_new")).content


def test_who_may_not_open_the_page_is_not_shown_what_another_typed(cast: Cast) -> None:
    browser = sent_in_vain(reverse("venue_new"), typed(cast))
    browser.force_login(cast.host)
    answer = browser.get(reverse("venue_new"))
    assert answer.status_code == 403
    assert "Mường Thử" not in answer.content.decode()


def test_more_than_any_form_holds_is_not_kept(cast: Cast) -> None:
    browser = sent_in_vain(reverse("venue_new"), {"name": "x" * unsent.LONGEST})
    assert unsent.KEY not in browser.session
