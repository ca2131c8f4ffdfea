"""What scripts import from the package itself."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dl2ecd_core
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack

#: A script of someone who has read nothing but the names.
SCRIPT = """
import sys
from dl2ecd_core import *
from dl2ecd_core import Dl2EcdError

from dl2ecd_core.exports import usual_ending

class Loud(Listener):
    def found(self, finding: Finding) -> None:
        print("heard", finding.rule)

made = write_template("landcover.model", "mine.json")
assert made.document["NumberRasterBands"] == 4 and template("landcover.model").text == made.text
done = convert("landcover.model", "classes.json", "a.ecd", messages=Loud())
ecd = read_ecd(done)
assert [item.name for item in ecd.classes] == ["Water", "Vegetation", "Bare ground"]
assert class_information(ecd)["MiniBatchSize"] == 16
write_class_information(ecd, "again.json")
assert read_class_info("again.json").band_count == 4
assert class_information("a.ecd") == class_information(ecd)
write_class_information("a.ecd", "once_more.json")
for path in extract(ecd, "unpacked"):
    print(path.name)
assert [path.name for path in extract("a.ecd", "unpacked2")] == ["landcover.model", "a.ecd"]
export("a.ecd", "qml", "of_path.qml")
for name in EXPORT_FORMATS:
    if name != "onnx":  # CNTK's networks are not turned into it.
        export(ecd, name, "out" + usual_ending(name))
assert str(convert_definition("out.emd", "b.ecd")) == "b.ecd"
assert verify_ecd("b.ecd")[1] == ()
assert check_model("landcover.model", "again.json") == ()
assert inspect_model("landcover.model").parameters == 387
assert len(read_legend("out.qml").classes) == 3
assert fixed("again.json").diff == "" and not write_fixed("again.json", "fixed.json").diff
try:
    read_ecd("classes.json")
except EcdFileError as error:
    print(error.findings[0])
try:
    convert("none.model", "classes.json", "c.ecd")
except Dl2EcdError as error:
    for item in error.findings:
        print(item)
"""


def test_every_name_is_there_and_documented() -> None:
    for name in dl2ecd_core.__all__:
        assert getattr(dl2ecd_core, name).__doc__, name
        assert name in dir(dl2ecd_core)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        dl2ecd_core.nothing  # noqa: B018


def test_all_of_them_import_nothing_that_only_an_extra_brings() -> None:
    """``from dl2ecd_core import *`` has every command's function where the core alone is."""
    brought = ("numpy", "rasterio", "onnxruntime", "shapely", "pyogrio", "dask", "yaml")
    code = (
        f"import sys\nsys.modules.update(dict.fromkeys({brought}))\n"
        "from dl2ecd_core import *\n"
        "print(classify.__name__, detect.__name__, DetectOptions.__name__)\n"
        "print(ClassifyOptions(scale='none').scale)"
    )
    folder = str(Path(dl2ecd_core.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": folder},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("classify detect DetectOptions\n('none',)\n", "")


def test_options_tell_all_of_their_fields() -> None:
    for options in (dl2ecd_core.ClassifyOptions, dl2ecd_core.DetectOptions):
        # CPython 3.13 takes the indentation away, others keep it.
        told = inspect.cleandoc(str(options.__doc__))
        for field in dataclasses.fields(options):
            assert re.search(rf"^(?! ).*\b{field.name}\b.*\n    ", told, re.MULTILINE), field.name


def test_the_errors_are_of_one_family() -> None:
    family = dl2ecd_core.Dl2EcdError
    for name in dl2ecd_core.__all__:
        value = getattr(dl2ecd_core, name)
        if isinstance(value, type) and issubclass(value, Exception):
            assert issubclass(value, family)
    (item,) = dl2ecd_core.Cancelled().findings
    assert (item.rule, item.severity) == ("cancelled", dl2ecd_core.Severity.ERROR)


def test_the_names_cover_every_command(tmp_path: Path) -> None:
    unpack(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(dl2ecd_core.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[:2] == [MODEL, "a.ecd"]
    assert lines[-2].endswith("(classes.json)")
    assert lines[-1].startswith("error file-not-found: ")
    assert lines[-1].endswith("(none.model)")


def test_the_example_catches_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    unpack(tmp_path)
    example = str(dl2ecd_core.__doc__).split("::\n\n")[1].split("\n\nThe names")[0]
    code = "\n".join(line[4:] for line in example.splitlines())
    exec(code, {})
    assert (tmp_path / "landcover.ecd").exists()
    (tmp_path / CLASS_INFO).unlink()
    exec(code, {})
