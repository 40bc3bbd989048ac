"""One of a thing is named as one: “1 beat”, and in Macedonian “21 реон”.

Sentences are put together of a number and words that are written for many. A catalogue has a form for one where a whole sentence turns on one number;
where a sentence has several, or is one of planning's own, the noun behind each number is put right here, once it stands beside it.
"""

from __future__ import annotations

import re
from functools import cache

# What is counted, in English, behind a number; that of one is made by rule.
ENGLISH = [
    "addresses",
    "amounts",
    "answers",
    "areas",
    "barriers",
    "beats",
    "borders",
    "budgets",
    "calls",
    "candidates",
    "catchments",
    "categories",
    "cells",
    "changes",
    "checks",
    "claims",
    "clashes",
    "columns",
    "commands",
    "complaints",
    "conflicts",
    "crossings",
    "days",
    "dimensions",
    "doubts",
    "draws",
    "edges",
    "entries",
    "errors",
    "facts",
    "figures",
    "files",
    "forums",
    "gaps",
    "groups",
    "homes",
    "hours",
    "incidents",
    "kinds",
    "languages",
    "layers",
    "letters",
    "lines",
    "links",
    "meetings",
    "members",
    "metres",
    "minutes",
    "months",
    "moves",
    "municipalities",
    "names",
    "notes",
    "officers",
    "pages",
    "pairs",
    "parts",
    "pieces",
    "places",
    "plans",
    "points",
    "polygons",
    "postings",
    "posts",
    "residents",
    "roads",
    "rotations",
    "rows",
    "rules",
    "seats",
    "seconds",
    "sectors",
    "servers",
    "shapes",
    "sheets",
    "shifts",
    "sites",
    "speakers",
    "squares",
    "stations",
    "steps",
    "stops",
    "streets",
    "supervisors",
    "surveys",
    "tables",
    "tenures",
    "threads",
    "times",
    "units",
    "values",
    "vehicles",
    "visits",
    "warnings",
    "ways",
    "weeks",
    "wishes",
    "words",
    "years",
]
_IRREGULAR = {"people": "person", "addresses": "address", "clashes": "clash", "wishes": "wish"}
# What may stand between the two.
_BETWEEN = [
    "broken",
    "candidate",
    "census",
    "connected",
    "different",
    "existing",
    "fewer",
    "fixed",
    "further",
    "generated",
    "language",
    "large",
    "mobile",
    "more",
    "neighbouring",
    "new",
    "officer",
    "open",
    "other",
    "own",
    "paid",
    "standard",
    "straight",
    "such",
    "today's",
    "trained",
    "training",
    "vacant",
    "workload",
]
# What a noun does right behind its number.
_VERBS = {
    "are": "is",
    "were": "was",
    "have": "has",
    "do": "does",
    "lie": "lies",
    "move": "moves",
    "change": "changes",
    "come": "comes",
    "get": "gets",
    "hold": "holds",
    "meet": "meets",
    "need": "needs",
    "overlap": "overlaps",
    "repeat": "repeats",
    "stand": "stands",
    "work": "works",
}
# Behind these a number is a name: “beat 1 has”.
_NAMED = [
    "beat",
    "unit",
    "site",
    "row",
    "plan",
    "step",
    "part",
    "station",
    "shift",
    "year",
    "wave",
    "month",
    "sector",
    "command",
    "level",
    "no",
    "number",
    "scenario",
    "municipality",
    "column",
    "layer",
]

