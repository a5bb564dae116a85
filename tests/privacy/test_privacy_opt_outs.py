import pytest

from dagster_project.privacy.opt_outs import OptOutsInvalid, read_opt_outs


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "suppressed").mkdir()
    return tmp_path / "suppressed"


def problems(folder, text, name="list.csv", encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding))
    with pytest.raises(OptOutsInvalid) as raised:
        read_opt_outs(folder)
    return str(raised.value).replace(str(folder), "…")


def test_an_opt_out_is_an_address_a_user_id_or_both(folder):
    rows = "email,user_id,reason,since\nNora@Bücher.example ,,asked us,2026-11-01\n,u_7,,\nm@x.example,u_8,,\n"
    (folder / "list.csv").write_text(rows)
    (folder / "more.csv").write_text("email\nz@x.example\n")
    found = [(item.email, item.user_id) for item in read_opt_outs(folder)]
    assert found == [
        ("nora@xn--bcher-kva.example", None),
        (None, "u_7"),
        ("m@x.example", "u_8"),
        ("z@x.example", None),
    ]


def test_without_a_folder_nobody_opted_out_unless_somebody_named_it(tmp_path):
    assert read_opt_outs(tmp_path / "none") == []
    with pytest.raises(OptOutsInvalid, match="No such file or directory; allowed: a folder with CSV files"):
        read_opt_outs(tmp_path / "none", must_exist=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("email\nnora\n", "…/list.csv, row 2, column email: found 'nora'; allowed: one e-mail address"),
        ("email,user_id\na@x.example,\n,\n", "…/list.csv, row 3, column email: is empty; allowed: an address, or a"),
        ("email\na@x.example;b@x.example\n", "row 2, column email: found 'a***@x.example;b***@x.example'; allowed"),
        ("email,since\na@x.example,soon\n", "row 2, column since: found 'soon'; allowed: a date such as 2026-11-20"),
        ("email,reason\na@x.example,no, never\n", "row 2: found 3 cells; allowed: 2, as in row 1"),
        ("e-mail\na@x.example\n", "…/list.csv, row 1: found 'e-mail'; allowed: CSV files with the columns email"),
        ("reason\nasked\n", "…/list.csv, row 1: found 'reason'; allowed"),
        ("", "…/list.csv, row 1: found ''; allowed"),
        ('email\n"a@x.example\n', "…/list.csv: found unexpected end of data; allowed: a file in UTF-8"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_and_not_passed_over(folder, text, told):
    assert told in problems(folder, text)


def test_bytes_that_are_no_utf_8_are_told(folder):
    assert "found bytes that are no UTF-8" in problems(folder, "email\nnorä@x.example\n", encoding="latin-1")


def test_a_file_that_is_no_csv_is_told(folder):
    assert problems(folder, "whatever", "list.xlsx").startswith("…/list.xlsx: found something else than a .csv file")
