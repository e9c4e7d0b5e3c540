"""Fetch the listed packages with npm, verify them, copy the listed files and renew the manifest."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

from outreach.web.vendoring.manifest import (
    ROOT,
    Package,
    VendoredFile,
    read_manifest,
    sha256_of,
    write_manifest,
)

# A reference to a map file that is not kept stops Django's manifest storage.
SOURCE_MAP = re.compile(
    rb"(?m)^\s*(//[#@] ?sourceMappingURL=.*|/\*[#@] ?sourceMappingURL=.*\*/)\s*$"
)


class VendoringError(Exception):
    """A package whose content is not what the registry or the manifest promises."""


def update_all() -> list[Package]:
    """Renew every package of the manifest. Needs npm and a registry; for maintainers only."""
    packages = [update(package) for package in read_manifest()]
    write_manifest(packages)
    return packages


def update(package: Package) -> Package:
    """Fetch one package, copy its listed files and return it with licence and hashes filled in."""
    with tempfile.TemporaryDirectory() as folder:
        tarball = _fetch(package, Path(folder))
        integrity = _verified(package, tarball.read_bytes())
        with tarfile.open(tarball) as archive:
            described = json.loads(_member(archive, "package.json"))
            files = tuple(_store(archive, item) for item in package.files)
    return replace(package, licence=described["license"], integrity=integrity, files=files)


def _npm(*arguments: str) -> str:
    return subprocess.run(  # noqa: S603
        ["npm", *arguments],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def _fetch(package: Package, folder: Path) -> Path:
    spec = f"{package.name}@{package.version}"
    packed = json.loads(_npm("pack", spec, "--json", "--pack-destination", str(folder)))
    return folder / str(packed[0]["filename"]).replace("@", "").replace("/", "-")


def _verified(package: Package, content: bytes) -> str:
    """Return the tarball's integrity; raise VendoringError when registry or manifest disagree."""
    promised = _npm("view", f"{package.name}@{package.version}", "dist.integrity").strip()
    actual = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if actual != promised or (package.integrity and package.integrity != actual):
        raise VendoringError(f"{package.name} {package.version}: integrity differs")
    return actual


def _member(archive: tarfile.TarFile, source: str) -> bytes:
    member = archive.extractfile(f"package/{source}")
    if member is None:
        raise VendoringError(f"{source} is not a file of the package")
    return member.read()


def _store(archive: tarfile.TarFile, item: VendoredFile) -> VendoredFile:
    content = _member(archive, item.source)
    if item.path.endswith((".js", ".css")):
        content = SOURCE_MAP.sub(b"", content)
    target = ROOT / item.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return replace(item, sha256=sha256_of(content))
