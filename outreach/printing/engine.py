"""HTML into PDF by WeasyPrint, without ever asking a network or the disk at large.

WeasyPrint needs libraries of the system (Pango, HarfBuzz) that pip cannot bring. This is the one
place that imports it, and only when a file is made: without them everything else runs, and whoever
wanted the file reads what to install.
"""

from __future__ import annotations

import logging
import mimetypes
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.utils._os import safe_join

ORIGIN = "http://document.invalid"
"""Where documents pretend to come from (RFC 2606): a host that no network has."""
DEBIAN_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
INSTALL_LINE = f"sudo apt-get install {' '.join(DEBIAN_PACKAGES)}"

Progress = Callable[[int], None]
"""Is called with the number of pages laid out so far; raising ends the work."""


class EngineMissing(Exception):
    """The server lacks libraries that PDF files are made with."""


class Incomplete(Exception):
    """A style sheet, font or picture of the document could not be had: it would not look as meant.

    Attributes:
        trouble: what was said of each, in English, for whoever looks after the server.
    """

    def __init__(self, trouble: Sequence[str]) -> None:
        super().__init__("; ".join(trouble))
        self.trouble = tuple(trouble)


class NotOurs(ValueError):
    """A document asks for something that is neither a static file nor data."""


def as_pdf(html: str, *, progress: Progress | None = None) -> tuple[bytes, int]:
    """Return the document as PDF, and its number of pages.

    Raises:
        EngineMissing: if the system's libraries are not there.
        Incomplete: if a part of the document could not be had.
        Exception: whatever ``progress`` raises.
    """
    document = render(html, progress=progress)
    with _whole(_weasyprint()):
        return bytes(document.write_pdf()), len(document.pages)


def render(html: str, *, progress: Progress | None = None) -> Any:
    """Return the laid out document (``weasyprint.Document``).

    Raises:
        EngineMissing: if the system's libraries are not there.
        Incomplete: if a part of the document could not be had.
    """
    weasyprint = _weasyprint()
    with _whole(weasyprint), _told(progress):
        return weasyprint.HTML(
            string=html, base_url=f"{ORIGIN}/", url_fetcher=_fetcher(weasyprint)
        ).render()


def path_of(url: str) -> Path:
    """Return the static file behind an address of a document.

    Raises:
        NotOurs: if it is not an address of a static file of this installation.
    """
    # Not static(""): a storage that keeps a manifest knows files, and no folder of them.
    folder = urljoin(f"{ORIGIN}/", settings.STATIC_URL)
    parts = urlsplit(url)
    plain = unquote(f"{parts.scheme}://{parts.netloc}{parts.path}")
    name = plain.removeprefix(folder)
    if not plain.startswith(f"{ORIGIN}/") or name == plain:
        raise NotOurs(url)
    path = _collected(name) or _found(name)
    if path is None:
        raise NotOurs(url)
    return path


def _weasyprint() -> Any:
    try:
        return import_module("weasyprint")
    except (ImportError, OSError) as error:
        raise EngineMissing(str(error)) from error


def _fetcher(weasyprint: Any) -> Any:
    class OnlyOurs(weasyprint.URLFetcher):  # type: ignore[misc]  # known only when it is imported
        """Fetches data URIs and static files, and refuses everything else."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            path = path_of(url)
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            answer = weasyprint.urls.URLFetcherResponse
            return answer(url, path.read_bytes(), {"Content-Type": kind})

    # By itself WeasyPrint tells its log what it could not fetch, and draws the rest without it.
    return OnlyOurs(allowed_protocols=["data"], allow_redirects=False, fail_on_errors=True)


def _collected(name: str) -> Path | None:
    """Return the file that ``collectstatic`` made; there names carry a hash of the content."""
    try:
        path = Path(safe_join(str(settings.STATIC_ROOT), name))
    except SuspiciousFileOperation:
        return None
    return path if path.is_file() else None


def _found(name: str) -> Path | None:
    try:
        found = finders.find(name)
    except SuspiciousFileOperation:
        return None
    return Path(found) if isinstance(found, str) and Path(found).is_file() else None


@contextmanager
def _whole(weasyprint: Any) -> Iterator[None]:
    """Refuse a document of which a part could not be fetched, or not be read.

    Raises:
        Incomplete: if there is such a part.
    """
    log = logging.getLogger("weasyprint")
    listener = _Troubles()
    log.addHandler(listener)
    try:
        yield
    except weasyprint.urls.FatalURLFetchingError as error:
        raise Incomplete([str(error)]) from error
    finally:
        log.removeHandler(listener)
    if listener.found:
        raise Incomplete(listener.found)


class _Troubles(logging.Handler):
    """Hears what WeasyPrint leaves out in this thread, which it only tells its log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        # A font of which no source could be read is told as a warning, like much that is harmless.
        is_lost = record.levelno >= logging.ERROR or str(record.msg).startswith("Font-face")
        if record.thread == self._thread and is_lost:
            self.found.append(record.getMessage())


@contextmanager
def _told(progress: Progress | None) -> Iterator[None]:
    """Call ``progress`` for each page, which WeasyPrint only tells its log of."""
    if progress is None:
        yield
        return
    log = logging.getLogger("weasyprint.progress")
    listener = _Pages(progress)
    before = (log.level, log.propagate)
    log.addHandler(listener)
    log.setLevel(logging.INFO)
    log.propagate = False  # nobody wants to read it
    try:
        yield
    finally:
        log.removeHandler(listener)
        log.setLevel(before[0])
        log.propagate = before[1]


class _Pages(logging.Handler):
    """Hears of each page that is laid out in this thread."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self._progress = progress
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread != self._thread or "Page" not in str(record.msg):
            return
        numbers = [one for one in record.args or () if isinstance(one, int)]
        if numbers:
            self._progress(numbers[-1])
