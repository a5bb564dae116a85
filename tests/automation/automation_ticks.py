"""Ticks of schedules and sensors as the Dagster daemon makes them, and what they answer."""

import logging

import dagster as dg
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from dagster_project.definitions import defs


class Kept(logging.Handler):
    """Keeps what is logged, a text a record."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def tick(
    sensor: dg.SensorDefinition, instance: dg.DagsterInstance, cursor: str | None = None
) -> dg.SensorResult | dg.SkipReason:
    """One look of a sensor."""
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources=defs.resources) as context:
        return sensor(context)


def asked(result: dg.SensorResult | dg.SkipReason) -> dg.RunRequest:
    """The one run that a tick asked for."""
    assert isinstance(result, dg.SensorResult), result
    (request,) = result.run_requests
    return request


def said(result: object) -> str:
    """Why a tick did nothing."""
    assert isinstance(result, dg.SkipReason), result
    return result.skip_message


def begin_run(instance: dg.DagsterInstance, job: str, status: dg.DagsterRunStatus) -> dg.DagsterRun:
    """A run of a job as the daemon launches it."""
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "__repository__"), job)
    return instance.create_run_for_job(
        defs.resolve_job_def(job),
        status=status,
        remote_job_origin=origin,
    )
