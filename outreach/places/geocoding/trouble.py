"""What goes wrong with a geocoder, as people are told it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from outreach.common.errors import DomainError


class GeocoderTrouble(DomainError):
    """The geocoder gave no answer; the point can always be typed or put on the map."""

    code = "geocoder_down"
    status = 503
    template = _("The address service cannot be reached now. Put the point on the map yourself.")


class NoGeocoder(GeocoderTrouble):
    """None is set up."""

    code = "geocoder_off"
    template = _("No address service is set up here. Put the point on the map yourself.")


class Slow(GeocoderTrouble):
    """It took too long."""

    code = "geocoder_slow"
    template = _("The address service takes too long. Put the point on the map yourself.")


class Unreadable(GeocoderTrouble):
    """It answered something else, or far too much."""

    code = "geocoder_unreadable"
    template = _("The address service answered something strange. Put the point on the map.")


class Busy(GeocoderTrouble):
    """Too many are waiting, or it asked to be left alone for a while."""

    code = "geocoder_busy"
    template = _("The address service is busy. Try again in a while, or use the map.")


class Refused(GeocoderTrouble):
    """It refuses us.

    Attributes:
        wait_s: for how many seconds nobody should ask again.
    """

    code = "geocoder_refused"
    template = _("The address service refuses to answer now. Put the point on the map yourself.")

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = wait_s
