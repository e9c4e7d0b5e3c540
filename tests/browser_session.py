"""Windows of the browser, shut to every host but the test's own, that keep what went wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)

from outreach.accounts.models import User
from tests import browser

AXE = Path(__file__).resolve().parent / "vendor" / "axe-core" / "axe.min.js"
PATIENCE_MS = 30_000
"""How long a page may take on a busy machine until it shows what is expected of it."""
_INSIDE = ("data:", "blob:")
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Window:
    """A page, and everything it should not have done."""

    page: Page
    trouble: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to an address of the product and wait until nothing more is loaded."""
        self.page.goto(address)
        self.page.wait_for_load_state("networkidle")

    def forgive(self, *fragments: str) -> None:
        """Take out trouble that was asked for; all of it must have come."""
        for fragment in fragments:
            self.trouble.remove(next(one for one in self.trouble if fragment in one))


@contextmanager
def started() -> Iterator[Browser]:
    """Run the browser. Playwright's loop in this thread keeps Django from nothing in its own."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser.executable())
        yield opened
        opened.close()


@contextmanager
def window(
    chrome: Browser, home: str, *, width: int = 1280, locale: str = "vi-VN"
) -> Iterator[Window]:
    """Open a window on the product at ``home``; fail at the end if it got into trouble.

    Trouble is: a request to another host or one that failed, an answer of 500 or above, an error or
    a warning in the console, a violation of the content security policy, a dialog.
    """
    context = chrome.new_context(
        base_url=home,
        viewport={"width": width, "height": 900},
        locale=locale,
        # What is looked at stands still: a colour on its way to another is neither of them.
        reduced_motion="reduce",
    )
    context.add_init_script(_REPORT_VIOLATIONS)
    opened = Window(context.new_page())
    _watch(context, home, opened.trouble)
    yield opened
    context.close()
    assert not opened.trouble, "\n".join(opened.trouble)


def sign_in(opened: Window, user: User, home: str) -> None:
    """Give the window the session of somebody who has signed in."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    opened.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": home}]
    )


def press(page: Page, name: str) -> None:
    """Press the button of this name and wait for the page it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def what_was_refused(page: Page) -> list[str]:
    """Return what a form says of why it was not taken, and nothing on any other page."""
    said = page.locator(".error-summary, .errorlist")
    return said.all_inner_texts()


def violations(page: Page, *, only_serious: bool = False) -> list[tuple[str, list[str]]]:
    """Return the rules that axe finds broken, with the elements that break them."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run({resultTypes: ['violations']})")["violations"]
    return [
        (rule["id"], [node["html"] for node in rule["nodes"]])
        for rule in found
        if not only_serious or rule["impact"] in {"serious", "critical"}
    ]


def is_too_wide(page: Page) -> bool:
    """Tell whether the page is wider than the window, so that one has to scroll sideways."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return wide


def _watch(context: BrowserContext, home: str, trouble: list[str]) -> None:
    def shut(route: Route) -> None:
        trouble.append(f"left the host: {route.request.url}")
        route.abort()

    def failed(request: Request) -> None:
        # A file that is saved and a page that is left are "aborted" too.
        if request.failure != "net::ERR_ABORTED":
            trouble.append(f"failed: {request.url}")

    def asked(dialog: Dialog) -> None:
        trouble.append(f"a dialog was opened: {dialog.message}")
        dialog.accept()

    context.route(lambda url: not url.startswith((home, *_INSIDE)), shut)
    context.on("requestfailed", failed)
    context.on("weberror", lambda caught: trouble.append(str(caught.error)))
    context.on("dialog", asked)
    context.on(
        "console",
        lambda said: trouble.append(said.text) if said.type in {"error", "warning"} else None,
    )
    context.on(
        "response",
        lambda got: trouble.append(f"{got.status}: {got.url}") if got.status >= 500 else None,
    )
