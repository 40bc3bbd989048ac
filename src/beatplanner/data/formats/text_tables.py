"""Text tables as offices export them: encoding, separator and header row are found by evidence, and what was found is told."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.damage import AGAIN, NOTHING, refuse_unreadable, seen_fault, unreadable

# More than any office exports in one file; beyond, a laptop's memory would decide.
MOST_BYTES = 600 << 20
MOST_ROWS = 3_000_000
MOST_COLUMNS = 5_000
MOST_LINE = 5_000_000
# Zeros in a text are padding at most; a file of which more is zeros was never written to its end, or lost its inside.
MOST_ZEROS = 0.2
SEPARATORS = (";", ",", "\t", "|")
# Rows above the header in which a title, a date or a logo may stand.
HEADER_DEPTH = 40
# What the parser says of an open quote.
UNCLOSED = re.compile(r"EOF inside string")
OPEN_QUOTE = "a quotation mark is never closed, so quotation marks were read as letters"
# Letters that betray an old code page, with those of the region's languages. Source: the frequency tables of Serbian, Croatian, Romanian,
# Polish and Hungarian for cp1250, of Western Europe and Albanian for cp1252, of Russian, Macedonian and Serbian for the Cyrillic ones.
LETTERS = {
    "cp1250": "čćžšđČĆŽŠĐăşţŞŢłęąśźżőűŐŰëçËÇâîáéíóöúüß–„“”",
    "cp1252": "àèìòùâêîôûäëïöüçñãõåæøéáíóúßÀÈÉÇÄÖÜËÑÅØÆ–„“”",
}
# Those of cp1250 without the South Slavic ones.
OTHER_LATIN = "ăşţŞŢłęąśźżőűŐŰëçËÇâîáéíóöúüßńćŁĘĄŚŹŻŃ"
TURKISH = "ğĞıİşŞ"
# -ić, Č at the head of a word, č and đ before vowels: bytes that no Western language has there.
SOUTH_SLAVIC = re.compile(
    rb"i\xe6(?![a-z])|\xc8a|\xe8(?:k[aieu]|ac|in|ev)|[\x9a\x9e\x8a\x8e].{0,200}[\xe8\xe6\xf0]|a\xe8a|\xf0(?:e|ur|or)",
    re.DOTALL,
)
# Older pages of the region's Latin letters; each speaks only where its bytes are these letters and those of the usual pages are not.
OLDER_LATIN, SOUTH_SLAVIC_LETTERS = ("iso8859-2", "cp852"), "čćžšđČĆŽŠĐëçËÇ"
CYRILLIC = {
    "cp1251": "windows-1251",
    "cp866": "DOS 866",
    "iso8859-5": "ISO 8859-5",
    "koi8-r": "KOI8-R",
    "mac-cyrillic": "Mac Cyrillic",
    "cp855": "DOS 855",
}
FREQUENT_CYRILLIC = "оеаинтсрвлкмдпуОЕАИНТСРВЛКМДПУјЈљњЉЊћђ"


@dataclass(frozen=True)
class TextTable:
    """A text table before its columns are chosen.

    Attributes
    ----------
    frame
        Every cell is text, None where empty; trimmed column names.
    rows
        Line of the file (from 1) in which each row begins; what is empty is no row, and a cell may go over several lines.
    facts
        What had to be found out: code page, separator, rows above the header.
    """

    frame: pd.DataFrame
    rows: tuple[int, ...]
    facts: tuple[str, ...]


def decode(content: bytes) -> tuple[str, str | None]:
    """Return the text of a file, and the code page where it had to be guessed.

    Unicode is certain: by its mark, by the zeros of UTF-16, or because bytes that are no UTF-8 hardly ever look like it. Otherwise the
    letters decide. In Cyrillic text high bytes stand together as words, in Latin text they stand alone.
    """
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return content.decode("utf-32", errors="replace"), None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), None
    start = content[:4000]
    if start.count(0) > 0.2 * len(start):
        even, odd = start[::2].count(0), start[1::2].count(0)
        return content.decode("utf-16-le" if odd > even else "utf-16-be", errors="replace"), None
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        page = code_page(content)
        return content.decode(page, errors="replace"), page


def code_page(content: bytes) -> str:
    """Return the old code page that bytes are most likely written in.

    Examples
    --------
    >>> code_page("Шаблон, Скопје".encode("cp1251")), code_page("Čačak, Niš".encode("cp1250"))
    ('cp1251', 'cp1250')
    """
    words = re.findall(rb"[\x80-\xff]+", content[:2_000_000])
    if not words:
        return "cp1250"
    if _is_cyrillic(content):
        sample = b" ".join(words[:50_000])
        return max(CYRILLIC, key=lambda page: _cyrillic_score(sample, page))
    counted = Counter(b"".join(words))
    # č, ć and đ share their bytes with è, æ and ð: with equal evidence the region's own code page is taken
    best = max(("cp1250", "cp1252"), key=lambda page: _latin_score(counted, page))
    # of Polish, Romanian and South Slavic letters a text has those of one language
    usual = max(
        [_letters_of(counted, "cp1250", SOUTH_SLAVIC_LETTERS)]
        + [
            _letters_of(counted, page, letters)
            for page, letters in (("cp1250", OTHER_LATIN), ("cp1252", LETTERS["cp1252"]))
        ]
    )
    older = max(OLDER_LATIN, key=lambda page: _letters_of(counted, page, SOUTH_SLAVIC_LETTERS))
    return older if _letters_of(counted, older, SOUTH_SLAVIC_LETTERS) > usual else best


def fits_better(content: bytes, declared: str) -> str:
    """Return the code page of texts that declare one: theirs, unless the letters fit another better.

    Examples
    --------
    >>> fits_better("Скопје, Шутка, Чаир".encode("cp1251"), "cp1252"), fits_better("Évry, Orléans".encode("cp1252"), "cp1252")
    ('cp1251', 'cp1252')
    >>> fits_better("Petrović, Čačak".encode("cp1250"), "iso8859-1")
    'cp1250'
    """
    words = re.findall(rb"[\x80-\xff]+", content[:2_000_000])
    if not words:
        return declared
    guess = code_page(content)
    if _is_cyrillic(content):
        sample = b" ".join(words[:50_000])
        kept = _cyrillic_score(sample, declared) >= _cyrillic_score(sample, guess)
        return declared if kept else guess
    counted = Counter(b"".join(words))
    if guess == "cp1250" and _latin_family(declared) == "cp1252" and SOUTH_SLAVIC.search(content):
        return guess
    return declared if _latin_score(counted, declared) >= _latin_score(counted, guess) else guess


def _is_cyrillic(content: bytes) -> bool:
    """Tell whether high bytes stand together as words, as in Cyrillic text; in Latin text they stand alone, among other letters.

    Two of them, such as “да”, are a word where no other letter stands beside them.
    """
    start = content[:2_000_000]
    every = sum(map(len, re.findall(rb"[\x80-\xff]+", start)))
    words = re.findall(rb"[\x80-\xff]{3,}|(?<![A-Za-z\x80-\xff])[\x80-\xff]{2}(?![A-Za-z\x80-\xff])", start)
    return sum(map(len, words)) > 0.5 * every


def _cyrillic_score(sample: bytes, page: str) -> float:
    text = sample.decode(page, errors="replace")
    # a capital inside a word is rare, and tells KOI8 (whose cases are exchanged) from the others
    odd = len(re.findall(r"[а-яј][А-ЯЈ]", text)) + sum(not c.isalpha() and c != " " for c in text)
    return sum(c in FREQUENT_CYRILLIC for c in text) - 2.0 * odd


def _letters_of(counted: Counter[int], page: str, letters: str) -> int:
    """Return how many bytes are such letters in a code page, less those that are not; dashes and quotation marks count for neither."""
    said = [(bytes([b]).decode(page, errors="replace"), n) for b, n in counted.items()]
    return sum(n * (1 if c in letters else -1) for c, n in said if c not in "–„“”’‘…»«°§\u00a0")


def _latin_family(page: str) -> str:
    return {"cp1252": "cp1252", "iso8859-1": "cp1252", "iso8859-15": "cp1252", "latin-1": "cp1252"}.get(page, page)


def _latin_score(counted: Counter[int], page: str) -> float:
    letters = LETTERS.get(_latin_family(page), "".join(LETTERS.values()) + TURKISH)
    return sum(n * (1.0 if bytes([b]).decode(page, errors="replace") in letters else -1.0) for b, n in counted.items())


def header_row(rows: Sequence[Sequence[object]], wanted: Sequence[str]) -> int:
    """Return the position of the header: the first row with the most of the wanted names, else the first that is about as full as any."""
    names = {w.strip().casefold() for w in wanted}
    full = [sum(c is not None and str(c).strip() != "" for c in row) for row in rows[:HEADER_DEPTH]]
    first = next((i for i, n in enumerate(full) if n > 0 and n >= 0.6 * max(full)), -1)
    best, most = -1, 0
    for i, row in enumerate(rows[:HEADER_DEPTH]):
        found = len(names & {str(c).strip().casefold() for c in row if c is not None})
        if found > most:
            best, most = i, found
    # one cell alone may be a datum: a cross that ticks something, or a word in a row of dates and numbers
    if most == 1 and 0 <= first < best and not _has_numbers(rows[first]):
        (name,) = names & {str(c).strip().casefold() for c in rows[best] if c is not None}
        if len(name) == 1 or _has_numbers(rows[best]):
            return first
    return first if best < 0 else best


def _has_numbers(row: Sequence[object]) -> bool:
    """Tell whether a cell of a row is a number or a date."""
    return any(c is not None and re.fullmatch(r"\s*[-+]?\d[\d.,:/\s-]*", str(c)) for c in row)


def separator_of(text: str) -> str:
    """Return the sign that parts the cells: the one that parts most lines into the same number of them, more than one."""
    start = "\n".join(text[:200_000].splitlines()[:200])
    if start.lower().startswith("sep=") and len(start) > 4:
        return start[4]
    best, most = ",", 0.0
    for sign in SEPARATORS:
        try:
            counts = Counter(len(r) for r in csv.reader(io.StringIO(start, newline=""), delimiter=sign) if r)
        except csv.Error:
            continue
        wide = {width: n for width, n in counts.items() if width > 1}
        if wide:
            width = max(wide, key=lambda w: (wide[w], w))
            # of two signs that part evenly, the one that makes more cells: decimal commas part evenly too
            score = wide[width] / sum(counts.values()) + 0.05 * min(width, 10)
            if score > most:
                best, most = sign, score
    return best


def read_text_table(path: Path, wanted: Sequence[str] | None) -> TextTable:
    """Read a CSV, TSV or similar text.

    Parameters
    ----------
    path
        The file.
    wanted
        Names that the header should hold, by which it is found; only their cells are loaded. None loads all.

    Raises
    ------
    InputError
        Where it is no table, empty, or larger than a laptop takes.
    """
    refuse_unreadable(path)
    if path.stat().st_size > MOST_BYTES:
        raise InputError(
            problem(
                f"the table has {path.stat().st_size / 1e9:.1f} GB, more than is read at once",
                "Export fewer columns, or one year a file",
                file=path.name,
            )
        )
    if seen_fault(path) not in ("", NOTHING):
        raise InputError(unreadable(path))
    content = path.read_bytes()
    if _longest_line(content) > MOST_LINE:
        what = f"a line has more than {MOST_LINE / 1e6:.0f} million letters, so this is no table"
        raise InputError(problem(what, "Export it again as CSV", file=path.name))
    text, page = decode(content)
    del content
    if text.count("\x00") > MOST_ZEROS * len(text):
        # no code page writes letters so: the computer stopped while it was written, or a disk lost it
        raise InputError(problem("the file is damaged: it holds zeros in place of text", AGAIN, file=path.name))
    if not text[:100_000].strip("\ufeff\x00 \r\n\t"):
        raise InputError(problem("the file is empty", "Export it again", file=path.name))
    text = text.replace("\x00", "")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    sign = separator_of(text)
    facts = [f"the text is not Unicode and was read as {CYRILLIC.get(page, page)}, by its letters"] if page else []
    quoted = csv.QUOTE_MINIMAL
    try:
        start = _first_rows(text, sign)
    except csv.Error:
        # a quote that never ends, as in 5" pipe: quotes are then letters like others
        quoted, start = csv.QUOTE_NONE, [line.split(sign) for line in text.splitlines()[:HEADER_DEPTH]]
        facts.append(OPEN_QUOTE)
    at = header_row(start, wanted or ())
    if at < 0:
        raise InputError(problem("the file holds no table", "Give a table with a header row", file=path.name))
    letters = _length_of_rows(text, sign, at, quoted)
    above = text.count("\n", 0, letters)
    if any(str(c).strip() for c in start[0]) and at > 0 and not start[0][0].lower().startswith("sep="):
        facts.append(f"the header stands in row {above + 1}; the rows above it were left out")
    body = text[letters:].encode("utf-8", errors="replace")
    del text
    body = _without_blank_end(body, sign)
    if len(start[at]) > MOST_COLUMNS:
        raise InputError(
            problem(f"the table has {len(start[at]):,} columns", "Export those needed only", file=path.name)
        )
    names = _unique([c.strip() for c in start[at]])
    keep = set(names) if wanted is None else {w.strip() for w in wanted}
    columns = [i for i, n in enumerate(names) if n in keep] or [0]
    try:
        try:
            frame = _cells(body, sign, names, columns, quoted)
        except pd.errors.ParserError as error:
            if quoted == csv.QUOTE_NONE or UNCLOSED.search(str(error)) is None:
                raise
            quoted = csv.QUOTE_NONE
            frame = _cells(body, sign, names, columns, quoted)
            facts.append(OPEN_QUOTE)
        lines, blank = _begin_of_rows(body, sign, quoted, len(names), len(frame))
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OverflowError):
        mend = "Save it as CSV with a header row and the same number of cells in each row"
        what = "the table cannot be read as rows of cells"
        raise InputError(problem(what, mend, file=path.name)) from None
    except _TooLongError as error:
        what = f"the row has {error.row.held:,} cells and the header {len(names):,}"
        mend = "Give each row as many cells as the header has"
        raise InputError(problem(what, mend, file=path.name, row=f"{above + error.row.line:,}")) from None
    if len(frame) > MOST_ROWS:
        raise InputError(
            problem(f"the table has more than {MOST_ROWS:,} rows", "Export one year a file", file=path.name)
        )
    frame = frame[~blank].reset_index(drop=True)
    # the names of the others are kept for messages; their cells are never loaded
    frame = frame.astype(object).where(lambda f: f != "", None).reindex(columns=names)
    return TextTable(frame, tuple((above + lines[~blank]).tolist()), tuple(facts))


def _begin_of_rows(body: bytes, sign: str, quoted: int, width: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lines (from 1, the header's) in which rows begin, and which of them hold nothing but separators, (count,) each.

    Raises
    ------
    _TooLongError
        For the first row that holds something beyond the `width` of the header: which of its cells are shifted nobody knows.
    """
    lines, blank = np.arange(2, count + 2), np.zeros(count, bool)
    ends, mark = body.count(b"\n") + (not body.endswith(b"\n")), re.escape(sign.encode())
    odd = rb"\n(?:[ \t%b]*\r?(?:\n|$)|(?:[^\n%b]*%b){%d}[^\n]*[^\s%b])" % (mark, mark, mark, width, mark)
    if ends == count + 1 and b'"' not in body and re.search(odd, body) is None:
        return lines, blank
    rows = [r for r in _rows(body, sign, quoted) if r.cells][1:]
    for row in rows:
        if row.held > width:
            raise _TooLongError(row)
    # the two readers part some odd texts otherwise; of these the rows are counted
    if len(rows) != count:
        return lines, blank
    return np.array([r.line for r in rows], int), np.array([not r.held for r in rows], bool)


