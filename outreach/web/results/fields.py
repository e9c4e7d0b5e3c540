"""The control for one figure: a number, and how it was arrived at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from outreach.attendance.inputs import NOT_COLLECTED, Figure
from outreach.attendance.models import How

# People write thousands as 1.200, 1,200 or 1 200; a phone's digit keys have one of them.
_COUNT = re.compile(r"[-−]?(?:[0-9]{1,12}|[0-9]{1,3}(?:[ .,\u00a0\u202f][0-9]{3}){1,3})")
_SEPARATORS = re.compile(r"[ .,\u00a0\u202f]")


def parse_count(text: str) -> int:
    """Return the whole number a person wrote, which may be negative.

    Raises:
        ValueError: if it is not one.
    """
    text = text.strip()
    if not _COUNT.fullmatch(text):
        raise ValueError(text)
    return int(_SEPARATORS.sub("", text).replace("−", "-"))


@dataclass(frozen=True, slots=True)
class Typed:
    """A figure as it was typed, right or wrong: shown again just so."""

    text: str
    how: str


class FigureWidget(forms.Widget):
    """A text input with digit keys, and a list of counted, estimated, not collected.

    Not ``type="number"``: browsers empty such an input when they cannot read it, and what somebody
    typed would be lost.
    """

    template_name = "results/widgets/figure.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        shown = _typed(value)
        context["widget"] |= {"text": shown.text, "how": shown.how, "hows": How.choices}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed:
        return Typed(data.get(name) or "", data.get(f"{name}_how") or How.COUNTED)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data


class FigureField(forms.Field):
    """A figure. An empty number was not collected; 0 is 0.

    Whether the number makes sense is for the rules of the sheet to say, not for this field.
    """

    widget = FigureWidget
    template_name = "results/figure_field.html"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("template_name", self.template_name)
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> Figure:
        """Return what was typed as a :class:`Figure`.

        Raises:
            ValidationError: if it is not a whole number.
        """
        typed = _typed(value)
        if not typed.text.strip():
            return NOT_COLLECTED
        try:
            return Figure(parse_count(typed.text), typed.how)
        except ValueError:
            raise ValidationError(
                _("Enter a whole number, such as 0 or 125."), code="not_a_count"
            ) from None


def _typed(value: Any) -> Typed:
    if isinstance(value, Typed):
        return value
    if isinstance(value, Figure) and value.is_collected:
        return Typed(str(value.value), value.how)
    return Typed("", How.NOT_COLLECTED if isinstance(value, Figure) else How.COUNTED)
