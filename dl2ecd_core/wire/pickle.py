"""Walking over a pickle opcode by opcode, without ever doing what it says.

The stack machine of Python's pickle protocols 0 to 5 is followed with stand-ins: data become
data, everything that loading would import, call or fill becomes a note of it
(:mod:`.pickle_values`). Opcodes and their arguments as listed in the standard library's
``pickletools`` (https://github.com/python/cpython/blob/main/Lib/pickletools.py) and PEP 307, 3154
and 574; ``pickletools`` itself is not used because it takes arguments of any length.
"""

from __future__ import annotations

from typing import Callable, Dict, Optional, Set, Tuple

from .pickle_machine import Machine
from .pickle_stack import Budget
from .pickle_stream import Stopped
from .pickle_values import Global, PickledDict, Unordered, Walk
from .source import ByteSource

#: A large network with its optimizer takes about 600 000 opcodes.
MOST_OPCODES = 1_000_000
#: Roughly the memory that the stand-ins may take.
MOST_MEMORY = 36 * 1024 * 1024
#: Pickles inside byte strings of pickles are followed to this depth.
_DEEPEST = 3
#: So many pickles after each other are followed.
_MOST_IN_A_ROW = 64
_STOP = ord(".")


def new_budget() -> Budget:
    """What one walk may use up, or several together."""
    return Budget(MOST_OPCODES, MOST_MEMORY)


def starts_as_pickle(start: bytes) -> bool:
    """Whether the first byte is an opcode: pickles of protocols 0 and 1 have no other mark."""
    return start[:1] == b"." or (start != b"" and start[0] in _STEPS)


def walk_pickle(
    source: ByteSource,
    offset: int = 0,
    *,
    end: Optional[int] = None,
    budget: Optional[Budget] = None,
) -> Walk:
    """Walk over the pickle that begins at `offset`; nothing is imported or called.

    Parameters
    ----------
    end
        Where the pickle has to end at the latest; the end of the source if None.
    budget
        What the walk may use up; its own if None.

    Returns
    -------
    Walk
        Also for broken and hostile pickles: what was found up to the point where it stopped.

    Raises
    ------
    ModelFileError
        Only when the file itself can't be read.
    """
    return _walk(source, offset, source.size if end is None else end, budget or new_budget(), 0)


def walk_pickles(
    source: ByteSource, offset: int = 0, *, budget: Optional[Budget] = None
) -> Tuple[Tuple[Walk, ...], int]:
    """Walk over pickles that follow each other, as loaders that read several take them.

    Returns
    -------
    tuple
        At least one walk, and where they end: before bytes that are no pickle, if there are any.
    """
    budget = budget or new_budget()
    walks = [walk_pickle(source, offset, budget=budget)]
    while walks[-1].complete and walks[-1].end < source.size:
        if len(walks) == _MOST_IN_A_ROW:
            why = f"only the first {_MOST_IN_A_ROW} pickles in a row were looked at"
            walks.append(Walk(None, walks[-1].end, problem=why))
            break
        following = walk_pickle(source, walks[-1].end, budget=budget)
        if following.broken and not following.is_plausible:
            break
        walks.append(following)
    return tuple(walks), walks[-1].end


def _walk(source: ByteSource, offset: int, end: int, budget: Budget, depth: int) -> Walk:
    machine = Machine(source, offset, end, budget)
    value, stop = _ran(machine, budget)
    problem = machine.doubt or (None if stop is None else str(stop))
    imports: Dict[Tuple[str, str], Global] = dict(machine.imports)
    called: Set[str] = set(machine.called)
    if machine.odd_frames:
        # Some unpicklers drop the rest of such a frame and find other opcodes.
        other = Machine(source, offset, end, budget, drops=True)
        _ran(other, budget)
        imports = {**other.imports, **imports}
        called |= other.called
    for inner_source, start, stop_at in machine.inner:
        if depth == _DEEPEST:
            problem = problem or "it holds pickles inside pickles inside pickles"
            break
        at = start
        while at < stop_at:
            inner = _walk(inner_source, at, stop_at, budget, depth + 1)
            if inner.broken and not inner.called:
                # A byte string that only looks like a pickle.
                break
            imports.update(((item.module, item.name), item) for item in inner.imports)
            called |= inner.called
            problem = problem or inner.problem
            if inner.problem is not None:
                break
            at = inner.end
    return Walk(
        value,
        machine.place(),
        tuple(imports.values()),
        frozenset(called),
        problem,
        # Where what was taken is in doubt, so is what broke.
        stop is not None and stop.broken and machine.doubt is None,
        stop is None,
    )


