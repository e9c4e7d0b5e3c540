"""The settings are documented, safe by default, and refuse what they do not understand."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
EXAMPLE = (ROOT / ".env.example").read_text()
READERS = {"str", "bool", "int", "list", "float", "dj_db_url", "dj_email_url", "log_level"}
ENTRY = re.compile(r"^# (?P<explanation>.+)\n#(?P<name>[A-Z_]+)=(?P<default>.*)$", re.MULTILINE)


def names_read() -> set[str]:
    """Return the names that the settings read from the environment."""
    source = ast.parse((ROOT / "outreach/config/settings.py").read_text())
    reads = {
        (node.func.attr, ast.unparse(node.args[0]))
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "env"
        and node.func.attr != "read_env"
    }
    assert {reader for reader, _name in reads} <= READERS, "how is such a setting read?"
    return {ast.literal_eval(name) for _reader, name in reads}


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of its own, and print some of them."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    program = "from outreach.config import settings as s; print(s.DEBUG, s.SESSION_COOKIE_SECURE)"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_lists_what_the_settings_read_and_nothing_else() -> None:
    assert {entry["name"] for entry in ENTRY.finditer(EXAMPLE)} == names_read()


def test_every_line_of_the_example_that_sets_something_is_explained_once() -> None:
    set_names = re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)
    explained = [entry["name"] for entry in ENTRY.finditer(EXAMPLE)]
    assert set_names == explained
    assert len(set(set_names)) == len(set_names)


def test_production_refuses_to_start_without_a_secret_key(tmp_path: Path) -> None:
    result = start(OUTREACH_ENV="production", OUTREACH_DATA=str(tmp_path), SECRET_KEY="")
    assert result.returncode != 0
    assert "SECRET_KEY is not set" in result.stderr


def test_production_refuses_debug(tmp_path: Path) -> None:
    result = start(
        OUTREACH_ENV="production",
        OUTREACH_DATA=str(tmp_path),
        SECRET_KEY="x",
        OUTREACH_DEBUG="true",
    )
    assert result.returncode != 0
    assert "OUTREACH_DEBUG" in result.stderr


def test_production_keeps_cookies_to_https(tmp_path: Path) -> None:
    result = start(OUTREACH_ENV="production", OUTREACH_DATA=str(tmp_path), SECRET_KEY="x")
    assert result.stdout.split() == ["False", "True"], result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OUTREACH_ENV", "staging"),
        ("OUTREACH_DEBUG", "perhaps"),
        ("OUTREACH_LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "nonsense"),
    ],
)
def test_a_value_that_cannot_be_read_stops_the_start_and_is_named(
    tmp_path: Path, name: str, value: str
) -> None:
    result = start(**{"OUTREACH_DATA": str(tmp_path), "SECRET_KEY": "x", name: value})
    assert result.returncode != 0
    assert name in result.stderr


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"OUTREACH_GEOCODER": "google"}, "OUTREACH_GEOCODER"),
        ({"OUTREACH_GEOCODER": "nominatim"}, "OUTREACH_GEOCODER_CONTACT is not set"),
        ({"OUTREACH_GEOCODER_URL": "file:///etc/passwd"}, "must begin with https:// or http://"),
    ],
)
def test_a_geocoder_that_cannot_be_asked_politely_stops_the_start(
    tmp_path: Path, chosen: dict[str, str], said: str
) -> None:
    result = start(OUTREACH_ENV="development", OUTREACH_DATA=str(tmp_path), **chosen)
    assert result.returncode != 0
    assert said in result.stderr
