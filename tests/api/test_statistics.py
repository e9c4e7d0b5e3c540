"""Figures: the page's question, asked over the API, down to the sheets behind each."""

from __future__ import annotations

import pytest

from outreach.statistics.models import Measure
from outreach.statistics.questions import Question
from outreach.statistics.selectors import explore
from tests.api.callers import Answer, Caller, in_language
from tests.api.world import World, at, iso, more_of_everything


def month(days: int) -> str:
    """Return the month of a day that lies ``days`` from today."""
    return iso(days)[:7]


def people(answer: Answer) -> int | None:
    """Return the people served in all."""
    value: int | None = answer["total"]["values"]["people_served"]["value"]
    return value


def test_the_answer_is_the_one_the_page_gets(world: World, owner: Caller) -> None:
    first, last = at(-40).date().replace(day=1), at(0).date().replace(day=1)
    question = Question(("people_served", "events"), first, last)
    expected = explore(question, world.cast.owner)
    answer = owner.get(
        f"statistics/?measure=people_served&measure=events&from={month(-40)}&to={month(0)}"
    )
    shown = [(row["key"], row["values"]["people_served"]["value"]) for row in answer["results"]]
    assert shown == [(row.key, row.values["people_served"].shown) for row in expected.rows]
    assert people(answer) == 100
    assert answer["question"] == question.params()


def test_without_words_it_is_the_last_twelve_months(world: World, owner: Caller) -> None:
    answer = owner.get("statistics/")
    assert answer["count"] == 12
    assert answer["results"][-1]["key"] == month(0)
    assert "cards_renewed" in answer["total"]["values"]


def test_a_waiting_sheet_does_not_count(world: World, owner: Caller) -> None:
    assert people(owner.get("statistics/")) == 100
    owner.post(f"result-sheets/{world.waiting.uid}/accept/")
    assert people(owner.get("statistics/")) == 90


def test_what_nobody_collected_is_not_zero(world: World, owner: Caller) -> None:
    total = owner.get("statistics/", measure="items_lent")["total"]["values"]["items_lent"]
    assert total == {
        "value": None,
        "estimated": 0,
        "bearers": 1,
        "missing": 1,
        "carried": 0,
    }


@pytest.mark.parametrize("by", ["library", "province", "commune", "kind", "audience"])
def test_rows_add_up_to_the_total(world: World, owner: Caller, by: str) -> None:
    more_of_everything(world, 3)
    answer = owner.get("statistics/", by=by, measure="people_served")
    rows = [row["values"]["people_served"]["value"] or 0 for row in answer["results"]]
    assert sum(rows) == people(answer) == 250


def test_a_row_narrows_the_question_to_itself(world: World, owner: Caller) -> None:
    row = owner.get("statistics/", by="commune", measure="people_served")["results"][0]
    narrowed = owner.get("statistics/", measure="people_served", **row["params"])
    assert people(narrowed) == row["values"]["people_served"]["value"]


def test_a_figure_is_followed_to_its_sheets(world: World, owner: Caller) -> None:
    behind = owner.get("statistics/sheets/", measure="people_served")
    assert [row["sheet"] for row in behind["results"]] == [str(world.sheet.uid)]
    assert behind["value"]["value"] == sum(row["amount"] for row in behind["results"]) == 100


def test_another_library_sees_none_of_it(world: World, stranger: Caller) -> None:
    assert people(stranger.get("statistics/")) in (None, 0)
    assert stranger.get("statistics/sheets/", measure="events")["count"] == 0
    answer = stranger.get("statistics/", library=world.cast.library.slug)
    assert (answer.status, list(answer["fields"])) == (400, ["library"])


def test_the_officer_sees_the_libraries_of_the_union(world: World) -> None:
    assert people(Caller(world.cast.officer).get("statistics/", by="library")) == 100


def test_rows_come_in_pages(world: World, owner: Caller) -> None:
    answer = owner.get("statistics/", page_size="5", page="3")
    assert (answer["count"], len(answer["results"]), answer["next"]) == (12, 2, None)
    assert people(answer) == 100
    assert owner.get("statistics/", page="9").status == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2025-13"}, "from"),
        ({"from": "31/02/2025"}, "from"),
        ({"to": "0001-01"}, "to"),
        ({"from": "2025-02", "to": "2025-01"}, "to"),
        ({"from": "1950-01", "to": "2025-01"}, "to"),
        ({"by": "horoscope"}, "by"),
        ({"measure": "happiness"}, "measure"),
        ({"measure": "items_lent", "by": "audience"}, "measure"),
        ({"kind": "circus"}, "kind"),
        ({"audience": "martians"}, "audience"),
        ({"commune": "00000"}, "commune"),
        ({"province": "40@yesterday"}, "province"),
        ({"library": "of-nobody"}, "library"),
    ],
)
def test_a_question_that_means_nothing_is_refused_by_name(
    world: World, owner: Caller, query: dict[str, str], field: str
) -> None:
    answer = owner.get("statistics/", **query)
    assert answer.status == 400
    assert field in next(iter(answer["fields"]))


def test_the_catalogue_defines_every_measure(nobody: Caller) -> None:
    answer = nobody.get("measures/", page_size="100")
    assert answer["count"] == Measure.objects.count()
    assert nobody.get("measures/", source="building")["count"] < answer["count"]
    assert nobody.get("measures/", source="gossip").status == 400


def test_a_measure_is_named_in_the_callers_language(nobody: Caller) -> None:
    english = in_language("en").get("measures/people_served/")
    assert english["name"] == english["name_en"]
    assert nobody.get("measures/people_served/")["name"] == english["name_vi"]
