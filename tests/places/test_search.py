"""Places are found by today's name, an old one or an old address, however it is spelled."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from outreach.common.folding import fold
from outreach.places.loading import vietnam
from outreach.places.models import AdministrativeUnit, Succession
from outreach.places.search import find
from outreach.places.search.index import Index
from outreach.places.search.matching import candidates
from outreach.places.search.reading import read
from tests.factories import CommuneFactory, ProvinceFactory

REFORM = date(2025, 7, 1)
TODAY = date(2026, 11, 24)


# --- All of Vietnam ----------------------------------------------------------------------------


class Country:
    """Every unit of the package in an index, by keys of its own: no database is needed."""

    def __init__(self) -> None:
        gazetteer = vietnam.read()
        self.rows = list(gazetteer.units)
        keys = {row.key: number for number, row in enumerate(self.rows, start=1)}
        self.name = {keys[row.key]: row.full_name for row in self.rows}
        self.keys = keys
        self.main = {
            keys[one.predecessor]: keys[one.successor]
            for one in gazetteer.successions
            if one.is_main
        }
        self.index = Index(
            (
                (
                    keys[row.key],
                    row.level,
                    row.full_name,
                    row.within,
                    keys[row.parent] if row.parent else None,
                    row.valid_from,
                    row.valid_to,
                )
                for row in self.rows
            ),
            ((keys[o.predecessor], keys[o.successor], o.is_main) for o in gazetteer.successions),
        )

    def first(self, text: str) -> int | None:
        """Return the unit that fits best."""
        found = candidates(self.index, read(text), TODAY)
        return found[0].unit if found else None

    def today(self, text: str) -> str:
        """Return where the best fit lies today, by name."""
        first = self.first(text)
        assert first is not None, text
        return self.name[self.index.on(first, TODAY)[0]]

    def names(self, text: str) -> list[str]:
        """Return the names of all that fit, best first."""
        return [self.name[one.unit] for one in candidates(self.index, read(text), TODAY)]


@pytest.fixture(scope="module")
def country() -> Country:
    return Country()


def test_every_commune_there_was_leads_to_one_of_today(country: Country) -> None:
    olds = [country.keys[row.key] for row in country.rows if row.valid_to and row.parent]
    assert len(olds) == 10_040
    lost = [key for key in olds if not country.index.on(key, TODAY)]
    assert lost == []


@pytest.mark.parametrize(
    "write",
    [
        "thôn 3, {name}, {district}, {province}".format,
        lambda **parts: fold("{name} {district} {province}".format(**parts)),
    ],
    ids=["as addresses are written", "without accents and commas"],
)
def test_an_old_address_leads_to_the_commune_of_today(
    country: Country, write: Callable[..., str]
) -> None:
    province = {row.key: row.full_name for row in country.rows if row.parent is None}
    olds = [row for row in country.rows if row.valid_to and row.parent and row.within][::37]
    wrong = []
    for row in olds:
        assert row.parent is not None
        text = write(name=row.full_name, district=row.within, province=province[row.parent])
        first = country.first(text)
        today = country.index.on(first, TODAY)[0] if first else None
        if today != country.main.get(country.keys[row.key]):
            wrong.append(text)
    # Without accents two communes of one district can have one name: Minh Quân and Minh Quán.
    assert len(wrong) <= len(olds) // 200, wrong


@pytest.mark.parametrize(
    ("text", "today"),
    [
        ("thôn 3, xã Hữu Kiệm, huyện Kỳ Sơn, tỉnh Nghệ An", "Xã Hữu Kiệm"),
        ("thon 3 xa huu kiem huyen ky son tinh nghe an", "Xã Hữu Kiệm"),
        ("Nghệ An - Kỳ Sơn - Hữu Kiệm", "Xã Hữu Kiệm"),
        ("Huu Kiem commune, Ky Son district, Nghe An province, Vietnam", "Xã Hữu Kiệm"),
        ("xã Tà Cạ cũ", "Xã Mường Xén"),
        ("cũ: xã Tà Cạ", "Xã Mường Xén"),
        ("xa ta ca (cu)", "Xã Mường Xén"),
        ("P.1 TP Đà Lạt", "Phường Xuân Hương - Đà Lạt"),
        ("Phường 01, Quận 5, TP.HCM", "Phường Chợ Quán"),
        ("p1 q5 tphcm", "Phường Chợ Quán"),
        ("phường Phú Hội, TP Huế, tỉnh Thừa Thiên Huế", "Phường Thuận Hóa"),
        ("xã Lệ Ninh, Quảng Bình", "Xã Lệ Ninh"),
        ("số 5 đường Lê Lợi, phường Hưng Bình, thành phố Vinh, Nghệ An", "Phường Thành Vinh"),
        ("Tỉnh Quảng Bình", "Tỉnh Quảng Trị"),
        ("Thừa Thiên Huế", "Thành phố Huế"),
        ("Bà Rịa - Vũng Tàu", "Thành phố Hồ Chí Minh"),
        ("Chân Mây Lăng Cô", "Xã Chân Mây - Lăng Cô"),
        ("qui hop", "Xã Quỳ Hợp"),
        ("Quì Hợp, NA", "Xã Quỳ Hợp"),
        ("daklak", "Tỉnh Đắk Lắk"),
        ("Đắc Lắc", "Tỉnh Đắk Lắk"),
        ("lung cu", "Xã Lũng Cú"),
        ("keng d", "Xã Keng Đu"),
        ("muong xem", "Xã Mường Xén"),
        ("huu kem, nghe an", "Xã Hữu Kiệm"),
    ],
)
def test_a_place_is_understood(country: Country, text: str, today: str) -> None:
    assert country.today(text) == today


def test_the_right_accents_come_before_others(country: Country) -> None:
    assert country.names("Thạnh Hóa")[0] == "Xã Thạnh Hóa"
    assert country.names("Thanh Hòa")[0].endswith("Thanh Hòa")
    assert country.names("Hoà Bình") == country.names("Hòa Bình")


def test_the_kind_that_was_typed_comes_first(country: Country) -> None:
    assert country.names("xã hoa binh")[0] == "Xã Hòa Bình"
    assert country.names("phuong hoa binh")[0] == "Phường Hòa Bình"


def test_a_former_district_leads_to_what_it_went_into(country: Country) -> None:
    found = candidates(country.index, read("huyện Kỳ Sơn cũ"), TODAY)
    assert {one.district.split("|")[0] for one in found} == {"huyen ky son"}
    assert {"Xã Mường Xén", "Xã Hữu Kiệm", "Xã Keng Đu"} <= {country.name[o.unit] for o in found}


def test_a_village_that_bears_the_name_of_a_commune_is_not_taken_for_it(country: Country) -> None:
    assert country.today("thôn Tân Kỳ, xã Keng Đu, Nghệ An") == "Xã Keng Đu"


@given(st.text(max_size=60))
def test_nothing_that_is_typed_breaks_it(country: Country, text: str) -> None:
    candidates(country.index, read(text), TODAY)


@given(st.data())
def test_composed_and_decomposed_letters_find_the_same(
    country: Country, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(set(country.name.values()))))
    composed = candidates(country.index, read(unicodedata.normalize("NFC", name)), TODAY)
    assert composed == candidates(country.index, read(unicodedata.normalize("NFD", name)), TODAY)


@given(st.data())
def test_every_unit_is_found_by_its_full_name_in_any_case(
    country: Country, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(set(country.name.values()))))
    for typed in (name, name.upper()):
        assert name in country.names(typed)[:60]


# --- In the database ---------------------------------------------------------------------------


@pytest.fixture
def nghe_an(db: None) -> AdministrativeUnit:
    return ProvinceFactory.create(name="Nghệ An", full_name="Tỉnh Nghệ An")


def commune(name: str, province: AdministrativeUnit, **more: object) -> AdministrativeUnit:
    return CommuneFactory.create(name=name, full_name=f"Xã {name}", parent=province, **more)


def former(name: str, province: AdministrativeUnit, *went: AdministrativeUnit) -> None:
    ended = {"valid_from": date(2004, 7, 8), "valid_to": REFORM}
    old = commune(name, province, within="Huyện Kỳ Sơn", **ended)
    for place, new in enumerate(went):
        Succession.objects.create(
            predecessor=old, successor=new, is_main=place == 0, is_split=len(went) > 1
        )


def test_a_divided_commune_is_approximate_and_its_main_successor_first(
    nghe_an: AdministrativeUnit,
) -> None:
    second, main = commune("Bắc Lý", nghe_an), commune("Mỹ Lý", nghe_an)
    former("Tây Sơn", nghe_an, main, second)
    [match] = find("xã Tây Sơn cũ", on=TODAY)
    assert (match.is_former, match.is_approximate) == (True, True)
    assert match.today == (main, second)
    assert match.name_in_full == "Xã Tây Sơn, Huyện Kỳ Sơn, Tỉnh Nghệ An"


def test_before_the_reform_the_old_commune_is_itself(nghe_an: AdministrativeUnit) -> None:
    former("Tà Cạ", nghe_an, commune("Mường Xén", nghe_an))
    [match] = find("tà cạ", on=REFORM - timedelta(days=1))
    assert not match.is_former
    assert match.today == (match.unit,)


def test_a_commune_that_kept_its_name_is_listed_once(nghe_an: AdministrativeUnit) -> None:
    new = commune("Tri Lễ", nghe_an)
    former("Tri Lễ", nghe_an, new)
    assert [match.unit for match in find("tri le", on=TODAY)] == [new]


def test_a_search_stays_within_provinces(nghe_an: AdministrativeUnit) -> None:
    here, elsewhere = commune("Tri Lễ", nghe_an), CommuneFactory.create(full_name="Xã Tri Lễ")
    assert {match.unit for match in find("tri le", on=TODAY)} == {here, elsewhere}
    assert [match.unit for match in find("tri le", on=TODAY, provinces={nghe_an.pk})] == [here]


def test_provinces_can_be_left_out(nghe_an: AdministrativeUnit) -> None:
    assert [match.unit for match in find("nghệ an", on=TODAY)] == [nghe_an]
    assert find("nghệ an", on=TODAY, communes_only=True) == []


def test_only_what_is_named_in_full_and_alone_is_sure(nghe_an: AdministrativeUnit) -> None:
    commune("Tân Hợp", nghe_an)
    [sure] = find("xã Tân Hợp, Nghệ An", on=TODAY)
    [begun] = find("tan h", on=TODAY)
    [slipped] = find("tan hpp", on=TODAY)
    assert (sure.is_sure, begun.is_sure, slipped.is_sure) == (True, False, False)
    CommuneFactory.create(full_name="Xã Tân Hợp")
    assert not any(match.is_sure for match in find("xã Tân Hợp", on=TODAY))


def test_units_that_are_not_active_are_not_found(nghe_an: AdministrativeUnit) -> None:
    commune("Tri Lễ", nghe_an, is_active=False)
    assert find("tri le", on=TODAY) == []


def test_what_changes_is_seen_by_the_next_search(nghe_an: AdministrativeUnit) -> None:
    assert find("tri le", on=TODAY) == []
    unit = commune("Tri Lễ", nghe_an)
    assert [match.unit for match in find("tri le", on=TODAY)] == [unit]
    AdministrativeUnit.objects.filter(pk=unit.pk).update(is_active=False)
    assert find("tri le", on=TODAY) == []


def test_a_search_asks_the_database_as_often_whatever_is_found(
    nghe_an: AdministrativeUnit,
) -> None:
    commune("Tri Lễ", nghe_an)
    find("", on=TODAY)
    with CaptureQueriesContext(connection) as few:
        find("tri le", on=TODAY)
    for _ in range(8):
        CommuneFactory.create(full_name="Xã Tri Lễ")
    find("", on=TODAY)
    with CaptureQueriesContext(connection) as many:
        assert len(find("tri le", on=TODAY)) == 9
    assert len(many) == len(few) == 3
