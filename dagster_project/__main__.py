"""`python -m dagster_project <command>`: what the Makefile calls."""

import importlib
import os
import sys

COMMANDS = {
    "demo": "the whole job once, on the sample company, against the sandbox",
    "run": "the whole job once, on what is in the landing folder, against whatever the environment names",
    "plan": "what a sync would change; sends nothing",
    "undo": "take back what one sync wrote; without a run id, list the last ones",
    "retry": "owe again what failed or expired; without an action, list it",
    "move-state": "move the state out of its SQLite file into a Postgres",
    "erase": "erase one person from everything that is kept here",
    "rules": "check the rule files and print them in plain English",
    "docs": "write the pages of docs/ that are made of the rules",
    "explain": "why somebody has their score",
    "recompute": "everybody's score at a past moment; changes nothing",
    "preview": "what other rules would do to the present data; changes nothing",
    "dev": "the Dagster UI with schedule and sensors on",
}
WITH_ARGUMENTS = ("undo", "retry", "move-state", "erase", "rules", "docs", "explain", "recompute", "preview", "dev")


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        lines = [f"  {name:<10} {what}" for name, what in COMMANDS.items()]
        sys.stderr.write("usage: python -m dagster_project <command>\n" + "\n".join(lines) + "\n")
        return 2
    name, *rest = arguments
    command = importlib.import_module(f"dagster_project.commands.{name.replace('-', '_')}")
    try:
        code = command.main(rest) if name in WITH_ARGUMENTS else command.main()
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read along has read enough, as `| head` does; what is not written yet may not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        # Only now: to know every mistake is to import Dagster and dbt, which takes longer than most commands do.
        from dagster_project.commands.mistakes import MISTAKES

        if not isinstance(error, MISTAKES):
            raise
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
