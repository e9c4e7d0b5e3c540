"""Administration of people and libraries."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.http import HttpRequest

from outreach.accounts.models import ApiToken, Library, Membership, Role, User
from outreach.common.administration import ScopedAdmin


class MembershipInline(admin.TabularInline[Membership, User]):
    model = Membership
    extra = 1


class UserForm(forms.ModelForm[User]):
    """A person's record; the password is only ever set by the person."""

    password = ReadOnlyPasswordHashField()

    class Meta:
        model = User
        fields = ["email", "full_name", "language", "is_active", "is_staff", "is_superuser"]


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    form = UserForm
    inlines = [MembershipInline]
    list_display = ["email", "full_name", "is_active", "is_staff"]
    search_fields = ["email", "full_name"]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


@admin.register(Library)
class LibraryAdmin(ScopedAdmin):
    list_display = ["slug", "name_vi", "union", "time_zone"]


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin[Role]):
    list_display = ["code", "name_vi", "name_en"]


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    list_display = ["label", "user", "created_at", "expires_at", "revoked_at", "last_used_at"]
    readonly_fields = ["user", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
