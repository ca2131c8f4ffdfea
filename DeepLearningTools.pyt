"""Deep Learning Tools: a deep-learning model and its class information become an .ecd; and run it.

A thin door: all work is done by the package dl2ecd_core beside this file. It is imported inside
the methods, since Refresh in ArcGIS Pro reloads this file alone, and since the toolbox must open
and say what is missing when the package can't be used.
"""

import importlib.util
import sys
from pathlib import Path

import arcpy

#: The version of dl2ecd_core that this file belongs to.
EXPECTED_VERSION = "1.0.0"

#: Packages that dl2ecd_core needs and ArcGIS Pro brings, with the oldest version that will do.
REQUIRED = (("jsonschema", (4, 16)), ("lxml", (4, 8)))

_FOLDER = Path(__file__).absolute().parent
_checked = []


def _find_package():
    """Let the package beside this file be found."""
    if str(_FOLDER) not in sys.path and (_FOLDER / "dl2ecd_core").is_dir():
        sys.path.insert(0, str(_FOLDER))


def obstacle():
    """What keeps the tool from working, and how to mend it; None when nothing does."""
    if _checked:
        return None
    _find_package()
    problem = _package_problem() or _requirement_problem()
    if problem is None:
        _checked.append(True)
    return problem


def _package_problem():
    try:
        import dl2ecd_core
        from dl2ecd_core.version import __version__ as version

        if version == EXPECTED_VERSION:
            import dl2ecd_core.pane
    except Exception as error:
        return (
            f"The folder dl2ecd_core could not be loaded ({type(error).__name__}: {error}). It "
            f"belongs beside DeepLearningTools.pyt in {_FOLDER}: copy the whole download there, "
            "then choose Refresh on the toolbox or restart ArcGIS Pro."
        )
    if version != EXPECTED_VERSION:
        place = Path(dl2ecd_core.__file__).absolute().parent
        return (
            f"This toolbox belongs to dl2ecd {EXPECTED_VERSION}, but dl2ecd {version} is loaded "
            f"from {place}. Keep only one of them (replace or remove the other copy), then "
            "restart ArcGIS Pro."
        )
    return None


def _requirement_problem():
    missing = [name for name, _ in REQUIRED if not _is_there(name)]
    if missing:
        return (
            f"The Python package{' ' if len(missing) == 1 else 's '}{' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing from {sys.prefix}. ArcGIS Pro 3.1 "
            "and later bring them: switch the project to the default environment (Project > "
            "Package Manager), or install it there, then restart ArcGIS Pro."
        )
    from importlib.metadata import version

    for name, oldest in REQUIRED:
        try:
            present = str(version(name))
        except Exception:
            # Installed without its metadata: it is there, and that must do.
            continue
        numbers = tuple(int(part) for part in present.split(".")[:2] if part.isdigit())
        if numbers and numbers < oldest:
            wanted = ".".join(str(part) for part in oldest)
            return (
                f"The Python package {name} {present} is too old: {wanted} or later is needed, "
                "which ArcGIS Pro 3.1 and later bring. Update ArcGIS Pro, or the package in a "
                "copy of its environment (Project > Package Manager), then restart ArcGIS Pro."
            )
    return None


def _is_there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


class Toolbox:
    def __init__(self):
        self.label = "Deep Learning Tools"
        self.alias = "deeplearningtools"
        self.description = (
            "Turns a deep-learning model and its class information into an Esri classifier "
            "definition (.ecd), without the deep-learning framework."
        )
        self.tools = [DeepLearningModelToEcd, ClassifyRasterUsingEcd, DetectObjectsUsingEcd]
        # From now on "from dl2ecd_core import *" works in the Python window too.
        _find_package()


