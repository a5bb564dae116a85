"""The page and the webhook receiver."""

import httpx
import pytest
from sandbox_client import OBJECTS


@pytest.fixture
def shown(sandbox):
    owner = sandbox.add_owner("ada@own.co", "Ada", "Lovelace")
    sandbox.add_property("contacts", name="zo_pql_score", label="PQL score", type="number", fieldType="number")
    sandbox.add_companies([{"name": "Acme & Sons", "domain": "acme.com"}])
    sandbox.add_contacts(
        [
            {
                "email": "ann@acme.com",
                "firstname": "<script>alert(1)</script>",
                "lastname": "Lee",
                "company_domain": "acme.com",
                "owner_email": "ada@own.co",
                "lifecyclestage": "salesqualifiedlead",
                "zo_pql_score": 87,
            }
        ]
    )
    sandbox.add_records(
        "tasks",
        [
            {
                "hs_task_subject": "Call Ann",
                "hs_timestamp": "2026-11-20T09:00:00Z",
                "hs_task_priority": "HIGH",
                "contact_email": "ann@acme.com",
                "owner_email": "ada@own.co",
            }
        ],
    )
    assert owner == "201"
    return sandbox


def page(sandbox, path="/", **query):
    answer = httpx.get(f"{sandbox.url}{path}", params=query)
    assert answer.status_code == 200
    return answer.text.replace("\N{NO-BREAK SPACE}", " ")


def post(sandbox, **message):
    body = {"channel": "general", "text": "Hi", **message}
    answer = httpx.post(f"{sandbox.slack_url}chat.postMessage", json=body, headers={"Authorization": "Bearer x"})
    assert answer.json()["ok"], answer.text


def test_an_empty_sandbox_says_what_to_do(sandbox):
    assert "Nothing here yet." in page(sandbox)
    assert "make demo" in page(sandbox)


def test_the_page_shows_contacts_with_their_company_stage_owner_and_score(shown):
    text = page(shown)
    for part in ("ann@acme.com", "Acme &amp; Sons", "Sales Qualified Lead", "Ada Lovelace", "PQL score", ">87<"):
        assert part in text
    for part in ("Call Ann", "High", "20 Nov 2026, 09:00 UTC", "Showing 1 of 1"):
        assert part in text


def test_everything_is_escaped(shown):
    post(shown, text="<script>alert(2)</script>")
    post(shown, blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "<script>alert(3)</script>"}}])
    post(shown, blocks=[{"type": "header", "text": {"type": "plain_text", "text": "<script>alert(4)</script>"}}])
    post(shown, text='<https://x.co/"onmouseover="alert(5)|open>')
    for text in (page(shown), page(shown, q="<script>"), page(shown, "/contacts/44001234/record/0-1/1001")):
        assert "<script>" not in text
        assert '"onmouseover=' not in text
    assert "&lt;script&gt;alert(1)" in page(shown)


def test_messages_show_their_channel_line_breaks_and_links(shown):
    post(shown, channel="pql-handoff", text="*New PQL*\n<https://x.co/a?b=1&amp;c=2|Open Ann> & https://y.co/z")
    text = page(shown)
    assert "#pql-handoff" in text
    assert "<strong>New PQL</strong><br>" in text
    assert '<a href="https://x.co/a?b=1&amp;c=2">Open Ann</a> &amp; <a href="https://y.co/z">https://y.co/z</a>' in text


def test_blocks_are_shown_as_their_reader_sees_them(shown):
    fields = [{"type": "mrkdwn", "text": "*Score*\n87"}, {"type": "mrkdwn", "text": "*Fit*\n<@U0SANDBOX001>"}]
    element = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "https://x.co"}
    shown.add_slack_user("ann@own.co", "Ann Lee")
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Handoff"}},
        {"type": "section", "fields": fields},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "by rule 3"}]},
        {"type": "actions", "elements": [element]},
    ]
    post(shown, text="fallback", blocks=blocks)
    text = page(shown)
    for part in ("<strong>Handoff</strong>", "<strong>Score</strong><br>87", "@Ann Lee", "by rule 3", ">Open</a>"):
        assert part in text
    assert "fallback" not in text


def test_the_newest_message_comes_first(shown):
    for number in range(3):
        post(shown, text=f"message {number}")
    text = page(shown)
    assert text.index("message 2") < text.index("message 1") < text.index("message 0")


def test_long_lists_are_cut_into_pages_with_a_stated_total(sandbox):
    sandbox.add_contacts({"email": f"u{number}@x.com", "firstname": f"N{number}"} for number in range(250))
    assert "Showing 100 of 250, page 1 of 3" in page(sandbox)
    assert "Showing 50 of 250, page 3 of 3" in page(sandbox, contacts="3")
    assert "Showing 50 of 250, page 3 of 3" in page(sandbox, contacts="99")
    assert "Showing 1 of 1 that match “u77@x.com”" in page(sandbox, q="u77@x.com")


