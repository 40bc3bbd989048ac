"""Columns of tables by their meaning: as the description names them, as this tool does, or in the words of the region's offices.

What is found by a word is told, with the lines that keep it in the description; a column that is not used is named. Words stand in plain
Latin letters (see `plain`), in English, Macedonian, Serbian, Albanian, Romanian and Russian.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.layers import read_table
from beatplanner.data.formats.plain_names import plain
from beatplanner.data.formats.source import Place
from beatplanner.data.town.reading import Reading

WORDS: dict[str, str] = {
    "officer": "officer_id officer_name name full_name badge badge_no badge_number policaec policajac policajci sluzbenik policiski_sluzbenik "
    "policijski_sluzbenik ime ime_i_prezime ime_prezime prezime_i_ime znacka broj_na_znacka broj_znacke oficer oficeri polici punonjesi emri "
    "emri_mbiemri emri_dhe_mbiemri emri_i_oficerit ofiter ofiterul politist politistul agent nume numele nume_si_prenume sotrudnik policejskij "
    "fio fio_sotrudnika familija_imja imja zeton tabelnyj_nomer id",
    "beat": "beat_id beat_name sector patrol_area area reon reonot rejon rajon rajoni sektor sektori pozornicki_reon pozornicki_rejon policiski_reon "
    "zona zona_e_patrullimit sectorul ucastok policejskij_ucastok",
    "since": "since_date on_beat_since in_beat_since from start posted posted_on assigned assigned_on od od_koga od_datum datum_od pocetok "
    "na_reonot_od na_reon_od rasporeden rasporeden_od vo_reonot_od od_kada od_datuma pocetak rasporedjen rasporedjen_od na_rejonu_od u_rejonu_od "
    "nga qe_nga nga_data prej fillimi data_e_fillimit ne_zone_qe_nga din de_la de_la_data din_data inceput data_inceperii s s_daty naznacen "
    "data_naznacenija na_ucastke_s nacalo",
    "languages": "language speaks spoken_languages jazik jazici jezik jezici govori gjuha gjuhet gjuhe limba limbi limbile limbi_vorbite jazyk jazyki",
    "gender": "sex pol rod gjinia gjini gen genul sexul",
    "x": "lon lng long longitude home_x home_lon home_longitude dolzina geografska_dolzina duzina geografska_duzina gjatesia gjatesi_gjeografike "
    "longitudine dolgota",
    "y": "lat latitude home_y home_lat home_latitude sirina geografska_sirina gjeresia gjeresi_gjeografike latitudine sirota",
    "trained_on": "trained training training_date trained_date obuka obucen datum_na_obuka zavrsena_obuka datum_obuke trajnimi trajnuar "
    "data_e_trajnimit instruit instruire data_instruirii formare data_formarii obucenie data_obucenija",
    "joins_on": "joins join joined join_date joining_date hired employed vraboten vraboten_na datum_na_vrabotuvanje stapuva zaposlen "
    "datum_zaposlenja dolazi dolazak punesuar data_e_punesimit angajat data_angajarii prinjat data_priema",
    "leaves_on": "leaves leave leave_date leaving_date retires retirement retirement_date end_date penzija penzioniranje datum_na_penzioniranje "
    "zaminuva zaminuvanje penzionisanje datum_penzionisanja odlazi odlazak datum_odlaska largohet largimi data_e_largimit pensioni pensionimi "
    "data_e_pensionimit pleaca plecare data_plecarii pensionare data_pensionarii uhodit data_uhoda pensija data_vyhoda_na_pensiju uvolen",
    "licence": "license driving_licence driving_license drivers_licence driver vozacka vozacka_dozvola dozvola patenta patente leja_e_drejtimit permis "
    "permis_auto permis_de_conducere prava voditelskie_prava",
    "not_with": "couple relative ne_so ne_sa jo_me nu_cu ne_s",
    "prefers": "preference preferences wish wishes zelba zelbi saka zelja zelje deshira preferon prefera preferinta preferinte pozelanie pozelanija",
    "absent_from": "absence_from away_from sick_from otsuten_od otsustvo_od odsutan_od odsustvo_od bolovanje_od mungon_nga absent_din absent_de_la "
    "otsutstvuet_s otpusk_s",
    "absent_until": "absence_until away_until sick_until otsuten_do otsustvo_do odsutan_do odsustvo_do bolovanje_do mungon_deri absent_pana "
    "absent_pana_la otsutstvuet_do otpusk_do",
    "ordered_on": "ordered order_date naredba datum_na_naredba naredjeno datum_naredbe urdher data_e_urdherit ordin data_ordinului prikaz data_prikaza",
    "grade": "salary_grade pay_grade platen_razred platni_razred grada klasa_e_pages treapta_de_salarizare razrjad",
    "posts": "number count places broj mesta broj_mesta rabotni_mesta vende numri posturi numar kolicestvo",
    "start": "from od pocetok pocetak datum_od nga fillimi din inceput de_la s nacalo start_date",
    "end": "until to do kraj datum_do deri fundi mbarimi pana sfarsit pana_la po konec end_date",
    "requires": "asks asks_for bara trazi kerkon cere trebuet",
    "from": "from_unit unit_from unit_a od nga de_la ot",
    "to": "to_unit unit_to unit_b do deri pana_la",
    "metres": "meters metre meter distance distance_m dist length metri metra metro dalecina rastojanie rastojanje largesia distanta dlina",
    "unit": "unit_id edinica jedinica njesia unitate edinica_id",
    "site": "station site_id stanica objekt stacioni statie stancija",
    "accept": "accepted ok prifateno prihvaceno pranuar acceptat prinjato",
    "reason": "why note pricina razlog arsyeja motiv",
}


def read_columns(
    reading: Reading,
    path: Path,
    layer: str | None,
    needed: Sequence[str],
    optional: Sequence[str] = (),
    *,
    given: Mapping[str, str] | None = None,
    key: str,
) -> tuple[pd.DataFrame, Place]:
    """Read a table whose columns have fixed meanings.

    Parameters
    ----------
    reading
        Takes in how the columns were found, and which are not used.
    path, layer
        As in `read_table`.
    needed, optional
        Meanings that must, and may, be there.
    given
        The file's name for a meaning, as the description says.
    key
        Of the table in the description, for messages.

    Returns
    -------
    tuple of pandas.DataFrame and Place
        Columns are named by their meanings.

    Raises
    ------
    InputError
        As for `read_table`; and where a name that the description gives is for no meaning.
    """
    meanings, given = [*needed, *optional], dict(given or {})
    file = reading.description.file.name
    for name in given:
        if name not in meanings:
            mend = did_you_mean(name, meanings) or f"The columns are: {listed(meanings, 20)}"
            raise InputError(problem(f"“{name}” is no column of this table", mend, file=file, field=f"{key}.columns"))
    full = reading.description.path(path)
    _, looked = read_table(full, layer, [], [*given.values(), *(m for m in meanings if m not in given)])
    headers = [*looked.found]
    by_word = guessed_columns(headers, [m for m in meanings if m not in given], set(given.values()))
    names = {m: given.get(m) or by_word.get(m) or m for m in meanings}
    try:
        frame, where = read_table(full, layer, [names[m] for m in needed], [names[m] for m in optional])
    except InputError as error:
        raise InputError(*(_with_mapping(note, key, headers, needed, names) for note in error.problems)) from None
    frame = frame.rename(columns={v: k for k, v in names.items()})
    absent = [n for m, n in given.items() if m not in frame]
    if absent:
        mend = did_you_mean(absent[0], headers) or f"The columns are: {listed(headers, 20)}"
        raise InputError(where.problem(f"there is no column “{absent[0]}”", mend, field=f"{key}.columns"))
    words = {m: n for m, n in by_word.items() if m in frame and plain(n) != m}
    if words:
        said = ", ".join(f"“{n}” is taken for {m}" for m, n in words.items())
        kept = ", ".join(f'{m} = "{n}"' for m, n in words.items())
        note = where.fact(said, mend=f"To keep or change this, write columns = {{ {kept} }} in {key}")
        reading.findings.add([note])
    reading.findings.add(where.told)
    unused = [h for h in headers if h not in set(names.values()) and plain(h) not in meanings]
    if unused:
        plainly = not any(m in frame for m in optional) and bool(optional)
        what = f"{len(unused):,} column{'s are' if len(unused) > 1 else ' is'} not used: {listed(unused, 12)}"
        if plainly:
            what = f"only {listed(needed)} is understood of this table, and the rest is not used: {listed(unused, 12)}"
        mend = (
            f"Where one of them is {listed(optional, 20)}, say so: columns = {{ {optional[0]} = “…” }} in {key}"
            if optional
            else ""
        )
        reading.findings.add([where.fact(what, "warning" if optional else "info", mend, field=f"{key}.columns")])
    return frame, where


def guessed_columns(headers: Sequence[str], meanings: Sequence[str], taken: set[str]) -> dict[str, str]:
    """Return the header of each meaning that has one: by the meaning itself, then by a word for it that stands for nothing else here."""
    free = {h: plain(h) for h in headers if h not in taken}
    found: dict[str, str] = {}
    for meaning in meanings:
        named = [h for h, p in free.items() if p == meaning and h not in found.values()]
        if named:
            found[meaning] = named[0]
    for whole in (True, False):
        for meaning in meanings:
            if meaning in found:
                continue
            words = [meaning, *WORDS.get(meaning, "").split()]
            # the surest word first
            for word in words:
                named = [
                    h for h, p in free.items() if h not in found.values() and (p == word if whole else _holds(p, word))
                ]
                if named:
                    found[meaning] = named[0]
                    break
    return found


def _holds(header: str, word: str) -> bool:
    """Tell whether a header holds a word as whole words of its own; short words, which stand in many headers, do not count."""
    return len(word) > 3 and f"_{word}_" in f"_{header}_"


def _with_mapping(
    note: Note, key: str, headers: Sequence[str], needed: Sequence[str], names: Mapping[str, str]
) -> Note:
    """Say in a message of a missing column how to name it."""
    missing = next((m for m in needed if names[m] == note.field and "no column" in note.what), None)
    if missing is None:
        return note
    mend = f"The columns are: {listed(headers, 12)}. Say which it is: columns = {{ {missing} = “…” }} in {key}"
    return Note(note.severity, note.what, mend, note.file, note.layer, note.row, note.field)
