"""Real road engines, where an interpreter that has them is at hand.

The wheels of Valhalla and OSRM are for Python 3.12 and newer, the product runs on 3.11 as well: so
they are built and started by another interpreter, that of :data:`VARIABLES`, or by this one if it
has them.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from outreach.routing.travel.engine import Kind

VARIABLES = {
    Kind.VALHALLA: "OUTREACH_VALHALLA_PYTHON",  # pip install pyvalhalla
    Kind.OSRM: "OUTREACH_OSRM_PYTHON",  # pip install osrm-bindings
}
MODULES = {Kind.VALHALLA: "valhalla", Kind.OSRM: "osrm"}
TRIES = 600
"""To reach the service, each after a twentieth of a second in which it did not end."""
FOLDER = "import sys, importlib; print(importlib.import_module(sys.argv[1]).__path__[0])"
CONFIGURE = """
import json, sys
from valhalla import get_config
json.dump(get_config(tile_dir=sys.argv[1], tile_extract=""), sys.stdout)
"""


@cache
def interpreter(kind: Kind) -> str | None:
    """Return the interpreter that has an engine, or ``None``.

    Raises:
        subprocess.CalledProcessError: if the one that is named has it not.
    """
    named = os.environ.get(VARIABLES[kind])
    if named:
        _output(named, FOLDER, MODULES[kind])
        return named
    return sys.executable if find_spec(MODULES[kind]) else None


def found() -> list[Kind]:
    """Return the engines that are at hand."""
    return [kind for kind in VARIABLES if interpreter(kind)]


@contextmanager
def serving(kind: Kind, extract: bytes) -> Iterator[str]:
    """Build an OpenStreetMap extract, serve it on a free port, and give its address."""
    python = interpreter(kind)
    if python is None:
        raise LookupError(f"No {kind} here; {VARIABLES[kind]} names an interpreter that has it.")
    package = Path(_output(python, FOLDER, MODULES[kind]).strip())
    # Valhalla's sockets lie in it: their names must stay short.
    with tempfile.TemporaryDirectory(prefix="roads-") as name:
        folder, port = Path(name), _free_port()
        (folder / "map.osm").write_bytes(extract)
        build = _valhalla if kind == Kind.VALHALLA else _osrm
        with subprocess.Popen(
            build(python, package, folder, port),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as service:
            try:
                _reach(service, port)
                yield f"http://127.0.0.1:{port}"
            finally:
                service.kill()


def _valhalla(python: str, package: Path, folder: Path, port: int) -> list[str]:
    """Build tiles; return the command that serves them, on 127.0.0.1 and sockets in the folder."""
    (folder / "tiles").mkdir()
    config = json.loads(_output(python, CONFIGURE, str(folder / "tiles")))
    for part in ("loki", "thor", "odin", "meili"):
        config[part]["service"]["proxy"] = f"ipc://{folder / part}"
    config["httpd"]["service"] |= {
        "listen": f"tcp://127.0.0.1:{port}",
        "loopback": f"ipc://{folder / 'loopback'}",
        "interrupt": f"ipc://{folder / 'interrupt'}",
    }
    (folder / "valhalla.json").write_text(json.dumps(config))
    programs = package / "bin"
    _do([str(programs / "valhalla_build_tiles"), "-c", "valhalla.json", "map.osm"], folder)
    return [str(programs / "valhalla_service"), "valhalla.json", "1"]


def _osrm(_python: str, package: Path, folder: Path, port: int) -> list[str]:
    """Build a graph; return the command that serves it."""
    programs = package / "bin"
    profile = package / "share" / "profiles" / "car.lua"
    _do([str(programs / "osrm-extract"), "-p", str(profile), "map.osm"], folder)
    _do([str(programs / "osrm-contract"), "map.osrm"], folder)
    return [str(programs / "osrm-routed"), "--ip", "127.0.0.1", "-p", str(port), "map.osrm"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _reach(service: subprocess.Popen[bytes], port: int) -> None:
    for _turn in range(TRIES):
        try:
            service.wait(0.05)
            break
        except subprocess.TimeoutExpired:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                continue
    raise RuntimeError("The road engine does not start.")


def _do(command: Sequence[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def _output(python: str, code: str, *args: str) -> str:
    return subprocess.run(
        [python, "-c", code, *args], check=True, capture_output=True, text=True
    ).stdout
