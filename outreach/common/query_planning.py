"""What the database's own query planner must know before it chooses a plan."""

from __future__ import annotations

from django.db import connection


def learn_sizes() -> None:
    """Make PostgreSQL count roughly what each table holds, as of this moment in this transaction.

    It counts by itself, but minutes later and only what is committed. After many rows were written
    at once, in a restored database too, it still takes the tables for empty: a query over a dozen
    of them then runs for minutes instead of milliseconds. SQLite chooses well without.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
