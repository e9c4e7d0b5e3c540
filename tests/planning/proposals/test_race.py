"""Two coordinators at once: one of them has it done, the other is told."""

from __future__ import annotations

import pytest

from outreach.accounts.models import User
from outreach.common.errors import DomainError, StaleWrite
from outreach.planning.models import Proposal, ProposedVisit
from outreach.planning.proposals import by_hand, publishing
from outreach.scheduling.models import Event
from tests.cast import make_cast
from tests.planning.proposals.scene import make_scene, proposal_of
from tests.processes import together

pytestmark = pytest.mark.django_db(transaction=True)


def publish(number: int, proposals: list[int], actor: int, digests: list[str]) -> str:
    """Publish one proposal; return what came of it."""
    proposal = Proposal.objects.select_related("scenario__season__library").get(
        pk=proposals[number]
    )
    try:
        publishing.publish(
            actor=User.objects.get(pk=actor), proposal=proposal, expected_digest=digests[number]
        )
    except DomainError as refused:
        return refused.kind
    return "done"


def test_of_two_who_publish_one_is_told_that_it_is_otherwise_now() -> None:
    scene = make_scene(make_cast(), stops=4)
    one = proposal_of(scene)
    scene.scenario.stops.update(weekday=2, tolerance_days=0)
    other = proposal_of(scene)
    digests = [publishing.difference(each).digest for each in (one, other)]
    keys = [one.pk, other.pk]
    told = together(publish, 2, keys, scene.cast.owner.pk, digests)
    assert sorted(told) == ["done", StaleWrite.code]
    winner = keys[told.index("done")]
    visits = ProposedVisit.objects.filter(trip__proposal=winner)
    assert set(visits.values_list("starts_at", "stop__venue")) == set(
        Event.objects.values_list("starts_at", "venue")
    )


def take_out(number: int, visits: list[int], actor: int) -> str:
    """Take a visit out of the first state of a proposal."""
    visit = ProposedVisit.objects.select_related("trip__proposal__scenario__season").get(
        pk=visits[number]
    )
    try:
        by_hand.take_out(actor=User.objects.get(pk=actor), visit=visit, expected_revision=1)
    except DomainError as refused:
        return refused.kind
    return "done"


def test_of_two_who_change_a_proposal_one_is_told_to_look_again() -> None:
    scene = make_scene(make_cast(), stops=4)
    proposal = proposal_of(scene)
    rows = ProposedVisit.objects.filter(trip__proposal=proposal).order_by("pk")
    keys = list(rows.values_list("pk", flat=True))[:2]
    told = together(take_out, 2, keys, scene.cast.owner.pk)
    assert sorted(told) == ["done", StaleWrite.code]
    assert rows.count() == 7
    assert Proposal.objects.get(pk=proposal.pk).revision == 2
