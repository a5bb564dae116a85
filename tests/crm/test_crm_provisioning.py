"""The properties exist with the right type, or nothing is made and one message says what to do."""

from dataclasses import replace

import pytest
from crm_world import COMPANIES, CONTACTS, SQL_STAGE, definition, door, mapped_property
from scripted_server import Scripted, answering

from dagster_project.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable
from dagster_project.crm.property_map import read_property_map
from dagster_project.crm.property_survey import GROUP_NAME, PropertiesUnusable, describe_survey, survey
from dagster_project.crm.provisioning import Provisioned, provision
from dagster_project.rules.book import read_rules
from dagster_project.rules.options import Option
from dagster_project.settings import SHIPPED_RULES_DIR

OURS = ["zo_activation_status", "zo_pql_score", "zo_last_active_at", "zo_handoff_at"]


def properties(api, object_type="contacts"):
    return {item["name"]: item for item in api.get(f"/crm/properties/{{version}}/{object_type}")["results"]}


def writes(sandbox):
    return [call["path"].partition("/2026-09")[2] for call in sandbox.requests(writes_only=True)]


def archive(api, name):
    path = "/crm/properties/{version}/contacts/batch/archive"
    api.post(path, {"inputs": [{"name": name}]}, repeatable=True)


@pytest.fixture
def api(sandbox):
    return door(sandbox.url)


# What is made


def test_what_is_missing_is_made_with_its_type_and_in_our_group(api):
    made = provision(api, [CONTACTS, COMPANIES])
    assert made == Provisioned(
        ["contacts", "companies"], {"contacts": OURS, "companies": ["zo_company_id", "zo_company_active_users"]}
    )
    present = properties(api) | properties(api, "companies")
    kinds = {
        name: (present[name]["type"], present[name]["fieldType"])
        for name in [*OURS, "zo_company_id", "zo_company_active_users"]
    }
    assert kinds == {
        "zo_activation_status": ("string", "text"),
        "zo_pql_score": ("number", "number"),
        "zo_last_active_at": ("datetime", "date"),
        "zo_handoff_at": ("datetime", "date"),
        "zo_company_id": ("string", "text"),
        "zo_company_active_users": ("number", "number"),
    }
    assert {present[name]["groupName"] for name in kinds} == {GROUP_NAME}
    assert [name for name in kinds if present[name]["hasUniqueValue"]] == ["zo_company_id"]


def test_a_second_time_nothing_is_made(sandbox, api):
    provision(api, [CONTACTS, COMPANIES])
    before = len(writes(sandbox))
    assert provision(api, [CONTACTS, COMPANIES]) == Provisioned([], {})
    assert len(writes(sandbox)) == before


def test_only_what_is_missing_is_made(sandbox, api):
    sandbox.add_property("contacts", **definition(CONTACTS.properties[0]))
    made = provision(api, [CONTACTS])
    assert made.properties == {"contacts": OURS[1:]}
    assert made.groups == ["contacts"]


def test_the_shipped_map_can_be_provisioned_under_any_prefix(api):
    objects = read_property_map(read_rules(SHIPPED_RULES_DIR), "acme_")
    made = provision(api, objects.values())
    assert all(name.startswith("acme_") for names in made.properties.values() for name in names)
    assert provision(api, objects.values()) == Provisioned([], {})
    assert objects["companies"].key_property.name == "acme_company_id"
    assert objects["contacts"].key_property.name == "acme_user_id"
    assert {item.name for item in objects["contacts"].properties if item.is_hubspots_own} == {
        "lifecyclestage",
        "hubspot_owner_id",
    }


def test_an_object_without_properties_needs_nothing(sandbox, api):
    assert provision(api, [replace(CONTACTS, properties=())]) == Provisioned([], {})
    assert writes(sandbox) == []


# What properties say


def described(mapped, **descriptions):
    """The object with other descriptions; a property that is not named keeps its own."""
    properties = [
        replace(item, description=descriptions.get(item.name, item.description)) for item in mapped.properties
    ]
    return replace(mapped, properties=tuple(properties))