_MACEDONIAN = {
    "адреси": "адреса",
    "букви": "буква",
    "буџети": "буџет",
    "видови": "вид",
    "возила": "возило",
    "вредности": "вредност",
    "врски": "врска",
    "говорители": "говорител",
    "години": "година",
    "граници": "граница",
    "датотеки": "датотека",
    "датуми": "датум",
    "дела": "дел",
    "делови": "дел",
    "дена": "ден",
    "единици": "единица",
    "жалби": "жалба",
    "жители": "жител",
    "записи": "запис",
    "износи": "износ",
    "инциденти": "инцидент",
    "јазици": "јазик",
    "ќелии": "ќелија",
    "категории": "категорија",
    "колони": "колона",
    "команди": "команда",
    "краеви": "крај",
    "линии": "линија",
    "листови": "лист",
    "месеци": "месец",
    "места": "место",
    "метри": "метар",
    "минути": "минута",
    "многуаголници": "многуаголник",
    "настани": "настан",
    "начини": "начин",
    "недели": "недела",
    "нишки": "нишка",
    "објекти": "објект",
    "одговори": "одговор",
    "општини": "општина",
    "опфати": "опфат",
    "пара": "пар",
    "парови": "пар",
    "парчиња": "парче",
    "пати": "пат",
    "патишта": "пат",
    "планови": "план",
    "повици": "повик",
    "подрачја": "подрачје",
    "поени": "поен",
    "полицајци": "полицаец",
    "правила": "правило",
    "предупредувања": "предупредување",
    "преместувања": "преместување",
    "пречки": "пречка",
    "проверки": "проверка",
    "промени": "промена",
    "редови": "ред",
    "реони": "реон",
    "секунди": "секунда",
    "сектори": "сектор",
    "слоеви": "слој",
    "смени": "смена",
    "состаноци": "состанок",
    "станици": "станица",
    "судири": "судир",
    "точки": "точка",
    "улици": "улица",
    "форуми": "форум",
    "часа": "час",
    "часови": "час",
    "чекори": "чекор",
    "членови": "член",
}
_ALBANIAN = {
    "adresa": "adresë",
    "anëtarë": "anëtar",
    "ankesa": "ankesë",
    "automjete": "automjet",
    "banorë": "banor",
    "buxhete": "buxhet",
    "copa": "copë",
    "çifte": "çift",
    "eprorë": "epror",
    "fakte": "fakt",
    "forume": "forum",
    "hapa": "hap",
    "incidente": "incident",
    "kolona": "kolonë",
    "komuna": "komunë",
    "kontrolle": "kontroll",
    "linja": "linjë",
    "lloje": "lloj",
    "mënyra": "mënyrë",
    "metra": "metër",
    "minuta": "minutë",
    "minutash": "minute",
    "muajsh": "muaji",
    "mungesa": "mungesë",
    "ndërrime": "ndërrim",
    "ndryshime": "ndryshim",
    "objekte": "objekt",
    "orësh": "ore",
    "paralajmërime": "paralajmërim",
    "pengesa": "pengesë",
    "pika": "pikë",
    "plane": "plan",
    "policë": "polic",
    "poligone": "poligon",
    "qeliza": "qelizë",
    "regjistrime": "regjistrim",
    "reone": "reon",
    "rregulla": "rregull",
    "rreshta": "rresht",
    "sekonda": "sekondë",
    "sektorë": "sektor",
    "shkronja": "shkronjë",
    "shtresa": "shtresë",
    "shuma": "shumë",
    "skedarë": "skedar",
    "stacione": "stacion",
    "vende": "vend",
    "vite": "vit",
    "vitesh": "viti",
    "vjet": "vit",
    "vlera": "vlerë",
    "zona": "zonë",
}
# What is quoted is somebody's name, and in a path each word stands as the file is called.
_QUOTED = "“[^”]*”|„[^“”]*[“”]|«[^»]*»"
_SPACE = "[ \N{NO-BREAK SPACE}]"
_ONE = r"(?<![\d.,\w−/\\-])1"
# 1, 21, 1.031, but not 11 or 0,1
_ENDS_IN_ONE = r"(?<![\d.,\w−/\\-])(?!(?:\d{1,3}\.)*\d*11\b)(?:\d{1,3}(?:\.\d{3})*|\d+)(?<=1)"


# Nothing of a file's or a folder's name goes on behind the noun.
_END = r"\b(?!\.\w|[/\\])"


def _singular(noun: str) -> str:
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    return noun[:-3] + "y" if noun.endswith("ies") else noun[:-1]


@cache
def _known(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    if language in ("mk", "sq"):
        nouns = _MACEDONIAN if language == "mk" else _ALBANIAN
        number = _ENDS_IN_ONE if language == "mk" else _ONE
        return re.compile(rf"{_QUOTED}|({number}{_SPACE})()({'|'.join(nouns)}){_END}()()"), nouns
    nouns = {noun: _singular(noun) for noun in (*ENGLISH, *_IRREGULAR)}
    between, verbs = "|".join(_BETWEEN), "|".join(_VERBS)
    return (
        re.compile(
            rf"{_QUOTED}|({_ONE}{_SPACE})((?:(?:{between}) )*)({'|'.join(nouns)}){_END}(?:( )({verbs})\b)?",
        ),
        nouns,
    )


def in_own_counts(text: str, language: str) -> str:
    """Return a text in which one of a thing is named as one in a language; of languages that are not known here it stays.

    What is quoted, and names of files and folders, stay as they are.

    Examples
    --------
    >>> in_own_counts("In Lozovo 1 beats are within 1 minutes, 11 in all", "en")
    'In Lozovo 1 beat is within 1 minute, 11 in all'
    """
    if "1" not in text:
        return text
    pattern, nouns = _known(language if language in ("mk", "sq") else "en")

    def as_one(found: re.Match[str]) -> str:
        number, between, noun, blank, verb = found.groups(default="")
        if not noun:
            return found[0]
        if language not in ("mk", "sq"):
            before = text[: found.start()].rstrip().rpartition(" ")[2].casefold()
            if before in _NAMED:
                return found[0]
        return f"{number}{between}{nouns[noun]}{blank}{_VERBS.get(verb, verb)}"

    return pattern.sub(as_one, text)
