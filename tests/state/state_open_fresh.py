"""Open fresh state databases as a process of its own, one for each line on standard input, and tell what came of it.

python state_open_fresh.py < URLs, one a line
"""

import sys

from alembic.migration import MigrationContext

from dagster_project.state.database import StateUnavailable, open_state


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            with open_state(line.strip()).connect() as connection:
                print(MigrationContext.configure(connection).get_current_revision(), flush=True)
        except StateUnavailable as error:
            print(f"unavailable: {error}", flush=True)


if __name__ == "__main__":
    main()
