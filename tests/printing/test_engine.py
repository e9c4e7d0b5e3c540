"""HTML becomes PDF on A4 with the right letters, and nothing is fetched that is not ours."""

from __future__ import annotations

import socket
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from outreach.printing import engine
from tests.printing.pdf import A4, FILES, Pdf, shapes

PAGE = '<html><link rel="stylesheet" href="/static/web/css/documents.css"><body>{}</body></html>'
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
    assert engine.as_pdf(PAGE.format(markup))[1] == 1


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
    assert "hush" not in Pdf(PAGE.format(f'<img src="{secret.as_uri()}">')).text


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