def test_a_search_finds_by_owner_and_escapes_what_was_searched(shown):
    assert "ann@acme.com" in page(shown, q="lovelace")
    assert "ann@acme.com" not in page(shown, q="nobody")


def test_a_record_has_a_page_with_its_values_history_and_associations(shown, hubspot):
    hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"city": "Oslo"}})
    url = hubspot.get(f"{OBJECTS}/contacts/1001").json()["url"]
    text = httpx.get(url).text
    for part in ("<code>email</code>", "Oslo", "Acme &amp; Sons", "Call Ann", "Old value", "SEED", "API"):
        assert part in text
    assert httpx.get(f"{shown.url}/contacts/44001234/record/0-2/5001").status_code == 200


def test_a_merged_record_leads_to_its_survivor(shown):
    shown.add_contacts([{"email": "old@acme.com"}])
    shown.merge("contacts", "1001", "1002")
    answer = httpx.get(f"{shown.url}/contacts/44001234/record/0-1/1002")
    assert answer.headers["Location"] == "/contacts/44001234/record/0-1/1001"


@pytest.mark.parametrize("path", ["1/record/0-1/1001", "44001234/record/0-1/9", "44001234/record/9-9/1001"])
def test_a_page_that_does_not_exist_says_so(shown, path):
    assert httpx.get(f"{shown.url}/contacts/{path}").status_code == 404


def test_the_page_needs_nothing_from_elsewhere(shown):
    text = page(shown)
    assert "<script" not in text
    assert "src=" not in text
    assert "@import" not in text
    assert '<html lang="en">' in text
    assert 'name="viewport"' in text


def test_a_webhook_is_kept_with_headers_and_body(sandbox):
    url = sandbox.webhook_url("enrichment")
    answer = httpx.post(url, content=b'{"id": 1}', headers={"X-Signature": "abc", "Content-Type": "application/json"})
    assert answer.status_code == 200
    httpx.post(sandbox.webhook_url("other"), content=b"not json \xff")
    (delivery,) = sandbox.webhooks("enrichment")
    assert delivery["headers"]["x-signature"] == "abc"
    assert (delivery["body"], delivery["json"]) == ('{"id": 1}', {"id": 1})
    assert sandbox.webhooks()[1]["json"] is None
    assert sandbox.requests()[0]["service"] == "webhook"


@pytest.mark.parametrize(("kind", "status"), [("503", 503), ("429", 429), ("invalid_token", 401), ("empty_2xx", 204)])
def test_a_webhook_can_fail(sandbox, kind, status):
    sandbox.inject(kind, path_regex="/webhook/", times=1)
    assert httpx.post(sandbox.webhook_url("a"), content=b"{}").status_code == status
    assert sandbox.webhooks() == []


def test_a_webhook_can_lose_its_answer(sandbox):
    sandbox.inject("reset", when="after", times=1)
    with pytest.raises(httpx.TransportError):
        httpx.post(sandbox.webhook_url("a"), content=b"{}")
    assert len(sandbox.webhooks("a")) == 1


def test_a_repeat_of_a_key_is_kept_and_told_as_what_it_is(sandbox):
    url, other = sandbox.webhook_url("enrichment"), sandbox.webhook_url("other")
    answers = [httpx.post(place, content=b"{}", headers={"Idempotency-Key": "a"}).json() for place in (url, url, other)]
    assert answers == [{"ok": True}, {"ok": True, "repeated": True}, {"ok": True}]
    assert [(item["key"], item["repeated"]) for item in sandbox.webhooks("enrichment")] == [("a", False), ("a", True)]


def test_the_page_shows_enrolments_and_webhooks(sandbox):
    sandbox.add_owner("ada@own.co", "Ada")
    (contact,) = sandbox.add_contacts([{"email": "ann@x.com", "firstname": "Ann"}])
    body = {"contactId": contact, "sequenceId": "503", "senderEmail": "ada@own.co"}
    path = "/automation/sequences/2026-09/enrollments?userId=60000201"
    httpx.post(f"{sandbox.url}{path}", json=body, headers={"Authorization": "Bearer t"})
    httpx.post(sandbox.webhook_url("enrichment"), content=b'{"a": "<b>"}', headers={"Idempotency-Key": "key-1"})
    shown = httpx.get(sandbox.url).text
    assert "Came and went" in shown
    assert "in it now" in shown
    assert "key-1" in shown
    assert "&lt;b&gt;" in shown
