"""Callers of the API whose every answer is held against the OpenAPI description."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import jsonschema  # type: ignore[import-untyped]
from django.conf import settings
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from outreach.accounts.models import User

ROOT = "/api/v1/"
PROBLEM = "application/problem+json"
MEMBERS = {"type", "code", "status", "title", "detail"}


@functools.cache
def description() -> dict[str, Any]:
    """Return the OpenAPI description as a caller reads it."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.loads(json.dumps(schema))  # type: ignore[no-any-return]


@functools.cache
def _operations() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations)
        for path, operations in description()["paths"].items()
    ]


def documented(method: str, path: str) -> dict[str, Any] | None:
    """Return the operation that describes a request, if there is one."""
    for pattern, operations in _operations():
        if pattern.fullmatch(path):
            operation: dict[str, Any] | None = operations.get(method)
            return operation
    return None


class Answer:
    """One answer, already held against the description."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.status: int = raw.status_code
        self.text: str = raw.content.decode()
        self.body: Any = json.loads(self.text) if self.text else None

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.body["code"])

    def __getitem__(self, key: str) -> Any:
        return self.body[key]

    def __repr__(self) -> str:
        return f"{self.status} {self.text[:400]}"


class Caller:
    """Somebody, or nobody, who calls the API with a session."""

    def __init__(self, user: User | None = None, **headers: str) -> None:
        self.client = Client(headers=headers)
        self.user = user
        if user is not None:
            self.client.force_login(user)

    def get(self, path: str, **query: Any) -> Answer:
        """Read."""
        return self._checked("get", path, query or None)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Send JSON."""
        return self._checked("post", path, {} if body is None else body, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        """Change with JSON."""
        return self._checked("patch", path, body, headers)

    def delete(self, path: str, **headers: str) -> Answer:
        """Remove."""
        return self._checked("delete", path, None, headers)

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        """Call with any method."""
        return self.get(path) if method == "get" else self._checked(method, path, body or {}, {})

    def _checked(
        self, method: str, path: str, data: Any, headers: dict[str, str] | None = None
    ) -> Answer:
        sending: dict[str, Any] = {} if method == "get" else {"content_type": "application/json"}
        if method != "get" and not isinstance(data, str | bytes | None):
            data = json.dumps(data)
        names = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        url = path if path.startswith("/") else ROOT + path
        raw = getattr(self.client, method)(url, data, headers=names, **sending)
        answer = Answer(raw)
        hold(method, url, answer)
        return answer


def hold(method: str, url: str, answer: Answer) -> None:
    """Hold an answer against the description: status, media type and shape."""
    media_type = answer.raw.get("Content-Type", "").partition(";")[0]
    if answer.status >= 400:
        assert media_type == PROBLEM, answer
        assert answer.body.keys() >= MEMBERS, answer
        assert answer["status"] == answer.status
    operation = documented(method, url.partition("?")[0])
    if operation is None:
        return
    responses = operation["responses"]
    assert str(answer.status) in responses, f"{method} {url} answers {answer} undocumented"
    described = responses[str(answer.status)]
    if reference := described.get("$ref"):
        described = description()["components"]["responses"][reference.rpartition("/")[2]]
    if "content" not in described:
        assert answer.text == ""
        return
    jsonschema.Draft202012Validator(
        {
            "components": description()["components"],
            "allOf": [described["content"][media_type]["schema"]],
        },
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    ).validate(answer.body)


def in_language(code: str, user: User | None = None) -> Caller:
    """Return a caller who asks for answers in one language."""
    assert code in dict(settings.LANGUAGES)
    return Caller(user, **{"Accept-Language": code})
