"""ONNX models, and what is lowered to ONNX, by ONNX Runtime.

https://onnxruntime.ai/docs/api/python/api_summary.html
"""

from __future__ import annotations

from pathlib import Path
from threading import get_ident
from typing import (
    TYPE_CHECKING,
    Any,
    Collection,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from ...findings.errors import Dl2EcdError
from ...models import Tensor
from ...models.networks import read_network
from ...wire.source import ByteSource
from ..extras import RunningRefused, not_installed
from .base import RuntimeSession
from .failures import not_loaded, run_failed
from .naming import tensor_of
from .onnx_runtime import CUDA_PROVIDER, onnx_runtime
from .onnx_sizes import LARGEST, factors_of, freed_model
from .taking_turns import TakingTurns

if TYPE_CHECKING:
    from . import Array, Session

_CPU = "CPUExecutionProvider"
#: Pixels by which a tile is made longer to see whether its result becomes longer, too.
_MORE = 64
#: Where files with values are looked for, of a model in memory.
_BESIDE = "session.model_external_initializers_file_folder_path"
#: 32-bit floats as they are, where newer cards round them to 19 bits (TF32) by default, and an
#: algorithm that is looked up: one that wins a race may be another one the next time, and each size
#: of tile has a race of its own.
#: https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html
_ON_CUDA = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}

#: What ONNX Runtime calls the types of tensors; tensors of others don't hold pixels.
_TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(uint16)": "uint16",
    "tensor(int16)": "int16",
    "tensor(uint32)": "uint32",
    "tensor(int32)": "int32",
    "tensor(uint64)": "uint64",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}


