#!/usr/bin/env python3
"""TCP proxy with faults: adds a round-trip time and a rate limit, drops connections at random, stops forwarding, refuses.

For machines whose kernel has no netem. Each direction holds every chunk for half the round trip without blocking the chunks behind
it, so clients that pipeline keep their advantage; a new connection costs one round trip more, as a TCP handshake does.

usage: delay_proxy.py --to 127.0.0.1:22 --rtt-ms 20
Prints the port that it listens on, then serves until it is killed. In a test, `Proxy` is the same in the test's own process.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import random
import socket
import threading
import time


class Proxy:
    """Listens on a port of 127.0.0.1 and passes on to another; its faults can be changed at any time.

    Args:
        to: (host, port) to pass on to.
        rtt_s: Added round-trip time.
        rate: Bytes a second in each direction; 0 for no limit.
        drop: Probability that a chunk from the client cuts its connection instead of getting through.
        seed: Of the dice.

    Attributes:
        frozen: While set, nothing is passed on, yet connections stay: half open.
        refusing: While set, new connections are cut at once.
        cuts: Connections cut so far.
    """

    def __init__(
        self, to: tuple[str, int], rtt_s: float = 0.0, rate: float = 0.0, drop: float = 0.0, seed: int = 0, listen: int = 0
    ) -> None:
        self.to, self.rtt_s, self.rate, self.drop = to, rtt_s, rate, drop
        self.frozen, self.refusing = False, False
        self.cuts = 0
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", listen), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut all connections, as a network does: without a word."""
        with self._lock:
            doomed, self._open = self._open, set()
        for one in doomed:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut all, and listen no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        time.sleep(self.rtt_s)
        try:
            server = socket.create_connection(self.to)
        except OSError:
            client.close()
            return
        pair = (client, server)
        for one in pair:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.update(pair)
        back = threading.Thread(target=self._pump, args=(server, client, False), daemon=True)
        back.start()
        self._pump(client, server, True)
        back.join()
        with self._lock:
            self._open.difference_update(pair)
        for one in pair:
            one.close()

    def _unlucky(self) -> bool:
        with self._lock:
            unlucky = self._dice.random() < self.drop
            self.cuts += unlucky
        return unlucky

    def _pump(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        # About 64 MiB in flight at the most; more means the receiver is too slow.
        chunks: queue.Queue[tuple[float, bytes]] = queue.Queue(maxsize=1024)

        def read() -> None:
            while True:
                try:
                    data = source.recv(65536)
                except OSError:
                    data = b""
                if data and self.frozen:
                    continue
                if data and from_client and self.drop and self._unlucky():
                    for one in (source, sink):
                        with contextlib.suppress(OSError):
                            one.shutdown(socket.SHUT_RDWR)
                    data = b""
                chunks.put((time.monotonic() + self.rtt_s / 2, data))
                if not data:
                    return

        threading.Thread(target=read, daemon=True).start()
        free_at = 0.0
        while True:
            due, data = chunks.get()
            due = max(due, free_at)
            if self.rate:
                free_at = due + len(data) / self.rate
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            try:
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
            except OSError:
                # The far side is gone: tell the near side, and drain the reader.
                with contextlib.suppress(OSError):
                    source.shutdown(socket.SHUT_RDWR)
                while data:
                    _, data = chunks.get()
                return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", type=int, default=0, help="port (0: any free one)")
    parser.add_argument("--to", required=True, help="host:port to pass on to")
    parser.add_argument("--rtt-ms", type=float, default=20.0)
    parser.add_argument("--rate-mbit", type=float, default=0.0, help="0: no limit")
    parser.add_argument("--drop", type=float, default=0.0, help="probability that a chunk cuts its connection")
    args = parser.parse_args()
    host, port = args.to.rsplit(":", 1)
    proxy = Proxy((host, int(port)), args.rtt_ms / 1000, args.rate_mbit * 125000, args.drop, listen=args.listen)
    print(proxy.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
