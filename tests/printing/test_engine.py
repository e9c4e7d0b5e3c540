"""HTML becomes PDF on A4 with the right letters, and nothing is fetched that is not ours."""

from __future__ import annotations

import socket
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files import File
from django.templatetags.static import static
from pytest_django import Settings

from outreach.printing import engine
from tests.printing.pdf import A4, FILES, Pdf, shapes

FONT_FILES = [
    f"be-vietnam-pro-{part}-{weight}.woff2"
    for part in ("latin", "vietnamese", "latin-ext")
    for weight in (400, 600)
]
PAGE = '<html><link rel="stylesheet" href="/static/web/css/documents.css"><body>{}</body></html>'
FACE = '@font-face {{ font-family: "Lost"; src: url("/static/{}") }}'
PANGRAM = (
    "Cộng hòa xã hội chủ nghĩa Việt Nam; Trường Tiểu học Nguyễn Đình Chiểu, Quỳ Hợp; "
    "ẰẲẴẶ ằẳẵặ ỀỂỄỆ ềểễệ ỒỔỖỘ ồổỗộ ỜỞỠỢ ờởỡợ ỪỬỮỰ ừửữự Đđ Ỹỹ Ĩĩ Ũũ"
)


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> Any:
        raise AssertionError("a document asked the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_vietnamese_letters_can_be_read_and_copied() -> None:
    assert PANGRAM in Pdf(PAGE.format(f"<p>{PANGRAM}</p>")).text


@pytest.mark.parametrize("tag", ["p", "h1"])
def test_every_letter_is_drawn_with_its_own_shape(tag: str) -> None:
    # The parts of the font under one name were once taken for one font: ư came out as ó.
    weight = {"p": 400, "h1": 600}[tag]
    letters = Pdf(PAGE.format(f"<{tag}>{PANGRAM}</{tag}>")).letters
    drawn = [letter for letter in letters if letter.text.strip()]
    assert len(drawn) > 100
    for letter in drawn:
        part = FILES[letter.font.removesuffix("-Semi-Bold")]
        assert (
            shapes(part, 400 if weight == 400 or "Semi" not in letter.font else 600)[letter.text]
            == letter.shape
        )


def test_the_paper_is_a4() -> None:
    assert Pdf(PAGE.format("<p>x</p>")).sizes == {A4}
    assert Pdf(PAGE.format('<p class="wide">x</p>')).sizes == {(A4[1], A4[0])}


def test_the_file_is_a_pdf_and_says_how_many_pages_it_has() -> None:
    content, pages = engine.as_pdf(PAGE.format('<p>1</p><p class="new-page">2</p>'))
    assert content.startswith(b"%PDF-")
    assert pages == 2


def test_progress_is_told_of_each_page_and_can_end_the_work() -> None:
    told: list[int] = []
    html = PAGE.format('<p class="new-page">x</p>' * 3)
    engine.as_pdf(html, progress=told.append)
    assert set(told) == {1, 2, 3}

    def stop(_page: int) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError):
        engine.as_pdf(html, progress=stop)


@pytest.mark.usefixtures("_no_network")
@pytest.mark.parametrize(
    "markup",
    [
        '<img src="http://example.org/a.png">',
        '<img src="https://example.org/a.png">',
        '<link rel="stylesheet" href="//example.org/a.css">',
        '<svg><image href="http://example.org/a.png" width="9" height="9"/></svg>',
        '<p style="background: url(http://127.0.0.1:1/)">x</p>',
        '<object data="ftp://example.org/x"></object>',
    ],
)
def test_no_document_reaches_the_network(markup: str) -> None:
    with pytest.raises(engine.Incomplete):
        engine.as_pdf(PAGE.format(markup))


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://example.org/static/web/img/icon.svg",
        "http://document.invalid/media/x.png",
        "http://document.invalid/static/../settings.py",
        "http://document.invalid/static/..%2f..%2fsettings.py",
        "http://document.invalid/static//etc/passwd",
        "http://document.invalid/static/",
        "http://document.invalid/static/no-such-file.css",
        "http://document.invalid.example.org/static/web/img/icon.svg",
        "http://user@document.invalid/static/web/img/icon.svg",
        "web/img/icon.svg",
    ],
)
def test_only_static_files_are_read(address: str) -> None:
    with pytest.raises(engine.NotOurs):
        engine.path_of(address)


