"""Every address of the product (DESIGN.md 6)."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path

from api.unknown import unknown

urlpatterns = [
    path("", include("outreach.web.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("api.urls")),
    re_path(r"^api/", unknown),
]
