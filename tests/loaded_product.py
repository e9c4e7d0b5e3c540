"""Importing this loads the product, for processes that begin with it (``tests.processes``)."""

from __future__ import annotations

import django

django.setup()
