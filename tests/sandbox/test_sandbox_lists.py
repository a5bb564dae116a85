"""Lists: static ones take members by record id, each name once; dynamic ones are HubSpot's to fill."""

import httpx
import pytest

LISTS = "/crm/lists/2026-09"


def make(hubspot, name="Hot", kind="0-1", processing_type="MANUAL"):
    return hubspot.post(LISTS, {"name": name, "objectTypeId": kind, "processingType": processing_type})


@pytest.fixture
def people(sandbox):
    return sandbox.add_contacts([{"email": f"p{number}@a.example"} for number in range(4)])


@pytest.fixture
def hot(hubspot):
    return make(hubspot).json()["list"]["listId"]


def change(hubspot, list_id, added=(), removed=()):
    body = {"recordIdsToAdd": list(added), "recordIdsToRemove": list(removed)}
    return hubspot.put(f"{LISTS}/{list_id}/memberships/add-and-remove", body)


def test_a_list_is_found_by_its_id_and_by_its_name(hubspot):
    made = make(hubspot).json()["list"]
    assert (made["name"], made["objectTypeId"], made["processingType"], made["size"]) == ("Hot", "0-1", "MANUAL", 0)
    assert hubspot.get(f"{LISTS}/{made['listId']}").json()["list"] == made
    assert hubspot.get(f"{LISTS}/object-type-id/0-1/name/Hot").json()["list"] == made


@pytest.mark.parametrize("path", [f"{LISTS}/9999", f"{LISTS}/word", f"{LISTS}/object-type-id/0-2/name/Hot"])
def test_a_list_that_is_not_there_is_404(hubspot, path):
    make(hubspot)
    assert hubspot.get(path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Hot"}, "already exists"),
        ({"name": " "}, "must not be blank"),
        ({"name": "Cold", "processingType": "STATIC"}, "is not one of"),
        ({"name": "Cold", "objectTypeId": "9-99"}, "Unable to infer object type"),
    ],
)
def test_a_list_that_cannot_be_made_is_refused(hubspot, fields, words):
    make(hubspot)
    answer = hubspot.post(LISTS, {"objectTypeId": "0-1", "processingType": "MANUAL", **fields})
    assert answer.status_code == 400
    assert words in answer.json()["message"]


def test_who_is_added_and_removed_is_told_and_who_is_not_there_too(hubspot, sandbox, people, hot):
    answer = change(hubspot, hot, people[:3]).json()
    assert sorted(answer.pop("recordsIdsAdded")) == people[:3]
    assert answer == {"recordIdsRemoved": [], "recordIdsMissing": []}
    # The second time who is in already is told as nothing.
    assert change(hubspot, hot, [*people, "999999"], ["888888"]).json() == {
        "recordsIdsAdded": [people[3]],
        "recordIdsRemoved": [],
        "recordIdsMissing": ["888888", "999999"],
    }
    assert change(hubspot, hot, [], [people[0], people[0]]).json()["recordIdsRemoved"] == [people[0]]
    assert sandbox.lists() == {"Hot": people[1:]}
    assert hubspot.get(f"{LISTS}/{hot}").json()["list"]["size"] == 3


def test_plain_adds_and_removes_take_the_ids_alone(hubspot, sandbox, people, hot):
    assert hubspot.put(f"{LISTS}/{hot}/memberships/add", people).status_code == 200
    assert hubspot.put(f"{LISTS}/{hot}/memberships/remove", [int(people[1])]).status_code == 200
    assert sandbox.lists() == {"Hot": [people[0], *people[2:]]}


@pytest.mark.parametrize("body", [None, {"recordIdsToAdd": "1"}, {"recordIdsToAdd": ["one"], "recordIdsToRemove": []}])
def test_ids_that_are_none_are_refused(hubspot, hot, body):
    assert hubspot.put(f"{LISTS}/{hot}/memberships/add-and-remove", body).status_code == 400


def test_members_are_read_page_by_page(hubspot, people, hot):
    change(hubspot, hot, people)
    first = hubspot.get(f"{LISTS}/{hot}/memberships", limit=3).json()
    assert [item["recordId"] for item in first["results"]] == people[:3]
    rest = hubspot.get(f"{LISTS}/{hot}/memberships", limit=3, after=first["paging"]["next"]["after"]).json()
    assert [item["recordId"] for item in rest["results"]] == people[3:]
    assert "paging" not in rest
    assert rest["total"] == 4


def test_whoever_is_deleted_or_merged_away_is_in_no_list(hubspot, sandbox, people, hot):
    change(hubspot, hot, people)
    sandbox.archive("contacts", people[0])
    sandbox.merge("contacts", people[1], people[2])
    assert sandbox.lists() == {"Hot": [people[1], people[3]]}


def test_a_dynamic_list_takes_no_members(hubspot, people):
    dynamic = make(hubspot, processing_type="DYNAMIC").json()["list"]["listId"]
    answer = change(hubspot, dynamic, people)
    assert answer.status_code == 400
    assert "DYNAMIC" in answer.json()["message"]


def test_lists_are_searched_by_words_of_their_names(hubspot):
    for name in ("Hot people", "Cold people", "Hot companies"):
        make(hubspot, name)
    answer = hubspot.post(f"{LISTS}/search", {"query": "hot", "count": 1}).json()
    assert ([item["name"] for item in answer["lists"]], answer["total"], answer["hasMore"]) == (["Hot people"], 2, True)
    rest = hubspot.post(f"{LISTS}/search", {"query": "hot", "offset": answer["offset"]}).json()
    assert ([item["name"] for item in rest["lists"]], rest["hasMore"]) == (["Hot companies"], False)


def test_a_deleted_list_is_gone_with_its_members(hubspot, people, hot):
    change(hubspot, hot, people)
    assert hubspot.delete(f"{LISTS}/{hot}").status_code == 204
    assert hubspot.get(f"{LISTS}/{hot}").status_code == 404
    again = make(hubspot).json()["list"]
    assert again["listId"] != hot
    assert again["size"] == 0


def test_a_token_without_the_scope_for_lists_is_told_which(hubspot, sandbox):
    sandbox.inject("missing_scopes", path_regex="/crm/lists/")
    answer = make(hubspot)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["context"]["requiredGranularScopes"] == ["crm.lists.write"]


def test_the_page_shows_each_list_with_its_size_and_members(sandbox, hubspot, people, hot):
    sandbox.edit("contacts", people[0], firstname="Ada", lastname="<b>")
    change(hubspot, hot, people[:2])
    make(hubspot, "Nobody")
    page = httpx.get(sandbox.url, verify=False).text
    section = page[page.index('id="lists"') : page.index('id="tasks"')]
    assert "Ada &lt;b&gt;</a>" in section
    assert ">Hot</th>" in section
    assert ">2</td>" in section
    assert ">Nobody</th>" in section
