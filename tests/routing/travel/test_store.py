"""Answers are kept whole or not at all, and not without end."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.routing.travel.store import ENDING, UNFINISHED, FolderStore

KEYS = [sha256(bytes([number])).hexdigest() for number in range(9)]


@given(value=st.binary(max_size=3000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_put_is_got(tmp_path: Path, value: bytes) -> None:
    store = FolderStore(tmp_path / "made")
    store.put(KEYS[0], value)
    assert store.get(KEYS[0]) == value
    assert store.get(KEYS[1]) is None


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert FolderStore(tmp_path / "none").get(KEYS[0]) is None


@given(at=st.integers(0, 136), to=st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_one_byte_changed_counts_as_missing(tmp_path: Path, at: int, to: int) -> None:
    store = FolderStore(tmp_path)
    store.put(KEYS[0], b"x" * 100)
    path = tmp_path / f"{KEYS[0]}{ENDING}"
    content = bytearray(path.read_bytes())
    before, content[at] = content[at], to
    path.write_bytes(content)

    got = store.get(KEYS[0])

    assert got == (b"x" * 100 if before == to else None)
    assert path.exists() == (before == to)


@pytest.mark.parametrize("left", [0, 4, 5, 36, 37, 136])
def test_a_file_cut_off_counts_as_missing(tmp_path: Path, left: int) -> None:
    store = FolderStore(tmp_path)
    store.put(KEYS[0], b"x" * 100)
    path = tmp_path / f"{KEYS[0]}{ENDING}"
    path.write_bytes(path.read_bytes()[:left])
    assert store.get(KEYS[0]) is None


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path)
    store.put(KEYS[0], b"old")

    def fails(*_args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fails)
    store.put(KEYS[0], b"new")

    assert store.get(KEYS[0]) == b"old"
    assert [path.suffix for path in tmp_path.iterdir()] == [ENDING]


def test_a_folder_that_cannot_be_used_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = FolderStore(tmp_path / "file" / "folder")
    store.put(KEYS[0], b"value")
    assert store.get(KEYS[0]) is None


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, most_bytes=450)  # three of them
    for number, key in enumerate(KEYS[:3]):
        store.put(key, b"x" * 100)
        _age(tmp_path / f"{key}{ENDING}", 1000 - number)
    store.get(KEYS[0])

    store.put(KEYS[3], b"x" * 100)

    assert [store.get(key) is not None for key in KEYS[:4]] == [True, False, True, True]


@given(sizes=st.lists(st.integers(0, 1200), max_size=9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_folder_never_grows_over_its_size(tmp_path: Path, sizes: list[int]) -> None:
    store = FolderStore(tmp_path, most_bytes=1000)
    for key, size in zip(KEYS, sizes, strict=False):
        store.put(key, b"x" * size)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


def test_what_a_process_that_died_left_behind_is_removed_with_the_oldest(tmp_path: Path) -> None:
    left = tmp_path / f"tmp{UNFINISHED}"
    left.write_bytes(b"x" * 900)
    _age(left, 10_000)
    store = FolderStore(tmp_path, most_bytes=1000)

    store.put(KEYS[0], b"x" * 500)

    assert not left.exists()
    assert store.get(KEYS[0]) is not None


def test_what_is_larger_than_all_is_not_kept(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, most_bytes=1000)
    store.put(KEYS[0], b"x" * 500)
    store.put(KEYS[1], b"x" * 1000)
    assert (store.get(KEYS[0]), store.get(KEYS[1])) == (b"x" * 500, None)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "a" * 63, f"{'a' * 64}\n"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, key: str) -> None:
    store = FolderStore(tmp_path)
    with pytest.raises(ValueError, match="SHA-256"):
        store.get(key)
    with pytest.raises(ValueError, match="SHA-256"):
        store.put(key, b"")


def _age(path: Path, seconds: float) -> None:
    at = path.stat().st_mtime - seconds
    os.utime(path, (at, at))
