"""Where answers of road engines are kept: bytes under a key that says what was asked."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

KEY = re.compile(r"[0-9a-f]{64}")
ENDING, UNFINISHED = ".ways", ".part"
MARK = b"ways1"
logger = logging.getLogger(__name__)


class Store(Protocol):
    """Keeps bytes. It may forget any of them at any time, and never fails."""

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, or ``None``."""

    def put(self, key: str, value: bytes) -> None:
        """Keep something under a key."""


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A file for each answer. What was not used for longest goes first.

    Several processes may share the folder. A file that was cut off or altered counts as missing;
    so does a folder that cannot be read or written, after a line in the log.

    Attributes:
        folder: made when first needed; nothing else belongs there.
        most_bytes: of all files together; a value that is larger is not kept.
    """

    folder: Path
    most_bytes: int = 256 * 1024 * 1024

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, or ``None``.

        Raises:
            ValueError: if the key is not a SHA-256 in hexadecimal digits.
        """
        path = self._path(key)
        try:
            stored = path.read_bytes()
            value = _opened(stored)
            if value is None:
                path.unlink(missing_ok=True)
            else:
                os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("Stored travel times cannot be read: %s", error)
            return None
        return value

    def put(self, key: str, value: bytes) -> None:
        """Keep something under a key, all of it or nothing.

        Raises:
            ValueError: if the key is not a SHA-256 in hexadecimal digits.
        """
        path = self._path(key)
        sealed = MARK + sha256(value).digest() + value
        if len(sealed) > self.most_bytes:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(path, sealed)
            self._tidy(path)
        except OSError as error:
            logger.warning("Travel times cannot be stored: %s", error)

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError("A key is a SHA-256 in hexadecimal digits.")
        return self.folder / f"{key}{ENDING}"

    def _tidy(self, newest: Path) -> None:
        """Remove what was not used for longest until the rest is small enough."""
        found: list[tuple[float, int, Path]] = []
        for path in self.folder.iterdir():
            if path != newest and path.suffix in {ENDING, UNFINISHED}:
                try:
                    seen = path.stat()
                except FileNotFoundError:
                    continue  # another process was quicker
                found.append((seen.st_mtime, seen.st_size, path))
        too_much = newest.stat().st_size + sum(size for _at, size, _path in found) - self.most_bytes
        for _at, size, path in sorted(found):
            if too_much <= 0:
                break
            path.unlink(missing_ok=True)
            too_much -= size


def _opened(stored: bytes) -> bytes | None:
    """Return the value in a file's content, or ``None`` if it is not as it was written."""
    start = len(MARK) + sha256().digest_size
    value = stored[start:]
    whole = stored[:start] == MARK + sha256(value).digest()
    return value if whole else None


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