def test_a_description_that_changed_in_the_map_is_changed_in_hubspot(sandbox, api):
    provision(api, [described(CONTACTS, zo_pql_score="Points"), COMPANIES])
    before = len(writes(sandbox))
    made = provision(api, [described(CONTACTS, zo_pql_score="Points, 0 to 100"), COMPANIES])
    assert made == Provisioned([], {}, {"contacts": ["zo_pql_score"]})
    assert writes(sandbox)[before:] == ["/contacts/zo_pql_score"]
    score = properties(api)["zo_pql_score"]
    assert score["description"] == "Points, 0 to 100"
    assert (score["label"], score["type"], score["groupName"]) == ("zo_pql_score", "number", GROUP_NAME)


@pytest.mark.parametrize("kept", ["Points", " Points\n", None])
def test_a_description_that_says_the_same_or_nothing_costs_no_call(sandbox, api, kept):
    provision(api, [described(CONTACTS, zo_pql_score="Points")])
    before = len(writes(sandbox))
    assert provision(api, [described(CONTACTS, zo_pql_score=kept)]) == Provisioned([], {})
    assert len(writes(sandbox)) == before
    assert properties(api)["zo_pql_score"]["description"] == "Points"


def test_what_stands_in_groups_of_others_keeps_its_description(sandbox, api):
    theirs = definition(CONTACTS.properties[1]) | {"description": "Ours since 2019"}
    sandbox.add_property("contacts", **theirs)
    stage = properties(api)["lifecyclestage"]
    provision(api, [described(CONTACTS, zo_pql_score="Points", lifecyclestage="Stage")])
    assert properties(api)["zo_pql_score"]["description"] == "Ours since 2019"
    assert properties(api)["lifecyclestage"] == stage


def test_a_token_that_may_not_describe_is_told_and_stops_nothing(sandbox, api):
    provision(api, [described(CONTACTS, zo_pql_score="Points", zo_handoff_at="When")])
    sandbox.inject("missing_scopes", method="PATCH", path_regex="zo_pql_score")
    made = provision(api, [described(CONTACTS, zo_pql_score="Points, 0 to 100", zo_handoff_at="Then")])
    assert made.described == {"contacts": ["zo_handoff_at"]}
    (problem,) = made.problems
    assert problem.startswith("contacts.zo_pql_score keeps its old description: ")
    assert "crm.schemas.contacts.write" in problem


def test_a_description_that_hubspot_refuses_is_told_and_stops_nothing(api, monkeypatch):
    provision(api, [described(CONTACTS, zo_pql_score="Points")])

    def refuse(method, path, **_):
        raise CrmRefused(400, "VALIDATION_ERROR", "the description is too long")

    with monkeypatch.context() as patched:
        ways = {"GET": api.call, "PATCH": refuse}
        patched.setattr(api, "call", lambda method, *others, **named: ways[method](method, *others, **named))
        made = provision(api, [described(CONTACTS, zo_pql_score="x" * 100_000)])
    assert made.problems == [
        "contacts.zo_pql_score keeps its old description: HubSpot refused the request (400 VALIDATION_ERROR): "
        "the description is too long"
    ]


# What cannot be used


def test_one_message_names_everything_that_cannot_be_used_and_nothing_is_made(sandbox, api):
    sandbox.add_property("contacts", name="zo_pql_score", type="string", fieldType="text")
    sandbox.add_property("contacts", name="zo_handoff_at", type="datetime", fieldType="date")
    archive(api, "zo_handoff_at")
    sandbox.add_property("companies", name="zo_company_id", type="string", fieldType="text")
    read_only = replace(CONTACTS.properties[1], name="hs_object_id")
    unknown = replace(CONTACTS.properties[4], name="lifecyclestage_of_old")
    contacts = replace(CONTACTS, properties=(*CONTACTS.properties, read_only, unknown))
    before = len(writes(sandbox))

    with pytest.raises(PropertiesUnusable) as raised:
        provision(api, [contacts, COMPANIES])
    assert str(raised.value).splitlines() == [
        "HubSpot cannot take what crm_property_map.csv asks for:",
        "contacts.zo_pql_score is of type string, the map says number; change the map or rename the property",
        "contacts.zo_handoff_at is archived; restore it in HubSpot's property settings",
        "contacts.hs_object_id is read-only; map another property",
        "contacts.lifecyclestage_of_old is a property of HubSpot's own and not there",
        "companies.zo_company_id is not unique, and HubSpot cannot change that; delete it or set PQL_PROPERTY_PREFIX "
        "to another",
    ]
    assert len(writes(sandbox)) == before
    assert "zo_activation_status" not in properties(api)


