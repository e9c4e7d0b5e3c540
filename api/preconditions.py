"""Refusing a write that was prepared on an older state of the record."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from outreach.common.errors import StaleWrite

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the state you know; a change made since then answers 412.",
)
_TAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')


def expected_revision(request: Request, data: dict[str, Any] | None = None) -> int | None:
    """Return the revision the caller knows: from ``If-Match``, or ``expected_revision``.

    ``If-Match`` takes the ETag of an earlier answer. A weak one is taken too: compression on the
    way makes it weak.

    Raises:
        StaleWrite: if the two differ, or the tag cannot be one of ours.
    """
    sent = (data or {}).get("expected_revision")
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return sent
    match = _TAG.fullmatch(header)
    if match is None or (sent is not None and int(match[1]) != sent):
        raise StaleWrite()
    return int(match[1])


def with_revision(response: Response, revision: int | None) -> Response:
    """Add the ETag that ``If-Match`` takes."""
    if revision is not None:
        response["ETag"] = f'"{revision}"'
    return response
