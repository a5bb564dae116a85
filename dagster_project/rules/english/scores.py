"""How points become scores and what scores are called, in plain English."""

from collections.abc import Iterator

from dagster_project.counting import plain_number
from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.words import OFF, counted
from dagster_project.rules.reachable import setting
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.scores import ScoreBand, ScoreSetting, ScoreWeights

COMPANY_SCORE = {
    "max": "A company's score is the best combined score of its people.",
    "sum": "A company's score is the sum of the combined scores of its people.",
    "mean": "A company's score is the mean of the combined scores of its people.",
    "top_3_mean": "A company's score is the mean of the three best combined scores of its people.",
}


def _weight_sentences(book: RuleBook) -> Iterator[str]:
    profiles = book.rules("score_weights")
    several = sum(rule.is_active for rule in profiles) > 1
    for rule in profiles:
        whom = _whom(rule, several and rule.is_active)
        yield f"{_weights(book, rule)} (profile {rule.profile}){whom}{'' if rule.is_active else OFF}."


def _weights(book: RuleBook, rule: ScoreWeights) -> str:
    fit, engagement = plain_number(rule.fit_weight * 100), plain_number(rule.engagement_weight * 100)
    return f"{fit} % of the fit score and {engagement} % of the PQL score"


def _whom(rule: ScoreWeights, is_one_of_several: bool) -> str:
    match rule.min_employees, rule.max_employees:
        case None, None:
            return " for everybody else" if is_one_of_several else ""
        case least, None:
            return f" for companies of {least} employees or more"
        case None, most:
            return f" for companies of at most {counted(most, 'employee')}"
        case least, most:
            return f" for companies of {least} to {most} employees"


def _weights_row(book: RuleBook, rule: ScoreWeights) -> str:
    return f"{_weights(book, rule)}{_whom(rule, False)}"


def _band_sentences(book: RuleBook) -> Iterator[str]:
    bands = ", ".join(f"{_band(book, rule)} {rule.band}" for rule in book.rules("score_bands"))
    yield f"By combined score: {bands}."


def _band(book: RuleBook, rule: ScoreBand) -> str:
    return f"{rule.min_score} to {rule.max_score}"


def _setting_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("score_settings"):
        yield setting_in_words(book, rule)


def setting_in_words(book: RuleBook, rule: ScoreSetting) -> str:
    value = rule.value
    match rule.setting_id:
        case "company_score_method":
            return COMPANY_SCORE[value]
        case "pql_floor":
            return f"A PQL score never falls below {value}."
        case "habitual_days":
            window = setting(book, "habitual_window_days")
            return (
                f"Habitual use: logins on at least {counted(int(value), 'different day')} of {window} after activation."
            )
        case "habitual_window_days":
            return f"Habitual use is looked for within {counted(int(value), 'day')}."
        case "dormant_days":
            return f"Dormant: activated and then no login for {counted(int(value), 'day')} or more."
        case "dormant_long_days":
            return f"Dormant for long: no login for {counted(int(value), 'day')} or more."
        case "dormant_lost_days":
            return f"Lost: no login for {counted(int(value), 'day')} or more."
        case "small_company_below_employees":
            return f"Sales priority is low at companies known to have fewer than {counted(int(value), 'employee')}."
        case _:
            return f"A busy week has {counted(int(value), 'key action')} or more in 7 days."


WEIGHTS = Chapter("Combined score", _weight_sentences, _weights_row)
BANDS = Chapter("Bands", _band_sentences, _band)
SETTINGS = Chapter("Settings", _setting_sentences, setting_in_words)
