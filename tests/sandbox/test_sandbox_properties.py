"""Property definitions and groups: what can be defined, changed and archived."""

import pytest
from sandbox_client import OBJECTS

PROPERTIES = "/crm/properties/2026-09/contacts"
TRUE_FALSE = [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}]


def wanted(name="zo_score", **fields):
    return {
        "name": name,
        "label": "Score",
        "type": "number",
        "fieldType": "number",
        "groupName": "contactinformation",
        **fields,
    }


def test_default_definitions_say_what_a_client_must_know(hubspot):
    bodies = {body["name"]: body for body in hubspot.get(PROPERTIES).json()["results"]}
    stages = [option["value"] for option in bodies["lifecyclestage"]["options"]]
    assert stages[:4] == ["subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead"]
    assert bodies["createdate"]["modificationMetadata"]["readOnlyValue"] is True
    assert bodies["email"]["modificationMetadata"]["readOnlyValue"] is False
    assert bodies["email"]["hubspotDefined"] is True
    assert bodies["hs_email_domain"]["calculated"] is True
    assert bodies["hubspot_owner_id"]["referencedObjectType"] == "OWNER"
    assert {"hs_email_last_open_date", "hs_merged_object_ids", "hs_sequences_is_enrolled"} <= set(bodies)


@pytest.mark.parametrize("kind", ["companies", "deals", "tasks", "calls", "emails", "meetings", "notes"])
def test_every_object_type_has_definitions(hubspot, kind):
    names = {body["name"] for body in hubspot.get(f"/crm/properties/2026-09/{kind}").json()["results"]}
    assert {"hs_object_id", "hs_lastmodifieddate", "hubspot_owner_id"} <= names


def test_a_created_property_can_be_read_and_written(sandbox, hubspot):
    created = hubspot.post(PROPERTIES, wanted())
    assert created.status_code == 201
    assert created.json()["modificationMetadata"] == {
        "archivable": True,
        "readOnlyDefinition": False,
        "readOnlyValue": False,
    }
    assert "hubspotDefined" not in created.json()
    assert hubspot.get(f"{PROPERTIES}/zo_score").json() == created.json()
    hubspot.create("contacts", email="a@x.com", zo_score="7")
    assert sandbox.contact("a@x.com")["zo_score"] == "7"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Zo_score"},
        {"name": "1score"},
        {"name": "zo score"},
        {"name": "z" * 101},
        {"label": " "},
        {"groupName": "nope"},
        {"type": "decimal"},
        {"fieldType": "text"},
        {"type": "datetime", "fieldType": "text"},
        {"type": "bool", "fieldType": "booleancheckbox"},
        {"type": "bool", "fieldType": "booleancheckbox", "options": TRUE_FALSE[:1]},
        {"options": TRUE_FALSE},
        {"type": "enumeration", "fieldType": "select", "options": [{"label": "A"}]},
        {"type": "enumeration", "fieldType": "select", "options": [{"label": "A", "value": "a"}] * 2},
        {"fieldType": "calculation_equation"},
        {"hasUniqueValue": "yes"},
    ],
)
def test_a_definition_that_does_not_fit_together_is_refused(hubspot, fields):
    answer = hubspot.post(PROPERTIES, wanted(**fields))
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("missing", ["name", "label", "type", "fieldType", "groupName"])
def test_a_definition_without_a_required_field_is_refused(hubspot, missing):
    body = wanted()
    del body[missing]
    answer = hubspot.post(PROPERTIES, body)
    assert answer.status_code == 400
    assert missing in answer.json()["message"]


def test_a_boolean_says_which_options_it_needs(hubspot):
    answer = hubspot.post(PROPERTIES, wanted(type="bool", fieldType="booleancheckbox"))
    assert answer.json()["message"].startswith("Boolean properties must have exactly two options; one with a value of")
    good = wanted(type="bool", fieldType="booleancheckbox", options=TRUE_FALSE)
    assert hubspot.post(PROPERTIES, good).status_code == 201


