"""What is known of comments whatever is asked: found out once, when they are stored, and kept beside them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, update

from wootric_mcp.store.errors import StoreError
from wootric_mcp.store.schema import responses

if TYPE_CHECKING:
    from wootric_mcp.feedback.lexicon import Lexicon
    from wootric_mcp.settings import Settings
    from wootric_mcp.store.reader import Reader

log = logging.getLogger(__name__)

_CHUNK = 500
"""Rows that are written in one transaction, for which other writers wait."""


def analysing(settings: Settings) -> Callable[[str], str]:
    """Gives what is kept of the analysis of a comment, by the lexicon that was chosen if it can be used.

    Nothing is loaded before the first comment.
    """

    @cache
    def lexicon() -> Lexicon | None:
        from wootric_mcp.feedback.lexicon import LexiconError
        from wootric_mcp.store.lexicons import lexicon_of

        try:
            return lexicon_of(settings.themes)
        except LexiconError:
            return None

    def analysed(text: str) -> str:
        from wootric_mcp.feedback.comments import analysis

        return analysis(text, lexicon())

    return analysed


class Analyses:
    """What is kept of comments; found out anew where it is by another lexicon or another version."""

    def __init__(self, lexicon: Lexicon) -> None:
        from wootric_mcp.feedback.comments import analysis, stamp

        self._stamp = f"{stamp(lexicon)} "
        self._analysed = partial(analysis, lexicon=lexicon)
        self.new: list[Mapping[str, object]] = []
        """Parameters of `_KEEP`."""

    def of(self, number: int, text: str, kept: str) -> str:
        """What is known of the comment of the response of that id, of which this is kept."""
        if not kept.startswith(self._stamp):
            kept = self._analysed(text)
            self.new.append({"its_id": number, "its_text": text, "new": kept})
        return kept

    async def keep(self, reader: Reader) -> None:
        """Keep what was made anew, so that it need not be the next time."""
        try:
            for begin in range(0, len(self.new), _CHUNK):
                await reader.write(partial(_keep, new=self.new[begin : begin + _CHUNK]))
        except StoreError as error:
            log.info("Analyses were not kept: %s", error)


def _keep(connection: Connection, new: Sequence[Mapping[str, object]]) -> None:
    its_row = (responses.c.id == bindparam("its_id"), responses.c.shown == bindparam("its_text"))
    connection.execute(update(responses).where(*its_row).values(analysis=bindparam("new")), new)
