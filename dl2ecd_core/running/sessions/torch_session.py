"""TorchScript and exported programs by PyTorch, in a process of their own.

Such a model is a program. It runs only when the person says that it may, and in a process that
holds nothing but the tiles that it is given; it may still do what the person may do.
"""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Collection, List, Optional, Sequence, Tuple

from ...models import Tensor
from ..extras import not_installed
from ..processes.child import module_process
from .base import RuntimeSession
from .exchange import Exchange, Unanswered
from .failures import not_loaded, run_failed
from .taking_turns import TakingTurns

if TYPE_CHECKING:
    from . import Array, Session

_WORKER = "dl2ecd_core.running.sessions.torch_worker"
#: PyTorch takes the memory of each layer from the system and gives it back after it, and the system
#: fills it with zeros each time. With these, the C library of Linux keeps up to so many bytes.
#: https://man7.org/linux/man-pages/man3/mallopt.3.html
_KEEPS_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}
#: What PyTorch's networks for images take and give, where the file does not say it.
_IMAGE = (None, None, None, None)


class TorchSession(RuntimeSession):
    """A process with PyTorch.

    On a processor as many tiles run at once as there are cores, each with one thread, in threads
    of that one process. A model that may keep something from one tile to the next runs one at a
    time, with all cores; so does one on a graphics card.
    """

    def __init__(
        self,
        path: Path,
        format_id: str,
        inputs: Tuple[Tensor, ...],
        outputs: Tuple[Tensor, ...],
        *,
        device: str = "cpu",
    ) -> None:
        from ..processes.cores import cores

        super().__init__(
            tuple(_image(tensor) for tensor in inputs) or (_image(None),),
            tuple(_image(tensor) for tensor in outputs) or (_image(None),),
        )
        arguments = [str(path), format_id, device, str(cores())]
        self._exchange = Exchange(module_process(_WORKER, arguments, _KEEPS_MEMORY))
        try:
            hello = self._exchange.hello()
        except BaseException as error:
            self.close()
            if not isinstance(error, Unanswered):
                raise
            if "No module named" in str(error):
                raise not_installed("PyTorch", "torch", "run this model") from error
            raise not_loaded("PyTorch", path, error) from error
        self._runtime = hello.about or "PyTorch"
        self._threads = hello.threads

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
        try:
            return self._exchange.ask(arrays, self._threads)
        except Unanswered as error:
            raise run_failed(self._runtime, error) from error

    def freed(self) -> Optional[TorchSession]:
        """As :class:`~dl2ecd_core.running.sessions.Session`: nothing holds it to a size."""
        return self

    def threaded(self, count: int) -> Session:
        """As :class:`~dl2ecd_core.running.sessions.Session`, in the same process.

        PyTorch takes sums in another order for another number of threads: results are those of one
        thread but for rounding. One tile at a time has all cores as it is.
        """
        if self._threads > 1:
            return self
        shared = copy(self)
        shared._threads = count
        return TakingTurns(shared, count)

    def stop(self, threads: Collection[int]) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`: nobody waits for these tiles.

        PyTorch goes on with them until they are done or the session is closed.
        """
        self._exchange.stop(threads)

    def close(self) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        self._exchange.end()


def _image(tensor: Optional[Tensor]) -> Tensor:
    if tensor is not None and tensor.shape is not None:
        return tensor
    name = None if tensor is None else tensor.name
    return Tensor(name, _IMAGE, "NCHW", "float32")
