"""ArcGIS raster function template (.rft.xml) that runs a Python raster function on the .ecd.

The elements are those of the templates in https://github.com/Esri/raster-functions (templates/,
PythonAdapterFunction). Which file and class run which ModelType, and the name of the argument that
takes the definition: https://github.com/Esri/raster-deep-learning (python_raster_functions/).
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional, Tuple

from ..ecd.content import Ecd
from ..findings import Finding
from ..findings.wording import quoted
from ..progress import Listener
from .earlier_xml import holds_no_more
from .legend import incomplete, not_possible
from .placing import require_model
from .xml_text import Element, child, root_element, said_of, write_xml, xml_text

ENDINGS = (".rft.xml",)
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMESPACES: Dict[Optional[str], str] = {
    "xsi": _XSI,
    "xs": "http://www.w3.org/2001/XMLSchema",
    "typens": "http://www.esri.com/schemas/ArcGIS/10.3",
}
#: Esri's published functions by ModelType: file and class share the name; the pixel type is that
#: of what they give back.
_FUNCTIONS: Dict[str, Tuple[str, str]] = {
    "ImageClassification": ("ImageClassifier", "S32"),
    "ObjectDetection": ("ObjectDetector", "UNKNOWN"),
    "ObjectClassification": ("ObjectClassifier", "UNKNOWN"),
}


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is a template of one Python raster function, with nothing beside it."""
    require_model(ecd, "rft-xml")
    return holds_no_more(path, _template(ecd))


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the template to `target`; the .ecd is named without a folder."""
    del listener, overwrite  # Over in an instant; nothing lies beside it.
    require_model(ecd, "rft-xml")
    write_xml(_template(ecd), target)
    module, definition = _function(ecd)[0], Path(ecd.name).name
    return (*said_of(ecd, (module, definition)), *_left_to_do(ecd, module, definition))


def _template(ecd: Ecd) -> Element:
    module, class_name, pixel_type = _function(ecd)
    definition = Path(ecd.name).name
    name = Path(ecd.name).stem
    root = root_element("RasterFunctionTemplate", prefixes=_NAMESPACES)
    _typed(root, "typens:RasterFunctionTemplate")
    child(root, "Name", xml_text(name))
    child(root, "Description", "Runs a deep-learning model on a raster.")
    function = _typed(child(root, "Function"), "typens:PythonAdapterFunction")
    child(function, "Name", xml_text(class_name or name))
    child(function, "Description")
    child(function, "PixelType", pixel_type)
    _arguments(root, module, class_name, definition)
    child(root, "Help")
    child(root, "Type", "0")
    for tag in ("Thumbnail", "Definition", "Group", "Tag"):
        child(root, tag)
    return root


def _function(ecd: Ecd) -> Tuple[str, Optional[str], str]:
    """The Python file, its class, and the pixel type that it gives."""
    kind = ecd.document.get("ModelType")
    published = _FUNCTIONS.get(kind) if isinstance(kind, str) else None
    own = ecd.document.get("InferenceFunction")
    if isinstance(own, str):
        # Without ClassName the adapter takes the class that is named like the file.
        return own, None, published[1] if published else "UNKNOWN"
    if published is None:
        raise not_possible(
            ecd,
            f"{quoted(ecd.name, 400)} does not say which Python raster function runs the model: "
            "it has neither a ModelType that Esri's functions know nor an InferenceFunction.",
            "Write ModelType (ImageClassification, ObjectDetection or ObjectClassification) into "
            "the class information and convert again.",
        )
    return f"{published[0]}.py", published[0], published[1]


def _arguments(root: Element, module: str, class_name: Optional[str], definition: str) -> None:
    arguments = _typed(child(root, "Arguments"), "typens:PythonAdapterFunctionArguments")
    names = _typed(child(arguments, "Names"), "typens:ArrayOfString")
    values = _typed(child(arguments, "Values"), "typens:ArrayOfAnyType")
    texts = {"PythonModule": module, "ClassName": class_name}
    for name, text in texts.items():
        if text is not None:
            child(names, "String", name)
            _typed(child(values, "AnyType", xml_text(text)), "xs:string")
    child(names, "String", "raster")
    raster = _variable(values, "Raster", "The raster that the model is applied to.")
    child(raster, "Value")
    child(raster, "IsDataset", "true")
    child(names, "String", "model")
    model = _variable(
        values, "model", "The classifier definition (.ecd), which the function opens."
    )
    _typed(child(model, "Value", xml_text(definition)), "xs:string")
    child(model, "IsDataset", "false")


def _variable(values: Element, name: str, description: str) -> Element:
    variable = _typed(child(values, "AnyType"), "typens:RasterFunctionVariable")
    child(variable, "Name", name)
    child(variable, "Description", description)
    return variable


def _typed(element: Element, kind: str) -> Element:
    element.set(f"{{{_XSI}}}type", kind)
    return element


def _left_to_do(ecd: Ecd, module: str, definition: str) -> List[Finding]:
    findings = [
        incomplete(
            ecd,
            f"The template names the definition {quoted(definition)} without a folder, which "
            "ArcGIS then looks for in its current folder.",
            "Give the .ecd's full path as 'model' when the function is added.",
        )
    ]
    if "InferenceFunction" not in ecd.document:
        findings.append(
            incomplete(
                ecd,
                f"The template expects {quoted(module)} beside it.",
                "Copy it with the folders that go with it from python_raster_functions of "
                "https://github.com/Esri/raster-deep-learning, or write its full path as "
                "PythonModule.",
            )
        )
        if "ModelConfiguration" not in ecd.document:
            findings.append(
                incomplete(
                    ecd,
                    f"The definition names no ModelConfiguration: {quoted(module)} does not know "
                    "how to run this model.",
                    "Write a Python raster function for it and name it as InferenceFunction in "
                    "the class information.",
                )
            )
    return findings
