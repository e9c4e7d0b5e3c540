"""The documents themselves: what they say, on which paper, and to whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from io import BytesIO

import pytest
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from openpyxl import load_workbook

from outreach.accounts.models import User
from outreach.attendance.codes import code_of
from outreach.common import clock
from outreach.common.errors import NotFound
from outreach.places.models import VenueAccess
from outreach.planning.models import Season
from outreach.printing.kinds import kind_of
from outreach.scheduling import services
from outreach.scheduling.models import ActivityKind, Trip, TripPause
from outreach.scheduling.services import ActivityInput
from outreach.web.printing import run_sheet as run_sheets
from outreach.web.printing.commune_notice import communes_of, tells_of_the_past
from outreach.web.printing.season_plan import paper_of, workbook
from tests.cast import Cast
from tests.factories import CommuneFactory, VenueFactory
from tests.planning.approval.plans import approve, approved, make_season, submit
from tests.printing.pdf import A4, Pdf
from tests.scheduling.desk import MONDAY, at, make_event, make_public_trip, make_trip, storm, visit

LANDSCAPE = (A4[1], A4[0])


@pytest.fixture
def season(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Season:
    monkeypatch.setattr(clock, "today", lambda zone=None: MONDAY)
    return make_season(cast)


def html_of(kind: str, wanted: Mapping[str, str], reader: User, language: str = "en") -> str:
    """Return a document as its reader gets it."""
    found = kind_of(kind)
    order = found.order(wanted, reader)
    with translation.override(language), timezone.override(order.library.zone):
        return found.html(order, reader)


def plan_html(season: Season, reader: User, **wanted: str) -> str:
    return html_of("season-plan", {"season": str(season.pk), **wanted}, reader)


def words(html: str) -> str:
    """Return a page's text."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


# --- The season's plan ---------------------------------------------------------------------------


def test_the_plan_is_on_a4_with_its_annex_across_and_nothing_sticks_out(
    cast: Cast, season: Season
) -> None:
    cast.venue.name = "Điểm trường bản Khe Mít, Trường Phổ thông dân tộc bán trú Tiểu học Quỳ Hợp"
    cast.venue.save()
    for day in range(3):
        make_trip(cast, day=day)
    pdf = Pdf(plan_html(season, cast.officer))
    assert pdf.sizes == {A4, LANDSCAPE}
    assert pdf.sticking_out() == []
    assert "Điểm trường bản Khe Mít" in pdf.text


def test_the_plan_names_state_law_places_titles_dates_and_crew(cast: Cast, season: Season) -> None:
    make_trip(cast, visit(cast, title="Đọc sách ở bản"))
    text = words(plan_html(season, cast.owner))
    for said in (
        "Socialist Republic of Viet Nam",
        "05/2022/TT-BVHTTDL",
        "Mùa xuân 2027",
        "Đọc sách ở bản",
        "01/03/2027",
        "08:00–10:00",
        cast.venue.name,
        cast.commune.full_name,
        cast.operator.full_name,
        cast.vehicle.name,
    ):
        assert said in text


def test_a_long_season_repeats_the_head_of_its_table_on_every_page(
    cast: Cast, season: Season
) -> None:
    for day in range(28):
        for hour in (8, 11, 14):
            make_event(cast, day=day, hour=hour)
    pdf = Pdf(plan_html(season, cast.owner))
    annex = pdf.pages - 1
    assert annex > 5
    assert pdf.text.count("Title, content") == annex
    assert pdf.sticking_out() == []


def test_a_draft_says_that_it_is_one_until_it_is_approved(cast: Cast, season: Season) -> None:
    make_trip(cast)
    assert 'class="watermark"' in plan_html(season, cast.owner)
    submission = submit(cast, season)
    waiting = plan_html(season, cast.owner)
    assert 'class="watermark"' in waiting
    assert submission.checksum in waiting
    approve(cast, submission)
    done = plan_html(season, cast.owner)
    assert 'class="watermark"' not in done
    assert "decision no. 12/QĐ-SVHTTDL of 10/02/2027" in words(done)


def test_the_plan_is_printed_as_handed_in_with_what_has_changed_since(
    cast: Cast, season: Season
) -> None:
    event = make_event(cast, hour=8)
    approved(cast, season)
    assert "Annex 2" not in plan_html(season, cast.owner)
    services.move_event(
        actor=cast.owner, event=event, starts_at=at(14), ends_at=at(16), reason="Mưa"
    )
    main, _annex, differences = words(plan_html(season, cast.owner)).partition("Annex 2")
    assert "08:00–10:00" in main
    assert "14:00–16:00" not in main
    assert "14:00–16:00" in differences


