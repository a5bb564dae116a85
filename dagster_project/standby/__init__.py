"""Processes that have imported everything and wait for a run: Dagster would start one for each run and import anew.

make dev ── keeps two ──► worker ──waits──► its socket in $DAGSTER_HOME/standby
Dagster's daemon ── launcher: hands a run to one that waits, else starts a process as Dagster does ──► worker
"""
