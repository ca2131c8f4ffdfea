"""A strict stand-in for the parts of arcpy that a Python toolbox touches.

It runs a .pyt on a machine without ArcGIS as ArcGIS would run it::

    import dl2ecd_core.headless as arcpy

    arcpy.ImportToolbox("DeepLearningTools.pyt")
    arcpy.deeplearningtools.DeepLearningModelToEcd(model, class_info, ecd)

What is not known of arcpy, or not played here, is an error and never a silent success: an unknown
attribute is an AttributeError, a read-only one a NameError, an unknown data type a ValueError.
While a toolbox loads or runs, ``import arcpy`` finds this package; before and after, it does not,
and ArcGIS's own arcpy is never shadowed. :class:`dl2ecd_core.headless._dialog.Dialog` plays the
geoprocessing pane.

Sources: https://pro.arcgis.com/en/pro-app/latest/arcpy/geoprocessing_and_python/
a-template-for-python-toolboxes.htm and the pages around it; message texts as ArcGIS Pro prints
them in public test suites and threads.
"""

from ._environment import env
from ._errors import ExecuteError, ExecuteWarning
from ._functions import (
    AddError,
    AddIDMessage,
    AddMessage,
    AddWarning,
    GetMaxSeverity,
    GetMessage,
    GetMessageCount,
    GetMessages,
    GetSeverity,
)
from ._loading import ImportToolbox
from ._parameter import Parameter
from ._progressor import (
    ResetProgressor,
    SetProgressor,
    SetProgressorLabel,
    SetProgressorPosition,
)
from ._result import Result
from ._running import GetSeverityLevel, SetSeverityLevel

__all__ = [
    "AddError",
    "AddIDMessage",
    "AddMessage",
    "AddWarning",
    "ExecuteError",
    "ExecuteWarning",
    "GetMaxSeverity",
    "GetMessage",
    "GetMessageCount",
    "GetMessages",
    "GetSeverity",
    "GetSeverityLevel",
    "ImportToolbox",
    "Parameter",
    "ResetProgressor",
    "Result",
    "SetProgressor",
    "SetProgressorLabel",
    "SetProgressorPosition",
    "SetSeverityLevel",
    "env",
]
