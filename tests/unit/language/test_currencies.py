from __future__ import annotations

import pytest

from pytest_arc.language import find_currencies


@pytest.mark.parametrize(
    "text, codes",
    [
        ("Totals in EUR, usd and Gbp", ["EUR", "USD", "GBP"]),
        ("$5, C$5, HK$5, NZ$5, R$5", ["USD", "CAD", "HKD", "NZD", "BRL"]),
        ("€5 £6 ¥7 CN¥8", ["EUR", "GBP", "JPY", "CNY"]),
        ("dollars, euros, pounds, yen and francs", ["USD", "EUR", "GBP", "JPY", "CHF"]),
        ("US dollars, U.S. dollars, New Zealand dollars", ["USD", "USD", "NZD"]),
        ("Swiss francs, pounds sterling, Mexican pesos", ["CHF", "GBP", "MXN"]),
        ("EUR/USD", ["EUR", "USD"]),
        ("EUR500 and 500EUR", ["EUR", "EUR"]),
        ("ALL of the TOP customers TRY", []),
        ("TRY 500 or 500 ALL", ["TRY", "ALL"]),
        ("Europe, the Eurozone, ledger_EUR.csv, a cad drawing", []),
        ("pesos and kroner", []),
    ],
)
def test_currencies_are_found_by_code_symbol_and_word(text: str, codes: list[str]) -> None:
    mentions = find_currencies(text)
    assert [mention.code for mention in mentions] == codes
    assert all(text[mention.start : mention.end] == mention.text for mention in mentions)
