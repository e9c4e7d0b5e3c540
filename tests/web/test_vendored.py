"""Third-party front-end files are what the manifest says, complete, licensed and self-contained."""

from __future__ import annotations

import shutil
from pathlib import Path

from outreach.web.vendoring.manifest import OWN_FOLDERS, ROOT, differences, read_manifest
from outreach.web.vendoring.update import SOURCE_MAP

PACKAGES = read_manifest()


def test_every_vendored_file_agrees_with_the_manifest() -> None:
    assert differences(PACKAGES) == []


def test_a_changed_a_missing_and_an_unlisted_file_are_noticed(tmp_path: Path) -> None:
    for folder in OWN_FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    vendor = tmp_path / OWN_FOLDERS[0]
    (vendor / "leaflet" / "leaflet.js").write_text("changed")
    (vendor / "leaflet" / "leaflet.css").unlink()
    (vendor / "stray.js").write_text("")

    assert differences(PACKAGES, tmp_path) == [
        f"missing: {OWN_FOLDERS[0]}/leaflet/leaflet.css",
        f"changed: {OWN_FOLDERS[0]}/leaflet/leaflet.js",
        f"not listed: {OWN_FOLDERS[0]}/stray.js",
    ]


def test_every_package_is_pinned_verified_and_keeps_its_licence() -> None:
    for package in PACKAGES:
        assert package.licence, package.name
        assert package.integrity.startswith("sha512-"), package.name
        assert any("LICEN" in item.path for item in package.files), package.name


def test_no_vendored_file_refers_to_a_source_map() -> None:
    paths = [ROOT / item.path for package in PACKAGES for item in package.files]
    referring = [
        path.name
        for path in paths
        if path.suffix in {".js", ".css"} and b"sourceMappingURL=" in path.read_bytes()
    ]
    assert referring == []


def test_a_source_map_reference_is_taken_out_and_nothing_else() -> None:
    script = b"let a = 1;\n//# sourceMappingURL=a.js.map\n"
    style = b"a { color: red }\n/*# sourceMappingURL=a.css.map */\n"
    assert SOURCE_MAP.sub(b"", script).strip() == b"let a = 1;"
    assert SOURCE_MAP.sub(b"", style).strip() == b"a { color: red }"
