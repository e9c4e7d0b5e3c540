"""The pages people open most, against an empty page through the same layers."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.table import Row, milliseconds, show
from outreach.accounts.models import User

PUBLIC = ("home", "timetable", "map", "map_points")
SIGNED_IN = ("schedule", "results", "statistics", "reports")


def main() -> bool:
    """Measure each page on the demonstration."""
    return show("Pages of the demonstration (floor: /healthz)", _rows())


def _rows() -> Iterator[Row]:
    reader, coordinator = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    coordinator.force_login(User.objects.get(email="coordinator@demo.invalid"))
    floor_ms = milliseconds(lambda: reader.get("/healthz"))
    for client, names in ((reader, PUBLIC), (coordinator, SIGNED_IN)):
        for name in names:
            yield _row(client, reverse(name), floor_ms)


def _row(client: Client, path: str, floor_ms: float) -> Row:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path, follow=True)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answers {answer.status_code}.")
    body = b"".join(answer) if answer.streaming else answer.content
    remark = f"{len(queries)} queries, {len(body) / 1000:.0f} kB,"
    remark += f" {len(gzip.compress(body)) / 1000:.0f} kB over the line"
    return Row(path, milliseconds(lambda: client.get(path)), floor_ms, remark=remark)
