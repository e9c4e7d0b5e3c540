"""The demonstration, loaded and committed, and windows on it."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from tests.walk.scene import Scene, make_scene


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """Load the demonstration and find what the walk is about."""
    call_command("demo", verbosity=0)
    return make_scene()
