"""What people read: report, forum pack, maps, comparison and officers' papers."""
