"""Changes to people and their keys."""

from __future__ import annotations

from datetime import datetime

from outreach.accounts.models import ApiToken, User
from outreach.common import clock


def create_token(
    *, user: User, label: str = "", expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make an API token for ``user`` and return it with its key, which is shown this once only."""
    key = ApiToken.new_key()
    token = ApiToken(user=user, label=label, digest=ApiToken.digest_of(key), expires_at=expires_at)
    token.full_clean()
    token.save()
    return token, key


def revoke_token(*, token: ApiToken, now: datetime | None = None) -> None:
    """End a token at once; a second call changes nothing."""
    if token.revoked_at is None:
        token.revoked_at = now or clock.now()
        token.save(update_fields=["revoked_at"])
