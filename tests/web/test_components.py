"""Components draw what they are given, escaped, tied together and free of inline code."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import html5lib
import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils.translation import override

from outreach.web.charts import column_chart, round_up, row_chart
from outreach.web.components import Bar, TimetableDay, TimetableEntry, WeekCell, WeekRow
from outreach.web.icons import UnknownIconError, icon_names, shapes_of
from outreach.web.labels import KINDS, NO_KIND, STATUSES, TONE_ICONS, look_of_kind
from outreach.web.widgets import CountInput, DateInput, DateTimeInput

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
CSS = ROOT / "outreach" / "web" / "static" / "web" / "css"
TAMPER = "<script>alert(1)</script>"


class Elements(HTMLParser):
    """Collect (tag, attributes) of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def values_of(self, name: str) -> list[str]:
        return [value for _tag, attrs in self.found if (value := attrs.get(name)) is not None]


def draw(source: str, **values: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(values))


@pytest.fixture
def styleguide(client: Client, db: None) -> str:
    response = client.get("/styleguide/", headers={"accept-language": "vi"})
    assert response.status_code == 200
    return response.content.decode()


# --- The page as a whole -----------------------------------------------------------------------


def test_the_style_guide_is_valid_html(styleguide: str) -> None:
    html5lib.HTMLParser(strict=True).parse(styleguide)


@pytest.mark.parametrize("path", ["/styleguide/", "/accounts/login/", "/accounts/login/code/"])
@pytest.mark.django_db
def test_pages_carry_no_inline_code_and_name_no_other_host(client: Client, path: str) -> None:
    elements = Elements(client.get(path).content.decode())
    assert elements.values_of("style") == []
    assert [name for _tag, attrs in elements.found for name in attrs if name.startswith("on")] == []
    assert [tag for tag, attrs in elements.found if tag == "script" and not attrs.get("src")] == []
    addresses = [*elements.values_of("src"), *elements.values_of("href")]
    addresses += elements.values_of("action")
    assert [one for one in addresses if not one.startswith(("/", "#", "?")) or "//" in one] == []


def test_ids_are_unique_and_every_reference_meets_one(styleguide: str) -> None:
    elements = Elements(styleguide)
    ids = elements.values_of("id")
    referred = [
        one
        for name in ("for", "aria-describedby", "aria-labelledby")
        for value in elements.values_of(name)
        for one in value.split()
    ]
    anchors = [one[1:] for one in elements.values_of("href") if re.fullmatch(r"#.+", one)]
    assert sorted(ids) == sorted(set(ids))
    assert [one for one in [*referred, *anchors] if one not in ids] == []


def test_htmx_may_neither_evaluate_nor_style_nor_leave_the_site(styleguide: str) -> None:
    configured = next(
        attrs["content"]
        for tag, attrs in Elements(styleguide).found
        if tag == "meta" and attrs.get("name") == "htmx-config"
    )
    assert json.loads(configured or "") == {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "selfRequestsOnly": True,
    }


def test_the_page_says_its_language_and_offers_the_other(styleguide: str) -> None:
    elements = Elements(styleguide)
    assert ("html", {"lang": "vi"}) in elements.found
    offered = [attrs for tag, attrs in elements.found if attrs.get("name") == "language"]
    assert {attrs["value"] for attrs in offered} == {"en"}


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_error_pages_are_drawn_without_a_request(status: int) -> None:
    with override("en"):
        text = Template(f'{{% include "{status}.html" %}}').render(Context())
    assert f'<p class="code">{status}</p>' in text


@pytest.mark.django_db
def test_a_request_for_an_unknown_host_gets_our_page_for_bad_requests() -> None:
    response = Client(headers={"host": "elsewhere.invalid"}).get("/")
    assert response.status_code == 400
    assert "error-page" in response.content.decode()


def test_no_page_loads_much_style() -> None:
    weight = {sheet.name: len(gzip.compress(sheet.read_bytes())) for sheet in CSS.glob("*.css")}
    named = re.compile(r"web/css/(\w+\.css)")
    of_template = {
        template: set(named.findall(template.read_text(encoding="utf-8")))
        for template in TEMPLATES.rglob("*.html")
    }
    everywhere = of_template.pop(TEMPLATES / "base.html")
    heaviest = max(sum(weight[name] for name in everywhere | own) for own in of_template.values())
    assert heaviest < 22_000


