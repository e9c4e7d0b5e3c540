"""The windows of the browser tests notice what they are there to notice."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Error
from pytest_django.live_server_helper import LiveServer

from tests import browser_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("script", "told_as", "trouble"),
    [
        (
            "() => { new Image().src = 'http://elsewhere.invalid/dot.png' }",
            "console",
            "policy violated",
        ),
        (
            "() => { document.body.setAttribute('style', 'color: red') }",
            "console",
            "policy violated",
        ),
        ("() => { console.warn('something is odd') }", "console", "something is odd"),
        ("() => { setTimeout(() => { throw new Error('broken') }) }", "pageerror", "broken"),
        ("() => { alert('hello') }", "dialog", "a dialog was opened"),
        ("async () => { await fetch('/no-such-page/') }", "console", "404"),
    ],
)
def test_a_window_tells_of_trouble(
    chrome: Browser, live_server: LiveServer, script: str, told_as: str, trouble: str
) -> None:
    with pytest.raises(AssertionError, match=trouble):
        _run(chrome, live_server.url, script, told_as, trouble)


def _run(chrome: Browser, home: str, script: str, told_as: str, trouble: str) -> None:
    def is_told(event: Any) -> bool:
        return told_as != "console" or trouble in event.text

    with browser_session.window(chrome, home) as window:
        window.open(reverse("home"))
        # The browser tells of some trouble only after the script has ended.
        with window.page.expect_event(told_as, is_told):
            window.page.evaluate(script)


def test_a_window_cannot_leave_the_host(chrome: Browser, live_server: LiveServer) -> None:
    with pytest.raises(AssertionError, match="left the host"):
        _leave(chrome, live_server.url)


def _leave(chrome: Browser, home: str) -> None:
    with browser_session.window(chrome, home) as window, pytest.raises(Error, match="ERR_FAILED"):
        window.page.goto("http://elsewhere.invalid/")


def test_a_window_in_which_all_is_well_tells_of_none(
    chrome: Browser, live_server: LiveServer
) -> None:
    with browser_session.window(chrome, live_server.url) as window:
        window.open(reverse("home"))
    assert window.trouble == []
