"""README.md: what the sample is, and what to expect of the people in stories.csv and the companies in
company_stories.csv."""

import csv
from datetime import datetime
from pathlib import Path

TEXT = """\
# The sample company

Orbit (`orbit.example`) is a made-up product: teams upload files, make reports of them and share the reports. This
folder holds what its backend logged up to {month}, and what its HubSpot and Slack hold before the first run. All people
and companies are made up; every domain ends in `.example`, except private addresses at free mail services.

- `as_of.txt`: the clock of the sample. Every expectation below holds at this moment.
- `landing/product/`: companies, users and events as the backend leaves them. Events come in three formats, in UTC and
  with offsets, by the month they were received in. The file of retries sends twenty events a second time, and five of
  its lines can be no event: they belong in quarantine. One event name is not in the taxonomy: `beta_widget_opened`.
- `crm/`: what the sandbox is filled with. Tom Okafor has no Slack account, Helen Marsh has left, and Ruth Adeyemi owns
  a contact but takes no handoffs. Sales has deals, calls and meetings with some of the crowd, and with nobody who has a
  story; some deals have no amount, some are renewals, some are overdue.
- `stories.csv`, `company_stories.csv`: what must come out, written by hand. The tests count it again from the files.

## Make it again

    python seeds/sample/generate.py

The same arguments give the same files, on every Python version. `--out DIR` writes elsewhere, `--as-of` moves all of it
to another clock, `--seed` draws another crowd around the same stories, `--users N` makes the crowd larger. This page is
made too: its text is in `readme.py`, its tables are the two CSV files.

## People with a story

| outcome | meaning |
| --- | --- |
| round_robin | handed to the next member of the sales team who is present |
| existing_owner | handed to the active owner the contact has already |
| already_with_sales | qualified, and at sales qualified or beyond in HubSpot |
| not_in_crm | qualified, and HubSpot does not hold the person: left out and counted |
| same_record | another user of the same address speaks for the contact |
| not_qualified | misses at least one condition of `sql_definition.csv` |

Customers of the crowd may qualify, and nobody there is handed over: every handoff is one of these.

{people}

## Companies with a story

`matched_by` tells how the HubSpot record was found; `several_candidates` is a conflict: reported, and none is written.

{companies}
"""


def write_readme(path: Path, stories_folder: Path, as_of: datetime) -> None:
    people, companies = (_table(stories_folder / name) for name in ("stories.csv", "company_stories.csv"))
    text = TEXT.format(month=f"{as_of:%B %Y}", people=people, companies=companies)
    path.write_text(text, encoding="utf-8", newline="\n")


def _table(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
