"""Charts in one manner: Altair makes the Vega-Lite, colours are the variables of the page, a chart fills its place."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from dagster_project.reports.dashboard.palette import colour

HEIGHT = 200
ROW_HEIGHT = 30
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
CONFIG = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": colour("muted"),
        "titleColor": colour("muted"),
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": colour("line"),
        "domainColor": colour("line"),
        "tickColor": colour("line"),
        "labelOverlap": "greedy",
        "labelSeparation": 6,
    },
    "axisX": {"grid": False, "labelAngle": 0},
    "axisY": {"domain": False, "ticks": False, "labelPadding": 8, "labelLimit": 130},
    "axisQuantitative": {"tickCount": 5},
    "legend": {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelColor": colour("ink"),
        "labelFontSize": 12,
        "symbolType": "square",
        "symbolStrokeWidth": 0,
        "columnPadding": 16,
        "offset": 8,
        "labelLimit": 260,
        "columns": 3,
    },
    "bar": {"color": colour("accent"), "cornerRadiusEnd": 2},
    "line": {"color": colour("accent"), "strokeWidth": 2},
    "point": {"color": colour("accent"), "filled": True, "size": 50},
    "text": {"color": colour("ink"), "fontSize": 12},
    "rule": {"color": colour("muted")},
    "tick": {"color": colour("ink"), "thickness": 2},
}
SHARE = ".0%"
WHOLE = ",.0f"

Rows = Sequence[dict[str, Any]]


def axis_of(value_format: str) -> alt.Axis:
    """Whole numbers have no ticks between them."""
    return alt.Axis(format=value_format, tickMinStep=1) if value_format == WHOLE else alt.Axis(format=value_format)


def chart_of(rows: Rows) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(rows)))


def finished(chart: alt.Chart | alt.LayerChart, told: str, height: int = HEIGHT) -> dict:
    """The chart as Vega-Lite, as wide as its place, with what it shows as its description."""
    whole = chart.properties(width="container", height=height, description=told)
    found = whole.to_dict()
    found.pop("config", None)  # The page has one for all charts.
    return found | {"autosize": {"type": "fit-x", "contains": "padding"}}


def colours(names: dict[str, str], legend: bool = True) -> dict[str, Any]:
    """Values → colours of the palette, as arguments of an encoding."""
    scale = alt.Scale(domain=list(names), range=[colour(name) for name in names.values()])
    return {"scale": scale} if legend else {"scale": scale, "legend": None}


def period_bars(rows: Rows, value_title: str, value_format: str) -> alt.LayerChart:
    """Bars by period, the one that is not over paler, goals as ticks.

    Args:
        rows: In order: period, value, goal (or null), is_complete, shown (the value in words).
    """
    base = chart_of(rows).encode(
        x=alt.X("period:O", sort=[row["period"] for row in rows], title=None),
        tooltip=[alt.Tooltip("period:O", title="Period"), alt.Tooltip("shown:N", title=value_title)],
    )
    bars = base.mark_bar().encode(
        y=alt.Y("value:Q", title=None, axis=axis_of(value_format)),
        opacity=alt.condition("datum.is_complete", alt.value(1), alt.value(0.55)),
    )
    if not any(row["goal"] is not None for row in rows):
        return alt.layer(bars)
    goals = base.mark_tick(width=alt.RelativeBandSize(0.9)).encode(
        y="goal:Q", tooltip=[alt.Tooltip("period:O", title="Period"), alt.Tooltip("goal:Q", title="Goal")]
    )
    return alt.layer(bars, goals.transform_filter("datum.goal != null"))


def lines(rows: Rows, names: dict[str, str], value_format: str) -> alt.LayerChart:
    """Lines with points, one a name.

    Args:
        rows: In order: period, name, value, shown (the value in words).
        names: Name → colour.
    """
    base = chart_of(rows).encode(
        x=alt.X("period:O", sort=list(dict.fromkeys(row["period"] for row in rows)), title=None),
        y=alt.Y("value:Q", title=None, axis=axis_of(value_format)),
        color=alt.Color("name:N", **colours(names, legend=len(names) > 1)),
        tooltip=[alt.Tooltip("period:O", title="Period"), "name:N", alt.Tooltip("shown:N", title="Value")],
    )
    return alt.layer(base.mark_line(), base.mark_point(opacity=1))
