"""People, the libraries they work for, and the keys machines use in their name."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action, RoleCode, Scope, scope_of
from outreach.common import audit
from outreach.common.reference import Reference


class Role(Reference):
    """The names of the roles; what each may do is ``accounts.domain.ROLE_ACTIONS``."""

    class Meta(Reference.Meta):
        verbose_name = _("role")
        verbose_name_plural = _("roles")


def _known_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not a time zone."), params={"name": name})


class LibraryQuerySet(models.QuerySet["Library"]):
    """Row sets of libraries."""

    def visible_to(self, user: Any, action: Action = Action.SEE_SCHEDULE) -> LibraryQuerySet:
        """Return the libraries at which ``user`` is allowed ``action``."""
        scope: Scope = user.scope
        return self if scope.everything else self.filter(pk__in=scope.libraries(action))

    def running_services(self) -> LibraryQuerySet:
        """Return the libraries that have vans and hold events: all but the unions."""
        return self.filter(is_union=False)


class Library(models.Model):
    """A body that runs services, or the union that groups such bodies."""

    slug = models.SlugField(_("address name"), max_length=60, unique=True)
    name_vi = models.CharField(_("Vietnamese name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200)
    short_vi = models.CharField(_("short Vietnamese name"), max_length=60)
    short_en = models.CharField(_("short English name"), max_length=60)
    is_union = models.BooleanField(_("is a union"), default=False)
    union = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("union"),
        related_name="members",
        null=True,
        blank=True,
        limit_choices_to={"is_union": True},
    )
    time_zone = models.CharField(
        _("time zone"), max_length=60, default="Asia/Ho_Chi_Minh", validators=[_known_zone]
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)

    history = audit.history()
    objects = LibraryQuerySet.as_manager()

    class Meta:
        verbose_name = _("library")
        verbose_name_plural = _("libraries")
        ordering = ["slug"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="library_union_stands_alone",
                condition=Q(is_union=False) | Q(union__isnull=True),
                violation_error_message=_("A union does not belong to another union."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_en if (get_language() or "vi").startswith("en") else self.name_vi

    @property
    def short_name(self) -> str:
        """The short name in the active language."""
        return self.short_en if (get_language() or "vi").startswith("en") else self.short_vi

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this library's people read clocks."""
        return ZoneInfo(self.time_zone)


class UserManager(BaseUserManager["User"]):
    """Makes people; e-mail addresses are unique whatever their case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a person who signs in with ``email``; without a password, by e-mailed code."""
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create the installation's administrator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account."""

    email = models.EmailField(_("e-mail"), max_length=254)
    full_name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("may open the administration"), default=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["email"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message=_("Somebody already signs in with this e-mail."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    @cached_property
    def scope(self) -> Scope:
        """What this person may do where; read from the database once per loaded object."""
        if not self.is_active:
            return scope_of([], {})
        memberships = list(self.memberships.values_list("role_id", "library_id"))
        unions = [library_id for _role, library_id in memberships]
        members: dict[int, set[int]] = {}
        for pk, union_id in Library.objects.filter(union_id__in=unions).values_list(
            "pk", "union_id"
        ):
            members.setdefault(union_id, {union_id}).add(pk)
        return scope_of(
            memberships,
            {union: frozenset(ids) for union, ids in members.items()},
            superuser=self.is_superuser,
        )

    def may(self, action: Action, library_id: int | None = None) -> bool:
        """Tell whether this person may do ``action`` at a library, or at any when none is given."""
        return self.scope.allows(action, library_id)


def display_name(user: User) -> str:
    """Return how allauth's pages and mails address a person."""
    return str(user)


class Membership(models.Model):
    """A role a person holds at a library."""

    user = models.ForeignKey(
        User, models.CASCADE, verbose_name=_("person"), related_name="memberships"
    )
    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="memberships"
    )
    role = models.ForeignKey(Role, models.PROTECT, verbose_name=_("role"))

    history = audit.history()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["library", "role", "user"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("user", "library", "role", name="membership_once"),
            models.CheckConstraint(
                name="membership_role_known",
                condition=Q(role__in=[str(role) for role in RoleCode]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role_id} {self.library_id}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Row sets of API tokens."""

    def usable_at(self, moment: datetime) -> ApiTokenQuerySet:
        """Return the tokens that are neither revoked nor expired at ``moment``."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=moment), revoked_at__isnull=True
        )


class ApiToken(models.Model):
    """A key with which a machine acts in a person's name. Only its hash is kept."""

    user = models.ForeignKey(
        User, models.CASCADE, verbose_name=_("person"), related_name="api_tokens"
    )
    label = models.CharField(_("label"), max_length=100, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.label or f"#{self.pk}"

    @staticmethod
    def digest_of(key: str) -> str:
        """Return the hash under which a key is kept. Keys carry 256 random bits: no salt needed."""
        return hashlib.sha256(key.encode()).hexdigest()

    @staticmethod
    def new_key() -> str:
        """Return a fresh random key."""
        return secrets.token_urlsafe(32)
