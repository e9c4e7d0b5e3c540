"""All settings, read from the environment and safe by default.

Every name that may be set is listed in ``.env.example``. A value that cannot be
parsed stops the start with a message that names it.
"""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate
from whitenoise.compress import Compressor

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = Env()
# Tests must not depend on whose machine they run on.
if os.environ.get("OUTREACH_ENV") != "test":
    env.read_env(str(BASE_DIR / ".env"), recurse=False)

ENVIRONMENT = env.str(
    "OUTREACH_ENV", "development", validate=validate.OneOf(["development", "test", "production"])
)
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("OUTREACH_DEBUG", False)
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("OUTREACH_DEBUG may not be on where OUTREACH_ENV=production.")

DATA_DIR = Path(env.str("OUTREACH_DATA", str(BASE_DIR / "var"))).resolve()


def _secret_key() -> str:
    """Return the configured key; outside production, one made once and kept in the data folder."""
    key = env.str("SECRET_KEY", "")
    if key:
        return key
    if PRODUCTION:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Production needs one: "
            'python -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    kept = DATA_DIR / "secret_key"
    if not kept.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(50))
    return kept.read_text().strip()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("OUTREACH_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
SITE_URL = env.str("OUTREACH_SITE_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS: list[str] = env.list("OUTREACH_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "outreach.config.static_files.StaticFiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tasks",
    "outreach.config",  # before django_tasks_db: its worker also plans the housekeeping
    "django_tasks_db",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "simple_history",
    "outreach.common",
    "outreach.accounts",
    "outreach.messaging",
    "outreach.printing",
    "outreach.places",
    "outreach.fleet",
    "outreach.scheduling",
    "outreach.calendars",
    "outreach.planning",
    "outreach.bookings",
    "outreach.attendance",
    "outreach.maps",
    "outreach.statistics",
    "outreach.web",
    "api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "outreach.web.limits.LimitBodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "outreach.web.zones.ZoneMiddleware",
    "outreach.web.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "outreach.config.urls"
WSGI_APPLICATION = "outreach.config.wsgi.application"
ASGI_APPLICATION = "outreach.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "outreach.web.context.navigation",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# --- Database (docs/decisions/0001) ------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'outreach.sqlite3'}")
}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    # IMMEDIATE takes the write lock first, so that a check followed by a write cannot lose a race.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000"
        ),
    }
else:
    _database["CONN_MAX_AGE"] = env.int("OUTREACH_CONN_MAX_AGE", 60)
    _database["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People (docs/decisions/0004) --------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# E-mails are unique whatever their case, by the constraint user_email_unique, which W004 overlooks.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
ACCOUNT_ADAPTER = "outreach.accounts.adapter.ClosedSignupAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "outreach.accounts.models.display_name"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- Language and time -------------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "outreach" / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
FORMAT_MODULE_PATH = "outreach.config.formats"

# --- Files -------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or ENVIRONMENT == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Maps of sources are read by somebody who looks for a fault, and by nobody over a slow line.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
MAX_BODY_BYTES = 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Map ground --------------------------------------------------------------------------------

MAP_TILE_URL = env.str("OUTREACH_TILE_URL", "")
MAP_TILE_ATTRIBUTION = env.str("OUTREACH_TILE_ATTRIBUTION", "")

# --- Addresses to points ---------------------------------------------------------------------


def _geocoder_agent(url: str) -> str:
    """Return who we say we are to a geocoder: by what, from where, and how to write to us."""
    contact = env.str("OUTREACH_GEOCODER_CONTACT", "")
    if url and not contact and "nominatim.openstreetmap.org" in url:
        raise ImproperlyConfigured(
            "OUTREACH_GEOCODER_CONTACT is not set: the public Nominatim asks for an address at"
            " which it can write to you."
        )
    told = "; ".join(part for part in (SITE_URL, contact) if part)
    return env.str("OUTREACH_GEOCODER_AGENT", f"outreach-planner/1 ({told})")


GEOCODER = env.str("OUTREACH_GEOCODER", "none", validate=validate.OneOf(["none", "nominatim"]))
GEOCODER_URL = env.str("OUTREACH_GEOCODER_URL", "https://nominatim.openstreetmap.org")
if not GEOCODER_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured("OUTREACH_GEOCODER_URL must begin with https:// or http://.")
GEOCODER_AGENT = _geocoder_agent(GEOCODER_URL if GEOCODER != "none" else "")
GEOCODER_TIMEOUT_S = env.float("OUTREACH_GEOCODER_TIMEOUT", 5.0, validate=validate.Range(0.1, 30.0))
GEOCODER_COUNTRIES: list[str] = env.list("OUTREACH_GEOCODER_COUNTRIES", [])

# --- Headers -----------------------------------------------------------------------------------


def _origin(url: str) -> list[str]:
    """Return the scheme and host of a tile URL template as a CSP source, or nothing."""
    from urllib.parse import urlsplit

    parts = urlsplit(url.replace("{s}.", "*."))
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", *_origin(MAP_TILE_URL)],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("OUTREACH_SSL_REDIRECT", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env.int("OUTREACH_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

# --- Mail and background work ------------------------------------------------------------------

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if env.str("EMAIL_URL", ""):
    globals().update(env.dj_email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.str("OUTREACH_MAIL_FROM", "thu-vien@localhost")
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "mail", "solve"],
    }
}

# --- REST --------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.TokenAuthentication",
        "api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "api.errors.handle",
    "PAGE_SIZE": 50,
    "UNICODE_JSON": True,
    "COMPACT_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Outreach planner",
    "DESCRIPTION": "Mobile and outreach services of public libraries.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.openapi.add_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ScheduleState": "outreach.scheduling.models.State",
        "SheetState": "outreach.attendance.models.ResultSheet.State",
        "VenueKind": "outreach.places.models.Venue.Kind",
        "VehicleKind": "outreach.fleet.models.Vehicle.Kind",
        "PriorityKind": "outreach.places.models.UnitPriority.Kind",
        "PauseKind": "outreach.scheduling.models.TripPause.Kind",
    },
}

# --- Logs --------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {
        "handlers": ["console"],
        "level": env.log_level("OUTREACH_LOG_LEVEL", logging.WARNING),
    },
}
