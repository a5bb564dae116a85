"""Sets of rules of every kind, each of them one that the reader of rule files takes."""

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from dagster_project.rules.schema import RULE_FILES
from dagster_project.settings import SHIPPED_RULES_DIR

WINDOWS = (1, 24, 48, 168, 720, 2160)
DECAY_DAYS = (1, 5, 30, 90)
PROPERTIES = ("amount", "seats", "feature_name")
EVENTS = (
    *("signed_up", "logged_in", "activation_feature_used", "report_created", "page_viewed", "enterprise_feature_used"),
    *("content_downloaded", "is_activity", "is_activity", "is_key_action", "is_login"),
)
DOMAINS = ("acme.example", "acme.example", "globex.example", "gridlark.example", "mailnest.example", "gmail.com")
COUNTING = ("count", "distinct_days", "distinct_values")
MEASURING = ("sum", "max", "latest", "ratio_of_latest")
OPERATORS = (">=", ">=", ">", "<=", "<", "=", "!=")
POINTS = ("0", "0.0001", "1", "2.5", "5", "10", "15.3333", "20", "20", "50", "100")
CAPS = ("0", "7.5", "33.3333", "40", "100", "100")
FILTER_VALUES = {
    "=": ("abc", "1", "export|abc", "2.5|1|true", "École", "a_b", "false"),
    "!=": ("abc", "1|2|3", "export|ABC", "true"),
    "contains": ("EXPORT", "50%", "a_b", "B", "éCOLE", "1", "e"),
    ">=": ("0", "2.5", "100"),
    ">": ("0", "2.4999"),
    "<=": ("-3", "2.5", "100"),
    "<": ("100", "0"),
    "is_known": ("",),
}
Chance = random.Random
RuleSet = dict[str, list[dict[str, str]]]


