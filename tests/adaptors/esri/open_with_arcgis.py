"""Opens a package with the reader of the arcgis package (2.4.4), which may lack its dependencies.

``python open_with_arcgis.py SITE-PACKAGES/arcgis PACKAGE.dlpk`` prints the definition in it.
Only the two functions that open packages are taken out of their module, which imports much more.
"""

import ast
import json
import os
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile


def reader(package):
    """The function that finds the definition of a package."""
    text = (Path(package) / "learn" / "_utils" / "common.py").read_text(encoding="utf-8")
    wanted = ("_temp_dlpk", "_get_emd_path")
    nodes = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name in wanted
    ]
    assert len(nodes) == len(wanted)

    def get_files(folder, extensions):
        return [path for path in Path(folder).rglob("*") if path.suffix in extensions]

    names = {
        "Path": Path, "ZipFile": ZipFile, "tempfile": tempfile, "os": os, "get_files": get_files
    }  # fmt: skip
    exec(compile(ast.Module(nodes, []), "common.py", "exec"), names)
    return names["_get_emd_path"]


if __name__ == "__main__":
    found = Path(reader(sys.argv[1])(sys.argv[2]))
    document = json.loads(found.read_text())
    beside = sorted(path.name for path in found.parent.iterdir())
    print(json.dumps({"name": found.name, "beside": beside, "document": document}))
