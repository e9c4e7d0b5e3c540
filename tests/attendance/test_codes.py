"""Codes of tally sheets: copied from paper by hand, and found to be wrong when they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.attendance.codes import ALPHABET, code_of, pk_of

KEYS = st.integers(min_value=1, max_value=2**40)


@given(KEYS)
def test_a_code_leads_back_to_its_event(key: int) -> None:
    assert pk_of(code_of(key)) == key


@given(KEYS)
def test_case_spaces_and_hyphens_do_not_matter(key: int) -> None:
    code = code_of(key)
    assert pk_of(code.lower().replace("-", " ")) == key
    assert pk_of(code.replace("-", "")) == key


@given(KEYS)
def test_letters_that_look_like_digits_are_taken_for_them(key: int) -> None:
    assert pk_of(code_of(key).replace("0", "O").replace("1", "l")) == key


@given(KEYS, st.data())
def test_one_wrong_sign_is_noticed(key: int, data: st.DataObject) -> None:
    code = code_of(key).replace("-", "")
    place = data.draw(st.integers(0, len(code) - 1))
    # 0 and Z weigh the same in the check: the one pair of signs it cannot tell apart.
    others = set(ALPHABET) - {code[place]} - ({"0", "Z"} if code[place] in "0Z" else set())
    wrong = data.draw(st.sampled_from(sorted(others)))
    assert pk_of(code[:place] + wrong + code[place + 1 :]) is None


@given(KEYS, st.data())
def test_two_neighbours_that_changed_places_are_noticed(key: int, data: st.DataObject) -> None:
    code = code_of(key).replace("-", "")
    place = data.draw(st.integers(0, len(code) - 2))
    turned = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if {code[place], code[place + 1]} in ({"0", "Z"}, {code[place]}):
        return
    assert pk_of(turned) is None


@pytest.mark.parametrize("code", ["", "-", "123", "Đ0C1-S8", "0" * 40, "0000-00?", "%"])
def test_rubbish_is_no_code(code: str) -> None:
    assert pk_of(code) is None
