"""Leave the warehouse of the sample, as a first run on DuckDB makes it, in a file."""

import shutil
import sys
import tempfile
from pathlib import Path

from tests.engines.two_days import first_day


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        day = first_day("duckdb", Path(folder), {})
        if day.failures:
            print(day.failures, file=sys.stderr)
            return 1
        shutil.copyfile(day.warehouse, sys.argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
