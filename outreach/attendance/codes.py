"""The short code printed on a tally sheet, by which the sheet's event is found again.

It is typed from paper, so it has no letters that look alike (Crockford's base 32), and its last
sign is a check: one wrong sign or two that changed places are noticed. It opens nothing by itself;
whoever types it sees only what is theirs to see anyway.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORTEST = 4
"""Signs without the check; codes of small numbers are filled up with zeros."""
_LOOK_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_MODULUS = 31  # prime, so that swapping two different signs is noticed


def code_of(event_pk: int) -> str:
    """Return the code of an event, such as ``00C1-SD``."""
    number, signs = event_pk, ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        signs = ALPHABET[digit] + signs
    signs = signs.rjust(SHORTEST, ALPHABET[0])
    whole = signs + _check(signs)
    return f"{whole[:-3]}-{whole[-3:]}"


def pk_of(code: str) -> int | None:
    """Return the key of the event a code belongs to; ``None`` if it was not copied right."""
    signs = "".join(code.upper().translate(_LOOK_ALIKE).replace("-", " ").split())
    if not SHORTEST < len(signs) <= 13 or any(sign not in ALPHABET for sign in signs):
        return None
    body, check = signs[:-1], signs[-1]
    if _check(body) != check:
        return None
    number = 0
    for sign in body:
        number = number * len(ALPHABET) + ALPHABET.index(sign)
    return number


def _check(signs: str) -> str:
    weighed = sum(
        place * ALPHABET.index(sign) for place, sign in enumerate(reversed(signs), start=2)
    )
    return ALPHABET[weighed % _MODULUS]
