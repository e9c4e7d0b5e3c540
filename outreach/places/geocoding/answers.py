"""What a geocoder answered, kept so that nobody asks the same again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from outreach.places.geocoding.provider import Candidate
from outreach.places.models import GeocoderAnswer

GOOD_FOR = timedelta(days=180)
EMPTY_GOOD_FOR = timedelta(days=7)
"""Maps grow: what was unknown is asked again sooner."""
MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Question:
    """One address, asked of one provider in one language."""

    provider: str
    address: str
    language: str

    @property
    def key(self) -> str:
        """What the answer is kept under."""
        return f"{self.language}: {self.address.casefold()}"[:300]


def known(question: Question, *, now: datetime) -> list[Candidate] | None:
    """Return the answer that was given before, unless it is too old; ``None`` without one."""
    row = GeocoderAnswer.objects.filter(provider=question.provider, question=question.key).first()
    if row is None or row.asked_at <= now - (GOOD_FOR if row.candidates else EMPTY_GOOD_FOR):
        return None
    return [Candidate(**one) for one in row.candidates]


def keep(question: Question, found: list[Candidate], *, now: datetime) -> None:
    """Keep an answer, an empty one too, and drop those that are too old or too many."""
    GeocoderAnswer.objects.update_or_create(
        provider=question.provider,
        question=question.key,
        defaults={"candidates": [asdict(one) for one in found], "asked_at": now},
    )
    GeocoderAnswer.objects.filter(asked_at__lte=now - GOOD_FOR).delete()
    surplus = GeocoderAnswer.objects.order_by("-asked_at", "-pk")[MOST_KEPT:]
    GeocoderAnswer.objects.filter(pk__in=list(surplus.values_list("pk", flat=True))).delete()
