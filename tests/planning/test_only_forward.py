"""What a run tells of writing that is done side by side."""

from __future__ import annotations

from beatplanner.planning.progress import MAPS, PACK, amounts_of, only_forward


def test_pages_and_languages_only_go_forward():
    said: list[str] = []
    progress = only_forward(lambda phase, *_: said.append(phase))
    en, sq, mk = (f"{PACK} {code}" for code in ("en", "sq", "mk"))
    of_en, of_sq, of_mk = (amounts_of(progress, phase) for phase in (en, sq, mk))
    progress(MAPS, None, None, 0.0)
    progress(en, None, None, 0.0)
    # others write the second language meanwhile
    for of, done in ((of_en, 1), (of_sq, 2), (of_en, 3), (of_sq, 4)):
        of(done, 9)
    # a process was lost, and its pages are written anew
    for done in (1, 4):
        of_en(done, 9)
    progress(sq, None, None, 0.0)
    of_en(9, 9)
    of_sq(5, 9)
    progress(mk, None, None, 0.0)
    of_mk(1, 9)
    progress(sq, None, None, 0.0)
    assert said == [
        MAPS,
        en,
        f"{en} (1 of 9 pages)",
        f"{en} (3 of 9 pages)",
        f"{en} (4 of 9 pages)",
        f"{sq} (4 of 9 pages)",
        f"{sq} (5 of 9 pages)",
        mk,
        f"{mk} (1 of 9 pages)",
    ]
