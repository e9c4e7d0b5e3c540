"""Questions to the statistics, against the plainest SQL over the facts that answers the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

from django.db import connection

from benchmarks.table import Row, milliseconds, show
from outreach.accounts.models import User
from outreach.statistics import selectors
from outreach.statistics.models import EventFact
from outreach.statistics.questions import Group, Question

COLUMNS = {Group.MONTH: "month", Group.KIND: "kind_id", Group.COMMUNE: "commune_id"}
FIRST, LAST = date(2024, 12, 1), date(2025, 11, 1)


def main() -> bool:
    """Measure people served over the finished year, divided in three ways."""
    title = f"A year of {EventFact.objects.count():,} events (floor: one GROUP BY over the facts)"
    return show(title, _rows())


def _rows() -> Iterator[Row]:
    officer = User.objects.get(email="officer@demo.invalid")
    for group in COLUMNS:
        question = Question(("people_served",), FIRST, LAST, group_by=group)
        yield Row(
            f"people served by {group}",
            milliseconds(partial(selectors.explore, question, officer)),
            milliseconds(partial(_plainest, COLUMNS[group])),
        )


def _plainest(column: str) -> None:
    sql = (
        f"SELECT {column}, SUM(people_served) FROM {EventFact._meta.db_table}"
        f" WHERE month BETWEEN %s AND %s GROUP BY {column}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [FIRST, LAST])
        cursor.fetchall()
