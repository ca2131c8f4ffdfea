"""The process in which PyTorch runs a model that is a program.

Started by :mod:`.torch_session`, which says on standard input what to run and hears the results on
standard output; what the model itself prints goes to the error stream.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Iterator, List, Optional

from ..processes.memory import limit_memory
from .messages import Message, read_message, write_message
from .torch_state import keeps_state

if TYPE_CHECKING:
    from . import Array

#: Of what PyTorch says when it gives up, so many characters; a script's way there is long.
_LONGEST = 10_000


def serve(
    questions: BinaryIO,
    answers: BinaryIO,
    path: str,
    format_id: str,
    device: str,
    threads: str,
    *,
    limit: Callable[[], object] = lambda: None,
) -> None:
    """Load a model, say what runs it and how many cores a run takes, and run it as often as asked.

    Parameters
    ----------
    threads
        Cores that there are.
    limit
        Bounds the memory of this process, where the model runs on the processor.
    """
    try:
        import torch

        where = _device(torch, device)
        if where == "cuda":
            _keep_precision(torch)
        else:
            limit()
        model = _loaded(torch, path, format_id, where)
        alone = where == "cuda" or keeps_state(torch, model, format_id)
    except Exception as error:
        write_message(answers, Message([], _said(error)))
        return
    cores = int(threads)
    about = f"PyTorch {torch.__version__} on {'CUDA' if where == 'cuda' else 'the CPU'}"
    write_message(answers, Message([], about=about, threads=cores if alone else 1))
    turn = Lock()

    def answer(question: Message) -> None:
        try:
            _take_cores(torch, question.threads)
            found = Message(_run(torch, model, where, question.arrays), number=question.number)
        except BaseException as error:
            # Whatever the model does: it is someone else's program.
            found = Message([], _said(error), number=question.number)
        with turn:
            try:
                write_message(answers, found)
            except Exception:
                # After half an answer no other is understood.
                answers.close()

    with _Runners(answer, 1 if alone else cores) as runners:
        while (question := read_message(questions)) is not None:
            runners.run(question)


class _Runners:
    """Threads that run tiles: one tile each with one core, or one at a time with several.

    Parameters
    ----------
    answer
        Runs a tile, and raises nothing.
    most
        Tiles at once, at most.
    """

    def __init__(self, answer: Callable[[Message], None], most: int) -> None:
        self._answer, self._most = answer, most
        self._pool: Optional[ThreadPoolExecutor] = None
        self._threads = 0

    def run(self, question: Message) -> None:
        """Run a tile as soon as may be; of another number of cores, when all before it are done."""
        if self._pool is None or question.threads != self._threads:
            self.__exit__()
            self._threads = question.threads
            self._pool = ThreadPoolExecutor(
                1 if question.threads > 1 else self._most, "dl2ecd-torch"
            )
        self._pool.submit(self._answer, question)

    def __enter__(self) -> _Runners:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()


def _take_cores(torch: Any, count: int) -> None:
    """Let what this thread runs take so many cores."""
    # A thread that is new takes the number that was set last, by any thread, when it first asks.
    torch.get_num_threads()
    torch.set_num_threads(count)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST]


def _device(torch: Any, device: str) -> str:
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"


def _keep_precision(torch: Any) -> None:
    """32-bit floats as they are, and by the same algorithm each time, as on a processor.

    Newer cards round them to 19 bits (TF32) for convolutions unless told otherwise:
    https://docs.pytorch.org/docs/stable/notes/cuda.html
    """
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def _loaded(torch: Any, path: str, format_id: str, device: str) -> Any:
    if format_id == "torchscript":
        return torch.jit.load(path, map_location=device).eval()
    return torch.export.load(path).module().to(device)


def _run(torch: Any, model: Any, device: str, arrays: List[Array]) -> List[Array]:
    with torch.inference_mode():
        result = model(*(torch.from_numpy(array).to(device) for array in arrays))
    return [
        tensor.float().cpu().numpy() if tensor.is_floating_point() else tensor.cpu().numpy()
        for tensor in _tensors(torch, result)
    ]


def _tensors(torch: Any, result: Any) -> Iterator[Any]:
    """The tensors of whatever a model gives, in its order."""
    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, dict):
        for value in result.values():
            yield from _tensors(torch, value)
    elif isinstance(result, (tuple, list)):
        for value in result:
            yield from _tensors(torch, value)


def main() -> None:
    """Serve on standard input and output, of which the model gets neither."""
    # Ctrl-C is for whoever asks: this process ends when its standard input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # They are for whoever wrote the model.
    warnings.simplefilter("ignore")
    # Nobody is left to tell, or a question has no room: whoever asked hears that this is the end.
    with suppress(OSError, MemoryError), os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        path, format_id, device, threads = sys.argv[1:5]
        serve(sys.stdin.buffer, answers, path, format_id, device, threads, limit=limit_memory)


if __name__ == "__main__":
    main()
