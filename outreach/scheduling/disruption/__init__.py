"""Storms, floods, breakdowns: calling off, postponing and moving indoors many events at once."""

from outreach.scheduling.disruption.inputs import LEAVE, Choice, Choices, Trouble, What
from outreach.scheduling.disruption.preview import Preview, preview
from outreach.scheduling.disruption.services import InTheWay, disrupt
from outreach.scheduling.disruption.undo import ChangedSince, may_be_undone, undo_disruption

__all__ = [
    "LEAVE",
    "ChangedSince",
    "Choice",
    "Choices",
    "InTheWay",
    "Preview",
    "Trouble",
    "What",
    "disrupt",
    "may_be_undone",
    "preview",
    "undo_disruption",
]
