"""The kernel that runs a notebook: this interpreter's own, over IPC, with nothing of the user's IPython
set-up."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, ClassVar

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

_SOCKET_LIMIT = 107
_LONGEST_NAME = len("/kernel-ipc-5")


class LocalKernel(AsyncKernelManager):
    """A kernel of the running interpreter. Kernelspecs on the machine are not asked: they may name another
    Python."""

    environment: ClassVar[dict[str, str]] = {}
    words: ClassVar[IO[bytes] | None] = None
    process: ClassVar[int | None] = None
    stopped: ClassVar[bool] = False

    @property
    def kernel_spec(self) -> KernelSpec:
        arguments = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=arguments, display_name="Python", language="python")

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        if self.stopped:
            raise RuntimeError("interrupted")
        kw["env"] = {**os.environ, **kw.get("env", {}), **self.environment}
        kw["stderr"] = self.words
        return await super()._async_pre_start_kernel(**kw)

    pre_start_kernel = _async_pre_start_kernel

    async def _async_post_start_kernel(self, **kw: Any) -> None:
        await super()._async_post_start_kernel(**kw)
        type(self).process = getattr(self.provisioner, "pid", None)

    post_start_kernel = _async_post_start_kernel

    @classmethod
    def pass_on_words(cls) -> None:
        """Show what a kernel that died by itself said on its standard error: there its reason stands."""
        if cls.words is not None and not cls.stopped:
            cls.words.seek(0)
            sys.stderr.write(cls.words.read().decode(errors="replace"))

    @classmethod
    def signal(cls, number: int) -> None:
        """Send a signal that ends the kernel of this class; one that has not started yet never will."""
        cls.stopped = True
        if cls.process is not None:
            with suppress(ProcessLookupError):
                os.kill(cls.process, number)


@contextmanager
def kernel_class(environment: Mapping[str, str]) -> Iterator[type[LocalKernel]]:
    """A kernel manager class for one notebook, with its connection in a private folder that goes away
    afterwards.

    The folder is short: a Unix socket's path ends at 107 bytes. What the kernel's process says on its standard error
    is kept there: of one that was interrupted it is the traceback of an import cut short.
    """
    folder = Path(tempfile.mkdtemp(prefix="cl-", dir=_short_parent()))
    values = {
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        **environment,
    }

    class OneKernel(LocalKernel):
        environment = values
        words = (folder / "stderr").open("w+b")

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**{**kwargs, "transport": "ipc", "connection_file": str(folder / "kernel.json")})

    try:
        yield OneKernel
    finally:
        OneKernel.words.close()
        shutil.rmtree(folder, ignore_errors=True)


def _short_parent() -> str:
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) + len("/cl-12345678") + _LONGEST_NAME < _SOCKET_LIMIT else "/tmp"  # noqa: S108
