"""Pools: steps that share one take turns, across all runs (limit 1, see instance.yaml)."""

# DuckDB takes one writing process at a time.
WAREHOUSE_POOL = "duckdb"
# One sync at a time, so that no two runs decide about the same record.
CRM_POOL = "crm"
# One delivery at a time; the outbox would keep two apart, but neither would be quicker.
ACT_POOL = "act"
