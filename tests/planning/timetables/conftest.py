"""The cast, whose library is where the stops of the made-up files are."""

from __future__ import annotations

import pytest

from tests.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    made = make_cast()
    made.library.time_zone = "Europe/London"
    made.library.save()
    return made
