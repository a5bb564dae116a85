"""An audit in words and tables, as Markdown."""

from collections.abc import Callable, Iterable

import polars as pl

from dagster_project.counting import counted
from dagster_project.reports.calibration.audit import CONVERSIONS, Audit
from dagster_project.reports.calibration.evidence import OUTCOMES
from dagster_project.reports.calibration.recommending import NAMES, Recommendation

VERDICTS = {
    "holds": "The rules hold.",
    "change": "The rules should be looked at.",
    "too_few": "Too little is known yet to say whether the rules hold.",
}
BEHAVIOURS_SHOWN = 20
THRESHOLD_STEP = 5
NOTHING = "-"
SMALL = "small"


def as_markdown(audit: Audit) -> str:
    """The whole audit, the answer first; what is made of few cases is marked `small`."""
    parts = [
        (None, verdict_of(audit)),
        ("Thresholds", _recommendations(audit)),
        ("Does the score tell who buys?", _separations(audit)),
        ("What each threshold would find", _thresholds(audit)),
        ("Scores of those who bought and those who did not", _distributions(audit)),
        ("What they did before they bought", _behaviours(audit)),
        ("Where they stood before they bought", _measures(audit)),
        ("Scores at handoff, by quarter", _score_quarters(audit)),
        ("What became of handoffs, by quarter", _conversion_quarters(audit)),
        ("Conversions, by month", _conversions(audit)),
        ("Where points come from today", _sources(audit)),
        ("Who does not count", _left_out(audit)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" if title else text for title, text in parts)


def verdict_of(audit: Audit) -> str:
    """The answer in one paragraph, with the clock it is true for."""
    clock = f"As of {audit.evidence.as_of:%Y-%m-%d %H:%M} UTC."
    return " ".join([f"**{VERDICTS[audit.verdict]}**", clock, *audit.drifted])


def _recommendations(audit: Audit) -> str:
    return "\n".join(_recommendation(one) for one in audit.recommendations)


def _recommendation(one: Recommendation) -> str:
    return f"- **{rule_told(one)}.** {' '.join(one.sentences)}"


def rule_told(one: Recommendation) -> str:
    """What is to become of the threshold of a score: `PQL score: 50 holds`."""
    if one.current is None and one.recommended is None:
        rule = "no rule asks for it"
    elif one.current is None:
        rule = f"no rule asks for it; {one.recommended} would be best"
    elif one.verdict == "holds":
        rule = f"{one.current} holds"
    elif one.recommended is not None:
        rule = f"change {one.current} to {one.recommended}"
    else:
        rule = f"{one.current} in use"
    return f"{NAMES[one.score_name].capitalize()}: {rule}".replace("Pql", "PQL")


def _separations(audit: Audit) -> str:
    return _table(
        audit.separations,
        {
            "Score": lambda row: row["score_name"],
            "Outcome": lambda row: OUTCOMES[row["outcome"]],
            "Contacts": lambda row: f"{row['contact_count']:,}",
            "With it": lambda row: f"{row['hit_count']:,}",
            "AUC": lambda row: _number(row["auc"], 2),
            "19 of 20 times": lambda row: NOTHING if row["auc"] is None else f"{row['low']:.2f} to {row['high']:.2f}",
            "Tells": lambda row: NOTHING if row["auc"] is None else "yes" if row["tells"] else "no better than chance",
        },
        "Nobody can be judged yet.",
    )


def _thresholds(audit: Audit) -> str:
    in_use = [{"score_name": one.score_name, "named": one.current} for one in audit.recommendations]
    in_use += [{"score_name": one.score_name, "named": one.recommended} for one in audit.recommendations]
    named = pl.DataFrame(in_use, schema={"score_name": pl.String, "named": pl.Int64})
    rows = (
        audit.thresholds.filter(pl.col("outcome") == "won")
        .join(audit.weekly, on=["score_name", "threshold"])
        .join(named.unique(), left_on=["score_name", "threshold"], right_on=["score_name", "named"], how="left")
    )
    tens = pl.col("threshold") % THRESHOLD_STEP == 0
    chosen = rows.filter(tens | pl.struct("score_name", "threshold").is_in(_named_rows(named)))
    if not rows["flagged_count"].sum() and rows["handoffs_per_week"].is_null().all():
        return "Nobody has a score from before yet."
    return _table(
        chosen.sort("score_name", "threshold", descending=[True, False]),
        {
            "Score": lambda row: row["score_name"],
            "From": lambda row: str(row["threshold"]),
            "Flagged": lambda row: f"{row['flagged_count']:,}{_mark(row)}",
            "Bought": lambda row: f"{row['hit_count']:,}",
            "Precision": lambda row: _percent(row["precision"]),
            "Recall": lambda row: _percent(row["recall"]),
            "Lift": lambda row: _number(row["lift"], 2),
            "A week": lambda row: _number(row["handoffs_per_week"], 1),
            "Team can take": lambda row: f"{row['team_per_week']:,}",
        },
    )


def _named_rows(named: pl.DataFrame) -> pl.Series:
    return named.drop_nulls().select(pl.struct("score_name", threshold="named")).to_series().implode()


def _distributions(audit: Audit) -> str:
    return _table(
        audit.distributions.filter(pl.col("outcome") == "won"),
        {
            "Score": lambda row: row["score_name"],
            "From-to": lambda row: f"{row['from_score']}-{row['to_score']}",
            "Bought": lambda row: f"{row['hit_count']:,}",
            "Did not": lambda row: f"{row['other_count']:,}",
            "Everybody today": lambda row: f"{row['present_count']:,}",
        },
    )


def _behaviours(audit: Audit) -> str:
    shown = audit.behaviours.filter(pl.col("won_did_count") > 0).head(BEHAVIOURS_SHOWN)
    last = audit.evidence.setting("last_won")
    table = _table(
        shown,
        {
            "Kind": lambda row: row["kind"],
            "What": lambda row: row["label"],
            f"Last {last}": lambda row: _of(row, "last"),
            "All who bought": lambda row: _of(row, "won"),
            "Did not buy": lambda row: _of(row, "other"),
            "Lift": lambda row: f"{_number(row['lift'], 1)}{_mark(row)}",
        },
        "Nothing is known of what buyers did before.",
    )
    more = audit.behaviours.height - shown.height
    return table if more <= 0 else f"{table}\n\n{more} more in the table of the asset."


def _measures(audit: Audit) -> str:
    return _table(
        audit.measures,
        {
            "Median of": lambda row: row["label"],
            f"Last {audit.evidence.setting('last_won')}": lambda row: _median(row, "last"),
            "All who bought": lambda row: _median(row, "won"),
            "Did not buy": lambda row: f"{_median(row, 'other')}{_mark(row)}",
        },
    )


def _score_quarters(audit: Audit) -> str:
    return _table(
        audit.score_quarters,
        {
            "Score": lambda row: row["score_name"],
            "Quarter": lambda row: row["quarter"],
            "Handoffs": lambda row: f"{row['handoff_count']:,}{_mark(row)}",
            "Median": lambda row: _number(row["median_score"], 0),
            "Stability index": lambda row: _number(row["stability_index"], 2),
            "By chance up to": lambda row: _number(row["by_chance"], 2),
            "Drift": lambda row: "**drifted**" if row["is_flagged"] else "no",
        },
        "No handoff was acknowledged yet.",
    )


def _conversion_quarters(audit: Audit) -> str:
    return _table(
        audit.conversion_quarters,
        {
            "Quarter": lambda row: row["quarter"],
            "Handoffs": lambda row: f"{row['handoff_count']:,}",
            "Had the time": lambda row: f"{row['mature_count']:,}{_mark(row)}",
            "Became a deal": lambda row: _percent(row["converted_share"]),
            "Went back": lambda row: _percent(row["poor_share"]),
            "Against the quarter before": lambda row: (
                NOTHING if row["poor_change_pct"] is None else f"{row['poor_change_pct']:+.0f} %"
            ),
            "Conversion": lambda row: "**look at it**" if row["is_flagged"] else "as it should be",
        },
        "No handoff was acknowledged yet.",
    )


def _conversions(audit: Audit) -> str:
    return _table(
        audit.conversions,
        {
            "Conversion": lambda row: CONVERSIONS[row["metric_id"]],
            "Month": lambda row: f"{row['month']:%Y-%m}",
            "Of": lambda row: f"{row['contact_count']:,}{_mark(row)}",
            "Converted": lambda row: f"{row['converted_count']:,} ({_percent(row['share'])})",
            "Floor": lambda row: "**below**" if row["is_below_floor"] else "above or not judged",
        },
        "No month has had the time to convert since scores are kept.",
    )


def _sources(audit: Audit) -> str:
    return _table(
        audit.sources,
        {
            "Score": lambda row: row["score_name"],
            "Group": lambda row: row["score_group"] or NOTHING,
            "Rule": lambda row: row["label"],
            "Contacts": lambda row: f"{row['contact_count']:,}",
            "Share of points": lambda row: _percent(row["share"]),
        },
        "No rule gives points to anybody.",
    )


def _left_out(audit: Audit) -> str:
    lines = [
        f"- {row['outcome']}{' by score' if row['left_out_of'] == 'scores' else ''}: "
        f"{counted(row['contact_count'], 'contact')}: {row['reason']}"
        for row in audit.left_out.iter_rows(named=True)
    ]
    if audit.left_out.filter(pl.col("left_out_of") == "scores").height:
        lines.append(
            "\nScores are known since the first build. `make recompute AS_OF=2026-10-01T09:00:00Z` computes those of a "
            "past moment, and the next audit counts them: the first day of each of the last months makes a start."
        )
    return "\n".join(lines) or "Everybody counts."


def _table(rows: pl.DataFrame, columns: dict[str, Callable[[dict], str]], empty: str = "Nothing to show.") -> str:
    if rows.is_empty():
        return empty
    lines: Iterable[list[str]] = ([cell(row) for cell in columns.values()] for row in rows.iter_rows(named=True))
    head = [list(columns), ["---"] * len(columns)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in [*head, *lines])


def _mark(row: dict) -> str:
    return f" ({SMALL})" if row["is_small"] else ""


def _of(row: dict, group: str) -> str:
    return f"{row[f'{group}_did_count']:,} of {row[f'{group}_count']:,} ({_percent(row[f'{group}_share'])})"


def _median(row: dict, group: str) -> str:
    median = row[f"{group}_median"]
    return NOTHING if median is None else f"{median:,.1f} of {row[f'{group}_count']:,}"


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share * 100:.0f} %"


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"
