"""The sample town's description and its scenarios, as a person would write them."""

from __future__ import annotations

DESCRIPTION = """# The sample town: every key is explained in the guide.
[project]
name = "Rekagrad (sample town)"

[units]
path = "census.gpkg"
layer = "enumeration_areas"
id = "unit"
name = "place"
population = "residents"
municipality = "municipality"
groups = { albanian = "speak_sq", romani = "speak_rom" }

[incidents]
path = "incidents.csv"
x = "lon"
y = "lat"
crs = "EPSG:4326"
category = "category"
time = "occurred"

[workload]
default_hours = 1.0
community_hours_per_1000 = 120
fixed_hours_per_beat = 80
min_officers_per_beat = 2

[workload.hours]
%(hours)s

[beats]
count = 15
tolerance = 0.10
objective = "travel"
current = { path = "beats_today.shp", id = "beat" }
barriers = { path = "water.gpkg", layer = "river" }
crossings = { path = "water.gpkg", layer = "bridges" }

[stations]
count = 6
objective = "p-median"
walk_minutes = 20
candidates = { path = "sites.csv", x = "east", y = "north", crs = "EPSG:32634", id = "site", cost = "cost_eur" }
existing = { path = "stations.geojson", id = "name" }
roads = { path = "roads.gpkg" }

[officers]
path = "officers.xlsx"
start = 2027-01-01
years = 5
min_tenure_months = 36
handover_months = 1
posts_per_beat = 2
supervisor_ranks = ["sergeant"]   # by the roster's column “rank”
span_of_control = 10              # officers that a supervisor leads at most
class_size = 12
drop_out = 0.1                    # of those who start a course
# Further rules; take away the # to try one:
# must_language_share = 0.5       # a language of so many must be spoken
# max_tenure_months = 84          # nobody stays longer in a beat
# gender_mix = true               # a woman and a man where a beat has two posts
# half_a_year = true              # at most half of a beat's officers change in a year

[service]
speed_kmh = 20
minutes_on_scene = 40
travel_counts = true
shifts = [
    { name = "day", start = "07:00", end = "15:00" },
    { name = "evening", start = "15:00", end = "23:00" },
    { name = "night", start = "23:00", end = "07:00" },
]

[budget]
currency = "EUR"
years = 5
inflation = 0.03
officer_salary = 14400
grades = { senior = 16800 }   # by the roster's column “grade”
allowances = 600                  # of each officer, beside those of the roster
employer_part = 0.10              # social contributions, on top of pay
station_yearly = 9000
vehicles_per_beat = 0.5
vehicle_price = 16000
vehicle_years = 7
vehicle_yearly = 1900
forum_travel = 1.5
training_seat = 650
training_seats = 6                # that the school has in a year
payers = { stations = "municipality", forums = "municipality", training = "donor" }
ends = { donor = 2029-12-31 }     # then the ministry pays
vehicle_lead_months = 9
station_lead_months = 12
functions = { training = "09.5" } # COFOG, where it is not 03.1
# Limits of money, by which the plan rolls out year by year; take away the # to try one:
# ceiling = 900000                # a year in all; or a list of each year
# funds = { donor = [9000, 6000, 6000, 0, 0] }
# pilots = ["Podmostje"]          # start before all others
# start_by = "municipality"       # all its beats at once
# start_together = [["1", "2"]]   # or groups of beats
# rates = { MKD = 61.5 }          # of other currencies, for a comparison
# first_year = 2027               # else the year in which the officers' plan starts

[forum]
languages = ["en", "mk", "sq"]
made_by = "Planning office of the police of Rekagrad"
source = { en = "census of 2021 and police records", mk = "попис 2021 и полициска евиденција", sq = "regjistrimi 2021 dhe të dhënat e policisë" }
contact = "forum@police.rekagrad.example"
objections_until = 2027-03-31
map_url = "https://police.rekagrad.example/beats/map.html"
sources = { units = { name = { en = "Census", mk = "Попис", sq = "Regjistrimi" }, as_of = 2021 } }
contacts = "contacts.csv"
streets = { path = "roads.gpkg", name = "name" }
consents = "consents.csv"
report_back = "minutes.csv"
partners = "partners.csv"
hours = "hours.csv"
cost_per_km = 0.20
neighbourhood = { name = { en = "Citizen Advisory Group", mk = "Советодавна група на граѓани", sq = "Grupi këshillues i qytetarëve" }, members = 15, meetings_a_year = 6, first = 2027-01-18 }
municipality = { name = { en = "Municipal Safety Council", mk = "Општински совет за превенција", sq = "Këshilli komunal për siguri" }, members = 25, meetings_a_year = 4, first = 2027-02-15 }
region = { members = 20, meetings_a_year = 2, first = 2027-03-15 }

# What the force wrote itself, in the languages of the pack.
[forum.terms]
"Rekagrad (sample town)" = { mk = "Rekagrad (пробен град)", sq = "Rekagrad (qytet shembull)" }
"Planning office of the police of Rekagrad" = { mk = "Одделение за планирање на полицијата на Rekagrad", sq = "Zyra e planifikimit e policisë së Rekagradit" }
"Police of Rekagrad, P.O. box 12, 1000 Rekagrad" = { mk = "Полиција на Rekagrad, поштенски фах 12, 1000 Rekagrad", sq = "Policia e Rekagradit, kutia postare 12, 1000 Rekagrad" }
"P.O. box 12, 1000 Rekagrad" = { mk = "поштенски фах 12, 1000 Rekagrad", sq = "kutia postare 12, 1000 Rekagrad" }
"every day 7–22" = { mk = "секој ден 7–22", sq = "çdo ditë 7–22" }
"Monday to Friday 8–16" = { mk = "од понеделник до петок 8–16", sq = "nga e hëna në të premte 8–16" }
"Monday to Friday 8–18, Saturday 9–13" = { mk = "од понеделник до петок 8–18, сабота 9–13", sq = "nga e hëna në të premte 8–18, të shtunën 9–13" }
"Primary school Kej" = { mk = "Основно училиште Kej", sq = "Shkolla fillore Kej" }
"Safe ways to school; a class council speaks in the forum." = { mk = "Безбеден пат до училиште; на форумот зборува одделенската заедница.", sq = "Rrugë e sigurt për në shkollë; në forum flet këshilli i klasës." }
"Health centre Rekagrad" = { mk = "Здравствен дом Rekagrad", sq = "Qendra shëndetësore Rekagrad" }
"Women's centre Luna" = { mk = "Женски центар „Луна“", sq = "Qendra e grave “Luna”" }
"Advice and a room for women who are beaten or threatened, day and night." = { mk = "Совет и соба за жени што се тепани или под закана, дење и ноќе.", sq = "Këshillim dhe një dhomë për gra që rrihen ose kërcënohen, ditë e natë." }
"More light between the market and the bus stop" = { mk = "Повеќе светло меѓу пазарот и автобуската постојка", sq = "Më shumë dritë mes tregut dhe stacionit të autobusit" }
"Six lamps repaired" = { mk = "Поправени се шест светилки", sq = "U ndreqën gjashtë llamba" }
"Somebody at the school gate in the morning" = { mk = "Наутро некој да стои пред училиштето", sq = "Dikush te porta e shkollës në mëngjes" }
"An officer stands there from 7:30" = { mk = "Од 7:30 таму стои полицаец", sq = "Nga ora 7:30 aty qëndron një polic" }
"Лекување и совет за млади со дроги" = { en = "Treatment and advice for young people who take drugs", sq = "Trajtim dhe këshillim për të rinjtë me drogë" }
"Советувалиште во здравствениот дом" = { en = "Advice centre in the health centre", sq = "Këshillimore në qendrën shëndetësore" }
"Здравствен дом" = { en = "Health centre", sq = "Qendra shëndetësore" }
"A bus on forum evenings" = { mk = "Автобус во вечерите на форумот", sq = "Autobus në mbrëmjet e forumit" }
"Asked of the bus company" = { mk = "Побарано од автобуското претпријатие", sq = "U kërkua nga kompania e autobusëve" }
"No answer yet" = { mk = "Сè уште нема одговор", sq = "Ende pa përgjigje" }
"One telephone number for all community officers" = { mk = "Еден телефонски број за сите полицајци во заедницата", sq = "Një numër telefoni për të gjithë policët në komunitet" }
"Number agreed" = { mk = "Бројот е договорен", sq = "Numri u caktua" }
"Police" = { mk = "Полиција", sq = "Policia" }
"Municipality" = { mk = "Општина", sq = "Komuna" }

[forum.themes]
"theft" = "Theft"
"burglary" = "Burglary"
"vehicle crime" = "Theft from and damage to vehicles"
"vandalism" = "Vandalism"
"traffic collision" = "Traffic accidents"
"noise" = "Noise and neighbour disputes"
"assault" = "Assault"
"drugs or youth" = "Drugs"
"domestic violence" = "Violence in the family"
"welfare" = "People who need help"
"""
# The scenarios tell a story: share the work out, move fewer people, spend more, spend less; today's plan is always beside them.
SCENARIOS = {
    "1-balanced.toml": """# Every scenario says only what differs from the description that it extends.
extends = "../project.toml"
remove = ["forum"]   # a pack is made of the plan that is chosen

[scenario]
name = "Balanced"
about = "No beat's work differs by more than 5 % from the mean of its municipality."

[beats]
tolerance = 0.05
""",
    "2-least-change.toml": """extends = "1-balanced.toml"

[scenario]
name = "Least change"
about = "As many beats as today, and at most one resident in four changes beat."

[beats]
count = 14
tolerance = 0.20
max_moved = 0.25

[officers]
notice_months = 2   # nobody is moved earlier
moves_a_month = 2
max_home_km = 10    # nobody is moved farther from home
""",
    "3-more-stations.toml": """extends = "1-balanced.toml"

[scenario]
name = "More stations"
about = "The balanced beats, and three stations more."

[stations]
count = 9
""",
    "4-fewer-officers.toml": """extends = "1-balanced.toml"

[scenario]
name = "Fewer officers"
about = "Twelve beats in place of fifteen, with 24 officers."

[beats]
count = 12
""",
}
