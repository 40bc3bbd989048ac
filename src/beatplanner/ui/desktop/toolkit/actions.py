"""Every action of the window, once: menu, toolbar, shortcut, help and tests all come from this list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Action:
    """One thing that the window can do.

    Attributes
    ----------
    name
        Name of the window's method that does it.
    menu
        The menu that it stands in.
    text
        What the menu says.
    help
        One sentence for status bar and help.
    shortcut
        Keys; "" for none.
    toolbar
        Whether it stands in the toolbar too.
    needs
        ``"project"``, ``"plan"``, ``"draft"``, ``"running"``, ``"idle"`` or "": what it needs to be enabled.
    """

    name: str
    menu: str
    text: str
    help: str
    shortcut: str = ""
    toolbar: bool = False
    needs: str = ""


ACTIONS = (
    Action(
        "new_from_layers", "File", "New from layers…", "Make a project from maps and tables, guided.", "Ctrl+N", True
    ),
    Action("choose_project", "File", "Open project…", "Open a project description or project file.", "Ctrl+O", True),
    Action("choose_result", "File", "Open result…", "Open the folder of a plan.", "Ctrl+Shift+O"),
    Action("open_sample_town", "File", "Open sample town", "Write the sample town into a folder and open it."),
    Action(
        "save_project", "File", "Save project", "Save rules, scenarios, plans and history.", "Ctrl+S", True, "project"
    ),
    Action(
        "save_project_as",
        "File",
        "Save project as…",
        "Save the project under another name.",
        "Ctrl+Shift+S",
        False,
        "project",
    ),
    Action(
        "save_result",
        "File",
        "Save result as…",
        "Save the plan, its report and what the forum gets in a folder.",
        "Ctrl+Alt+S",
        False,
        "plan",
    ),
    Action(
        "export_picture", "File", "Export picture…", "Save the map as it is seen, as a PNG.", "Ctrl+E", False, "open"
    ),
    Action("close", "File", "Quit", "Close the window.", "Ctrl+Q"),
    Action(
        "run_plan", "Plan", "Plan", "Draw the beats, place the stations and assign the officers.", "F5", True, "idle"
    ),
    Action(
        "finish_early",
        "Plan",
        "Stop and keep best plan",
        "End the whole run now and keep the best plan that was found.",
        "Ctrl+F5",
        False,
        "running",
    ),
    Action(
        "pause_plan",
        "Plan",
        "Pause or go on",
        "Let the run wait, so that the computer is free, or go on with it.",
        "Shift+F5",
        False,
        "running",
    ),
    Action("cancel_plan", "Plan", "Cancel", "Stop planning; the current plan stays.", "Esc", True, "running"),
    Action(
        "drop_draft",
        "Edit",
        "Take all changes back…",
        "Take every change by hand back that is not in the plan.",
        "",
        False,
        "draft",
    ),
    Action(
        "copy_table",
        "Plan",
        "Copy table",
        "Copy the table of beats as it is sorted and filtered, for a spreadsheet.",
        "Ctrl+Shift+C",
        False,
        "plan",
    ),
    Action("open_report", "Plan", "Open report", "Open the plan's report in the browser.", "Ctrl+R", False, "plan"),
    Action(
        "verify_plan", "Plan", "Verify", "Recompute every figure of the plan without the solvers.", "F7", False, "plan"
    ),
    Action("zoom_in", "View", "Zoom in", "Show a smaller part of the map.", "Ctrl++", True, "open"),
    Action("zoom_out", "View", "Zoom out", "Show a greater part of the map.", "Ctrl+-", True, "open"),
    Action("zoom_all", "View", "Whole town", "Show the whole town.", "Ctrl+0", True, "open"),
    Action("next_panel", "View", "Next panel", "Go to the next panel, as with Tab between fields.", "F6"),
    Action("previous_panel", "View", "Previous panel", "Go to the panel before.", "Shift+F6"),
    Action(
        "show_project_dock",
        "View",
        "Scenarios and history",
        "Show or hide scenarios, plans and history.",
        "Ctrl+H",
        False,
        "project",
    ),
    Action("open_guide", "Help", "Guide", "Open the guide in the browser; it needs no network.", "F1"),
    Action("show_help", "Help", "Actions and keys", "List every action with its keys.", "Shift+F1"),
    Action("show_about", "Help", "About", "Show the versions of everything that computes."),
)
