"""The page on which a library sets its own rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from outreach.common import audit
from outreach.common.errors import NotAllowed, StaleWrite
from outreach.scheduling.domain import NAMES
from outreach.scheduling.models import RuleSettings
from outreach.scheduling.services.rule_settings import rules_of, set_rules
from tests.cast import Cast
from tests.scheduling.ways import signed_in

pytestmark = pytest.mark.django_db

TYPED = {
    "leg_buffer_min": "15",
    "class_min": "25",
    "notice_days": "7",
    "school_opens": "07:15",
    "school_closes": "16:30",
    "term_starts": "01/09",
    "term_ends": "15.6",
    "holidays": "gb-nir",
}


def send(cast: Cast, **changes: str) -> Any:
    version = str(audit.version_of(RuleSettings.objects.filter(library=cast.library).first()))
    url = f"{reverse('rule_settings')}?library={cast.library.slug}"
    return signed_in(cast.owner).post(url, TYPED | {"expected_version": version} | changes)


def test_a_library_without_rules_of_its_own_has_the_countrys(cast: Cast) -> None:
    RuleSettings.objects.all().delete()
    assert rules_of(cast.library).holidays == "VN"
    cast.library.time_zone = "Europe/London"
    assert rules_of(cast.library).holidays == ""
    page = signed_in(cast.owner).get(reverse("rule_settings")).content.decode()
    assert 'value="14"' in page
    assert send(cast).status_code == 302
    assert RuleSettings.objects.get(library=cast.library).notice_days == 7


def test_what_is_set_is_kept_with_its_history(cast: Cast) -> None:
    assert send(cast).status_code == 302
    stored = RuleSettings.objects.get(library=cast.library)
    assert (stored.leg_buffer_min, stored.holidays) == (15, "GB-NIR")
    assert (stored.term_starts, stored.term_ends) == ("09-01", "06-15")
    page = signed_in(cast.owner).get(reverse("rule_settings")).content.decode()
    assert 'value="15/06"' in page
    assert stored.history.latest().history_user == cast.owner


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("leg_buffer_min", "121"),
        ("class_min", "4"),
        ("notice_days", "366"),
        ("term_starts", "01/13"),
        ("term_starts", "31/04"),
        ("term_ends", "6"),
        ("term_ends", ""),
        ("holidays", "XX"),
        ("holidays", "GB-ZZZ"),
        ("school_opens", "x"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(cast: Cast, field: str, typed: str) -> None:
    answer = send(cast, **{field: typed})
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert RuleSettings.objects.get(library=cast.library).leg_buffer_min == 10


def test_school_ends_after_it_begins(cast: Cast) -> None:
    assert send(cast, school_opens="17:00", school_closes="07:00").context["form"].errors


def test_the_second_who_changes_is_told(cast: Cast) -> None:
    before = audit.version_of(rules_of(cast.library))
    set_rules(actor=cast.owner, library=cast.library, notice_days=10)
    with pytest.raises(StaleWrite):
        set_rules(
            actor=cast.owner, library=cast.library, notice_days=20, expected_version=before - 1
        )
    answer = send(cast, expected_version=str(before - 1))
    assert "Somebody else" in answer.content.decode() or answer.context["form"].errors


def test_only_who_schedules_for_the_library_sets_its_rules(cast: Cast) -> None:
    for person in (cast.colleague, cast.officer, cast.stranger):
        with pytest.raises(NotAllowed):
            set_rules(actor=person, library=cast.library, notice_days=1)


def test_every_rule_is_told_with_what_becomes_of_a_plan_that_breaks_it(cast: Cast) -> None:
    page = signed_in(cast.owner).get(reverse("rule_settings"), headers={"accept-language": "en"})
    told = [name for _weight, _remark, names in page.context["weights"] for name in names]
    assert sorted(told) == sorted(str(name) for name in NAMES.values())
