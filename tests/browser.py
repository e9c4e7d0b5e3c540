"""The Chromium the browser tests drive: an installed one, Debian's, or Playwright's own.

``python -m tests.browser`` installs one if there is none, and the libraries of the system that PDF
files are made with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from playwright.sync_api import sync_playwright

PDF_LIBRARIES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
"""Debian's packages; its Chromium brings them along anyway."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def executable() -> str | None:
    """Return the path of a Chromium that runs, or ``None``."""
    return next((path for path in _candidates() if _runs(path)), None)


def _candidates() -> Iterator[str]:
    yield from filter(None, [os.environ.get("CHROMIUM")])
    yield from filter(None, map(shutil.which, NAMES))
    yield from filter(os.path.exists, MACOS)
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).exists():
        yield own


def _runs(path: str) -> bool:
    """Tell whether it starts; Ubuntu's ``chromium`` outside a desktop is only a note on snaps."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and b"Chrom" in answer.stdout


def makes_pdf() -> bool:
    """Tell whether the system has the libraries that PDF files are made with."""
    try:
        import_module("weasyprint")
    except (ImportError, OSError):
        return False
    return True


def install() -> None:
    """Install Debian's Chromium where this may be done, else download Playwright's own."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            [
                "apt-get",
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "chromium",
                *PDF_LIBRARIES,
            ],
        ):
            subprocess.run(command, env=os.environ | quiet, check=False)
        if executable():
            return
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0 and sys.platform == "linux":
        command.append("--with-deps")
    subprocess.run(command, check=False)


def main() -> int:
    """Make sure that there is a browser; return 1 if there is none."""
    if not executable() or not makes_pdf():
        print("Installing Chromium and what PDF files are made with, for the tests ...", flush=True)
        install()
    found = executable()
    print(f"Browser: {found}" if found else "No browser could be installed.", flush=True)
    if not makes_pdf():
        print(f"PDF files cannot be made: {' '.join(PDF_LIBRARIES)} are missing.", flush=True)
    return 0 if found else 1


if __name__ == "__main__":
    raise SystemExit(main())
