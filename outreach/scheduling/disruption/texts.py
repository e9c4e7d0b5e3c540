"""What each host is told, as a short text to forward by Zalo or SMS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from outreach.accounts.models import Library
from outreach.places.models import Venue
from outreach.scheduling.disruption.inputs import Trouble, What
from outreach.scheduling.disruption.outcome import Step


class HostText(TypedDict):
    """One text for one host.

    It names no person and holds no number: who is to be told is read from the venues.
    """

    venues: list[int]
    events: list[str]
    text: str
    is_undoing: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One event in a text."""

    venue: Venue
    uid: str
    what: What
    starts_at: datetime
    new_starts_at: datetime


def lines_of(steps: Iterable[Step]) -> list[Line]:
    """Return the lines for the events that hosts know of: drafts they do not."""
    return [
        Line(
            step.before.venue,
            step.before.uid,
            step.what,
            step.before.starts_at,
            step.after.starts_at,
        )
        for step in steps
        if step.before.published_at is not None
    ]


def texts_of(
    trouble: Trouble, lines: Iterable[Line], *, is_undoing: bool = False
) -> list[HostText]:
    """Return a text for each host, in the host's language and the library's clock times."""
    found = []
    for group in _by_host(lines):
        with override(group[0].venue.language), timezone.override(trouble.library.zone):
            text = _text(trouble, group, is_undoing=is_undoing)
        found.append(
            HostText(
                venues=list(dict.fromkeys(line.venue.pk for line in group)),
                events=[line.uid for line in group],
                text=text,
                is_undoing=is_undoing,
            )
        )
    return found


def reachable(venue: Venue, moment: datetime) -> bool:
    """Tell whether the venue has a phone or an address that is not to be erased yet."""
    is_known = bool(venue.contact_phone or venue.contact_email)
    if not is_known or venue.contact_until is None:
        return is_known
    return venue.contact_until >= timezone.localdate(moment, timezone=venue.library.zone)


def _by_host(lines: Iterable[Line]) -> list[list[Line]]:
    """Group by whoever is called: one headmaster may answer for several school points."""
    groups: dict[tuple[str, str, int], list[Line]] = {}
    for line in lines:
        venue = line.venue
        phone, address = venue.contact_phone.strip(), venue.contact_email.casefold()
        key = (phone, address, 0 if phone or address else venue.pk)
        groups.setdefault(key, []).append(line)
    return list(groups.values())


def _text(trouble: Trouble, lines: Sequence[Line], *, is_undoing: bool) -> str:
    said = [_line(line, is_undoing=is_undoing) for line in lines]
    if is_undoing:
        opening = _("What we told you is no longer so.")
    else:
        opening = _("Reason: %(reason)s.") % {"reason": trouble.why.name}
    head = f"{trouble.library.name}. {opening}"
    parts = [f"{head} {said[0]}"] if len(said) == 1 else [head, *(f"- {one}" for one in said)]
    if trouble.note and not is_undoing:
        parts.append(trouble.note)
    return "\n".join([*parts, *_signature(trouble.library)])


def _line(line: Line, *, is_undoing: bool) -> str:
    facts = {
        "place": line.venue.name,
        "day": date_format(timezone.localtime(line.starts_at), "D d/m/Y, H:i"),
        "new_day": date_format(timezone.localtime(line.new_starts_at), "D d/m/Y, H:i"),
    }
    if is_undoing:
        return _("The visit to %(place)s takes place as first planned: %(day)s.") % facts
    if line.what == What.POSTPONE:
        return _("The visit to %(place)s on %(day)s is postponed to %(new_day)s.") % facts
    if line.what == What.INDOORS:
        return _("The visit to %(place)s on %(day)s takes place indoors.") % facts
    return _("The visit to %(place)s on %(day)s is cancelled.") % facts


def _signature(library: Library) -> list[str]:
    return [_("Questions: %(phone)s") % {"phone": library.phone}] if library.phone else []
