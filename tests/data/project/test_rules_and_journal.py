"""What a project file keeps of rules and of work that was cut off: differences that lead back, and counts as the window has them."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beatplanner.data.description.merge_patch import merge, patch_between
from beatplanner.data.errors import InputError
from beatplanner.data.project import journal
from beatplanner.data.project.document import ProjectDocument, read_document

pytestmark = pytest.mark.usefixtures("bare_plans")


def test_what_comes_back_is_counted_as_the_window_counts_it(tmp_path):
    def state(**kept):
        return {"kind": "state", "state": kept}

    names = {"beats": {"names": {"2": "Old Mill"}, "colours": {"2": "#123456"}}}
    named = {"kind": "rules", "what": "Beat 2 is called Old Mill", "changes": names}
    draft = [
        state(draft={"0": {"order": ["beats"]}}),
        state(edits_on=0),
        {"kind": "edit", "what": "Painted"},
        state(draft={"0": {"order": ["beats", "names"]}}),
        named,
    ]

    def changes(*done):
        return journal.Recovery(tmp_path, tmp_path, "", done, "").changes

    assert changes(*draft) == 2
    # what came back once and was lost again is no change more
    assert changes({"kind": "recovery", "what": "Recovered 5 steps"}, *draft) == 2
    assert changes(*draft, {"kind": "undo", "what": "Taken back"}, state(draft=None)) == 0
    rules = {"kind": "rules", "what": "Number of beats: 9", "changes": {"beats": {"count": 9}}}
    assert changes(rules) == 1 and changes(*draft, rules) == 3
    # what was drawn before a plan is there still, and comes back too
    plan = {"kind": "plan", "id": 1, "what": "Plan 1 made"}
    assert changes(*draft, plan) == 3
    assert changes(*draft, plan, state(draft={"0": {}, "1": {"order": ["stations"] * 3}})) == 4
    # older programs kept edits alone
    assert changes({"kind": "edit", "what": "Painted"}) == 1


@pytest.fixture
def project(project_once, tmp_path):
    return shutil.copyfile(project_once, tmp_path / "town.gpkg")


def test_what_is_done_after_the_journals_folder_was_deleted_is_kept(project, planned_once, monkeypatch):
    document = ProjectDocument.open(project)
    number = document.add_plan(planned_once.folder / "plan").id
    folder = document._journal.folder
    shutil.rmtree(folder)
    document.touch()
    assert (folder / journal.BASE).is_file() and not document.kept.unsafe_because
    shutil.rmtree(folder)
    # a line that ends elsewhere is one of what was done
    document.record("Painted\N{LINE SEPARATOR}twice")
    document.close(keep_journal=True)
    monkeypatch.setattr(journal, "is_running", lambda pid: False)
    (left,) = journal.recoveries(project)
    assert [d["what"] for d in left.done] == [f"Plan {number} made", "Painted\N{LINE SEPARATOR}twice"]
    again = ProjectDocument.open(project)
    assert again.recover(left) == 2
    assert (again.plan_folder(number) / "summary.json").is_file()
    again.close()


def test_a_save_has_the_plan_whose_archive_was_deleted(project, planned_once):
    document = ProjectDocument.open(project)
    number = document.add_plan(planned_once.folder / "plan").id
    shutil.rmtree(document._journal.folder)
    document.save()
    document.close()
    again = ProjectDocument.open(project, editing=False)
    assert (again.plan_folder(number) / "summary.json").is_file()
    again.close()


def test_where_nothing_can_be_kept_for_recovery_is_said_until_it_can(project, monkeypatch):
    document = ProjectDocument.open(project)
    folder = document._journal.folder
    document.record("First")
    shutil.rmtree(folder)
    folder.write_text("a file of another's", encoding="utf-8")
    document.record("Second")
    assert document.kept.unsafe_because
    folder.unlink()
    document.touch()
    assert not document.kept.unsafe_because
    document.close(keep_journal=True)
    monkeypatch.setattr(journal, "is_running", lambda pid: False)
    assert [d["what"] for r in journal.recoveries(project) for d in r.done] == ["First", "Second"]


def test_a_description_becomes_a_file_with_its_work(tmp_path, town):
    document = ProjectDocument.open(town.project)
    document.add_scenario("Three", {"beats": {"count": 3}})
    with pytest.raises(InputError, match="as one file"):
        document.save()
    document.save(tmp_path / "town.gpkg")
    document.close()
    shutil.rmtree(town.folder)
    again = read_document(tmp_path / "town.gpkg")
    assert again.description().beats.count == 3
    assert again.description().officers.years == 2


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)


def without_null(value):
    if isinstance(value, dict):
        return {k: without_null(v) for k, v in value.items() if v is not None}
    return value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from("abcd"), values, max_size=4),
    st.dictionaries(st.sampled_from("abcd"), values, max_size=4),
)
def test_a_difference_leads_from_one_set_of_rules_to_the_other(base, wanted):
    base, wanted = without_null(base), without_null(wanted)
    assert merge(base, patch_between(base, wanted)) == wanted


def test_work_that_was_left_counts_the_drafts_of_all_plans_and_none_that_was_saved_as_it_is():
    first, second = {"order": ["beats"] * 3}, {"order": ["beats"] * 2}
    left = [{"state": {"draft": {"1": {"order": ["beats"]}}}}, {"state": {"draft": {"1": first, "2": second}}}]
    assert journal.changes_in(left, {}) == 5
    assert journal.changes_in(left, {"1": first}) == 2
    assert journal.changes_in(left, {"1": {"order": ["beats"]}, "2": second}) == 3
    assert journal.changes_in([*left, {"kind": "plan", "id": 3, "what": "Plan 3"}], {}) == 6
    assert journal.changes_in([], {"1": first}) == 0
