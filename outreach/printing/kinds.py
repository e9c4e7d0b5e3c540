"""The kinds of documents that can be printed; higher apps register them at start-up.

A kind knows what it is about and whose it is to see, and writes itself as HTML; turning that into a
file is this app's. ``outreach.config.documents`` lists them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from django.utils.functional import Promise

from outreach.accounts.models import Library, User
from outreach.common.errors import NotFound


@dataclass(frozen=True, slots=True)
class Order:
    """One document that a person may have.

    Attributes:
        library: whose document it is; its clock is the document's.
        title: what it is called, in the active language.
        stem: the name of its file without the ending: ASCII, no spaces.
        params: what it is about, so that the same document can be written later.
    """

    library: Library
    title: str
    stem: str
    params: dict[str, str]


class DocumentKind(Protocol):
    """A kind of document."""

    label: Promise

    def order(self, wanted: Mapping[str, str], reader: User) -> Order:
        """Return which document is wanted, if it is ``reader``'s to see.

        Raises:
            NotFound: if there is no such thing, or it is not theirs.
        """

    def html(self, order: Order, reader: User, toolbar: str = "") -> str:
        """Return the whole document in the active language and zone, for screen and paper.

        Args:
            toolbar: HTML that stands above it on a screen, and never on paper.

        Its styles, fonts and pictures are static files or data: nothing is fetched from a network.

        Raises:
            NotFound: if it has gone meanwhile.
        """


_KINDS: dict[str, DocumentKind] = {}


def register(code: str, kind: DocumentKind) -> None:
    """Add a kind of document.

    Args:
        code: lower-case words joined by ``-``; part of addresses.

    Raises:
        ValueError: if the code is taken.
    """
    if code in _KINDS:
        raise ValueError(f"A document called {code} is registered already.")
    _KINDS[code] = kind


def registered() -> dict[str, DocumentKind]:
    """Return the kinds by code."""
    return dict(_KINDS)


def kind_of(code: str) -> DocumentKind:
    """Return a kind by its code.

    Raises:
        NotFound: if there is none.
    """
    if code not in _KINDS:
        raise NotFound()
    return _KINDS[code]
