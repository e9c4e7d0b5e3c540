"""Setting the rules that a library sets for itself."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.errors import InvalidInput
from outreach.scheduling.models import RuleSettings
from outreach.scheduling.rulebook import defaults_of, knows_holidays_of
from outreach.scheduling.services import rules


def rules_of(library: Library) -> RuleSettings:
    """Return what a library has set of the rules, or the defaults, not stored."""
    stored = RuleSettings.objects.filter(library=library).first()
    return stored or defaults_of(library)


@transaction.atomic
def set_rules(
    *,
    actor: User,
    library: Library,
    reason: str = "",
    expected_version: int | None = None,
    **fields: Any,
) -> RuleSettings:
    """Set what a library sets of the rules; what is not given stays as it is.

    What is planned already stays as it is: what stands against it is shown from then on.

    Args:
        fields: of :class:`RuleSettings`.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if the holidays are of no country that is known.
        StaleWrite: if somebody changed them since ``expected_version``.
        django.core.exceptions.ValidationError: if a value is out of range.
    """
    rules.authorise(actor, library.pk)
    # One after the other: the first time, there is no row to lock.
    Library.objects.select_for_update(no_key=True).get(pk=library.pk)
    settings = rules_of(library)
    if not settings._state.adding:
        audit.refuse_stale(settings, expected_version)
    for name, value in fields.items():
        setattr(settings, name, value)
    settings.holidays = settings.holidays.strip().upper()
    if settings.holidays and not knows_holidays_of(settings.holidays):
        raise InvalidInput(
            _("The public holidays of “%(place)s” are not known. Write VN, or GB-NIR."),
            code="unknown_holidays",
            field="holidays",
            params={"place": settings.holidays},
        )
    audit.save(settings, actor=actor, reason=reason)
    return settings
