"""The administration shows sets and units, and activates through the same service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from outreach.places.models import AdministrativeUnit, UnitPriority, UnitSet
from tests.factories import UserFactory
from tests.places.loader import REFORM, dump, load, load_before, write

pytestmark = pytest.mark.django_db
SETS = "admin:places_unitset_changelist"


@pytest.fixture(autouse=True)
def before(tmp_path: Path) -> None:
    load_before(tmp_path)
    path = write(tmp_path, "reform.csv", REFORM)
    load("--file", path, "--valid-from", "2027-01-01", "--commit")


@pytest.fixture
def chief(client: Client) -> Client:
    """The administrator of the installation."""
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def run(client: Client, action: str, *names: str) -> str:
    keys = list(UnitSet.objects.filter(name__in=names).values_list("pk", flat=True))
    chosen: dict[str, Any] = {"action": action, "_selected_action": keys}
    return client.post(reverse(SETS), chosen, follow=True).content.decode()


def test_a_set_is_activated_and_taken_back_from_the_list(chief: Client) -> None:
    stored = dump()
    assert "reform" in chief.get(reverse(SETS)).content.decode()
    run(chief, "activate", "reform")
    assert UnitSet.objects.get(name="reform").is_active
    assert AdministrativeUnit.objects.active().filter(code="105").exists()
    run(chief, "take_back", "reform")
    assert dump() == stored


def test_why_a_set_stays_is_said(chief: Client) -> None:
    run(chief, "activate", "reform")
    assert "“reform”" in run(chief, "take_back", "before") or "“shapes”" in run(
        chief, "take_back", "before"
    )
    assert UnitSet.objects.active().count() == 3


def test_somebody_who_may_only_look_activates_nothing(client: Client) -> None:
    keeper = UserFactory.create(is_staff=True)
    keeper.user_permissions.set(Permission.objects.filter(codename__endswith="_unitset"))
    client.force_login(keeper)
    assert client.get(reverse(SETS)).status_code == 200
    run(client, "activate", "reform")
    assert not UnitSet.objects.get(name="reform").is_active
    key = UnitSet.objects.get(name="reform").pk
    url = reverse("admin:places_unitset_change", args=[key])
    assert client.post(url, {"activated_at_0": "2026-01-01"}).status_code == 403


def test_facts_of_a_unit_are_not_edited_by_hand_but_its_priorities_are(chief: Client) -> None:
    unit = AdministrativeUnit.objects.get(code="101", level="commune", is_active=True)
    url = reverse("admin:places_administrativeunit_change", args=[unit.pk])
    html = chief.get(url).content.decode()
    assert 'name="full_name"' not in html
    row = {
        "priorities-TOTAL_FORMS": 1,
        "priorities-INITIAL_FORMS": 0,
        "priorities-0-unit": unit.pk,
        "priorities-0-kind": "border",
        "priorities-0-valid_from": "2026-01-01",
        "full_name": "Xã Khác",
        "is_active": "",
    }
    assert chief.post(url, row).status_code == 302
    assert UnitPriority.objects.filter(unit=unit, kind="border").exists()
    unit.refresh_from_db()
    assert (unit.full_name, unit.is_active) == ("Xã Thủy A", True)
    assert chief.get(reverse("admin:places_administrativeunit_add")).status_code == 403
