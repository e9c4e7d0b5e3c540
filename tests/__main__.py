"""Run the whole suite on each engine and end with both summaries: ``python -m tests [pytest ...]``.

``OUTREACH_TEST_ENGINE=sqlite pytest ...`` runs part of it on one engine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

ENGINES = ("sqlite", "postgres")
ONCE = (
    "--database-only",
    "--ignore-glob=*_in_the_browser.py",
    "--ignore=tests/walk",
    "--ignore=tests/config/test_serve.py",
    "--ignore=tests/config/test_demo_loading.py",
)
"""What says nothing about the second engine: tests without a database, what a browser does with
pages, a start from an empty folder, which makes a database of its own, and which events the
demonstration makes up for which day (that they are stored right is asked of both)."""
SUMMARY = re.compile(r"^=+ (?P<text>.* in [\d.]+s.*?) =+$")


def run(engine: str, arguments: list[str]) -> tuple[int, str]:
    """Run pytest on one engine, passing its output on; return its code and its last summary."""
    # Neighbours share what their module has stored: each process takes a run of them, and helps
    # another only when it has nothing left of its own.
    # One more than there are processors: browser, database and the clock are waited for in turn.
    count = min((os.cpu_count() or 1) + 1, 4)
    processes = ["-n", str(count), "--dist", "worksteal"]
    command = [sys.executable, "-m", "pytest", *processes, *arguments]
    environment = os.environ | {"OUTREACH_TEST_ENGINE": engine, "PYTHONUNBUFFERED": "1"}
    summary = "no summary"
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if found := SUMMARY.match(line.strip()):
                summary = found["text"]
    return process.returncode, summary


def main() -> int:
    """Return 0 if the suite passed on every engine."""
    first, *others = ENGINES
    # The first tests that search for a plan come late enough to find the search compiled.
    compiling = subprocess.Popen([sys.executable, "-m", "outreach.routing.solver"])
    results = {first: run(first, sys.argv[1:])}
    results |= {engine: run(engine, [*ONCE, *sys.argv[1:]]) for engine in others}
    compiling.wait()
    for engine, (_code, summary) in results.items():
        print(f"{engine:>8}: {summary}")
    return max(abs(code) for code, _summary in results.values())


if __name__ == "__main__":
    raise SystemExit(main())
