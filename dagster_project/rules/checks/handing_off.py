"""Members whom no route reaches, routes to nobody, and returns that nobody could judge."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dagster_project.rules.checks.deciding import compared_with_its_like
from dagster_project.rules.checks.fit import unheard_of
from dagster_project.rules.checks.scores import WHOLE, settings_of
from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.handing_off import HANDOFF_SETTINGS

TEAM, ROUTES, CONDITIONS, RETURNS = "sales_team.csv", "routing_rules.csv", "routing_conditions.csv", "return_rules.csv"
MOST_DAYS = 3650


def absences_end_after_they_begin(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["sales_team"]:
        begins, ends = row.rule.absent_from, row.rule.absent_until
        if (begins is None) != (ends is None) or (begins is not None and begins > ends):
            allowed = "both dates of an absence, the first one first, or neither"
            yield RuleProblem(TEAM, row.number, "absent_until", f"{begins} to {ends}", allowed)


def members_work_at_some_time_and_place(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["sales_team"]:
        rule = row.rule
        if rule.works_from >= rule.works_until:
            allowed = f"a time after {rule.works_from}, when work begins"
            yield RuleProblem(TEAM, row.number, "works_until", rule.works_until, allowed)
        if not is_time_zone(rule.time_zone):
            allowed = "a time zone of the IANA database, such as Europe/London"
            yield RuleProblem(TEAM, row.number, "time_zone", rule.time_zone, allowed)


def is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def routes_lead_to_somebody(book: RuleBook) -> Iterator[RuleProblem]:
    manned = {pool for rule in book.rules("sales_team") for pool in parts(rule.pool)}
    reached = dict.fromkeys(rule.pool for rule in book.rules("routing_rules"))
    for row in book.rows["sales_team"]:
        for pool in parts(row.rule.pool):
            if pool not in reached:
                allowed = f"a pool of {ROUTES}: {', '.join(reached)}"
                yield RuleProblem(TEAM, row.number, "pool", pool, allowed)
    places: dict[int, int] = {}
    for row in book.rows["routing_rules"]:
        first = places.setdefault(row.rule.place, row.number)
        if first != row.number:
            allowed = f"a place of its own: row {first} has it already"
            yield RuleProblem(ROUTES, row.number, "place", str(row.rule.place), allowed)
        # Without a team everybody waits, which is said elsewhere.
        if row.rule.is_enabled and manned and row.rule.pool not in manned:
            allowed = f"a pool with a member in {TEAM}: {', '.join(sorted(manned))}"
            yield RuleProblem(ROUTES, row.number, "pool", row.rule.pool, allowed)


def routing_conditions_can_hold(book: RuleBook) -> Iterator[RuleProblem]:
    routes = [rule.route_id for rule in book.rules("routing_rules")]
    for row in book.rows["routing_conditions"]:
        rule = row.rule
        if rule.route_id not in routes:
            allowed = f"a route_id of {ROUTES}: {', '.join(routes)}"
            yield RuleProblem(CONDITIONS, row.number, "route_id", rule.route_id, allowed)
        yield from compared_with_its_like(book, CONDITIONS, row)
        for allowed in unheard_of(rule.property, rule.value, book):
            yield RuleProblem(CONDITIONS, row.number, "value", rule.value, allowed)


def handoff_settings_are_there_and_within_bounds(book: RuleBook) -> Iterator[RuleProblem]:
    yield from settings_of(book, "handoff_settings", HANDOFF_SETTINGS)


def return_rules_are_complete(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["return_rules"]:
        rule = row.rule
        if rule.condition == "property":
            missing = [name for name in ("property", "operator") if getattr(rule, name) is None]
            for name in missing:
                yield RuleProblem(RETURNS, row.number, name, None, f"the {name} to compare by")
            if not missing:
                yield from compared_with_its_like(book, RETURNS, row)
                for allowed in unheard_of(rule.property, rule.value, book):
                    yield RuleProblem(RETURNS, row.number, "value", rule.value, allowed)
            continue
        for name in ("property", "operator"):
            if getattr(rule, name) is not None:
                yield RuleProblem(RETURNS, row.number, name, getattr(rule, name), f"empty for {rule.condition}")
        if not WHOLE.fullmatch(rule.value) or not 1 <= int(rule.value) <= MOST_DAYS:
            allowed = f"a whole number of days from 1 to {MOST_DAYS}"
            yield RuleProblem(RETURNS, row.number, "value", rule.value, allowed)
