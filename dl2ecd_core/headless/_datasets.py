"""What a tool may ask about files and folders: whether they are there, and what they are called."""

from __future__ import annotations

import fnmatch
import os
from pathlib import Path
from typing import List, NoReturn, Optional, Union

from ._environment import env
from ._errors import NotPlayed, NotPlayedAttribute

AnyPath = Union[str, "os.PathLike[str]"]

#: What a file is called by its ending, where one says it.
_KINDS = {".shp": "ShapeFile", ".dbf": "DbaseTable", ".csv": "TextFile", ".txt": "TextFile"}
_RASTERS = (".tif", ".tiff", ".img", ".jpg", ".png", ".bil", ".asc", ".jp2")
_GEODATABASES = (".gdb", ".sde", ".gpkg", ".geodatabase", ".sqlite")


def located(path: AnyPath) -> Path:
    """A path, in the workspace of the environment when it is a bare name."""
    given = Path(os.fspath(path))
    workspace: Optional[str] = env.workspace
    return given if given.is_absolute() or workspace is None else Path(workspace, given)


def in_geodatabase(path: Path) -> bool:
    """Whether a path leads into a geodatabase that is there; what is in it is not known here."""
    return any(
        parent.suffix.lower() in _GEODATABASES and parent.exists() for parent in path.parents
    )


def Exists(dataset: AnyPath) -> bool:
    """Whether there is a file or folder.

    Raises
    ------
    NotPlayed
        For what lies in a geodatabase.
    """
    env._checkpoint()
    path = located(dataset)
    if in_geodatabase(path):
        raise NotPlayed(f"Looking into a geodatabase ({path})")
    # Also for names that no file can have.
    return os.path.exists(path)  # noqa: PTH110


class Description:
    """What ``Describe`` says of a file or folder.

    Attributes
    ----------
    name, baseName, extension
        The name; without its extension; the extension without its dot.
    path, catalogPath
        The folder, and the whole path.
    dataType
        ``File``, ``Folder``, ``TextFile``, ``ShapeFile``, ``DbaseTable``, ``RasterDataset`` or
        ``Workspace``, by the path's ending.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.baseName = path.stem
        self.extension = path.suffix[1:]
        self.file = path.name
        self.path = str(path.parent)
        self.catalogPath = str(path)
        self.dataType = _kind(path)
        self.dataElementType = "DEFolder" if path.is_dir() else "DEFile"

    def __getattr__(self, name: str) -> NoReturn:
        raise NotPlayedAttribute(f"Describe's {name}")


def _kind(path: Path) -> str:
    ending = path.suffix.lower()
    if ending in _GEODATABASES:
        return "Workspace"
    if path.is_dir():
        return "Folder"
    return "RasterDataset" if ending in _RASTERS else _KINDS.get(ending, "File")


def Describe(value: AnyPath, datatype: Optional[str] = None) -> Description:
    """What a file or folder is called and where it is.

    Raises
    ------
    OSError
        When there is none.
    NotPlayed
        For what lies in a geodatabase.
    """
    del datatype  # A hint for what has several kinds of the same name.
    if not Exists(value):
        raise OSError(f'"{os.fspath(value)}" does not exist')
    return Description(located(value))


def ListFiles(wild_card: Optional[str] = None) -> List[str]:
    """The names of the files in the workspace."""
    env._checkpoint()
    if env.workspace is None:
        return []
    names = sorted(path.name for path in Path(env.workspace).iterdir() if path.is_file())
    return [name for name in names if fnmatch.fnmatch(name, wild_card or "*")]


def CreateUniqueName(base_name: str, workspace: Optional[str] = None) -> str:
    """A path in the workspace that nothing has yet: with a number when the name is taken."""
    env._checkpoint()
    folder = Path(workspace or env.workspace or env.scratchFolder)
    given = Path(base_name)
    path, number = folder / given, 0
    while path.exists():
        path = folder / f"{given.stem}{number}{given.suffix}"
        number += 1
    return str(path)


def CheckExtension(extension_code: str) -> str:
    """Whether a licence is there: never, without ArcGIS."""
    env._checkpoint()
    if not isinstance(extension_code, str):
        raise TypeError(f"an extension's code is a string, not {type(extension_code).__name__}")
    return "Unavailable"
