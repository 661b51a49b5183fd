"""`Channel`: two pipes of bytes to the standard streams of an agent, whatever carries them."""

from __future__ import annotations

from typing import Protocol


class Channel(Protocol):
    """An agent's standard input and output. One thread reads, several may write (never at the same time), any may close."""

    def read(self, size: int) -> bytes:
        """What is there, at least one byte and at most ``size``; waits for it; empty at the end.

        Raises:
            OSError: The connection broke. (An end without an error is as good.)
        """

    def write(self, data: bytes) -> None:
        """Send all of it; waits until it is on its way.

        Raises:
            OSError: The connection is gone.
        """

    def close(self) -> None:
        """Give it up, from any thread, a second time too; a blocked `read` or `write` of another thread comes back."""

    def failure(self) -> str:
        """What is known of why it ended (the end of standard error, the exit status), as a sentence for people; empty if nothing.

        From any thread; it does not wait for more.
        """
