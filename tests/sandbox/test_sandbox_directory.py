"""The account around the records: tokens, owners, pipelines, usage and sequences."""

import pytest
from sandbox_client import OBJECTS, Client

SEQUENCES = "/automation/sequences/2026-09/enrollments"


def test_a_call_without_a_token_is_unauthorized(sandbox):
    answer = Client(sandbox.url, token="").get(f"{OBJECTS}/contacts")
    assert answer.status_code == 401
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"
    assert answer.json()["message"].startswith("Authentication credentials not found.")
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers


def test_a_token_can_be_declared_invalid(sandbox, hubspot):
    sandbox.inject("invalid_token")
    assert hubspot.get(f"{OBJECTS}/contacts").status_code == 401


def test_a_token_can_be_declared_to_lack_scopes(sandbox, hubspot):
    sandbox.inject("missing_scopes", path_regex="properties", method="POST")
    answer = hubspot.post("/crm/properties/2026-09/contacts", {})
    assert answer.status_code == 403
    assert answer.json()["category"] == "MISSING_SCOPES"
    assert answer.json()["errors"][0]["context"]["requiredGranularScopes"] == ["crm.schemas.contacts.write"]
    assert hubspot.get("/crm/properties/2026-09/contacts").status_code == 200


@pytest.fixture
def team(sandbox):
    ada = sandbox.add_owner("Ada@own.co", "Ada", "Lovelace")
    gone = sandbox.add_owner("gone@own.co", "Gone", "Person", archived=True)
    sandbox.add_owner("bob@own.co", "Bob", "Byrne")
    assert (ada, gone) == ("201", "202")
    return sandbox


def test_owners_are_listed_without_the_archived_ones(team, hubspot):
    results = hubspot.get("/crm/owners/2026-09/").json()["results"]
    assert [(owner["id"], owner["email"]) for owner in results] == [("201", "ada@own.co"), ("203", "bob@own.co")]


def test_an_archived_owner_has_no_user_id_and_no_name(team, hubspot):
    (owner,) = hubspot.get("/crm/owners/2026-09", archived="true").json()["results"]
    assert owner["userId"] is None
    assert owner["userIdIncludingInactive"] == 60_000_202
    assert (owner["firstName"], owner["lastName"]) == ("", "")


def test_owners_are_found_by_address_id_and_user_id(team, hubspot):
    assert hubspot.get("/crm/owners/2026-09", email="bob@own.co").json()["results"][0]["id"] == "203"
    by_user = hubspot.get("/crm/owners/2026-09/60000203", idProperty="userId").json()
    assert by_user == hubspot.get("/crm/owners/2026-09/203").json()
    assert hubspot.get("/crm/owners/2026-09/202").status_code == 404
    assert hubspot.get("/crm/owners/2026-09/202", archived="true").status_code == 200
    assert hubspot.get("/crm/owners/2026-09/201", idProperty="email").status_code == 400


def test_owners_come_in_pages(team, hubspot):
    first = hubspot.get("/crm/owners/2026-09", limit=1).json()
    after = first["paging"]["next"]["after"]
    second = hubspot.get("/crm/owners/2026-09", limit=1, after=after).json()
    assert (second["results"][0]["id"], "paging" in second) == ("203", False)


def test_the_order_of_the_lifecycle_stages_is_a_pipeline(sandbox, hubspot):
    sandbox.add_lifecycle_stage("1234567", "PQL", before="salesqualifiedlead")
    (pipeline,) = hubspot.get("/crm/pipelines/2026-09/contacts").json()["results"]
    assert pipeline["id"] == "contacts-lifecycle-pipeline"
    stages = sorted(pipeline["stages"], key=lambda stage: stage["displayOrder"])
    assert [stage["id"] for stage in stages][2:5] == ["marketingqualifiedlead", "1234567", "salesqualifiedlead"]


def test_deals_have_a_default_pipeline(hubspot):
    assert hubspot.get("/crm/pipelines/2026-09/deals/default").json()["label"] == "Sales Pipeline"
    stages = hubspot.get("/crm/pipelines/2026-09/deals/default/stages").json()["results"]
    assert stages[-2]["metadata"] == {"isClosed": "true", "probability": "1.0"}
    assert hubspot.get("/crm/pipelines/2026-09/deals/default/stages/closedwon").json()["label"] == "Closed Won"
    assert hubspot.get("/crm/pipelines/2026-09/deals/other").status_code == 404
    assert hubspot.get("/crm/pipelines/2026-09/tasks").status_code == 404


