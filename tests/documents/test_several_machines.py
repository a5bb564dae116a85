"""The files of a deployment on several machines name what exists, and differ from the ordinary where they say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dagster_project.settings import PROJECT_DIR, Settings

FOLDER = PROJECT_DIR / "docs" / "several-machines"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
INSTANCE = PROJECT_DIR / "dagster_project" / "instance_postgres.yaml"
OURS = {field.validation_alias or f"PQL_{name.upper()}" for name, field in Settings.model_fields.items()}
OF_POSTGRES = {"POSTGRES_PASSWORD", "DAGSTER_PASSWORD", "PQL_PASSWORD"}
OF_DAGSTER = {"DAGSTER_HOME", "DAGSTER_POSTGRES_URL"}
COMMANDS = {name: service["command"] for name, service in SERVICES.items() if "command" in service}


def instance(name: str) -> dict:
    return yaml.safe_load((PROJECT_DIR / "dagster_project" / name).read_text(encoding="utf-8"))


def test_the_instance_in_postgres_differs_in_storage_and_run_launcher_alone():
    ordinary, shared = instance("instance.yaml"), instance("instance_postgres.yaml")
    assert shared.pop("storage") == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    assert shared.pop("run_launcher") == {"module": "dagster", "class": "DefaultRunLauncher"}
    ordinary.pop("run_launcher")
    assert shared == ordinary


def test_every_variable_that_a_container_gets_is_one_that_something_reads():
    given = {name: set(service.get("environment", {})) for name, service in SERVICES.items()}
    assert given.pop("postgres") == OF_POSTGRES
    script = (FOLDER / "databases.sh").read_text(encoding="utf-8")
    assert all(f"${name}" in script for name in OF_POSTGRES - {"POSTGRES_PASSWORD"})
    assert all(names <= OURS | OF_DAGSTER for names in given.values())
    # Tokens are where runs are, and nowhere else.
    assert {name for name, names in given.items() if names - OF_DAGSTER} == {"code"}


def test_no_password_has_a_default_and_none_stands_in_the_file():
    named = re.findall(r"\$\{(\w+)([^}]*)\}", (FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    assert {name for name, _ in named} >= OF_POSTGRES
    assert {(name, default) for name, default in named if "PASSWORD" in name} == {(name, ":?") for name in OF_POSTGRES}
    assert all(default == ":-" for name, default in named if name.endswith(("TOKEN", "SECRET")))


@pytest.mark.parametrize("service", COMMANDS)
def test_every_command_and_option_of_a_container_exists(service: str):
    words = COMMANDS[service]
    program = Path(sys.executable).with_name(words[0])
    subcommands = [word for word in words[1:3] if not word.startswith("-")]
    told = subprocess.run(
        [program, *subcommands, "--help"], capture_output=True, text=True, check=True, env={"COLUMNS": "200"}
    ).stdout
    options = [word for word in words if word.startswith("--")]
    assert options
    assert [option for option in options if not re.search(rf"{option}\b", told)] == []


def test_every_file_and_volume_of_a_container_is_there():
    places = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    files = [place for place in places if place.startswith(".")]
    assert {(FOLDER / file).resolve() for file in files} == {INSTANCE, FOLDER / "databases.sh"}
    assert set(places) - set(files) == set(COMPOSE["volumes"])
    build = SERVICES["code"]["build"]
    assert (FOLDER / build["context"]).resolve() == PROJECT_DIR
    assert (PROJECT_DIR / build["dockerfile"]).exists()


def test_the_workspace_names_the_container_of_the_code_and_its_port():
    (location,) = yaml.safe_load((FOLDER / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    server, command = location["grpc_server"], COMMANDS["code"]
    assert SERVICES[server["host"]] is SERVICES["code"]
    assert command[command.index("--port") + 1] == str(server["port"])
    ordinary = yaml.safe_load((PROJECT_DIR / "workspace.yaml").read_text(encoding="utf-8"))
    assert server["location_name"] == ordinary["load_from"][0]["python_module"]["location_name"]


@pytest.mark.parametrize("page", ["README.md", "docs/several-machines.md", "docs/several-machines/compose.yaml"])
def test_it_is_said_that_the_containers_were_not_tried(page: str):
    text = " ".join((PROJECT_DIR / page).read_text(encoding="utf-8").replace("#", "").split()).lower()
    assert re.search(r"compose\.yaml.{0,300}not tried|the processes of a deployment.{0,80}not tried", text)
