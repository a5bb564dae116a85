"""The end of every run: where its results can be seen."""

from dagster_project.reports.dashboard.anchors import NEWEST
from dagster_project.settings import PROJECT_DIR, read_settings


def print_where_to_look(*more: str) -> None:
    settings = read_settings()
    data = (
        settings.data_dir.relative_to(PROJECT_DIR)
        if settings.data_dir.is_relative_to(PROJECT_DIR)
        else settings.data_dir
    )
    page = settings.reports_dir / NEWEST
    lines = [
        *more,
        "make dev                       the Dagster UI, http://127.0.0.1:3000, with schedule and sensors on",
        "make plan                      what a sync would change now",
        "make explain EMAIL=<address>   why somebody has their score",
        "make rules                     every rule in plain English",
        f"{f'{data}/published/current/':<30} the marts as Parquet: score.*, decide.*, report.*",
    ]
    if page.exists():
        lines.append(f"{f'{data}/reports/{NEWEST}':<30} the dashboard: open it in a browser")
    print("\nWhere to look\n" + "\n".join(f"  {line}" for line in lines))
