"""When two spellings are one name."""

from __future__ import annotations

from outreach.common.folding import fold


def same_name(name: str) -> str:
    """Return a name folded for comparing; one whose letters folding would lose, in small letters.

    Folding knows the Latin alphabet only: names in others would all be the same.
    """
    folded = fold(name)
    letters = sum(sign.isalnum() for sign in name)
    return folded if len(folded.replace(" ", "")) >= letters else " ".join(name.casefold().split())
