"""Tasks to workers and back: how many at once, what is tried again, and what is given up."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from dl2ecd_core.findings.errors import Cancelled, Dl2EcdError
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.cluster.dispatching import Outcome, Task
from dl2ecd_core.running.cluster.orders import plain_finding
from dl2ecd_core.running.cluster.worker import failed

from .stand_in import KilledWorker, StandInClient, dispatcher

Plain = Dict[str, Any]


def tasks(number: int) -> Iterator[Task]:
    return (Task("double", {"number": one}) for one in range(number))


def double(what: str, order: Plain) -> Plain:
    return {"done": {"twice": 2 * order["number"]}}


def again(what: str, order: Plain) -> Plain:
    return {"findings": [plain_finding(failed(OSError("gone")))], "again": True}


def results(outcomes: Iterator[Outcome]) -> List[int]:
    return sorted(one.result["twice"] for one in outcomes if one.result is not None)


class TestOutcomes:
    def test_come_for_every_task(self, client: StandInClient) -> None:
        assert results(dispatcher(client, double).outcomes(tasks(50))) == list(range(0, 100, 2))

    def test_no_more_are_asked_for_than_threads_can_take(self, client: StandInClient) -> None:
        taken = count()
        source = (Task("double", {"number": next(taken)}) for _ in range(10_000))
        sent = dispatcher(client, double)
        outcomes = sent.outcomes(source)
        next(outcomes)
        assert next(taken) <= 2 * 2 * 3 + 2 * 8 + 1
        outcomes.close()
        assert sent.most_running <= 2 * 3 + 8

    def test_tasks_that_are_added_come_before_the_rest(self, client: StandInClient) -> None:
        sent = dispatcher(client, double)
        outcomes = sent.outcomes(tasks(100))
        next(outcomes)
        sent.add(iter([Task("later", {"number": -1})]))
        sent.add(iter([Task("soon", {"number": -2})]), soon=True)
        list(outcomes)
        order = [what for what, _ in client.asked if what != "double"]
        assert order == ["soon", "later"]
        assert client.asked[-1][0] == "double"

    def test_what_nobody_wants_is_not_sent(self, client: StandInClient) -> None:
        source = (Task("double", {"number": one}, None, lambda: False) for one in range(100))
        assert list(dispatcher(client, double).outcomes(source)) == []
        assert client.asked == []


class TestPreparing:
    def test_is_asked_of_each_worker_once(self, client: StandInClient) -> None:
        given: List[str] = []
        sent = dispatcher(client, double, supply=given.append)
        sent.prepare({"number": 1})
        sent.prepare({"number": 2})
        assert given == ["here"]
        assert client.asked == [("prepare", {"number": 1})]
        list(sent.outcomes(tasks(1)))
        assert len(client.cancelled) == 1

    def test_waits_for_nobody(self, client: StandInClient) -> None:
        def lose(worker: str) -> None:
            raise OSError("gone")

        dispatcher(client, double, supply=lose).prepare({"number": 1})
        assert client.asked == []


class TestFailures:
    def test_that_may_pass_are_tried_again_and_then_told(self, client: StandInClient) -> None:
        (outcome,) = dispatcher(client, again).outcomes(tasks(1))
        assert len(client.asked) == 3
        assert outcome.result is None
        assert "OSError: gone" in outcome.findings[0].message

    def test_that_pass(self, client: StandInClient) -> None:
        told = iter([again("", {}), again("", {}), {"done": {"twice": 7}}])
        outcomes = dispatcher(client, lambda what, order: next(told)).outcomes(tasks(1))
        assert results(outcomes) == [7]

    def test_for_good_are_told_at_once(self, client: StandInClient) -> None:
        def refuse(what: str, order: Plain) -> Plain:
            return {**again(what, order), "again": False}

        (outcome,) = dispatcher(client, refuse).outcomes(tasks(1))
        assert len(client.asked) == 1
        assert outcome.findings

    def test_that_nobody_foresaw(self, client: StandInClient) -> None:
        def fall(what: str, order: Plain) -> Plain:
            raise ZeroDivisionError("by hand")

        (outcome,) = dispatcher(client, fall).outcomes(tasks(1))
        assert outcome.findings[0].rule == "worker-failed"
        assert "ZeroDivisionError: by hand" in outcome.findings[0].message

    def test_workers_that_die_are_believed_once(self, client: StandInClient) -> None:
        def die(what: str, order: Plain) -> Plain:
            raise KilledWorker("four of them")

        (outcome,) = dispatcher(client, die).outcomes(tasks(1))
        assert outcome.findings[0].rule == "worker-died"
        assert len(client.asked) == 2

    def test_workers_that_see_no_folder(self, client: StandInClient) -> None:
        outcomes = dispatcher(client, lambda what, order: {"stopped": True}).outcomes(tasks(1))
        (outcome,) = outcomes
        assert outcome.findings[0].rule == "output-not-shared"
        assert len(client.asked) == 3


class TestWorkersWithoutTheModel:
    def test_are_given_it_and_asked_again(self, client: StandInClient) -> None:
        given: List[str] = []

        def lacking(what: str, order: Plain) -> Plain:
            return double(what, order) if given else {"missing": "tcp://a:1"}

        outcomes = dispatcher(client, lacking, supply=given.append).outcomes(tasks(1))
        assert results(outcomes) == [0]
        assert given == ["tcp://a:1"]

    def test_are_given_up_at_last(self, client: StandInClient) -> None:
        given: List[str] = []

        def lose(worker: str) -> None:
            given.append(worker)
            raise OSError("gone")

        sent = dispatcher(client, lambda what, order: {"missing": "tcp://a:1"}, supply=lose)
        (outcome,) = sent.outcomes(tasks(1))
        assert outcome.result is None
        assert len(given) == 20


class TestCancelling:
    def test_takes_back_what_runs(self, client: StandInClient) -> None:
        class Impatient(Listener):
            def cancelled(self) -> bool:
                return len(client.asked) > 0

        with pytest.raises(Cancelled):
            list(dispatcher(client, double, listener=Impatient()).outcomes(tasks(5)))
        assert len(client.cancelled) == 5

    def test_whoever_listens_no_more_takes_back_too(self, client: StandInClient) -> None:
        outcomes = dispatcher(client, double).outcomes(tasks(50))
        next(outcomes)
        outcomes.close()
        assert client.cancelled


class LostClient(StandInClient):
    """Its scheduler goes away once, and comes back after some looks."""

    def __init__(self, folder: Path, how: str, back_after: int) -> None:
        super().__init__(folder)
        self.how, self.left = how, back_after
        self.becomes = "running"
        self.lost = False

    def gather(self, futures: List[Any]) -> List[Any]:
        if not self.lost:
            self.lost = True
            if self.how == "gather":
                self.status = self.becomes
                raise OSError("the connection was closed")
        return super().gather(futures)

    def map(self, *arguments: Any, **more: Any) -> List[Any]:
        futures = super().map(*arguments, **more)
        if not self.lost and self.how == "cancelled":
            self.lost = True
            futures[0].status = "cancelled"
        return futures

    def nthreads(self) -> Dict[str, int]:
        if self.lost and self.left:
            self.left -= 1
            raise OSError("not connected")
        return super().nthreads()


class TestALostScheduler:
    @pytest.mark.parametrize("how", ["gather", "cancelled"])
    def test_that_comes_back_is_given_everything_again(self, tmp_path: Path, how: str) -> None:
        client = LostClient(tmp_path, how, 0)
        sent = dispatcher(client, double)
        assert set(results(sent.outcomes(tasks(30)))) == set(range(0, 60, 2))
        assert len(client.asked) > 30

    @pytest.mark.parametrize("status", ["running", "connecting", "closed"])
    def test_that_stays_away_ends_the_work(self, tmp_path: Path, status: str) -> None:
        client = LostClient(tmp_path, "gather", 1_000_000)
        client.becomes = status
        sent = dispatcher(client, double)
        with pytest.raises(Dl2EcdError) as refused:
            list(sent.outcomes(tasks(30)))
        assert refused.value.findings[0].rule == "scheduler-lost"

    def test_can_be_given_up(self, tmp_path: Path) -> None:
        client = LostClient(tmp_path, "gather", 1_000_000)

        class Impatient(Listener):
            def cancelled(self) -> bool:
                return client.lost

        with pytest.raises(Cancelled):
            list(dispatcher(client, double, listener=Impatient()).outcomes(tasks(3)))
        client.status = "closed"
