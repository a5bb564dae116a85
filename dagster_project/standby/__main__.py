"""`python -m dagster_project.standby`: keeps processes that wait for a run, beside a Dagster daemon of your own."""

import signal
import threading

from dagster_project.commands.home import prepare_dagster_home
from dagster_project.standby.keeping import WAITING, standby


def main() -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    home = prepare_dagster_home()
    with standby(home):
        print(f"{WAITING} processes wait for runs of {home} (Ctrl-C ends them)", flush=True)
        over.wait()


if __name__ == "__main__":
    main()
