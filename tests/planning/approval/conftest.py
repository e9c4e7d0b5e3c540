"""A season of March 2027 with a trip in it, and ways to take its plan along."""

from __future__ import annotations

import pytest

from outreach.planning.models import Season
from tests.cast import Cast
from tests.planning.approval.plans import make_season


@pytest.fixture
def season(cast: Cast) -> Season:
    return make_season(cast)