class OnnxSession(RuntimeSession):
    """A session of ONNX Runtime.

    One thread a run: a usual tile of a scene has little to share out, and as many tiles as there
    are cores run at once.
    """

    def __init__(
        self,
        path: Path,
        inputs: Tuple[Tensor, ...],
        outputs: Tuple[Tensor, ...],
        *,
        device: str = "cpu",
        content: Optional[bytes] = None,
        threads: int = 1,
    ) -> None:
        self._path = path
        self._device = device
        self._described = inputs, outputs
        self._content = content
        self._session = _loaded(path if content is None else content, device, path, threads)
        described = {tensor.name: tensor for tensor in (*inputs, *outputs)}
        # Sequences and maps among the outputs are left out.
        given = [node for node in self._session.get_outputs() if node.type in _TYPES]
        super().__init__(
            tuple(_tensor(node, described) for node in self._session.get_inputs()),
            tuple(_tensor(node, described) for node in given),
        )
        self._names = [tensor.name for tensor in self._outputs]
        self._running: Dict[int, Any] = {}
        #: Of a freed session, by what factors it resizes what its file resizes to a size.
        self.factors: Mapping[str, Sequence[float]] = {}

    @property
    def runtime(self) -> str:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        on_cuda = CUDA_PROVIDER in self._session.get_providers()
        return f"ONNX Runtime {onnx_runtime().__version__} on {'CUDA' if on_cuda else 'the CPU'}"

    @property
    def properties(self) -> Mapping[str, str]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @property
    def batch(self) -> int:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return 64 if CUDA_PROVIDER in self._session.get_providers() else 1

    def run(self, arrays: Sequence[Array]) -> List[Array]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        feeds = {tensor.name: array for tensor, array in zip(self._inputs, arrays)}
        options = onnx_runtime().RunOptions()
        # What it says when it is stopped is heard as an error.
        options.log_severity_level = 4
        self._running[get_ident()] = options
        try:
            results: List[Array] = self._session.run(self._names, feeds, options)
        except Exception as error:
            # Its exceptions have no base of their own.
            raise run_failed(self.runtime, error) from error
        finally:
            del self._running[get_ident()]
        return results

    def stop(self, threads: Collection[int]) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`: between two operations of its."""
        for thread, options in list(self._running.items()):
            options.terminate = options.terminate or thread in threads

    def freed(self) -> Optional[OnnxSession]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        if self._path.stat().st_size > LARGEST:
            return None
        plain = self._loaded_again(freed_content(self._path, self._inputs))
        factors = _factors(self._path)
        if not factors or (plain is not None and self._grows(plain)):
            return plain
        # What is resized by a factor where the file has a size may take its sums in another order:
        # only where there is no other way.
        scaled = self._loaded_again(freed_content(self._path, self._inputs, factors))
        if scaled is None:
            return plain
        scaled.factors = factors
        return scaled

    def _loaded_again(self, content: bytes) -> Optional[OnnxSession]:
        try:
            return OnnxSession(
                self._path, self._inputs, self._outputs, device=self._device, content=content
            )
        except RunningRefused:
            return None

    def _grows(self, free: OnnxSession) -> bool:
        """Whether a model gives a larger result for a larger tile, once its sizes are free."""
        import numpy

        shapes = []
        for session, more in ((self, 0), (free, _MORE)):
            tiles = [
                numpy.zeros(
                    [
                        (size or 1) + (more if axis in "HW" else 0)
                        for size, axis in zip(tensor.shape or (), tensor.axes or "")
                    ],
                    tensor.data_type,
                )
                for tensor in self._inputs
            ]
            try:
                shapes.append([result.shape for result in session.run(tiles)])
            except RunningRefused:
                return False
        return all(one != other for one, other in zip(*shapes))

    def threaded(self, count: int) -> Session:
        """As :class:`~dl2ecd_core.running.sessions.Session`.

        Threads share rows and channels out among them: no sum is taken in another order.
        """
        inputs, outputs = self._described
        session = OnnxSession(
            self._path,
            inputs,
            outputs,
            device=self._device,
            content=self._content,
            threads=count,
        )
        return TakingTurns(session, count)

    def close(self) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        del self._session


def freed_content(
    path: Path, inputs: Sequence[Tensor], factors: Mapping[str, Sequence[float]] = {}
) -> bytes:
    """The model's file with rows and columns of its inputs free."""
    free = {
        tensor.name or "": [place for place, axis in enumerate(tensor.axes or "") if axis in "HW"]
        for tensor in inputs
    }
    with ByteSource(path) as source:
        return freed_model(source, free, factors)


def _factors(path: Path) -> Mapping[str, Sequence[float]]:
    """By what factors the model's network resizes what it resizes to a stated size."""
    try:
        return factors_of(read_network(path).network)
    except Dl2EcdError:
        return {}


def _loaded(model: Union[Path, bytes], device: str, path: Path, threads: int) -> Any:
    try:
        onnxruntime = onnx_runtime()
    except ImportError as error:
        raise not_installed("ONNX Runtime", "run", "run this model") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    if isinstance(model, bytes):
        # Values in other files lie beside the model's; older versions don't find them.
        options.add_session_config_entry(_BESIDE, str(path.parent))
    providers: List[Union[str, Tuple[str, Dict[str, str]]]] = [_CPU]
    if device != "cpu" and CUDA_PROVIDER in onnxruntime.get_available_providers():
        providers.insert(0, (CUDA_PROVIDER, _ON_CUDA))
    try:
        source = model if isinstance(model, bytes) else str(model)
        return onnxruntime.InferenceSession(source, options, providers=providers)
    except Exception as error:
        # Its exceptions have no base of their own.
        raise not_loaded(f"ONNX Runtime {onnxruntime.__version__}", path, error) from error


def _tensor(node: Any, described: Dict[Optional[str], Tensor]) -> Tensor:
    """What the runtime says of an input or output, with what was found out about its axes."""
    known = described.get(node.name)
    sizes = tuple(size if isinstance(size, int) and size > 0 else None for size in node.shape or ())
    if known is not None and known.shape is not None and len(sizes) != len(known.shape):
        # A freed output states no shape any more.
        sizes = tuple(
            size if axis == "C" else None for axis, size in zip(known.axes or "", known.shape)
        )
    return tensor_of(node.name, sizes, _TYPES.get(node.type), known)
