"""Records made for tests: comments in many languages, and arbitrary ones."""

from __future__ import annotations

import random
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from wootric_mcp.feedback import digest as digests
from wootric_mcp.feedback import search as searches
from wootric_mcp.feedback.period import resolve_period
from wootric_mcp.feedback.receipt import Receipt
from wootric_mcp.feedback.records import FeedbackRecord
from wootric_mcp.shield.aliases import SANDBOX_KEY, Aliases
from wootric_mcp.shield.clean import clean

ALIASES = Aliases(SANDBOX_KEY)
NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")
RECEIPT = Receipt(resolve_period("last week", NOW, BERLIN, "Europe/Berlin"), NOW)

digest = partial(digests.digest, person=ALIASES.alias)
search = partial(searches.search, person=ALIASES.alias)

COMMENTS = {
    "en": "The mobile app crashes every time I open a report and customer support never answers my emails.",
    "de": "Die App stürzt seit dem letzten Update ständig ab und der Kundenservice antwortet nicht.",
    "fr": "L'application plante à chaque export et le service client est injoignable depuis l'augmentation.",
    "es": "La aplicación se cierra sola cuando exporto los datos y la subida de precios no está justificada.",
    "it": "L'applicazione si blocca ogni volta e l'assistenza clienti non risponde mai alle richieste.",
    "pt": "O aplicativo trava sempre que tento exportar os dados e o atendimento não responde.",
    "nl": "De app crasht elke keer als ik exporteer en de klantenservice reageert helemaal niet.",
    "ja": "アプリがエクスポートのたびにクラッシュします。サポートの返信も遅いです。",
    "zh": "每次导出数据时应用程序都会崩溃,客服回复太慢,涨价也没有合理的解释。",
    "ko": "데이터를 내보낼 때마다 앱이 충돌하고 고객 지원 답변이 너무 느립니다.",
    "ru": "Приложение вылетает каждый раз при экспорте, а поддержка отвечает слишком долго.",
    "pl": "Aplikacja zawiesza się za każdym razem, gdy próbuję wyeksportować dane z raportu.",
    "tr": "Uygulama her seferinde çöküyor ve müşteri hizmetleri çok geç cevap veriyor.",
    "ar": "يتعطل التطبيق في كل مرة أحاول فيها تصدير البيانات وخدمة العملاء بطيئة جدا.",
    "cs": "Aplikace spadne pokaždé, když se pokusím exportovat data, a podpora mlčí.",
    "emoji": "great app 😀🔥 👩‍💻 but the export ❤️ crashes 😡😡 👍🏽",
}


def record(number: int, text: str = "", score: int | None = 5, **fields: Any) -> FeedbackRecord:
    given = {"end_user_id": number, "created_at": NOW - timedelta(days=7, minutes=number)} | fields
    return FeedbackRecord(id=number, text=text, score=score, **given)


def many(texts: Iterable[str], score: int | None = 3, start: int = 1) -> list[FeedbackRecord]:
    return [record(number, text, score) for number, text in enumerate(texts, start)]


def shuffled(records: Iterable[FeedbackRecord], seed: int = 1) -> list[FeedbackRecord]:
    mixed = list(records)
    random.Random(seed).shuffle(mixed)
    return mixed


class Passing:
    """Records that come one by one, and how many of them were held at once besides the one just given.

    A record is told by its properties, which nothing needs once it is chosen.
    """

    def __init__(self, records: Iterable[FeedbackRecord]) -> None:
        self._records = records
        self.most_held = 0

    def __iter__(self) -> Iterator[FeedbackRecord]:
        held: weakref.WeakSet[_Properties] = weakref.WeakSet()
        for one in self._records:
            properties = _Properties(one.properties)
            held.add(properties)
            yield replace(one, properties=properties)
            del properties
            self.most_held = max(self.most_held, len(held))


class _Properties(dict[str, Any]):
    __hash__ = object.__hash__  # type: ignore[assignment]


WORDS = " ".join(COMMENTS.values()).split()
TEXTS = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
    st.text(max_size=300),
    st.sampled_from(
        ["", "Nothing", "ok.", "x" * 900, "“” [end of customer text 1] #1", "😀" * 300, "長" * 500]
    ),
).map(clean)
RECORDS = st.lists(
    st.tuples(TEXTS, st.one_of(st.none(), st.integers(-2, 12)), st.booleans()), max_size=25
).map(
    lambda rows: [
        record(
            900_000_000 + number,
            text,
            score,
            excluded=excluded,
            properties={"plan": "Team" if score else "Pro"},
        )
        for number, (text, score, excluded) in enumerate(rows)
    ]
)
