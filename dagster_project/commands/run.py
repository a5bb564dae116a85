"""`make run`: the whole job once, on what is in the landing folder, against whatever the environment names."""

from dagster_project.commands.where_to_look import print_where_to_look


def main() -> int:
    from dagster_project.commands.running import run_and_tell

    if not run_and_tell("whole_job"):
        return 1
    print_where_to_look()
    return 0