def test_todays_schedule_can_be_printed_beside_the_plan(cast: Cast, season: Season) -> None:
    make_trip(cast)
    approved(cast, season)
    make_trip(cast, visit(cast, day=1, title="Thêm sau"), day=1)
    assert "Thêm sau" in plan_html(season, cast.owner, of="today")
    assert 'class="watermark"' in plan_html(season, cast.owner, of="today")


@pytest.mark.parametrize("of", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_submission_of_another_season_is_not_found(cast: Cast, season: Season, of: str) -> None:
    with pytest.raises(NotFound):
        plan_html(season, cast.owner, of=of)


def test_the_workbook_holds_real_dates_and_times_and_no_formula(cast: Cast, season: Season) -> None:
    make_trip(cast, visit(cast, title="=HYPERLINK(1)"))
    book = load_workbook(BytesIO(workbook(paper_of(season))))
    sheet = book.worksheets[0]
    row = list(sheet.iter_rows())[1]
    values = [cell.value for cell in row]
    assert values[1] == datetime(2027, 3, 1)  # noqa: DTZ001
    assert values[2:4] == [time(8), time(10)]
    assert values[4] is None
    assert all(cell.data_type != "f" for cell in row)
    assert "=HYPERLINK(1)" in values
    assert sheet.print_title_rows == "$1:$1"
    assert min(column.width for column in sheet.column_dimensions.values()) >= 6


def test_an_event_of_several_days_keeps_its_last_day_in_every_document(
    cast: Cast, season: Season
) -> None:
    make_event(cast, hour=14, hours=19 * 24 - 5)
    notice = words(html_of("commune-notice", {"season": str(season.pk)}, cast.owner))
    assert "14:00–09:00 (20/03)" in notice
    assert "01/03/2027 – 20/03/2027" in notice
    assert "14:00–09:00 (20/03)" in words(plan_html(season, cast.owner))
    with translation.override("en"):
        book = load_workbook(BytesIO(workbook(paper_of(season))))
    sheet = book.worksheets[0]
    head, row = ([cell.value for cell in cells] for cells in sheet.iter_rows(max_row=2))
    shown = dict(zip(head, row, strict=True))
    assert shown["Date"] == datetime(2027, 3, 1)  # noqa: DTZ001
    assert shown["Last day"] == datetime(2027, 3, 20)  # noqa: DTZ001
    assert shown["Vehicle"] is None


def test_a_stop_over_night_has_its_last_day_on_the_run_sheet_and_its_tally_sheet(
    cast: Cast,
) -> None:
    stop = visit(cast, hour=14, hours=19)
    trip = make_trip(cast, stop, returns_at=at(17, day=1), override_reason="Ngủ lại bản")
    assert words(run_sheet(cast, trip)).count("14:00–09:00 (02/03)") == 2


# --- Notices -------------------------------------------------------------------------------------


def in_two_communes(cast: Cast) -> Trip:
    other = VenueFactory.create(
        library=cast.library, commune=CommuneFactory.create(full_name="Xã Mường Lống")
    )
    return make_trip(
        cast,
        visit(cast, hour=8, title="Ở xã thứ nhất"),
        visit(cast, hour=13, venue=other, title="Ở xã thứ hai"),
    )


def test_each_commune_gets_a_page_with_its_own_events(cast: Cast, season: Season) -> None:
    in_two_communes(cast)
    html = html_of("commune-notice", {"season": str(season.pk)}, cast.owner)
    pdf = Pdf(html)
    assert pdf.pages == 2
    assert pdf.sizes == {A4}
    assert pdf.sticking_out() == []
    for section in html.split("<section")[1:]:
        assert ("Ở xã thứ nhất" in section) != ("Ở xã thứ hai" in section)


def test_a_long_notice_repeats_its_heading_counts_its_pages_and_signs_below_two_rows(
    cast: Cast, season: Season
) -> None:
    in_two_communes(cast)
    for day in range(1, 16):
        make_event(cast, day=day, hour=8, title="Đọc sách ở bản, cùng cô giáo và phụ huynh")
    pdf = Pdf(html_of("commune-notice", {"season": str(season.pk)}, cast.owner))
    assert pdf.sticking_out() == []
    whole = {cast.commune.full_name: 2, "Xã Mường Lống": 1}
    counted = [
        f"Page {page}/{whole[name]}" for name in sorted(whole) for page in range(1, 1 + whole[name])
    ]
    assert re.findall(r"Page \d/\d", pdf.text) == counted
    first, second = (page for page in pdf.texts if cast.commune.full_name in page)
    running = f"Notice to {cast.commune.full_name} – 01/03/2027 – 16/03/2027"
    assert running not in first
    assert running in second
    assert "What there is" in second
    assert second.count("Đọc sách ở bản") >= 2
    assert "Head of the library" not in first
    assert "Head of the library".upper() in second.upper()


def test_one_commune_can_be_chosen_and_a_trip_has_notices_too(cast: Cast, season: Season) -> None:
    trip = in_two_communes(cast)
    one = {"season": str(season.pk), "commune": cast.commune.code}
    assert "Mường Lống" not in html_of("commune-notice", one, cast.owner)
    of_trip = html_of("commune-notice", {"trip": trip.uid}, cast.owner)
    assert "Mường Lống" in of_trip
    with pytest.raises(NotFound):
        html_of("commune-notice", one | {"commune": "99999"}, cast.owner)


def test_a_notice_says_whom_to_call_and_nothing_of_the_hosts(cast: Cast, season: Season) -> None:
    cast.library.phone = "0238 111 222"
    cast.library.save()
    cast.venue.contact_name, cast.venue.contact_phone = "Cô Lan", "0912 000 111"
    cast.venue.save()
    make_public_trip(cast)
    html = html_of("commune-notice", {"season": str(season.pk)}, cast.owner)
    assert "0238 111 222" in html
    assert "0912 000 111" not in html
    assert 'class="watermark"' not in html


def test_a_notice_with_drafts_says_that_it_is_a_draft(cast: Cast, season: Season) -> None:
    make_trip(cast)
    html = html_of("commune-notice", {"season": str(season.pk)}, cast.owner)
    assert 'class="watermark"' in html


def test_the_draft_of_one_commune_is_none_of_anothers_letter(cast: Cast, season: Season) -> None:
    make_public_trip(cast)
    other = VenueFactory.create(
        library=cast.library, commune=CommuneFactory.create(full_name="Xã Mường Lống")
    )
    make_trip(cast, visit(cast, day=1, venue=other), day=1)
    html = html_of("commune-notice", {"season": str(season.pk)}, cast.owner)
    notices = html.split("<section")[1:]
    assert {'class="watermark"' in one: "Mường Lống" in one for one in notices} == {
        True: True,
        False: False,
    }


def test_a_notice_lists_what_is_to_come_or_the_whole_season(
    cast: Cast, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_event(cast, hour=8, title="Đã qua")
    make_event(cast, hour=14, hours=48, title="Đang mở")
    make_event(cast, day=4, title="Sắp tới")
    monkeypatch.setattr(clock, "today", lambda zone=None: MONDAY + timedelta(days=1))
    wanted = {"season": str(season.pk)}
    html = html_of("commune-notice", wanted, cast.owner)
    assert [title in html for title in ("Đã qua", "Đang mở", "Sắp tới")] == [False, True, True]
    assert "Đã qua" in html_of("commune-notice", wanted | {"whole": "1"}, cast.owner)
    assert tells_of_the_past(season)
    monkeypatch.setattr(clock, "today", lambda zone=None: MONDAY + timedelta(days=5))
    assert communes_of(season) == []
    with pytest.raises(NotFound):
        html_of("commune-notice", wanted, cast.owner)


# --- Run sheets ----------------------------------------------------------------------------------


def run_sheet(cast: Cast, trip: Trip, reader: User | None = None) -> str:
    return html_of("run-sheet", {"trip": trip.uid}, reader or cast.owner)


def test_a_run_sheet_tells_the_crew_what_it_needs(cast: Cast) -> None:
    cast.operator.phone = "0987 654 321"
    cast.operator.save()
    cast.vehicle.plate, cast.vehicle.base = "37A-000.01", cast.second_venue
    cast.vehicle.save()
    venue = cast.venue
    venue.contact_name, venue.contact_phone = "Cô Lan", "0912 000 111"
    venue.access_note = "Qua cầu treo"
    venue.save()
    VenueAccess.objects.create(venue=venue, has_power=False)
    trip = make_trip(cast, note="Mang theo bạt")
    event = trip.events.get()
    event.expected_people, event.expected_classes = 240, 6
    event.save()
    TripPause.objects.create(trip=trip, kind="lunch", starts_at=at(11), ends_at=at(12))
    text = words(run_sheet(cast, trip))
    for said in (
        "37A-000.01",
        "0987 654 321",
        "Mang theo bạt",
        "08:00–10:00",
        "11:00–12:00",
        "Cô Lan",
        "0912 000 111",
        "Qua cầu treo",
        "No electricity",
        "6 classes, 240 people",
        code_of(event.pk),
    ):
        assert said in text


def test_a_contact_that_is_no_longer_to_be_kept_is_not_printed(cast: Cast) -> None:
    venue = cast.venue
    venue.contact_name, venue.contact_phone = "Cô Lan", "0912 000 111"
    venue.contact_until = timezone.localdate() - timedelta(days=1)
    venue.save()
    assert "0912 000 111" not in run_sheet(cast, make_trip(cast))


def test_every_stop_has_its_tally_sheet_on_a_page_of_its_own(cast: Cast) -> None:
    stops = [
        visit(cast, hour=hour, venue=VenueFactory.create(library=cast.library)) for hour in (8, 11)
    ]
    trip = make_trip(cast, *stops)
    html = run_sheet(cast, trip)
    pdf = Pdf(html)
    assert html.count('class="sheet tally"') == 2
    assert html.count('class="qr"') == 2
    assert pdf.pages == 3
    assert pdf.sizes == {A4}
    assert pdf.sticking_out() == []


def test_a_tally_sheet_with_long_titles_is_one_page_with_its_signatures(cast: Cast) -> None:
    title = ("Ngày hội đọc sách và trải nghiệm công nghệ số của học sinh vùng cao " * 3)[:160]
    kinds = ActivityKind.objects.all()[:6]
    activities = tuple(ActivityInput(kind, title=title) for kind in kinds)
    trip = make_trip(cast, visit(cast, title=title, activities=activities))
    pdf = Pdf(run_sheet(cast, trip))
    assert pdf.pages == 2
    assert pdf.sticking_out() == []
    assert pdf.texts[1].count("công nghệ số của học sinh") == 2


def test_long_notes_to_stops_leave_no_page_half_empty(cast: Cast) -> None:
    stops = [
        visit(cast, hour=hour, venue=VenueFactory.create(library=cast.library), title="Đọc sách")
        for hour in (8, 11, 14)
    ]
    trip = make_trip(cast, *stops)
    trip.events.update(note="Mang theo bạt che và loa; cô Lan đón ở cổng. " * 28)
    texts = Pdf(run_sheet(cast, trip)).texts
    assert len(texts) == 2 + len(stops)
    assert "On the way" in texts[0]
    assert "Mang theo bạt" in texts[0]


@pytest.mark.parametrize(
    ("km", "said"), [(0.0, "less than 1 km"), (0.9, "less than 1 km"), (1245.2, "1,245 km")]
)
def test_a_way_is_never_0_km_and_thousands_are_grouped(km: float, said: str) -> None:
    with translation.override("en"):
        assert run_sheets.distance(km) == said


def test_a_stop_that_was_called_off_is_not_on_the_way(cast: Cast) -> None:
    second = VenueFactory.create(library=cast.library, name="Trường bị hủy")
    trip = make_trip(cast, visit(cast), visit(cast, hour=11, venue=second))
    services.cancel_event(actor=cast.owner, event=trip.events.get(venue=second), why=storm())
    assert "Trường bị hủy" not in run_sheet(cast, trip)


def test_the_qr_code_leads_to_the_sheet_of_the_event(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def noted(url: str) -> SafeString:
        made.append(url)
        return real(url)

    real = run_sheets.qr_of
    monkeypatch.setattr(run_sheets, "qr_of", noted)
    trip = make_trip(cast)
    run_sheet(cast, trip)
    code = code_of(trip.events.get().pk)
    assert made == [f"http://127.0.0.1:8000/results/code/{code}/"]


# --- Whose they are ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["stranger", "host"])
def test_no_document_of_another_library_is_found(cast: Cast, season: Season, who: str) -> None:
    trip = make_trip(cast)
    reader = getattr(cast, who)
    for kind, wanted in (
        ("season-plan", {"season": str(season.pk)}),
        ("commune-notice", {"season": str(season.pk)}),
        ("commune-notice", {"trip": trip.uid}),
        ("run-sheet", {"trip": trip.uid}),
    ):
        with pytest.raises(NotFound):
            html_of(kind, wanted, reader)


@pytest.mark.parametrize("season_key", ["", "x", "-1", "٣", "9" * 40, "1.5"])
def test_rubbish_for_a_season_is_not_found(cast: Cast, season_key: str) -> None:
    with pytest.raises(NotFound):
        html_of("season-plan", {"season": season_key}, cast.owner)


def test_what_people_typed_is_shown_as_they_typed_it(cast: Cast, season: Season) -> None:
    cast.venue.name = '<img src="http://example.org/x.png">'
    cast.venue.save()
    trip = make_trip(cast)
    for html in (
        plan_html(season, cast.owner),
        run_sheet(cast, trip),
        html_of("commune-notice", {"trip": trip.uid}, cast.owner),
    ):
        assert "&lt;img src=" in html
        assert '<img src="http' not in html
