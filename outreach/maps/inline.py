"""Folium's page, taken apart so that its parts stand in ours, under a strict CSP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

import folium
from branca.element import CssLink, Figure, JavascriptLink
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from outreach.maps.assets import local_file

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class InlineMap:
    """The parts of a map: ``head`` for the head, ``frame`` for its place, ``script`` at the end."""

    head: SafeString
    frame: SafeString
    script: SafeString


def inline(chart: folium.Map, *, nonce: str) -> InlineMap:
    """Return the parts of a folium map for one page.

    Every file is one of ours, inline scripts and styles carry the nonce, and folium's own viewport
    and charset are left out: the page has them.

    Args:
        chart: the map; with ``_id`` set, so that the same map gives the same page.
        nonce: this answer's CSP nonce.

    Raises:
        UnknownAsset: if something on the map wants a file that we do not have.
    """
    figure = cast(Figure, chart.get_root())
    for child in list(figure._children.values()):
        child.render()
    styles, scripts = [], []
    for name, part in figure.header._children.items():
        if isinstance(part, CssLink):
            styles.append(_tag('<link rel="stylesheet" href="{}">', name))
        elif isinstance(part, JavascriptLink):
            scripts.append(_tag('<script src="{}"></script>', name))
        else:
            own = _own_inline_parts(part.render(), chart.get_name(), nonce)
            styles += own["style"]
            scripts += own["script"]
    scripts.append(f'<script nonce="{nonce}">{figure.script.render()}</script>')
    return InlineMap(
        head=_joined(styles), frame=_joined([figure.html.render()]), script=_joined(scripts)
    )


def _tag(template: str, name: str) -> str:
    """Return the element that loads our file, or nothing where the file is left out."""
    path = local_file(name)
    return format_html(template, static(path)) if path else ""


def _own_inline_parts(text: str, map_name: str, nonce: str) -> dict[str, list[str]]:
    """Return the inline styles and scripts of folium's head, with the nonce.

    Its viewport and charset, and its styles for a page that is nothing but a map (``html, body``
    at full height), stay behind: the page has its own.
    """
    parts: dict[str, list[str]] = {"style": [], "script": []}
    for tag, body in _INLINE.findall(text):
        if tag == "script" or f"#{map_name}" in body:
            parts[tag].append(f'<{tag} nonce="{nonce}">{body.strip()}</{tag}>')
    return parts


def _joined(parts: list[str]) -> SafeString:
    # Folium's own templates and ours; what people typed is inside JSON, escaped by tojson.
    return mark_safe("\n".join(part.strip() for part in parts if part.strip()))  # noqa: S308
