"""What can go wrong with the store, in words that can be acted on. Nothing heavy is imported."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot do what it was asked; the text says what to do about it."""


class StoreBusy(StoreError):  # noqa: N818 - the names say what happened
    """Another process or thread kept the store locked for too long."""

    def __init__(self) -> None:
        super().__init__(
            "The store of feedback is busy: another process has been writing to it for several seconds. "
            "Ask again in a moment."
        )


class StoreReplaced(StoreError):  # noqa: N818
    """The store had to be replaced by an empty one in the middle of a transaction, which is lost."""

    def __init__(self) -> None:
        super().__init__("The store of feedback had to be made anew. Ask again.")


class LedgerUnusable(StoreError):  # noqa: N818
    """The ledger of who was mailed cannot be read or written, so nobody may be mailed."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why} Nothing was sent, and nothing will be until that is put right.")
