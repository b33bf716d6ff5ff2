"""Comments are cut up as they pass by, and what many of them say is kept once."""

from __future__ import annotations

from tests.feedback.making import many, shuffled
from wootric_mcp.feedback.comments import analyse


def test_comments_come_by_id_whatever_the_order_and_without_those_that_say_nothing() -> None:
    records = many(["the export is slow", "", "ok", "der Export ist langsam"])
    found = analyse(iter(shuffled(records)))
    assert found == analyse(records)
    assert [comment.record.id for comment in found] == [1, 3, 4]


def test_a_comment_that_tells_no_language_is_in_that_of_most_others() -> None:
    texts = ["Exporte", "der Export ist langsam", "die App ist zu teuer", "the export is slow"]
    assert [comment.language for comment in analyse(many(texts))] == ["de", "de", "de", "en"]


def test_words_and_phrases_that_many_comments_share_are_kept_once() -> None:
    one, other = analyse(many(["the exports are slow today", "our exports were slow yesterday"]))
    assert one.words[1] == "exports" and one.words[1] is other.words[1]
    kept = {id(text) for text in (*one.phrases, *one.phrases.values())}
    shared = [form for form in other.phrases if form in one.phrases]
    assert shared and all(id(form) in kept and id(other.phrases[form]) in kept for form in shared)
