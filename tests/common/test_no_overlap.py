"""No row may overlap another, whichever way it gets into the table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Deferrable, F, Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.common.constraints import NoOverlap, violated_constraint
from tests.overlap_app.models import Boat, Lease, Voyage

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def voyage(boat: Boat | None, start: float, end: float, **fields: Any) -> Voyage:
    return Voyage(boat=boat, leaves_at=at(start), back_at=at(end), **fields)


def refused_by(error: pytest.ExceptionInfo[IntegrityError]) -> str | None:
    return violated_constraint(error.value)


@pytest.fixture
def boat() -> Boat:
    return Boat.objects.create(name="One")


@pytest.fixture
def other_boat() -> Boat:
    return Boat.objects.create(name="Two")


@pytest.fixture
def out_from_8_to_12(boat: Boat) -> Voyage:
    taken = voyage(boat, 8, 12)
    taken.save()
    return taken


# --- Below the form layer ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end"), [(8, 12), (9, 10), (7, 13), (7, 9), (11, 13), (7, 8.001), (11.999, 12)]
)
def test_an_overlapping_insert_is_refused_by_name(
    boat: Boat, out_from_8_to_12: Voyage, start: float, end: float
) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        voyage(boat, start, end).save()
    assert refused_by(error) == "voyage_boat_busy"
    assert Voyage.objects.count() == 1


@pytest.mark.parametrize(("start", "end"), [(12, 13), (6, 8), (10, 10), (8, 8)])
def test_touching_and_empty_periods_are_stored(
    boat: Boat, out_from_8_to_12: Voyage, start: float, end: float
) -> None:
    voyage(boat, start, end).save()
    assert Voyage.objects.count() == 2


def test_a_stored_empty_period_is_in_nobodys_way(boat: Boat) -> None:
    voyage(boat, 10, 10).save()
    voyage(boat, 8, 12).save()
    assert Voyage.objects.count() == 2


def test_raw_sql_cannot_overlap(boat: Boat, out_from_8_to_12: Voyage) -> None:
    with (
        pytest.raises(IntegrityError) as error,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO overlap_app_voyage (boat_id, leaves_at, back_at, note)"
            " SELECT boat_id, leaves_at, back_at, 'copy' FROM overlap_app_voyage"
        )
    assert refused_by(error) == "voyage_boat_busy"


def test_bulk_create_cannot_overlap_itself(boat: Boat) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Voyage.objects.bulk_create([voyage(boat, 1, 3), voyage(boat, 2, 4)])
    assert refused_by(error) == "voyage_boat_busy"
    assert not Voyage.objects.exists()


def test_bulk_create_that_ignores_conflicts_stores_no_overlap(
    boat: Boat, out_from_8_to_12: Voyage
) -> None:
    try:
        with transaction.atomic():
            Voyage.objects.bulk_create([voyage(boat, 9, 10)], ignore_conflicts=True)
    except IntegrityError as error:
        assert violated_constraint(error) == "voyage_boat_busy"  # noqa: PT017
    assert Voyage.objects.count() == 1


def test_an_upsert_of_the_row_itself_is_no_clash(boat: Boat, out_from_8_to_12: Voyage) -> None:
    moved = voyage(boat, 9, 13, pk=out_from_8_to_12.pk)
    Voyage.objects.bulk_create(
        [moved],
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=["leaves_at", "back_at"],
    )
    assert Voyage.objects.get().leaves_at == at(9)


UPDATES: dict[str, Callable[[Voyage], object]] = {
    "save": lambda moved: moved.save(),
    "update": lambda moved: Voyage.objects.filter(pk=moved.pk).update(leaves_at=moved.leaves_at),
    "bulk_update": lambda moved: Voyage.objects.bulk_update([moved], ["leaves_at"]),
}


@pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES.keys())
def test_an_update_cannot_overlap(
    boat: Boat, out_from_8_to_12: Voyage, update: Callable[[Voyage], object]
) -> None:
    later = voyage(boat, 14, 16)
    later.save()
    later.leaves_at = at(11)
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        update(later)
    assert refused_by(error) == "voyage_boat_busy"


def test_an_update_to_another_resource_cannot_overlap(
    boat: Boat, other_boat: Boat, out_from_8_to_12: Voyage
) -> None:
    voyage(other_boat, 9, 10).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Voyage.objects.filter(boat=other_boat).update(boat=boat)


def test_a_row_may_move_within_its_own_period(out_from_8_to_12: Voyage) -> None:
    Voyage.objects.update(leaves_at=at(9), back_at=at(11))
    assert Voyage.objects.get().leaves_at == at(9)


def test_different_resources_do_not_conflict(other_boat: Boat, out_from_8_to_12: Voyage) -> None:
    voyage(other_boat, 8, 12).save()


def test_a_missing_resource_never_conflicts() -> None:
    voyage(None, 8, 12).save()
    voyage(None, 8, 12).save()


def test_rows_outside_the_condition_do_not_conflict(boat: Boat, out_from_8_to_12: Voyage) -> None:
    voyage(boat, 8, 12, cancelled_at=DAY).save()
    voyage(boat, 8, 12, note="it's a draft").save()


def test_a_row_that_comes_back_into_the_condition_is_checked(
    boat: Boat, out_from_8_to_12: Voyage
) -> None:
    voyage(boat, 8, 12, cancelled_at=DAY).save()
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Voyage.objects.update(cancelled_at=None)
    assert refused_by(error) == "voyage_boat_busy"


def test_a_cancelled_row_makes_room(boat: Boat, out_from_8_to_12: Voyage) -> None:
    Voyage.objects.update(cancelled_at=DAY)
    voyage(boat, 8, 12).save()


def lease(boat: Boat, start: date | None, end: date | None, part: str = "hull") -> Lease:
    return Lease(boat=boat, part=part, from_on=start, until_on=end)


MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


@pytest.mark.parametrize("later", [(APRIL, None), (APRIL, MAY), (MARCH, None)])
def test_an_open_end_reaches_for_ever(boat: Boat, later: tuple[date, date | None]) -> None:
    lease(boat, MARCH, None).save()
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        lease(boat, *later).save()
    assert refused_by(error) == "lease_boat_part"


def test_an_open_end_clashes_with_what_was_stored_before(boat: Boat) -> None:
    lease(boat, APRIL, MAY).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        lease(boat, MARCH, None).save()


def test_an_open_period_may_follow_a_closed_one(boat: Boat) -> None:
    lease(boat, MARCH, APRIL).save()
    lease(boat, APRIL, None).save()


def test_an_unknown_start_never_conflicts(boat: Boat) -> None:
    lease(boat, None, None).save()
    lease(boat, None, MAY).save()
    lease(boat, MARCH, None).save()


def test_all_resources_must_be_equal(boat: Boat) -> None:
    lease(boat, MARCH, None, "hull").save()
    lease(boat, MARCH, None, "sail").save()


# --- Forms and full_clean ----------------------------------------------------------------------


def test_full_clean_names_the_row_it_clashes_with(boat: Boat, out_from_8_to_12: Voyage) -> None:
    with pytest.raises(ValidationError) as error:
        voyage(boat, 11, 14).full_clean()
    (found,) = error.value.error_dict["__all__"]
    assert found.code == "boat_busy"
    assert found.params == {"name": "voyage_boat_busy", "clash": out_from_8_to_12.pk}
    assert found.messages == [f"The boat is out on voyage {out_from_8_to_12.pk}."]


def test_full_clean_names_the_earliest_of_several(boat: Boat, out_from_8_to_12: Voyage) -> None:
    earlier = voyage(boat, 4, 6)
    earlier.save()
    with pytest.raises(ValidationError, match=f"voyage {earlier.pk}"):
        voyage(boat, 5, 14).full_clean()


def test_full_clean_has_a_message_of_its_own_where_none_is_declared(boat: Boat) -> None:
    lease(boat, MARCH, None).save()
    with pytest.raises(ValidationError, match="lease_boat_part"):
        lease(boat, APRIL, MAY).full_clean()


def test_full_clean_of_a_stored_row_does_not_clash_with_itself(out_from_8_to_12: Voyage) -> None:
    out_from_8_to_12.full_clean()


@pytest.mark.parametrize(
    "fields", [{"cancelled_at": DAY}, {"note": "it's a draft"}], ids=["cancelled", "draft"]
)
def test_full_clean_passes_a_row_outside_the_condition(
    boat: Boat, out_from_8_to_12: Voyage, fields: dict[str, Any]
) -> None:
    voyage(boat, 8, 12, **fields).full_clean()


@pytest.mark.parametrize("field", ["boat", "leaves_at", "back_at", "cancelled_at"])
def test_full_clean_skips_the_rule_where_a_field_it_reads_is_excluded(
    boat: Boat, out_from_8_to_12: Voyage, field: str
) -> None:
    voyage(boat, 8, 12).full_clean(exclude=[field])


def test_full_clean_leaves_an_expression_to_the_database(
    boat: Boat, out_from_8_to_12: Voyage
) -> None:
    moved = voyage(boat, 14, 16)
    moved.save()
    moved.leaves_at = F("leaves_at") - timedelta(hours=4)
    moved.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        moved.save()


# --- Against brute force -----------------------------------------------------------------------

hours = st.integers(0, 12)
rows = st.lists(
    st.tuples(st.sampled_from([0, 1, None]), hours, hours | st.none(), st.booleans()), max_size=12
)


def clash(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    (boat_a, start_a, end_a, counts_a), (boat_b, start_b, end_b, counts_b) = a, b
    if boat_a is None or boat_a != boat_b or not (counts_a and counts_b):
        return False
    moments_a = range(start_a, 99 if end_a is None else end_a)
    moments_b = range(start_b, 99 if end_b is None else end_b)
    return bool(set(moments_a) & set(moments_b))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=rows)
def test_it_accepts_just_what_a_brute_force_check_accepts(
    boat: Boat, other_boat: Boat, rows: list[tuple[Any, ...]]
) -> None:
    Voyage.objects.all().delete()
    boats = [boat, other_boat]
    kept: list[tuple[Any, ...]] = []
    for row in rows:
        index, start, end, counts = row
        if end is None:
            end = start
            row = (index, start, end, counts)
        if end < start:
            continue
        new = voyage(
            None if index is None else boats[index],
            start,
            end,
            cancelled_at=None if counts else DAY,
        )
        expected = any(clash(row, other) for other in kept)
        try:
            new.validate_constraints()
        except ValidationError:
            validated = False
        else:
            validated = True
        try:
            with transaction.atomic():
                new.save()
        except IntegrityError:
            stored = False
        else:
            stored = True
            kept.append(row)
        assert (validated, stored) == (not expected, not expected)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(st.tuples(st.just(0), hours, hours | st.none(), st.just(True)), max_size=8))
def test_open_ended_dates_agree_with_brute_force(boat: Boat, rows: list[tuple[Any, ...]]) -> None:
    Lease.objects.all().delete()
    kept: list[tuple[Any, ...]] = []
    for row in rows:
        _index, start, end, _counts = row
        if end is not None and end < start:
            continue
        until = None if end is None else MARCH + timedelta(days=end)
        expected = any(clash(row, other) for other in kept)
        try:
            with transaction.atomic():
                lease(boat, MARCH + timedelta(days=start), until).save()
        except IntegrityError:
            stored = False
        else:
            stored = True
            kept.append(row)
        assert stored == (not expected)


# --- Naming what was violated ------------------------------------------------------------------


def test_a_violated_check_is_named(boat: Boat) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        voyage(boat, 12, 8).save()
    assert refused_by(error) == "voyage_ends_after_start"


def test_a_violated_unique_constraint_is_named(boat: Boat) -> None:
    voyage(boat, 1, 2, note="n").save()
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        voyage(boat, 3, 4, note="n").save()
    assert refused_by(error) == "voyage_note_once"


def test_a_missing_value_has_no_constraint_name(boat: Boat) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Voyage(boat=boat, back_at=DAY).save()
    assert refused_by(error) is None


# --- Declaration -------------------------------------------------------------------------------


def declared(**changes: Any) -> NoOverlap:
    arguments: dict[str, Any] = {
        "name": "n",
        "resources": ["boat"],
        "start": "leaves_at",
        "end": "back_at",
        "condition": Q(cancelled_at=None),
        "deferrable": Deferrable.DEFERRED,
        "violation_error_code": "busy",
        "violation_error_message": "Busy.",
    }
    return NoOverlap(**arguments | changes)


def test_a_clone_equals_its_original() -> None:
    assert declared().clone() == declared()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "m"},
        {"resources": ["boat", "note"]},
        {"start": "back_at"},
        {"end": "leaves_at"},
        {"condition": None},
        {"deferrable": None},
        {"violation_error_code": "taken"},
        {"violation_error_message": "Taken."},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_argument_makes_a_difference_and_shows(change: dict[str, Any]) -> None:
    assert declared(**change) != declared()
    assert repr(declared(**change)) != repr(declared())


@pytest.mark.parametrize(
    "mistake",
    [{"resources": []}, {"resources": "boat"}, {"condition": "x"}, {"deferrable": "x"}],
    ids=["no resource", "a bare name", "no Q", "no Deferrable"],
)
def test_a_wrong_declaration_is_refused(mistake: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="NoOverlap"):
        declared(**mistake)


@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        ({"resources": ["ship"]}, "models.E012"),
        ({"condition": Q(boat__name="x")}, "models.E041"),
        ({"start": "note"}, "common.E001"),
    ],
    ids=["unknown field", "joined field", "not a date"],
)
def test_the_model_checks_report_a_wrong_declaration(mistake: dict[str, Any], code: str) -> None:
    assert [message.id for message in declared(**mistake)._check(Voyage, connection)] == [code]
