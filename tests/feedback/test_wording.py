"""A quotation keeps the signs that mean something, and an ellipsis that skips a negation is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feedback.making import ALIASES, COMMENTS, RECEIPT, record
from wootric_mcp.feedback.checking import Checked, check
from wootric_mcp.feedback.report_checked import checked_as_data, checked_as_text
from wootric_mcp.shield.fence import fence


def one(quoted: str, comment: str) -> Checked:
    (checked,) = check(f"“{quoted}”", [record(1, comment)], receipt=RECEIPT).checked
    return checked


def changes(checked: Checked) -> list[tuple[str, str]]:
    return [(change.said, change.quoted) for change in checked.changes]


@pytest.mark.parametrize(
    ("quoted", "comment", "differences"),
    [
        ("it costs $30 a month", "it costs €30 a month", [("€", "$")]),
        ("$30", "it costs €30", [("€", "$")]),
        ("30", "it costs $30", [("$", "")]),
        ("-5", "a score of 5", [("", "-")]),
        ("5", "it was -5 outside", [("-", "")]),
        ("a score of 5", "a score of –5", [("–", "")]),
        ("load times < 5 s", "load times > 5 s", [(">", "<")]),
        ("C++ is", "the C is", [("", "++")]),
        ("the C", "the C++ docs", [("+", "")]),
        ("50 % of it", "50 of it", [("", "%")]),
        ("50", "50% of it", [("%", "")]),
        ("great 😡", "great 😀", [("😀", "😡")]),
        ("great 😡 app", "great app", [("", "😡")]),
        ("great app", "great 😀 app", [("😀", "")]),
        ("great 😡", "great", [("", "😡")]),
        ("😡 great", "great", [("", "😡")]),
        ("thank you :(", "thank you :)", [(":)", ":(")]),
        ("8", "an 8/10 for me", [("/", "")]),
        ("it is … 30", "it is now $30", [("$", "")]),
        ("售价$30", "售价€30", [("€", "$")]),
        ("It costs $1", "It costs $1,500 a year", [(",500", "")]),
        ("500 dollars a year", "It costs 1,500 dollars a year", [("1,", "")]),
        ("5 Sterne", "nur 2,5 Sterne", [("2,", "")]),
        ("99 € im Monat", "für 9,99 € im Monat", [("9,", "")]),
        ("it is [not] good", "it is good", [("", "not")]),
        ("call [email] or not now", "call [phone] or not now", [("phone", "email")]),
        ("it costs [$50] a month", "it costs [$70] a month", [("70", "50")]),
        ("50 €", "c'est 3,50 €", [("3,", "")]),
        ("10% is fine", "5-10% is fine", [("5-", "")]),
        ("5 days", "took 3-5 days", [("3-", "")]),
        ("20分", "約10～20分", [("10～", "")]),
        ("大约要0分钟", "大约要30分钟", [("30", "0")]),
        ("it is the case name", "it is the snake_case name", [("snake_case", "case")]),
        ("opens at 10", "opens at 10:30", [(":30", "")]),
        ("500 euros", "c'est 1 500 euros", [("1", "")]),
        ("it costs 2-5", "it costs 2,5", [(",", "-")]),
        ("refundable fees", "the non-refundable fees", [("non-", "")]),
        ("the … refundable fees", "the hated pre-refundable fees", [("pre-", "")]),
        ("有问题", "我们没有问题", [("没", "")]),
        ("好用", "这个应用不好用", [("不", "")]),
    ],
)
def test_a_sign_that_was_changed_added_or_lost_alters_a_quotation(
    quoted: str, comment: str, differences: list[tuple[str, str]]
) -> None:
    checked = one(quoted, comment)
    assert (checked.verdict, changes(checked)) == ("altered", differences)


@pytest.mark.parametrize(
    ("quoted", "comment"),
    [
        ("great", "great 😀"),
        ("great", "great😀"),
        ("great app", "😀 great app"),
        ("great 👍", "great 👍🏽!"),
        ("love it ❤", "love it ❤️"),
        ("50%", "a 50 % share"),
        ("costs 30€.", "it costs 30 €"),
        ("3–5 days", "took 3-5 days"),
        ("[T]he price is too high", "Honestly the price is too high"),
        ("the price [sic] is to [*sic*] high", "the price is to high"),
        ("[They] never answer", "support people never answer"),
        ("they said [the support] was slow", "they said it was slow"),
        ("call [phone] or [email] now", "call [phone] or [email] now"),
        ("_The app is really slow today_", "The app is really slow today"),
        ("the app is _really_ slow", "The app is really slow today"),
        ("The app is slow", "_The_ app is __slow__"),
        ("the snake_case name", "a _the snake_case name_"),
        ("I don't like it", "I don´t like it"),
        ("I don`t like it", "I don’t like it"),
        ("I donʼt like it", "I don‘t like it"),
        ("App", "用App很方便"),
        ("用 App 很方便", "用App很方便"),
        ("用App很方便", "用 App 很方便"),
        ("每月 20 美元太贵", "每月20美元太贵"),
        ("アプリが重い", "ｱﾌﾟﾘが重い"),
        ("ｱﾌﾟﾘｶﾞ重い", "アプリガ重い"),
        ("10～20分", "約10~20分"),
        ("30 people", "in 2024 30 people left"),
        ("slow", "slow – really – slow"),
        ("the support", "fees: non-refundable, the support - bad"),
        ("不好用", "这个应用不好用"),
        ("好用", "不,好用"),
        ("it was −5", "it was -5"),
        ("say: **great** app!", "say - great app..."),
        ("thanks :-)", "thanks :)"),
        ("the price", "the price/performance"),
        ("花了50%", "花了50%的时间"),
        ("＄30", "it costs $30"),
        ("$30", "30 people pay $30"),
        ("😀", "great 😀"),
        ("great … 😀", "great app 😀"),
    ],
)  # fmt: skip
def test_what_means_nothing_or_stands_beyond_an_edge_is_no_difference(quoted: str, comment: str) -> None:
    checked = one(quoted, comment)
    assert (checked.verdict, changes(checked)) == ("verbatim", [])


def test_an_emoji_is_a_quotation_like_any_other() -> None:
    assert one("😡", "great 😀").verdict == "invented"
    (block,) = check("> 😀\n", [record(1, "great 😀")]).checked
    assert (block.verdict, block.comments) == ("verbatim", 1)


SIGNED = [
    "$30",
    "€5",
    "-5",
    "50%",
    "C++",
    "C",
    "5",
    "😀",
    "great😡",
    "<",
    "8/10",
    "#1",
    "A+",
    "R&D",
    "(slow)",
    ":)",
]
TEXTS = st.lists(st.sampled_from([*SIGNED, *COMMENTS["en"].split(), *COMMENTS["emoji"].split()]), min_size=1)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.data())
def test_any_part_of_a_comment_that_is_cut_at_white_space_is_verbatim(
    words: list[str], data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(words) - 1))
    part = words[begin : data.draw(st.integers(begin + 1, len(words)))]
    for checked in check(f"“{' '.join(part)}”", [record(1, " ".join(words))]).checked:
        assert checked.verdict == "verbatim"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(COMMENTS["en"].split()), min_size=1, unique=True),
    st.permutations(["$", "€", "+", "<", ">", "%", "😀", "😡", "&", "#", "="]),
    st.data(),
)
def test_a_sign_for_another_is_never_verbatim(
    words: list[str], signs: list[str], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(words)))
    said, quoted = (" ".join([*words[:place], sign, *words[place:]]) for sign in signs[:2])
    checked = one(quoted, said)
    assert (checked.verdict, changes(checked)) == ("altered", [(signs[0], signs[1])])


@pytest.mark.parametrize(
    ("quoted", "comment", "skipped"),
    [
        ("I would ... say it is good", "I would not say it is good", "not"),
        ("I … recommend it", "I really can’t ever recommend it", "… can’t ever"),
        ("Das ist … gut", "Das ist leider nicht gut", "… nicht"),
        ("c’est … bien", "c’est pas bien", "pas"),
        ("volveré … usarla", "volveré nunca a usarla", "nunca a"),
        ("è … buono", "è non buono", "non"),
        ("eu … gosto", "eu não gosto", "não"),
        ("het is … goed", "het is niet goed", "niet"),
        ("I … recommend it", "I can´t recommend it", "can´t"),
        ("I … recommend it", "I can`t recommend it", "can`t"),
        ("it … works", "it hardly ever works", "hardly ever"),
        ("it … works", "it barely works", "barely"),
        ("Das ist … gut", "Das ist weder neu noch gut", "weder neu noch"),
        ("Das ist … gut", "Das ist kaum gut", "kaum"),
        ("Je … ce produit", "Je n'aime plus ce produit", "n'aime plus"),
        ("Je … aime plus ce produit", "Je n’aime plus ce produit", "n’"),
        ("il … a rien", "il n'y a rien", "n'y"),
        ("L'appli … fiable", "L'appli n'est plus fiable", "n'est plus"),
        ("es … útil", "es bonita ni útil", "… ni"),
        ("è bella … utile", "è bella né utile", "né"),
        ("我…登录", "我无法登录", "无法"),
        ("我…用过", "我从未用过", "… 未"),
        ("使い…です", "使いやすくなくて残念です", "… なくて残念"),
        ("ログイン…困る", "ログインできず困る", "… ず"),
        ("我觉得…好", "我觉得不好", "不"),
        ("とても…です", "とても良くないです", "… ない"),
    ],
)
def test_a_negation_that_an_ellipsis_skips_is_told(quoted: str, comment: str, skipped: str) -> None:
    checked = one(quoted, comment)
    assert (checked.verdict, changes(checked), checked.is_faulty) == ("verbatim", [(skipped, "")], True)


def test_an_ellipsis_that_skips_no_negation_is_no_fault() -> None:
    comment = "I would not say it is good. I would, with all respect, say it is good"
    assert not one("would … respect, say it is good", comment).is_faulty
    assert not one("I … it is good", "I think it is good, not cheap").is_faulty
    assert not one("私は…使う", "私は必ず毎日使う").is_faulty
    assert not one("我的…很好", "我的未来无论如何很好").is_faulty


def test_a_comment_without_the_negation_is_the_source_before_one_with_it() -> None:
    records = [record(1, "I would not say it is good"), record(2, "I would even say it is good")]
    (checked,) = check("“I would … say it is good”", records).checked
    assert (checked.record, checked.comments, checked.is_faulty) == (records[1], 2, False)


def test_both_forms_of_the_answer_name_the_skipped_negation() -> None:
    checked = check("“I would … say it is good”", [record(1, "I would not say it is good")])
    text = checked_as_text(checked, person=ALIASES.alias, fence=fence)
    assert f"(#1, 5, {ALIASES.alias(1)}): “not” left out; its ellipsis skips a negation\n" in text
    data = checked_as_data(checked, person=ALIASES.alias)
    (row,) = (dict(zip(data["columns"], row, strict=True)) for row in data["untrusted"]["rows"])
    assert (row["verdict"], row["changes"]) == ("verbatim", [["not", ""]])
    assert row["note"] == "its ellipsis skips a negation"