@dataclass(frozen=True)
class _TextRow:
    """A row of a text: the line in which it begins, how many cells it has (none where it is an empty line), and how many up to the last that holds something."""

    line: int
    cells: int
    held: int


class _TooLongError(Exception):
    """A row has more cells than the header."""

    def __init__(self, row: _TextRow) -> None:
        super().__init__()
        self.row = row


def _rows(body: bytes, sign: str, quoted: int) -> Iterator[_TextRow]:
    """Yield the rows of a text, the header first; no more where the reader of the standard library cannot part it."""
    stream = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", errors="replace", newline="")
    reader = csv.reader(stream, delimiter=sign, skipinitialspace=True, quoting=quoted)  # type: ignore[arg-type]
    line = 1
    try:
        for row in reader:
            held = next((i for i in range(len(row), 0, -1) if row[i - 1].strip()), 0)
            yield _TextRow(line, len(row) if held or len(row) > 1 else 0, held)
            line = reader.line_num + 1
    except csv.Error:
        return


def _without_blank_end(body: bytes, sign: str) -> bytes:
    """Return rows without the last ones that hold nothing but separators, as a spreadsheet writes them below its table."""
    end = body.find(b"\n", len(body.rstrip(sign.encode() + b" \t\r\n")))
    return body if end < 0 else body[: end + 1]


