"""Names fold so that people find places however they spell them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.common.folding import fold, slug, sound, spelling

TONES = "\u0300\u0301\u0303\u0309\u0323"
VOWELS = "aăâeêioôơuưy"


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_a_folded_name_has_only_plain_letters_digits_and_single_spaces(text: str) -> None:
    folded = fold(text)
    assert set(folded) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert folded == " ".join(folded.split())


@given(st.text())
def test_composed_and_decomposed_letters_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


@given(
    st.sampled_from(["", "h", "th", "ng", "đ", "qu"]),
    st.sampled_from(VOWELS),
    st.sampled_from(VOWELS),
    st.sampled_from(TONES),
)
def test_where_the_tone_mark_stands_does_not_matter(
    onset: str, first: str, second: str, tone: str
) -> None:
    on_first = unicodedata.normalize("NFC", onset + first + tone + second)
    on_second = unicodedata.normalize("NFC", onset + first + second + tone)
    assert fold(on_first) == fold(on_second) == fold(onset + first + second)


@given(
    st.text(
        alphabet="aàáâãăạảấầẩẫậắằẳẵặbcdđeèéêẹẻẽếềểễệghiìíĩỉịklmnoòóôõơọỏốồổỗộớờởỡợpqrstuùúũưụủứừửữựvxyỳýỵỷỹ"
    )
)
def test_capitals_do_not_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Hoà Bình", "hoa binh"),
        ("Hòa Bình", "hoa binh"),
        ("Xã Thuỷ Xuân", "xa thuy xuan"),
        ("Đăk Đoa", "dak doa"),
        ("Trường PTDTBT THCS Keng Đu", "truong ptdtbt thcs keng du"),
        ("  A Lưới 1 ", "a luoi 1"),
        ("Bà Rịa - Vũng Tàu", "ba ria vung tau"),
        ("", ""),
    ],
)
def test_a_name_folds_as_people_type_it(written: str, folded: str) -> None:
    assert fold(written) == folded
    assert slug(written) == folded.replace(" ", "-")


# --- Spelling: accents kept, tone marks wherever they stand -------------------------------------


@given(st.text())
def test_spelling_twice_is_spelling_once(text: str) -> None:
    assert spelling(spelling(text)) == spelling(text)


@given(st.text())
def test_composed_and_decomposed_letters_spell_alike(text: str) -> None:
    assert spelling(unicodedata.normalize("NFC", text)) == spelling(
        unicodedata.normalize("NFD", text)
    )


@given(st.text())
def test_what_is_spelled_alike_folds_alike(text: str) -> None:
    assert fold(spelling(text)) == fold(text)


@given(
    st.sampled_from(["", "h", "th", "ng", "đ", "qu"]),
    st.sampled_from(VOWELS),
    st.sampled_from(VOWELS),
    st.sampled_from(TONES),
    st.sampled_from(TONES),
)
def test_a_tone_counts_but_not_where_it_stands(
    onset: str, first: str, second: str, tone: str, other: str
) -> None:
    on_first, on_second = onset + first + tone + second, onset + first + second + tone
    assert spelling(on_first) == spelling(on_second) != spelling(onset + first + second)
    assert (spelling(on_first) == spelling(onset + first + other + second)) == (tone == other)


@pytest.mark.parametrize(
    ("one", "other"), [("Hoà", "Hòa"), ("THUỶ", "thủy"), ("Quý", "Qúy"), ("Khoẻ", "Khỏe")]
)
def test_two_ways_to_set_a_mark_spell_alike(one: str, other: str) -> None:
    assert spelling(one) == spelling(other)


@given(st.text(alphabet="abcdeghiklmnopqrstuvxy0123456789", max_size=8))
def test_sounding_twice_is_sounding_once(word: str) -> None:
    assert sound(sound(word)) == sound(word)


@pytest.mark.parametrize(
    ("one", "other"),
    [("quy", "qui"), ("my", "mi"), ("dak", "dac"), ("kan", "can"), ("01", "1"), ("ky", "ki")],
)
def test_spellings_that_waver_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("thuy", "thui"), ("may", "mai"), ("khe", "che")])
def test_different_words_sound_different(one: str, other: str) -> None:
    assert sound(one) != sound(other)
