"""Many ports behind one thread: a sandbox has six doors, and most tests knock at one of them."""

import selectors
import socket
import threading
from collections.abc import Callable
from functools import cache, partial
from socketserver import BaseServer

Make = Callable[[socket.socket], BaseServer]


class Doors:
    """Listens at ports. The server behind one is made when somebody first comes, and answers in threads of its own."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._closing: list[Callable[[], object]] = [self._selector.close]
        self._thread: threading.Thread | None = None

    def open(self, listener: socket.socket, make: Make) -> None:
        """Serve what comes in at this bound port, which is ours from now on."""
        self._closing.append(listener.close)
        self._selector.register(listener, selectors.EVENT_READ, cache(partial(self._made, listener, make)))

    def _made(self, listener: socket.socket, make: Make) -> BaseServer:
        server = make(listener)
        server.timeout = 0  # whoever has gone again by now is not waited for
        self._closing.append(server.server_close)
        return server

    def start(self) -> None:
        """From now on doors are answered."""
        self._bell, heard = socket.socketpair()
        self._closing += [self._bell.close, heard.close]
        self._selector.register(heard, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close them all, at once."""
        if self._thread is not None:
            self._bell.send(b"!")
            self._thread.join(timeout=5)
            self._thread = None
        while self._closing:
            self._closing.pop()()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                key.data().handle_request()
