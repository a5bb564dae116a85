"""What makes a person or a company worth a call, in plain English."""

from collections.abc import Iterator

from dagster_project.counting import plain_number
from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.words import OFF, counted, events_in_words, hours_in_words
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.signals import AccountSignal, Signal, TitleSeniority


def _signal_sentences(book: RuleBook) -> Iterator[str]:
    for rule in sorted(book.rules("signals"), key=lambda rule: rule.strength):
        yield f"{rule.strength}. {rule.label}: {_signal(book, rule)}{'' if rule.is_enabled else OFF}."
    yield "The strongest live signal of a person counts, and the strongest of its people for a company."


def _signal(book: RuleBook, rule: Signal) -> str:
    match rule.condition:
        case "events":
            times = "" if rule.threshold == 1 else f" at least {counted(rule.threshold or 0, 'time')}"
            what = f"{events_in_words(rule.events)}{times}"
        case "company_active_users":
            what = f"{counted(rule.threshold or 0, 'active user')} or more in the company"
        case "habitual_use":
            what = "habitual use after activation"
        case "activated":
            what = "all milestones of activation reached"
        case _:
            what = "signed up and matches the ideal customer profile"
    told = "" if rule.origin == "internal" else ", told by others than the product"
    return f"{what}, live for {counted(rule.live_days, 'day')}{told}"


def _account_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("account_signals"):
        yield f"{rule.label}: {_account_signal(book, rule)}{'' if rule.is_enabled else OFF}."
    yield "A company shows a signal of its own when any of these holds."


def _account_signal(book: RuleBook, rule: AccountSignal) -> str:
    match rule.condition:
        case "active_users":
            return f"{counted(rule.threshold, 'active user')} or more"
        case "usage_ratio":
            return f"{plain_number(rule.threshold * 100)} % of the usage limit or more"
        case _:
            times = "" if rule.threshold == 1 else f" at least {counted(rule.threshold, 'time')}"
            return f"{events_in_words(rule.events)}{times} by anybody within {hours_in_words(rule.window_hours or 0)}"


def _seniority_sentences(book: RuleBook) -> Iterator[str]:
    ranks: dict[int, list[str]] = {}
    for rule in sorted(book.rules("title_seniority"), key=lambda rule: rule.rank):
        ranks.setdefault(rule.rank, []).append(rule.words)
    for rank, words in ranks.items():
        yield f"{rank}. {', '.join(words)}."
    yield "Rank 1 is the most senior; of the words that stand in a title, those of the lowest rank count."


def _seniority(book: RuleBook, rule: TitleSeniority) -> str:
    return f"a job title with the words {rule.words} has rank {rule.rank}"


SIGNALS = Chapter("Signals, the strongest first", _signal_sentences, _signal)
ACCOUNT_SIGNALS = Chapter("Signals of a company", _account_sentences, _account_signal)
SENIORITY = Chapter("Seniority of job titles", _seniority_sentences, _seniority)
