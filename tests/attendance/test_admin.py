"""The administration reads sheets and their history, and changes nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from outreach.accounts.models import User
from outreach.attendance import services
from outreach.attendance.inputs import SheetInput, counted
from outreach.attendance.models import ResultSheet
from outreach.scheduling.models import Event
from tests.cast import Cast


@pytest.fixture
def sheet(cast: Cast, event: Event) -> ResultSheet:
    content = SheetInput(figures={"people_served": counted(90)})
    return services.log_sheet(actor=cast.colleague, event=event, sheet=content, uid=uuid4())


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin@example.org", "a-long-enough-secret"))
    return client


@pytest.mark.parametrize("page", ["changelist", "change", "history"])
def test_the_administration_shows_sheets(client: Client, sheet: ResultSheet, page: str) -> None:
    args = [] if page == "changelist" else [sheet.pk]
    url = reverse(f"admin:attendance_resultsheet_{page}", args=args)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("page", ["change", "delete"])
def test_the_administration_changes_no_sheet(client: Client, sheet: ResultSheet, page: str) -> None:
    url = reverse(f"admin:attendance_resultsheet_{page}", args=[sheet.pk])
    assert client.post(url, {"people_served": "1", "post": "yes"}).status_code == 403
    sheet.refresh_from_db()
    assert sheet.people_served == 90
