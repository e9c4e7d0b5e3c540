"""What can go wrong, as a small tree with stable codes and messages people can read.

Services raise these; ``outreach.web.middleware`` and ``api.errors`` translate them into pages and
answers. A code never changes once released; a message may.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """Something the product refuses.

    Attributes:
        code: stable, lower-case words joined by ``_``.
        status: the HTTP status that says the same.
        message: for people, translated when shown, already filled in.
        field: the input it concerns, if it is one.
        params: the facts the message was filled with, for machines.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    template: ClassVar[str | Promise] = _("This cannot be done.")

    def __init__(
        self,
        message: str | Promise | None = None,
        *,
        code: str | None = None,
        field: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.params = dict(params or {})
        self.field = field
        self.kind = code or self.code
        self._message = message if message is not None else self.template
        super().__init__(self.kind)

    @property
    def message(self) -> str:
        """The message in the active language."""
        text = str(self._message)
        return text % self.params if self.params else text

    def __str__(self) -> str:
        return self.message


class InvalidInput(DomainError):
    """What was sent cannot be read or contradicts itself."""

    code = "invalid"
    template = _("Please check what you entered.")


class NotAllowed(DomainError):
    """The person is known, may see the object, and may not do this with it."""

    code = "not_allowed"
    status = 403
    template = _("You may not do this.")


class NotFound(DomainError):
    """There is no such object, or it is not the person's to see."""

    code = "not_found"
    status = 404
    template = _("This does not exist, or is not yours to see.")


class Conflict(DomainError):
    """The request meets something that is already there."""

    code = "conflict"
    status = 409
    template = _("This conflicts with something that is already there.")


class RuleBroken(DomainError):
    """A named rule refuses the change; see the findings.

    Attributes:
        findings: the broken rules, each with its code and message.
    """

    code = "rule_broken"
    status = 409
    template = _("A rule refuses this.")

    def __init__(self, findings: list[Any], **kwargs: Any) -> None:
        self.findings = findings
        super().__init__(**kwargs)

    @property
    def message(self) -> str:
        return " ".join(str(finding.message) for finding in self.findings) or super().message


class StaleWrite(Conflict):
    """Somebody else changed the object since it was read."""

    code = "stale"
    status = 412
    template = _("Somebody else changed this in the meantime. Please look again.")
