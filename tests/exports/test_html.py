"""The page: every class, true colors, nothing loaded or run, foreign text kept as text."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from dl2ecd_core.ecd.content import Ecd, EcdClass, Kind
from dl2ecd_core.exports import export
from dl2ecd_core.exports.html import page
from dl2ecd_core.exports.html_page.colors import contrast, text_on
from dl2ecd_core.exports.html_page.elements import shown
from dl2ecd_core.exports.html_page.words import shape_words
from dl2ecd_core.exports.tensors import stored_tensors
from dl2ecd_core.findings import Place
from dl2ecd_core.findings.rules import finding

from .definitions import ecd_with
from .ecds import ecd, land_classes, tensor

MARKUP = "<script>alert(1)</script>&amp;\"'</td><img src=x onerror=y>"


def parsed(content: Ecd) -> Any:
    return html.document_fromstring(page(content).decode("utf-8"))


def rows(document: Any) -> List[Any]:
    return list(document.xpath("//section[contains(@class, 'legend')]//tbody/tr"))


def names(document: Any) -> List[str]:
    return [row.xpath("string(th)") for row in rows(document)]


def test_every_class_has_a_row_with_its_color(tmp_path: Path) -> None:
    classes = [EcdClass(100, "Wasser", (0, 114, 178), 0), EcdClass(7, "Wald", (255, 255, 0), 1)]
    document = parsed(ecd(tmp_path, classes))
    assert names(document) == ["Wasser", "Wald"]
    assert document.xpath("//*[@class='swatch']/rect/@fill") == ["#0072b2", "#ffff00"]
    assert document.xpath("//*[@class='swatch']/text/text()") == ["#0072b2", "#ffff00"]
    numbers = [[cell.text for cell in row.xpath("td[@class='number']")] for row in rows(document)]
    assert numbers == [["100", "0"], ["7", "1"]]


def test_a_class_without_a_color_has_none(tmp_path: Path) -> None:
    document = parsed(ecd(tmp_path, [EcdClass(1, "a", None, 0), EcdClass(2, "b", (300, 0, 0), 1)]))
    assert document.xpath("//*[@class='swatch']/rect/@fill") == []
    assert document.xpath("//*[@class='swatch']/text/text()") == ["no color", "no color"]


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_text_can_be_read_on_every_color(color: Any) -> None:
    assert contrast(color, text_on(color)) >= 4.5


def test_the_page_loads_and_runs_nothing(tmp_path: Path) -> None:
    content = ecd(tmp_path, land_classes(MARKUP, "https://example.com/"), ModelName=MARKUP)
    document = parsed(content)
    assert not document.xpath("//script | //link | //img | //iframe | //object | //base | //a")
    assert not document.xpath("//@href | //@src | //@style | //@*[starts-with(name(), 'on')]")
    assert "url(" not in document.xpath("string(//style)")
    assert "@import" not in document.xpath("string(//style)")


def test_the_policy_allows_this_style_sheet_alone(tmp_path: Path) -> None:
    text = page(ecd(tmp_path)).decode("utf-8")
    (policy,) = html.document_fromstring(text).xpath(
        "//meta[@http-equiv='Content-Security-Policy']/@content"
    )
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_names_with_markup_stay_text(tmp_path: Path) -> None:
    document = parsed(
        ecd(
            tmp_path,
            land_classes(MARKUP),
            model={"Inputs": [tensor(MARKUP, (None, 4, 64, 64), "NCHW")]},
            ModelConfiguration=MARKUP,
            ModelName=MARKUP,
        )
    )
    assert names(document) == [MARKUP]
    assert document.xpath("string(//h1)") == document.xpath("string(//title[1])") == MARKUP
    assert MARKUP in [element.text_content() for element in document.xpath("//h3")]


@pytest.mark.parametrize("name", [" Other (Pervious)", "Straße & Äcker", "森林", "ماء", "👩‍🌾"])
def test_names_are_whole_and_keep_their_direction_to_themselves(tmp_path: Path, name: str) -> None:
    document = parsed(ecd(tmp_path, land_classes(name)))
    assert names(document) == [name]
    assert rows(document)[0].xpath("th/bdi/@dir") == ["auto"]


def test_what_can_not_be_shown_is_escaped() -> None:
    assert shown("a\x00b\x1b\nc") == "a\\x00b\\x1b\\nc"
    assert shown("abc\u202egpj") == "abc\\u202egpj"
    assert shown("\ud800 \ufffe") == "\\ud800 \\ufffe"
    assert shown("\u0645\u06cc\u200c\u062e\u0648") == "\u0645\u06cc\u200c\u062e\u0648"


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(), max_size=20), min_size=1, max_size=5), st.text())
def test_whatever_the_names_the_page_holds_them(
    tmp_path: Path, texts: List[str], model_name: str
) -> None:
    document = parsed(ecd(tmp_path, land_classes(*texts), ModelName=model_name))
    expected = [shown(text) if text.strip() else "(no name)" for text in texts]
    assert names(document) == expected


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    content = ecd(tmp_path, land_classes("a", "b"))
    export(content, "html", tmp_path / "one.html")
    assert (tmp_path / "one.html").read_bytes() == page(content)
    assert str(tmp_path) not in page(content).decode("utf-8")


def test_a_screen_reader_finds_its_way(tmp_path: Path) -> None:
    document = parsed(ecd(tmp_path))
    assert document.get("lang") == "en"
    assert len(document.xpath("//h1")) == 1
    for part in document.xpath("//section"):
        assert part.xpath(f"h2[@id='{part.get('aria-labelledby')}']")
    for heading in document.xpath("//th"):
        assert heading.get("scope") in ("col", "row")
    for drawing in document.xpath("//figure/*[name()='svg']"):
        assert drawing.get("role") == "img"
        assert drawing.xpath("string(*[name()='title'])")


def test_the_cropped_border_is_drawn_and_told(tmp_path: Path) -> None:
    text = parsed(ecd(tmp_path)).text_content()
    assert "2 pixels cropped on each side" in text
    document = parsed(ecd(tmp_path, ModelPadding=None))
    assert "cropped on each side" not in document.xpath("string(//section[@class='model'])")
    assert not document.xpath("//*[@class='cropped']")


@pytest.mark.parametrize(
    ("shape", "axes", "words"),
    [
        ((None, 4, 64, 32), "NCHW", "32 × 64 pixels, 4 bands, any number at once"),
        ((None, None, 1), "HWC", "Tiles of any size, 1 band"),
        ((1, 10), "NC", "10 channels, 1 at once"),
        ((5, 6), "??", "2 axes of unknown meaning"),
        ((1, 7, 64), "NCH", "7 channels, 1 at once, one spatial axis"),
        ((), "", "A single number"),
        (None, "", "Shape not known"),
    ],
)
def test_shapes_are_told_in_words(tmp_path: Path, shape: Any, axes: str, words: str) -> None:
    (only,) = stored_tensors(ecd(tmp_path, model={"Inputs": [tensor("x", shape, axes)]}), "Inputs")
    assert shape_words(only, "band" if only.is_spatial else "channel") == words
    assert (
        words in parsed(ecd(tmp_path, model={"Inputs": [tensor("x", shape, axes)]})).text_content()
    )


@pytest.mark.parametrize(
    ("model_type", "sentence"),
    [
        ("ImageClassification", "Gives every pixel of a raster with 4 bands one of 2 classes."),
        ("ObjectDetection", "Finds objects of 2 classes in tiles of a raster with 4 bands."),
        (
            "ObjectClassification",
            "Gives every image chip of a raster with 4 bands one of 2 classes.",
        ),
        (None, "Tells 2 classes apart in tiles of a raster with 4 bands."),
    ],
)
def test_one_sentence_says_what_the_model_does(
    tmp_path: Path, model_type: Any, sentence: str
) -> None:
    assert sentence in parsed(ecd(tmp_path, ModelType=model_type)).xpath("string(//header)")


def test_the_background_has_a_row_without_a_value(tmp_path: Path) -> None:
    content = ecd_with([EcdClass(5, "a", (1, 2, 3), 1)], background=0)
    document = parsed(content)
    assert names(document) == ["a", "Background"]
    numbers = [[cell.text for cell in row.xpath("td[@class='number']")] for row in rows(document)]
    assert numbers == [["5", "1"], ["–", "0"]]
    assert rows(document)[1].xpath("string(td)") == "no class"


def test_a_definition_without_classes_says_so(tmp_path: Path) -> None:
    document = parsed(ecd_with([], kind=Kind.CLASSIC))
    assert rows(document) == []
    assert "The definition lists no classes." in document.text_content()


def cells_of(document: Any, key: str) -> List[str]:
    """The row of a key in the table of how the definition is used."""
    (row,) = document.xpath(f"//section[@class='usage']//tr[th/code='{key}']")
    return [cell.text_content() for cell in row.xpath("td")]


def test_the_keys_that_readers_take_stand_with_their_meaning(tmp_path: Path) -> None:
    document = parsed(ecd(tmp_path, ExtractBands=list(range(200)), ImageWidth=64, ImageHeight=32))
    bands, meaning = cells_of(document, "ExtractBands")
    assert bands == str(list(range(200)))[:300] + "…"
    assert meaning == "which bands of the raster are taken, counted from 0"
    assert cells_of(document, "ImageHeight")[0] == "32"
    facts = document.xpath("//dl[@class='facts']/div[dt='Tile in pixels']")[0]
    assert facts.xpath("string(dd)") == "64 × 32"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"InferenceFunction": "mine.py"}, "runs it with the Python raster function mine.py."),
        ({"ModelConfiguration": "DeepLab"}, "Its ModelConfiguration is DeepLab."),
        ({}, "It names neither ModelConfiguration nor InferenceFunction"),
    ],
)
def test_how_arcgis_runs_it_is_a_sentence(
    tmp_path: Path, keys: Dict[str, Any], sentence: str
) -> None:
    document = parsed(ecd(tmp_path, **keys))
    assert sentence in document.xpath("string(//section[@class='usage']/p)")


def test_a_configuration_that_is_no_name_is_shown_but_not_told(tmp_path: Path) -> None:
    document = parsed(ecd(tmp_path, ModelConfiguration=[1]))
    assert cells_of(document, "ModelConfiguration")[0] == "[1]"
    told = document.xpath("string(//section[@class='usage']/p)")
    assert "ModelConfiguration" not in told
    assert "none of Esri" not in told


def test_only_the_output_with_the_classes_is_drawn_in_their_colors(tmp_path: Path) -> None:
    outputs = [tensor("size", (None, 7), "NC"), tensor("scores", (None, 2, 8, 8), "NCHW")]
    document = parsed(ecd(tmp_path, model={"Outputs": outputs}))
    figures = document.xpath("//figure")[-2:]
    assert [bool(figure.xpath(".//rect/@fill")) for figure in figures] == [False, True]


def test_findings_stand_in_order_without_this_machines_folders(tmp_path: Path) -> None:
    path = str(tmp_path / "landcover.ecd")
    found = (
        finding("export-adjusted", "A <note>.", where=Place(file=path)),
        finding("export-incomplete", f"'{path}' lacks much.", hint="Add.", where=Place(file=path)),
    )
    document = parsed(ecd(tmp_path, findings=found))
    entries = document.xpath("//section[@class='findings']//li")
    assert [entry.get("class") for entry in entries] == ["warning", "information"]
    assert "'landcover.ecd' lacks much." in entries[0].text_content()
    assert "A <note>." in entries[1].text_content()
    assert str(tmp_path) not in page(ecd(tmp_path, findings=found)).decode("utf-8")


def test_a_findings_place_is_told_as_far_as_it_is_known(tmp_path: Path) -> None:
    somewhere = Place(file=str(tmp_path / "classes.json"), line=3, path="$.Classes[0]")
    found = (
        finding("export-adjusted", "One.", where=somewhere),
        finding("export-adjusted", "Two.", where=Place(tensor="probabilities")),
    )
    places = parsed(ecd(tmp_path, findings=found)).xpath("//p[@class='where']")
    assert [place.text_content() for place in places] == [
        "export-adjusted · classes.json, line 3 · $.Classes[0]",
        "export-adjusted · tensor probabilities",
    ]


def test_provenance_says_what_it_was_made_from(tmp_path: Path) -> None:
    listed = {"ImportDeepLearningModelToEsriExtraInfo": 0, "Classes": []}
    for source, words in (
        (listed, "class information and a model"),
        ({"Framework": "CNTK"}, "an Esri model definition (.emd) and a model"),
    ):
        text = parsed(ecd(tmp_path, ExtraInfo=source)).xpath(
            "string(//section[@class='provenance']//dd[preceding-sibling::dt[1]='Made from'])"
        )
        assert text == words


def test_a_model_that_is_not_in_an_ecd_yet_has_no_digest(tmp_path: Path) -> None:
    content = ecd(tmp_path)
    fresh = replace(content, files=(replace(content.files[0], size=2_500_000, sha256=None),))
    text = parsed(fresh).xpath("string(//section[@class='provenance'])")
    assert "2.5 MB (2,500,000 bytes)" in text
    assert "SHA-256" not in text


def test_provenance_names_every_file_with_its_digest(tmp_path: Path) -> None:
    content = ecd(tmp_path, files=("saved_model.pb", "variables/variables.index"))
    text = parsed(content).xpath("string(//section[@class='provenance'])")
    for item in content.files:
        assert item.path in text
        assert str(item.sha256) in text


def test_definitions_without_a_model_are_legends(tmp_path: Path) -> None:
    content = Ecd(
        "a/b/classic.ecd", Kind.CLASSIC, {}, "MaximumLikelihood", (EcdClass(1, "a", None),)
    )
    document = parsed(content)
    assert names(document) == ["a"]
    assert document.xpath("string(//h1)") == "classic"
    assert not document.xpath("//section[@class='model' or @class='usage']")


def test_odd_documents_still_make_a_page(tmp_path: Path) -> None:
    model = {"Inputs": "none", "Outputs": [3, {"Name": 5, "Shape": ["x"], "Axes": 1}], "Format": []}
    content = ecd(tmp_path, model=model, Framework=3, BatchSize={}, ImageHeight="x", Classes=1)
    assert "What goes in is not known" in parsed(content).text_content()


def test_thousands_of_classes_have_rows_of_their_own(tmp_path: Path) -> None:
    document = parsed(ecd(tmp_path, land_classes(*map(str, range(5_000)))))
    assert len(rows(document)) == 5_000
    assert document.xpath("//tbody[@class='dense']")
