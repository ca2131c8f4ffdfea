"""A bounded, lazy walker of HDF5 files: groups, attributes and the shapes of datasets.

It reads structure by position, and a dataset's values only where somebody asks for them, so its
cost does not grow with the weights, and nothing in a damaged or hostile file makes it loop, recurse
or allocate: every piece of structure is paid for from a fixed allowance (:class:`~.frame.Frame`).

All layouts follow the "HDF5 File Format Specification Version 3.0",
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html; chapter numbers in the modules
refer to it.
"""

from __future__ import annotations

from .file import Hdf5File, Node, is_hdf5
from .storage import Storage
from .types import DataType

__all__ = ["DataType", "Hdf5File", "Node", "Storage", "is_hdf5"]
