"""Administrative units with validity dates, and the venues where services stop."""

from outreach.places.models.access import ClosedDates, OpeningWindow, TravelTime, VenueAccess
from outreach.places.models.geocoding import GeocoderAnswer, GeocoderTurn
from outreach.places.models.units import (
    AdministrativeUnit,
    Boundary,
    ServiceArea,
    Succession,
    UnitChange,
    UnitPriority,
    UnitQuerySet,
    UnitSet,
)
from outreach.places.models.venues import Venue, VenueHost, VenueQuerySet

__all__ = [
    "AdministrativeUnit",
    "Boundary",
    "ClosedDates",
    "GeocoderAnswer",
    "GeocoderTurn",
    "OpeningWindow",
    "ServiceArea",
    "Succession",
    "TravelTime",
    "UnitChange",
    "UnitPriority",
    "UnitQuerySet",
    "UnitSet",
    "Venue",
    "VenueAccess",
    "VenueHost",
    "VenueQuerySet",
]
