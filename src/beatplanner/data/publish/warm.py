"""What a process that writes reports makes ready before its first one: importing this loads, compiles and draws what takes half of a report's time."""

from __future__ import annotations

from beatplanner.data.publish.report import make_ready

make_ready()
