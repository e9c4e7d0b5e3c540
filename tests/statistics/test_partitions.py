"""The sum over any partition equals the whole, whatever the sheets say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.attendance.inputs import NOT_COLLECTED, Figure, counted, estimated
from outreach.attendance.models import How
from outreach.places.models import AdministrativeUnit
from outreach.scheduling.models import Audience
from outreach.statistics.domain import AGE_BANDS, Value, added
from outreach.statistics.models import AUDIENCES
from outreach.statistics.questions import Group, Question
from outreach.statistics.selectors import explore, sheets_behind
from outreach.statistics.services import differing_cells, rebuild
from tests.cast import Cast
from tests.factories import CommuneFactory
from tests.statistics.makers import at, held

MEASURES = ("events", "people_served", "items_lent", "activities", "participants", "items_shown")
TOLD_BY_AUDIENCE = ("people_served", "activities", "participants", "items_shown")
FIRST, LAST = date(2024, 12, 1), date(2025, 11, 1)

figures = st.one_of(
    st.just(NOT_COLLECTED),
    st.integers(0, 300).map(counted),
    st.integers(0, 300).map(estimated),
)
sheets = st.fixed_dictionaries(
    {
        "day": st.integers(0, 364),
        "place": st.integers(0, 2),
        "is_foreign": st.booleans(),
        "kinds": st.lists(
            st.sampled_from(["mobile_service", "exhibition", "talk"]), min_size=1, max_size=3
        ),
        "outcome": st.sampled_from(["held", "held", "partly", "not_held"]),
        "people_served": figures,
        "items_lent": figures,
        "participants": figures,
        "items_shown": figures,
        "audiences": st.dictionaries(st.sampled_from(AUDIENCES), figures, max_size=4),
        "main_audience": st.sampled_from([None, "primary", "adult", "disability"]),
    }
)


class Season:
    """Stores sheets, and asks about them."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.places: list[AdministrativeUnit | None] = [
            *CommuneFactory.create_batch(2),
            None,
        ]

    def store(self, sheet: dict[str, object]) -> None:
        """Store one drawn sheet."""
        drawn: dict[str, object] = dict(sheet)
        outputs = {name: drawn.pop(name) for name in ("participants", "items_shown")}
        day, place, kinds = drawn.pop("day"), drawn.pop("place"), drawn.pop("kinds")
        held(
            self.cast.other_library if drawn.pop("is_foreign") else self.cast.library,
            self.cast.owner,
            *kinds,  # type: ignore[misc]
            starts_at=at("2024-12-01") + timedelta(days=day),  # type: ignore[arg-type]
            commune=self.places[place],  # type: ignore[call-overload]
            outputs={0: outputs},  # type: ignore[dict-item]
            **drawn,  # type: ignore[arg-type]
        )

    def total(self, group: Group, measures: tuple[str, ...]) -> dict[str, Value]:
        """Return the total, having seen that its rows sum to it."""
        answer = explore(Question(measures, FIRST, LAST, group_by=group), self.cast.officer)
        for key in measures:
            rows = added(row.values[key] for row in answer.rows)
            whole = answer.total.values[key]
            assert rows.amount == whole.amount, (group, key)
            if group != Group.AUDIENCE:  # every sheet bears every band
                assert rows == whole, (group, key)
        return dict(answer.total.values)


@pytest.fixture
def season(cast: Cast) -> Season:
    assert set(AGE_BANDS) == set(
        Audience.objects.filter(is_age_band=True).values_list("pk", flat=True)
    )
    return Season(cast)


def rolled_back(work: Callable[[], None]) -> None:
    """Do the work and undo it, so that every example begins with nothing."""
    with transaction.atomic():
        work()
        transaction.set_rollback(True)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=st.lists(sheets, max_size=6))
def test_every_partition_sums_to_the_whole(season: Season, drawn: list[dict[str, object]]) -> None:
    def check() -> None:
        for sheet in drawn:
            season.store(sheet)
        rebuild()
        assert differing_cells() == 0
        whole = season.total(Group.MONTH, MEASURES)
        for group in (Group.LIBRARY, Group.PROVINCE, Group.COMMUNE, Group.KIND):
            assert season.total(group, MEASURES) == whole
        by_audience = season.total(Group.AUDIENCE, TOLD_BY_AUDIENCE)
        assert by_audience == {key: whole[key] for key in TOLD_BY_AUDIENCE}
        for key in MEASURES:
            asked = Question((key,), FIRST, LAST)
            assert sheets_behind(asked, season.cast.officer).value == whole[key]

    rolled_back(check)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=st.lists(sheets, max_size=6))
def test_what_is_collected_and_what_is_missing_come_to_all_sheets(
    season: Season, drawn: list[dict[str, object]]
) -> None:
    def check() -> None:
        for sheet in drawn:
            season.store(sheet)
        rebuild()
        counting = [sheet for sheet in drawn if sheet["outcome"] != "not_held"]
        known: list[Figure] = [sheet["people_served"] for sheet in counting]  # type: ignore[misc]
        value = season.total(Group.MONTH, ("people_served",))["people_served"]
        assert value == Value(
            amount=sum(figure.value or 0 for figure in known),
            estimated=sum(figure.value or 0 for figure in known if figure.how == How.ESTIMATED),
            bearers=len(known),
            missing=sum(not figure.is_collected for figure in known),
        )

    rolled_back(check)
