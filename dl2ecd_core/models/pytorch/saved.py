"""What torch.save wrote, as a description: shared by its zip and its older layout."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...wire.pickle_values import Walk
from ...wire.source import ByteSource
from ..companions import primary_part
from ..description import ClassNames, ModelDescription, Tensor
from ..pickle_search import NOTHING, Found, search_findings
from .layers import inferred_tensors
from .names import class_names_in
from .state_dict import find_weights, without_wrapping
from .weights import Weight


def described(
    source: ByteSource,
    format_id: str,
    walk: Walk,
    walks: Sequence[Walk],
    others: Found = NOTHING,
) -> ModelDescription:
    """The description of a file that holds one pickled value.

    Parameters
    ----------
    walk
        The pickle of the value itself.
    walks
        All pickles of the file that PyTorch loads.
    others
        Pickles that lie beside them.
    """
    found = find_weights(walk.value) if walk.problem is None or not walk.broken else None
    findings: List[Finding] = list(search_findings(source, others, walks))
    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    parameters: Optional[int] = None
    names: Tuple[ClassNames, ...] = ()
    if found is not None:
        inputs, outputs = inferred_tensors(without_wrapping(found.weights), ordered=True)
        parameters = sum(weight.elements for weight in found.weights)
        names, about_names = class_names_in(walk.value)
        findings += about_names
    findings += shape_findings(source, inputs, outputs, None if found is None else found.weights)
    return ModelDescription(
        format_id,
        "PyTorch",
        (primary_part(source),),
        inputs=inputs,
        outputs=outputs,
        parameters=parameters,
        class_names=names,
        findings=tuple(findings),
    )


def shape_findings(
    source: ByteSource,
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    weights: Optional[Sequence[Weight]],
    *,
    network: bool = False,
) -> Tuple[Finding, ...]:
    """What to say where weights don't tell bands or classes.

    Parameters
    ----------
    network
        Whether the file holds the network too.
    """
    if weights is None:
        what = "It is not clear which of the values in the file are the network's weights, so its"
        missing = "bands and classes are unknown."
    else:
        missing = " and ".join(
            word for word, known in (("bands", inputs), ("classes", outputs)) if not known
        )
        if not missing:
            return ()
        file = "no shapes of images" if network else "weights without the network"
        what = f"The file holds {file}; shapes and names of the weights do not tell its"
        missing += "."
    return (
        finding(
            "model-shape-unknown",
            f"{what} {missing}",
            hint="Compare the class information with the model yourself, or export the model to "
            "ONNX, which says both.",
            where=Place(file=source.name),
        ),
    )
