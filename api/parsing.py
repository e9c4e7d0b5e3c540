"""Reading request bodies: JSON in UTF-8, refused clearly when it is broken.

How long a body may be is decided before anything reads it (``settings.MAX_BODY_BYTES``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.http import UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request


class LengthRequired(APIException):
    """A body that does not say how long it is."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = _("Say how long the body is (Content-Length).")


class StrictJSONParser(JSONParser):
    """Parses JSON whatever charset is claimed: RFC 8259 knows only UTF-8."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body.

        Raises:
            ParseError: if it is not JSON, not UTF-8, or nested beyond reason.
        """
        raw = _read(stream)
        try:
            return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            message = _("This is not JSON: it breaks off at line %(line)d, column %(column)d.")
            params = {"line": error.lineno, "column": error.colno}
            raise ParseError(message % params, code="broken_json") from error
        except UnicodeDecodeError as error:
            raise ParseError(_("JSON must be in UTF-8."), code="broken_json") from error
        except (ValueError, RecursionError) as error:
            message = _("This JSON holds a number or a nesting that cannot be read.")
            raise ParseError(message, code="broken_json") from error


def refuse_unmeasured(request: Request) -> None:
    """Refuse a body sent in chunks: without a length it would be taken for an empty one.

    Raises:
        LengthRequired: if there is such a body.
    """
    if "Transfer-Encoding" in request.headers and not request.META.get("CONTENT_LENGTH"):
        raise LengthRequired()


def _read(stream: IO[Any]) -> bytes:
    try:
        raw: bytes = stream.read()
    except UnreadablePostError as error:
        raise ParseError(_("The connection broke off."), code="broken_off") from error
    return raw


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
