"""Proposals: ordered, worked out, changed by hand, compared and published."""