def _ran(machine: Machine, budget: Budget) -> Tuple[object, Optional[Stopped]]:
    """The value, and what stopped the machine before its end."""
    try:
        return _run(machine, budget), None
    except Stopped as stop:
        return None, stop.with_traceback(None)


def _run(machine: Machine, budget: Budget) -> object:
    steps = _STEPS
    opcode = machine.opcode
    while True:
        code = opcode()
        if code == _STOP:
            return machine.result()
        budget.steps -= 1
        if budget.steps < 0:
            raise Stopped("it has too many steps", broken=False)
        step = steps.get(code)
        if step is None:
            raise Stopped(f"byte {machine.place() - 1} is {code:#04x}, which is no pickle opcode")
        step(machine)


_M = Machine
_STEPS: Dict[int, Callable[[Machine], None]] = {
    ord(code): step
    for code, step in {
        "I": _M.int_line,
        "J": lambda m: m.push(m.number("<i")),
        "K": lambda m: m.push(m.take(1)[0]),
        "M": lambda m: m.push(m.number("<H")),
        "L": _M.long_line,
        "\x8a": lambda m: m.long_bytes(m.take(1)[0]),
        "\x8b": lambda m: m.long_bytes(m.number("<i")),
        "S": _M.string_line,
        "T": lambda m: m.string(m.number("<i")),
        "U": lambda m: m.string(m.take(1)[0]),
        "B": lambda m: m.bytes_(m.number("<I")),
        "C": lambda m: m.bytes_(m.take(1)[0]),
        "\x8e": lambda m: m.bytes_(m.number("<Q")),
        "\x96": lambda m: m.bytes_(m.number("<Q")),
        "\x97": _M.buffer,
        "\x98": lambda m: None,
        "N": lambda m: m.push(None, 8),
        "\x88": lambda m: m.push(True, 8),
        "\x89": lambda m: m.push(False, 8),
        "V": _M.unicode_line,
        "\x8c": lambda m: m.text(m.take(1)[0]),
        "X": lambda m: m.text(m.number("<I")),
        "\x8d": lambda m: m.text(m.number("<Q")),
        "F": _M.float_line,
        "G": _M.float_8,
        "]": lambda m: m.push([], 72),
        "a": _M.append,
        "e": _M.appends,
        "l": _M.list_to_mark,
        ")": lambda m: m.push((), 8),
        "t": _M.tuple_to_mark,
        "\x85": lambda m: m.tuple_of(1),
        "\x86": lambda m: m.tuple_of(2),
        "\x87": lambda m: m.tuple_of(3),
        "}": lambda m: m.push(PickledDict(), 150),
        "d": _M.dict_to_mark,
        "s": _M.set_item,
        "u": _M.set_items,
        "\x8f": lambda m: m.push(Unordered([]), 130),
        "\x90": _M.appends,
        "\x91": _M.set_to_mark,
        "0": _M.pop,
        "2": _M.duplicate,
        "(": _M.mark,
        "1": _M.pop_mark,
        "g": lambda m: m.get(m.decimal()),
        "h": lambda m: m.get(m.take(1)[0]),
        "j": lambda m: m.get(m.number("<I")),
        "p": lambda m: m.put(m.decimal()),
        "q": lambda m: m.put(m.take(1)[0]),
        "r": lambda m: m.put(m.number("<I")),
        "\x94": _M.memoize,
        "\x82": lambda m: m.extension("<B"),
        "\x83": lambda m: m.extension("<H"),
        "\x84": lambda m: m.extension("<i"),
        "c": _M.push_global,
        "\x93": _M.stack_global,
        "R": _M.reduce,
        "b": _M.build,
        "i": _M.instance_line,
        "o": _M.object_to_mark,
        "\x81": _M.reduce,
        "\x92": _M.new_object_ex,
        "\x80": _M.protocol,
        "\x95": _M.frame,
        "P": _M.persistent_line,
        "Q": _M.persistent,
    }.items()
}
