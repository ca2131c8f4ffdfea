"""What a network looks at that OpenVINO made of a file: written as an IR, which is read again.

OpenVINO turns Paddle's programs and TensorFlow's graphs into operations of its own when it loads
them. Those are what runs, whatever the file's are called.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional, Sequence

from ...files.scratch import scratch_folder
from ...findings.errors import Dl2EcdError
from ...models import Tensor, inspect_model
from ...models.openvino.outlook import outlook_of
from ...network.outlook import Outlook
from ...wire.source import ByteSource


def read_again(
    network: Any, inputs: Sequence[Tensor], outputs: Sequence[Tensor], assumed: int
) -> Optional[Outlook]:
    """What a network's outputs look at; None where that can't be told.

    Parameters
    ----------
    inputs, outputs
        As the session takes and gives them: with the letters and names that count.
    assumed
        Rows and columns that an image is taken to have where the network leaves them free.
    """
    import openvino

    try:
        with scratch_folder(Path(tempfile.gettempdir())) as folder:
            path = folder / "network.xml"
            openvino.serialize(network, str(path), str(path.with_suffix(".bin")))
            written = inspect_model(path)
            # Of several, it would have to be known which is which.
            if len(written.inputs) != len(inputs) or len(inputs) != 1:
                return None
            axes = [tensor.axes for tensor in inputs]
            written = replace(
                written,
                inputs=tuple(replace(one, axes=own) for one, own in zip(written.inputs, axes)),
            )
            with ByteSource(path) as source:
                found = outlook_of(source, written, assumed)
    except (Dl2EcdError, OSError, RuntimeError):
        return None
    own = {
        name: tensor.name
        for node, tensor in zip(network.outputs, outputs)
        for name in node.get_names()
    }
    named = tuple((own.get(name or "", name), value) for name, value in found.outputs)
    return replace(found, outputs=named)
