"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach.config.settings")

application = get_wsgi_application()

# Import every view now: otherwise the first request to each worker waits seconds for them, and
# each worker holds them in memory of its own.
get_resolver().url_patterns  # noqa: B018
