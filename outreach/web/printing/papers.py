"""What all documents have in common: their page, its tools, and who may be named on it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.template.loader import render_to_string

from outreach.common import clock
from outreach.places.models import Venue
from outreach.printing.kinds import Order


def written(template: str, order: Order, toolbar: str, **context: Any) -> str:
    """Return a document as HTML: a whole page that needs nothing but static files."""
    common = {
        "title": order.title,
        "library": order.library,
        "toolbar": toolbar,
        "now": clock.now(),
    }
    return render_to_string(template, common | context)


def contact_of(venue: Venue, today: date) -> Venue | None:
    """Return the venue if it has a contact that may still be shown."""
    is_known = venue.contact_name or venue.contact_phone
    is_kept = venue.contact_until is None or venue.contact_until >= today
    return venue if is_known and is_kept else None
