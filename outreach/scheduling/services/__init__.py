"""Changes to the schedule. Pages, API, admin, commands and the planner all call these."""

from outreach.scheduling.services.events import (
    add_stop,
    cancel_event,
    change_event,
    move_event,
    publish_event,
    remove_event,
    restore_event,
    schedule_event,
)
from outreach.scheduling.services.inputs import (
    ActivityInput,
    CrewInput,
    EventInput,
    Expected,
    PauseInput,
)
from outreach.scheduling.services.pauses import set_pauses
from outreach.scheduling.services.retiming import retime_trip
from outreach.scheduling.services.trips import (
    cancel_trip,
    change_trip,
    move_trip,
    publish_trip,
    remove_trip,
    schedule_trip,
)

__all__ = [
    "ActivityInput",
    "CrewInput",
    "EventInput",
    "Expected",
    "PauseInput",
    "add_stop",
    "cancel_event",
    "cancel_trip",
    "change_event",
    "change_trip",
    "move_event",
    "move_trip",
    "publish_event",
    "publish_trip",
    "remove_event",
    "remove_trip",
    "restore_event",
    "retime_trip",
    "schedule_event",
    "schedule_trip",
    "set_pauses",
]