@pytest.mark.parametrize("name", ["email", "zo_score"])
def test_a_name_that_exists_is_a_conflict(hubspot, name):
    hubspot.post(PROPERTIES, wanted())
    answer = hubspot.post(PROPERTIES, wanted(name))
    assert answer.status_code == 409
    assert answer.json()["message"] == f"A property named '{name}' already exists."
    assert answer.json()["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"


def test_at_most_ten_properties_identify_a_record(hubspot):
    inputs = [wanted(f"zo_{number}", hasUniqueValue=True, type="string", fieldType="text") for number in range(11)]
    assert hubspot.post(f"{PROPERTIES}/batch/create", {"inputs": inputs}).status_code == 400
    for body in inputs[:10]:
        assert hubspot.post(PROPERTIES, body).status_code == 201
    assert hubspot.post(PROPERTIES, inputs[10]).status_code == 400


def test_tasks_take_no_properties_with_unique_values(hubspot):
    body = wanted("zo_action_id", type="string", fieldType="text", groupName="engagement", hasUniqueValue=True)
    assert hubspot.post("/crm/properties/2026-09/tasks", body).status_code == 400


def test_a_batch_of_definitions_reports_those_that_exist(hubspot):
    hubspot.post(PROPERTIES, wanted("zo_a"))
    inputs = [wanted("zo_a"), wanted("zo_b")]
    answer = hubspot.post(f"{PROPERTIES}/batch/create", {"inputs": inputs})
    assert answer.status_code == 207
    assert [body["name"] for body in answer.json()["results"]] == ["zo_b"]
    assert answer.json()["errors"][0]["category"] == "OBJECT_ALREADY_EXISTS"
    assert answer.json()["errors"][0]["context"] == {"name": ["zo_a"]}


def test_a_bad_definition_refuses_the_whole_batch(hubspot):
    answer = hubspot.post(f"{PROPERTIES}/batch/create", {"inputs": [wanted("zo_a"), wanted("Bad")]})
    assert answer.status_code == 400
    assert hubspot.get(f"{PROPERTIES}/zo_a").status_code == 404


def test_a_batch_of_names_is_read(hubspot):
    answer = hubspot.post(f"{PROPERTIES}/batch/read", {"inputs": [{"name": "email"}, {"name": "nope"}]})
    assert answer.status_code == 207
    assert [body["name"] for body in answer.json()["results"]] == ["email"]
    assert answer.json()["errors"][0]["context"] == {"name": ["nope"]}


def test_options_and_labels_can_change_but_not_identity(hubspot):
    options = [{"label": "A", "value": "a"}]
    hubspot.post(PROPERTIES, wanted("zo_kind", type="enumeration", fieldType="select", options=options))
    more = [*options, {"label": "B", "value": "b"}]
    assert hubspot.patch(f"{PROPERTIES}/zo_kind", {"options": more, "label": "Kind"}).status_code == 200
    assert hubspot.create("contacts", email="a@x.com", zo_kind="b")
    for changes in ({"hasUniqueValue": True}, {"type": "string", "fieldType": "text"}, {"name": "zo_other"}):
        assert hubspot.patch(f"{PROPERTIES}/zo_kind", changes).status_code == 400


def test_hubspots_own_properties_cannot_be_changed_or_archived(hubspot):
    assert hubspot.patch(f"{PROPERTIES}/email", {"label": "Address"}).status_code == 400
    assert hubspot.delete(f"{PROPERTIES}/email").status_code == 400


def test_an_archived_property_takes_no_values_and_keeps_its_name(hubspot):
    hubspot.post(PROPERTIES, wanted())
    assert hubspot.delete(f"{PROPERTIES}/zo_score").status_code == 204
    assert hubspot.get(f"{PROPERTIES}/zo_score").status_code == 404
    (archived,) = hubspot.get(PROPERTIES, archived="true").json()["results"]
    assert (archived["name"], archived["archived"]) == ("zo_score", True)
    answer = hubspot.post(f"{OBJECTS}/contacts", {"properties": {"email": "a@x.com", "zo_score": "1"}})
    assert answer.json()["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    assert hubspot.post(PROPERTIES, wanted()).status_code == 409


def test_properties_are_archived_in_batches(hubspot):
    hubspot.post(PROPERTIES, wanted())
    answer = hubspot.post(f"{PROPERTIES}/batch/archive", {"inputs": [{"name": "zo_score"}, {"name": "nope"}]})
    assert answer.status_code == 204


def test_groups_are_created_read_and_renamed(hubspot):
    group = {"name": "productactivity", "label": "Product activity"}
    assert hubspot.post(f"{PROPERTIES}/groups", group).status_code == 201
    assert hubspot.post(f"{PROPERTIES}/groups", group).status_code == 409
    assert hubspot.get(f"{PROPERTIES}/groups/productactivity").json()["label"] == "Product activity"
    assert hubspot.patch(f"{PROPERTIES}/groups/productactivity", {"label": "Product"}).json()["label"] == "Product"
    names = [body["name"] for body in hubspot.get(f"{PROPERTIES}/groups").json()["results"]]
    assert {"contactinformation", "productactivity"} <= set(names)
    assert hubspot.get(f"{PROPERTIES}/groups/nope").status_code == 404
    assert hubspot.post(PROPERTIES, wanted(groupName="productactivity")).status_code == 201
