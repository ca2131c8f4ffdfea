"""TorchScript and exported programs by PyTorch, in a process of their own.

Such a model is a program. It runs only when the person says that it may, and in a process that
holds nothing but the tiles that it is given; it may still do what the person may do.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

from ...models import Tensor
from ..child import module_process
from ..extras import not_installed
from .base import RuntimeSession
from .failures import not_loaded, run_failed
from .messages import Message, read_message, write_message

if TYPE_CHECKING:
    from . import Array

_WORKER = "dl2ecd_core.running.sessions.torch_worker"
#: What PyTorch's networks for images take and give, where the file does not say it.
_IMAGE = (None, None, None, None)


class TorchSession(RuntimeSession):
    """A process with PyTorch; one tile at a time, with all cores."""

    def __init__(
        self,
        path: Path,
        format_id: str,
        inputs: Tuple[Tensor, ...],
        outputs: Tuple[Tensor, ...],
        *,
        device: str = "cpu",
    ) -> None:
        from ..engine import cores

        super().__init__(
            tuple(_image(tensor) for tensor in inputs) or (_image(None),),
            tuple(_image(tensor) for tensor in outputs) or (_image(None),),
        )
        self._lock = Lock()
        self._threads = cores()
        arguments = [str(path), format_id, device, str(self._threads)]
        self._process = module_process(_WORKER, arguments)
        try:
            self._runtime = self._answer().about or "PyTorch"
        except (_Said, OSError, ValueError) as error:
            self.close()
            if "No module named" in str(error):
                raise not_installed("PyTorch", "torch", "run this model") from error
            raise not_loaded("PyTorch", path, error) from error

    @property
    def runtime(self) -> str:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return self._runtime

    @property
    def batch(self) -> int:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return 64 if self._runtime.endswith("CUDA") else 1

    @property
    def threads(self) -> int:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return 1 if self._runtime.endswith("CUDA") else self._threads

    def run(self, arrays: Sequence[Array]) -> List[Array]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        with self._lock:
            try:
                write_message(self._process.questions, Message(list(arrays)))
                return self._answer().arrays
            except (_Said, OSError, ValueError) as error:
                raise run_failed(self._runtime, error) from error

    def freed(self) -> Optional[TorchSession]:
        """As :class:`~dl2ecd_core.running.sessions.Session`: nothing holds it to a size."""
        return self

    def threaded(self, count: int) -> TorchSession:
        """As :class:`~dl2ecd_core.running.sessions.Session`: it takes all cores as it is."""
        del count
        return self

    def close(self) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        self._process.end()

    def __del__(self) -> None:
        if hasattr(self, "_process"):
            self._process.end()

    def _answer(self) -> Message:
        answer = read_message(self._process.answers)
        if answer is None:
            raise _Said("its process ended, for want of memory or by a fault in the model")
        if answer.error is not None:
            raise _Said(answer.error)
        return answer


class _Said(Exception):
    """What the process says went wrong."""


def _image(tensor: Optional[Tensor]) -> Tensor:
    if tensor is not None and tensor.shape is not None:
        return tensor
    name = None if tensor is None else tensor.name
    return Tensor(name, _IMAGE, "NCHW", "float32")
