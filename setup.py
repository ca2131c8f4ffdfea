"""Packs the toolbox into the wheel, where ArcGIS Pro looks for those of installed packages.

Everything else stands in setup.cfg. Esri's documentation of the place, ``esri/toolboxes`` in a
package: https://pro.arcgis.com/en/pro-app/latest/arcpy/geoprocessing_and_python/
extending-geoprocessing-through-python-modules.htm
"""

from __future__ import annotations

from pathlib import Path
from typing import List

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
TOOLBOXES = Path("dl2ecd_core", "esri", "toolboxes")


class BuildWithToolbox(build_py):
    """Copies the toolbox and its help into the package that is built."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._toolbox():
                self.mkpath(str(target.parent))
                self.copy_file(str(source), str(target))

    def get_outputs(self, include_bytecode: bool = True) -> List[str]:
        outputs = super().get_outputs(include_bytecode)
        return [*outputs, *(str(target) for _, target in self._toolbox())]

    def _toolbox(self) -> List[tuple[Path, Path]]:
        target = Path(self.build_lib, TOOLBOXES)
        return [(path, target / path.name) for path in sorted(HERE.glob("DeepLearningTools*.pyt*"))]


setup(cmdclass={"build_py": BuildWithToolbox})
