"""Questions to a process, and its answers in whatever order they come.

Whoever asks waits for the answer to that question. One thread reads what comes and hands it out: it
hears of no signal, so nothing is ever read by half.
"""

from __future__ import annotations

from concurrent.futures import Future
from itertools import count
from threading import Lock, RLock, Thread, current_thread, get_ident
from typing import TYPE_CHECKING, Collection, Dict, List, NamedTuple, Optional, Sequence
from weakref import finalize

from ..processes.child import ModuleProcess
from .messages import Message, read_message, write_message

if TYPE_CHECKING:
    from . import Array

_ENDED = "its process ended, for want of memory or by a fault in the model"
_STOPPED = "it was stopped"
#: The number of what a process says before it is asked.
_HELLO = 0
#: Seconds that the reading thread has to see that the process is gone.
_PATIENCE = 5.0


class Unanswered(Exception):
    """What the process says went wrong, or why it says nothing any more."""


class Exchange:
    """Questions to a process, asked from several threads; the process ends with it.

    Parameters
    ----------
    process
        It says something first, and answers each question with a message of the same number.
    """

    def __init__(self, process: ModuleProcess) -> None:
        self._process = process
        self._waiting = _Waiting()
        self._hello = self._waiting.expect(_HELLO)
        self._turn = Lock()
        self._numbers = count(_HELLO + 1)
        # The thread knows nothing of this object, which may be forgotten while it reads.
        reader = Thread(
            target=_hand_out,
            args=(process, self._waiting),
            name="dl2ecd-answers",
            daemon=True,
        )
        self._end = finalize(self, _end, process, reader, self._waiting)
        reader.start()

    def hello(self) -> Message:
        """What the process says first.

        Raises
        ------
        Unanswered
            When it does not get so far.
        """
        return _answer(self._hello)

    def ask(self, arrays: Sequence[Array], threads: int) -> List[Array]:
        """The answer to a question.

        Parameters
        ----------
        threads
            Cores that it may take.

        Raises
        ------
        Unanswered
            When there is none.
        """
        number = next(self._numbers)
        waited = self._waiting.expect(number)
        question = Message(list(arrays), number=number, threads=threads)
        try:
            with self._turn:
                write_message(self._process.questions, question)
        except BaseException as error:
            # After half a question no other is understood.
            self.end()
            if not isinstance(error, (OSError, ValueError)):
                raise
            # The process is gone or was ended meanwhile: whoever reads hears of it, too.
        return _answer(waited).arrays

    def stop(self, threads: Collection[int]) -> None:
        """Let these threads wait no longer; the process may still work on what they asked."""
        self._waiting.stop(threads)

    def end(self) -> None:
        """End the process, whatever it is doing; whoever waits for an answer hears of it."""
        self._end()


class _Waited(NamedTuple):
    """An answer that will be, and the thread that waits for it."""

    thread: int
    answer: Future[Message]


class _Waiting:
    """Who waits for which answer."""

    def __init__(self) -> None:
        # The end may come in a thread that has just taken the lock: where objects are forgotten.
        self._lock = RLock()
        self._answers: Dict[int, _Waited] = {}
        self._over: Optional[str] = None

    def expect(self, number: int) -> Future[Message]:
        """Where the answer to a question will be; at once, where there will be none."""
        answer: Future[Message] = Future()
        with self._lock:
            if self._over is None:
                self._answers[number] = _Waited(get_ident(), answer)
            else:
                answer.set_exception(Unanswered(self._over))
        return answer

    def give(self, message: Message) -> None:
        """Hand out an answer.

        Raises
        ------
        ValueError
            When nobody waits for it.
        """
        with self._lock:
            waited = self._answers.pop(message.number, None)
            if waited is None:
                raise ValueError("an answer to no question")
            if not waited.answer.done():
                waited.answer.set_result(message)

    def stop(self, threads: Collection[int]) -> None:
        """Say to these threads that there is no answer; the one that comes is nobody's."""
        with self._lock:
            for waited in self._answers.values():
                if waited.thread in threads:
                    _refuse(waited.answer, _STOPPED)

    def end(self, reason: str) -> None:
        """Say to all who wait, and who still ask, why there is no answer any more."""
        with self._lock:
            self._over = self._over or reason
            for waited in self._answers.values():
                _refuse(waited.answer, reason)
            self._answers = {}


def _refuse(answer: Future[Message], reason: str) -> None:
    if not answer.done():
        answer.set_exception(Unanswered(reason))


def _answer(waited: Future[Message]) -> Message:
    message = waited.result()
    if message.error is not None:
        raise Unanswered(message.error)
    return message


def _hand_out(process: ModuleProcess, waiting: _Waiting) -> None:
    reason = _ENDED
    try:
        while (message := read_message(process.answers)) is not None:
            waiting.give(message)
    except Exception as error:
        # Whatever it says: it runs someone else's program. What comes after is no message either.
        reason = f"its process says what is no answer: {error}"
    waiting.end(reason)
    process.end()
    process.answers.close()


def _end(process: ModuleProcess, reader: Thread, waiting: _Waiting) -> None:
    process.end()
    # Python must not end while something is read. Forgotten objects are ended by whatever thread
    # comes by, even by that one.
    if reader is not current_thread():
        reader.join(_PATIENCE)
    waiting.end(_ENDED)
