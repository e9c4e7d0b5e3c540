"""The columns of a timetable, and the names people give them."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from outreach.common.folding import fold

COLUMNS = (
    "organisation",
    "mobile",
    "route",
    "community",
    "stop",
    "address",
    "postcode",
    "geox",
    "geoy",
    "day",
    "type",
    "arrival",
    "departure",
    "frequency",
    "start",
    "end",
    "exceptions",
    "timetable",
)
"""Of the open mobile-library schema, in its order. ``geox`` is the longitude."""

VIETNAMESE = {
    "organisation": "Thư viện",
    "mobile": "Xe",
    "route": "Tuyến",
    "community": "Thôn, bản",
    "stop": "Điểm dừng",
    "address": "Địa chỉ",
    "postcode": "Mã bưu chính",
    "geox": "Kinh độ",
    "geoy": "Vĩ độ",
    "day": "Thứ",
    "type": "Đối tượng",
    "arrival": "Giờ đến",
    "departure": "Giờ đi",
    "frequency": "Chu kỳ",
    "start": "Từ ngày",
    "end": "Đến hết ngày",
    "exceptions": "Trừ các ngày",
    "timetable": "Lịch trên mạng",
}
"""What the workbook calls them in Vietnamese."""
ENGLISH = {
    "organisation": "Library",
    "mobile": "Vehicle",
    "route": "Route",
    "community": "Village or quarter",
    "stop": "Stop",
    "address": "Address",
    "postcode": "Postcode",
    "geox": "Longitude",
    "geoy": "Latitude",
    "day": "Weekday",
    "type": "Type of visit",
    "arrival": "Arrival",
    "departure": "Departure",
    "frequency": "How often",
    "start": "From",
    "end": "Last day",
    "exceptions": "Except on",
    "timetable": "Timetable on the web",
}
"""What the workbook calls them in English."""

MEANINGS = {
    "organisation": _("The library's name. May be left empty."),
    "mobile": _("The vehicle's name. Two vehicles need two names."),
    "route": _("The name or number of the route."),
    "community": _("The hamlet, village or quarter below the commune."),
    "stop": _("The name of the stop, such as the school's. Needed."),
    "address": _("Where it is, in words."),
    "postcode": _("Where there is one."),
    "geox": _("Longitude in degrees, such as 104.9440. May be left empty."),
    "geoy": _("Latitude in degrees, such as 19.2374. May be left empty."),
    "day": _("Monday to Sunday, in Vietnamese or English."),
    "type": _("For whom: the public, a school."),
    "arrival": _("When the visit starts, such as 08:30. Needed."),
    "departure": _("When it ends, later on the same day. Needed."),
    "frequency": _(
        "“every week”, “every 2 weeks”, “monthly” (the same weekday of the month as the first"
        " date), or an iCalendar rule such as FREQ=MONTHLY;BYDAY=1FR. Empty: once."
    ),
    "start": _("The first date, such as 15/09/2026. Needed."),
    "end": _("The last date on which it holds. Empty: until further notice."),
    "exceptions": _("Dates without a visit, separated by commas."),
    "timetable": _("Address of a page with the timetable."),
}
"""What to write in them."""

NEEDED = ("stop", "arrival", "departure")
"""Without these columns a file is no timetable."""

_OTHERS = {
    "organization": "organisation",
    "đơn vị": "organisation",
    "library service": "organisation",
    "mobile library": "mobile",
    "van": "mobile",
    "phương tiện": "mobile",
    "xe thư viện": "mobile",
    "tuyến đường": "route",
    "thôn bản": "community",
    "khu vực": "community",
    "thôn": "community",
    "location": "community",
    "điểm": "stop",
    "tên điểm": "stop",
    "stop name": "stop",
    "name": "stop",
    "post code": "postcode",
    "lon": "geox",
    "lng": "geox",
    "long": "geox",
    "x": "geox",
    "lat": "geoy",
    "y": "geoy",
    "ngày trong tuần": "day",
    "loại": "type",
    "đến": "arrival",
    "arrive": "arrival",
    "arrives": "arrival",
    "time from": "arrival",
    "đi": "departure",
    "rời": "departure",
    "depart": "departure",
    "departs": "departure",
    "time to": "departure",
    "tần suất": "frequency",
    "rrule": "frequency",
    "bắt đầu": "start",
    "start date": "start",
    "kết thúc": "end",
    "end date": "end",
    "đến ngày": "end",
    "ngoại trừ": "exceptions",
    "except": "exceptions",
    "lịch": "timetable",
    "url": "timetable",
}

_BY_NAME = {
    fold(name): column
    for names in (
        {column: column for column in COLUMNS},
        {name: column for column, name in VIETNAMESE.items()},
        {name: column for column, name in ENGLISH.items()},
        _OTHERS,
    )
    for name, column in names.items()
}


def heading(column: str) -> str:
    """Return what the active language calls a column; the column itself if it is none."""
    names = ENGLISH if (get_language() or "vi").startswith("en") else VIETNAMESE
    return names.get(column, column)


def is_own_name(heading: str) -> bool:
    """Tell whether a heading is a column's own name in the schema, however it is spelled."""
    return fold(heading) in COLUMNS


def column_of(heading: str) -> str | None:
    """Return the column that a heading names, in any of the spellings known; ``None`` for none."""
    return _BY_NAME.get(fold(heading))
