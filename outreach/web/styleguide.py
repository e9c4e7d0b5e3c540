"""The living style guide: every component with realistic content. Not routed in production."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils import timezone
from django.views.generic import TemplateView

from outreach.web.components import (
    Bar,
    TimetableDay,
    TimetableEntry,
    WeekCell,
    WeekChip,
    WeekRow,
)
from outreach.web.icons import icon_names
from outreach.web.labels import KINDS, STATUSES
from outreach.web.widgets import CountInput, DateInput, TimeInput

MONTHS = [(12, 31_250), (1, 28_400), (2, None), (3, 41_870), (4, 44_320), (5, 47_900), (6, 22_140)]
KIND_CHOICES = [(code, look.label) for code, look in KINDS.items()]


class EventForm(forms.Form):
    """A form with every kind of field."""

    title = forms.CharField(label="Tên sự kiện", max_length=120)
    held_on = forms.DateField(label="Ngày", widget=DateInput())
    starts_at = forms.TimeField(label="Bắt đầu", widget=TimeInput())
    venue = forms.ChoiceField(
        label="Điểm phục vụ",
        help_text="Chỉ hiện các điểm còn hoạt động trong ngày đã chọn.",
        choices=[
            ("", "Chọn điểm…"),
            ("1", "Trường PTDTBT Tiểu học Tri Lễ 4"),
            ("2", "Chợ phiên Mường Quạ"),
        ],
    )
    people = forms.IntegerField(label="Số người dự kiến", widget=CountInput())
    kinds = forms.MultipleChoiceField(
        label="Hoạt động", choices=KIND_CHOICES, widget=forms.CheckboxSelectMultiple
    )
    certainty = forms.ChoiceField(
        label="Cách đếm",
        choices=[("counted", "Đếm được"), ("estimated", "Ước tính"), ("none", "Không thu thập")],
        widget=forms.RadioSelect(attrs={"class": "inline"}),
    )
    note = forms.CharField(label="Ghi chú", required=False, widget=forms.Textarea)
    photo = forms.FileField(label="Ảnh", required=False)
    consent = forms.BooleanField(label="Nhà trường đã đồng ý cho chụp ảnh")


class FilterForm(forms.Form):
    """What a list is filtered by."""

    commune = forms.CharField(label="Xã, phường", required=False)
    kind = forms.ChoiceField(
        label="Hoạt động", required=False, choices=[("", "Tất cả"), *KIND_CHOICES]
    )
    since = forms.DateField(label="Từ ngày", required=False, widget=DateInput())


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def _days(today: date) -> list[TimetableDay]:
    tomorrow = today + timedelta(days=1)
    return [
        TimetableDay(
            today,
            [
                TimetableEntry(
                    _at(today, 7, 30),
                    _at(today, 10, 30),
                    "Xe thư viện lưu động đến Tri Lễ",
                    "#",
                    "Trường PTDTBT Tiểu học Tri Lễ 4",
                    "xã Tri Lễ, Nghệ An",
                    "Xe 37A-128.46",
                    ("mobile_service", "reading_skills"),
                ),
                TimetableEntry(
                    _at(today, 14),
                    _at(today, 16, 30),
                    "Triển lãm “Biển, đảo Việt Nam qua trang sách”",
                    "#",
                    "Nhà văn hóa bản Yên Sơn",
                    "xã Tri Lễ, Nghệ An",
                    "",
                    ("exhibition",),
                ),
            ],
        ),
        TimetableDay(
            tomorrow,
            [
                TimetableEntry(
                    _at(tomorrow, 8),
                    _at(tomorrow, 10),
                    "Kỹ năng đọc cho học sinh lớp 4–5",
                    "#",
                    "Điểm trường Huồi Mới",
                    "xã Tri Lễ, Nghệ An",
                    "Xe 37A-128.46",
                    ("reading_skills",),
                    "cancelled",
                    "Đường sạt lở sau mưa lớn. Chuyến bù: thứ Năm tuần sau.",
                ),
                TimetableEntry(
                    _at(tomorrow, 13, 30),
                    _at(tomorrow, 15),
                    "Trao tặng 500 cuốn sách",
                    "#",
                    "Đồn Biên phòng Nậm Giải",
                    "xã Thông Thụ, Nghệ An",
                    "Xe 37A-128.46",
                    ("donation", "talk"),
                ),
            ],
        ),
    ]


def _week(today: date) -> list[WeekRow]:
    days = [today - timedelta(days=today.weekday()) + timedelta(days=n) for n in range(7)]

    def cell(day: date, *chips: WeekChip, away: str = "") -> WeekCell:
        return WeekCell(day, chips, away, "#")

    def chip(day: date, hour: int, title: str, kind: str, status: str = "published") -> WeekChip:
        return WeekChip(
            _at(day, hour), _at(day, hour + 2, 30), title, "#", kind, status, "Hạnh, Lực, Vinh"
        )

    first = {
        0: [
            chip(days[0], 7, "TH Tri Lễ 4", "mobile_service", "held"),
            chip(days[0], 14, "Nhà văn hóa Yên Sơn", "exhibition", "counted"),
        ],
        1: [chip(days[1], 8, "Điểm trường Huồi Mới", "reading_skills", "cancelled")],
        3: [chip(days[3], 8, "PTDTNT Quế Phong", "mobile_service")],
        4: [chip(days[4], 13, "Đồn BP Nậm Giải", "donation", "draft")],
    }
    second = {
        2: [chip(days[2], 8, "THCS Mường Xén", "mobile_service")],
        5: [chip(days[5], 7, "Chợ phiên Na Ngoi", "training")],
    }
    return [
        WeekRow(
            "Xe 37A-128.46",
            [cell(day, *first.get(n, [])) for n, day in enumerate(days)],
            "Ford Transit, 3.500 cuốn",
        ),
        WeekRow(
            "Xe 37A-207.15",
            [
                cell(day, *second.get(n, []), away="Bảo dưỡng" if n in (0, 1) else "")
                for n, day in enumerate(days)
            ],
            "Hyundai Solati, 4.000 cuốn",
        ),
        WeekRow("Thuyền sách Lam Giang", [cell(day) for day in days], "Mùa nước lớn"),
    ]


class StyleguideView(TemplateView):
    """Show every component."""

    template_name = "web/styleguide.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the sample content."""
        today = timezone.localdate()
        paginator = Paginator(range(483), 25)
        wrong = EventForm(
            {"wrong-held_on": "31/02/2025", "wrong-people": "-3", "wrong-certainty": "counted"},
            prefix="wrong",
        )
        return super().get_context_data(**kwargs) | {
            "days": _days(today),
            "week": _week(today),
            "months": [Bar(f"T{month}", value) for month, value in MONTHS],
            "kind_bars": [
                Bar("Phục vụ lưu động", 128_430, kind="mobile_service"),
                Bar("Triển lãm", 37_912, kind="exhibition"),
                Bar("Kỹ năng đọc", 21_654, kind="reading_skills"),
                Bar("Tặng sách", 6_201, kind="donation"),
                Bar("Tập huấn", None, kind="training"),
            ],
            "page_obj": paginator.get_page(4),
            "form": EventForm(),
            "wrong_form": wrong,
            "filter_form": FilterForm(),
            "kinds": list(KINDS),
            "statuses": list(STATUSES),
            "icons": icon_names(),
            "today": today,
        }
