-- One row: the clock this state of the marts was built for. The publish step reads it, so a snapshot knows its date.
select {{ as_of() }} as as_of
