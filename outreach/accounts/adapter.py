"""How signing in behaves: nobody signs up by themselves."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignupAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation only (DESIGN.md 3.6)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
