"""The inputs of the demonstration, read from ``fixtures/demo``, and its dice."""

from __future__ import annotations

import json
import random
import uuid
from functools import cache
from typing import Any

from django.conf import settings

_NAMESPACE = uuid.UUID("6f1d2c4e-7c1b-5f43-9a53-0d6a5b1d7e20")


@cache
def read(name: str) -> dict[str, Any]:
    """Return one input file, named without its ending."""
    path = settings.BASE_DIR / "fixtures" / "demo" / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def dice(*subject: object) -> random.Random:
    """Return a random generator that always falls the same way for the same subject.

    Each subject has its own, so that a change in one part of the demonstration leaves the others as
    they were.
    """
    return random.Random("outreach-demo/" + "/".join(map(str, subject)))  # noqa: S311


def uid(*subject: object) -> uuid.UUID:
    """Return an identifier that is always the same for the same subject."""
    return uuid.uuid5(_NAMESPACE, "/".join(map(str, subject)))
