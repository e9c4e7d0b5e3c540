"""What all documents have in common: their page, its tools, and who may be named on it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

from outreach.common import clock
from outreach.places.models import Venue
from outreach.printing.kinds import Order

_KINDS_OF_UNIT = ("Xã ", "Phường ", "Đặc khu ", "Thị trấn ")


def written(template: str, order: Order, toolbar: str, **context: Any) -> str:
    """Return a document as HTML: a whole page that needs nothing but static files."""
    common = {
        "title": order.title,
        "library": order.library,
        "toolbar": toolbar,
        "now": clock.now(),
    }
    return render_to_string(template, common | context)


def within_sentence(unit_name: str) -> str:
    """Return a unit's full name as it is written within a sentence.

    In Vietnamese the word for its kind begins small: ``xã Bình Chuẩn``.
    """
    kind = unit_name.startswith(_KINDS_OF_UNIT)
    is_small = kind and (get_language() or "").startswith("vi")
    return unit_name[0].lower() + unit_name[1:] if is_small else unit_name


def contact_of(venue: Venue, today: date) -> Venue | None:
    """Return the venue if it has a contact that may still be shown."""
    is_known = venue.contact_name or venue.contact_phone
    is_kept = venue.contact_until is None or venue.contact_until >= today
    return venue if is_known and is_kept else None
