"""The process in which PyTorch runs a model that is a program.

Started by :mod:`.torch_session`, which says on standard input what to run and hears the results on
standard output; what the model itself prints goes to the error stream.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Iterator, List

from ..memory import limit_memory
from .messages import Message, read_message, write_message

if TYPE_CHECKING:
    from . import Array


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
    """Load a model, say what runs it, and run it as often as asked.

    Parameters
    ----------
    limit
        Bounds the memory of this process, where the model runs on the processor.
    """
    try:
        import torch

        torch.set_num_threads(int(threads))
        where = _device(torch, device)
        if where == "cuda":
            _keep_precision(torch)
        else:
            limit()
        model = _loaded(torch, path, format_id, where)
    except Exception as error:
        write_message(answers, Message([], f"{type(error).__name__}: {error}"))
        return
    about = f"PyTorch {torch.__version__} on {'CUDA' if where == 'cuda' else 'the CPU'}"
    write_message(answers, Message([], about=about))
    for arrays in _asked(questions):
        try:
            write_message(answers, Message(_run(torch, model, where, arrays)))
        except Exception as error:
            # Whatever the model does: it is someone else's program.
            write_message(answers, Message([], f"{type(error).__name__}: {error}"))


def _asked(questions: BinaryIO) -> Iterator[List[Array]]:
    while True:
        message = read_message(questions)
        if message is None:
            return
        yield message.arrays


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
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        path, format_id, device, threads = sys.argv[1:5]
        serve(sys.stdin.buffer, answers, path, format_id, device, threads, limit=limit_memory)


if __name__ == "__main__":
    main()
