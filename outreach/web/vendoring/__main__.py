"""``python -m outreach.web.vendoring check|update``: hold or renew the vendored files."""

from __future__ import annotations

import argparse
import sys

from outreach.web.vendoring.manifest import differences, read_manifest
from outreach.web.vendoring.update import update_all


def main() -> int:
    """Run one command; 1 when a stored file does not agree with the manifest."""
    parser = argparse.ArgumentParser(prog="python -m outreach.web.vendoring")
    parser.add_argument("command", choices=["check", "update"])
    if parser.parse_args().command == "update":
        for package in update_all():
            print(f"{package.name} {package.version}: {len(package.files)} files")
    found = differences(read_manifest())
    print("\n".join(found) or "Vendored files agree with the manifest.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
