"""EcdClassifier.py: a package that runs without this project, with the pixels of ``classify``."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from dl2ecd_core.adaptors.alone import shared
from dl2ecd_core.adaptors.alone.classifier import EcdClassifier
from dl2ecd_core.adaptors.alone.packing import CLASSES, packed
from dl2ecd_core.running.tiles import fitting
from tests.adaptors.arcgis import Block, Driver, Scene
from tests.adaptors.models import KINDS, Kind, case, made, scene_of
from tests.adaptors.packages import PYTHONS, changed, definition_in, run_alone, unpacked
from tests.conftest import FIXTURES

UNET = KINDS["halo"]


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that small scenes have several."""
    monkeypatch.setattr(fitting, "USUAL", (64, 64))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return unpacked(made(UNET, tmp_path / "made"), tmp_path / "package")[0]


#: A detector has them.
WAYS = ("rows", "turned")


class TestTheFile:
    @pytest.mark.parametrize("name", CLASSES)
    def test_is_one_short_module_with_nothing_of_ours(self, name: str) -> None:
        text = packed(name, WAYS)
        assert len(text.splitlines()) < 400
        assert max(map(len, text.splitlines())) <= 105
        tree = ast.parse(text)
        compile(tree, name, "exec")
        modules = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert not node.level
                modules.add(str(node.module))
        others = {name for name in modules if name.partition(".")[0] not in STANDARD}
        assert others == {"numpy", "onnxruntime"}
        assert name in [one.name for one in tree.body if isinstance(one, ast.ClassDef)]

    @pytest.mark.parametrize("name", CLASSES)
    def test_has_all_that_it_uses_and_no_more(self, name: str) -> None:
        tree = ast.parse(packed(name, WAYS))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                assert node.name in used, node.name
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    assert (alias.asname or alias.name) in {*used, "annotations"}