def test_a_calculated_property_is_read_only_too():
    calculated = {"name": "zo_pql_score", "type": "number", "calculated": True}
    present = b'{"results": [%s]}' % str(calculated).replace("'", '"').replace("True", "true").encode()
    score = replace(CONTACTS, properties=(mapped_property("zo_pql_score", "pql_score", "number"),))
    with (
        answering(Scripted(200, present), Scripted(200, b'{"results": []}')) as server,
        pytest.raises(PropertiesUnusable, match=r"contacts\.zo_pql_score is read-only"),
    ):
        provision(door(server.url), [score])


def test_a_token_without_the_right_to_make_properties_is_told_which_it_needs(sandbox, api):
    sandbox.inject("missing_scopes", method="POST")
    with pytest.raises(CrmUnauthorised, match=r"crm\.schemas\.contacts\.write"):
        provision(api, [CONTACTS])
    sandbox.clear_faults()
    assert "zo_pql_score" not in properties(api)


# Options


HOT, COLD, OLD = Option("hot", "Hot"), Option("cold", "Cold"), Option("old", "Old")


def with_segments(*options, value_type="multi_select"):
    return replace(CONTACTS, properties=(mapped_property("zo_segments", "segments", value_type, options=options),))


def options_of(api, name="zo_segments"):
    held = sorted(properties(api)[name]["options"], key=lambda option: option["displayOrder"])
    return [(option["value"], option["label"]) for option in held]


def test_several_options_yes_or_no_and_days_are_made_as_hubspot_has_them(api):
    yes_or_no = (Option("true", "Yes"), Option("false", "No"))
    mapped = replace(
        CONTACTS,
        properties=(
            mapped_property("zo_segments", "segments", "multi_select", options=(HOT, COLD)),
            mapped_property("zo_is_habitual", "is_habitual", "boolean", options=yes_or_no),
            mapped_property("zo_activated_on", "activated_at", "date"),
            mapped_property("zo_stage", "activation_status", "enumeration", options=(HOT,)),
        ),
    )
    provision(api, [mapped])
    present = properties(api)
    kinds = {item.name: (present[item.name]["type"], present[item.name]["fieldType"]) for item in mapped.properties}
    assert kinds == {
        "zo_segments": ("enumeration", "checkbox"),
        "zo_is_habitual": ("bool", "booleancheckbox"),
        "zo_activated_on": ("date", "date"),
        "zo_stage": ("enumeration", "select"),
    }
    assert options_of(api) == [("hot", "Hot"), ("cold", "Cold")]
    assert provision(api, [mapped]) == Provisioned([], {})


def test_options_that_are_missing_are_added_and_every_other_one_is_kept(sandbox, api):
    provision(api, [with_segments(OLD, HOT)])
    made = provision(api, [with_segments(HOT, COLD)])
    assert made == Provisioned([], {}, options={"contacts.zo_segments": ["cold"]})
    assert options_of(api) == [("old", "Old"), ("hot", "Hot"), ("cold", "Cold")]
    before = len(writes(sandbox))
    assert provision(api, [with_segments(HOT, COLD)]) == Provisioned([], {})
    assert len(writes(sandbox)) == before


def test_an_option_that_another_run_added_in_between_is_kept(api):
    provision(api, [with_segments(HOT)])
    found = survey(api, [with_segments(HOT, COLD)])
    assert found.lacking == {"contacts": {"zo_segments": (COLD,)}}
    provision(api, [with_segments(HOT, OLD)])
    provision(api, [with_segments(HOT, COLD)])
    assert options_of(api) == [("hot", "Hot"), ("old", "Old"), ("cold", "Cold")]


def test_a_lost_answer_to_new_options_is_followed_by_a_repeat(sandbox, api):
    provision(api, [with_segments(HOT)])
    fault = sandbox.inject("502", method="PATCH", when="after", times=1)
    assert provision(api, [with_segments(HOT, COLD)]).options == {"contacts.zo_segments": ["cold"]}
    assert fault.fired == 1
    assert options_of(api) == [("hot", "Hot"), ("cold", "Cold")]


