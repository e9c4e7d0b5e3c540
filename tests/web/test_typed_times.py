"""What was typed as a day or a time stays to be seen, though there is no such day or time."""

from __future__ import annotations

import re
from typing import Any

import pytest

from outreach.web.schedule.fields import ClockInput, DayInput


@pytest.mark.parametrize(
    ("widget", "typed", "kind"),
    [
        (DayInput, "2027-02-28", "date"),
        (DayInput, "2027-02-31", "text"),
        (DayInput, "31/02/2027", "text"),
        (DayInput, "", "date"),
        (ClockInput, "23:59", "time"),
        (ClockInput, "24:30", "text"),
        (ClockInput, "07:60", "text"),
        (ClockInput, "7h", "text"),
        (ClockInput, "", "time"),
    ],
)
def test_a_native_field_is_used_only_for_what_it_can_show(
    widget: type[Any], typed: str, kind: str
) -> None:
    drawn = widget().render("moment", typed)
    assert re.findall('type="([a-z]+)"', drawn) == [kind]
