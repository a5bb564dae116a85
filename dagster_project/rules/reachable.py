"""The highest scores that the rules can give at all, exactly."""

from decimal import ROUND_FLOOR, Decimal

from dagster_project.countries import country_code
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.engagement import EngagementRule
from dagster_project.rules.schema.scores import ScoreWeights

MOST = Decimal(100)
HALF = Decimal("0.5")


def setting(book: RuleBook, name: str) -> str:
    """The value of a row of score_settings.csv, which the checks have found to be there."""
    return next(rule.value for rule in book.rules("score_settings") if rule.setting_id == name)


def points_at_most(rule: EngagementRule) -> Decimal:
    """What a rule gives at most, however often it is earned."""
    if rule.max_points is None or rule.points == 0:
        return rule.points
    return rule.max_points


def most_pql_points(book: RuleBook) -> Decimal:
    """Of the rules that are switched on: each group up to its cap, all together up to 100."""
    caps = _caps(book, "pql")
    by_group: dict[str, Decimal] = {}
    for rule in book.rules("engagement_rules"):
        if rule.is_enabled:
            by_group[rule.score_group] = by_group.get(rule.score_group, Decimal()) + points_at_most(rule)
    return min(sum((min(points, caps[group]) for group, points in by_group.items()), Decimal()), MOST)


def least_pql_points(book: RuleBook) -> Decimal:
    """What negative points alone lead to, no lower than the floor."""
    negative = sum((rule.points for rule in book.rules("negative_rules") if rule.is_enabled), Decimal())
    return max(negative, Decimal(setting(book, "pql_floor")))


def most_fit_points(book: RuleBook) -> Decimal:
    """The best row of each attribute, and what one country can have; together up to the cap of fit, and to 100."""
    best: dict[str, Decimal] = {}
    for rule in book.rules("fit_rules"):
        if rule.attribute not in ("country", "region"):
            best[rule.attribute] = max(best.get(rule.attribute, Decimal()), rule.points)
    return min([sum(best.values(), _most_place_points(book)), MOST, *_caps(book, "fit").values()])


def _most_place_points(book: RuleBook) -> Decimal:
    """What country and region give together: a person is in one country, and in the regions that it is in."""
    in_region: dict[str, set[str]] = {}
    for rule in book.rules("regions"):
        in_region.setdefault(rule.country_code, set()).add(rule.region)
    points: dict[str, dict[str | None, Decimal]] = {"country": {}, "region": {}}
    for rule in book.rules("fit_rules"):
        if rule.attribute in points:
            place = country_code(rule.value) if rule.attribute == "country" else rule.value
            best = points[rule.attribute].get(place, Decimal())
            points[rule.attribute][place] = max(best, rule.points)
    sums = [
        points["country"].get(country, Decimal())
        + max((points["region"].get(region, Decimal()) for region in in_region.get(country, ())), default=Decimal())
        for country in {*points["country"], *in_region}
    ]
    return max(sums, default=Decimal())


def active_profiles(book: RuleBook) -> list[ScoreWeights]:
    return [rule for rule in book.rules("score_weights") if rule.is_active]


def most_combined_score(book: RuleBook, profile: ScoreWeights) -> int:
    """The rounded number that people see, for companies of this profile."""
    points = profile.fit_weight * most_fit_points(book) + profile.engagement_weight * most_pql_points(book)
    return rounded(points)


def scores_of(book: RuleBook) -> dict[str, range]:
    """The whole numbers that each score can be, in whatever profile."""
    combined = [most_combined_score(book, profile) for profile in active_profiles(book)]
    least = rounded(least_pql_points(book))
    # The combined score of somebody without fit is the weighted PQL score, which may lie below zero.
    lowest = min(rounded(profile.engagement_weight * least) for profile in active_profiles(book))
    return {
        "zo_pql_score": range(least, rounded(most_pql_points(book)) + 1),
        "zo_fit_score": range(rounded(most_fit_points(book)) + 1),
        "zo_combined_score": range(min(lowest, 0), max(combined) + 1),
    }


def rounded(points: Decimal) -> int:
    """Half up, as the scores are."""
    return int((points + HALF).to_integral_value(ROUND_FLOOR))


def _caps(book: RuleBook, score: str) -> dict[str, Decimal]:
    return {rule.score_group: rule.cap for rule in book.rules("score_groups") if rule.score == score}
