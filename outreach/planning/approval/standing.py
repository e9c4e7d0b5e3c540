"""How far a season's plan has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.planning.models import Season, SeasonSubmission

Submitted = SeasonSubmission.State


class SeasonState(models.TextChoices):
    """Where a plan is on its way; told from its submissions, never stored."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    RETURNED = "returned", _("sent back")
    APPROVED = "approved", _("approved")
    PUBLISHED = "published", _("published")


@dataclass(frozen=True, slots=True)
class Standing:
    """A season with its submissions, newest first.

    Attributes:
        open: the one that waits for a decision.
        approved: the latest that was approved; it holds until a later one is.
    """

    season: Season
    submissions: tuple[SeasonSubmission, ...]

    @property
    def open(self) -> SeasonSubmission | None:
        """The submission that waits for a decision."""
        return self._latest(Submitted.SUBMITTED)

    @property
    def approved(self) -> SeasonSubmission | None:
        """The latest submission that was approved: it holds until a later one is."""
        return self._latest(Submitted.APPROVED)

    @property
    def state(self) -> SeasonState:
        """Where the plan is; what was withdrawn is as if it had never been handed in."""
        lasting = [one for one in self.submissions if one.state != Submitted.WITHDRAWN]
        if not lasting:
            return SeasonState.DRAFT
        latest = lasting[0]
        if latest.state == Submitted.SUBMITTED:
            return SeasonState.SUBMITTED
        if latest.state == Submitted.RETURNED:
            return SeasonState.RETURNED
        return SeasonState.PUBLISHED if self._is_published(latest) else SeasonState.APPROVED

    @property
    def may_publish(self) -> bool:
        """Whether the plan is approved and nothing newer is on its way."""
        return self.state in (SeasonState.APPROVED, SeasonState.PUBLISHED)

    def _is_published(self, approved: SeasonSubmission) -> bool:
        at = self.season.published_at
        return at is not None and approved.decided_at is not None and at >= approved.decided_at

    def _latest(self, state: Submitted) -> SeasonSubmission | None:
        return next((one for one in self.submissions if one.state == state), None)


def standing_of(season: Season) -> Standing:
    """Return how far one season's plan has come; without the contents of its submissions."""
    return standings([season])[0]


def standings(seasons: Sequence[Season]) -> list[Standing]:
    """Return how far the plans of these seasons have come, in one query."""
    rows = _submissions(season.pk for season in seasons)
    by_season: dict[int, list[SeasonSubmission]] = defaultdict(list)
    for row in rows:
        by_season[row.season_id].append(row)
    return [Standing(season, tuple(by_season[season.pk])) for season in seasons]


def awaiting_decision(user: User) -> models.QuerySet[SeasonSubmission]:
    """Return the plans that wait for ``user`` to decide, the longest first; without contents."""
    waiting = SeasonSubmission.objects.filter(state=Submitted.SUBMITTED)
    if not user.scope.everything:
        libraries = user.scope.libraries(Action.APPROVE_PLANS)
        waiting = waiting.filter(season__library_id__in=libraries)
    return (
        waiting.select_related("season__library", "made_by")
        .defer("content")
        .order_by("made_at", "pk")
    )


def _submissions(seasons: Iterable[int]) -> models.QuerySet[SeasonSubmission]:
    return (
        SeasonSubmission.objects.filter(season_id__in=list(seasons))
        .select_related("made_by", "decided_by")
        .defer("content")
        .order_by("-number")
    )
