"""Which of 2,427 real job titles the shipped rules take for senior and for a student's, through the real models."""

import csv
import re
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing.tables import create_raw_tables, replace_rows
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.conftest import REAL_DATA, name_nobody
from tests.models.dbt_in_process import run_models

TITLES = REAL_DATA / "job_titles" / "titles.txt"
SENIOR = (
    *("VP", "vp", "VP, Sales", "V.P.", "V.P. of Sales", "V. P., Sales", "EVP", "EVP, Operations", "SVP, Sales", "AVP"),
    *("Vice President", "Vice-President", "VICE  PRESIDENT", "Vicepresident", "Vice Pres., Sales", "Sr Vice President"),
    *("Assistant Vice President", "Student Life Vice President"),
    *("Director", "Director of Student Affairs", "Student Activities Director", "Early Head Start Director"),
    *("Associate Director, QA", "Assistant Director", "Co-Director", "(Director)"),
    *("Head of Marketing", "Biometrics Head", "Teller, Head", "HEAD", "Head of the Head Start Programme"),
    # The words of another language around them.
    *("Director Général", "VP d'Ingénierie"),
)
NOT_SENIOR = (
    *("Head Start Teacher", "Head Start Coordinator", "Early Head Start Teacher", "Headstart Teacher"),
    *("Band-Head-Saw Operator", "Circular-Head-Saw Operator", "Insulation Board Head-Saw Operator", "Cigar-Head Holer"),
    *("Billet Header", "Header Up", "Overhead Crane Operator", "Headwaiter/Headwaitress", "Hot-Head-Machine Operator"),
    *("Active Directory Administrator", "411 Directory Assistance Operator", "Directional Driller", "Direct Chef"),
    *("Assistant to the Director", "Executive Assistant to the VP", "MVP", "Manager", "Vice Admiral", "RSVP Clerk"),
    *("Analyst", "", "—", "Directrice"),
)
STUDENTS = ("Student", "Nursing Student", "PhD student (physics)", "Student Teacher", "Graduate Student Instructor")
NO_STUDENTS = (
    *("Director of Student Affairs", "Student Life Vice President", "Student Accounts Manager", "Student Services Rep"),
    *("Foreign Exchange Student Coordinator", "Studentship Officer", "Student-Union Consultant"),
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The titles each rule applies to, and under `all` every title."""
    if not TITLES.exists():
        pytest.skip(f"real data is not there: {TITLES} (set PQL_REAL_DATA)")
    data_dir = tmp_path_factory.mktemp("titles")
    titles = {*TITLES.read_text(encoding="utf-8").splitlines(), *SENIOR, *NOT_SENIOR, *STUDENTS, *NO_STUDENTS} - {""}
    place = {"file_name": "users.csv", "load_id": 1}
    rows = [
        {"user_id": f"u{number}", "job_title": title, "line_number": number} | place
        for number, title in enumerate(sorted(titles), 1)
    ]
    with open_warehouse(data_dir / "warehouse.duckdb") as connection:
        create_raw_tables(connection)
        replace_rows(connection, {"raw.product_users": rows})
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        models = ["+int_fit_points", "+int_negative_points"]
        run_models(data_dir, environment, "2026-06-30T12:00:00Z", models, target=data_dir / "target")
    with duckdb.connect(data_dir / "warehouse.duckdb", read_only=True) as connection:
        found = connection.sql("""
            select rule_id, found from intermediate.int_fit_points
            union all select rule_id, found from intermediate.int_negative_points where rule_id = 'student_title'
        """).fetchall()
    by_rule: dict[str, set[str]] = {"all": titles, "senior_title": set(), "student_title": set()}
    for rule_id, title in found:
        by_rule[rule_id].add(title)
    return by_rule


def of_rule(file: Path, rule_id: str) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["rule_id"] == rule_id]


def applies(rule: dict[str, str], title: str) -> bool:
    """Counted anew, without a database: whole words, once the phrases that do not count are gone."""

    def pattern(phrase: str) -> str:
        return r"(?<![^\W_])" + r"[\W_]+".join(re.findall(r"[^\W_]+", phrase)) + r"(?![^\W_])"

    for phrase in filter(None, rule["except_words"].split("|")):
        title = re.sub(pattern(phrase), "|", title, flags=re.IGNORECASE)
    return re.search(pattern(rule["value"]), title, re.IGNORECASE) is not None


def test_every_title_is_judged_as_a_count_without_a_database_has_it(judged):
    senior = of_rule(SHIPPED_RULES_DIR / "fit_rules.csv", "senior_title")
    expected = {title for title in judged["all"] if any(applies(rule, title) for rule in senior)}
    assert judged["senior_title"] ^ expected == set()
    student = of_rule(SHIPPED_RULES_DIR / "negative_rules.csv", "student_title")
    students = {title for title in judged["all"] - expected if any(applies(rule, title) for rule in student)}
    assert judged["student_title"] ^ students == set()


def test_words_that_look_senior_and_are_not_do_not_count(judged):
    assert [title for title in SENIOR if title not in judged["senior_title"]] == []
    assert [title for title in NOT_SENIOR if title in judged["senior_title"]] == []


def test_who_works_for_students_or_leads_them_is_none(judged):
    assert [title for title in STUDENTS if title not in judged["student_title"]] == []
    assert [title for title in NO_STUDENTS if title in judged["student_title"]] == []


def test_more_than_half_of_these_titles_are_senior(judged):
    """The list was made of titles with such words in them: many more or fewer would be a rule gone wrong."""
    titles = set(TITLES.read_text(encoding="utf-8").splitlines())
    assert 0.5 <= len(judged["senior_title"] & titles) / len(titles) <= 0.55
