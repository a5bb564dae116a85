{# Every value lies between two others, inclusive. #}
{% test between(model, column_name, min_value, max_value) %}
select {{ column_name }} from {{ model }}
where {{ column_name }} < {{ min_value }} or {{ column_name }} > {{ max_value }}
{% endtest %}

{# Every row has a value here and no two rows have the same: one test instead of not_null and unique, which every run tells
   Dagster about one by one. #}
{% test is_key(model, column_name) %}
select {{ column_name }}, count(*) as row_count from {{ model }}
group by {{ column_name }}
having {{ column_name }} is null or count(*) > 1
{% endtest %}

{# No two rows agree in all of these columns, where nothing agrees with nothing. #}
{% test are_one_row_each(model, columns) %}
select {{ columns | join(', ') }}, count(*) as row_count from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# A key of several columns together: one row each, and no column is null. #}
{% test are_key(model, columns) %}
select {{ columns | join(', ') }}, count(*) as row_count from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
{% endtest %}
