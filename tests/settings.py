"""The product's settings, as the tests run them: one engine at a time, quick and without traces.

``OUTREACH_TEST_ENGINE`` is ``sqlite`` (default) or ``postgres``. Nothing of the developer's own
``.env`` or database is read or touched.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests import postgres_server

ENGINE = os.environ.setdefault("OUTREACH_TEST_ENGINE", "sqlite")
if ENGINE not in {"sqlite", "postgres"}:
    raise SystemExit(f"OUTREACH_TEST_ENGINE must be sqlite or postgres, not {ENGINE!r}.")


def _run_folder() -> str:
    """Return this run's folder; its worker processes find it in the environment."""
    if "pytest" not in sys.modules:
        return str(Path(__file__).resolve().parent.parent / "var" / "tests")
    folder = tempfile.mkdtemp(prefix="outreach-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


RUN_FOLDER = Path(os.environ.setdefault("OUTREACH_TEST_FOLDER", _run_folder()))
# Empty: the finders serve the files; without the folder, WhiteNoise warns at each start.
(RUN_FOLDER / "static").mkdir(parents=True, exist_ok=True)
os.environ.update(
    {"OUTREACH_ENV": "test", "OUTREACH_DATA": str(RUN_FOLDER), "SECRET_KEY": "only-for-tests"}
)
for name in ("EMAIL_URL", "OUTREACH_DEBUG", "OUTREACH_TILE_URL"):
    os.environ.pop(name, None)
if ENGINE == "postgres":
    os.environ["DATABASE_URL"] = postgres_server.url()
else:
    os.environ["DATABASE_URL"] = f"sqlite:///{RUN_FOLDER / 'unused.sqlite3'}"

from outreach.config.settings import *  # noqa: E402, F403
from outreach.config.settings import DATABASES, INSTALLED_APPS  # noqa: E402

# Under its plain name: by that the server of the browser's tests knows that it has files to serve.
_NAMES = {"outreach.config.static_files.StaticFiles": "django.contrib.staticfiles"}
INSTALLED_APPS = [*(_NAMES.get(app, app) for app in INSTALLED_APPS), "tests.overlap_app"]
if ENGINE == "sqlite":
    # A file, because several processes and the browser tests' server share it.
    DATABASES["default"]["TEST"] = {"NAME": str(RUN_FOLDER / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TASKS = {
    "default": {
        "BACKEND": "django_tasks.backends.immediate.ImmediateBackend",
        "QUEUES": ["default", "mail", "solve"],
    }
}