def test_a_static_file_is_found() -> None:
    path = engine.path_of("http://document.invalid/static/web/css/documents.css?v=1")
    assert path.name == "documents.css"


def test_a_file_on_the_disk_does_not_get_into_a_document(tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">hush</text></svg>')
    with pytest.raises(engine.Incomplete):
        engine.as_pdf(PAGE.format(f'<img src="{secret.as_uri()}">'))


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="stylesheet" href="/static/web/css/gone.css">',
        '<link rel="stylesheet" href="/static/web/img/icon.svg">',
        '<img src="/static/web/img/gone.svg">',
        '<img src="/static/web/css/documents.css">',
        '<p style="background: url(/static/web/img/gone.svg)">x</p>',
        '<style>@import url("/static/web/css/gone.css");</style>',
        f"<style>{FACE.format('vendor/gone.woff2')}</style>",
        f"<style>{FACE.format('web/img/icon.svg')}</style>",
    ],
)
def test_a_document_without_one_of_its_parts_is_not_made(markup: str) -> None:
    with pytest.raises(engine.Incomplete):
        engine.as_pdf(f"<html>{markup}<body><p>x</p></body></html>")


@pytest.fixture
def _collected(settings: Settings, tmp_path: Path) -> None:
    """Serve static files as production does: collected, with their hash in their names."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    # Only what documents ask for: collecting all takes half a minute.
    names = ["web/css/documents.css", *(f"vendor/be-vietnam-pro/{name}" for name in FONT_FILES)]
    for name in names:
        with Path(str(finders.find(name))).open("rb") as file:
            staticfiles_storage.save(name, File(file))
    storage: Any = staticfiles_storage
    list(storage.post_process({name: (storage, name) for name in names}))


@pytest.mark.usefixtures("_collected")
def test_styles_and_fonts_are_there_when_static_files_carry_a_hash() -> None:
    address = static("web/css/documents.css")
    assert address != "/static/web/css/documents.css"
    page = f'<html><link rel="stylesheet" href="{address}"><body>{{}}</body></html>'
    pdf = Pdf(page.format(f'<p class="wide">{PANGRAM}</p>'))
    assert pdf.sizes == {(A4[1], A4[0])}
    assert {letter.font for letter in pdf.letters if letter.text.strip()} == set(FILES)
    assert PANGRAM in pdf.text


@pytest.mark.usefixtures("_collected")
def test_a_font_that_was_not_collected_is_missed() -> None:
    page = f'<html><link rel="stylesheet" href="{static("web/css/documents.css")}"><p>x</p></html>'
    for path in Path(settings.STATIC_ROOT).rglob("be-vietnam-pro-latin-400.*"):
        path.unlink()
    with pytest.raises(engine.Incomplete, match=r"be-vietnam-pro-latin-400\.\w+\.woff2"):
        engine.as_pdf(page)


def test_without_the_libraries_it_says_so_instead_of_failing_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return import_module(name)

    monkeypatch.setattr(engine, "import_module", missing)
    with pytest.raises(engine.EngineMissing):
        engine.as_pdf(PAGE.format("x"))


def test_nothing_but_the_engine_knows_weasyprint() -> None:
    root = Path(engine.__file__).parents[1]
    users = [
        path.relative_to(root)
        for path in root.rglob("*.py")
        if "import weasyprint" in path.read_text() or "from weasyprint" in path.read_text()
    ]
    assert users == []
