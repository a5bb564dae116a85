{#
  Whether words stand in a title, as whole words, once phrases that do not count are taken out of it: "Head Start Teacher"
  is no Head where `Head Start` is excepted, and "Head of the Head Start Programme" still is one.

  All three are columns made beforehand, once a rule and once a title and not once for each pair of them: `value_words` and
  `title_words` by the macro `words`, `except_phrases` by the macro `phrases`.
#}
{% macro stands_in_title(value_words, title_words, except_phrases='null') -%}
    case
        when {{ dbt.position(value_words, title_words) }} = 0 then false
        when {{ except_phrases }} is null then true
        else {{ dbt.position(value_words, without_phrases(title_words, except_phrases)) }} > 0
    end
{%- endmacro %}

{# The phrases of a cell `a|b`, each written as the macro `words` writes words, but without blanks around; null for none. #}
{% macro phrases(cell) -%} {{ return(adapter.dispatch('phrases', 'pql')(cell)) }} {%- endmacro %}
{% macro default__phrases(cell) -%}
    regexp_replace(regexp_replace(lower({{ trimmed(cell) }}), '[^\p{L}\p{N}|]+', ' ', 'g'), ' ?\| ?', '|', 'g')
{%- endmacro %}

{# One phrase after the other, the 30 that a cell may hold (MAX_PHRASES of the rule checks): a pattern made of them would be compiled anew for each title. #}
{% macro without_phrases(text_words, phrases) -%}
    {%- set left = namespace(sql=text_words) -%}
    {%- for number in range(1, 31) -%}
        {%- set phrase = dbt.concat(["' '", "coalesce(" ~ dbt.split_part(phrases, "'|'", number) ~ ", '')", "' '"]) -%}
        {%- set left.sql = dbt.replace(left.sql, phrase, "' | '") -%}
    {%- endfor -%}
    {{ left.sql }}
{%- endmacro %}
