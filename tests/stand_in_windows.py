"""A strict stand-in for what is different about files on Windows, on Linux.

It holds for the files under one folder, so that Python and pytest themselves go on working. What
is open, by this process or another, is asked of ``/proc``. Strict: where Windows depends on a
setting (long paths, the right to make links, names it corrects silently), it refuses.

https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

import pytest

from dl2ecd_core.files import windows

#: Behind it a path is followed to its end; here in front of a path of this system.
_PREFIX = "\\\\?\\"
_LONGEST = 259
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*\\]')
_ABSENT = ("fchmod", "fchown", "chown", "geteuid", "getuid", "O_NONBLOCK", "O_NOCTTY", "mkfifo")

_ONE_PATH = ("stat", "lstat", "listdir", "scandir", "access", "chmod", "utime", "readlink")
_REMOVING = ("unlink", "remove", "rmdir")


def usable() -> bool:
    """Whether this system and Python can play it: pathlib of 3.9 keeps functions of its own."""
    return sys.platform == "linux" and sys.version_info >= (3, 11)


def _said(number: int, path: object) -> OSError:
    return OSError(number, os.strerror(number), path)


class StandIn:
    """The functions of ``os`` and ``open`` as Windows has them, for paths under `root`."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root = os.path.realpath(root)
        self.real_lstat = os.lstat
        self.real_listdir = os.listdir
        self.real_readlink = os.readlink
        self.real_stat = os.stat
        # Elsewhere nothing would keep what is in use from being taken for a killed run's.
        temporary = Path(self.root, "temporary")
        temporary.mkdir(exist_ok=True)
        patch.setattr(tempfile, "tempdir", str(temporary))
        patch.setattr(windows, "ON_WINDOWS", True)
        patch.setattr(windows, "reachable", self._reachable)
        patch.setitem(sys.modules, "fcntl", None)
        # It would open folders, which is not possible there.
        patch.setattr(shutil, "_use_fd_functions", False)
        for name in _ABSENT:
            patch.delattr(os, name, raising=False)
        # Ending a process at once takes no signal there.
        kill = signal.SIGKILL
        patch.setattr(subprocess.Popen, "kill", lambda process: process.send_signal(kill))
        patch.delattr(signal, "SIGKILL", raising=False)
        patch.delattr(signal, "SIGPIPE", raising=False)

        def put(name: str, function: Callable[..., Any]) -> None:
            # Found again by that name, as what is pickled must be.
            function.__module__, function.__qualname__ = "os", name
            patch.setattr(os, name, function)

        for name in _ONE_PATH:
            put(name, self._found(getattr(os, name)))
        for name in _REMOVING:
            put(name, self._removing(getattr(os, name)))
        put("mkdir", self._making(os.mkdir))
        put("open", self._opening(os.open))
        put("fsync", self._syncing(os.fsync))
        put("link", self._linking(os.link))
        put("rename", self._moving(os.rename, replaces=False))
        put("replace", self._moving(os.replace, replaces=True))
        patch.setattr(os, "symlink", self._no_symlinks)
        opened = self._streams(io.open)
        patch.setattr(io, "open", opened)
        patch.setattr(builtins, "open", opened)

    def _reachable(self, path: str) -> str:
        inside = path.startswith(self.root) and len(path) >= 230
        return _PREFIX + path if inside else path

    def _inside(self, path: object) -> bool:
        if isinstance(path, int):
            return False
        text = os.fsdecode(path)  # type: ignore[arg-type]
        if text.startswith(_PREFIX):
            return True
        return os.path.abspath(text).startswith(self.root)

    def _actual(self, path: Any) -> str:
        """The path with names in the case that they have; refused where it is too long."""
        text = os.fsdecode(path)
        if text.startswith(_PREFIX):
            text = text[len(_PREFIX) :] or os.sep
        else:
            text = os.path.abspath(text)
            if len(text) > _LONGEST:
                raise _said(errno.ENOENT, path)
        return self._in_its_case(text)

    def _in_its_case(self, text: str) -> str:
        try:
            self.real_lstat(text)
            return text
        except OSError:
            pass
        parent, name = os.path.split(text)
        if not name or not parent.startswith(self.root):
            return text
        parent = self._in_its_case(parent)
        try:
            names = self.real_listdir(parent)
        except OSError:
            return text
        same = [other for other in names if other.casefold() == name.casefold()]
        return os.path.join(parent, same[0] if same else name)

    def _check_name(self, path: str) -> None:
        """Refuse to make what Windows can't have a name for."""
        name = os.path.basename(path)
        if _FORBIDDEN.search(name) or _RESERVED.match(name) or name[-1:] in " .":
            raise _said(errno.EINVAL, path)

    def _in_use(self, path: str) -> bool:
        """Whether any program has the file open, or one in the folder."""
        below = path + os.sep
        for process in self.real_listdir("/proc"):
            if not process.isdigit():
                continue
            folder = f"/proc/{process}/fd"
            try:
                numbers = self.real_listdir(folder)
            except OSError:
                continue
            for number in numbers:
                try:
                    target = self.real_readlink(f"{folder}/{number}")
                except OSError:
                    continue
                if target == path or target.startswith(below):
                    return True
        return False

    def _check_may_go(self, path: str) -> None:
        try:
            mode = self.real_lstat(path).st_mode
        except OSError:
            return
        if self._in_use(path) or (stat.S_ISREG(mode) and not mode & stat.S_IWUSR):
            raise _said(errno.EACCES, path)

    def _found(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def found(path: Any = ".", *arguments: Any, **options: Any) -> Any:
            if self._inside(path) and options.get("dir_fd") is None:
                path = self._actual(path)
            return real(path, *arguments, **options)

        return found

    def _removing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def removing(path: Any, *arguments: Any, **options: Any) -> Any:
            if self._inside(path):
                path = self._actual(path)
                self._check_may_go(path)
            return real(path, *arguments, **options)

        return removing

    def _making(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def making(path: Any, mode: int = 0o777, **options: Any) -> Any:
            if not self._inside(path):
                return real(path, mode, **options)
            path = self._actual(path)
            self._check_name(path)
            return real(path)

        return making

    def _opening(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opening(path: Any, flags: int, mode: int = 0o777, **options: Any) -> Any:
            if self._inside(path):
                path = self._actual(path)
                if os.path.isdir(path):
                    raise _said(errno.EACCES, path)
                if flags & os.O_CREAT:
                    self._check_name(path)
            return real(path, flags, mode, **options)

        return opening

    def _streams(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(
            file: Any,
            mode: str = "r",
            buffering: int = -1,
            encoding: Any = None,
            *arguments: Any,
            **options: Any,
        ) -> Any:
            if not isinstance(file, int) and self._inside(file):
                if options.get("opener") is None:
                    file = self._actual(file)
                    if os.path.isdir(file):
                        raise _said(errno.EACCES, file)
                    if set(mode) & set("wxa"):
                        self._check_name(file)
                if "b" not in mode and encoding in (None, "locale"):
                    encoding = "cp1252"
            return real(file, mode, buffering, encoding, *arguments, **options)

        return opened

    def _syncing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def syncing(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise _said(errno.EBADF, descriptor)
            real(descriptor)

        return syncing

    def _linking(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def linking(source: Any, target: Any, **options: Any) -> Any:
            if self._inside(source):
                source, target = self._actual(source), self._actual(target)
                self._check_name(target)
            return real(source, target, **options)

        return linking

    def _no_symlinks(self, source: Any, target: Any, *arguments: Any, **options: Any) -> None:
        # A required privilege is not held by the client.
        raise _said(errno.EPERM, target)

    def _moving(self, real: Callable[..., Any], *, replaces: bool) -> Callable[..., Any]:
        def moving(source: Any, target: Any, **options: Any) -> Any:
            if self._inside(source) or self._inside(target):
                source, target = self._actual(source), self._actual(target)
                self._check_name(target)
                if not replaces and os.path.lexists(target):
                    raise _said(errno.EEXIST, target)
                for path in (source, target):
                    self._check_may_go(path)
            return real(source, target, **options)

        return moving
