{# How Spark says what engines say differently; what each macro promises is told where the default is. #}

{% macro spark__microseconds_of(instant) -%} unix_micros({{ instant }}) {%- endmacro %}
{% macro spark__instant_of(microseconds) -%} timestamp_micros({{ microseconds }}) {%- endmacro %}

{# JSON is text. Keys may be any text, which a path cannot say. #}
{% macro spark__json_text(json, key) -%} try_element_at(from_json({{ json }}, 'map<string, string>'), {{ key }}) {%- endmacro %}
{% macro spark__json_object_at(json, key) -%} {{ spark__json_text(json, key) }} {%- endmacro %}
{% macro spark__json_path_text(json, path) -%}
    {%- set steps = [] -%}
    {%- for part in path.split('.') -%}
        {%- set name = part.split('[')[0] -%}
        {%- do steps.append("[\\'" ~ name ~ "\\']" ~ part[name | length:]) -%}
    {%- endfor -%}
    get_json_object({{ json }}, '${{ steps | join('') }}')
{%- endmacro %}
{% macro spark__json_string(text) -%}
    case when {{ text }} is not null then regexp_replace(to_json(array({{ text }})), r'^\[|\]$', '') end
{%- endmacro %}

{% macro spark__instant_or_null(text) -%}
    case
        when regexp_like({{ text }}, r'^[0-9]{9,10}\z') then timestamp_micros(try_cast({{ text }} as bigint) * 1000000)
        when regexp_like({{ text }}, r'^[0-9]{12,13}\z') then timestamp_micros(try_cast({{ text }} as bigint) * 1000)
        when regexp_like({{ text }}, r'^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{1,2}:.*)?\z') then try_cast({{ text }} as timestamp)
    end
{%- endmacro %}
{% macro spark__whole_or_null(text) -%} try_cast(round(try_cast({{ text }} as decimal(38, 9))) as bigint) {%- endmacro %}
{% macro spark__number_or_null(text) -%} try_cast({{ text }} as decimal(38, 4)) {%- endmacro %}
{% macro spark__measure_or_null(value) -%} try_cast({{ value }} as {{ type_measure() }}) {%- endmacro %}
{% macro spark__whole_times(whole, part) -%}
    (cast({{ whole }} as decimal(38, 4)) div cast({{ part }} as decimal(38, 4)))
{%- endmacro %}
{# Without ANSI mode a small decimal is written with an exponent. #}
{% macro spark__plain_number(number) -%}
    format_number(cast({{ number }} as decimal(38, 9)), '0.#########')
{%- endmacro %}

{# An order in which what is not known comes last, as in rows of DuckDB. #}
{% macro spark__latest_known(value, positions) -%}
    {%- set parts = [] -%}
    {%- for position in positions -%} {%- do parts.extend([position ~ ' is null', position]) -%} {%- endfor -%}
    max_by({{ value }}, case when {{ value }} is not null
        {%- if positions | length > 1 %} then struct({{ parts | join(', ') }}) end{% else %} then {{ positions[0] }} end{% endif %})
{%- endmacro %}

{# A lag takes one and the same number, a window in rows or values is of one width, and counts nothing once. #}
{% macro spark__with_value_before(relation, value, rows, part, order, name) -%}
    {{ value_before_by_join(relation, value, rows, part, order, name) }}
{%- endmacro %}
{% macro spark__measured_at_moments(moments, events) -%} {{ measured_by_join(moments, events) }} {%- endmacro %}

{# A recursion may not look at all it has found so far: each way remembers where it has been. #}
{% macro spark__reached_over(name, neighbours) -%}
    select distinct user_id, user_id as other_id, array(user_id) as way from {{ neighbours }}
    union all
    select {{ name }}.user_id, {{ neighbours }}.neighbour_id, array_append({{ name }}.way, {{ neighbours }}.neighbour_id)
    from {{ name }}
    inner join {{ neighbours }}
        on {{ neighbours }}.user_id = {{ name }}.other_id
        and not array_contains({{ name }}.way, {{ neighbours }}.neighbour_id)
{%- endmacro %}

{# Written out wherever it is read, each step over the last would be thousands of scans: the moments of a contact are gone through
   as a list. Of several at one instant the earlier stage comes first. #}
{% macro spark__ways_through_stages(moments, stages) -%}
{%- set last = stages | length - 1 -%}
{%- set bits, path_values = [], [] -%}
{%- for stage in stages -%}
    {%- do bits.append(2 ** (stages | length - loop.index)) -%} {%- do path_values.append(64 + bits[-1]) -%}
{%- endfor -%}
listed as (
    select contact_id, array_sort(collect_list(struct(happened_at, place))) as seen
    from (
        select contact_id, happened_at, case stage{% for stage in stages %} when '{{ stage }}' then {{ loop.index0 }}{% endfor %} end as place
        from {{ moments }}
    ) as placed
    where place is not null
    group by contact_id
),
journeyed as (
    select
        listed.*,
        aggregate(seen, array_repeat(cast(null as timestamp), {{ last + 1 }}), (journey, moment) -> transform(
            journey,
            (at, place) -> case
                when at is null and place = moment.place and (place = 0 or get(journey, place - 1) is not null) then moment.happened_at
                else at
            end
        )) as journey,
        array_max(aggregate(seen, array_repeat(cast(null as int), {{ last + 1 }}), (best, moment) -> transform(
            best,
            (path, place) -> case
                when place = moment.place
                then greatest(coalesce(path, 0), get(array({{ path_values | join(', ') }}), place) + coalesce(array_max(slice(best, 1, place)), 0))
                else path
            end
        ))) as longest
    from listed
),
pathed as (
    select
        journeyed.*,
        aggregate(
            sequence(0, {{ last }}),
            named_struct('times', cast(array() as array<timestamp>), 'reached_at', cast(null as timestamp)),
            (way, stage) -> transform(
                array(array_min(transform(
                    filter(seen, moment -> moment.place = stage
                        and floor(longest / get(array({{ bits | join(', ') }}), stage)) % 2 = 1
                        and (way.reached_at is null or moment.happened_at >= way.reached_at)),
                    moment -> moment.happened_at
                ))),
                at -> named_struct('times', array_append(way.times, at), 'reached_at', coalesce(at, way.reached_at))
            )[0],
            way -> way.times
        ) as path,
        -- Only whoever came to a stage that the journey does not get to may have a path that is another one.
        size(array_distinct(transform(seen, moment -> moment.place))) > size(filter(journey, at -> at is not null)) as is_beside
    from journeyed
),
ways as (
    select
        contact_id
        {%- for stage in stages %},
        get(journey, {{ loop.index0 }}) as journey_{{ stage }}_at,
        get(case when is_beside then path else journey end, {{ loop.index0 }}) as path_{{ stage }}_at
        {%- endfor %}
    from pathed
)
{%- endmacro %}

{# The rows of a list in one pass. #}
{% macro spark__rows_from(relation, rows) -%}
    select inline(array(
        {%- for row in rows %}
        named_struct({% for name, value in row.items() %}'{{ name }}', {{ value }}{% if not loop.last %}, {% endif %}{% endfor %}){% if not loop.last %},{% endif %}
        {%- endfor %}
    ))
    from {{ relation }}
{%- endmacro %}

{# Patterns are Java's: `$` would let a line break pass, and `\s` a vertical tab. #}
{% macro _java_pattern(pattern) -%} r{{ pattern | replace("$'", "\\z'") | replace('\\s', '\\t\\n\\f\\r ') }} {%- endmacro %}
{% macro spark__matches(text, pattern) -%} regexp_like({{ text }}, {{ _java_pattern(pattern) }}) {%- endmacro %}
{% macro spark__where_it_matches(text, pattern) -%}
    nullif(regexp_extract({{ text }}, {{ _java_pattern(pattern) }}, 0), '')
{%- endmacro %}
{% macro spark__words(text) -%}
    ' ' || trim(regexp_replace(lower({{ text }}), r'[^\p{L}\p{N}]+', ' ')) || ' '
{%- endmacro %}
{% macro spark__phrases(cell) -%}
    regexp_replace(regexp_replace(lower({{ spark__trimmed(cell) }}), r'[^\p{L}\p{N}|]+', ' '), r' ?\| ?', '|')
{%- endmacro %}
{# Spark has no function for it, and to call Java's would be taken for a matter of chance: no filter would pass below it. So
   letter is joined with mark where there is a mark at all, in the order in which they stand. #}
{% macro spark__composed(text) -%}
    {#- A view may be 32,000 characters long, so that the letters themselves stand here, and once. -#}
    {%- set apart, joined = [], [] -%}
    {%- for pair in compositions() -%}
        {%- set letter, mark, both = pair.replace('=', '+').split('+') -%}
        {%- do apart.append('%c%c' % (letter | int(base=16), mark | int(base=16))) -%}
        {%- do joined.append('%c' % (both | int(base=16))) -%}
    {%- endfor -%}
    case
        when octet_length({{ text }}) = char_length({{ text }}) or not regexp_like({{ text }}, r'\p{M}') then {{ text }}
        else aggregate(split({{ text }}, ''), '', (whole, letter) -> coalesce(
            left(whole, char_length(whole) - 1)
                || try_element_at(map_from_arrays(split('{{ apart | join(' ') }}', ' '), split('{{ joined | join(' ') }}', ' ')), right(whole, 1) || letter),
            whole || letter
        ))
    end
{%- endmacro %}

{% macro spark__trimmed(text) -%} trim(both '{% for blank in blanks() %}\u{{ blank }}{% endfor %}' from {{ text }}) {%- endmacro %}
{% macro spark__sorted_texts(text, sign) -%} array_join(array_sort(collect_list({{ text }})), '{{ sign }}') {%- endmacro %}
{% macro spark__pieces_of(relation, columns, text) -%}
    select {{ columns | join(', ') }}, piece
    from {{ relation }} lateral view explode(split({{ text }}, ';')) as piece
    where {{ text }} <> ''
{%- endmacro %}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    listagg({{ measure }}, {{ delimiter_text }}){% if order_by_clause %} within group ({{ order_by_clause }}){% endif %}
{%- endmacro %}

{# xxhash64 passes over nulls: whether each is one is a value of its own. #}
{% macro spark__key_of(columns) -%}
    xxhash64({% for column in columns %}{{ column }}, {{ column }} is null{% if not loop.last %}, {% endif %}{% endfor %})
{%- endmacro %}
{% macro spark__type_key() -%} bigint {%- endmacro %}
{% macro spark__fingerprint(relation, columns) -%}
    (select count(*) || ':' || coalesce(sum(cast({{ spark__key_of(columns) }} as decimal(38, 0))), 0) from {{ relation }})
{%- endmacro %}

{# A backslash begins something in a text of Spark; the adapter minds the quotes only. #}
{% macro spark__escape_single_quotes(expression) -%} {{ expression | replace("\\", "\\\\") | replace("'", "\\'") }} {%- endmacro %}

{# The adapter's dates go through text and whole seconds. #}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, {{ interval }}, {{ from_date_or_timestamp }})
{%- endmacro %}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == 'day' -%} datediff({{ second_date }}, {{ first_date }})
    {%- elif datepart == 'microsecond' -%} (unix_micros({{ second_date }}) - unix_micros({{ first_date }}))
    {%- else -%} {{ exceptions.raise_compiler_error('datediff counts days and microseconds here, not ' ~ datepart) }}
    {%- endif -%}
{%- endmacro %}
{% macro spark__split_part(string_text, delimiter_text, part_number) -%}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
{%- endmacro %}
