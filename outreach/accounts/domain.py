"""Who may do what: the one table of role x action (DESIGN.md 3.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class RoleCode(StrEnum):
    """The roles a signed-in person may hold at a library; a reader needs no account."""

    OFFICER = "officer"
    COORDINATOR = "coordinator"
    CREW = "crew"
    HOST = "host"


class Action(StrEnum):
    """What a role may allow."""

    SEE_SCHEDULE = "see_schedule"
    SCHEDULE = "schedule"
    OVERRIDE_RULES = "override_rules"
    KEEP_PLACES = "keep_places"
    KEEP_FLEET = "keep_fleet"
    PLAN = "plan"
    APPROVE_PLANS = "approve_plans"
    LOG_RESULTS = "log_results"
    ACCEPT_RESULTS = "accept_results"
    ENTER_BUILDING_FIGURES = "enter_building_figures"
    SEE_STATISTICS = "see_statistics"
    ASK_FOR_VISITS = "ask_for_visits"
    ANSWER_BOOKINGS = "answer_bookings"


ROLE_ACTIONS: dict[RoleCode, frozenset[Action]] = {
    RoleCode.OFFICER: frozenset({Action.SEE_SCHEDULE, Action.SEE_STATISTICS, Action.APPROVE_PLANS}),
    RoleCode.COORDINATOR: frozenset(Action) - {Action.ASK_FOR_VISITS, Action.APPROVE_PLANS},
    RoleCode.CREW: frozenset(
        {Action.SEE_SCHEDULE, Action.LOG_RESULTS, Action.SEE_STATISTICS},
    ),
    RoleCode.HOST: frozenset({Action.ASK_FOR_VISITS}),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """The libraries a person may act for, per action. Built once per request."""

    everything: bool
    by_action: dict[Action, frozenset[int]]

    def libraries(self, action: Action) -> frozenset[int]:
        """Return the ids of the libraries ``action`` is allowed at (ignores ``everything``)."""
        return self.by_action.get(action, frozenset())

    def allows(self, action: Action, library_id: int | None = None) -> bool:
        """Tell whether ``action`` is allowed at this library, or at any when none is given."""
        if self.everything:
            return True
        allowed = self.libraries(action)
        return bool(allowed) if library_id is None else library_id in allowed


def scope_of(
    memberships: Iterable[tuple[str, int]],
    members_of: dict[int, frozenset[int]],
    *,
    superuser: bool = False,
) -> Scope:
    """Return what a person with these memberships may do where.

    Args:
        memberships: pairs of role code and library id.
        members_of: for a union's id, the ids of the libraries it groups, itself included.
        superuser: the installation's own administrator, who may do everything everywhere.
    """
    by_action: dict[Action, set[int]] = {}
    for role, library_id in memberships:
        for action in ROLE_ACTIONS[RoleCode(role)]:
            by_action.setdefault(action, set()).update(
                members_of.get(library_id, frozenset({library_id}))
            )
    return Scope(superuser, {action: frozenset(ids) for action, ids in by_action.items()})
