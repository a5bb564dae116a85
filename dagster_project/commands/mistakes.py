"""What a person at a terminal can mend: told in one message, with exit code 1."""

from dagster_project.commands.sandbox_process import AnotherSandbox
from dagster_project.mendable import MENDABLE
from dagster_project.reports.person_marts import NobodyFound
from dagster_project.sandbox.seeding import SeedInvalid
from dagster_project.sandbox.serving import AddressUnusable
from dagster_project.sandbox.state import StateUnusable

MISTAKES = (*MENDABLE, AnotherSandbox, AddressUnusable, NobodyFound, SeedInvalid, StateUnusable)
