"""Seeds: what they add, that they add it once, and how a bad file is reported."""

import pytest

from dagster_project.sandbox.running import running_sandbox
from dagster_project.sandbox.seeding import SeedInvalid

GOOD = {
    "owners.csv": "email,first_name,last_name,archived\nada@own.co,Ada,Lovelace,\ngone@own.co,,,true\n",
    "companies.csv": "name,domain,industry,numberofemployees,owner_email\n"
    "Acme,acme.com,COMPUTER_SOFTWARE,120,ada@own.co\nAcme Ltd,acme.com,,,\nBolt,,,,\n",
    "contacts.csv": "email,firstname,lifecyclestage,createdate,hs_email_last_open_date,owner_email,company_domain\n"
    "Ann@Acme.com,Ann,lead,2026-01-02T03:04:05Z,2026-02-01T00:00:00Z,ada@own.co,ACME.com\nbob@x.com,Bob,,,,gone@own.co,\n",
    "deals.csv": "dealname,dealstage,pipeline,amount,owner_email,contact_email,company_domain\n"
    "Big,qualifiedtobuy,default,9000.50,ada@own.co,ann@acme.com,acme.com\n",
    "slack_users.csv": "email,name,real_name,display_name\nada@own.co,ada,Ada Lovelace,Ada\n",
    "slack_channels.csv": "name,is_archived,bot_is_member\nsales,,\nold,true,\nboard,,false\n",
}


@pytest.fixture
def folder(tmp_path):
    def write(**changes):
        for name, text in (GOOD | {f"{key}.csv": text for key, text in changes.items()}).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_a_seed_fills_hubspot_and_slack(folder):
    with running_sandbox(seed=folder()) as sandbox:
        ann = sandbox.contact("ann@acme.com")
        assert (ann["id"], ann["createdate"]) == ("1001", "2026-01-02T03:04:05.000Z")
        assert ann["hubspot_owner_id"] == "201"
        assert ann["associatedcompanyid"] == "5001"
        assert ann["hs_email_last_open_date"] == "2026-02-01T00:00:00.000Z"
        assert sandbox.contact("bob@x.com")["hubspot_owner_id"] == "202"
        assert [company["name"] for company in sandbox.companies()] == ["Acme", "Acme Ltd", "Bolt"]
        assert sandbox.deals()[0]["amount"] == "9000.5"
        assert sandbox.associated("deals", "3001", "contacts") == ["1001"]
        assert sandbox.associated("deals", "3001", "companies") == ["5001"]
        sandbox.add_slack_user("late@own.co", "Late")


def test_channels_of_a_seed_replace_the_usual_ones(folder):
    with running_sandbox(seed=folder()) as sandbox:
        names = [channel.name for channel in sandbox._portal.workspace.channels.values()]
        assert names == ["sales", "old", "board"]


def test_a_seed_without_channels_leaves_the_usual_ones(tmp_path):
    (tmp_path / "owners.csv").write_text(GOOD["owners.csv"])
    with running_sandbox(seed=tmp_path) as sandbox:
        assert len(sandbox._portal.workspace.channels) == 4


def test_the_same_seed_again_changes_nothing_and_a_longer_one_adds_the_rest(folder, tmp_path):
    state = tmp_path / "state" / "s.sqlite"
    with running_sandbox(state_path=state, seed=folder()) as sandbox:
        sandbox.edit("contacts", "1001", firstname="Anna")
        sandbox.archive("companies", "5003")
    with running_sandbox(state_path=state, seed=folder()) as sandbox:
        assert len(sandbox.companies()) == 2
    more = GOOD["contacts.csv"] + "eve@x.com,Eve,,,,,\n"
    with running_sandbox(state_path=state, seed=folder(contacts=more)) as sandbox:
        assert [contact["firstname"] for contact in sandbox.contacts()] == ["Anna", "Bob", "Eve"]
        assert len(sandbox.deals()) == 1
        assert [company["name"] for company in sandbox.companies()] == ["Acme", "Acme Ltd", "Bolt"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("owners", "email\nnobody\n", "owners.csv, row 2, column email: found 'nobody'; allowed: an e-mail address."),
        (
            "owners",
            "email,archived\na@b.co,maybe\n",
            "owners.csv, row 2, column archived: found 'maybe'; allowed: true or",
        ),
        (
            "companies",
            "name,indutry\nA,x\n",
            "companies.csv, row 1, column indutry: found 'indutry'; allowed: industry",
        ),
        (
            "companies",
            "name,industry\nA,\nB,TECHNOLOGY\n",
            "companies.csv, row 3, column industry: found 'TECHNOLOGY'; all",
        ),
        ("companies", "name\n\nA\n", None),
        (
            "companies",
            "country\nPeru\n",
            "companies.csv, row 2, column domain: found ''; allowed: a value in one of domain, n",
        ),
        (
            "companies",
            "name,name\nA,B\n",
            "companies.csv, row 1, column name: found 'name'; allowed: each column once.",
        ),
        ("companies", "name\nA,B\n", "companies.csv, row 2, column -: found 'A,B'; allowed: 1 columns."),
        (
            "contacts",
            "email\na@b.co\nA@b.co\n",
            "contacts.csv, row 3, column email: found 'A@b.co'; allowed: each address",
        ),
        (
            "contacts",
            "email,owner_email\na@b.co,x@y.co\n",
            "contacts.csv, row 2, column owner_email: found 'x@y.co'; allow",
        ),
        (
            "contacts",
            "email,company_domain\na@b.co,no.com\n",
            "contacts.csv, row 2, column company_domain: found 'no.com'",
        ),
        (
            "contacts",
            "email,hs_object_id\na@b.co,5\n",
            "contacts.csv, row 1, column hs_object_id: found 'hs_object_id'",
        ),
        (
            "deals",
            "dealname,dealstage,pipeline\nA,won,default\n",
            "deals.csv, row 2, column dealstage: found 'won'; allowe",
        ),
        (
            "deals",
            "dealname,dealstage,pipeline,amount\nA,closedwon,default,9k\n",
            "deals.csv, row 2, column amount: found",
        ),
        (
            "deals",
            "dealname,dealstage\nA,closedwon\n",
            "deals.csv, row 2, column pipeline: found ''; allowed: a value.",
        ),
        (
            "slack_channels",
            "name\nBig Room\n",
            "slack_channels.csv, row 2, column name: found 'Big Room'; allowed: lower-c",
        ),
    ],
)
def test_a_bad_seed_is_one_clear_error_and_adds_nothing(folder, tmp_path, name, text, message):
    state = tmp_path / "state" / "s.sqlite"
    seed = folder(deals="", contacts="", **{name: text}) if name == "companies" else folder(**{name: text})
    if message is None:
        with running_sandbox(state_path=state, seed=seed):
            return
    with pytest.raises(SeedInvalid) as raised, running_sandbox(state_path=state, seed=seed):
        pass
    assert str(raised.value).startswith(message)
    with running_sandbox(state_path=state) as sandbox:
        assert sandbox.companies() == sandbox.contacts() == []


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path):
    with (
        pytest.raises(SeedInvalid, match="allowed: a folder with some of owners"),
        running_sandbox(seed=tmp_path / "x"),
    ):
        pass
