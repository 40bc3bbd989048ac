"""What projects are called where several stand in a list."""

from __future__ import annotations

from beatplanner.ui.desktop.toolkit.project_names import called_apart


def test_descriptions_are_called_by_title_and_folder_and_files_of_one_name_by_theirs(tmp_path):
    places = [tmp_path / name for name in ("north", "south", "broken", "east", "west")]
    for place in places:
        place.mkdir()
    named, untitled, broken, one, two = places
    (named / "project.toml").write_text('[project]\nname = "Lozovo"\n', encoding="utf-8")
    (untitled / "project.toml").write_text("[units]\n", encoding="utf-8")
    (broken / "project.toml").write_text("[project\n", encoding="utf-8")
    files = [place / "project.toml" for place in (named, untitled, broken)]
    (one / "project.beatplan").touch()
    towns = [one / "project.beatplan", one / "town.beatplan", two / "town.beatplan"]
    alone = tmp_path / "gone" / "veles.gpkg"
    assert called_apart([*files, *towns, alone, alone]) == [
        "Lozovo (north/project.toml)",
        "south/project.toml",
        "broken/project.toml",
        "east/project.beatplan",
        f"town ({one})",
        f"town ({two})",
        "veles",
        "veles",
    ]
