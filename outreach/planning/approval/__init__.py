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
    Published,
    SeasonRefused,
    publish_season,
    what_refuses,
)
from outreach.planning.approval.standing import SeasonState, Standing, standing_of, standings

__all__ = [
    "Difference",
    "Line",
    "Published",
    "Row",
    "SeasonRefused",
    "SeasonState",
    "Standing",
    "approve_submission",
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
    "what_refuses",
    "withdraw_submission",
]
