"""Start the whole product in the foreground: prepare its data, then web server and worker.

``python -m outreach.config.serve`` is what ``make run`` calls. It ends, with everything it started,
on Ctrl-C, SIGTERM or SIGHUP, and when one of its parts ends by itself.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import IO, Any

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands

HOST = "127.0.0.1"
STARTUP_S = 60
SHUTDOWN_S = 10
DEMO_SIGN_INS = ("officer", "coordinator", "crew", "school", "coordinator.hue")
DEMO_PASSWORD = "outreach-demo"  # noqa: S105 - printed on purpose


class Stopped(Exception):
    """A signal asked the product to stop."""


def main() -> int:
    """Run until told to stop; return the exit code."""
    port = _port()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach.config.settings")
    if "PORT" in os.environ:
        os.environ.setdefault("OUTREACH_SITE_URL", f"http://{HOST}:{port}")
    try:
        with _signals():
            if _is_taken(port):
                _say(f"Port {port} is taken. Choose another: PORT={port + 1} make run", sys.stderr)
                return 1
            django.setup()
            prepare()
            return serve(port)
    except Stopped:
        return 0


# --- Data --------------------------------------------------------------------------------------


def prepare() -> None:
    """Bring database, reference data and static files up to date; load the demo into a new one."""
    _say("Preparing the database ...")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("install_constraints")
    call_command("load_reference", verbosity=0)
    if settings.ENVIRONMENT != "production" and "demo" in get_commands() and not _has_people():
        _say("Loading the demonstration ...")
        call_command("demo", verbosity=0)
    collect_static()


def _has_people() -> bool:
    return bool(apps.get_model(settings.AUTH_USER_MODEL)._base_manager.exists())


def collect_static() -> bool:
    """Collect the static files if one of them changed since the last time; tell whether so."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = _static_state()
    if stamp.exists() and stamp.read_text() == state:
        return False
    _say("Collecting static files ...")
    # From scratch: by itself it would keep what is as new, to the second, as its changed source.
    call_command("collectstatic", clear=True, interactive=False, verbosity=0)
    stamp.write_text(state)
    return True


def _static_state() -> str:
    """Return a digest that changes when a static file, or how they are stored, does."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = os.stat(storage.path(path))
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


# --- Processes ---------------------------------------------------------------------------------


def serve(port: int) -> int:
    """Run web server and worker until one of them ends, or :class:`Stopped`; return the code."""
    parts = {
        "web server": ["-m", "gunicorn", *_web_arguments(port)],
        "worker": ["-m", "django", "db_worker", "--queue-name", "*", "-v", "0", "--no-reload"],
    }
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, arguments in parts.items():
            # In sessions of their own, so that Ctrl-C reaches this process alone.
            running[name] = subprocess.Popen(  # noqa: S603
                [sys.executable, *arguments], cwd=settings.BASE_DIR, start_new_session=True
            )
        if _wait_until_it_answers(port, running):
            _greet(port)
        return _wait_for_the_first_to_end(running)
    finally:
        _stop(list(running.values()))


def _web_arguments(port: int) -> list[str]:
    return [
        "outreach.config.wsgi:application",
        f"--bind={HOST}:{port}",
        "--worker-class=gthread",
        # Loaded once, before the port opens: a mistake ends the start, and workers fork at once.
        "--preload",
        "--workers=2",
        "--threads=8",
        "--timeout=60",
        f"--graceful-timeout={SHUTDOWN_S - 2}",
        "--log-level=warning",
        "--no-control-socket",
    ]


def _wait_until_it_answers(port: int, running: dict[str, subprocess.Popen[bytes]]) -> bool:
    deadline = time.monotonic() + STARTUP_S
    while time.monotonic() < deadline and all(part.poll() is None for part in running.values()):
        if _answers(port):
            return True
        time.sleep(0.2)
    return False


def _wait_for_the_first_to_end(running: dict[str, subprocess.Popen[bytes]]) -> int:
    while True:
        for name, part in running.items():
            if part.poll() is not None:
                _say(f"The {name} ended with code {part.returncode}.", sys.stderr)
                return part.returncode or 1
        time.sleep(0.5)


def _stop(parts: list[subprocess.Popen[bytes]]) -> None:
    """End the processes and whatever they started: politely, then after a while by force."""
    for part in parts:
        if part.poll() is None:
            part.terminate()
    deadline = time.monotonic() + SHUTDOWN_S
    for part in parts:
        try:
            part.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(part.pid, signal.SIGKILL)
            part.wait()


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _answers(port: int) -> bool:
    web = HTTPConnection(HOST, port, timeout=5)
    try:
        web.request("GET", "/healthz")
        return web.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, HTTPException):
        return False
    finally:
        web.close()


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the first signal to stop into :class:`Stopped`; later ones do not disturb stopping."""
    asked_to = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for each in asked_to:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    before = {each: signal.signal(each, stop) for each in asked_to}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


# --- Words -------------------------------------------------------------------------------------


def _port() -> int:
    value = os.environ.get("PORT", "8000")
    if not (value.isdecimal() and 0 < int(value) < 65536):
        raise SystemExit(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


def _greet(port: int) -> None:
    _say(f"\nReady: http://{HOST}:{port}")
    people: Any = apps.get_model(settings.AUTH_USER_MODEL)._base_manager
    emails = [f"{name}@demo.invalid" for name in DEMO_SIGN_INS]
    if settings.ENVIRONMENT != "production" and people.filter(email__in=emails).exists():
        _say(f"Sign in to the demonstration with password {DEMO_PASSWORD} as")
        for email in emails:
            _say(f"  {email}")
    _say("Ctrl-C stops it.\n")


def _say(line: str, stream: IO[str] | None = None) -> None:
    (stream or sys.stdout).write(line + "\n")
    (stream or sys.stdout).flush()


if __name__ == "__main__":
    raise SystemExit(main())
