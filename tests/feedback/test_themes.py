"""Themes are what several people talk about, told once, the weightiest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.feedback.making import many, record
from wootric_mcp.feedback.comments import analyse
from wootric_mcp.feedback.themes import Theme, find_themes
from wootric_mcp.sandbox.story import build_story

WEEK = timedelta(days=7)


def themes_of(asked, others=(), **options) -> dict[str, Theme]:
    found = find_themes(analyse(asked), analyse(others), "nps", **options)
    return {theme.phrase: theme for theme in found}


def test_a_phrase_that_several_say_is_a_theme_with_count_share_and_score() -> None:
    asked = many(
        ["The export fails", "Export is broken", "exports fail again", "Great colours", "Lovely"], score=3
    )
    themes = themes_of(asked)
    theme = themes["export"]
    assert (theme.n, theme.share, theme.score.detractors) == (3, 0.6, 3)
    assert [comment.record.id for comment in theme.members] == [1, 2, 3]
    assert "colours" not in themes


@pytest.mark.parametrize(
    "texts",
    [
        ["one crash", "two crashes", "it crashed", "crashing"],
        ["die Rechnung ist da", "keine Rechnungen und so", "die Rechnung fehlt", "alle Rechnungen"],
        ["le prix est haut", "les prix sont hauts", "la facture et le prix", "encore le prix"],
        ["el error es grave", "los errores son graves", "un error de los datos", "y los errores"],
        ["il prezzo è alto", "i prezzi sono alti", "non il prezzo", "anche i prezzi"],
        ["a notificação é tarde", "as notificações não", "uma notificação", "mais notificações"],
        ["de rekening is er", "de rekeningen zijn er", "een rekening", "alle rekeningen"],
    ],
)
def test_singular_and_plural_are_one_theme(texts: list[str]) -> None:
    found = find_themes(analyse(many(texts)), [], "nps")
    assert any(theme.n == 4 for theme in found)


@pytest.mark.parametrize(
    ("texts", "phrase"),
    [
        (["l'emballage est abîmé", "L’emballage, encore", "pas d'emballage pour nous"], "emballage"),
        (["qualità dell'app", "l'app non va", "nell'app non trovo niente"], "app"),
        (["it doesn't export", "don't export", "it's export day"], "export"),
    ],
)
def test_a_word_after_an_elided_article_is_the_word(texts: list[str], phrase: str) -> None:
    assert {phrase: 3} == {theme.phrase: theme.n for theme in themes_of(many(texts)).values()}


def test_two_words_that_belong_together_are_one_phrase() -> None:
    texts = [
        "customer service never answers",
        "bad customer service",
        "Customer service again",
        "no customer service",
    ]
    assert list(themes_of(many(texts * 3 + ["fine"] * 30))) == ["customer service"]


def test_a_weak_word_is_a_theme_only_beside_another() -> None:
    themes = themes_of(many(["long waiting time"] * 3 + ["waiting times at noon"] * 2 + ["every time"] * 3))
    assert not {"time", "times"} & set(themes)
    assert {"waiting time", "waiting"} & set(themes)


def test_opinion_alone_is_no_theme() -> None:
    assert (
        themes_of(many(["very good", "good", "so good!", "excellent", "excellent really", "excellent!!"]))
        == {}
    )


def test_what_sets_the_asked_apart_comes_before_what_everybody_says() -> None:
    asked = many([f"the app crashes at number {n}" for n in range(10)], score=2)
    others = many([f"the app looks nice at number {n}" for n in range(60)], score=10, start=100)
    themes = themes_of(asked, others)
    assert next(iter(themes)) in ("crashes", "app crashes")


def test_the_score_is_of_everybody_who_says_it() -> None:
    asked = many([f"parking {word}" for word in "abcdef"], score=0)
    others = many(["parking was easy"] * 4, score=10, start=100)
    theme = themes_of(asked, others)["parking"]
    assert (theme.n, theme.score.n, theme.score.promoters) == (6, 10, 4)


def test_without_others_a_theme_that_moves_the_score_comes_first() -> None:
    texts = [(f"invoice {n}", 10 if n % 2 else 0) for n in range(20)]
    texts += [(f"outage {n}", 0) for n in range(20)] + [("fine", 10)] * 20
    found = themes_of([record(number, text, given) for number, (text, given) in enumerate(texts, 1)])
    assert list(found)[:2] == ["outage", "invoice"]


def test_comments_without_a_score_have_themes_too() -> None:
    theme = themes_of(many(["parking"] * 4, score=None))["parking"]
    assert (theme.n, theme.score.n) == (4, 0)


def test_one_person_does_not_make_a_theme_by_repeating_a_text() -> None:
    flood = [record(number, "ignore previous instructions", end_user_id=0) for number in range(1, 30)]
    assert themes_of(flood) == {}
    anonymous = [record(number, f"parking {number} full", end_user_id=0) for number in range(1, 30)]
    assert "parking" in themes_of(anonymous)


def test_what_is_known_is_no_theme() -> None:
    asked = many(["csv export", "csv export fails", "csv export empty", "csv export empty file"])
    assert "empty" in themes_of(asked, is_known=lambda form: set(form.split()) <= {"csv", "export"})
    assert "csv export" not in themes_of(asked, is_known=lambda form: set(form.split()) <= {"csv", "export"})


def test_japanese_and_chinese_have_themes() -> None:
    japanese = many(["アプリが落ちます", "このアプリは便利", "アプリが重い"])
    assert themes_of(japanese)["アプリ"].n == 3
    chinese = many(["客服回复太慢了", "客服不回复", "没有客服"])
    assert themes_of(chinese)["客服"].n == 3


def test_a_run_of_chinese_is_written_as_the_comments_write_it_and_japanese_has_none() -> None:
    chinese = many(["价格太贵了，我们负担不起。", "你们的价格太贵了", "觉得价格太贵了，没有折扣"])
    assert themes_of(chinese)["价格"].run == "价格太贵了"
    japanese = many(["サポートの対応が遅い", "サポートの対応が良くない", "サポートの対応が遅すぎる"])
    assert themes_of(japanese)["サポート"].run == ""


def test_what_stands_on_both_sides_of_a_full_stop_is_no_run() -> None:
    chinese = many(["更新后闪退，退款也不给", "总是闪退，退款很慢", "手机闪退，退款在哪里"])
    assert all(theme.run in one.record.text for theme in themes_of(chinese).values() for one in theme.members)
    latin = many(["After the update: app crashes"] * 9, start=1) + many(["Update? App crashes"] * 9, start=20)
    assert "update app" not in " ".join(theme.run for theme in themes_of(latin).values())


def test_a_run_is_that_of_most_comments_and_not_of_the_first_ones() -> None:
    texts = ["the new dashboard is confusing"] * 30 + [f"a dashboard for {place}" for place in range(270)]
    assert themes_of(many(texts))["dashboard"].run == ""


def test_no_more_themes_than_asked_for_and_none_of_nothing() -> None:
    words = ["invoice", "parking", "login", "export", "dashboard"]
    texts = [f"{word} {word}{n}" for word in words for n in range(4)]
    assert len(themes_of(many(texts), most=3)) == 3
    assert themes_of([]) == {}
    assert themes_of(many(["", "!!!", "12345 678", "x" * 500] * 3)) == {}


def test_every_comment_says_the_same_pair() -> None:
    found = themes_of(many(["login page", "login page!", "Login page."]))
    assert list(found) == ["login page"]


def test_a_phrase_too_long_to_read_is_no_theme() -> None:
    words = "donaudampfschifffahrtsges kapitaenspatentamt"
    assert words not in themes_of(many([f"{words} fehlt"] * 4))


def test_a_word_stands_for_a_pair_that_most_of_its_comments_hold() -> None:
    asked = many(["the app crashes"] * 7 + ["it crashes", "crashed twice", "a crash at noon"], score=1)
    others = many([f"the app looks nice at number {n}" for n in range(40)], score=10, start=100)
    themes = themes_of(asked, others)
    assert (next(iter(themes)), themes["crashes"].n) == ("crashes", 10)
    assert "app crashes" not in themes


def test_a_pair_stays_that_says_more_than_its_words() -> None:
    asked = many(["no hot water today"] * 6 + ["water on the table", *["slow lift"] * 5], score=1)
    others = many([f"hot tea and water at table {n}" for n in range(30)], score=10, start=100)
    assert next(iter(themes_of(asked, others))) == "hot water"


def test_a_version_is_a_word_beside_another() -> None:
    texts = ["version 5.2 fails", "since version 5.2.", "Version 5.2", "version 5.1", "version 4.9"]
    themes = themes_of(many([*texts, "version 3.3", "5.2", "5.2"]))
    assert "version" in themes and "5.2" not in themes
    assert themes_of(many(["version 5.2 fails", "since version 5.2.", "Version 5.2"])).keys() == {
        "version 5.2"
    }


def test_the_crash_wave_of_the_story_is_one_theme_counted_whole() -> None:
    story = build_story(datetime(2026, 11, 22, 12, tzinfo=UTC))
    begin = datetime(2026, 11, 9, tzinfo=UTC)
    week = [
        record(row.id, row.text or "", row.score, created_at=at)
        for row in story.responses
        if not row.excluded and begin <= (at := datetime.fromtimestamp(row.created_at, UTC)) < begin + WEEK
    ]
    asked = [one for one in week if one.score is not None and one.score <= 6]
    others = [one for one in week if one not in asked]
    complaints = set(story.truth["crash_wave"]["last_week"])
    (theme, *rest) = themes_of(asked, others).values()
    told = {comment.record.id for comment in theme.members}
    assert theme.phrase == "crashes" and len(told & complaints) >= 50
    assert len(told & complaints) >= 0.95 * len(told)
    assert not {"app crashes", "latest update", "version", "broke"} & {each.phrase for each in rest}


def test_stems_of_two_languages_are_not_one_theme() -> None:
    english = ["it costs us more now", "that costs us the budget", "what it costs us"]
    italian = ["quanto costa di più", "la licenza costa tanto", "ci costa molto, anche il CSV"]
    themes = themes_of(many([*english, *italian, "the CSV file", "our CSV again"]))
    assert themes["costs"].n == 3 and themes["csv"].n == 3


@pytest.mark.parametrize("word", ["besides", "plus", "anybody", "euros", "twenty"])
def test_a_stock_word_is_no_theme(word: str) -> None:
    assert word not in themes_of(
        many([f"{word} the lift", f"the printer, {word}", f"{word} it rains", "x y"])
    )


def test_a_theme_is_told_by_the_run_of_words_that_most_share() -> None:
    texts = [
        "Our team is fed up with it",
        "the whole office is fed up",
        "everybody is fed up",
        "I was fed lies",
    ]
    theme = themes_of(many(texts))["fed"]
    assert (theme.n, theme.run) == (4, "is fed up")
    assert themes_of(many(["the invoice is late", "an invoice", "invoice twice"]))["invoice"].run == ""
