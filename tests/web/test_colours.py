"""Every declared pair of colours is readable, in both themes, and no colour hides elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "outreach" / "web" / "static" / "web" / "css"
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")
TOKEN = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6});")
PAIR = re.compile(r"@pair ([a-z-]+) ([a-z-]+) ([\d.]+)")
LIGHT_CSS, DARK_CSS = TOKENS.split("@media (prefers-color-scheme: dark)")
LIGHT = dict(TOKEN.findall(LIGHT_CSS))
THEMES = {"light": LIGHT, "dark": LIGHT | dict(TOKEN.findall(DARK_CSS))}
PAIRS = [(ink, ground, float(ratio)) for ink, ground, ratio in PAIR.findall(TOKENS)]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_declared_pair_reaches_its_contrast(theme: str) -> None:
    colours = THEMES[theme]
    short = [
        f"{ink} on {ground}: {ratio:.2f} < {least}"
        for ink, ground, least in PAIRS
        if (ratio := contrast(colours[ink], colours[ground])) < least
    ]
    assert len(PAIRS) > 60
    assert short == []


def test_contrast_agrees_with_the_worked_values_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


def test_the_dark_theme_sets_every_colour_of_the_light_one() -> None:
    assert set(dict(TOKEN.findall(DARK_CSS))) == set(LIGHT)


def test_every_colour_stands_in_a_declared_pair() -> None:
    paired = {name for ink, ground, _ in PAIRS for name in (ink, ground)}
    assert set(LIGHT) - paired == {"line"}  # hairlines carry no meaning


def test_style_sheets_name_tokens_and_no_colours_of_their_own() -> None:
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(")
    found = {
        sheet.name: literal.findall(sheet.read_text(encoding="utf-8"))
        for sheet in CSS.glob("*.css")
        if sheet.name not in {"tokens.css", *PAPER}
    }
    assert {name: colours for name, colours in found.items() if colours} == {}


PAPER = {"documents.css", "documents_browser.css"}
"""What is printed knows neither themes nor tokens: ink on white."""
FROM_SCRIPTS = {"--day", "--width"}
"""Set by the board's script, from how many days it shows."""


def test_every_token_that_a_style_sheet_uses_is_declared() -> None:
    sheets = {sheet.name: sheet.read_text(encoding="utf-8") for sheet in CSS.glob("*.css")}
    declared = {name for text in sheets.values() for name in re.findall(r"(--[a-z0-9-]+):", text)}
    used = {name for text in sheets.values() for name in re.findall(r"var\((--[a-z0-9-]+)", text)}
    assert used - declared == FROM_SCRIPTS
