"""Comments are cut up as they pass by, or were before; what many of them say is kept once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from hashlib import blake2b

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.languages import COMMENTS as LINES
from tests.feedback.making import COMMENTS, RECEIPT, RECORDS, TEXTS, digest, many, record, shuffled
from wootric_mcp.feedback.comments import ANALYSER, CJK, analyse, analysis, stamp
from wootric_mcp.feedback.lexicon import Lexicon, Row, lexicon
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.feedback.selection import Selection, parse_query
from wootric_mcp.feedback.words import CLAUSE_END, is_unspaced, unmasked, words_of
from wootric_mcp.shield.masking import mask as masking


def test_comments_come_by_id_whatever_the_order_and_without_those_that_say_nothing() -> None:
    records = many(["the export is slow", "", "ok", "der Export ist langsam"])
    found = analyse(iter(shuffled(records)))
    assert found == analyse(records)
    assert [comment.record.id for comment in found] == [1, 3, 4]


def test_a_comment_that_tells_no_language_is_in_that_of_most_others() -> None:
    texts = ["Exporte", "der Export ist langsam", "die App ist zu teuer", "the export is slow"]
    assert [comment.language for comment in analyse(many(texts))] == ["de", "de", "de", "en"]


def test_phrases_that_many_comments_share_are_kept_once() -> None:
    one, other = analyse(many(["the exports are slow today", "our exports were slow yesterday"]))
    kept = {id(text) for text in (*one.phrases, *one.phrases.values())}
    shared = [form for form in other.phrases if form in one.phrases]
    assert shared and all(id(form) in kept and id(other.phrases[form]) in kept for form in shared)


@settings(max_examples=40, deadline=None)
@given(
    RECORDS, st.sampled_from([Selection(), Selection(category="detractor"), Selection(query="app -crash")])
)
def test_what_was_kept_of_any_comments_gives_the_same_digest_as_their_text(
    records: list[FeedbackRecord], selection: Selection
) -> None:
    chosen = lexicon(("saas",))
    sum_up = partial(digest, receipt=RECEIPT, selection=selection, lexicon=chosen)
    kept = [replace(one, analysis=analysis(one.text, chosen)) for one in records]
    assert sum_up(kept) == sum_up(records)


def test_what_was_kept_by_another_lexicon_or_version_gives_the_same_themes_too() -> None:
    records = many([line.strip() for texts in LINES.values() for line in texts.strip().splitlines()])
    texts = {one.id: one.text for one in records}
    chosen = lexicon()
    found = [(comment, chosen.themes(comment)) for comment in analyse(records)]
    assert sum(bool(themes) for _, themes in found) > len(records) / 3
    for kept in (
        {number: analysis(text, lexicon(("saas",))) for number, text in texts.items()},
        {number: analysis(text, chosen) for number, text in texts.items()},
        {number: analysis(text) for number, text in texts.items()},
        {number: f"0{analysis('something else', chosen)}" for number in texts},
    ):
        comments = analyse([replace(one, analysis=kept[one.id]) for one in records], chosen)
        assert [chosen.themes(comment) for comment in comments] == [themes for _, themes in found]
        assert [(one.language, one.length, one.words, one.phrases) for one in comments] == [
            (one.language, one.length, one.words, one.phrases) for one, _ in found
        ]


def test_what_is_kept_is_a_line_and_one_for_each_phrase() -> None:
    chosen = lexicon()
    stamped, *rest = analysis("The exports are slow, slower than other exports", chosen).split("\n")
    bits = 1 << chosen.names.index("waiting and speed")
    assert stamped == f"{stamp(chosen)} en 8 {bits:x} 0"
    assert {"slow", "exports\texport"} <= set(rest) and len(rest) == len(set(rest))
    assert analysis("xyzzy") == f"{stamp(None)} - 1 0 0"


def test_the_analyser_has_a_new_version_when_it_finds_out_anything_else() -> None:
    texts = [line.strip() for comments in LINES.values() for line in comments.strip().splitlines()]
    few = Lexicon({"x": Row("x", {"en": ("*port*", "too long"), "ja": ("冷",)}, {"en": ("report abuse",)})})
    found = "\n".join(analysis(text, few) for text in (*texts, *COMMENTS.values()))
    # If this fails, raise ANALYSER, so that stores do not go on with what the version before found out.
    assert (ANALYSER, blake2b(found.encode(), digest_size=8).hexdigest()) == ("5", "820731414eb6458f")


@pytest.mark.parametrize("mask", ["email", "phone", "ip", "card", "account", "password", "token"])
def test_what_stands_for_personal_data_is_nothing_that_was_said(mask: str) -> None:
    text = f"Please call me, [{mask}] or [{mask}]."
    (comment,) = analyse([record(1, text)], lexicon())
    assert comment.words == ("please", "call", "me", "or")
    assert not any(mask in phrase for phrase in comment.phrases)
    assert lexicon().themes(comment) == lexicon().themes(analyse([record(1, "Please call me or.")])[0])
    assert not parse_query(mask).matches(text) and parse_query(mask).matches(f"my {mask}, {text}")


def test_every_mask_is_known() -> None:
    personal = (
        "mail a.b@acme.test or call +353 86 123 4567 from 192.0.2.7, card 4111 1111 1111 1111, "
        "iban DE89370400440532013000, password: hunter22, key sk-abcdefghij0123456789abcdefghij"
    )
    masked = masking(personal)
    assert masked.count("[") >= 6
    assert "[" not in unmasked(masked)


@given(TEXTS)
def test_the_words_of_a_comment_are_those_of_its_clauses(text: str) -> None:
    for comment in analyse([record(1, text)]):
        lowered = text.lower().replace("’", "'")
        clauses = [lowered] if is_unspaced(lowered) else CLAUSE_END.split(lowered)
        assert comment.language == CJK or list(comment.words) == [
            word for clause in clauses for word in words_of(clause)
        ]
        assert comment.length == len(comment.words)