class DeepLearningModelToEcd:
    def __init__(self):
        self.label = "Deep Learning Model To Ecd"
        self.description = (
            "Converts a deep-learning model to an Esri classifier definition (.ecd) file, and "
            "checks the model and the class information against each other first."
        )

    def getParameterInfo(self):
        in_model = arcpy.Parameter(
            name="in_deep_learning_model",
            displayName="Input Deep Learning Model File",
            direction="Input",
            datatype="DEFile",
            parameterType="Required",
        )
        in_info = arcpy.Parameter(
            name="in_classification_info_json",
            displayName="Input Esri Extra Info File",
            direction="Input",
            datatype="DEFile",
            parameterType="Required",
        )
        in_info.filter.list = ["json"]
        out_definition = arcpy.Parameter(
            name="out_classifier_definition",
            displayName="Output Classifier Definition File",
            direction="Output",
            datatype="DEFile",
            parameterType="Required",
        )
        out_definition.filter.list = ["ecd"]
        return [in_model, in_info, out_definition]

    def isLicensed(self):
        return True

    def updateParameters(self, parameters):
        if obstacle() is None:
            from dl2ecd_core.pane import update_parameters

            update_parameters(parameters)

    def updateMessages(self, parameters):
        problem = obstacle()
        if problem is not None:
            parameters[0].setErrorMessage(problem)
            return
        from dl2ecd_core.pane import update_messages

        update_messages(parameters)

    def execute(self, parameters, messages):
        problem = obstacle()
        if problem is not None:
            messages.addErrorMessage(problem)
            raise arcpy.ExecuteError
        from dl2ecd_core.pane import run

        if not run(arcpy, parameters, messages):
            raise arcpy.ExecuteError


def _parameter(name, label, datatype, direction="Input", required=True, extensions=()):
    parameter = arcpy.Parameter(
        name=name,
        displayName=label,
        direction=direction,
        datatype=datatype,
        parameterType="Required" if required else "Optional",
    )
    if extensions:
        parameter.filter.list = list(extensions)
    return parameter


def _raster_and_definition():
    return [
        _parameter("in_raster", "Input Raster", "DERasterDataset"),
        _parameter(
            "in_model_definition",
            "Model Definition",
            "DEFile",
            extensions=("ecd", "emd", "dlpk"),
        ),
    ]


def _bands_and_scaling():
    return [
        _parameter("bands", "Bands", "GPString", required=False),
        _parameter("scaling", "Scaling", "GPString", required=False),
    ]


def _run_validated(parameters, tool_name, method):
    problem = obstacle()
    if problem is not None:
        parameters[0].setErrorMessage(problem)
        return
    import dl2ecd_core.pane as pane

    getattr(pane, method)(getattr(pane, tool_name), parameters)


def _run_executed(parameters, messages, tool_name):
    problem = obstacle()
    if problem is not None:
        messages.addErrorMessage(problem)
        raise arcpy.ExecuteError
    import dl2ecd_core.pane as pane

    if not pane.run_model(getattr(pane, tool_name), arcpy, parameters, messages):
        raise arcpy.ExecuteError


class ClassifyRasterUsingEcd:
    def __init__(self):
        self.label = "Classify Raster Using Ecd"
        self.description = (
            "Classifies every pixel of a raster with the model of a classifier definition (.ecd), "
            "and writes a map with the values, names and colors of its classes."
        )

    def getParameterInfo(self):
        return [
            *_raster_and_definition(),
            _parameter(
                "out_classified_raster", "Output Classified Raster", "DERasterDataset", "Output"
            ),
            *_bands_and_scaling(),
            _parameter("nodata", "Value For No Data", "GPLong", required=False),
            _parameter("threshold", "Threshold", "GPDouble", required=False),
        ]

    def isLicensed(self):
        return True

    def updateParameters(self, parameters):
        if obstacle() is None:
            _run_validated(parameters, "CLASSIFY", "update_run_parameters")

    def updateMessages(self, parameters):
        _run_validated(parameters, "CLASSIFY", "update_run_messages")

    def execute(self, parameters, messages):
        _run_executed(parameters, messages, "CLASSIFY")


class DetectObjectsUsingEcd:
    def __init__(self):
        self.label = "Detect Objects Using Ecd"
        self.description = (
            "Finds objects in a raster with the model of a classifier definition (.ecd), and "
            "writes them as polygons with their classes and scores."
        )

    def getParameterInfo(self):
        return [
            *_raster_and_definition(),
            _parameter(
                "out_objects",
                "Output Objects",
                "DEFile",
                "Output",
                extensions=("gpkg", "geojson"),
            ),
            *_bands_and_scaling(),
            _parameter("score", "Lowest Score", "GPDouble", required=False),
            _parameter("overlap", "Overlap", "GPLong", required=False),
        ]

    def isLicensed(self):
        return True

    def updateParameters(self, parameters):
        if obstacle() is None:
            _run_validated(parameters, "DETECT", "update_run_parameters")

    def updateMessages(self, parameters):
        _run_validated(parameters, "DETECT", "update_run_messages")

    def execute(self, parameters, messages):
        _run_executed(parameters, messages, "DETECT")
