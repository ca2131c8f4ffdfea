"""Sessions: a model that is ready to run, the same for every runtime.

Whoever classifies or detects asks for a session and knows nothing of the model's format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Collection, List, Mapping, Optional, Protocol, Sequence, Tuple

from ...models import Tensor
from ...network.outlook import Outlook

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["Session"]


class Session(Protocol):
    """A model that is ready to run. It may be run from several threads at once."""

    @property
    def inputs(self) -> Tuple[Tensor, ...]:
        """What goes in, in the order in which :meth:`run` takes it."""
        ...

    @property
    def outputs(self) -> Tuple[Tensor, ...]:
        """What comes out, in the order in which :meth:`run` gives it."""
        ...

    @property
    def runtime(self) -> str:
        """What runs it, for a person: ``ONNX Runtime 1.32.0 on the CPU``."""
        ...

    @property
    def properties(self) -> Mapping[str, str]:
        """What the model file carries beside the network."""
        ...

    @property
    def batch(self) -> int:
        """Tiles that are best run at once: 1 on a CPU, where each core runs its own."""
        ...

    @property
    def threads(self) -> int:
        """Cores that one run takes: 1 where each core runs its own."""
        ...

    def run(self, arrays: Sequence[Array]) -> List[Array]:
        """All outputs for these inputs, which have the types and ranks of :attr:`inputs`.

        Raises
        ------
        RunningRefused
            ``model-run-failed`` with what the runtime says.
        """
        ...

    def freed(self) -> Optional[Session]:
        """The same model for tiles of any size, as far as the runtime can tell.

        None where its sizes are fixed for good. Whether the freed one gives the same is for the
        caller to find out.
        """
        ...

    def threaded(self, count: int) -> Session:
        """The same model with so many cores for one run, bit for bit the same results.

        Those of PyTorch are the same but for rounding. This one where the runtime can't do so; what
        is closed is this one.
        """
        ...

    def outlook(self, assumed: int) -> Optional[Outlook]:
        """What its outputs look at, by the network that the runtime made of the file.

        None where the runtime does not tell it.

        Parameters
        ----------
        assumed
            Rows and columns that an image is taken to have where the network leaves them free.
        """
        ...

    def stop(self, threads: Collection[int]) -> None:
        """End what these threads run at this moment, as far as the runtime can.

        That raises `RunningRefused`; what they run afterwards, runs.

        Parameters
        ----------
        threads
            Their numbers, as :func:`threading.get_ident` gives them.
        """
        ...

    def close(self) -> None:
        """Let go of the model."""
        ...
