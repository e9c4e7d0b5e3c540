"""Forms that notice when somebody else changed the record since they were opened."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import QueryDict

from outreach.common import audit


class VersionedForm(forms.Form):
    """A form that carries the version of the audited record it was filled from.

    Args:
        record: the stored record, or ``None`` for one that is to be.
    """

    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, record: Any = None, **kwargs: Any) -> None:
        if record is not None:
            version = {"expected_version": audit.version_of(record)}
            kwargs["initial"] = version | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        if record is None:
            del self.fields["expected_version"]

    def take_news(self, record: Any) -> None:
        """Know the present version: sending the form once more means wanting it all the same."""
        sent = cast(QueryDict, self.data).copy()
        sent["expected_version"] = str(audit.version_of(record))
        self.data = sent
