"""OpenVINO's IR, TensorFlow's frozen graphs and SavedModels, and Paddle's programs, by OpenVINO.

https://docs.openvino.ai/2026/api/ie_python_api/api.html
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, LifoQueue
from threading import get_ident
from typing import TYPE_CHECKING, Any, Collection, Dict, List, Mapping, Optional, Sequence, Tuple

from ...models import Tensor
from ...network.outlook import Outlook
from ..extras import RunningRefused, not_installed
from .base import RuntimeSession
from .failures import not_loaded, run_failed
from .naming import matched, tensor_of
from .openvino_network import read_again
from .openvino_sizes import by_factors
from .taking_turns import TakingTurns

if TYPE_CHECKING:
    from . import Array, Session

#: Its own default computes in fewer bits where the processor can, which moves classes.
_EXACT = {
    "INFERENCE_PRECISION_HINT": "f32",
    "NUM_STREAMS": 1,
    "ENABLE_CPU_PINNING": False,
}
_THREADS = "INFERENCE_NUM_THREADS"


class OpenVinoSession(RuntimeSession):
    """A session of OpenVINO; as many requests as there are threads that ask."""

    def __init__(
        self,
        path: Path,
        inputs: Tuple[Tensor, ...],
        outputs: Tuple[Tensor, ...],
        *,
        network: Any = None,
        threads: int = 1,
    ) -> None:
        openvino = _module()
        self._core = openvino.Core()
        self._described = inputs, outputs
        self._path = path
        try:
            self._network = self._core.read_model(str(path)) if network is None else network
            self._compiled = _compiled(self._core, self._network, threads)
        except (RuntimeError, ValueError, TypeError) as error:
            # Of a SavedModel it takes the folder, which is a private one here.
            named = path / "saved_model.pb" if path.is_dir() else path
            raise not_loaded(f"OpenVINO {version()}", named, error) from error
        super().__init__(
            _tensors(self._compiled.inputs, inputs), _tensors(self._compiled.outputs, outputs)
        )
        self._idle: LifoQueue[Any] = LifoQueue()
        self._running: Dict[int, Any] = {}

    @property
    def runtime(self) -> str:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return f"OpenVINO {version()} on the CPU"

    def run(self, arrays: Sequence[Array]) -> List[Array]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        try:
            self._running[get_ident()] = request
            request.start_async(dict(enumerate(arrays)), share_inputs=True)
            request.wait()
            # The request's own memory is used again.
            return [
                request.get_output_tensor(place).data.copy() for place in range(len(self._outputs))
            ]
        except RuntimeError as error:
            raise run_failed(self.runtime, error) from error
        finally:
            self._running.pop(get_ident(), None)
            self._idle.put(request)

    def stop(self, threads: Collection[int]) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        for thread, request in list(self._running.items()):
            if thread in threads:
                request.cancel()

    def freed(self) -> Optional[OpenVinoSession]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        plain = self._reshaped(self._network.clone())
        if plain is not None and plain._sizes != self._sizes:
            return plain
        # Sizes that the file fixes inside: only where there is no other way.
        scaled = by_factors(self._network)
        scaled = None if scaled is None else self._reshaped(scaled)
        return plain if scaled is None else scaled

    @property
    def _sizes(self) -> List[str]:
        """The sizes of what comes out, as far as they are stated."""
        return [str(node.get_partial_shape()) for node in self._network.outputs]

    def _reshaped(self, network: Any) -> Optional[OpenVinoSession]:
        """A network with rows and columns of its images free; None where it can't be."""
        openvino = _module()
        free = {}
        for node, tensor in zip(network.inputs, self._inputs):
            free[node] = openvino.PartialShape(
                [
                    openvino.Dimension() if size is None or axis in "HW" else size
                    for axis, size in zip(tensor.axes or "", tensor.shape or ())
                ]
            )
        try:
            network.reshape(free)
            return OpenVinoSession(self._path, *self._described, network=network)
        except (RuntimeError, RunningRefused):
            return None

    def threaded(self, count: int) -> Session:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        session = OpenVinoSession(
            self._path, *self._described, network=self._network, threads=count
        )
        return TakingTurns(session, count)

    def outlook(self, assumed: int) -> Optional[Outlook]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return read_again(self._network, self._inputs, self._outputs, assumed)

    def close(self) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        # Requests are part of the compiled network: they go first.
        self._idle = LifoQueue()
        del self._compiled, self._network


def _module() -> Any:
    try:
        import openvino
    except ImportError as error:
        raise not_installed("OpenVINO", "openvino", "run this model") from error
    return openvino


def version() -> str:
    """Of OpenVINO, without its build."""
    return str(_module().__version__).split("-")[0]


def _compiled(core: Any, network: Any, threads: int) -> Any:
    """The network made ready to run, in a thread that ends with it.

    OpenVINO gives the thread that first asks for the processor a stack for signals that is too
    small for some processors: in the main thread, where Python hears of Ctrl-C, the process would
    fall down.
    """
    with ThreadPoolExecutor(1) as aside:
        options = _options(core, threads)
        return aside.submit(lambda: core.compile_model(network, "CPU", options)).result()


def _options(core: Any, threads: int) -> Mapping[str, Any]:
    """What of the options this version knows."""
    known = core.get_property("CPU", "SUPPORTED_PROPERTIES")
    options = {**_EXACT, _THREADS: threads}
    return {key: value for key, value in options.items() if key in known}


def _tensors(nodes: Sequence[Any], described: Tuple[Tensor, ...]) -> Tuple[Tensor, ...]:
    names = [sorted(node.get_names()) for node in nodes]
    known = matched(names, described)
    found = []
    for place, node in enumerate(nodes):
        shape = (
            tuple(
                None if size.is_dynamic else size.get_length() for size in node.get_partial_shape()
            )
            if node.get_partial_shape().rank.is_static
            else ()
        )
        entry = known[place]
        name = names[place][0] if names[place] else f"number {place + 1}"
        if entry is not None and entry.name is not None:
            name = entry.name
        data_type = node.get_element_type().to_dtype().name
        found.append(tensor_of(name, shape, data_type, entry))
    return tuple(found)
