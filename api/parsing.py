"""Reading request bodies: JSON in UTF-8, of a bounded size, refused clearly when it is broken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class TooLarge(APIException):
    """A body of more than ``MAX_BODY_BYTES`` that did not say so beforehand."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("What was sent is too large.")


class BoundedJSONParser(JSONParser):
    """Parses JSON whatever charset is claimed: RFC 8259 knows only UTF-8."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body.

        Raises:
            TooLarge: if the body is longer than the limit.
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


def _read(stream: IO[Any]) -> bytes:
    """Return the body; one sent in chunks has no length the server could refuse beforehand."""
    limit: int = settings.MAX_BODY_BYTES
    try:
        raw: bytes = stream.read(limit + 1)
    except UnreadablePostError as error:
        raise ParseError(_("The connection broke off."), code="broken_off") from error
    if len(raw) > limit:
        raise TooLarge()
    return raw


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
