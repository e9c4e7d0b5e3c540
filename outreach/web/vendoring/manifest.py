"""The manifest of vendored files and the check that the tree still agrees with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MANIFEST_PATH = ROOT / "outreach" / "web" / "static" / "vendor" / "vendor.json"
OWN_FOLDERS = ("outreach/web/static/vendor", "outreach/web/icons", "tests/vendor")


@dataclass(frozen=True)
class VendoredFile:
    """One stored file: where it lies in the package, where it lies here, and its SHA-256."""

    source: str
    path: str
    sha256: str = ""


@dataclass(frozen=True)
class Package:
    """One npm package at one version, with the files that are kept from it.

    ``integrity`` is the registry's sha512 of the tarball, ``licence`` an SPDX identifier.
    """

    name: str
    version: str
    licence: str = ""
    integrity: str = ""
    files: tuple[VendoredFile, ...] = field(default=())


def read_manifest(path: Path = MANIFEST_PATH) -> list[Package]:
    """Return the packages that the manifest lists, in its order."""
    entries = json.loads(path.read_text(encoding="utf-8"))["packages"]
    return [
        Package(**{**entry, "files": tuple(VendoredFile(**item) for item in entry["files"])})
        for entry in entries
    ]


def write_manifest(packages: list[Package], path: Path = MANIFEST_PATH) -> None:
    """Store the packages as indented JSON, so that a change reads well in a diff."""
    text = json.dumps({"packages": [asdict(package) for package in packages]}, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of the content in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def differences(packages: list[Package], root: Path = ROOT) -> list[str]:
    """Return one line for each file that is missing, changed or not listed; none when all agree."""
    listed = {item.path: item for package in packages for item in package.files}
    found = []
    for path, item in sorted(listed.items()):
        stored = root / path
        if not stored.is_file():
            found.append(f"missing: {path}")
        elif sha256_of(stored.read_bytes()) != item.sha256:
            found.append(f"changed: {path}")
    return found + [f"not listed: {path}" for path in _strangers(set(listed), root)]


def _strangers(listed: set[str], root: Path) -> list[str]:
    present = {
        stored.relative_to(root).as_posix()
        for folder in OWN_FOLDERS
        for stored in (root / folder).rglob("*")
        if stored.is_file()
    }
    own = MANIFEST_PATH.relative_to(ROOT).as_posix()
    return sorted(path for path in present - listed if path != own)
