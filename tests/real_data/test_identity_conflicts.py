"""What the sources disagree about is listed: real profiles and devices, counted again, and spellings no log has."""

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest

from tests.conftest import name_nobody
from tests.real_data.real_files import AMPLITUDE, PROFILES, SEVERAL_SOURCES, land
from tests.whole_run import Pipeline, reasons

AS_OF = datetime(2026, 2, 10, 23, 59, 59)
OWN_USERS = [
    {"user_id": "alice_at_home", "email": " Alice@ACME.com"},
    {"user_id": "jo_in_unicode", "email": "Jo\u0308rg@Mail.Bu\u0308cher.example"},
    {"user_id": "jo_in_ascii", "email": "j\u00f6rg@mail.xn--bcher-kva.example"},
    {"user_id": "bracket", "email": "carol@x.com]", "company_id": "c_bracket"},
    {"user_id": "user_002", "email": "bob@acme.com", "company_id": "c_bracket"},
]
OWN_COMPANIES = [{"company_id": "c_bracket", "name": "Bracket", "domain": "x.com]"}]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("conflicts")
    land(SEVERAL_SOURCES, folder / "data")
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(folder / "data", environment)
        for name, rows in {"users": OWN_USERS, "companies": OWN_COMPANIES}.items():
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            (pipeline.landing / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        assert reasons(pipeline.run("score", as_of=AS_OF.isoformat())) == {}
        yield pipeline


def listed(pipeline: Pipeline, conflict_type: str) -> dict[str, tuple[str, str | None]]:
    """What was found and chosen for each subject."""
    rows = pipeline.table("report.identity_conflicts").filter(conflict_type=conflict_type)
    return {subject: (found, chosen) for _, subject, found, chosen, _ in rows.rows()}


def profiles() -> Mapping[str, str]:
    with gzip.open(PROFILES, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    return {row["$distinct_id"]: row["$properties"]["$email"] for row in rows}


def test_every_profile_whose_address_is_none_is_listed_as_it_was_written(pipeline: Pipeline):
    # A blank makes it no address; the simulator took surnames as they are.
    malformed = {email: (user, None) for user, email in profiles().items() if " " in email}
    assert len(malformed) == 10
    assert listed(pipeline, "email_malformed") == malformed | {"carol@x.com]": ("bracket", None)}


def test_a_device_of_several_people_is_listed_with_all_of_them_and_the_last(pipeline: Pipeline):
    with AMPLITUDE.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["user_id"] and row["device_id"]]
    users, latest = defaultdict(set), {}
    for row in sorted(rows, key=lambda row: (row["event_time"], row["user_id"])):
        users[f"amplitude:{row['device_id']}"].add(row["user_id"])
        latest[f"amplitude:{row['device_id']}"] = row["user_id"]
    shared = {device: (", ".join(sorted(names)), latest[device]) for device, names in users.items() if len(names) > 1}
    assert len(shared) == 1
    assert listed(pipeline, "anonymous_id_of_several_users") == shared


def test_users_of_one_address_are_listed_however_it_is_spelt(pipeline: Pipeline):
    assert {email: found for email, (found, _) in listed(pipeline, "email_of_several_users").items()} == {
        "alice@acme.com": "alice_at_home, user_001",
        "j\u00f6rg@mail.xn--bcher-kva.example": "jo_in_ascii, jo_in_unicode",
    }
    # No two profiles have one address, so that there is nothing else to list.
    assert max(Counter(email.lower() for email in profiles().values()).values()) == 1


def test_who_speaks_for_an_address_is_who_the_crm_is_told_of(pipeline: Pipeline):
    desired = pipeline.table("decide.crm_contacts_desired").select("record_key", "matched_by").rows()
    left_out = {user for user, matched_by in desired if matched_by == "same_record_as_another_user"}
    for found, chosen in listed(pipeline, "email_of_several_users").values():
        assert set(found.split(", ")) - {chosen} <= left_out
        assert chosen not in left_out


def test_a_user_whose_sources_name_two_companies_is_in_the_one_of_the_own_backend(pipeline: Pipeline):
    conflicts = listed(pipeline, "user_in_several_companies")
    assert conflicts == {"user_002": ("account_001, c_bracket", "c_bracket")}
    (user,) = pipeline.table("score.contact_scores").filter(user_id="user_002").rows(named=True)
    assert user["company_id"] == "c_bracket"


def test_a_text_that_is_no_domain_is_listed_with_the_company_that_has_it(pipeline: Pipeline):
    assert listed(pipeline, "domain_malformed") == {"x.com]": ("c_bracket", None)}
