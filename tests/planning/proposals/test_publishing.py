"""A proposal becomes the schedule, all of it or nothing."""

from __future__ import annotations

from outreach.planning.models import ProposedVisit
from outreach.planning.proposals import publishing
from outreach.scheduling.models import Event, State, Trip
from tests.cast import Cast
from tests.planning.proposals.scene import make_scene, proposal_of


def test_what_is_published_is_what_was_proposed(cast: Cast) -> None:
    scene = make_scene(cast)
    proposal = proposal_of(scene)
    expected = publishing.difference(proposal)
    assert expected.against == ()
    done = publishing.publish(actor=cast.owner, proposal=proposal)
    visits = ProposedVisit.objects.filter(trip__proposal=proposal).select_related("stop", "event")
    assert done.count("added") == len(visits) == Event.objects.count()
    for visit in visits:
        event = visit.event
        assert event is not None
        assert (event.venue_id, event.starts_at, event.ends_at) == (
            visit.stop.venue_id,
            visit.starts_at,
            visit.ends_at,
        )
        assert event.state == State.DRAFT
    assert Trip.objects.count() == proposal.trips.count()
    assert publishing.difference(proposal).is_empty
