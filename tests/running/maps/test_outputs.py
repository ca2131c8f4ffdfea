"""What a map is written to is looked at before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.maps.outputs import Outputs, checked_outputs
from dl2ecd_core.running.rasters.rasterio_library import RasterioLibrary


def checked(raster: Path, probabilities: Path) -> Outputs:
    return checked_outputs(raster, probabilities, None, (), RasterioLibrary(), overwrite=False)


@pytest.mark.parametrize("name", ["map.tif", "MAP.tif", "link.tif"])
def test_probabilities_are_no_map(tmp_path: Path, name: str) -> None:
    (tmp_path / "link.tif").symlink_to("map.tif")
    with pytest.raises(Dl2EcdError, match=r"output-named-twice.*probabilities another name"):
        checked(tmp_path / "map.tif", tmp_path / name)


def test_both_have_a_place_of_their_own(tmp_path: Path) -> None:
    found = checked(tmp_path / "map.tif", tmp_path / "shares.tif")
    assert found.names == tmp_path / "map.tif.aux.xml"


def test_a_map_whose_names_can_not_lie_beside_it_is_not_begun(tmp_path: Path) -> None:
    (tmp_path / "map.tif.aux.xml").mkdir()
    with pytest.raises(Dl2EcdError, match="output-is-folder"):
        checked(tmp_path / "map.tif", tmp_path / "shares.tif")
    long = "m" * 248 + ".tif"
    with pytest.raises(Dl2EcdError, match=r"output-not-writable.*too long"):
        checked(tmp_path / long, tmp_path / "shares.tif")
