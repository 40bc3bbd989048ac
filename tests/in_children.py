"""What the window's children of tests are forked from has loaded this: what reads, plans and writes, and the tests' own short cuts."""

from __future__ import annotations

# ruff: noqa: F401 - what is loaded here is there in each child
import gc

import docx
import docxtpl
import folium
import icalendar
import openpyxl
import typst
from read_once import install

import beatplanner.data.publish.officers_pack
import beatplanner.data.publish.public.beat_pages
import beatplanner.data.publish.public.forum_map
import beatplanner.data.publish.warm
import beatplanner.data.result.folder
import beatplanner.data.town.read_town
import beatplanner.planning.changes.mending
import beatplanner.planning.forum.beat_cards
import beatplanner.planning.forum.public.languages
import beatplanner.planning.officers.plan
import beatplanner.planning.stations.plan
import beatplanner.planning.verification
import beatplanner.planning.whole.run
import beatplanner.ui.desktop.session.child_process
from beatplanner.data.publish import report_charts

once = install("beatplanner.data.town.read_town")
if once is not None:
    once.active = True
# as in the tests' own process: charts are put together, and no pixel of them is drawn
report_charts.picture_of = lambda figure, dpi=100: "data:,"
# what is loaded here lives as long as a child: its collector neither looks through it nor has its pages copied
gc.collect()
gc.freeze()
