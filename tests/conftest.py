"""What every test can rely on: one engine per run, and the reference data in its database."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connection
from django.utils import translation
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker

from outreach.places import boundaries, search
from tests import browser_session

# How long an example takes says something about the machine, not about the claim.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_report_header() -> str:
    """Say which engine this run is about."""
    return f"engine: {connection.vendor}"


def _load_reference_data() -> None:
    if "load_reference" in get_commands():
        call_command("load_reference", verbosity=0)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Fill each test database once with the reference data."""
    with django_db_blocker.unblock():
        _load_reference_data()


@pytest.fixture(autouse=True)
def _reference_data(request: pytest.FixtureRequest) -> None:
    """Load the reference data again for a test that commits: the one before emptied all tables."""
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction", False)
    if commits or {"transactional_db", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("transactional_db")
        _load_reference_data()


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """Begin in the product's first language, whatever the page of the test before was asked for."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def _own_places() -> None:
    """Begin with nothing read: a test that is rolled back leaves keys for the next to use again."""
    boundaries.forget()
    search.forget()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """Run one browser for the tests of a module; ``browser_session.window`` opens windows of it."""
    with browser_session.started() as opened:
        yield opened
