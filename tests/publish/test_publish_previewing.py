"""What a preview builds, and of which moments; what comes of it is looked at in tests/defs/test_preview_rules.py."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.publish.previewing import CannotPreview, both_sides, first_of_months, out_of_date, proposed_rules
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import SHIPPED_RULES_DIR, read_settings
from tests.small_snapshot import publish_small

ONLY_WHAT_IS_MODIFIED = ("--select", "state:modified+", "source:raw.pipeline_*+", "--state")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("as_of", "months", "expected"),
    [
        ("2026-02-10T09:00", 3, ["2025-12-01", "2026-01-01", "2026-02-01"]),
        # The clock itself is the present and no past moment.
        ("2026-02-01T00:00", 2, ["2025-12-01", "2026-01-01"]),
        ("2026-02-01T00:00:01", 2, ["2026-01-01", "2026-02-01"]),
        ("2026-03-31T09:00", 0, []),
        ("2026-01-31T09:00", 13, [*(f"2025-{month:02}-01" for month in range(1, 13)), "2026-01-01"]),
    ],
)
def test_past_moments_are_the_first_of_each_of_the_last_months(as_of: str, months: int, expected: list[str]):
    assert first_of_months(moment(as_of), months) == tuple(moment(day) for day in expected)


def test_a_build_that_was_begun_and_not_published_is_built_anew_as_a_whole(data_dir: Path):
    settings = read_settings()
    assert out_of_date(settings) == ()
    publish_small(settings.published_dir)
    assert out_of_date(settings) == ()
    manifest = data_dir / "dbt_target" / "manifest.json"
    manifest.parent.mkdir()
    manifest.touch()
    published = (settings.published_dir / "current" / "manifest.json").stat().st_mtime
    os.utime(manifest, (published - 1, published - 1))
    assert out_of_date(settings) == (*ONLY_WHAT_IS_MODIFIED, str(manifest.parent))
    os.utime(manifest, (published + 1, published + 1))
    assert out_of_date(settings) == ()


def test_a_warehouse_in_which_nothing_was_scored_says_what_to_run(data_dir: Path, tmp_path: Path):
    with open_warehouse(data_dir / "warehouse.duckdb"):
        pass
    (tmp_path / "tiers.csv").write_text((SHIPPED_RULES_DIR / "tiers.csv").read_text().replace("small", "little"))
    with (
        proposed_rules(read_settings(), str(tmp_path)) as (proposal, scratch),
        pytest.raises(CannotPreview, match="holds no scores yet: run `make run`"),
        both_sides(read_settings(), proposal, scratch, 0),
    ):
        pass
    assert not list((data_dir / "recomputed").iterdir())
