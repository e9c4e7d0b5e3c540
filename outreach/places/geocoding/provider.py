"""Nominatim, through geopy, over a connection that cannot take long or bring much."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from time import monotonic
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import geopy
from django.conf import settings
from geopy import exc
from geopy.adapters import AdapterHTTPError, BaseSyncAdapter

from outreach.places.geocoding.trouble import (
    GeocoderTrouble,
    Refused,
    Slow,
    Unreadable,
)

MOST_BYTES = 256 * 1024
MOST_CANDIDATES = 5
MOST_LABEL = 300
AFTER_429_S, AFTER_403_S, LONGEST_WAIT_S = 60.0, 600.0, 86_400.0
"""How long nobody asks after a refusal that does not say, and after one that asks for ages."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be meant; latitude and longitude in WGS 84 degrees."""

    label: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Nominatim:
    """A Nominatim server.

    Attributes:
        url: its address, with a path where it has one.
        agent: who we say we are; the public server's terms ask for one that can be contacted.
        timeout_s: for connecting, for every part of the answer, and for all of it.
        countries: ISO 3166 codes to look in; everywhere where empty.
    """

    url: str
    agent: str
    timeout_s: float
    countries: tuple[str, ...] = ()

    @classmethod
    def from_settings(cls) -> Nominatim:
        """Return the one that is set up."""
        return cls(
            settings.GEOCODER_URL,
            settings.GEOCODER_AGENT,
            settings.GEOCODER_TIMEOUT_S,
            tuple(settings.GEOCODER_COUNTRIES),
        )

    @property
    def name(self) -> str:
        """What its answers and turns are kept under."""
        parts = urlsplit(self.url)
        return f"nominatim {parts.netloc}{parts.path.rstrip('/')}"[:200]

    def ask(self, question: str, *, language: str) -> list[Candidate]:
        """Return what it knows, best first. One request.

        Raises:
            GeocoderTrouble: if it cannot be reached, refuses, is slow, or answers rubbish.
        """
        parts = urlsplit(self.url)
        geocoder = geopy.Nominatim(
            domain=parts.netloc + parts.path,
            scheme=parts.scheme,
            user_agent=self.agent,
            timeout=self.timeout_s,
            adapter_factory=_ShortAdapter,
        )
        try:
            found = geocoder.geocode(
                question,
                exactly_one=False,
                limit=MOST_CANDIDATES,
                language=language,
                country_codes=list(self.countries) or None,
            )
        except exc.GeocoderRateLimited as refusal:
            wait_s = refusal.retry_after if refusal.retry_after is not None else AFTER_429_S
            raise Refused(min(max(wait_s, 1.0), LONGEST_WAIT_S)) from refusal
        except (exc.GeocoderInsufficientPrivileges, exc.GeocoderAuthenticationFailure) as refusal:
            raise Refused(AFTER_403_S) from refusal
        except exc.GeocoderTimedOut as error:
            raise Slow() from error
        except exc.GeocoderParseError as error:
            raise Unreadable() from error
        except exc.GeopyError as error:
            raise GeocoderTrouble() from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # JSON, but not of the shape that geopy reads.
            raise Unreadable() from error
        return [_candidate(one) for one in (found or [])[:MOST_CANDIDATES]]


def _candidate(location: Any) -> Candidate:
    """Return one answer of geopy's.

    Raises:
        Unreadable: if it does not lie on the earth.
    """
    lat, lon = float(location.latitude), float(location.longitude)
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        raise Unreadable()
    return Candidate(str(location.address)[:MOST_LABEL], round(lat, 6), round(lon, 6))


class _NoRedirects(HTTPRedirectHandler):
    """A geocoder that sends us elsewhere is not the one that was set up."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class _ShortAdapter(BaseSyncAdapter):  # type: ignore[misc]
    """Reads at most :data:`MOST_BYTES`, within the timeout in all, and follows no redirect."""

    def __init__(self, *, proxies: Any, ssl_context: Any) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        self._open = build_opener(_NoRedirects()).open

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        """Return the answer as JSON."""
        try:
            return json.loads(self.get_text(url, timeout=timeout, headers=headers))
        except (ValueError, RecursionError) as error:
            raise exc.GeocoderParseError("no JSON") from error

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        """Return the answer as text."""
        until = monotonic() + timeout
        request = Request(url, headers=headers)  # noqa: S310 - the settings allow http(s) only
        try:
            with self._open(request, timeout=timeout) as answer:
                return _read(answer, until)
        except HTTPError as error:
            told = {name.lower(): value for name, value in error.headers.items()}
            raise AdapterHTTPError(
                "refused", status_code=error.code, headers=told, text=""
            ) from error
        except TimeoutError as error:
            raise exc.GeocoderTimedOut("slow") from error
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise exc.GeocoderTimedOut("slow") from error
            raise exc.GeocoderUnavailable("not there") from error
        except (OSError, HTTPException) as error:
            raise exc.GeocoderServiceError("broken off") from error


def _read(answer: HTTPResponse, until: float) -> str:
    parts, size = [], 0
    while part := answer.read1(16 * 1024):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise exc.GeocoderParseError("too much")
        if monotonic() > until:
            raise exc.GeocoderTimedOut("slow")
    try:
        return b"".join(parts).decode()
    except UnicodeDecodeError as error:
        raise exc.GeocoderParseError("no text") from error
