"""Lines of text tables in messages, and cells that a text table and a workbook have in common."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from beatplanner.data.errors import InputError
from beatplanner.data.formats.cells import numbers, read_truths
from beatplanner.data.formats.layers import read_table
from beatplanner.data.formats.text_tables import code_page, decode

# A title over two lines, blank lines and separators alone, a cell over two lines, a blank row; the letter stands in line 12.
LINES = ['"a title', 'over two";;', "", "id;n;note", "1;2;", "", ";;", '2;3;"two', 'lines"', " ; ;", "3;4;", "4;x;", ""]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_a_message_names_the_line_of_the_file(tmp_path, end, sign):
    path = tmp_path / "t.csv"
    path.write_bytes(end.join(LINES).replace(";", sign).encode())
    frame, where = read_table(path, None, ["id", "n"])
    assert frame["id"].tolist() == ["1", "2", "3", "4"]
    assert where.rows == ("5", "8", "11", "12")
    with pytest.raises(InputError) as raised:
        numbers(frame["n"], where, notes=[])
    assert raised.value.problems[0].row == "12"


def test_a_row_that_is_too_long_is_named_by_its_line(tmp_path):
    (tmp_path / "t.csv").write_text('id,n\n\n1,"a\nb"\n\n2,3,4\n', encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_table(tmp_path / "t.csv", None, ["id", "n"])
    assert (raised.value.problems[0].row, raised.value.problems[0].what) == (
        "6",
        "the row has 3 cells and the header 2",
    )


def test_a_workbook_and_a_text_table_have_the_same_rows(tmp_path):
    book = openpyxl.Workbook()
    for row in (["id", "n"], [1, 2], [None, None], [3, 4]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    (tmp_path / "t.csv").write_text("id,n\n1,2\n,\n3,4\n", encoding="utf-8")
    of_text, of_book = (read_table(tmp_path / f"t.{e}", None, ["id", "n"]) for e in ("csv", "xlsx"))
    assert of_text[1].rows == of_book[1].rows == ("2", "4")
    assert len(of_text[0]) == len(of_book[0]) == 2


def _book(path, column):
    book = openpyxl.Workbook()
    for cell in column:
        book.active.append([cell])
    book.save(path)
    return path


@pytest.mark.parametrize("value", [True, False])
def test_a_truth_value_is_no_number_of_residents_by_any_door(tmp_path, value):
    (tmp_path / "t.csv").write_text(f"n\n{str(value).upper()}\n5\n", encoding="utf-8")
    for path in (tmp_path / "t.csv", _book(tmp_path / "t.xlsx", ["n", value, 5])):
        frame, where = read_table(path, None, ["n"])
        with pytest.raises(InputError, match="where a number is needed"):
            numbers(frame["n"], where, least=0, notes=[])
    with pytest.raises(InputError, match="where a number is needed"):
        numbers(pd.Series([value, value], name="n"), where, least=0, notes=[])


def test_two_cyrillic_letters_alone_are_a_word():
    text = "address,accept\nMain Street 5,да\nPark 7,не\n"
    content = text.encode("cp1251")
    assert decode(content) == (text, "cp1251")
    assert read_truths(pd.Series([r.split(",")[1] for r in text.splitlines()[1:]])) == [True, False]
    # Latin letters that stand together stand among others
    for words, page in (
        ("învăţământ, faţă, viaţă", "cp1250"),
        ("Čačak, čćevski", "cp1250"),
        ("Évry, Orléans", "cp1252"),
    ):
        assert code_page(words.encode(page)) == page


def test_truth_values_as_spreadsheets_of_the_region_write_them():
    assert read_truths(pd.Series(["ИСТИНА", "ТОЧНО", "TAČNO", "ЛОЖЬ", "НЕТОЧНО"])) == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("typed", "written", "read"),
    [([0.5, 0.125], ["50%", "12,5 %"], [0.5, 0.125]), (["#DIV/0!", 3], ["#DIV/0!", "3"], [-1.0, 3.0])],
)
def test_what_a_spreadsheet_shows_is_what_its_workbook_has(tmp_path, typed, written, read):
    (tmp_path / "t.csv").write_text("\n".join(["n;k", *(f"{w};k" for w in written)]), encoding="utf-8")
    book = openpyxl.Workbook()
    for cell in ("n", *typed):
        book.active.append([cell, "k"])
    book.save(tmp_path / "t.xlsx")
    for path in (tmp_path / "t.csv", tmp_path / "t.xlsx"):
        frame, where = read_table(path, None, ["n"])
        assert numbers(frame["n"], where, empty=-1.0, notes=[]).tolist() == read
    with pytest.raises(InputError, match="where a number is needed"):
        numbers(pd.Series(["50%"], name="n"), where, whole=True, notes=[])


def test_one_and_nothing_with_a_decimal_comma_are_yes_and_no():
    assert read_truths(pd.Series(["1,0", "0,0", "1.0", 0.0])) == [True, False, True, False]
