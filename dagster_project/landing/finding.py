"""Where the columns of a contract stand in lines, calls and tables: the SQL that finds them, as text."""

from collections.abc import Mapping
from types import MappingProxyType

from dagster_project.landing.chunks import FRAME
from dagster_project.landing.contract import Column, Contract, json_path

# Without what ends them, and without the blank ones. Nearly all begin with a brace, and trimming costs.
LINES = f"""
    select line_number, is_utf8, case when ends_with(line, e'\\r') then rtrim(line, e'\\r') else line end as line
    from {FRAME}
    where left(line, 1) > ' ' or trim(line, e' \\t\\r') <> ''
"""
# What was found in no line of JSON is null, a list of nulls in one that is no object.
OBJECTS_OF_LINES = """
    select *, 0 as call_number, line as whole,
        case
            when not is_utf8 then 'not_utf8'
            when texts is null then 'json_broken'
            when left(line, 1) <> '{' and left(ltrim(line, e' \\t\\r'), 1) <> '{' then 'json_not_an_object'
        end as broken,
        case when broken is null then line end as document
    from found
"""
# A batch says some things of all its calls. They go along with each of them, under `batch`; its context only with those
# that have none of their own, so that the context of a call is never half its own.
CALLS_OF_LINES = """
    with judged as (
        select line_number, line,
            case
                when not is_utf8 then 'not_utf8'
                when not json_valid(line) then 'json_broken'
                when json_type(line) not in ('OBJECT', 'ARRAY') then 'json_not_an_object'
            end as broken
        from landed
    ),
    lines as materialized (
        select line_number, line, broken,
            case
                when broken is not null then null
                when json_type(line) = 'ARRAY' then json_extract(line, '$[*]')
                when json_type(line, '$.batch') = 'ARRAY' then json_extract(line, '$.batch[*]')
            end as calls,
            case
                when len(calls) > 0 and json_type(line) = 'OBJECT'
                then json_object(
                    'timestamp', line -> '$.timestamp', 'sentAt', line -> '$.sentAt', 'context', line -> '$.context'
                )
            end as said_of_all
        from judged
    ),
    single as (
        select line_number, 0 as call_number, line as whole,
            case when calls is not null then 'batch_empty' else broken end as broken,
            case when calls is null and broken is null then line end as document
        from lines
        where calls is null or len(calls) = 0
    ),
    several as (
        select line_number, said_of_all, unnest(calls) as call, generate_subscripts(calls, 1) as call_number
        from lines
        where len(calls) > 0
    )
    select * from single
    union all
    select line_number, call_number, cast(call as varchar) as whole,
        case when json_type(call) <> 'OBJECT' then 'json_not_an_object' end as broken,
        case
            when json_type(call) <> 'OBJECT' then null
            when said_of_all is null then call
            when coalesce(json_type(call, '$.context'), 'NULL') = 'NULL'
            then json_merge_patch(call, json_object('batch', said_of_all))
            else json_merge_patch(
                call, json_object('batch', json_merge_patch(said_of_all, '{"context": null}'))
            )
        end as document
    from several
"""


def from_lines(contract: Contract) -> str:
    """SQL: the columns of the contract, as text, out of `landing_frame`: line_number, line, is_utf8."""
    texts = [place for column in contract.columns if column.type != "json" for place in column.places]
    objects = [place for column in contract.columns if column.type == "json" for place in column.places]
    columns = []
    for column in contract.columns:
        kind, places = ("objects", objects) if column.type == "json" else ("texts", texts)
        found = [f"{kind}[{places.index(place) + 1}]" for place in column.places]
        if column.type == "json":
            found = [f"nullif(cast({element} as varchar), 'null')" if len(found) > 1 else element for element in found]
        columns.append(_text_column(column, "rest" if column.gathers_rest else _first_filled(found)))
    if contract.holds_calls:
        documents = (
            f"documents as ({CALLS_OF_LINES}), found as (select *, {_found('document', texts, objects)} from documents)"
        )
        source = "found"
    else:
        documents = (
            f"found as (select *, {_found('line', texts, objects)} from landed), documents as ({OBJECTS_OF_LINES})"
        )
        source = "documents"
    rest = f", {_without_named(contract)} as rest" if contract.gathers_rest else ""
    return f"""
        with landed as ({LINES}),
        {documents}
        select line_number, call_number, whole, broken, {", ".join(columns)}
        from (select *{rest} from {source})
    """


def _found(document: str, texts: list[str], objects: list[str]) -> str:
    """SQL: what stands at these places of a JSON document, `texts` and `objects`; null where it is no JSON.

    Every path of a kind in one list, because each call of the database reads the whole document once.
    """
    return ", ".join(
        f"try({function}({document}, {[json_path(place) for place in places] or ['$']})) as {kind}"
        for function, places, kind in (("json_extract_string", texts, "texts"), ("json_extract", objects, "objects"))
        # The texts also tell whether it is JSON.
        if places or kind == "texts"
    )


def _without_named(contract: Contract) -> str:
    """SQL: the document without the keys that columns name and those of bookkeeping; null where nothing is left."""
    named = f"key in {(*contract.named, '')}"
    bookkeeping = "".join(f" or starts_with(key, '{beginning}')" for beginning in contract.rest_without)
    keys = f"list_filter(json_keys(document), lambda key: {named}{bookkeeping})"
    nothing = "'{' || array_to_string(list_transform(" + keys + ", lambda key: to_json(key) || ':null'), ',') || '}'"
    return f"nullif(cast(json_merge_patch(document, {nothing}) as varchar), '{{}}')"


def _text_column(column: Column, expression: str) -> str:
    return f"cast({expression} as varchar) as {column.text_column}"


def filled(text: str) -> str:
    """SQL: the text without spaces around it; null where nothing is left."""
    # Trimming a set of characters costs three times as much as looking whether there is anything to trim.
    has_spaces = f"{text} < '!' or {text}[-1] < '!'"
    return f"case when {has_spaces} then nullif(trim({text}, e' \\t\\r\\n'), '') else {text} end"


def _first_filled(texts: list[str]) -> str:
    # One alone is trimmed when it is judged, like all the others.
    return f"coalesce({', '.join(map(filled, texts))})" if len(texts) > 1 else (texts or ["null"])[0]


def from_cells(
    contract: Contract, cells: Mapping[str, str], rest: str | None, parsed: Mapping[str, str] = MappingProxyType({})
) -> str:
    """SQL: the columns of the contract, as text, out of the columns of a table.

    Args:
        cells: What the table has, by the name in its header, as SQL.
        parsed: Columns of the contract that are not read from text, as SQL.
    """
    columns = []
    for column in contract.columns:
        if column.name in parsed:
            columns.append(f"{parsed[column.name]} as {column.text_column}")
            continue
        found = []
        for place in column.places:
            name, _, inner = place.partition(".")
            if name in cells and inner:
                document = f"case when json_valid({cells[name]}) then {cells[name]} end"
                found.append(f"json_extract_string({document}, '{json_path(inner)}')")
            elif name in cells:
                found.append(cells[name])
        columns.append(_text_column(column, rest or "null" if column.gathers_rest else _first_filled(found)))
    return ", ".join(columns)
