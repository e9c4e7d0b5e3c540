"""Addresses of the planner: scenarios, and the proposals made for them."""

from __future__ import annotations

from django.urls import path

from outreach.web.plan import (
    comparisons,
    proposal_board,
    proposal_left_out,
    proposal_pages,
    proposal_publishing,
    proposals,
    scenario_parts,
    scenario_stops,
    scenario_trials,
    scenarios,
)

ONE = "plan/scenarios/<uuid:uid>/"
PLAN = "plan/proposals/<uuid:uid>/"

urlpatterns = [
    path("plan/seasons/<int:pk>/scenarios/", scenarios.season_scenarios, name="season_scenarios"),
    path(ONE, scenarios.scenario, name="scenario"),
    path(f"{ONE}start/", scenarios.scenario_start, name="scenario_start"),
    path(f"{ONE}weights/", scenarios.scenario_weights, name="scenario_weights"),
    path(f"{ONE}copy/", scenarios.scenario_copy, name="scenario_copy"),
    path(f"{ONE}remove/", scenarios.scenario_remove, name="scenario_remove"),
    path(f"{ONE}stops/", scenario_stops.scenario_stops, name="scenario_stops"),
    path(f"{ONE}stops/many/", scenario_stops.scenario_stops_many, name="scenario_stops_many"),
    path(f"{ONE}stops/add/", scenario_stops.scenario_stops_add, name="scenario_stops_add"),
    path(f"{ONE}stops/<int:pk>/", scenario_stops.scenario_stop, name="scenario_stop"),
    path(
        f"{ONE}stops/<int:pk>/drop/", scenario_stops.scenario_stop_drop, name="scenario_stop_drop"
    ),
    path(f"{ONE}fleet/", scenario_parts.scenario_fleet, name="scenario_fleet"),
    path(f"{ONE}vehicles/new/", scenario_parts.scenario_vehicle_new, name="scenario_vehicle_new"),
    path(f"{ONE}vehicles/<int:pk>/", scenario_parts.scenario_vehicle, name="scenario_vehicle"),
    path(
        f"{ONE}vehicles/<int:pk>/drop/",
        scenario_parts.scenario_vehicle_drop,
        name="scenario_vehicle_drop",
    ),
    path(f"{ONE}pins/", scenario_parts.scenario_pins, name="scenario_pins"),
    path(f"{ONE}pins/<int:pk>/drop/", scenario_parts.scenario_unpin, name="scenario_unpin"),
    path(f"{ONE}ways/new/", scenario_parts.scenario_way_new, name="scenario_way_new"),
    path(f"{ONE}ways/<int:pk>/open/", scenario_parts.scenario_way_open, name="scenario_way_open"),
    path(f"{ONE}what-if/", scenario_trials.scenario_trials, name="scenario_trials"),
    path(f"{ONE}proposals/", proposals.proposals, name="proposals"),
    path(PLAN, proposal_pages.proposal, name="proposal"),
    path(f"{PLAN}ask/", proposals.proposal_ask, name="proposal_ask"),
    path(f"{PLAN}remove/", proposals.proposal_remove, name="proposal_remove"),
    path(f"{PLAN}rework/", proposals.proposal_rework, name="proposal_rework"),
    path(f"{PLAN}board/", proposal_board.proposal_board, name="proposal_board"),
    path(f"{PLAN}map/", proposal_pages.proposal_map, name="proposal_map"),
    path(f"{PLAN}visits/", proposal_pages.proposal_visits, name="proposal_visits"),
    path(f"{PLAN}visits/<int:pk>/", proposal_board.proposal_visit, name="proposal_visit"),
    path(f"{PLAN}visits/<int:pk>/pin/", proposal_board.proposal_pin, name="proposal_pin"),
    path(
        f"{PLAN}visits/<int:pk>/take-out/",
        proposal_board.proposal_take_out,
        name="proposal_take_out",
    ),
    path(f"{PLAN}left-out/", proposal_left_out.proposal_left_out, name="proposal_left_out"),
    path(f"{PLAN}left-out/<int:pk>/", proposal_left_out.proposal_put_in, name="proposal_put_in"),
    path(
        f"{PLAN}left-out/<int:pk>/change/",
        proposal_left_out.proposal_grant,
        name="proposal_grant",
    ),
    path(f"{PLAN}changes/", proposal_pages.proposal_changes, name="proposal_changes"),
    path(f"{PLAN}publish/", proposal_publishing.proposal_publish, name="proposal_publish"),
    path("plan/compare/", comparisons.compare, name="plan_compare"),
]
