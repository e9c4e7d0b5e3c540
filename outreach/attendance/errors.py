"""What can be wrong with a sheet that is sent in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from outreach.common.errors import Conflict, RuleBroken


class SheetRefused(RuleBroken):
    """A hard rule refuses the sheet; ``findings`` name the fields."""

    code = "sheet_refused"
    status = 400


class SheetQuestioned(RuleBroken):
    """Something is unusual: ``findings`` are questions that a person may answer with yes."""

    code = "sheet_questioned"


class SheetDiffers(Conflict):
    """A sheet with this id is stored already, with other content."""

    code = "sheet_differs"
    template = _("This sheet was sent before, with other figures. Correct the stored one instead.")
