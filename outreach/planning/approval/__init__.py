"""A season's plan on its way: handed in, decided on, published (Circular 05/2022/TT-BVHTTDL)."""

from outreach.planning.approval.content import (
    Difference,
    Line,
    Row,
    checksum_of,
    content_of,
    differences,
    events_in,
    lines_of,
    standing_in,
)
from outreach.planning.approval.deciding import (
    approve_submission,
    return_submission,
    submit_season,
    withdraw_submission,
)
from outreach.planning.approval.publishing import (
    Extent,
    SeasonRefused,
    publish_season,
    what_is_published,
    what_refuses,
)
from outreach.planning.approval.standing import (
    SeasonState,
    Standing,
    awaiting_decision,
    standing_of,
    standings,
)

__all__ = [
    "Difference",
    "Extent",
    "Line",
    "Row",
    "SeasonRefused",
    "SeasonState",
    "Standing",
    "approve_submission",
    "awaiting_decision",
    "checksum_of",
    "content_of",
    "differences",
    "events_in",
    "lines_of",
    "publish_season",
    "return_submission",
    "standing_in",
    "standing_of",
    "standings",
    "submit_season",
    "what_is_published",
    "what_refuses",
    "withdraw_submission",
]