def test_account_details_lead_back_to_the_sandbox(sandbox, hubspot):
    details = hubspot.get("/account-info/2026-09/details").json()
    assert details["portalId"] == 44001234
    assert f"http://{details['uiDomain']}" == sandbox.url
    assert details["timeZone"] == "US/Eastern"


def test_usage_counts_the_calls_of_the_day(hubspot):
    hubspot.get(f"{OBJECTS}/contacts")
    (usage,) = hubspot.get("/account-info/2026-09/api-usage/daily/private-apps").json()["results"]
    assert (usage["currentUsage"], usage["usageLimit"], usage["fetchStatus"]) == (2, 650_000, "SUCCESS")


@pytest.fixture
def enrollable(team):
    team.add_contacts([{"email": "ann@x.com"}, {"firstname": "Nameless"}])
    return {"contactId": "1001", "sequenceId": "501", "senderEmail": "ada@own.co"}


def test_a_contact_is_enrolled_once(team, hubspot, enrollable):
    answer = hubspot.post(SEQUENCES, enrollable, userId="60000201")
    assert answer.status_code == 200
    assert set(answer.json()) == {"id", "toEmail", "enrolledAt", "updatedAt"}
    assert team.contact("ann@x.com")["hs_sequences_is_enrolled"] == "true"
    assert hubspot.get(f"{SEQUENCES}/contact/1001").json()["sequenceId"] == "501"
    again = hubspot.post(SEQUENCES, enrollable, userId="60000201")
    assert again.status_code == 400
    assert again.json()["subCategory"] == "ALREADY_ENROLLED"
    assert len(team.enrollments()) == 1


def test_a_contact_may_be_enrolled_again_when_the_sequence_is_over(team, hubspot, enrollable):
    hubspot.post(SEQUENCES, enrollable, userId="60000201")
    team.finish_enrollment("1001")
    assert hubspot.get(f"{SEQUENCES}/contact/1001").status_code == 404
    assert hubspot.post(SEQUENCES, enrollable, userId="60000201").status_code == 200
    assert team.contact("ann@x.com")["hs_sequences_enrolled_count"] == "2"


@pytest.mark.parametrize(
    ("changes", "user", "status"),
    [
        ({}, None, 400),
        ({}, "60000202", 400),
        ({}, "5", 400),
        ({"senderEmail": "bob@own.co"}, "60000201", 400),
        ({"contactId": "1002"}, "60000201", 400),
        ({"contactId": "9"}, "60000201", 404),
        ({"sequenceId": None}, "60000201", 400),
        ({"sequenceId": "first"}, "60000201", 404),
    ],
)
def test_an_impossible_enrolment_is_refused(team, hubspot, enrollable, changes, user, status):
    answer = hubspot.post(SEQUENCES, {**enrollable, **changes}, **({"userId": user} if user else {}))
    assert answer.status_code == status
    assert team.enrollments() == []


def test_an_inbox_has_a_daily_enrolment_limit(team, hubspot, enrollable):
    team.set(enrollments_per_sender=0)
    answer = hubspot.post(SEQUENCES, enrollable, userId="60000201")
    assert answer.status_code == 400
    assert answer.json()["subCategory"] == "SEND_LIMIT_REACHED"


def test_sequences_are_listed_for_an_active_user_by_name_and_in_pages(team, hubspot):
    listed = "/automation/sequences/2026-09"
    first = hubspot.get(listed, userId="60000201", limit=2).json()
    assert [item["name"] for item in first["results"]] == ["Paywall follow-up", "Team expansion"]
    rest = hubspot.get(listed, userId="60000201", limit=100, after=first["paging"]["next"]["after"]).json()
    assert len(rest["results"]) == first["total"] - 2
    assert "paging" not in rest
    assert [item["id"] for item in hubspot.get(listed, userId="60000201", name="came").json()["results"]] == ["503"]
    assert hubspot.get(f"{listed}/503", userId="60000201").json()["name"] == "Came and went"
    assert hubspot.get(f"{listed}/77", userId="60000201").status_code == 404
    assert [hubspot.get(listed, **user).status_code for user in ({}, {"userId": "5"})] == [400, 400]


def test_nobody_is_enrolled_in_a_sequence_that_is_not_there_or_against_their_will(team, hubspot, enrollable):
    assert hubspot.post(SEQUENCES, {**enrollable, "sequenceId": "77"}, userId="60000201").status_code == 404
    team.edit("contacts", "1001", hs_email_optout="true")
    answer = hubspot.post(SEQUENCES, enrollable, userId="60000201")
    assert answer.json()["subCategory"] == "UNSUBSCRIBED"
    assert team.enrollments() == []
