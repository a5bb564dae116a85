"""The SQL that compares what is desired with what HubSpot holds, property by property.

Of a million records few differ: whether a property does is found with the cheapest comparison that can tell, and only
what differs is written out as text.
"""

from collections.abc import Iterable
from decimal import Decimal

from dagster_project.crm.property_map import MappedObject, MappedProperty


def differences(desired: str, ledger: str, mapped: MappedObject, is_part: bool = False) -> str:
    """SQL: one row per record and property that differs, as `crm.changes` describes them.

    Args:
        desired: A relation with one row per record: record_key, hubspot_id, matched_by, the key it would be upserted
            by, and the source columns of the map.
        ledger: A relation with one row per HubSpot record: hubspot_id, record_key, log_id, and a text a property.
        is_part: What is not desired is none of its business, and not gone.
    """
    is_contact = mapped.object_type == "contacts"
    other = f"same_record_as_another_{'user' if is_contact else 'company'}"
    differing = " or ".join(f"coalesce({_differs(property_)}, false)" for property_ in mapped.properties)
    written = ",\n".join(_written(property_) for property_ in mapped.properties)
    return f"""
        with ledger as (select * from {ledger}),
        published as (select * from {desired}),
        -- A record made since HubSpot was last read is found through the key that made it. One that holds nothing of
        -- ours any more, because it was emptied or is not there, is not looked for.
        made_by as (
            select record_key, arg_max(hubspot_id, log_id) as made_id
            from ledger
            where {holds_any(mapped.properties)}
                and record_key in (select record_key from published where hubspot_id is null)
            group by record_key
        ),
        -- What HubSpot was read to say comes first: two would write to one record otherwise, in one batch.
        anothers as (
            select distinct hubspot_id as made_id from published where hubspot_id in (select made_id from made_by)
        ),
        found as (
            select published.*, made_by.made_id, anothers.made_id is not null as is_anothers
            from published
            left join made_by on made_by.record_key = published.record_key and published.hubspot_id is null
            left join anothers on anothers.made_id = made_by.made_id
        ),
        desired as (
            select
                * replace (case when is_anothers then '{other}' else matched_by end as matched_by),
                coalesce(hubspot_id, made_id) as target_id
            from found
        ),
        differing as (
            select
                coalesce(desired.record_key, ledger.record_key) as record_key,
                coalesce(desired.target_id, ledger.hubspot_id) as hubspot_id,
                coalesce(desired.matched_by, 'gone') as matched_by,
                desired.{"contact_email" if is_contact else "company_id"} as upsert_key,
                {"cast(null as varchar)" if is_contact else "desired.domain"} as domain,
                {"cast(null as varchar)" if is_contact else "desired.company_name"} as company_name,
                desired.record_key is null as is_gone,
                unnest([{written}]) as difference
            from desired
            {"left" if is_part else "full outer"} join ledger on ledger.hubspot_id = desired.target_id
            where {differing}
        )
        select record_key, hubspot_id, matched_by, upsert_key, domain, company_name, is_gone,
            difference.property, difference.value, difference.previous
        from differing
        where difference is not null
    """


def holds_any(properties: Iterable[MappedProperty]) -> str:
    """SQL: whether a ledger row holds a value of any of these properties."""
    held = ", ".join(f'"{property_.name}"' for property_ in properties)
    return f"coalesce({held}) is not null" if held else "false"


def _written(mapped: MappedProperty) -> str:
    """SQL: a struct of property, value and previous where desired and ledger differ, else null."""
    value = f"{{'property': '{mapped.name}', 'value': {_text(mapped)}, 'previous': {_held(mapped)}}}"
    return f"case when {_differs(mapped)} then {value} end"


def _desired(mapped: MappedProperty) -> str:
    return f'desired."{mapped.source_column}"'


def _held(mapped: MappedProperty) -> str:
    return f'ledger."{mapped.name}"'


def _text(mapped: MappedProperty) -> str:
    """SQL: the desired value as HubSpot is sent it, null where it is not known."""
    if mapped.value_type == "number":
        return f"regexp_replace(cast({_number(_desired(mapped))} as varchar), '\\.?0+$', '')"
    if mapped.value_type == "datetime":
        # Cut to the millisecond like what is compared; `epoch_ms` alone rounds.
        return f"strftime({_cut(_desired(mapped))}, '%Y-%m-%dT%H:%M:%S.%g') || 'Z'"
    if mapped.value_type == "date":
        return f"strftime(cast({_desired(mapped)} as date), '%Y-%m-%d')"
    if mapped.value_type == "boolean":
        return f"lower(cast({_desired(mapped)} as varchar))"
    return f"nullif(cast({_desired(mapped)} as varchar), '')"


def _differs(mapped: MappedProperty) -> str:
    """SQL: whether HubSpot is to be sent another value, or none, than it holds."""
    desired, held = _desired(mapped), _held(mapped)
    if mapped.value_type == "number":
        # Equal texts are the same number, whatever else is.
        is_same = f"cast({desired} as varchar) = {held}"
        is_other = _differ(_number(desired), f"try_{_number(held)}", mapped.min_change)
    elif mapped.value_type == "datetime":
        is_same = f"{_cut(desired)} = try_cast({held} as timestamp)"
        # Older data comes as epoch milliseconds; only the slower type knows the names of zones.
        held_moment = f"epoch_ms({_cut(f'try_cast({held} as timestamptz)')})"
        held_milliseconds = f"coalesce(try_cast({held} as bigint), {held_moment})"
        minutes = mapped.min_change and mapped.min_change * 60_000
        is_other = _differ(f"epoch_ms({_cut(desired)})", held_milliseconds, minutes)
    elif mapped.value_type == "date":
        # Older data comes as epoch milliseconds, as of an instant.
        held_moment = f"coalesce(make_timestamp(try_cast({held} as bigint) * 1000), try_cast({held} as timestamptz))"
        is_same = f"{_text(mapped)} = {held}"
        is_other = f"cast({desired} as date) is distinct from cast({held_moment} as date)"
    else:
        desired = _text(mapped)
        is_same, is_other = f"{desired} = {held}", _is_other_text(mapped.value_type, desired, held)
    unknown = f"{held} is not null" if mapped.clears_when_unknown else "false"
    return f"case when {desired} is null then {unknown} when {is_same} then false else {is_other} end"


def _is_other_text(value_type: str, desired: str, held: str) -> str:
    if value_type == "boolean":
        held = f"lower({held})"
    elif value_type == "multi_select":
        # HubSpot answers several options in an order of its own.
        desired, held = _option_set(desired), _option_set(held)
    return f"{desired} is distinct from {held}"


def _option_set(text: str) -> str:
    """SQL: the options of a multi-select value in one order; a semicolon in front, which appends, is none."""
    return f"list_sort(list_distinct(string_split(trim({text}, ';'), ';')))"


def _number(value: str) -> str:
    return f"cast({value} as decimal(38, 9))"


def _cut(moment: str) -> str:
    return f"date_trunc('millisecond', {moment})"


def _differ(desired: str, held: str, min_change: Decimal | None) -> str:
    """SQL: whether a number is another one than HubSpot holds, by as much as the map asks for."""
    if min_change is None:
        return f"{desired} is distinct from {held}"
    # What HubSpot holds nothing of, or no number, differs by any measure.
    return f"coalesce(abs({desired} - {held}) >= {min_change}, true)"
