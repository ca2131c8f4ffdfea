"""TensorFlow Lite models by LiteRT, which computes quantised ones as their makers measured them.

https://ai.google.dev/edge/api/tflite/python/tf/lite/Interpreter
"""

from __future__ import annotations

from pathlib import Path
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence, Tuple

from ...models import Tensor
from ..extras import RunningRefused, not_installed
from .base import RuntimeSession
from .failures import not_loaded, run_failed
from .naming import matched, tensor_of
from .taking_turns import TakingTurns

if TYPE_CHECKING:
    from . import Array, Session


class LiteRtSession(RuntimeSession):
    """A session of LiteRT: as many interpreters as there are threads that ask.

    A quantised input or output is given as the numbers that it stands for.
    """

    def __init__(
        self,
        path: Path,
        inputs: Tuple[Tensor, ...],
        outputs: Tuple[Tensor, ...],
        *,
        free: bool = False,
        threads: int = 1,
    ) -> None:
        self._path, self._described, self._free = path, (inputs, outputs), free
        self._cores = threads
        first = self._interpreter()
        super().__init__(
            _tensors(first.get_input_details(), inputs, free=free),
            _tensors(first.get_output_details(), outputs, free=free),
        )
        self._idle: LifoQueue[Any] = LifoQueue()
        self._idle.put(first)

    @property
    def runtime(self) -> str:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return f"LiteRT {_module().__version__} on the CPU"

    def run(self, arrays: Sequence[Array]) -> List[Array]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        try:
            interpreter = self._idle.get_nowait()
        except Empty:
            interpreter = self._interpreter()
        try:
            return _run(interpreter, arrays)
        except (RuntimeError, ValueError) as error:
            raise run_failed(self.runtime, error) from error
        finally:
            self._idle.put(interpreter)

    def freed(self) -> Optional[LiteRtSession]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        try:
            return LiteRtSession(self._path, *self._described, free=True)
        except RunningRefused:
            return None

    def threaded(self, count: int) -> Session:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        session = LiteRtSession(self._path, *self._described, free=self._free, threads=count)
        return TakingTurns(session, count)

    def close(self) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        self._idle = LifoQueue()

    def _interpreter(self) -> Any:
        try:
            return _module().interpreter.Interpreter(str(self._path), num_threads=self._cores)
        except (RuntimeError, ValueError) as error:
            raise not_loaded("LiteRT", self._path, error) from error


def _module() -> Any:
    try:
        import ai_edge_litert
        import ai_edge_litert.interpreter
    except ImportError as error:
        raise not_installed("LiteRT", "litert", "run this model") from error
    return ai_edge_litert


def _run(interpreter: Any, arrays: Sequence[Array]) -> List[Array]:
    details = interpreter.get_input_details()
    for detail, array in zip(details, arrays):
        if tuple(detail["shape"]) != array.shape:
            interpreter.resize_tensor_input(detail["index"], array.shape)
    interpreter.allocate_tensors()
    for detail, array in zip(details, arrays):
        interpreter.set_tensor(detail["index"], _quantised(array, detail))
    interpreter.invoke()
    return [
        _meant(interpreter.get_tensor(detail["index"]), detail)
        for detail in interpreter.get_output_details()
    ]


def _quantised(array: Array, detail: Mapping[str, Any]) -> Array:
    import numpy

    scale, zero = detail["quantization"]
    if not scale:
        return array.astype(detail["dtype"], copy=False)
    limits = numpy.iinfo(detail["dtype"])
    whole = numpy.rint(array / numpy.float32(scale)) + zero
    return numpy.clip(whole, limits.min, limits.max).astype(detail["dtype"])


def _meant(array: Array, detail: Mapping[str, Any]) -> Array:
    import numpy

    scale, zero = detail["quantization"]
    if not scale:
        return array
    return (array.astype("float32") - numpy.float32(zero)) * numpy.float32(scale)


def _tensors(
    details: Sequence[Mapping[str, Any]], described: Tuple[Tensor, ...], *, free: bool
) -> Tuple[Tensor, ...]:
    import numpy

    known = matched([[detail["name"]] for detail in details], described)
    found = []
    for detail, entry in zip(details, known):
        signature = detail.get("shape_signature", detail["shape"])
        axes = "" if entry is None or entry.axes is None else entry.axes
        shape = tuple(
            None if size < 0 or (free and axes[place : place + 1] in ("H", "W")) else int(size)
            for place, size in enumerate(signature)
        )
        quantised = bool(detail["quantization"][0])
        data_type = "float32" if quantised else numpy.dtype(detail["dtype"]).name
        name = detail["name"] if entry is None or entry.name is None else entry.name
        found.append(tensor_of(name, shape, data_type, entry))
    return tuple(found)
