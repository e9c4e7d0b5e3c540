"""The version of a venue with all that is kept with it."""

from __future__ import annotations

from typing import Any

from django.db.models import Max

from outreach.places.models import ClosedDates, OpeningWindow, Venue, VenueAccess


class OpeningHours:
    """All opening windows of a venue as one record, with one history and one version."""

    def __init__(self, venue: Venue) -> None:
        self.pk = venue.pk

    @property
    def history(self) -> Any:
        """The history rows of all its windows, those that are gone included."""
        return OpeningWindow.history.filter(venue_id=self.pk)


def state_of(venue: Venue) -> int:
    """Return a number that grows with every change of the venue or of what is kept with it.

    Four queries.
    """
    last: Any = {"last": Max("history_id")}
    histories = (
        Venue.history.filter(id=venue.pk),
        VenueAccess.history.filter(venue_id=venue.pk),
        OpeningWindow.history.filter(venue_id=venue.pk),
        ClosedDates.history.filter(venue_id=venue.pk),
    )
    return sum(rows.aggregate(**last)["last"] or 0 for rows in histories)