def test_a_success_that_added_no_option_is_found_out(sandbox, api):
    provision(api, [with_segments(HOT)])
    sandbox.inject("empty_2xx", method="PATCH", times=1)
    with pytest.raises(PropertiesUnusable, match=r"did not add the options cold to contacts\.zo_segments"):
        provision(api, [with_segments(HOT, COLD)])


@pytest.mark.parametrize(
    ("there", "mapped", "problem"),
    [
        (
            {"name": "zo_segments", "type": "enumeration", "fieldType": "checkbox", "options": [vars(HOT)]},
            with_segments(HOT, COLD),
            "contacts.zo_segments stands in the group contactinformation and has no option cold; add it in HubSpot, or "
            "move the property to the group Product activity, whose options we add ourselves",
        ),
        (
            {"name": "zo_segments", "type": "enumeration", "fieldType": "select", "options": [vars(HOT)]},
            with_segments(HOT),
            "contacts.zo_segments takes one option (select), the map writes several; make it multiple checkboxes in "
            "HubSpot's property settings or rename the property",
        ),
        (
            {"name": "zo_segments", "type": "string", "fieldType": "text"},
            with_segments(HOT),
            "contacts.zo_segments is of type string, the map says enumeration; change the map or rename the property",
        ),
    ],
)
def test_options_that_are_not_ours_to_add_are_refused_before_anything_is_sent(sandbox, api, there, mapped, problem):
    sandbox.add_property("contacts", **there)
    before = len(writes(sandbox))
    with pytest.raises(PropertiesUnusable) as raised:
        provision(api, [mapped])
    assert str(raised.value).splitlines()[1:] == [problem]
    assert len(writes(sandbox)) == before


def test_an_option_whose_label_is_taken_is_refused(api):
    provision(api, [with_segments(Option("warm", "hot"))])
    with pytest.raises(
        PropertiesUnusable, match=r"gets the option hot, and the option warm is called “Hot”; rename one"
    ):
        provision(api, [with_segments(HOT)])


def test_a_stage_that_the_portal_does_not_have_is_named_and_hubspots_own_options_are_left_alone(sandbox, api):
    stage = replace(CONTACTS.properties[4], options=(Option("salesqualifiedlead", "Sales Qualified Lead"),))
    mapped = replace(CONTACTS, properties=(stage, CONTACTS.properties[5]))
    assert provision(api, [mapped]) == Provisioned([], {})
    unheard_of = replace(mapped, properties=(replace(stage, options=(Option("sql", "SQL"),)), CONTACTS.properties[5]))
    with pytest.raises(
        PropertiesUnusable, match=r"lifecyclestage is HubSpot's own and has no option sql, which we would"
    ):
        provision(api, [unheard_of])
    assert writes(sandbox) == []


def test_the_shipped_map_asks_for_the_stage_that_handoffs_set():
    contacts = read_property_map(read_rules(SHIPPED_RULES_DIR), "zo_")["contacts"]
    (stage,) = (item for item in contacts.properties if item.name == "lifecyclestage")
    assert [option.value for option in stage.options] == [SQL_STAGE]


# Rights


def test_where_everything_is_there_no_right_to_make_anything_is_needed(sandbox, api):
    provision(api, [CONTACTS, COMPANIES, with_segments(HOT)])
    for method in ("POST", "PATCH"):
        sandbox.inject("missing_scopes", method=method)
    assert provision(api, [CONTACTS, COMPANIES, with_segments(HOT)]) == Provisioned([], {})


def test_a_token_that_may_not_add_options_is_told_which_scope_it_needs(sandbox, api):
    provision(api, [with_segments(HOT)])
    sandbox.inject("missing_scopes", method="PATCH")
    with pytest.raises(CrmUnauthorised, match=r"crm\.schemas\.contacts\.write"):
        provision(api, [with_segments(HOT, COLD)])


# What would be made


