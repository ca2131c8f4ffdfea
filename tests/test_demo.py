"""The model that ships with the package."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings.errors import ConversionRefused, Dl2EcdError
from dl2ecd_core.models.networks import is_lowered


def test_is_put_into_a_folder_that_is_made_for_it(tmp_path: Path) -> None:
    unpack(tmp_path / "a" / "b")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [CLASS_INFO, MODEL]


def test_may_be_there_already(tmp_path: Path) -> None:
    unpack(tmp_path)
    stamp = (tmp_path / MODEL).stat().st_mtime_ns
    unpack(tmp_path)
    assert (tmp_path / MODEL).stat().st_mtime_ns == stamp


@pytest.mark.parametrize("name", [MODEL, CLASS_INFO])
def test_never_takes_the_place_of_another_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(ConversionRefused) as error:
        unpack(tmp_path)
    (item,) = error.value.findings
    assert item.rule == "output-exists"
    assert item.message == f"The file '{tmp_path / name}' exists already and is not the demo's."
    assert (tmp_path / name).read_text() == "mine"


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConversionRefused) as error:
            unpack(folder)
        assert error.value.findings[0].rule.startswith("output-")


class TestTheScene:
    @pytest.fixture(autouse=True)
    def _needed(self) -> None:
        pytest.importorskip("rasterio")

    def test_is_the_same_every_time_and_has_every_class(self, tmp_path: Path) -> None:
        from dl2ecd_core.demo.scene import HEIGHT, WIDTH, cover, write_scene
        from tests.running.scenes import opened

        for name in ("a.tif", "b.tif"):
            write_scene(tmp_path / name)
        assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "b.tif"]
        with opened(tmp_path / "a.tif") as file:
            assert (file.count, file.height, file.width) == (4, HEIGHT, WIDTH)
            assert file.descriptions == ("red", "green", "blue", "nir")
            assert file.tags()["DL2ECD"] == "demo"
        assert set(cover().ravel().tolist()) == {0, 1, 2}

    def test_without_numpy_a_command_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from dl2ecd_core.demo.scene import write_scene

        monkeypatch.setitem(__import__("sys").modules, "numpy", None)
        with pytest.raises(Dl2EcdError, match=r"dl2ecd\[run\]"):
            write_scene(tmp_path / "a.tif")


class TestTheMap:
    @pytest.fixture(autouse=True)
    def _needed(self) -> None:
        if not is_lowered("cntk-v2"):
            pytest.skip("networks of CNTK are not turned into ONNX here")

    def test_shows_what_lies_where(self, tmp_path: Path) -> None:
        pytest.importorskip("onnxruntime")
        pytest.importorskip("rasterio")
        from dl2ecd_core.demo.scene import cover
        from tests.running.scenes import opened

        result = CliRunner().invoke(dl2ecd, ["demo", str(tmp_path / "demo")])
        assert result.exit_code == 0, result.output
        assert "$ dl2ecd classify" in result.output
        with opened(tmp_path / "demo" / "map.tif") as file:
            values = file.read(1)
        # Class values are 0 to 2, as the scene was made.
        assert (values == cover()).mean() > 0.97
        assert (tmp_path / "demo" / "map.png").read_bytes().startswith(b"\x89PNG")
        again = CliRunner().invoke(dl2ecd, ["demo", str(tmp_path / "demo")])
        assert again.exit_code == 0, again.output

    def test_without_the_extra_the_demo_says_how_to_get_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "numpy", None)
        result = CliRunner().invoke(dl2ecd, ["demo", str(tmp_path / "demo")])
        assert result.exit_code == 0
        assert "pip install 'dl2ecd[run]'" in result.output

    def test_what_goes_wrong_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "scene.tif").mkdir()
        result = CliRunner().invoke(dl2ecd, ["demo", str(tmp_path)])
        assert result.exit_code == 1
        assert "output-is-folder" in result.output
