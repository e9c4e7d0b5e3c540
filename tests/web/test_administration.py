"""The administration shows nobody another library's records, nor what became of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.cast import Cast

SCOPED = [
    model for model in admin.site._registry if hasattr(model._default_manager.all(), "visible_to")
]


@pytest.fixture
def keeper(cast: Cast) -> Client:
    """A coordinator who may also look into the administration."""
    cast.owner.is_staff = True
    cast.owner.save()
    cast.owner.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(cast.owner)
    return client


def test_most_kinds_of_record_belong_to_somebody() -> None:
    assert len(SCOPED) >= 10


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: str(model._meta.label_lower))
def test_the_administration_asks_whose_records_these_are(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, model: type[models.Model]
) -> None:
    def nothing(rows: Any, *_whose: object) -> Any:
        return rows.none()

    monkeypatch.setattr(type(model._default_manager.all()), "visible_to", nothing)
    request = RequestFactory().get("/")
    request.user = cast.owner
    rows = admin.site._registry[model].get_queryset(request)
    assert rows.query.is_empty()


@pytest.mark.parametrize("page", ["change", "history"])
@pytest.mark.parametrize("what", ["venue", "vehicle"])
def test_another_librarys_record_and_its_history_are_not_found(
    keeper: Client, cast: Cast, what: str, page: str
) -> None:
    own, foreign = getattr(cast, what), getattr(cast, f"foreign_{what}")
    name = f"admin:{own._meta.app_label}_{own._meta.model_name}_{page}"
    assert keeper.get(reverse(name, args=[own.pk])).status_code == 200
    assert keeper.get(reverse(name, args=[foreign.pk])).status_code in {302, 404}
