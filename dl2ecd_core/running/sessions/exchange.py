"""Questions to a process, and its answers in whatever order they come.

Whoever asks waits for the answer to that question. One thread reads what comes and hands it out: it
hears of no signal, so nothing is ever read by half.
"""

from __future__ import annotations

from concurrent.futures import Future
from itertools import count
from threading import Lock, RLock, Thread, current_thread
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence
from weakref import finalize

from ..child import ModuleProcess
from .messages import Message, read_message, write_message

if TYPE_CHECKING:
    from . import Array

_ENDED = "its process ended, for want of memory or by a fault in the model"
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

    def end(self) -> None:
        """End the process, whatever it is doing; whoever waits for an answer hears of it."""
        self._end()


class _Waiting:
    """Who waits for which answer."""

    def __init__(self) -> None:
        # The end may come in a thread that has just taken the lock: where objects are forgotten.
        self._lock = RLock()
        self._answers: Dict[int, Future[Message]] = {}
        self._over: Optional[str] = None

    def expect(self, number: int) -> Future[Message]:
        """Where the answer to a question will be; at once, where there will be none."""
        answer: Future[Message] = Future()
        with self._lock:
            if self._over is None:
                self._answers[number] = answer
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
            answer = self._answers.pop(message.number, None)
        if answer is None:
            raise ValueError("an answer to no question")
        answer.set_result(message)

    def end(self, reason: str) -> None:
        """Say to all who wait, and who still ask, why there is no answer any more."""
        with self._lock:
            self._over = self._over or reason
            answers, self._answers = self._answers, {}
        for answer in answers.values():
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
