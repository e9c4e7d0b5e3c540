"""Asking a geocoder where an address is. Its answer is a suggestion that a person confirms.

Nothing here is needed for the product to work: without a geocoder, or without a network, a person
types the point or puts it on the map.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import get_language

from outreach.common import clock
from outreach.places.geocoding import answers, turns
from outreach.places.geocoding.provider import Candidate, Nominatim
from outreach.places.geocoding.trouble import GeocoderTrouble, NoGeocoder, Refused

__all__ = ["Candidate", "GeocoderTrouble", "is_on", "look_up"]

MOST_SIGNS = 250


def is_on() -> bool:
    """Tell whether a geocoder is set up."""
    return settings.GEOCODER == "nominatim"


def look_up(address: str, *, now: datetime | None = None) -> list[Candidate]:
    """Return where an address may be, best first; empty where the geocoder knows nothing.

    Who asked the same before is answered from the database. Otherwise this waits for its turn:
    all processes together send one request a second at most.

    Args:
        address: from small to large, in any language; nothing is asked for an empty one.
        now: when it is asked; the present if ``None``.

    Raises:
        GeocoderTrouble: why nothing could be asked or understood, in words for the person.
    """
    if not is_on():
        raise NoGeocoder()
    question = " ".join(address.split())[:MOST_SIGNS]
    if not question:
        return []
    provider = Nominatim.from_settings()
    asked = answers.Question(provider.name, question, get_language() or settings.LANGUAGE_CODE)
    now = now or clock.now()
    known = answers.known(asked, now=now)
    if known is not None:
        return known
    turns.wait(provider.name)
    try:
        found = provider.ask(question, language=asked.language)
    except Refused as refusal:
        turns.hold(provider.name, seconds=refusal.wait_s)
        raise
    answers.keep(asked, found, now=now)
    return found
