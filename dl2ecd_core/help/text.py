"""The text of the help pages.

What the tool is for, its parameters and its sample follow Esri's page of the tool it stands in for:
https://pro.arcgis.com/en/pro-app/latest/tool-reference/spatial-analyst/deep-learning-model-to-ecd.htm
"""

from __future__ import annotations

from .arcgis_run_tools import CLASSIFY, DETECT
from .content import Bullets, ParameterHelp, Sample, ToolboxHelp, ToolHelp

_LEGACY = (
    "This is a legacy workflow, for projects that already work with classifier definitions. For "
    "new work it has been replaced: the Export Training Data For Deep Learning tool prepares the "
    "training data, and a model definition file (.emd) describes the trained model to the deep "
    "learning tools."
)

_FRAMEWORK = (
    "Converting needs no deep learning framework. Using the .ecd does: the framework that the "
    "model was made with (TensorFlow, CNTK or similar) must be installed in ArcGIS Pro's Python "
    "environment before the Esri Python adaptor functions Classify or Detect can run the model."
)

_READ_ONLY = (
    "The model is read without running anything in it. Where the file tells its inputs and "
    "outputs, the number of bands, the number of classes and the size of a tile are compared with "
    "the class information; what the file does not tell is reported as unknown."
)

_MESSAGES = (
    "Every message starts with the name of its rule in square brackets. Only what is certainly "
    "wrong stops the run; what is likely to be wrong is a warning."
)

_ABOUT_THE_OUTPUT = (
    "The model is stored inside the .ecd (embedded). Esri's own readers open the model file all "
    "the same: keep it where it lies, seen from the .ecd, also when both are moved.",
    'For very large models, add "ModelStorage": "referenced" to the class information; the .ecd '
    "then only names the model file.",
    "Esri has not published the layout of a deep learning .ecd. The file written here uses the "
    "published keys of model definitions and classifier definitions, and does not claim to equal "
    "what Esri's own tool writes.",
    "No licence is needed: neither Spatial Analyst nor Image Analyst.",
)

_MODEL = ParameterHelp(
    name="in_deep_learning_model",
    label="Input Deep Learning Model File",
    direction="Input",
    in_dialog=(
        "The trained model, as TensorFlow, CNTK or a similar application saved it. Any file "
        "extension is accepted: what the file is, is told by its content.",
        "For a TensorFlow SavedModel, choose its saved_model.pb; the file stands for its folder.",
    ),
    in_python=(
        "The path of the trained model, as TensorFlow, CNTK or a similar application saved it. "
        "For a TensorFlow SavedModel, the path of its saved_model.pb.",
    ),
)

_INFO = ParameterHelp(
    name="in_classification_info_json",
    label="Input Esri Extra Info File",
    direction="Input",
    in_dialog=(
        "The class information (.json): which framework the model is for, how many bands the "
        "raster has, and the value, name and color of each class. None of it is in the model "
        "itself.",
    ),
    in_arcgis=(
        "Problems in the file, and contradictions between it and the model, are shown here "
        "while the dialog is filled in.",
    ),
    in_python=(
        "The path of the class information (.json): which framework the model is for, how many "
        "bands the raster has, and the value, name and color of each class.",
    ),
)

_OUTPUT = ParameterHelp(
    name="out_classifier_definition",
    label="Output Classifier Definition File",
    direction="Output",
    in_dialog=(
        "The classifier definition (.ecd) to write.",
        "The file appears whole or not at all; when the run fails or is cancelled, an older one "
        "stays as it was.",
    ),
    in_arcgis=("A name beside the model is proposed.",),
    in_python=(
        "The path of the classifier definition (.ecd) to write. Give an absolute path to an "
        "existing folder.",
    ),
)

_CLASS_INFO_SAMPLE = """\
{
  "ImportDeepLearningModelToEsriExtraInfo": 0,
  "Version": 1,
  "Classifier": "CNTK",
  "NumberRasterBands": 4,
  "MiniBatchSize": 16,
  "Classes": [
    {"Value": 0, "Name": "Impervious", "Color": [204, 204, 204]},
    {"Value": 1, "Name": "Other (Pervious)", "Color": [56, 168, 0]}
  ]
}
"""

CONVERT = ToolHelp(
    name="DeepLearningModelToEcd",
    label="Deep Learning Model To Ecd",
    summary=(
        "Converts a deep learning model to an Esri classifier definition (.ecd) file. The model "
        "and the class information are read and checked against each other first, so that a "
        "wrong file is refused with a reason instead of reaching a map.",
        _LEGACY,
    ),
    usage=(
        Bullets(
            (
                _LEGACY,
                _FRAMEWORK,
                _READ_ONLY,
                "Errors and warnings appear beside the parameters while the dialog is filled "
                "in. A file that takes longer to read than a moment is marked as not checked "
                "yet; the run checks everything again before it writes.",
                _MESSAGES,
                "An existing output is replaced only when the geoprocessing option to "
                "overwrite existing datasets is on. No other environment setting is used.",
                *_ABOUT_THE_OUTPUT,
            )
        ),
    ),
    usage_in_qgis=(
        Bullets(
            (
                "Converting needs nothing but QGIS. Running the model does need more: see Classify "
                "Raster.",
                _READ_ONLY,
                "What is certainly wrong is said before the run starts. The dialog Class "
                "Information, in the menu Raster, helps to write and mend the class information, "
                "with what is wrong beside each class.",
                _MESSAGES,
                "An existing output is replaced, whole or not at all, but never a model or a class "
                "information document.",
                *_ABOUT_THE_OUTPUT,
            )
        ),
    ),
    parameters=(_MODEL, _INFO, _OUTPUT),
    samples=(
        Sample(
            "DeepLearningModelToEcd example 1 (Python window)",
            "Converts a CNTK model, with Esri's sample but for its import line. In ArcGIS Pro's "
            "Python window, add the toolbox to the project first.",
            "from dl2ecd_core import *\n\n"
            'DeepLearningModelToEcd("c:/test/cntk.model", "c:/test/classInfo.json", '
            '"c:/test/cntk.ecd")\n',
        ),
        Sample(
            "DeepLearningModelToEcd example 2 (stand-alone script)",
            "Converts a CNTK model with the geoprocessing tool. On a machine without ArcGIS, "
            "import dl2ecd_core.headless as arcpy instead.",
            "import arcpy\n\n"
            'arcpy.ImportToolbox("c:/test/DeepLearningTools.pyt")\n\n'
            'in_model_file = "c:/test/cntk.model"\n'
            'in_class_info = "c:/test/classInfo.json"\n'
            'out_definition = "c:/test/cntk.ecd"\n\n'
            "arcpy.deeplearningtools.DeepLearningModelToEcd(\n"
            "    in_model_file, in_class_info, out_definition\n"
            ")\n",
        ),
        Sample(
            "Class information (JSON)",
            "What the Input Esri Extra Info File looks like.",
            _CLASS_INFO_SAMPLE,
        ),
    ),
)

TOOLBOX = ToolboxHelp(
    name="DeepLearningTools",
    alias="deeplearningtools",
    label="Deep Learning Tools",
    summary=(
        "Turns a deep learning model and its class information into an Esri classifier "
        "definition (.ecd), without the deep learning framework.",
        _LEGACY,
    ),
    keywords=("deep learning", "classifier definition", "ecd", "TensorFlow", "CNTK"),
    credit="dl2ecd",
    use_limits=("Apache License 2.0. No ArcGIS licence level or extension is needed.",),
    tools=(CONVERT, CLASSIFY, DETECT),
)
