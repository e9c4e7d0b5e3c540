"""The content of a sheet, whichever way it came: comparing it, and reading it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from outreach.attendance.inputs import NOT_COLLECTED, ActivityResult, Figure, SheetInput
from outreach.attendance.models import (
    ACTIVITY_MEASURES,
    SHEET_MEASURES,
    ResultSheet,
    SheetActivity,
    SheetAudience,
)


def was_held(sheet: SheetInput) -> bool:
    """Tell whether the event took place, at least in part."""
    return sheet.outcome != ResultSheet.Outcome.NOT_HELD


def canonical(sheet: SheetInput) -> dict[str, Any]:
    """Return the content in one form: equal for sheets that say the same in different words.

    What was not collected says nothing, and an activity that is not mentioned was held if the event
    was.
    """
    activities = {
        str(result.activity_id): [result.was_held and was_held(sheet), _said(result.figures)]
        for result in sheet.activities
    }
    silent = [was_held(sheet), {}]
    return {
        "outcome": str(sheet.outcome),
        "started_at": _instant(sheet.started_at),
        "ended_at": _instant(sheet.ended_at),
        "note": sheet.note.strip(),
        "figures": _said(sheet.figures),
        "audiences": _said(sheet.audiences),
        "activities": {key: said for key, said in activities.items() if said != silent},
    }


def digest(
    sheet: SheetInput, *, event_uid: str, replaces: UUID | None = None, reason: str = ""
) -> str:
    """Return the hash by which a repeat of a sheet is told from another sheet with its id."""
    whole = canonical(sheet) | {
        "event": event_uid,
        "replaces": str(replaces or ""),
        "reason": reason.strip(),
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def stored(sheet: ResultSheet) -> SheetInput:
    """Return a stored version's content; prefetch ``audiences`` and ``activities`` for many."""
    return SheetInput(
        figures={code: figure_of(sheet, code) for code in SHEET_MEASURES},
        audiences={row.audience_id: figure_of(row, "people") for row in sheet.audiences.all()},
        activities=tuple(
            ActivityResult(
                row.activity_id,
                row.was_held,
                {code: figure_of(row, code) for code in ACTIVITY_MEASURES},
            )
            for row in sheet.activities.all()
        ),
        outcome=sheet.outcome,
        started_at=sheet.started_at,
        ended_at=sheet.ended_at,
        note=sheet.note,
    )


def figure_of(row: ResultSheet | SheetAudience | SheetActivity, code: str) -> Figure:
    """Return one figure of a stored row."""
    return Figure(getattr(row, code), getattr(row, f"{code}_how"))


def columns(figures: Mapping[str, Figure], codes: tuple[str, ...]) -> dict[str, Any]:
    """Return the columns in which figures are stored; those that are absent as not collected."""
    values: dict[str, Any] = {}
    for code in codes:
        figure = figures.get(code, NOT_COLLECTED)
        values |= {code: figure.value, f"{code}_how": figure.how}
    return values


def _said(figures: Mapping[str, Figure]) -> dict[str, list[Any]]:
    return {
        code: [figure.value, str(figure.how)]
        for code, figure in figures.items()
        if figure.is_collected
    }


def _instant(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat()
