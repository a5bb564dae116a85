"""The message templates of a folder of rules: Jinja files that RevOps edits, rendered where they can do no harm.

A template has the blocks `subject`, `text`, `opener` and `talking_points`, of which it may leave out some. A field that
is not known is empty.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dagster_project.rules.reading import RuleProblem
from dagster_project.rules.template_fields import FIELDS, HELPERS

FOLDER, ENDING = "templates", ".j2"
BLOCKS = ("subject", "text", "opener", "talking_points")
# Jinja's own that a message may use; what else it brings is either of no use in one or a way out of the sandbox.
TEXT_FILTERS = (
    *("capitalize", "default", "first", "int", "join", "last", "length", "list", "lower", "replace"),
    *("round", "sort", "title", "trim", "truncate", "unique", "upper"),
)
ONE_FILE = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class TemplateInvalid(Exception):
    """A template cannot be rendered; the message names the file."""


def template_path(rules_dir: Path, name: str) -> Path:
    return rules_dir / FOLDER / f"{name}{ENDING}"


def template_names(rules_dir: Path) -> list[str]:
    return sorted(path.stem for path in (rules_dir / FOLDER).glob(f"*{ENDING}"))


def render(rules_dir: Path, name: str, facts: Mapping[str, object]) -> dict[str, str]:
    """The blocks of a template with these facts, each without blank lines around it; a missing one is empty.

    Raises:
        TemplateInvalid: The file is not there or cannot be rendered.
    """
    file = f"{FOLDER}/{name}{ENDING}"
    try:
        return _rendered(_compiled(template_path(rules_dir, name).read_text(encoding="utf-8")), facts)
    except OSError:
        raise TemplateInvalid(f"there is no template {file} in {rules_dir}") from None
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise TemplateInvalid(f"{file} cannot be rendered: {error}; make rules says where") from None


def template_problems(rules_dir: Path) -> Iterator[RuleProblem]:
    """Every problem of every template in a folder of rules, by line."""
    for name in template_names(rules_dir):
        yield from _problems(rules_dir, name)


def missing_template(rules_dir: Path, name: str) -> str | None:
    """What to name instead of a template that is not there; None where it is. For checks of files that name one."""
    if template_path(rules_dir, name).is_file():
        return None
    there = ", ".join(template_names(rules_dir)) or "none is there"
    return f"a file {FOLDER}/{name}{ENDING} beside the rules, or one of these: {there}"


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: "" if value is None else value,
    )
    environment.filters = {name: environment.filters[name] for name in TEXT_FILTERS}
    environment.globals = dict(HELPERS)
    return environment


@cache
def _compiled(text: str) -> Template:
    return _environment().from_string(text)


def _rendered(template: Template, facts: Mapping[str, object]) -> dict[str, str]:
    context = template.new_context(dict.fromkeys(FIELDS) | dict(facts))
    return {
        name: _tidied("".join(template.blocks[name](context))) if name in template.blocks else "" for name in BLOCKS
    }


def _tidied(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _problems(rules_dir: Path, name: str) -> Iterator[RuleProblem]:
    file = f"{FOLDER}/{name}{ENDING}"
    try:
        text = template_path(rules_dir, name).read_text(encoding="utf-8")
        parsed = _environment().parse(text)
    except (OSError, UnicodeDecodeError):
        yield RuleProblem(file, None, None, "no text that can be read", "a file of UTF-8 text")
        return
    except TemplateSyntaxError as error:
        yield RuleProblem(file, error.lineno, None, error.message, "Jinja as in the shipped templates")
        return
    found = [*_of_structure(file, parsed), *_of_names(file, parsed)]
    yield from found or _of_rendering(file, text)


def _of_structure(file: str, parsed: nodes.Template) -> Iterator[RuleProblem]:
    allowed = f"the blocks {', '.join(BLOCKS)}"
    blocks = list(parsed.find_all(nodes.Block))
    if not blocks:
        yield RuleProblem(file, None, None, "no block", allowed)
    for block in blocks:
        if block.name not in BLOCKS:
            yield RuleProblem(file, block.lineno, None, f"block {block.name}", allowed)
    for node in parsed.find_all(ONE_FILE):
        yield RuleProblem(file, node.lineno, None, type(node).__name__.lower(), "a template that stands by itself")
    for node in parsed.find_all(nodes.Getattr):
        yield RuleProblem(file, node.lineno, None, f".{node.attr}", "fields as they are, filters and the helpers")
    for node in parsed.find_all(nodes.Filter):
        if node.name not in TEXT_FILTERS:
            yield RuleProblem(file, node.lineno, None, f"filter {node.name}", f"one of {', '.join(TEXT_FILTERS)}")


def _of_names(file: str, parsed: nodes.Template) -> Iterator[RuleProblem]:
    names = list(parsed.find_all(nodes.Name))
    own = {node.name for node in names if node.ctx in ("store", "param")}
    known = own | FIELDS.keys() | HELPERS.keys()
    told: set[str] = set()
    for node in names:
        if node.ctx == "load" and node.name not in known and node.name not in told:
            told.add(node.name)
            allowed = f"a field ({', '.join(sorted(FIELDS))}) or a helper ({', '.join(sorted(HELPERS))})"
            yield RuleProblem(file, node.lineno, None, node.name, allowed)


def _of_rendering(file: str, text: str) -> Iterator[RuleProblem]:
    """Only what happens when it is rendered: with all that can be known, and with nothing at all."""
    for facts, when in ((FIELDS, "where everything is known"), (dict.fromkeys(FIELDS), "where nothing is known")):
        try:
            _rendered(_compiled(text), facts)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            allowed = f"what can be said {when}; {{% if field is not none %}} leaves a part out"
            yield RuleProblem(file, _line_of(error, _compiled(text)), None, str(error), allowed)


def _line_of(error: Exception, template: Template) -> int | None:
    """The line of the template at which an error came about."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line
