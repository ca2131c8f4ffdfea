"""Questions to a process, asked from several threads, whatever becomes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, Callable, Iterator, List, cast

import numpy as np
import pytest

from dl2ecd_core.running.processes import child
from dl2ecd_core.running.processes.child import ModuleProcess
from dl2ecd_core.running.sessions import exchange
from dl2ecd_core.running.sessions.exchange import Exchange, Unanswered
from dl2ecd_core.running.sessions.messages import Message
from tests.conftest import FIXTURES

ENDED = "its process ended, for want of memory or by a fault in the model"
#: How each of the processes begins.
BEGIN = """
import io, sys, threading
from dl2ecd_core.running.sessions.messages import Message, read_message, write_message
questions, answers = sys.stdin.buffer, sys.stdout.buffer
def answer(question): write_message(answers, Message(question.arrays, number=question.number))
write_message(answers, Message([], about="a process", threads=3))
"""
ECHOES = """
while True:
    question = read_message(questions)
    if question is None: break
    answer(question)
"""
#: Large enough for no pipe to hold it.
LARGE = np.zeros(1 << 22)

Begins = Callable[[str], Exchange]


def process_of(code: str, begin: str = BEGIN) -> ModuleProcess:
    """A process that does this."""
    process = subprocess.Popen(
        [sys.executable, "-c", begin + code],
        env={**os.environ, "PYTHONPATH": str(FIXTURES.parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    return ModuleProcess(process, cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout))


@pytest.fixture
def begin() -> Iterator[Begins]:
    begun: List[Exchange] = []

    def exchange_with(code: str) -> Exchange:
        begun.append(Exchange(process_of(code)))
        begun[-1].hello()
        return begun[-1]

    yield exchange_with
    for one in begun:
        one.end()
        assert one._process.process.poll() is not None


def asked(one: Exchange, value: float) -> float:
    return float(one.ask([np.array([value])], 1)[0][0])


class TestAnswers:
    def test_come_from_a_process_that_says_what_it_is(self, begin: Begins) -> None:
        one = begin(ECHOES)
        assert (one.hello().about, one.hello().threads) == ("a process", 3)
        assert [asked(one, value) for value in (1, 2, 3)] == [1, 2, 3]

    def test_reach_whoever_asked_in_whatever_order_they_come(self, begin: Begins) -> None:
        one = begin("for question in [read_message(questions) for place in range(4)][::-1]:\n"
                    "    answer(question)")  # fmt: skip
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda value: asked(one, value), range(4))) == [0, 1, 2, 3]

    def test_tell_how_many_cores_were_asked_for(self, begin: Begins) -> None:
        one = begin(
            "import numpy\nquestion = read_message(questions)\n"
            "counts = [numpy.array(question.threads)]\n"
            "write_message(answers, Message(counts, number=question.number))"
        )
        assert one.ask([], 7) == [7]

    def test_may_be_a_refusal(self, begin: Begins) -> None:
        one = begin(
            "number = read_message(questions).number\n"
            "write_message(answers, Message([], 'no such tile', number=number))" + ECHOES
        )
        with pytest.raises(Unanswered, match="no such tile"):
            asked(one, 1)
        assert asked(one, 2) == 2

    @pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to a thread")
    def test_that_nobody_waits_for_any_more_are_left(self, begin: Begins) -> None:
        """After Ctrl-C in the midst of a question, where Python lives on."""
        one = begin("first, other = read_message(questions), read_message(questions)\n"
                    "answer(first); answer(other)" + ECHOES)  # fmt: skip
        main = threading.main_thread().ident or 0
        threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            asked(one, 1)
        assert [asked(one, value) for value in (2, 3)] == [2, 3]


class TestAProcessThatEnds:
    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("read_message(questions)", ENDED),
            ("read_message(questions); read_message(questions)", ENDED),
            # In the midst of an answer.
            (
                "whole = io.BytesIO(); write_message(whole, read_message(questions))\n"
                "answers.write(whole.getvalue()[:-3])",
                ENDED,
            ),
            ("read_message(questions); answers.write(b'{')", "what is no answer"),
            ("read_message(questions); print('whatever', flush=True)" + ECHOES, "is no answer"),
            ("print('whatever', flush=True); threading.Event().wait()", "is no answer"),
            ("print('{\"arrays\": [], \"number\": 99}')" + ECHOES, "an answer to no question"),
            (
                "print('{\"arrays\": [{\"shape\": [%d], \"type\": \"b\"}]}' % (1 << 60))" + ECHOES,
                "an array that no message holds",
            ),
        ],
    )  # fmt: skip
    def test_fails_all_who_wait_and_all_who_ask_later(
        self, begin: Begins, code: str, said: str
    ) -> None:
        one = begin(code)
        with ThreadPoolExecutor(3) as pool:
            failed = [pool.submit(asked, one, value) for value in range(3)]
            for future in failed:
                with pytest.raises(Unanswered, match=said):
                    future.result()
        with pytest.raises(Unanswered, match=said):
            asked(one, 4)
        # It may not have ended by itself.
        assert one._process.process.wait(60) is not None

    def test_before_it_says_anything(self) -> None:
        with pytest.raises(Unanswered, match=ENDED):
            Exchange(process_of("", begin="")).hello()

    def test_while_a_question_is_written(self, begin: Begins) -> None:
        one = begin("questions.read(1000)")
        with pytest.raises(Unanswered, match=ENDED):
            one.ask([LARGE], 1)


class TestPipes:
    """Of a process that is started."""

    def size(self, monkeypatch: pytest.MonkeyPatch, platform: str, most: int) -> int:
        fcntl = pytest.importorskip("fcntl")
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setattr(child, "_PIPE", most)
        pipes = child.module_process("json.tool", [])
        try:
            sizes = [fcntl.fcntl(pipe, 1032) for pipe in (pipes.questions, pipes.answers)]
        finally:
            pipes.end()
            pipes.answers.close()
        assert sizes[0] == sizes[1]
        return int(sizes[0])

    @pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
    def test_hold_a_tile_where_they_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        usual = self.size(monkeypatch, "another", 1 << 20)
        assert self.size(monkeypatch, "linux", 1 << 20) == 1 << 20 > usual
        assert self.size(monkeypatch, "linux", -1) == usual


class TestEnding:
    @pytest.mark.parametrize("question", [np.ones(1), LARGE], ids=["asked", "in a question"])
    def test_lets_go_of_whoever_waits(self, begin: Begins, question: np.ndarray) -> None:
        one = begin("threading.Event().wait()")
        with ThreadPoolExecutor(1) as pool:
            waits = pool.submit(one.ask, [question], 1)
            threading.Event().wait(0.2)
            one.end()
            with pytest.raises(Unanswered, match=ENDED):
                waits.result()
        one.end()

    def test_is_for_some_who_wait_alone(self, begin: Begins) -> None:
        """Their answers come all the same, and are nobody's."""
        one = begin("first, other = read_message(questions), read_message(questions)\n"
                    "answer(first); answer(other)" + ECHOES)  # fmt: skip
        with ThreadPoolExecutor(1) as pool:
            thread = pool.submit(threading.get_ident).result()
            waits = pool.submit(asked, one, 1)
            threading.Event().wait(0.2)
            one.stop([thread + 1])
            assert not waits.done()
            one.stop([thread])
            with pytest.raises(Unanswered, match="it was stopped"):
                waits.result()
            one.stop([thread])
            assert [asked(one, value) for value in (2, 3)] == [2, 3]

    def test_comes_after_some_were_stopped(self, begin: Begins) -> None:
        one = begin("threading.Event().wait()")
        with ThreadPoolExecutor(1) as pool:
            thread = pool.submit(threading.get_ident).result()
            waits = pool.submit(asked, one, 1)
            threading.Event().wait(0.2)
            one.stop([thread])
            with pytest.raises(Unanswered, match="it was stopped"):
                waits.result()
        one.end()

    def test_comes_when_nobody_knows_of_it_any_more(self) -> None:
        process = process_of(ECHOES)
        one = Exchange(process)
        assert asked(one, 1) == 1
        del one
        assert process.process.poll() is not None
        assert process.questions.closed
        assert process.answers.closed

    def test_may_come_in_the_thread_that_reads(self) -> None:
        """Where Python forgets objects, it does so in any thread."""
        process, waiting = process_of(ECHOES), exchange._Waiting()
        exchange._end(process, threading.current_thread(), waiting)
        process.answers.close()
        with pytest.raises(Unanswered, match=ENDED):
            exchange._answer(waiting.expect(1))

    def test_comes_after_half_a_question(
        self, begin: Begins, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is asked then would not be understood."""
        one = begin(ECHOES)

        def write(stream: Any, message: Message) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(exchange, "write_message", write)
        with pytest.raises(KeyboardInterrupt):
            asked(one, 1)
        monkeypatch.undo()
        with pytest.raises(Unanswered, match=ENDED):
            asked(one, 2)

    @pytest.mark.skipif(sys.platform == "win32", reason="looks for a process by its number")
    @pytest.mark.parametrize("ends", ["", "raise SystemExit(0)", "waits()"])
    def test_comes_with_python(self, ends: str) -> None:
        """Whoever still waits, in a thread that Python does not wait for."""
        code = (
            "import threading\n"
            "from tests.running.sessions.test_exchange import Exchange, asked, process_of\n"
            "def waits(): threading.Thread(target=asked, args=(silent, 1), daemon=True).start()\n"
            "silent = Exchange(process_of('threading.Event().wait()'))\n"
            "silent.hello()\n"
            "print(silent._process.process.pid, flush=True)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code + ends],
            capture_output=True,
            check=True,
            cwd=FIXTURES.parents[1],
            text=True,
            timeout=120,
        )
        assert "Fatal" not in done.stderr
        with pytest.raises(ProcessLookupError):
            os.kill(int(done.stdout), 0)
