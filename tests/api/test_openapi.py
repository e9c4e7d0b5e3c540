"""The description is valid, complete, and its examples are what it says."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from django.core.management import call_command
from django.test import Client

from api.openapi import READING, WRITING
from tests.api.callers import description

OPERATIONS = [
    (f"{method} {path}", method, operation)
    for path, operations in description()["paths"].items()
    for method, operation in operations.items()
]


def test_the_description_is_made_without_a_warning(tmp_path: Any) -> None:
    call_command("spectacular", file=str(tmp_path / "schema.yml"), validate=True, fail_on_warn=True)


@pytest.mark.django_db
def test_the_description_is_open_to_everybody() -> None:
    answer = Client().get("/api/v1/schema/", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")


@pytest.mark.parametrize(
    ("name", "method", "operation"), OPERATIONS, ids=[name for name, *_rest in OPERATIONS]
)
def test_every_operation_says_what_it_refuses(
    name: str, method: str, operation: dict[str, Any]
) -> None:
    expected = READING if method == "get" else WRITING
    assert set(expected) <= operation["responses"].keys()
    assert operation.get("summary")


def test_every_list_is_cut_into_pages() -> None:
    for path, operations in description()["paths"].items():
        if "get" in operations and operations["get"]["operationId"].endswith("_list"):
            names = {parameter["name"] for parameter in operations["get"]["parameters"]}
            assert {"page", "page_size"} <= names, path


def _examples() -> list[tuple[str, dict[str, Any], Any]]:
    found = []
    for name, _method, operation in OPERATIONS:
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for content in body.get("content", {}).values():
                for title, example in content.get("examples", {}).items():
                    found.append((f"{name}: {title}", content["schema"], example["value"]))
    return found


def test_the_main_operations_have_examples() -> None:
    with_examples = {name.split(":")[0] for name, _schema, _value in _examples()}
    assert with_examples >= {
        "get /api/v1/units/",
        "post /api/v1/venues/",
        "post /api/v1/events/",
        "post /api/v1/events/{uid}/move/",
        "post /api/v1/events/{uid}/cancel/",
        "post /api/v1/trips/",
        "post /api/v1/result-sheets/",
    }


@pytest.mark.parametrize(
    ("name", "schema", "value"), _examples(), ids=[name for name, *_rest in _examples()]
)
def test_examples_are_what_the_description_says(
    name: str, schema: dict[str, Any], value: Any
) -> None:
    jsonschema.Draft202012Validator(
        {"components": description()["components"], "allOf": [schema]}
    ).validate(value)