STANDARD = {
    "__future__", "json", "math", "os", "concurrent", "fractions", "itertools", "types", "typing",
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_pixels_are_those_of_the_command_line(name: str, cases: Any, tmp_path: Path) -> None:
    wanted = cases(name)
    folder, findings = unpacked(wanted.ecd, tmp_path / "package")
    assert {item.rule for item in findings} <= {"export-incomplete"}
    driver = Driver(EcdClassifier, str(definition_in(folder)))
    for how in ({}, {"size": (45, 50), "clipped": True}):
        values, seen = driver.classified(wanted.scene, **how)
        assert np.array_equal(values, wanted.values)
        assert np.array_equal(seen, wanted.seen)


@pytest.mark.parametrize("data_type", ["uint16", "int16", "float32", "float64"])
def test_pixels_of_other_types(data_type: str, cases: Any, tmp_path: Path) -> None:
    wanted = cases("halo", data_type)
    folder, _ = unpacked(wanted.ecd, tmp_path / "package")
    values, seen = Driver(EcdClassifier, str(definition_in(folder))).classified(wanted.scene)
    assert np.array_equal(values, wanted.values)
    assert np.array_equal(seen, wanted.seen)


STEPS: List[List[Dict[str, Any]]] = [
    [{"type": "z-score", "mean": [1.5, 100, 20, 3], "stddev": [7, 50.25, 1 / 3, 3]}],
    [{"type": "offset", "value": 100}, {"type": "scale", "value": [64, 65, 66, 67]}],
    [{"type": "clip", "minimum": 20, "maximum": [100, 200, 150, 90]}],
    [{"type": "clip-min", "minimum": 50}, {"type": "clip-max", "maximum": 120}],
    [],
]


@pytest.mark.parametrize("steps", STEPS)
def test_scaling_is_done_to_the_last_digit(steps: Any, tmp_path: Path) -> None:
    kind = UNET._replace(size=(70, 80))
    ecd = made(kind, tmp_path, InputScaling=steps)
    folder, _ = unpacked(ecd, tmp_path / "package")
    from dl2ecd_core.adaptors.Classify import Classify

    scene = scene_of(kind)
    wanted, _ = Driver(Classify, str(ecd)).classified(scene)
    assert np.array_equal(Driver(EcdClassifier, str(definition_in(folder))).classified(scene)[0],
                          wanted)  # fmt: skip


class TestAlone:
    """In a process of its own, without anything of this project."""

    @pytest.mark.parametrize("python", [sys.executable, *PYTHONS])
    @pytest.mark.parametrize(
        ("name", "data_type"), [("cntk", "uint8"), ("cntk", "float32"), ("whole-tile", "uint8")]
    )
    def test_a_package_runs(
        self, python: str, name: str, data_type: str, cases: Any, tmp_path: Path
    ) -> None:
        wanted = cases(name, data_type)
        folder, _ = unpacked(wanted.ecd, tmp_path / "somewhere else (größer)")
        values, seen = run_alone(folder, wanted.scene, tmp_path / "alone", python=python)
        assert np.array_equal(values, wanted.values)
        assert np.array_equal(seen, wanted.seen)

    def test_a_definition_by_value_lies_where_its_function_does(
        self, package: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        function = loaded_from(package)
        text = definition_in(package).read_text()
        function.initialize(model=text)
        assert function.getConfiguration()["tx"] > 0


def loaded_from(folder: Path) -> Any:
    path = folder / "EcdClassifier.py"
    spec = importlib.util.spec_from_file_location("EcdClassifier", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EcdClassifier()


class TestWhatArcGisIsTold:
    def test_what_the_folders_function_tells(self, tmp_path: Path) -> None:
        from dl2ecd_core.adaptors.Classify import Classify

        for place, kind in enumerate((UNET, KINDS["cntk"], KINDS["wide-values"])):
            ecd = made(kind, tmp_path / str(place))
            folder, _ = unpacked(ecd, tmp_path / f"package {place}")
            ours = Driver(EcdClassifier, str(definition_in(folder)))
            theirs = Driver(Classify, str(ecd))
            assert ours.parameters == theirs.parameters
            assert ours.configuration == theirs.configuration
            scene = scene_of(kind)
            assert ours.raster_info(scene) == theirs.raster_info(scene)
            assert ours.key_metadata(datatype="x") == theirs.key_metadata(datatype="x")

    def test_more_padding_and_larger_batches_change_nothing(
        self, cases: Any, tmp_path: Path
    ) -> None:
        wanted = cases("halo")
        ecd = made(UNET, tmp_path / "batch", MiniBatchSize=16)
        folder, _ = unpacked(ecd, tmp_path / "package")
        driver = Driver(EcdClassifier, str(definition_in(folder)), padding=200)
        assert driver.configuration["padding"] == 200
        assert np.array_equal(driver.classified(wanted.scene)[0], wanted.values)

    def test_a_scaling_that_nobody_says_is_asked_for(self, tmp_path: Path) -> None:
        wanted = case(UNET, tmp_path / "made")
        wanted.ecd.write_text(wanted.ecd.read_text().replace("InputScaling", "SomethingElse"))
        folder, findings = unpacked(wanted.ecd, tmp_path / "package")
        assert [item.rule for item in findings] == ["scaling-left-open"]
        model = str(definition_in(folder))
        with pytest.raises(RuntimeError, match="How uint8 becomes what the model takes"):
            Driver(EcdClassifier, model).classified(wanted.scene)
        driver = Driver(EcdClassifier, model, scaling="min-max 0 255")
        assert np.array_equal(driver.classified(wanted.scene)[0], wanted.values)
        for wrong in ("min-max 0", "stretch 1 2", "scale a", "min-max 0 255; "):
            with pytest.raises(RuntimeError, match="such as min-max 0 255, scale 10000"):
                Driver(EcdClassifier, model, scaling=wrong).classified(wanted.scene)

    def test_bytes_alone_may_be_known(self, tmp_path: Path) -> None:
        ecd = made(UNET, tmp_path / "made", DataRange=[0, 1])
        ecd.write_text(ecd.read_text().replace("InputScaling", "SomethingElse"))
        folder, findings = unpacked(ecd, tmp_path / "package")
        assert "values of types other than bytes" in findings[0].message
        driver = Driver(EcdClassifier, str(definition_in(folder)))
        assert "scaling" in driver.parameters
        assert driver.classified(scene_of(UNET))[0].any()

    def test_a_scaling_that_can_not_be_used_leaves_the_function_out(self, tmp_path: Path) -> None:
        ecd = made(UNET, tmp_path / "made")
        ecd.write_text(ecd.read_text().replace('"min-max"', '"stretch"'))
        folder, findings = unpacked(ecd, tmp_path / "package")
        assert next(item.rule for item in findings) == "export-incomplete"
        assert "no Python raster function" in findings[0].message
        assert not list(folder.glob("*.py"))

    @pytest.mark.parametrize("module", ["numpy", "onnxruntime"])
    def test_without_the_extra_the_package_comes_without_the_file(
        self, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ecd = made(UNET, tmp_path / "made")
        monkeypatch.setitem(sys.modules, module, None)
        for name in [name for name in sys.modules if name.startswith("dl2ecd_core.adaptors")]:
            monkeypatch.delitem(sys.modules, name)
        folder, findings = unpacked(ecd, tmp_path / "package")
        assert not list(folder.glob("*.py"))
        said = f"{findings[0].message} {findings[0].hint}"
        assert "no Python raster function" in said
        assert "pip install 'dl2ecd[run" in said

    def test_without_a_model(self) -> None:
        function = EcdClassifier()
        function.initialize(device=-1)
        with pytest.raises(RuntimeError, match="No model is open"):
            function.getParameterInfo()

    def test_beyond_the_raster_there_is_nothing(self, package: Path) -> None:
        driver = Driver(EcdClassifier, str(definition_in(package)))
        block = driver.pixel_blocks(Scene(np.ones((4, 50, 60), "u1")), Block(50, 0, 10, 10))
        props = {"pixelType": "u1", "height": 50, "width": 60}
        found = driver.function.updatePixels((0.0, 50.0), (10, 10), props, **block)
        assert not found["output_mask"].any()
        block["raster_mask"] = np.zeros_like(block["raster_mask"])
        found = driver.function.updatePixels((0.0, 0.0), (10, 10), props, **block)
        assert not found["output_mask"].any()

    @pytest.mark.parametrize("kind", ["i1", "t1"])
    def test_a_type_that_does_not_hold_the_values(self, kind: str, package: Path) -> None:
        function = Driver(EcdClassifier, str(definition_in(package))).function
        with pytest.raises(RuntimeError, match=f"type {kind} don't hold the values"):
            function.updatePixels((0, 0), (9, 9), {"pixelType": kind})


class TestHostile:
    @pytest.mark.parametrize(
        "changes",
        [
            {"ModelFile": "../secret.onnx"},
            {"ModelFile": "/etc/passwd"},
            {"ModelFile": "C:\\secret.onnx"},
            {"ModelFile": "\\\\server\\share\\secret.onnx"},
            {"ModelFile": "a//b.onnx"},
            {"ModelFile": ""},
        ],
    )
    def test_networks_elsewhere(self, changes: Any, package: Path) -> None:
        (package.parent / "secret.onnx").write_bytes((package / "unet.onnx").read_bytes())
        with pytest.raises(RuntimeError, match="lies outside of the package"):
            EcdClassifier().initialize(model=str(changed(package, **changes)))

    @pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
    def test_a_link_that_leads_elsewhere(self, package: Path) -> None:
        (package / "unet.onnx").rename(package.parent / "secret.onnx")
        (package / "unet.onnx").symlink_to(package.parent / "secret.onnx")
        with pytest.raises(RuntimeError, match="lies outside of the package"):
            EcdClassifier().initialize(model=str(definition_in(package)))

    def test_a_network_that_is_missing(self, package: Path) -> None:
        (package / "unet.onnx").unlink()
        with pytest.raises(RuntimeError, match="missing from the package"):
            EcdClassifier().initialize(model=str(definition_in(package)))

    @pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "a/../../secret.bin"])
    @pytest.mark.parametrize("where", ["graph", "attribute", "inner graph", "function", "training"])
    def test_values_outside_of_the_package(self, where: str, location: str, package: Path) -> None:
        (package.parent / "secret.bin").write_bytes(bytes(64))
        onnx.save_model(outside(location, where), str(package / "unet.onnx"))
        with pytest.raises(RuntimeError, match="lies outside of the package"):
            EcdClassifier().initialize(model=str(definition_in(package)))

    def test_values_beside_the_network_are_its_own(self, tmp_path: Path) -> None:
        def write(folder: Path) -> Path:
            for name in ("external.onnx", "external.onnx.data"):
                (folder / name).write_bytes((FIXTURES / "onnx" / name).read_bytes())
            return folder / "external.onnx"

        wanted = case(Kind(write, (1, 2), 4, (60, 50)), tmp_path / "made")
        folder, _ = unpacked(wanted.ecd, tmp_path / "package")
        assert (folder / "external.onnx.data").is_file()
        driver = Driver(EcdClassifier, str(definition_in(folder)))
        assert np.array_equal(driver.classified(wanted.scene)[0], wanted.values)

    def test_operations_of_a_library(self, package: Path) -> None:
        model = onnx.load(str(package / "unet.onnx"))
        model.graph.node[0].domain = "evil.example"
        onnx.save_model(model, str(package / "unet.onnx"))
        with pytest.raises(RuntimeError, match="ONNX Runtime can't load the network"):
            EcdClassifier().initialize(model=str(definition_in(package)))

    def test_damaged_networks(self, package: Path) -> None:
        path, model = package / "unet.onnx", str(definition_in(package))
        whole = path.read_bytes()
        random = np.random.default_rng(3)
        for cut in (0, 1, 7, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:cut])
            with pytest.raises(RuntimeError):
                EcdClassifier().initialize(model=model)
        for _ in range(60):
            damaged = bytearray(whole)
            for place in random.integers(0, min(len(whole), 400), 3):
                damaged[place] = int(random.integers(0, 256))
            path.write_bytes(bytes(damaged))
            try:
                EcdClassifier().initialize(model=model)
            except RuntimeError as error:
                assert "\n  File" not in str(error)

    def test_numbers_without_an_end(self, package: Path) -> None:
        (package / "unet.onnx").write_bytes(b"\xff" * 40)
        with pytest.raises(RuntimeError, match="a number has no end"):
            EcdClassifier().initialize(model=str(definition_in(package)))

    def test_sizes_that_no_file_has(self, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shared, "_LARGEST_NETWORK", 100)
        with pytest.raises(RuntimeError, match="more than 2 GiB"):
            EcdClassifier().initialize(model=str(definition_in(package)))
        monkeypatch.setattr(shared, "_LONGEST_DEFINITION", 100)
        with pytest.raises(RuntimeError, match="The package can't be used"):
            EcdClassifier().initialize(model=str(definition_in(package)))

    @pytest.mark.parametrize(
        "rows",
        [
            {"tile": 0},
            {"tile": 10**9},
            {"tile": "many"},
            {"stride": -1},
            {"margins": [-5, 4]},
            {"margins": [1, 10**9]},
            {"scale": [0, 1]},
            {"scale": [1, 1_000_000]},
            {"scale": [1_000_000, 1]},
            {"scale": [1, 0]},
            {"output": None},
        ],
    )
    def test_tiles_of_no_size(self, rows: Any, package: Path) -> None:
        told = json.loads(definition_in(package).read_text())["Dl2Ecd"]
        path = changed(package, told={"Rows": {**told["Rows"], **rows}})
        with pytest.raises(RuntimeError, match="The package can't be used"):
            EcdClassifier().initialize(model=str(path))

    @pytest.mark.parametrize(
        "text", ["", "[]", "{", "null", '{"Classes": []}', '{"Classes": 7, "Dl2Ecd": 5}', "\0"]
    )
    def test_what_is_no_definition(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "a.emd").write_text(text)
        with pytest.raises(RuntimeError, match="The package can't be used"):
            EcdClassifier().initialize(model=str(tmp_path / "a.emd"))
        with pytest.raises(RuntimeError, match="The package can't be used"):
            EcdClassifier().initialize(model=str(tmp_path / "none.emd"))

    def test_what_is_no_definition_by_value(self) -> None:
        with pytest.raises(RuntimeError, match="The package can't be used"):
            EcdClassifier().initialize(model=" {")

    @pytest.mark.parametrize(
        ("key", "value"), [("Value", 7), ("Name", "Water"), ("Color", [1, 2, 3])]
    )
    def test_classes_that_were_changed_by_hand(self, key: str, value: Any, package: Path) -> None:
        document = json.loads(definition_in(package).read_text())
        document["Classes"][0][key] = value
        path = changed(package, Classes=document["Classes"])
        with pytest.raises(RuntimeError, match="its classes were changed by hand"):
            EcdClassifier().initialize(model=str(path))

    def test_a_network_of_another_rank(self, package: Path) -> None:
        told = {"Output": {"Name": "logits", "Axes": "NHW"}}
        driver = Driver(EcdClassifier, str(changed(package, told=told)))
        with pytest.raises(RuntimeError, match="another rank"):
            driver.classified(scene_of(UNET))

    def test_a_network_that_does_not_run(self, package: Path) -> None:
        told = {"Output": {"Name": "nothing", "Axes": "NCHW"}}
        driver = Driver(EcdClassifier, str(changed(package, told=told)))
        with pytest.raises(RuntimeError, match="ONNX Runtime can't run the network"):
            driver.classified(scene_of(UNET))

    def test_no_onnx_runtime(self, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
        with pytest.raises(RuntimeError, match="can't load the network"):
            EcdClassifier().initialize(model=str(definition_in(package)))


def outside(location: str, where: str) -> Any:
    """A network with values in another file, named in some place of it."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="offset", value="0")
    tensor.external_data.add(key="location", value=location)
    node = helper.make_node("Constant", [], ["y"], value=tensor)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])
    inner = helper.make_graph([node], "inner", [], [y])
    holds = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    nodes = {"attribute": [node], "inner graph": [holds]}.get(where, [])
    weights = [tensor] if where == "graph" else []
    graph = helper.make_graph(nodes, "outer", [], [y], weights)
    model = helper.make_model(graph)
    if where == "function":
        model.functions.add(name="f", domain="d", output=["y"]).node.append(node)
    if where == "training":
        model.training_info.add().algorithm.CopyFrom(inner)
    return model


@pytest.mark.parametrize("card", [0, "1", -2])
def test_a_graphics_card_is_taken_where_there_is_one(
    card: Any, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    asked: List[Any] = []

    def session(network: Any, options: Any, providers: Any) -> None:
        asked.extend(providers)

    names = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: names)
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    EcdClassifier().initialize(model=str(definition_in(package)), device=card)
    number = max(int(card), 0)
    assert asked == [("CUDAExecutionProvider", {"device_id": number}), "CPUExecutionProvider"]
    asked.clear()
    EcdClassifier().initialize(model=str(definition_in(package)), device=-1)
    assert asked == ["CPUExecutionProvider"]
