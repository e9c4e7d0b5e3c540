"""What the OpenAPI description says beyond the views: the answers to what is refused."""

from __future__ import annotations

from typing import Any

METHODS = ("get", "post", "patch", "delete")
PROBLEM_MEDIA_TYPE = "application/problem+json"

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457). `code` is for machines and never changes; `detail` "
    "is for people, in their language.",
    "required": ["type", "code", "status", "title", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:outreach:clash"]},
        "code": {"type": "string", "examples": ["vehicle_busy"]},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "fields": {
            "type": "object",
            "description": "Messages by field, such as `events.0.ends_at`.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "findings": {
            "type": "array",
            "description": "The rules that refuse it.",
            "items": {
                "type": "object",
                "required": ["rule", "message", "field", "may_override"],
                "properties": {
                    "rule": {"type": "string"},
                    "message": {"type": "string"},
                    "field": {"type": ["string", "null"]},
                    "may_override": {
                        "type": "boolean",
                        "description": "Whether it yields to `override_reason` or "
                        "`confirm_warnings`.",
                    },
                },
            },
        },
        "clash": {
            "type": "object",
            "description": "The event it clashes with.",
            "required": ["event", "title"],
            "properties": {"event": {"type": "string"}, "title": {"type": "string"}},
        },
    },
}

ANSWERS = {
    "400": "What was sent cannot be read, or contradicts itself.",
    "401": "Nobody is signed in, or the token is unknown, revoked or expired.",
    "403": "You may see this, but not do this with it.",
    "404": "There is no such thing, or it is not yours to see.",
    "406": "Answers come as JSON only.",
    "409": "It meets something that is already there, or a rule refuses it.",
    "411": "The body does not say how long it is.",
    "412": "Somebody else changed it since the revision you named.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
}
READING = ("400", "401", "403", "404", "406")
WRITING = tuple(ANSWERS)


def add_refusals(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Add to every operation the answers it gives to what it refuses; a hook of drf-spectacular."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {
        f"Problem{status}": _answer(text) for status, text in ANSWERS.items()
    }
    for operations in result["paths"].values():
        for method in METHODS:
            if method in operations:
                _complete(operations[method], READING if method == "get" else WRITING)
    return result


def _complete(operation: dict[str, Any], statuses: tuple[str, ...]) -> None:
    for status in statuses:
        reference = {"$ref": f"#/components/responses/Problem{status}"}
        operation["responses"].setdefault(status, reference)


def _answer(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}
