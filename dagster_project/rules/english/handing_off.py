"""To whom a sales qualified contact goes, and when it goes back to marketing, in plain English."""

from collections.abc import Callable, Iterator

from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.words import OFF, all_of, condition_in_words, counted
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.handing_off import (
    HandoffSetting,
    ReturnRule,
    RoutingCondition,
    RoutingRule,
    SalesMember,
)

TRACKS = {"enterprise": "enterprise track", "self_service": "self-service track"}


def _team_sentences(book: RuleBook) -> Iterator[str]:
    team = book.rules("sales_team")
    if not team:
        yield "A sales qualified contact keeps its owner. Those who have none wait: sales_team.csv is empty."
        return
    yield (
        "A sales qualified contact keeps its owner; without one it goes to the owner of an open deal, or of the "
        "company. Otherwise it goes to whoever of its pool had the fewest turns, of several to the one who has waited "
        "longest."
    )
    for pool in dict.fromkeys(pool for rule in team for pool in parts(rule.pool)):
        yield f"{pool}: {', '.join(rule.member_email for rule in team if pool in parts(rule.pool))}."
    yield "Whoever was away or is new takes turns from where the others are: nobody is flooded."
    for rule in team:
        yield f"{rule.member_email} works {_hours(rule)}{_away(rule)}."


def _member(book: RuleBook, rule: SalesMember) -> str:
    pools = all_of(parts(rule.pool))
    return f"{rule.member_email} takes contacts of {pools}, works {_hours(rule)}{_away(rule)}"


def _hours(rule: SalesMember) -> str:
    days = ", ".join(parts(rule.works_on))
    return f"on {days} from {rule.works_from} to {rule.works_until} ({rule.time_zone})"


def _away(rule: SalesMember) -> str:
    return "" if rule.absent_from is None else f", and is away from {rule.absent_from} to {rule.absent_until}"


def _route_sentences(book: RuleBook) -> Iterator[str]:
    routes = sorted(book.rules("routing_rules"), key=lambda rule: rule.place)
    if not any(rule.is_enabled for rule in routes):
        yield "No route is switched on: contacts that nobody has yet wait."
    for rule in routes:
        yield f"{_route(book, rule)}{'' if rule.is_enabled else OFF}."


def _route(book: RuleBook, rule: RoutingRule) -> str:
    conditions = [
        condition_in_words(condition)
        for condition in book.rules("routing_conditions")
        if condition.route_id == rule.route_id
    ]
    who = f"when {' and '.join(conditions)}" if conditions else "everybody who is left"
    return f"{rule.route_id}: {who}, to the pool {rule.pool}, {TRACKS[rule.track]}"


def _condition_sentences(book: RuleBook) -> Iterator[str]:
    count = len(book.rules("routing_conditions"))
    yield f"{counted(count, 'condition')}; those of each route are said with it, and all must hold."


def _condition(book: RuleBook, rule: RoutingCondition) -> str:
    return condition_in_words(rule)


def _handoff_by(value: str) -> str:
    if value == "pipeline":
        return "The handoff is made by us: stage, owner, time, reason and track are written together"
    return (
        "The handoff is left to a HubSpot workflow: only what it starts from is written, the scores and "
        "zo_is_sales_qualified"
    )


def _min_fit_score(value: str) -> str:
    if value == "0":
        return "Whoever does enough is handed off, whatever their fit score is"
    return f"Nobody whose fit score is below {value} is handed off, whatever they do"


def _review_from_acv(value: str) -> str:
    return (
        f"A contact that nobody has yet at a company worth {int(value):,} a year or more waits until somebody becomes "
        "its owner in HubSpot; where the worth is not known it does not wait"
    )


def _cool_off_days(value: str) -> str:
    return f"Whoever went back to marketing is not handed off again within {counted(int(value), 'day')}"


def _returns_only_handed_off(value: str) -> str:
    who = "Only contacts that we handed off go" if value == "true" else "Any sales qualified contact goes"
    return f"{who} back to marketing by a rule"


def _max_returned(value: str) -> str:
    return f"Up to {int(value):,} contacts go back to marketing at once without a look"


def _max_returned_pct(value: str) -> str:
    return f"More than these go back only while they are no more than {value} % of the contacts at sales qualified"


SETTING_WORDS: dict[str, Callable[[str], str]] = {
    "handoff_by": _handoff_by,
    "min_fit_score": _min_fit_score,
    "review_from_acv": _review_from_acv,
    "cool_off_days": _cool_off_days,
    "returns_only_handed_off": _returns_only_handed_off,
    "max_returned": _max_returned,
    "max_returned_pct": _max_returned_pct,
}


def _setting_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("handoff_settings"):
        yield f"{_setting(book, rule)}."


def _setting(book: RuleBook, rule: HandoffSetting) -> str:
    return SETTING_WORDS[rule.setting_id](rule.value)


def _return_sentences(book: RuleBook) -> Iterator[str]:
    rules = book.rules("return_rules")
    if not any(rule.is_enabled for rule in rules):
        yield "Nobody goes back to marketing by a rule."
    for rule in rules:
        yield f"A contact at sales qualified goes back to marketing when {_return(book, rule)}{_off(rule)}."
    yield "Nobody goes back from opportunity or customer, or while a deal of theirs or of their company is open."


def _off(rule: ReturnRule) -> str:
    return "" if rule.is_enabled else OFF


def _return(book: RuleBook, rule: ReturnRule) -> str:
    if rule.condition == "property":
        return condition_in_words(rule)
    return (
        f"the owner has completed no call, e-mail, meeting, task or note for {counted(int(rule.value), 'day')} or more "
        "after the handoff"
    )


SALES_TEAM = Chapter("Handoff: who takes it", _team_sentences, _member)
ROUTES = Chapter("Handoff: which way", _route_sentences, _route)
ROUTING_CONDITIONS = Chapter("Handoff: conditions of the ways", _condition_sentences, _condition)
HANDOFF_SETTINGS = Chapter("Handoff: how", _setting_sentences, _setting)
RETURNS = Chapter("Return to marketing", _return_sentences, _return)
