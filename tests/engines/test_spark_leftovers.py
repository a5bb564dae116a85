"""A build that was killed while Spark wrote a table does not stand in the way of the next one."""

from dagster_project.engines.engine import Engine
from dagster_project.settings import Settings


def test_files_of_a_table_that_never_came_to_be_are_cleared_away_and_tables_stay(
    spark: Engine, spark_settings: Settings
):
    from dagster_project.engines.spark import SparkEngine

    spark.session.sql("create schema if not exists score")
    spark.session.sql("create table score.whole using parquet as select 1 as points")
    half = spark_settings.data_dir / "spark" / "warehouse" / "score.db" / "half" / "_temporary"
    half.mkdir(parents=True)
    (half / "part-0.parquet").write_text("cut off")

    again = SparkEngine(spark_settings)

    again.session.sql("create table score.half using parquet as select 2 as points")
    assert again.query("select points from score.half") == [{"points": 2}]
    assert again.query("select points from score.whole") == [{"points": 1}]
