"""A real Valhalla, where an interpreter that has ``pyvalhalla`` is at hand.

Its wheels are for Python 3.12 and newer, the product runs on 3.11 as well: so it is built and
started by another interpreter, ``OUTREACH_VALHALLA_PYTHON``, or by this one if it has it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

VARIABLE = "OUTREACH_VALHALLA_PYTHON"
PATIENCE = 600
"""Tries to reach the service, each after a twentieth of a second in which it did not end."""
WHERE = "import valhalla; print(valhalla.PYVALHALLA_DIR)"
CONFIGURE = """
import json, sys
from valhalla import get_config
json.dump(get_config(tile_dir=sys.argv[1], tile_extract=""), sys.stdout)
"""


@cache
def interpreter() -> str | None:
    """Return the interpreter that has Valhalla, or ``None``.

    Raises:
        subprocess.CalledProcessError: if the one that is named has it not.
    """
    named = os.environ.get(VARIABLE)
    if named:
        _run(named, WHERE)
        return named
    return sys.executable if find_spec("valhalla") else None


@contextmanager
def valhalla(extract: bytes) -> Iterator[str]:
    """Build an OpenStreetMap extract, serve it on a free port, and give its address."""
    python = interpreter()
    if python is None:
        raise LookupError(f"No Valhalla here; {VARIABLE} names an interpreter that has it.")
    programs = Path(_run(python, WHERE).strip()) / "bin"
    # The names of sockets in it must stay short.
    with tempfile.TemporaryDirectory(prefix="valhalla-") as name:
        folder = Path(name)
        (folder / "tiles").mkdir()
        (folder / "map.osm").write_bytes(extract)
        config = json.loads(_run(python, CONFIGURE, str(folder / "tiles")))
        url = _keep_to(config, folder)
        (folder / "valhalla.json").write_text(json.dumps(config))
        subprocess.run(
            [programs / "valhalla_build_tiles", "-c", "valhalla.json", "map.osm"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        with subprocess.Popen(
            [programs / "valhalla_service", "valhalla.json", "1"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as service:
            try:
                _reach(service, int(url.rsplit(":", 1)[1]))
                yield url
            finally:
                service.kill()


def _keep_to(config: dict[str, dict[str, dict[str, str]]], folder: Path) -> str:
    """Let the service open nothing but a port on 127.0.0.1 and sockets in its folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for part in ("loki", "thor", "odin", "meili"):
        config[part]["service"]["proxy"] = f"ipc://{folder / part}"
    http = config["httpd"]["service"]
    http |= {"listen": f"tcp://{address}"}
    http |= {part: f"ipc://{folder / part}" for part in ("loopback", "interrupt")}
    return f"http://{address}"


def _reach(service: subprocess.Popen[bytes], port: int) -> None:
    for _turn in range(PATIENCE):
        try:
            service.wait(0.05)
            break
        except subprocess.TimeoutExpired:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                continue
    raise RuntimeError("Valhalla does not start.")


def _run(python: str, code: str, *args: str) -> str:
    return subprocess.run(
        [python, "-c", code, *args], check=True, capture_output=True, text=True
    ).stdout
