"""The Vietnamese catalogue is complete, current and compiled (docs/decisions/0005)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "outreach" / "locale" / "vi" / "LC_MESSAGES" / "django.po"
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
PLURAL_IN_CONTEXT = {"npgettext", "npgettext_lazy"}
CALL = re.compile(r"\b(gettext|ngettext|pgettext|npgettext|_)\(")

Key = tuple[str | None, str]


def _keys(name: str, args: list[str | None]) -> Iterator[Key]:
    if name in PLAIN | PLURAL and args and args[0] is not None:
        yield None, args[0]
    if name in IN_CONTEXT | PLURAL_IN_CONTEXT and len(args) > 1 and args[1] is not None:
        yield args[0], args[1]


def _texts(call: ast.Call) -> list[str | None]:
    """Return the call's arguments that are plain strings; ``None`` for the others."""
    return [
        arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None
        for arg in call.args
    ]


def _in_python(source: str) -> Iterator[Key]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield from _keys(name, _texts(node))


def _in_template(source: str) -> Iterator[Key]:
    code = templatize(source)
    for match in CALL.finditer(code):
        call = _balanced(code, match.start())
        node = ast.parse(call.strip(), mode="eval").body
        assert isinstance(node, ast.Call)
        yield from _keys(match.group(1), _texts(node))


def _balanced(code: str, start: int) -> str:
    """Return the call that starts at ``start``: the shortest text that parses as one."""
    end = code.index(")", start)
    while True:
        try:
            ast.parse(code[start : end + 1], mode="eval")
        except SyntaxError:
            end = code.index(")", end + 1)
        else:
            return code[start : end + 1]


def messages_in_sources() -> set[Key]:
    found: set[Key] = set()
    for folder in ("outreach", "api"):
        for path in (ROOT / folder).rglob("*.py"):
            found.update(_in_python(path.read_text()))
    for path in (ROOT / "templates").rglob("*"):
        if path.is_file() and path.suffix in {".html", ".txt"}:
            found.update(_in_template(path.read_text()))
    return found


def catalogue() -> dict[Key, polib.POEntry]:
    return {
        (entry.msgctxt, entry.msgid): entry
        for entry in polib.pofile(str(CATALOGUE))
        if not entry.obsolete
    }


def test_every_message_of_the_sources_is_in_the_catalogue() -> None:
    assert sorted(map(str, messages_in_sources() - catalogue().keys())) == []


def test_the_catalogue_holds_no_message_that_nothing_says() -> None:
    assert sorted(map(str, catalogue().keys() - messages_in_sources())) == []


def test_every_message_has_a_vietnamese_text() -> None:
    unfinished = [
        entry.msgid for entry in catalogue().values() if entry.fuzzy or not entry.translated()
    ]
    assert unfinished == []


def test_translations_keep_the_placeholders() -> None:
    placeholder = re.compile(r"%\(\w+\)[sdf]|%\(\w+\)\.\d+f|\{\w*\}")
    changed = [
        entry.msgid
        for entry in catalogue().values()
        for text in (entry.msgstr, *entry.msgstr_plural.values())
        if text
        and set(placeholder.findall(text))
        - set(placeholder.findall(entry.msgid + entry.msgid_plural))
    ]
    assert changed == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    compiled = {
        (entry.msgctxt, entry.msgid): (entry.msgstr, tuple(entry.msgstr_plural.values()))
        for entry in polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    }
    written = {
        key: (entry.msgstr, tuple(entry.msgstr_plural.values()))
        for key, entry in catalogue().items()
    }
    assert compiled == written
