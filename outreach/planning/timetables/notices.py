"""What an import tells a person about a row, a few of them about the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outreach.planning.timetables.columns import heading
from outreach.scheduling.domain import Finding, Rule


class Notice(StrEnum):
    """Every named notice. A code never changes once released."""

    # Refused: cannot be read, or cannot be true.
    NO_STOP = "no_stop"
    NO_TIME = "no_time"
    BAD_TIME = "bad_time"
    REVERSED = "departure_not_after_arrival"
    BAD_DATE = "bad_date"
    NO_START = "no_start"
    ENDS_FIRST = "ends_before_start"
    BAD_RULE = "bad_frequency"
    BAD_DAY = "bad_day"
    TOO_LONG = "too_long"
    REPEATED = "row_repeated"
    OVERLAPS = "overlaps_row"
    OTHER_LIBRARY = "other_library"
    RULE_REFUSES = "rule_refuses"
    # Doubtful: imported, and somebody should look.
    OFF_WEEKDAY = "start_off_weekday"
    NOT_THAT_WEEKDAY = "weekday_off_route"
    RULE_OFF_WEEKDAY = "rule_off_weekday"
    NO_POINT = "no_point"
    BAD_POINT = "bad_point"
    FAR_POINT = "far_point"
    AFTERNOON = "taken_as_afternoon"
    AT_NIGHT = "at_night"
    NO_DRIVING_TIME = "no_driving_time"
    ENDED = "ended"
    NO_DATES = "no_dates"
    UNNAMED_VEHICLE = "unnamed_vehicle"
    NAME_ALONE = "venue_by_name_alone"
    NAMESAKES = "venue_namesakes"
    SHARED_VENUE = "shared_venue"
    VEHICLE_BUSY = "vehicle_busy"
    VEHICLE_OFF = "vehicle_off"
    VENUE_BUSY = "venue_busy"
    CLOCKS_CHANGE = "clocks_change"
    PUBLISHED_STAYS = "published_stays"
    PROMISE_STAYS = "promise_stays"
    RULE = "rule_stands_against"
    # About the file.
    GUESSED_LETTERS = "guessed_letters"
    UNKNOWN_COLUMNS = "unknown_columns"
    NO_UNITS = "no_units"
    OTHER_NAME = "other_name"
    OTHER_ZONE = "other_zone"
    NO_ZONE = "no_zone"
    NOT_IN_FILE = "not_in_file"
    TIGHT_WAYS = "tight_ways"


REFUSALS = frozenset(
    {
        Notice.NO_STOP,
        Notice.NO_TIME,
        Notice.BAD_TIME,
        Notice.REVERSED,
        Notice.BAD_DATE,
        Notice.NO_START,
        Notice.ENDS_FIRST,
        Notice.BAD_RULE,
        Notice.BAD_DAY,
        Notice.TOO_LONG,
        Notice.REPEATED,
        Notice.OVERLAPS,
        Notice.OTHER_LIBRARY,
        Notice.RULE_REFUSES,
    }
)

MESSAGES: dict[Notice, Promise] = {
    Notice.NO_STOP: _("The stop has no name."),
    Notice.NO_TIME: _("%(what)s is missing."),
    Notice.BAD_TIME: _("“%(said)s” is no time of day."),
    Notice.REVERSED: _("The departure at %(departs)s is not after the arrival at %(arrives)s."),
    Notice.BAD_DATE: _("“%(said)s” is no date. Write it as 2026-09-15 or 15/09/2026."),
    Notice.NO_START: _("The first date is missing."),
    Notice.ENDS_FIRST: _("The last day lies before the first."),
    Notice.BAD_RULE: _(
        "“%(said)s” is no frequency we know. Write for example FREQ=WEEKLY;INTERVAL=2, or “every 2"
        " weeks”."
    ),
    Notice.BAD_DAY: _("“%(said)s” is no day of the week."),
    Notice.TOO_LONG: _("%(what)s is longer than %(most)d characters."),
    Notice.REPEATED: _("The same as row %(row)d."),
    Notice.OVERLAPS: _(
        "%(mobile)s is at “%(stop)s” at that time (row %(row)d, for example on %(day)s). If these"
        " are two vehicles, give them two names."
    ),
    Notice.OTHER_LIBRARY: _("“%(said)s” is not a library you keep the plan of."),
    Notice.OFF_WEEKDAY: _("%(start)s is no %(weekday)s: the visits start on %(first)s."),
    Notice.NOT_THAT_WEEKDAY: _(
        "%(start)s is no %(weekday)s, and neither are the other stops of this route: the visits"
        " follow the date."
    ),
    Notice.RULE_OFF_WEEKDAY: _(
        "The frequency does not fall on %(weekday)s: the dates follow the frequency."
    ),
    Notice.NO_POINT: _("There is no point: this stop is on no map until somebody sets one."),
    Notice.BAD_POINT: _(
        "“%(said)s” is no longitude and latitude: the stop is kept without a point."
    ),
    Notice.FAR_POINT: _("This point lies %(km)d km from the other stops. Please check it."),
    Notice.AFTERNOON: _("“%(said)s” would be at night: %(taken)s is taken."),
    Notice.AT_NIGHT: _("%(arrives)s is at night. Was the afternoon meant?"),
    Notice.NO_DRIVING_TIME: _("No time to drive here from “%(stop)s” (row %(row)d)."),
    Notice.ENDED: _("This ended on %(last)s: it is kept, without visits."),
    Notice.NO_DATES: _("There is no visit from %(since)s to %(last)s."),
    Notice.UNNAMED_VEHICLE: _("The vehicle has no name: it is called “%(name)s”."),
    Notice.NAME_ALONE: _(
        "The row does not say where this is: %(venue)s is taken, the only venue of this name."
    ),
    Notice.NAMESAKES: _(
        "A new venue is made, though there is this name already: %(venues)s. If one of them is"
        " meant, write its village or commune, its address and its point as they are stored."
    ),
    Notice.SHARED_VENUE: _("Two vehicles are here at the same time (row %(row)d)."),
    Notice.VEHICLE_BUSY: _(
        "%(count)d visits are left out: the vehicle is taken, first on %(day)s."
    ),
    Notice.VEHICLE_OFF: _(
        "%(count)d visits are left out: the vehicle is not to be had, first on %(day)s"
        " (%(reason)s)."
    ),
    Notice.VENUE_BUSY: _("%(count)d visits are left out: the venue is taken, first on %(day)s."),
    Notice.CLOCKS_CHANGE: _(
        "%(count)d visits are left out: the clocks are put forward at that hour, first on %(day)s."
    ),
    Notice.PUBLISHED_STAYS: _(
        "%(count)d visits that are published or booked stay as they are, the first on %(day)s: move"
        " or cancel them yourself."
    ),
    Notice.PROMISE_STAYS: _(
        "The promise stays as somebody made it: every %(kept)d weeks; this file means every"
        " %(meant)d."
    ),
    Notice.RULE: _("%(name)s (visits: %(count)d, first on %(day)s). %(example)s"),
    Notice.RULE_REFUSES: _("%(name)s (visits: %(count)d, first on %(day)s). %(example)s"),
    Notice.GUESSED_LETTERS: _("The file is not UTF-8. Please check letters with accents."),
    Notice.UNKNOWN_COLUMNS: _("These columns are not read: %(columns)s."),
    Notice.NO_UNITS: _(
        "The administrative units around these stops are not loaded: the venues have no commune"
        " until they are."
    ),
    Notice.OTHER_NAME: _("The file calls the library “%(said)s”: its stops become %(library)s's."),
    Notice.OTHER_ZONE: _(
        "The stops lie in the time zone %(found)s; the library's own is %(kept)s."
    ),
    Notice.NO_ZONE: _("No stop has a point to tell the time zone by: %(zone)s is taken."),
    Notice.TIGHT_WAYS: _(
        "%(count)d rows (the first is row %(row)d) leave less time on the way than we estimate. If"
        " the drivers manage, type what these ways really take."
    ),
    Notice.NOT_IN_FILE: _(
        "%(count)d stops of these vehicles are not in this file. They stay as they are."
    ),
}


_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Remark:
    """A notice about one row; row 0 is the file.

    Attributes:
        params: plain values for the message, fit for JSON.
        column: of the schema, if it concerns one.
    """

    row: int
    notice: Notice
    params: dict[str, Any] = field(default_factory=dict)
    column: str = ""

    @property
    def is_refusal(self) -> bool:
        """Whether the row is not imported because of it."""
        return self.notice in REFUSALS

    @property
    def message(self) -> str:
        """The notice in the active language."""
        text = str(MESSAGES[self.notice])
        # What a cell says is shown as it says it, a date that cannot be included.
        shown = {
            name: value if name == "said" else _shown(value) for name, value in self.params.items()
        }
        if "rule" in self.params:
            finding = Finding(Rule(self.params["rule"]), self.params["facts"])
            shown |= {"name": finding.name, "example": finding.message}
        return text % (shown | {"what": heading(self.column)})

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "row": self.row,
            "notice": str(self.notice),
            "params": self.params,
            "column": self.column,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Remark:
        """Return what :meth:`as_json` wrote."""
        return cls(stored["row"], Notice(stored["notice"]), stored["params"], stored["column"])


def _shown(value: Any) -> Any:
    """Return a date as the active language writes it; anything else as it is."""
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return date_format(date.fromisoformat(value), "d/m/Y")
    return value
