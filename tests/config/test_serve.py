"""One command starts the whole product, and stops the whole of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from django.conf import settings
from pytest_django import Settings

from outreach.config import serve

START_S = 120


@dataclass
class Product:
    """A product that was started, and all processes that belong to it."""

    process: subprocess.Popen[str]
    port: int
    output: str
    family: list[psutil.Process]

    def survivors(self) -> list[psutil.Process]:
        _gone, alive = psutil.wait_procs(self.family, timeout=5)
        return list(alive)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((serve.HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def product(data: Path) -> Iterator[Product]:
    """Start the product as ``make run`` does, on what the last one left, until it is ready."""
    port = free_port()
    environment = os.environ | {
        "PORT": str(port),
        "OUTREACH_DATA": str(data),
        "DATABASE_URL": f"sqlite:///{data / 'outreach.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "outreach.config.settings",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "outreach.config.serve"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    else:
        pytest.fail(f"It did not start: {lines}")
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    yield Product(process, port, "".join(lines), family)
    for member in family:
        if member.is_running():
            member.kill()
    process.stdout.close()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_a_signal_stops_all_of_it(
    product: Product, number: signal.Signals
) -> None:
    with urlopen(f"http://{serve.HOST}:{product.port}/healthz") as answer:
        assert answer.status == 200
    assert f"Ready: http://{serve.HOST}:{product.port}" in product.output
    assert len(product.family) >= 4, "supervisor, web server with a process, worker"
    product.process.send_signal(number)
    assert product.process.wait(serve.SHUTDOWN_S + 5) == 0
    assert product.survivors() == []


def test_it_stops_altogether_when_one_part_dies(product: Product) -> None:
    worker = next(member for member in product.family if "db_worker" in member.cmdline())
    worker.kill()
    assert product.process.wait(serve.SHUTDOWN_S + 5) != 0
    assert product.survivors() == []


def test_it_says_so_when_the_port_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server((serve.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        monkeypatch.setenv("OUTREACH_SITE_URL", "http://example.org")
        assert serve.main() == 1
    assert f"Port {port} is taken" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1"])
def test_it_refuses_a_port_that_is_none(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SystemExit, match="PORT"):
        serve.main()


def test_static_files_are_collected_only_when_they_changed(
    settings: Settings, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    assert serve.collect_static()
    assert not serve.collect_static()
    (source / "a.css").write_text("a { color: red }")
    assert serve.collect_static()
    assert (tmp_path / "collected" / "a.css").read_text() == "a { color: red }"
