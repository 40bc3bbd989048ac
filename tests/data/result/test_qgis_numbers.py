"""The sheets of the QGIS project write numbers as the force's language does, and call the town as the force does, whatever the language of QGIS."""

import re
from html import unescape

import geopandas as gpd
import pytest
import shapely

from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.qgis_project import write_qgis_project
from beatplanner.data.result.qgis_words import English


def project(tmp_path, says):
    units = gpd.GeoDataFrame({"unit": ["1"]}, geometry=[shapely.box(500000, 4650000, 530000, 4670000)], crs=32634)
    tables = PlanTables(units, None, None, None, None, None, None, None, {"project": "Grid (sample)"})
    write_qgis_project(tmp_path / "plan.qgs", tables, says)
    return (tmp_path / "plan.qgs").read_text("utf-8")


@pytest.mark.parametrize(
    ("language", "sign", "name"), [("en", ",", "Grid (sample)"), ("mk", ".", "Мрежа"), ("sq", "\xa0", "Rrjeta")]
)
def test_scale_and_bar_of_the_sheets_are_in_the_forces_language(tmp_path, language, sign, name):
    text = project(tmp_path, Speech(language, {"Grid (sample)": {"mk": "Мрежа", "sq": "Rrjeta"}}))
    written = set(re.findall(r'name="thousand_separator" type="QChar" value="(.)"', text))
    scales = set(re.findall(r"replace\(format_number\([^%]*?, 0, 'en'\), ',', '(.)'\)", unescape(text)))
    assert written == scales == {sign}
    assert f'projectname="{name}"' in text and f'labelText="{name}"' in text


def test_without_a_language_it_is_english(tmp_path):
    assert project(tmp_path, English()) == project(tmp_path, None)
