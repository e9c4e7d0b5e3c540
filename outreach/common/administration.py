"""What the administration's pages share: whose records they show, and that most only show them."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from simple_history.admin import SimpleHistoryAdmin


class ReadOnly:
    """Records that nobody adds, changes or deletes in the administration."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Scoped:
    """Records that a person may see.

    The permissions of the administration say which kinds of record, ``visible_to`` says whose.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the records that are visible to the person."""
        rows = cast(Any, super()).get_queryset(request)
        return cast(QuerySet[Any], rows.visible_to(request.user))


class ScopedAdmin(Scoped, SimpleHistoryAdmin):
    """Shows these records and their history, which is found of any record otherwise."""

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kw: Any) -> Any:
        """Show what became of a record.

        Raises:
            Http404: if it is not the person's to see.
        """
        self._find(request, object_id)
        return super().history_view(request, object_id, *args, **kw)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, *args: Any, **kw: Any
    ) -> Any:
        """Show a record as it once was.

        Raises:
            Http404: if it is not the person's to see.
        """
        self._find(request, object_id)
        return super().history_form_view(request, object_id, version_id, *args, **kw)

    def _find(self, request: HttpRequest, object_id: str) -> None:
        if self.get_object(request, object_id) is None:
            raise Http404