def _cells(body: bytes, sign: str, names: list[str], columns: list[int], quoted: int) -> pd.DataFrame:
    """Return the cells of the wanted columns as texts."""
    return pd.read_csv(
        io.BytesIO(body),
        sep=sign,
        dtype=str,
        keep_default_na=False,
        skipinitialspace=True,
        header=0,
        names=names,
        index_col=False,
        usecols=columns,
        nrows=MOST_ROWS + 1,
        quoting=quoted,  # type: ignore[arg-type]
        skip_blank_lines=True,
        on_bad_lines="error",
    )


def _longest_line(content: bytes) -> int:
    """Return the greatest distance between two ends of lines; the parser below dies of a line that fills the memory."""
    longest = last = 0
    for start in range(0, len(content), 1 << 24):
        part = np.frombuffer(content, np.uint8, min(1 << 24, len(content) - start), start)
        ends = np.flatnonzero((part == 10) | (part == 13)) + start
        if len(ends):
            longest = max(longest, int(ends[0]) - last, int(np.diff(ends).max(initial=0)))
            last = int(ends[-1])
    return max(longest, len(content) - last)


def _unique(names: list[str]) -> list[str]:
    """Return names that are each the only one: what stands twice gets a number, what is empty its place."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for i, name in enumerate(names):
        name = name or f"column {i + 1}"
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}.{seen[name] - 1}")
    return found


def _first_rows(text: str, sign: str) -> list[list[str]]:
    reader = csv.reader(
        io.StringIO(text.lstrip("\ufeff")[:2_000_000], newline=""), delimiter=sign, skipinitialspace=True
    )
    rows: list[list[str]] = []
    for row in reader:
        rows.append(row)
        if len(rows) >= HEADER_DEPTH:
            break
    return rows


def _length_of_rows(text: str, sign: str, rows: int, quoting: int) -> int:
    """Return how many letters the first rows take, whose cells may hold line breaks, with a mark before them."""
    mark = len(text) - len(text.lstrip("\ufeff")) if text.startswith("\ufeff") else 0
    stream = io.StringIO(text[mark : mark + 2_000_000], newline="")
    reader = csv.reader(stream, delimiter=sign, quoting=quoting)  # type: ignore[arg-type]
    for _ in range(rows):
        next(reader, None)
    return mark + stream.tell()
