"""How lists are cut into pages."""

from __future__ import annotations

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """Numbered pages of 50; ``page_size`` may ask for up to 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
