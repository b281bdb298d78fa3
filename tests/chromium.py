"""The system's Chromium for the tests that need a browser: the plain shell of it where that is installed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FOUND = [one for one in map(Path, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")) if one.exists()]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not FOUND and "CI" not in os.environ, reason="there is no Chromium here"),
]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser. Without one, where every test has to run, this fails."""
    from playwright.sync_api import sync_playwright

    assert FOUND, "Chromium is not installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(FOUND[0]), args=list(FLAGS))
        yield browser
        browser.close()


def barriers(page: Any) -> str:
    """What axe finds on a page that somebody could not use; empty when it finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]})  # without a word on all that is well
    return str(found.generate_report()) if found.violations_count else ""