def test_a_survey_says_what_would_be_made_and_what_is_in_the_way_and_writes_nothing(sandbox, api):
    provision(api, [with_segments(HOT)])
    sandbox.add_property("contacts", name="zo_pql_score", type="string", fieldType="text")
    before = len(writes(sandbox))
    found = survey(
        api, [replace(CONTACTS, properties=(*CONTACTS.properties, *with_segments(HOT, COLD).properties)), COMPANIES]
    )
    assert describe_survey(found).splitlines() == [
        "companies: the group Product activity would be made.",
        "contacts: zo_activation_status, zo_last_active_at, zo_handoff_at would be made.",
        "companies: zo_company_id, zo_company_active_users would be made.",
        "contacts.zo_segments: the options cold would be added.",
        "In the way: contacts.zo_pql_score is of type string, the map says number; change the map or rename the "
        "property.",
    ]
    assert not found.is_as_mapped
    assert len(writes(sandbox)) == before
    assert survey(api, [with_segments(HOT)]).is_as_mapped


# What happens in between


class Meanwhile:
    """HubSpot, where somebody else does something right before the first call to a path."""

    def __init__(self, api, path_end, deed):
        self._api, self._path_end, self._deed = api, path_end, deed

    def get(self, *arguments):
        return self._api.get(*arguments)

    def post(self, path, body, *, repeatable):
        if path.endswith(self._path_end):
            self._path_end = " never again"
            self._deed()
        return self._api.post(path, body, repeatable=repeatable)


@pytest.mark.parametrize("path_end", ["/groups", "/batch/create"])
def test_what_another_run_made_in_between_is_taken_as_it_is(api, path_end):
    another = Meanwhile(api, path_end, lambda: provision(api, [CONTACTS]))
    assert provision(another, [CONTACTS]).properties == {"contacts": []}
    assert provision(api, [CONTACTS]) == Provisioned([], {})


def test_what_another_run_made_in_between_must_be_of_the_same_kind(sandbox, api):
    def make_another_kind():
        sandbox.add_property("contacts", name="zo_pql_score", type="string", fieldType="text")

    another = Meanwhile(api, "/batch/create", make_another_kind)
    with pytest.raises(PropertiesUnusable, match=r"contacts\.zo_pql_score is of type string, the map says number"):
        provision(another, [CONTACTS])
    assert set(OURS) <= set(properties(api))


def test_every_property_that_was_not_made_is_named_with_what_hubspot_says(sandbox, api):
    def archive_two():
        for name in ("zo_pql_score", "zo_handoff_at"):
            sandbox.add_property("contacts", name=name, type="number", fieldType="number")
            archive(api, name)

    another = Meanwhile(api, "/batch/create", archive_two)
    with pytest.raises(PropertiesUnusable) as raised:
        provision(another, [CONTACTS])
    first, *rest = str(raised.value).splitlines()
    assert first == "HubSpot did not make what crm_property_map.csv asks for:"
    assert [line.partition(";")[0] for line in rest] == [
        "contacts.zo_pql_score was not made",
        "contacts.zo_handoff_at was not made",
    ]
    assert all("A property named 'zo_pql_score' already exists." in line for line in rest)


def test_a_success_that_made_nothing_is_found_out(sandbox, api):
    sandbox.inject("empty_2xx", path_regex="contacts/batch/create", times=1)
    with pytest.raises(PropertiesUnusable, match=r"zo_pql_score was not made; HubSpot says: nothing about it"):
        provision(api, [CONTACTS])
    assert provision(api, [CONTACTS]).properties == {"contacts": OURS}


@pytest.mark.parametrize("path_regex", ["contacts/groups", "contacts/batch/create"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_followed_by_a_repeat_that_makes_nothing_twice(sandbox, api, path_regex, when):
    fault = sandbox.inject("502", method="POST", path_regex=path_regex, when=when, times=1)
    provision(api, [CONTACTS])
    assert fault.fired == 1
    assert provision(api, [CONTACTS]) == Provisioned([], {})


def test_a_portal_that_is_down_half_way_is_finished_by_the_next_run(sandbox, api):
    sandbox.inject("503", path_regex="companies/batch/create")
    with pytest.raises(CrmUnavailable):
        provision(api, [CONTACTS, COMPANIES])
    sandbox.clear_faults()
    made = provision(api, [CONTACTS, COMPANIES])
    assert made == Provisioned([], {"companies": ["zo_company_id", "zo_company_active_users"]})


def test_a_group_that_hubspot_refuses_for_another_reason_is_an_error(api):
    def refuse():
        raise CrmRefused(400, "VALIDATION_ERROR", "the label is not valid")

    with pytest.raises(CrmRefused, match="the label is not valid"):
        provision(Meanwhile(api, "/groups", refuse), [CONTACTS])
