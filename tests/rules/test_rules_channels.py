"""A channel has one row, hours that a day has, and a digest where there is one."""

import pytest


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("slack,true,10:00", "slack,true,", "row 2, column digest_at: is empty; allowed: a time such as 09:00"),
        ("webhook,true,,", "webhook,true,09:00,", "row 5, column digest_at: found '09:00'; allowed: nothing"),
        (
            "slack,true,10:00",
            "slack,perhaps,10:00",
            "row 2, column is_enabled: found 'perhaps'; allowed: true",
        ),
        ("slack,true,10:00", "slack,true,25:00", "row 2, column digest_at: found '25:00'; allowed: a time of day"),
        ("slack,true", "teams,true", "row 2, column channel: found 'teams'; allowed:"),
        ("Europe/Berlin", "Europe/Berlim", "row 2, column time_zone: found 'Europe/Berlim'; allowed: a time zone of"),
        ("08:00,18:00", "18:00,08:00", "row 2, column works_until: found '08:00'; allowed: a time after 18:00"),
    ],
)
def test_a_bad_cell_is_told_with_its_place(rules, before: str, after: str, told: str):
    path = rules.path / "channels.csv"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    assert any(f"channels.csv, {told}" in str(problem) for problem in rules.problems())


def test_a_channel_without_a_row_is_told(rules):
    path = rules.path / "channels.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    assert [str(problem) for problem in rules.problems()] == [
        "channels.csv: found 'no row webhook'; allowed: a row for each of slack, hubspot_task, sequence, webhook"
    ]
