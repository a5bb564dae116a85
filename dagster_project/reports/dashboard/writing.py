"""The dashboard as files: one a build, the newest under a name that stays, old ones thinned.

reports/dashboard-20261120T090000Z-3f2a91c4.html
reports/dashboard.html                              the newest
"""

import uuid
from dataclasses import dataclass
from pathlib import Path

import altair as alt
import vl_convert

from dagster_project.reports.dashboard.anchors import NEWEST
from dagster_project.reports.dashboard.page import attention, render
from dagster_project.reports.dashboard.parts import Attention
from dagster_project.reports.dashboard.source import Source

KEEP_LAST = 10
KEEP_DAYS = 30


@dataclass(frozen=True)
class Dashboard:
    """Where the page lies, under the name that stays and under that of its build; what of it could not be shown."""

    newest: Path
    path: Path
    size_bytes: int
    missing: tuple[str, ...]
    attention: tuple[Attention, ...]


def write_dashboard(source: Source, folder: Path, rules: tuple[str, ...] = ()) -> Dashboard:
    """Render the page of a build and put it in place; a reader sees the old page or the new one, never a part.

    Args:
        rules: The rules in force in plain English, a sentence each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    html = render(source, drawing_script(folder), rules).encode("utf-8")
    path = folder / f"dashboard-{source.snapshot.snapshot_id}.html"
    for place in (path, folder / NEWEST):
        _replace(place, html)
    _thin(folder, path)
    return Dashboard(folder / NEWEST, path, len(html), tuple(source.missing), tuple(attention(source)))


def drawing_script(folder: Path) -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; making it takes seconds, so it is kept beside the pages."""
    version = "-".join((alt.SCHEMA_VERSION, alt.VEGAEMBED_VERSION, vl_convert.__version__))
    kept = folder / f".vega-{version}.js"
    if not kept.exists():
        script = vl_convert.javascript_bundle(vl_version=".".join(alt.SCHEMA_VERSION.split(".")[:2]))
        _replace(kept, script.encode("utf-8"))
    return kept.read_text(encoding="utf-8")


def _replace(place: Path, content: bytes) -> None:
    unfinished = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}.unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)


def _thin(folder: Path, just_drawn: Path) -> None:
    """Keep the last ten and one of each of thirty days, by the clocks of their builds, and the one just drawn."""
    pages = sorted(
        folder.glob("dashboard-*.html"), key=lambda page: (page.name[:26], page.stat().st_mtime), reverse=True
    )
    newest_of_day: dict[str, Path] = {}
    for page in pages:
        newest_of_day.setdefault(page.name[10:18], page)
    kept = {just_drawn, *pages[:KEEP_LAST], *list(newest_of_day.values())[:KEEP_DAYS]}
    for page in pages:
        if page not in kept:
            page.unlink(missing_ok=True)
