"""The actions of drawing, as menu, keys and buttons have them."""

from __future__ import annotations

from beatplanner.ui.desktop.toolkit.actions import Action

MENU = "Draw"
ACTIONS = (
    Action("draw_brush", MENU, "Brush", "Paint units into the chosen beat.", "B"),
    Action("draw_link", MENU, "Draw link…", "Join two units that officers can go between, such as by a bridge.", "L"),
    Action(
        "draw_barrier", MENU, "Draw barrier…", "Close the borders that a line passes between, such as a railway.", "R"
    ),
    Action("draw_remove", MENU, "Remove link or barrier", "Click a drawn link or barrier to take it away."),
    Action(
        "draw_paint_selection", MENU, "Selected units to the beat", "Move the selected units to the chosen beat.", "P"
    ),
    Action("draw_split", MENU, "Split off selected units", "Make the selected units a beat of their own."),
    Action("draw_halve", MENU, "Halve the beat", "Split the chosen beat into two of about the same hours."),
    Action("draw_merge", MENU, "Merge with beat…", "Make the chosen beat and another one beat."),
    Action(
        "draw_name",
        MENU,
        "Name and colour…",
        "Give the chosen beat a name and a colour that it keeps in every plan.",
        "F2",
    ),
    Action("draw_lock", MENU, "Lock", "Keep the selected units, or the whole chosen beat, where they are.", "K"),
    Action(
        "draw_unlock", MENU, "Unlock", "Let the selected units, or the whole chosen beat, be moved again.", "Shift+K"
    ),
    Action("draw_undo", "Edit", "Undo", "Take the last change by hand back, and show where it was.", "Ctrl+Z"),
    Action("draw_redo", "Edit", "Redo", "Make the change again that was taken back.", "Ctrl+Y"),
    Action(
        "draw_show_broken", MENU, "Show what is cut off", "Zoom to the units that their beat does not reach.", "Ctrl+J"
    ),
    Action(
        "draw_repair",
        MENU,
        "Repair",
        "Make the least change that restores the rules, and show what else moved.",
        "Ctrl+M",
    ),
    Action(
        "draw_improve", MENU, "Improve from here", "Solve on from what is drawn, with locks, links and barriers kept."
    ),
    Action("draw_keep", MENU, "Make this the plan", "Plan stations and officers on the drawn beats, and check all."),
)
