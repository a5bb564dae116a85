"""docs/rules.md: of each rule file what a row means, its columns, what they may hold, and an example."""

from collections.abc import Iterator

from dagster_project.documents.cells import MOST_CHOICES, cell_in_words, choices_of
from dagster_project.documents.choices import ASKED_OF, MEANINGS, SETTINGS_OF, kind_in_words, setting_in_words
from dagster_project.documents.descriptions import Described
from dagster_project.rules.english.telling import chapter_of, told_files
from dagster_project.rules.markdown import escaped, table
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema import RULE_FILES, Rule

OF_EVERY_ROW = ("owner", "why")
HEAD = """\
# The rule files

Made by `make docs` from the schema of the rules, their descriptions and the shipped files. `make rules` tells in plain
English what the rules come to; [scoring.md](scoring.md) tells how scores and decisions are made of them.

- The files lie in `seeds/rules/`, or in the folder that `PQL_RULES_DIR` names. Each has exactly the columns below.
- Every row ends with `owner`, whose it is, and `why`, a sentence saying why it is there. Neither may be empty.
- A **name** is small letters, digits and `_`, beginning with a letter; **names** are several with `|` between them.
- The **key** of a file is what each row has once.
- The file is UTF-8 with commas between cells, quotes around a cell with a comma in it, and no blanks around a cell.
- A mistake is told with file, row, column, what was found and what is allowed, and nothing runs on it. The header is
  row 1.

The message templates in `templates/` beside the files are told in [sending.md](sending.md#templates)."""


def rule_files_document(book: RuleBook, seeds: dict[str, Described]) -> str:
    contents = table(
        ("file", "what it holds", "rows"),
        [(f"[{name}.csv](#{name}csv)", seeds[name].description, str(len(book.rules(name)))) for name in told_files()],
    )
    parts = [part for name in told_files() for part in _file(book, name, seeds[name])]
    return "\n\n".join([HEAD, contents, *parts]) + "\n"


def _file(book: RuleBook, name: str, described: Described) -> Iterator[str]:
    model = RULE_FILES[name]
    example = _example(book, name)
    columns = [column for column in model.model_fields if column not in OF_EVERY_ROW]
    yield f"## {name}.csv"
    yield f"{escaped(described.description)} Key: {_listed(model.key_columns())}."
    yield table(
        ("column", "what it says", "what it may hold", *(["example"] if example else [])),
        [
            (
                f"`{column}`",
                described.columns[column],
                cell_in_words(model.model_fields[column]),
                *([_cell(getattr(example, column))] if example else []),
            )
            for column in columns
        ],
    )
    if example:
        says = chapter_of(name).row(book, example).removesuffix(".")
        yield f"The example says: {escaped(says)}. Why: {escaped(example.why)}."
    for column in columns:
        yield from _choices(name, column)
    yield from _asked(name)
    if name in SETTINGS_OF:
        yield _settings(book, name)


def _example(book: RuleBook, name: str) -> Rule | None:
    """The row with the most to say that is switched on; the first of several. A file may have no rows."""
    return max(
        book.rules(name),
        key=lambda rule: (getattr(rule, "is_enabled", True), len(rule.model_dump(exclude_none=True))),
        default=None,
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _choices(name: str, column: str) -> Iterator[str]:
    """What each word means, or which words there are where they are too many for the table."""
    meanings = MEANINGS.get((name, column))
    choices = choices_of(RULE_FILES[name].model_fields[column])
    if meanings is not None:
        yield table((f"`{column}`", "what it means"), [(f"`{value}`", meanings[value]) for value in choices])
    elif len(choices) > MOST_CHOICES and name not in SETTINGS_OF:
        yield f"`{column}` is one of {_listed(choices)}."


def _asked(name: str) -> Iterator[str]:
    for whom, asked in ASKED_OF.get(name, {}).items():
        rows = [(f"`{property_}`", kind_in_words(kind)) for property_, kind in asked.items()]
        yield table((f"{whom}, `property`", "and `value`"), rows)


def _settings(book: RuleBook, name: str) -> str:
    held = {rule.setting_id: rule for rule in book.rules(name)}
    rows = [
        (f"`{setting}`", setting_in_words(allowed), str(held[setting].value), held[setting].why)
        for setting, allowed in SETTINGS_OF[name].items()
    ]
    return table(("`setting_id`", "what it may be", "is", "why"), rows)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
