"""What a person sees in the terminal while a job runs: one line a step."""

import logging
import re
import sys
import time
from typing import TextIO

import dagster as dg

from dagster_project.counting import counted
from dagster_project.masking import masked

STEP_WIDTH = 32
LINE_WIDTH = 110
# Dagster's words for a step behind one that failed; there is no event for it.
NOT_EXECUTED = re.compile(r"Dependencies for step .+ Not executing\.")


class StepLines(logging.Handler):
    """Writes a line when a step ends; meanwhile, where the terminal can show it, how far the step is."""

    # The terminal itself: while a run lasts, standard output belongs to what dbt and Dagster narrate.
    terminal: TextIO = sys.stdout

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._started_at = time.monotonic()
        self._built = 0
        self._checked = 0

    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", None)
        if meta is None:
            return
        step = (meta["step_key"] or "").replace("__", ".")
        if meta["dagster_event"] is not None:
            self._on_event(meta["dagster_event"].event_type_value, step)
        elif NOT_EXECUTED.fullmatch(meta["orig_message"]):
            self._line(f"  skip {step}")
        elif record.levelno >= logging.WARNING:
            self._line(f"{'':7}! {masked(meta['orig_message'])}")
        elif record.levelno == logging.INFO:
            self._counter(f"{step:<{STEP_WIDTH}} {masked(meta['orig_message'])}")

    def _on_event(self, kind: str, step: str) -> None:
        if kind == "STEP_START":
            self._started_at, self._built, self._checked = time.monotonic(), 0, 0
            self._counter(step)
        elif kind == "ASSET_MATERIALIZATION":
            self._built += 1
            self._counter(f"{step:<{STEP_WIDTH}} {self._built} built, {counted(self._checked, 'test')}")
        elif kind == "ASSET_CHECK_EVALUATION":
            self._checked += 1
        elif kind == "STEP_SUCCESS":
            counts = (
                f"   {self._built} tables and rule files, {counted(self._checked, 'test')}" if self._built > 1 else ""
            )
            self._line(f"  ok   {step:<{STEP_WIDTH}} {time.monotonic() - self._started_at:5.1f} s{counts}")
        elif kind == "STEP_FAILURE":
            self._line(f"  FAIL {step:<{STEP_WIDTH}} {time.monotonic() - self._started_at:5.1f} s")
        elif kind == "STEP_SKIPPED":
            self._line(f"  skip {step}")

    def _counter(self, text: str) -> None:
        if self.terminal.isatty():
            self.terminal.write(f"\r\x1b[K  ...  {text[:LINE_WIDTH]}")
            self.terminal.flush()

    def _line(self, text: str) -> None:
        start = "\r\x1b[K" if self.terminal.isatty() else ""
        self.terminal.write(f"{start}{text}\n")
        self.terminal.flush()


@dg.logger(description="One line a step, for a person at a terminal.")
def step_lines(init_context: dg.InitLoggerContext) -> logging.Logger:
    """The logger of `make run` and `make demo`; runs that the daemon starts keep Dagster's own."""
    logger = logging.Logger("step_lines", logging.DEBUG)
    logger.addHandler(StepLines())
    return logger
