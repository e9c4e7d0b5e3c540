"""What a plan of an import comes to, as plain values that can be kept and shown again."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from outreach.planning.timetables.notices import Remark
from outreach.planning.timetables.plan import Plan

SHOWN = 5_000
"""Remarks that are kept; a file with more is wrong as a whole."""


def report_of(plan: Plan) -> dict[str, Any]:
    """Return rows, counts and remarks of a plan, and a digest by which two plans are compared."""
    report: dict[str, Any] = {
        "rows": plan.rows,
        "imported": len(plan.imported),
        "warned": plan.warned,
        "refused": plan.refused,
        "since": plan.window.since.isoformat(),
        "last_on": plan.window.last_on.isoformat(),
        "counts": plan.counts(),
        "remarks": [remark.as_json() for remark in plan.remarks[:SHOWN]],
        "remarks_in_all": len(plan.remarks),
        "stops": {
            str(remark.row): plan.names[remark.row]
            for remark in plan.remarks[:SHOWN]
            if remark.row in plan.names
        },
        "changes_nothing": plan.changes_nothing,
    }
    visits = [
        (visit.row, visit.starts_at.isoformat(), visit.ends_at.isoformat()) for visit in plan.visits
    ]
    told = json.dumps([report, visits], sort_keys=True)
    return report | {"digest": hashlib.sha256(told.encode()).hexdigest()}


def remarks_of(report: dict[str, Any]) -> list[Remark]:
    """Return the remarks that a report holds."""
    return [Remark.from_json(stored) for stored in report.get("remarks", [])]
