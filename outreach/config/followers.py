"""The one place that lists who follows events and accepted sheets, in the order they are called."""

from __future__ import annotations


def register_all() -> None:
    """Register every follower; called once at start-up."""
