"""What an analyst reads about a class information document, word for word, in wording.txt.

``python -m tests.class_info.test_wording`` writes the file anew; the difference is to be read then.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import pytest

from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.findings import Finding
from tests import words
from tests.documents import document as good
from tests.documents import land_classes

WORDING = Path(__file__).with_name("wording.txt")

Case = Callable[[Path], Tuple[Finding, ...]]


def _text(content: str) -> Case:
    def examined(folder: Path) -> Tuple[Finding, ...]:
        path = folder / "classes.json"
        path.write_text(content, encoding="utf-8")
        return examine_class_info(path).findings

    return examined


def _root(**changes: Any) -> Case:
    """A good document with changes; ... takes a key out."""
    whole = {**good(), **changes}
    return _text(json.dumps({key: value for key, value in whole.items() if value is not ...}))


def _class(**parts: Any) -> Case:
    """A good document whose second class is this one; ... takes a key out."""
    whole = {"Value": 1, "Name": "Water", "Color": [0, 0, 255], **parts}
    entry = {key: value for key, value in whole.items() if value is not ...}
    return _root(Classes=[*land_classes(1), entry])


def _emd(**keys: Any) -> Case:
    return _text(json.dumps(keys))


_CHANNELS = {"Red": 1, "Green": 2, "Blue": 3}
_ODD = [{"Value": at, "Name": f"c{at}", "Color": [1, 2, 300]} for at in range(25)]
_LONG = "long text " * 20

CASES: Dict[str, Case] = {
    "all is well": _root(),
    # -- the document ----------------------------------------------------------------------------
    "a list": _text("[1]"),
    "a long list": _text(json.dumps(list(range(7)))),
    "a list of long texts": _text(json.dumps([_LONG])),
    "a list of six short things": _text('["12345678901234567890", null, true, 1.5, -1, {}]'),
    "a list of six plain things": _text('["12345678901234567890", null, true, 1.5, -1, 0]'),
    "a text": _text('"text"'),
    "a huge number": _text("1000000000000000000"),
    "a large number": _text("999999999999999999"),
    "true": _text("true"),
    "false": _text("false"),
    "null": _text("null"),
    "an .ecd": _emd(EsriClassifierDefinitionFile=0),
    "endmembers": _emd(EsriEndmemberDefinitionFile=0),
    "an .emd": _emd(
        Framework="Keras", ModelType="ImageClassification", ExtractBands=[0, 1], Classes=[]
    ),
    "an .emd that says little": _emd(ModelFile="a.h5", Classes=[]),
    "an .emd of a blank framework": _emd(Framework=" ", ModelFile="a.h5", ExtractBands=[]),
    "an .emd of an example": _emd(Framework="e.g. Keras", ModelFile="a.h5", ExtractBands=3),
    "an .emd of no text": _emd(Framework=5, ModelFile="a.h5"),
    "an .emd of an endless framework": _emd(Framework="x" * 60, ModelFile="a.h5"),
    "one key of an .emd": _emd(Framework="Keras"),
    "one key of an .emd with classes": _emd(InferenceFunction="a.py", Classes=[]),
    "an .emd with a key of class information": _emd(
        Framework="Keras", ModelFile="a.h5", NumberRasterBands=3
    ),
    "nothing at all": _text("{}"),
    # -- its keys --------------------------------------------------------------------------------
    **{
        f"without {key}": _root(**{key: ...})
        for key in (
            "ImportDeepLearningModelToEsriExtraInfo",
            "Version",
            "Classifier",
            "NumberRasterBands",
            "Classes",
        )
    },
    "misspelt, not needed": _root(Minibatchsize=4, MiniBatchSize=...),
    "misspelt, needed": _root(clasifier="CNTK", Classifier=...),
    "misspelt, needed and wrong": _root(NumberRasterBand="4", NumberRasterBands=...),
    "misspelt twice": _root(Classifer="CNTK", Clasifier="CNTK", Classifier=...),
    "misspelt, several": _root(
        Note=1, Clasifier="CNTK", Vershion=1, Minibatchsize=4, Classifier=..., Version=...
    ),
    "misspelt, a key that is there": _root(classifier="CNTK"),
    "misspelt beyond guessing": _root(**{"Model" * 20: 1}),
    "with blanks and lines": _root(**{"mini batch-size": 4}, MiniBatchSize=...),
    "another version": _root(Version=2),
    "a version in quotes": _root(Version="1"),
    "a version in quotes, signed": _root(Version=" +1 "),
    "a version of letters": _root(Version="one"),
    "a huge version": _root(Version=10**30),
    "a classifier of nothing": _root(Classifier=" "),
    "a classifier of numbers": _root(Classifier=7),
    "a classifier of fractions": _root(Classifier=7.5),
    "a classifier of truth": _root(Classifier=True),
    "an example left": _root(Classifier="e.g. CNTK"),
    "an example left, spelt otherwise": _root(Classifier=" EG: CNTK"),
    "a long example left": _root(Classifier="e.g. " + _LONG),
    "an example of an observed key": _root(Padding="e.g. 0"),
    "bands beyond counting": _root(NumberRasterBands=2**31),
    "a tile beyond measure": _root(ImageHeight=2**31),
    "a version of long letters": _root(Version=_LONG),
    "storage of long letters": _root(ModelStorage=_LONG),
    "bands by long names": _root(ExtractBands=["x" * 20] * 5 + [-1]),
    "bands by longer names": _root(ExtractBands=["x" * 21, -1]),
    "bands by names with other letters": _root(ExtractBands=["Grün", -1]),
    "a version far below": _root(Version=-(10**18)),
    "a version nearly so far below": _root(Version=-(10**18) + 1),
    "no bands": _root(NumberRasterBands=0),
    "a fraction of bands": _root(NumberRasterBands=1.5),
    "a whole fraction of bands": _root(NumberRasterBands=4.0),
    "bands of nothing": _root(NumberRasterBands=None),
    "a batch of nothing": _root(MiniBatchSize=None),
    "a padding of nothing": _root(ModelPadding=None),
    "a batch of 0": _root(MiniBatchSize=0),
    "batches that differ": _root(BatchSize=8),
    "batches that agree": _root(BatchSize=16),
    "batches, one wrong": _root(BatchSize="8"),
    "storage elsewhere": _root(ModelStorage="reference"),
    "storage nowhere": _root(ModelStorage="zip"),
    "storage of nothing": _root(ModelStorage=""),
    "storage of numbers": _root(ModelStorage=1),
    "bands listed, too few": _root(ExtractBands=[0, 1]),
    "bands listed wrongly": _root(ExtractBands=[0, -1, 2, 3]),
    "bands listed, none": _root(ExtractBands=[]),
    "bands listed as text": _root(ExtractBands="0, 1, 2"),
    "one band": _root(ExtractBands=[0]),
    "bands listed for no number": _root(ExtractBands=[0], NumberRasterBands="4"),
    "bands listed for none": _root(ExtractBands=[0], NumberRasterBands=0),
    "a range of one": _root(DataRange=[0]),
    "a range upside down": _root(DataRange=[255, 0.5]),
    "a range of nothing": _root(DataRange=[1, 1.0]),
    "a reader that is misspelt": _root(ModelConfiguration="MaskRCN"),
    "a reader that is misspelt in an object": _root(ModelConfiguration={"Name": "DeapLab"}),
    "a reader of one's own": _root(ModelConfiguration={"Name": "Mine"}),
    "a configuration without a name": _root(ModelConfiguration={"Config": 1}),
    "a configuration of nothing": _root(ModelConfiguration=""),
    "a use that is misspelt": _root(ModelType="ObjectionDetection"),
    "a use of the future": _root(ModelType="PanopticSegmentation"),
    "a use of numbers": _root(ModelType=5),
    "what is not used": _root(Framework="CNTK", ModelFile="a.model"),
    "classes in an object": _root(Classes={"1": "Water"}),
    "classes in an object with several": _root(Classes={"1": "Water", "2": "Soil"}),
    "classes of none": _root(Classes=[]),
    "classes as a text": _root(Classes="Water"),
    "classes as an example": _root(Classes="e.g. a list"),
    # -- classes ---------------------------------------------------------------------------------
    "a class of text": _root(Classes=[*land_classes(1), "Water"]),
    "a class of nothing": _root(Classes=[None, *land_classes(1)]),
    "without value": _class(Value=...),
    "without name": _class(Name=...),
    "without both": _class(Value=..., Name=...),
    "a value in quotes": _class(Value="1"),
    "a value of letters": _class(Value="one"),
    "a value beyond": _class(Value=2**31),
    "a value below": _class(Value=-(2**31) - 1),
    "a value of three numbers": _class(Value=[1, 2, 300]),
    "a huge value": _class(Value=10**40),
    "values twice": _class(Value=0),
    "values above 255": _root(Classes=land_classes(3, first=255)),
    "one value above 255": _class(Value=256),
    "values above 255, many": _root(Classes=land_classes(20, first=250)),
    "a negative value": _class(Value=-1),
    "negative values": _root(Classes=land_classes(3, first=-2)),
    "a name of blanks": _class(Name="  "),
    "a name of numbers": _class(Name=7),
    "a name of fractions": _class(Name=1.5),
    "a name with blanks": _class(Name=" Water "),
    "a name of two lines": _class(Name="Open\nwater"),
    "a name deleted": _class(Name="Open\x7fwater"),
    "a name with a line end after it": _class(Name="Water\n"),
    "a name as an example": _class(Name="e.g. Water"),
    "names twice": _class(Name="Class 0"),
    "names twice, but for case": _class(Name="CLASS 0"),
    "another name with blanks": _class(Name=..., ClassName=" Sea"),
    "another name of two lines": _class(Name=..., ClassName="a\nb"),
    "values and names again": _class(ClassValue=1, ClassName="Water"),
    "another value": _class(ClassValue=2),
    "another name": _class(ClassName="Sea"),
    "another name that is wrong": _class(ClassName=5),
    "wrong by its other name": _class(Value=..., ClassValue="2"),
    "without value, by its other name": _class(Value=..., Name=..., ClassName="Sea"),
    "other names twice": _class(Value=..., Name=..., ClassValue=0, ClassName="Class 0"),
    "a misspelt color": _class(Color=..., Colour=[0, 0, 255]),
    "a misspelt channel": _class(Color=..., Red=1, Green=2, Bleu=3),
    "a misspelt color beside channels": _class(Color=..., Colour=[1, 2, 3], **_CHANNELS),
    "a misspelt value": _class(Value=..., value=7),
    "a misspelt name": _class(Name=..., Nmae=" Sea"),
    "misspelt in two classes": _root(
        Classes=[{"value": at, "Name": f"c{at}", "Color": [1, 2, 3]} for at in (0, 1)]
    ),
    "misspelt in many classes": _root(
        Classes=[{"Value": at, "Name": f"c{at}", "color": [1, 2, 3]} for at in range(30)]
    ),
    "misspelt beside the right one": _class(value=7),
    # -- colors ----------------------------------------------------------------------------------
    "no color": _class(Color=...),
    "no colors": _root(Classes=[{"Value": at, "Name": f"c{at}"} for at in range(3)]),
    "no color, no name": _class(Color=..., Name=" "),
    "an open color": _class(Color=[-1, -1, -1]),
    "an open color by channel": _class(Color=..., Red=-1, Green=-1, Blue=-1),
    "an open color and channels": _class(Color=[-1, -1, -1], **_CHANNELS),
    "a color and open channels": _class(Red=-1, Green=-1, Blue=-1),
    "a color twice": _class(Color=[1, 2, 3], **_CHANNELS),
    "a color twice, with nothing in it": _class(Color=[0, 2, 3], Red=0, Green=2, Blue=3),
    "an open color by channel, value twice": _class(
        Color=..., Red=-1, Green=-1, Blue=-1, ClassValue=1
    ),
    "two colors": _class(**_CHANNELS),
    "two of three channels": _class(Color=..., Red=1, Green=2),
    "one of three channels": _class(Color=..., Green=2),
    "channels and no color": _class(Color=..., **_CHANNELS),
    "channels as fractions": _class(Color=..., Red=0.5, Green=0.5, Blue=0.5),
    "a channel beyond": _class(Color=..., **{**_CHANNELS, "Green": 256}),
    "a channel at the end": _class(Color=..., **{**_CHANNELS, "Green": 255, "Red": 0}),
    "a channel below": _class(Color=..., **{**_CHANNELS, "Blue": -1}),
    "a channel far below": _class(Color=..., **{**_CHANNELS, "Blue": -2}),
    "a channel in quotes": _class(Color=..., **{**_CHANNELS, "Blue": "3"}),
    "a channel of nothing": _class(Color=..., **{**_CHANNELS, "Blue": None}),
    "colors beyond": _class(Color=[256, 255, -1]),
    "one channel beyond": _class(Color=[0, 255, 256]),
    "a color of whole fractions": _class(Color=[1.0, 2.0, 3.0]),
    "a color of whole fractions beyond": _class(Color=[1.0, 2.0, 300.0]),
    "a color in hex": _class(Color="#CC00ff"),
    "a color in short hex": _class(Color="#ccc"),
    "a color as a function": _class(Color="rgb(56, 168, 0)"),
    "a color as a row of numbers": _class(Color="56,168,0"),
    "a color as a row of numbers beyond": _class(Color="56,168,300"),
    "a color in hex without its sign": _class(Color=" cc00FF "),
    "a color by name": _class(Color="blue"),
    "a color of fractions": _class(Color=[0.2, 0.4, 1]),
    "a color of the ends": _class(Color=[0, 0.5, 1]),
    "a color of fractions beyond 1": _class(Color=[0.2, 0.4, 1.5]),
    "a color in quotes": _class(Color=["1", "2", "3"]),
    "a color half in quotes": _class(Color=["1", 2, 3]),
    "a color of truth": _class(Color=[True, False, 0]),
    "a color of two": _class(Color=[1, 2]),
    "a color of one": _class(Color=[1]),
    "a color of four": _class(Color=[1, 2, 3, 255]),
    "a color of five": _class(Color=[1, 2, 3, 4, 5]),
    "a color of nothing": _class(Color=None),
    "a color in an object": _class(Color={"r": 1}),
    "a color as an example": _class(Color="e.g. [0, 0, 255]"),
    # -- many ------------------------------------------------------------------------------------
    "twenty alike": _root(Classes=_ODD[:20]),
    "twenty-one alike": _root(Classes=_ODD[:21]),
    "twenty-two alike": _root(Classes=_ODD[:22]),
    "twenty-five alike": _root(Classes=_ODD),
}


def test_every_case_is_written_down() -> None:
    assert list(words.expected(WORDING)) == list(CASES)


@pytest.mark.parametrize("name", list(CASES))
def test_what_is_said(tmp_path: Path, name: str) -> None:
    assert words.said(CASES[name](tmp_path), tmp_path) == words.expected(WORDING)[name]


if __name__ == "__main__":
    words.write(WORDING, CASES)