# --- Signs -------------------------------------------------------------------------------------


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in draw('{% icon "van" %}')
    assert 'role="img" aria-label="Xe"' in draw('{% icon "van" label="Xe" %}')


@pytest.mark.parametrize("name", ["no-such-icon", "../icons/van", ""])
def test_an_unknown_icon_fails_at_once(name: str) -> None:
    with pytest.raises(UnknownIconError):
        shapes_of(name)


def test_every_icon_that_is_named_exists() -> None:
    looks = [*KINDS.values(), *STATUSES.values(), NO_KIND]
    named = {look.icon for look in looks} | set(TONE_ICONS.values())
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        named |= set(re.findall(r"""\bicon[ =]["']([a-z0-9-]+)["']""", text))
    assert named - set(icon_names()) == set()


def test_every_kind_and_status_has_an_icon_of_its_own_kind() -> None:
    icons = [look.icon for look in KINDS.values()]
    assert len(icons) == len(set(icons))
    assert all(look.icon for look in STATUSES.values())


def test_every_kind_of_the_reference_data_has_a_look() -> None:
    entries = json.loads((ROOT / "fixtures/reference/activity_kinds.json").read_text("utf-8"))
    assert [entry["pk"] for entry in entries if look_of_kind(entry["pk"]) is NO_KIND] == []


def test_a_kind_object_is_named_by_itself_and_a_code_by_its_plain_name() -> None:
    class Kind(SimpleNamespace):
        def __str__(self) -> str:
            return "Xe thư viện"

    assert "Xe thư viện</span>" in draw("{% kind_badge kind %}", kind=Kind(code="mobile_service"))
    with override("en"):
        assert "Exhibition</span>" in draw('{% kind_badge "exhibition" %}')


def test_a_status_that_nobody_foresaw_is_still_said() -> None:
    assert ">teleported</span>" in draw('{% status_badge "teleported" %}')


@pytest.mark.parametrize(
    "source",
    [
        "{% card title=text %}{{ text }}{% endcard %}",
        "{% callout title=text %}{{ text }}{% endcallout %}",
        "{% page_header title=text lede=text eyebrow=text %}{{ text }}{% endpage_header %}",
        "{% empty_state title=text text=text %}{{ text }}{% endempty_state %}",
        "{% table caption=text note=text %}<tr><td>{{ text }}</td></tr>{% endtable %}",
        "{% badge text %}{% kind_badge text %}{% status_badge text %}{% toast text %}",
        "{% breadcrumb text text text %}{% stat text text text %}",
        "{% progress text 1 2 shown=text %}{% svg_bar_chart bars title=text %}",
        "{% icon 'van' label=text %}{% tab text text %}{% details text %}{% enddetails %}",
    ],
)
def test_what_people_typed_is_escaped(source: str) -> None:
    assert "<script" not in draw(source, text=TAMPER, bars=[Bar(TAMPER, 1, TAMPER)])


# --- Figures -----------------------------------------------------------------------------------


def test_a_figure_that_was_not_collected_is_never_drawn_as_nought() -> None:
    with override("en"):
        assert "not collected" in draw("{% stat 'Lost books' None %}")
        assert ">0</dd>" in draw("{% stat 'Lost books' 0 %}")
        chart = row_chart([Bar("Training", None), Bar("Exhibition", 0)])
    assert [bar.shown for bar in chart.bars] == ["not collected", "0"]


def test_bars_are_in_proportion_to_their_values() -> None:
    chart = row_chart([Bar("a", 200), Bar("b", 50), Bar("c", None)])
    assert [bar.width for bar in chart.bars] == ["100.00%", "25.00%", "0.00%"]
    columns = column_chart([Bar("a", 100), Bar("b", 25)])
    assert columns.bars[0].height == 4 * columns.bars[1].height


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (9, 10), (11, 20), (47_900, 50_000), (0.3, 0.5), (201, 250)]
)
def test_a_scale_ends_at_a_round_number_that_holds_the_highest_bar(
    value: float, top: float
) -> None:
    assert round_up(value) == pytest.approx(top)


