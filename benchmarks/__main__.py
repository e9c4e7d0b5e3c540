"""Run the benchmarks, all or those named: ``python -m benchmarks [name ...]``.

They work in a folder of their own with the demonstration in it; nothing of the developer's is read.
Ends with 1 if a goal is missed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

NAMES = (
    "pages",
    "overlap",
    "figures",
    "places",
    "disruption",
    "board",
    "day",
    "matrix",
    "season",
    "pvrp",
)


def main(asked: list[str]) -> int:
    """Measure and print; return the exit code."""
    if unknown := set(asked) - set(NAMES):
        print(f"No benchmark {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}.")
        return 2
    with tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder:
        _prepare(Path(folder))
        good = [import_module(f"benchmarks.{name}").main() for name in asked or NAMES]
    return 0 if all(good) else 1


def _prepare(folder: Path) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "outreach.config.settings",
        "OUTREACH_ENV": "test",
        "OUTREACH_DATA": str(folder),
        "SECRET_KEY": "only-for-benchmarks",
    }
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'bench.sqlite3'}")
    (folder / "static").mkdir()

    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_reference", verbosity=0)
    call_command("demo", verbosity=0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