def rule_set(chance: Chance, rule_count: int) -> RuleSet:
    """The shipped files, with those that make scores made up."""
    rules = {name: shipped(name) for name in RULE_FILES}
    rules["score_groups"] = [
        *(
            row_of(
                "score_groups", score_group=f"g{count}", score="pql", cap=chance.choice(CAPS), decays=_flip(chance, 0.7)
            )
            for count in range(1, 4)
        ),
        row_of("score_groups", score_group="who", score="fit", cap=chance.choice(CAPS), decays="false"),
    ]
    # Their order in the file is none: rule_ids are drawn, and read as text.
    ids = [f"r{number}" for number in chance.sample(range(1, 200), rule_count)]
    firsts = [_engagement_rule(chance, name, []) for name in ids[: rule_count * 2 // 3]]
    lasts = [
        _engagement_rule(chance, name, [rule["rule_id"] for rule in firsts if rule["aggregate"] != "all_of"])
        for name in ids[len(firsts) :]
    ]
    rules["engagement_rules"] = chance.sample([*firsts, *lasts], rule_count)
    rules["negative_rules"] = _negative_rules(chance)
    rules["fit_rules"] = _fit_rules(chance)
    rules["icp_definition"] = _icp(chance)
    rules["score_weights"] = _weights(chance)
    rules["score_bands"] = _bands(chance)
    for row in rules["score_settings"]:
        if row["setting_id"] == "pql_floor":
            row["value"] = chance.choice(("0", "0", "-20", "-1000"))
    # They name rules of the shipped files, and no score is made of them.
    others = ("segments", "segment_conditions", "triggers", "trigger_conditions", "trigger_actions")
    return rules | {name: [] for name in others}


def write_rules(rules: Mapping[str, Sequence[Mapping[str, str]]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in rules.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(RULE_FILES[name].model_fields), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def shipped(name: str) -> list[dict[str, str]]:
    with (SHIPPED_RULES_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def row_of(file: str, **cells: str) -> dict[str, str]:
    """A row of a file; what is not said is empty, and who wants it and why is as good as anything."""
    names = RULE_FILES[file].model_fields
    said = {name: f"some {name}" for name in ("label", "owner", "why") if name in names}
    return dict.fromkeys(names, "") | said | cells


def _flip(chance: Chance, share: float) -> str:
    return "true" if chance.random() < share else "false"


def _engagement_rule(chance: Chance, name: str, others: Sequence[str]) -> dict[str, str]:
    """`others`: the rules it may require; without them it requires nothing but an ideal customer."""
    kinds = [*COUNTING, *COUNTING, *MEASURING, *(("company_usage_ratio",) if chance.random() < 0.4 else ())]
    aggregate = "all_of" if chance.random() < (0.4 if others else 0.06) else chance.choice(kinds)
    cells = {"aggregate": aggregate, "score_group": chance.choice(("g1", "g2", "g3")), "points": chance.choice(POINTS)}
    cells |= {"holds": chance.choice(("latched", "latched", "current")), "is_enabled": _flip(chance, 0.85)}
    cells |= {"is_per_occurrence": "false", "requires": _required(chance, aggregate, others)}
    decay = chance.choice(("step", "step", "exponential", "linear", "none"))
    cells |= {"decay": decay, "decay_days": "" if decay == "none" else str(chance.choice(DECAY_DAYS))}
    if aggregate == "all_of":
        cells |= {"operator": ">=", "threshold": str(len(cells["requires"].split("|")))}
    elif aggregate == "company_usage_ratio":
        cells |= {"operator": ">=", "threshold": chance.choice(("0.8", "0.7999", "1", "2.6667"))}
        cells |= {"holds": "current", "decay": "none", "decay_days": ""}
    else:
        cells |= _condition(chance, aggregate)
    return row_of("engagement_rules", rule_id=name, **cells)


def _required(chance: Chance, aggregate: str, others: Sequence[str]) -> str:
    if aggregate != "all_of" and chance.random() < 0.75:
        return ""
    if not others or chance.random() < 0.15:
        return "icp_match"
    names = chance.sample(others, chance.choice((1, 1, 2, 2, 3) if len(others) > 2 else (1,)))
    return "|".join([*names, *(("icp_match",) if chance.random() < 0.2 else ())])


def _condition(chance: Chance, aggregate: str) -> dict[str, str]:
    cells = {"events": "|".join(sorted(set(chance.choices(EVENTS, k=chance.choice((1, 1, 2, 3))))))}
    cells["operator"] = chance.choice(OPERATORS)
    cells["window_hours"] = str(chance.choice(WINDOWS)) if chance.random() < 0.6 else ""
    if aggregate not in ("count", "distinct_days"):
        cells["property"] = chance.choice(PROPERTIES)
    if aggregate == "ratio_of_latest":
        cells["divisor_property"] = chance.choice([name for name in PROPERTIES if name != cells["property"]])
    if aggregate in COUNTING:
        cells["threshold"] = chance.choice(("1", "1", "2", "2", "3", "5"))
    else:
        cells["threshold"] = chance.choice(("0", "0.1", "1", "2.5", "5", "10", "100.25", "-4"))
    if aggregate in (*COUNTING, "sum") and chance.random() < 0.35:
        cells |= {"is_per_occurrence": "true", "operator": ">=", "max_points": chance.choice(POINTS)}
        if aggregate == "sum":
            cells["threshold"] = chance.choice(("0.1", "2.5", "10"))
    if chance.random() < 0.35:
        operator = chance.choice(tuple(FILTER_VALUES))
        cells |= {"filter_property": chance.choice(PROPERTIES), "filter_operator": operator}
        cells["filter_value"] = chance.choice(FILTER_VALUES[operator])
    return cells


def _negative_rules(chance: Chance) -> list[dict[str, str]]:
    days, conditions = chance.choice(("1", "30", "90")), ["competitor_domain", "personal_domain", "small_company"]
    values = {"small_company": "25", "title_word": chance.choice(("student", "intern", "Working Student"))}
    values |= {"inactive_days": days, "no_login_days": days}
    names = chance.sample([*conditions, "title_word", "inactive_days", "no_login_days"], chance.choice((0, 1, 3, 6)))
    amounts = ("-100", "-50", "-20", "-10.5", "-0.0001")
    return [
        row_of(
            "negative_rules",
            rule_id=f"n_{name}",
            condition=name,
            value=values.get(name, ""),
            points=chance.choice(amounts),
            is_enabled=_flip(chance, 0.8),
        )
        for name in names
    ]


def _fit_rules(chance: Chance) -> list[dict[str, str]]:
    points = ("0.0001", "5", "10", "10", "15", "20", "33.3333", "50")
    titles = chance.sample(("VP", "Vice President", "Director", "Clerk", "ingénieur", "Sales Director"), 4)
    industries = chance.sample(("COMPUTER_SOFTWARE", "INTERNET", "FINANCIAL_SERVICES", "RETAIL"), 2)
    rows = [("job_title", "whole_words", value) for value in titles]
    rows += [("industry", "equals", value) for value in industries]
    rows += [("country", "equals", value) for value in chance.sample(("US", "DE", "FR"), 2)]
    texts = [
        # Two rule ids an attribute, so that equal points are decided by the id and then by the value.
        row_of(
            "fit_rules",
            rule_id=f"{attribute}_{chance.choice('ab')}",
            attribute=attribute,
            match=match,
            value=value,
            points=chance.choice(points),
        )
        for attribute, match, value in rows
    ]
    sizes = [
        row_of(
            "fit_rules",
            rule_id=f"size_{count}",
            attribute="employee_count",
            match="between",
            min_value=least,
            max_value=most,
            points=chance.choice(points),
        )
        for count, (least, most) in enumerate((("0", "9"), ("10", "99"), ("50", "500"), ("501", "100000")))
    ]
    return [*texts, *sizes]


def _icp(chance: Chance) -> list[dict[str, str]]:
    conditions = (
        ("zo_fit_score", chance.choice((">=", ">", "<", "!=")), chance.choice(("10", "20", "35"))),
        ("is_personal_email_domain", chance.choice(("=", "!=")), chance.choice(("true", "false"))),
        ("employee_count", chance.choice((">=", "<=")), chance.choice(("10", "100"))),
    )
    return [
        row_of("icp_definition", condition_id=f"i{count}", property=name, operator=operator, value=value)
        for count, (name, operator, value) in enumerate(chance.sample(conditions, chance.choice((1, 1, 2))))
    ]


def _weights(chance: Chance) -> list[dict[str, str]]:
    bounds = (("plg", "", ""), ("enterprise", "100", ""), ("small", "", "9"), ("middle", "25", "49"))
    rows = []
    for profile, least, most in bounds:
        fit, engagement = chance.choice((("0.4", "0.6"), ("0.75", "0.25"), ("1", "0"), ("0.3333", "0.6667")))
        cells = {"profile": profile, "min_employees": least, "max_employees": most}
        cells |= {"fit_weight": fit, "engagement_weight": engagement}
        cells["is_active"] = "true" if profile == "plg" else _flip(chance, 0.6)
        rows.append(row_of("score_weights", **cells))
    return chance.sample(rows, len(rows))


def _bands(chance: Chance) -> list[dict[str, str]]:
    edges = sorted(chance.sample(range(1, 100), 2))
    begins, ends = [0, *edges], [*(edge - 1 for edge in edges), 100]
    return [
        row_of("score_bands", band=band, min_score=str(least), max_score=str(most))
        for band, least, most in zip(("nurture", "mql", "pql"), begins, ends, strict=True)
    ]
