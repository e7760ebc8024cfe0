"""An embedded Immich: a generated photo library behind real sockets.

`DemoServer` is the whole of it for tests and for the command line::

    with DemoServer(dialect="2.7") as server:
        ...  # server.url, server.key, server.library, server.requests, server.faults

`run_server` serves until it is interrupted. Everything is kept in memory but the drawn pictures, which are
cached in a private folder of the system's temporary directory.

This package imports nothing else of ours, so that app and server cannot share a misunderstanding.
"""

from immich_tui.demo.serve import run_server
from immich_tui.demo.server import DemoServer

__all__ = ["DemoServer", "run_server"]
