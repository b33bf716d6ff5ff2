"""Looking words up in seven languages: every form of a word finds every other, and no other word."""

from __future__ import annotations

import pytest

from wootric_mcp.feedback.selection import fits, parse_query
from wootric_mcp.feedback.words import fold, stop_words_of_all

SAME = {
    "en": """
        crash crashes, crash crashed, crash crashing, price prices, price pricing, price priced, company
        companies, reply replied, reply replies, stop stopped, stop stopping, box boxes, process processes,
        delay delayed, load loading, crashed crash, crashes crashing, late later, slow slower, easy easier,
        bug bugs, app apps, invoice invoicing, cancel cancelled, cancel canceled, charge charged, charge
        charging, refund refunds, delivery deliveries, update updating, try tried, send sending, query
        queries, ask asks, ask asked, ask asking, fix fixed, fix fixing, fixed fixes, pay paying,
        use using, used using, add added, add adding, try trying, buy buying, end ended, act acting,
        eat eating, see seeing, aim aimed, rate rating, care caring, time timing, log logged, get getting
    """,
    "de": """
        Preis Preise, Preise Preis, Preis Preisen, Rechnung Rechnungen, Fehler Fehlern, schnell schnelle,
        schnell schneller, schnell schnelles, langsam langsame, langsamen langsam, Kunde Kunden, teuer
        teure, teuer teurer, funktioniert funktionieren, freundlich freundlichen, freundliche freundlicher,
        Absturz Abstürze, Update Updates, stürzt stürzen, Antwort Antworten, App Apps, Konto Konten, Vertrag
        Verträge, Auftrag Aufträge, gut gute, gutes guter, neu neue, neuen neuer, alt alte, altes alten,
        rot rote, Tag Tage, Weg Wege, Ort Orte
    """,
    "fr": """
        prix prix, facture factures, lent lente, lent lents, lente lentes, journal journaux, rapide rapides,
        cher chère, chère chères, client cliente, plante planter, plante plantent, bureau bureaux, problème
        problèmes, bug bugs, livraison livraisons, réponse réponses, payé payée, payer payé, facturé
        facturer, cher chers, produit produits, mauvais mauvaise, bloqué bloquer
    """,
    "es": """
        precio precios, factura facturas, lento lenta, lentos lentas, error errores, caro cara, caro caros,
        actualización actualizaciones, opción opciones, rápido rápida, rápidas rápido, cliente clientes,
        pago pagos, responde responder, tarda tardan, cobro cobros, cancelar cancelado, aplicación
        aplicaciones, fallo fallos
    """,
    "it": """
        prezzo prezzi, fattura fatture, lento lenta, lenti lente, errore errori, caro cara, caro care,
        applicazione applicazioni, veloce veloci, cliente clienti, problema problemi, banca banche,
        pagamento pagamenti, risponde rispondono, bloccato bloccata, cortese cortesi, lungo lunghi, costoso
        costosi, ritardo ritardi, pratica pratiche
    """,
    "pt": """
        preço preços, fatura faturas, lento lenta, lentos lentas, erro erros, caro cara, opção opções,
        aplicação aplicações, rápido rápida, cliente clientes, atualização atualizações, difícil difíceis,
        útil úteis, mensal mensais, trava travar, demora demoram, cobrança cobranças, pagamento pagamentos,
        avião aviões, mão mãos
    """,
    "nl": """
        prijs prijzen, factuur facturen, traag trage, langzaam langzame, klant klanten, fout fouten, snel
        snelle, snel sneller, app apps, vriendelijk vriendelijke, bericht berichten, crasht crashen,
        betaling betalingen, probleem problemen, dag dagen, werkt werken, medewerker medewerkers, vraag
        vragen, update updates, hoog hoge, rood rode, laat late, duur dure, groot grote
    """,
}
APART = {
    "en": """
        price pride, app apple, sing single, port report, late plate, bus business, invoice voice, cost
        coast, plan planet, bill billion, car care, car career, car carpet, pay papa, ship relationship, cat
        category, son sonic, rest restaurant, ear early, universe university, policy police, general
        generous, cook cookie, desk desktop, hand handsome, mail mall, rate rather, team tear, call cell, car
        caring, rat rating, not noted, bar bared, the thing, bee being, her here, string stranger
    """,
    "de": """
        Rechnung Rechner, Konto Kontakt, Kunde Kunst, Last lästig, Tag Tagung, Uhr Urlaub, hell Held, bar
        Barsch, Ware warten
    """,
    "fr": """
        prix prime, cher chercher, lent lentille, mal malade, compte comptoir, carte carton, car carte, vite
        vitre, pain painting
    """,
    "es": """
        caro carro, pago pagano, carta cartel, plan planta, peso pesado, mesa mes, par parte
    """,
    "it": """
        caro carro, conto contro, pagare pagina, carta carne
    """,
    "pt": """
        caro carro, conta contra, pagar página, mal mala
    """,
    "nl": """
        prijs prins, duur deur, klant kant, snel snede, app appel, les leste, bel belang
    """,
}


def _pairs(table: dict[str, str]) -> list[tuple[str, str]]:
    pairs = [pair.split() for listed in table.values() for pair in listed.split(",")]
    return [(one, other) for one, other in pairs]


@pytest.mark.parametrize("language", SAME)
def test_plural_tense_and_ending_make_no_other_word(language: str) -> None:
    pairs = _pairs({language: SAME[language]})
    missed = [(one, other) for one, other in pairs if not parse_query(one).matches(f"so {other}!")]
    missed += [(other, one) for one, other in pairs if not parse_query(other).matches(f"so {one}!")]
    assert missed == []


def test_the_shortcut_before_the_words_are_cut_passes_over_nothing() -> None:
    words = sorted({fold(word) for pair in _pairs(SAME) + _pairs(APART) for word in pair})
    words += ["gp", "gp's", "tv's", "ui", "ui's", "it's", "les", "lezen", "lof", "loven"]
    passed_over = [
        (query, word)
        for query in words
        for word in words
        if parse_query(f'"x" {query}').matches(f"x {word}") != fits(query, word)
        and query not in stop_words_of_all()
    ]
    assert passed_over == []


@pytest.mark.parametrize("language", APART)
def test_words_that_only_look_alike_are_other_words(language: str) -> None:
    pairs = _pairs({language: APART[language]})
    wrong = [(one, other) for one, other in pairs if parse_query(one).matches(f"so {other}!")]
    wrong += [(other, one) for one, other in pairs if parse_query(other).matches(f"so {one}!")]
    assert wrong == []


def test_the_tables_are_long_enough_to_tell_something() -> None:
    assert len(_pairs(SAME)) >= 150 and len(_pairs(APART)) >= 60


def test_in_quotation_marks_a_word_stands_for_itself_and_the_forms_of_themes() -> None:
    assert parse_query("tried").matches("I try")
    assert not parse_query('"tried"').matches("I try")
    assert parse_query('"crashes"').matches("it crashed")


def test_a_longer_word_is_found_by_its_begin_from_five_letters_on() -> None:
    assert parse_query("Preis").matches("die Preiserhöhung")
    assert not parse_query("bill").matches("a billion")
