"""What is too large is refused in the form the caller reads."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

pytestmark = pytest.mark.django_db

TEN_MB = b"x" * (10 * 1024 * 1024)


def test_a_ten_megabyte_upload_gets_a_page_that_says_so(client: Client) -> None:
    answer = client.post("/accounts/login/", {"file": SimpleUploadedFile("big.jpg", TEN_MB)})
    assert answer.status_code == 413
    assert "5 MB" in answer.content.decode()


def test_the_api_answers_with_a_problem(client: Client) -> None:
    answer = client.post("/api/v1/events/", TEN_MB, content_type="application/json")
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large"


def test_a_body_at_the_limit_is_read(client: Client) -> None:
    body = b"x" * settings.MAX_BODY_BYTES
    answer = client.post("/accounts/login/", body, content_type="text/plain")
    assert answer.status_code == 200


def test_a_length_that_is_no_number_is_refused(client: Client) -> None:
    answer = client.post("/accounts/login/", {}, CONTENT_LENGTH="ten")
    assert answer.status_code == 413