def test_a_chart_has_a_name_and_says_its_figures_in_the_readers_numbers() -> None:
    with override("vi"):
        text = draw('{% svg_bar_chart bars title="Lượt người" %}', bars=[Bar("T1", 31250)])
    assert 'role="img" aria-label="Lượt người"' in text
    assert "<title>T1: 31.250</title>" in text
    assert 'y="' in text
    assert not re.search(r'(?:x|y|width|height)="[^"]*,', text)  # a comma would break the drawing


# --- Time --------------------------------------------------------------------------------------


def test_a_day_list_shows_local_times_and_marks_what_is_cancelled() -> None:
    starts = datetime(2025, 11, 24, 0, 30, tzinfo=UTC)
    entry = TimetableEntry(
        starts,
        starts + timedelta(hours=3),
        "Tri Lễ",
        "/e/",
        kinds=("exhibition",),
        status="cancelled",
    )
    text = draw("{% day_list days %}", days=[TimetableDay(date(2025, 11, 24), [entry])])
    assert ">07:30</time>" in text
    assert ">10:30</time>" in text
    assert 'class="stop is-exhibition is-cancelled"' in text


def test_more_vehicles_than_a_grid_holds_get_another_grid() -> None:
    days = [date(2025, 11, 24) + timedelta(days=step) for step in range(7)]
    rows = [WeekRow(f"Xe {n}", [WeekCell(day) for day in days]) for n in range(13)]
    text = draw("{% week_grid rows %}", rows=rows)
    assert "rows-12" in text
    assert "rows-1" in text.replace("rows-12", "")
    assert text.count("<h4>Xe 12</h4>") == 7


def test_every_size_of_grid_has_its_rule() -> None:
    rules = re.findall(r"\.rows-(\d+) ", (CSS / "schedule.css").read_text(encoding="utf-8"))
    assert [int(number) for number in rules] == list(range(1, 13))


# --- Lists and forms ---------------------------------------------------------------------------


def test_pages_keep_what_the_list_was_filtered_by() -> None:
    request = RequestFactory().get("/", {"commune": "Tri Lễ", "page": "2"})
    page = Paginator(range(100), 10).get_page(2)
    text = draw("{% pagination page %}", page=page, request=request)
    assert 'href="?commune=Tri+L%E1%BB%85&amp;page=3"' in text
    assert text.count("aria-current") == 1


def test_a_single_page_needs_no_pagination() -> None:
    page = Paginator(range(3), 10).get_page(1)
    assert draw("{% pagination page %}", page=page, request=RequestFactory().get("/")) == ""


class VisitForm(forms.Form):
    held_on = forms.DateField(label="Ngày", help_text="Ngày dương lịch.", widget=DateInput())
    people = forms.IntegerField(label="Số người", min_value=0, widget=CountInput())
    how = forms.ChoiceField(label="Cách đếm", choices=[("a", "A")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="Đồng ý")


def test_a_wrong_field_is_tied_to_its_help_and_its_error() -> None:
    elements = Elements(str(VisitForm({"held_on": "31/02/2025", "people": "-1"})))
    field = next(attrs for _tag, attrs in elements.found if attrs.get("name") == "held_on")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "id_held_on_helptext id_held_on_error"
    assert {"id_held_on_helptext", "id_held_on_error"} <= set(elements.values_of("id"))


def test_the_summary_leads_to_every_wrong_field() -> None:
    form = VisitForm({})
    leads = Elements(draw("{% error_summary form %}", form=form)).values_of("href")
    ids = Elements(str(form)).values_of("id")
    assert leads == ["#id_held_on", "#id_people", "#id_how", "#id_agreed"]
    assert {lead[1:] for lead in leads} <= set(ids)


def test_there_is_no_summary_when_nothing_is_wrong() -> None:
    form = VisitForm({"held_on": "2025-11-24", "people": "3", "how": "a", "agreed": "on"})
    assert draw("{% error_summary form %}", form=form) == ""


@pytest.mark.parametrize("language", ["vi", "en"])
def test_native_pickers_get_iso_values_in_every_language(language: str) -> None:
    with override(language):
        day = DateInput().render("on", date(2025, 11, 24))
        moment = DateTimeInput().render("at", datetime(2025, 11, 24, 7, 30))  # noqa: DTZ001
    assert 'type="date"' in day
    assert 'value="2025-11-24"' in day
    assert 'value="2025-11-24T07:30"' in moment
