"""A strict stand-in for the parts of arcpy that a Python toolbox for files touches.

It runs a .pyt on a machine without ArcGIS as ArcGIS would run it::

    import dl2ecd_core.headless as arcpy

    arcpy.ImportToolbox("DeepLearningTools.pyt")
    arcpy.deeplearningtools.DeepLearningModelToEcd(model, class_info, ecd)

What is not known of arcpy, or not played here, is an error that says so (:class:`NotPlayed`) and
never a silent success; README.md beside this file lists what is played.
While a toolbox loads or runs, ``import arcpy`` finds this package; before and after, it does not,
and ArcGIS's own arcpy is never shadowed. :class:`dl2ecd_core.headless._dialog.Dialog` plays the
geoprocessing pane.

Sources: https://pro.arcgis.com/en/pro-app/latest/arcpy/geoprocessing_and_python/
a-template-for-python-toolboxes.htm and the pages around it; message texts as ArcGIS Pro prints
them in public test suites and threads.
"""

from typing import Any as _Any

from ._arguments import (
    GetArgumentCount,
    GetParameter,
    GetParameterAsText,
    GetParameterInfo,
    SetParameter,
    SetParameterAsText,
)
from ._datasets import CheckExtension, CreateUniqueName, Describe, Exists, ListFiles
from ._environment import (
    ClearEnvironment,
    EnvManager,
    ListEnvironments,
    ResetEnvironments,
    env,
)
from ._errors import ExecuteError, ExecuteWarning, NotPlayed
from ._functions import (
    AddError,
    AddIDMessage,
    AddMessage,
    AddWarning,
    GetIDMessage,
    GetMaxSeverity,
    GetMessage,
    GetMessageCount,
    GetMessages,
    GetSeverity,
)
from ._loading import ImportToolbox
from ._not_played import attribute as _attribute
from ._parameter import Parameter
from ._progressor import (
    ResetProgressor,
    SetProgressor,
    SetProgressorLabel,
    SetProgressorPosition,
)
from ._result import Result
from ._running import GetSeverityLevel, SetSeverityLevel
from ._value_table import ValueTable

__all__ = [
    "AddError",
    "AddIDMessage",
    "AddMessage",
    "AddWarning",
    "CheckExtension",
    "ClearEnvironment",
    "CreateUniqueName",
    "Describe",
    "EnvManager",
    "ExecuteError",
    "ExecuteWarning",
    "Exists",
    "GetArgumentCount",
    "GetIDMessage",
    "GetMaxSeverity",
    "GetMessage",
    "GetMessageCount",
    "GetMessages",
    "GetParameter",
    "GetParameterAsText",
    "GetParameterInfo",
    "GetSeverity",
    "GetSeverityLevel",
    "ImportToolbox",
    "ListEnvironments",
    "ListFiles",
    "NotPlayed",
    "Parameter",
    "ResetEnvironments",
    "ResetProgressor",
    "Result",
    "SetParameter",
    "SetParameterAsText",
    "SetProgressor",
    "SetProgressorLabel",
    "SetProgressorPosition",
    "SetSeverityLevel",
    "ValueTable",
    "env",
]


def __getattr__(name: str) -> _Any:
    """The tools of imported toolboxes are there by then; everything else is not played."""
    if name.startswith("__"):
        raise AttributeError(name)
    return _attribute(name)
