"""The dashboard as a browser shows it: every chart is drawn, in light and dark, on a phone and on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.reports.dashboard.palette import PALETTE
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.writing import Dashboard, write_dashboard
from tests.chromium import Page, found_chromium, open_page
from tests.reports.calibration_world import World
from tests.reports.dashboard_world import full_world, published

pytestmark = pytest.mark.skipif(found_chromium() is None, reason="no chromium or google-chrome is on the PATH")

MEGABYTE = 1_000_000
# Bars, lines, points and rules, by chart; a chart that is not drawn has none.
MARKS = """
    Object.fromEntries(Array.from(document.querySelectorAll("[data-chart]"), place => [
        place.id,
        place.querySelectorAll(".mark-rect path, .mark-line path, .mark-symbol path, .mark-rule line").length,
    ]))
"""
FIRST_BAR = "getComputedStyle(document.querySelector('#chart-funnel .mark-rect path')).fill"
INK = "getComputedStyle(document.body).color"
PAPER = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Dashboard:
    folder = tmp_path_factory.mktemp("dashboard")
    return write_dashboard(Source(published(full_world(), folder / "published")), folder / "reports")


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with open_page() as page:
        yield page


@pytest.fixture
def page(browser: Page, dashboard: Dashboard) -> Page:
    """Opened anew, light and wide, with nothing remembered."""
    browser.size(1280)
    browser.prefer("light")
    browser.errors.clear()
    browser.requests.clear()
    browser.open(dashboard.newest)
    browser.value("localStorage.clear()")
    browser.open(dashboard.newest)
    return browser


def rgb(name: str, is_dark: bool) -> str:
    colour = PALETTE[name][is_dark]
    return f"rgb({', '.join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5))})"


def test_every_chart_has_marks_and_the_console_no_error(page: Page):
    marks = page.value(MARKS)
    assert len(marks) > 20
    assert [name for name, count in marks.items() if not count] == []
    assert page.errors == []


def test_nothing_is_asked_of_any_network(page: Page, dashboard: Dashboard):
    assert set(page.requests) == {dashboard.newest.resolve().as_uri()}


def test_what_the_page_would_load_from_elsewhere_is_refused(page: Page):
    assert page.value("fetch('https://example.com/').then(() => 'loaded', () => 'refused')") == "refused"
    assert [error for error in page.errors if "Content Security Policy" in error]


def test_the_file_is_light(dashboard: Dashboard):
    assert dashboard.newest.stat().st_size < 5 * MEGABYTE


def test_light_and_dark_are_those_of_the_system(page: Page, tmp_path: Path):
    light = page.picture(tmp_path / "light.png")
    assert (page.value(INK), page.value(FIRST_BAR)) == (rgb("ink", False), rgb("accent", False))
    page.prefer("dark")
    assert (page.value(INK), page.value(FIRST_BAR)) == (rgb("ink", True), rgb("accent", True))
    assert page.picture(tmp_path / "dark.png") != light


def test_the_button_changes_the_theme_of_text_and_charts_and_is_remembered(page: Page, dashboard: Dashboard):
    page.value("document.getElementById('theme').click()")
    assert (page.value(PAPER), page.value(FIRST_BAR)) == (rgb("page", True), rgb("accent", True))
    assert page.value("document.getElementById('theme').getAttribute('aria-pressed')") == "true"
    page.open(dashboard.newest)
    assert page.value(PAPER) == rgb("page", True)
    page.value("document.getElementById('theme').click()")
    assert (page.value(PAPER), page.value(FIRST_BAR)) == (rgb("page", False), rgb("accent", False))


def test_a_phone_shows_every_chart_without_scrolling_sideways(page: Page, dashboard: Dashboard, tmp_path: Path):
    page.size(390, 844)
    page.open(dashboard.newest)
    assert page.value("document.documentElement.scrollWidth") == 390
    assert [name for name, count in page.value(MARKS).items() if not count] == []
    charts = "Array.from(document.querySelectorAll('.plot svg'), svg => svg.getBoundingClientRect().right)"
    assert max(page.value(charts)) <= 390
    assert page.picture(tmp_path / "phone.png")


def test_paper_is_light_and_has_the_charts_and_no_buttons(page: Page, tmp_path: Path):
    page.value("document.getElementById('theme').click()")
    page.prefer("dark", media="print")
    assert (page.value(INK), page.value(FIRST_BAR)) == (rgb("ink", False), rgb("accent", False))
    assert page.value(PAPER) == "rgb(255, 255, 255)"
    hidden = "['nav', '#theme'].map(name => getComputedStyle(document.querySelector(name)).display).join()"
    assert page.value(hidden) == "none,none"
    assert page.value("document.querySelector('#chart-funnel svg').getBoundingClientRect().height") > 100
    assert page.printed(tmp_path / "page.pdf").startswith(b"%PDF")


def test_the_keyboard_comes_to_a_definition_and_sees_it(page: Page):
    """Past the link over the navigation, the theme, and the navigation itself, to the first figure."""
    page.value("document.querySelector('#overview .term').focus()")
    page.press("Tab")
    focused = "document.activeElement"
    assert page.value(f"{focused}.className") == "term"
    tip = f"document.getElementById({focused}.getAttribute('aria-describedby'))"
    assert page.value(f"getComputedStyle({tip}).display") == "block"
    assert page.value(f"{tip}.textContent.length") > 20
    assert page.value(f"parseFloat(getComputedStyle({focused}).outlineWidth)") >= 2
    page.press("Escape")
    assert page.value(f"getComputedStyle({tip}).display") == "none"


def test_the_first_key_leads_past_the_navigation(page: Page):
    page.press("Tab")
    assert page.value("document.activeElement.textContent") == "Skip to the figures"
    assert page.value("document.activeElement.getBoundingClientRect().top") >= 0


def test_a_definition_never_leaves_the_window(page: Page):
    page.size(390, 844)
    page.value("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    outside = """
        Array.from(document.querySelectorAll(".def")).filter(one => {
            one.scrollIntoView({block: "center"});
            one.dispatchEvent(new MouseEvent("mouseenter"));
            const place = one.querySelector(".tip").getBoundingClientRect();
            const isOutside = place.left < 0 || place.right > window.innerWidth || place.width === 0;
            one.dispatchEvent(new MouseEvent("mouseleave"));
            return isOutside;
        }).length
    """
    assert page.value(outside) == 0


def test_an_empty_build_has_no_chart_and_no_error(browser: Page, tmp_path: Path):
    empty = write_dashboard(Source(published(World(), tmp_path / "published")), tmp_path / "reports")
    browser.errors.clear()
    browser.open(empty.newest)
    assert browser.value(MARKS) == {}
    assert browser.errors == []
