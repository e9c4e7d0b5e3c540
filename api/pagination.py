"""How lists are cut into pages."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import PageNumberPagination

_ADDRESS: dict[str, Any] = {"type": ["string", "null"], "format": "uri", "example": None}


class Pages(PageNumberPagination):
    """Numbered pages of 50; ``page_size`` may ask for up to 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the page's description in the words of OpenAPI 3.1, which has no ``nullable``."""
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {
                    "type": "integer",
                    "description": "Rows on all pages together.",
                    "example": 1,
                },
                "next": _ADDRESS,
                "previous": _ADDRESS,
                "results": schema,
            },
        }
