"""How far a sync is, told every few seconds and not for every batch."""

from dagster_project.crm.progress import SendingProgress


def test_the_first_batch_is_told_then_one_every_five_seconds_and_the_last():
    now, told = [0.0], []
    progress = SendingProgress(told.append, "contacts", 1_000, lambda: now[0])
    for batch in range(1, 11):
        now[0] += 1.0
        progress.report(100 * batch, 0, batch)
    progress.finish()
    progress.finish()
    assert told == [
        "contacts: 100 of 1,000 records acknowledged, 0 refused, 1 call; 100 records/s, about 9 s left",
        "contacts: 600 of 1,000 records acknowledged, 0 refused, 6 calls; 100 records/s, about 4 s left",
        "contacts: 1,000 of 1,000 records acknowledged, 0 refused, 10 calls; 100 records/s",
    ]


def test_refused_records_count_as_done_and_no_pace_is_made_up():
    now, told = [0.0], []
    progress = SendingProgress(told.append, "contacts", 200, lambda: now[0])
    progress.report(0, 0, 1)
    now[0] += 10.0
    progress.report(60, 40, 2)
    assert told == [
        "contacts: 0 of 200 records acknowledged, 0 refused, 1 call",
        "contacts: 60 of 200 records acknowledged, 40 refused, 2 calls; 10 records/s, about 10 s left",
    ]


def test_nothing_is_told_where_nothing_was_sent():
    told = []
    SendingProgress(told.append, "contacts", 0).finish()
    assert told == []
