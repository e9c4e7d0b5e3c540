from __future__ import annotations

from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    name = "outreach.attendance"
    label = "attendance"
    verbose_name = "Attendance"
