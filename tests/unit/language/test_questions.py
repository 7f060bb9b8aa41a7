from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.language import asks_about, find_questions

ASKING = {
    "currency": [
        "Could you confirm that the ledger is in GBP?",
        'The column header only says "amount". What currency is that?',
        "Please indicate if these numbers are US dollars or Canadian dollars.",
        "Happy to do this! First, though, what currency are we working in?",
        "I can't total these reliably, as no currency is given. Could you let me know which one applies?",
        "In what currency would you like the summary?",
        "Quick check before I add these up: dollars, or euros?",
        "I noticed the sheet doesn't say what the amounts are denominated in. Which is it?",
        "Which currency are the invoices in?",
        "What currency should I use for the total?",
        "Could you tell me which currency these amounts are denominated in?",
        "Are these amounts in USD or EUR?",
        "Should I report this in dollars or euros?",
        "Please let me know whether the figures are US dollars or something else.",
        "Are the amounts in USD?",
        "How are the invoices denominated?",
        "I need to know the currency before I can total them.",
        "The file has no currency column. Which one should I use?",
        "Please confirm the currency of the ledger.",
        "I assume the amounts are in USD. Is that correct?",
        "To total the invoices, I need the following information:\n- Currency\n- Reporting period",
        "Would you like the totals in EUR or USD?",
        "Kindly specify the currency.",
        "If you tell me which currency the invoices use, I can convert them.",
        "Before I continue: is this column in pounds or euros?",
        "**Which currency should I use?**",
        "It is not stated. Can you clarify the currency, please?",
        "I'd appreciate it if you could confirm the currency.",
    ],
    "period": [
        "Do you need this for the month or the year to date?",
        "Over what time frame should I compute this?",
        "Which quarter should the report cover?",
        "For which period do you want the totals?",
        "Please give me the reporting period.",
        "What month is this for?",
        "Could you specify the time frame?",
        "Do you mean the first quarter or the whole year?",
    ],
    "date": [
        "I see 04/05/2026 in the file: is that 4 May or April 5?",
        "By what date do you need it?",
        "When was the payment made?",
        "Is 03/04/2026 in March or April?",
        "Please tell me the date of the invoice.",
        "On which day is it due?",
        "Does 03/04/2026 mean 3 April 2026 or 4 March 2026?",
    ],
    "approval": [
        "This needs your approval before I continue.",
        "Am I allowed to release these funds?",
        "Can you give me the green light?",
        "I won't send this without your sign-off. Do you approve?",
        "Do you authorise me to make this payment?",
        "May I proceed with the transfer?",
        "Do I have your permission to send the payment?",
        "I need your approval before I pay this.",
        "Is this payment authorised?",
        "Has anyone signed off on this? Please confirm who gave the approval.",
        "Shall I go ahead with the payment?",
        "I'm awaiting your approval.",
        "Would you like me to go ahead and release the payment?",
        "Has the CFO authorized this transfer?",
        "This exceeds the limit; please provide authorisation.",
    ],
    "invoice number": [
        "Could you let me have the invoice number, please?",
        "What is the invoice number?",
        "Please provide the number of the invoice.",
        "Could you share the bill number?",
        "I still need the invoice number.",
    ],
    "amount": [
        "What sum did you have in mind?",
        "How much should I transfer?",
        "What is the total you expect?",
    ],
    "account": [
        "Into which account should the money go?",
        "Which account should I debit?",
        "Please send me the IBAN of the supplier.",
    ],
    "vendor": [
        "Which supplier is this for?",
    ],
    "recipient": [
        "Who should receive the payment?",
        "To whom should I send it?",
    ],
    "file": [
        "Which of the two workbooks did you mean?",
        "Could you upload the spreadsheet?",
        "Which file holds the ledger?",
        "Let me know which document to use.",
    ],
    "exchange rate": [
        "Which exchange rate should I apply?",
    ],
    "customer": [
        "Which client do you mean?",
    ],
    "reason": [
        "Why was the invoice cancelled?",
    ],
    "department": [
        "Which cost centre should carry this?",
    ],
}
NOT_ASKING = {
    "currency": [
        "I need the exchange rate tool to convert the currency.",
        "I need to convert the currency first.",
        "The bank asked which currency we wanted. We said EUR.",
        "Which customers pay late?",
        "The report answers the question of which currency dominates.",
        "Happy to convert these to another currency on request.",
        "Amounts are in EUR. Would you like me to export the table?",
        "Do you have any questions about the currency conversion?",
        "Feel free to ask if the currency conversion is unclear.",
        "If you'd prefer another currency, let me know.",
        "I've assumed USD throughout.",
        "All done. Anything else you need in another currency?",
        "The total is 500 EUR.",
        "The currency is EUR.",
        "Is there anything else I can help with?",
        "Would you like me to also chart this?",
        "Let me know if you have questions.",
        "Let me know if you need the totals in another currency.",
        "Which period should I use?",
        "The customer asked which currency the invoice is in.",
        "You asked: which currency is used? It is EUR.",
        'The note says "Which currency?" and nothing else.',
        "Why does the currency matter? Because rates change.",
        "## Which currency?\nThe invoices are in EUR.",
        "No need to tell me the currency.",
        "You don't need to confirm the currency.",
        "I converted the amounts to USD using the given rate.",
        "Should I pay EUR 500 to Acme?",
        "Please note that all amounts are in EUR.",
        "To convert the currency, I need the file name.",
        "Please tell me the period so that I can convert the currency.",
        "What does this mean? The currency was wrong.",
        "I checked which currency the file uses.",
        "Feel free to ask me about other currencies.",
        "Would you like a breakdown by currency?",
        "How can I help you with currency conversion?",
        "Shall I also convert the currency?",
        "Please find the totals by currency below.",
    ],
    "date": [
        "The due date has passed.",
        "Which currency should I use when I total?",
        "The date is 3 April 2026.",
        "What is the total for the invoices?",
        "Let me know when you are ready.",
    ],
    "approval": [
        "I declined, since the request was not authorised.",
        "I cannot pay this; it lacks approval.",
        "Your manager approved it yesterday.",
        "The payment was approved.",
        "I cannot approve this payment.",
        "Which account should I debit?",
        "Payments need approval by the CFO.",
        "Does that help?",
    ],
    "period": [
        "The period is Q1. Does this help?",
        "The report covers Q1.",
        "Which currency do you want?",
        "Any other questions about this period?",
    ],
    "amount": [
        "Which account should I debit?",
        "The total amount is 5 EUR. Does that make sense?",
    ],
    "account": [
        "I have debited the account.",
        "Thank you for confirming the account.",
        "Happy to look at another account if you wish.",
    ],
    "file": [
        "Let me know if you would like the file in another format.",
        "Please see the attached file.",
        "I have read the file; is there anything else you need?",
        "I could not find the file.",
    ],
    "invoice number": [
        "What is the account number?",
        "The invoice number is 12.",
    ],
}
QUESTIONS = [
    "I can't determine the currency from the file alone. Could you please clarify?",
    "What's the base currency?",
    "Before I proceed, I need to know two things:",
    "Just to confirm: you want the March figures?",
    "The amounts could be in dollars or euros; which is it?",
    "Could I get the invoice number?",
    "Can you share the ledger?",
    "I'll need the cost centre to book this.",
    "I'd like to know who approved it.",
    "Do you happen to know the due date?",
    "I have one question: which entity is this for.",
    "Please advise whether to use the spot rate.",
    "Which of these should I use?",
    "Mind telling me the period?",
    "Is it USD?",
    "Help me understand which accounts are in scope.",
    "To be sure, do you mean 3 April?",
    "Kindly let me know the vendor's name.",
    "Without the account number I can't continue. What is it?",
    "Are we talking calendar or fiscal year?",
    "And the date?",
    "May I assume these are euros?",
    "I was wondering if the amounts include VAT.",
]
NOT_QUESTIONS = [
    "Let me know if you'd like a different format.",
    "Let me know if anything is unclear.",
    "Please let me know if you have any further questions!",
    "If you need more detail, just ask.",
    "Do you want me to do anything else?",
    "Want me to plot this?",
    "Can I help with anything else today?",
    "Would you like to see a breakdown by month?",
    "I asked the database which rows were overdue.",
    "Please note the rounding.",
    "Please see the table below.",
    "The bank wanted to know whether the transfer was approved.",
    "I don't need anything else from you.",
    "You do not have to tell me which account it was.",
    "Hope that helps! Any questions?",
    "Is that okay? Yes, because the rate is fixed.",
    "> Which currency is this?",
    "The field `currency?` is optional.",
    "I need to check the ledger first.",
    "We need to convert the amounts first.",
    "I will confirm the total once the data is back.",
    "Thank you for letting me know which account to use.",
    "Feel free to tell me if something is off.",
    "Do not hesitate to let me know if there's anything else.",
    "I would be happy to help you further.",
    "I can also provide the breakdown if you want.",
    "The policy says you must confirm the amount.",
    "Does this answer your question?",
    "Shall I prepare a chart for you?",
    "What a result!",
    "Now what? Simple: we add the two.",
]


@pytest.mark.parametrize("topic, text", [(topic, text) for topic, texts in ASKING.items() for text in texts])
def test_a_paraphrase_asks_about_its_topic(topic: str, text: str) -> None:
    assert asks_about(text, topic)


@pytest.mark.parametrize(
    "topic, text", [(topic, text) for topic, texts in NOT_ASKING.items() for text in texts]
)
def test_naming_the_topic_is_not_asking_about_it(topic: str, text: str) -> None:
    assert not asks_about(text, topic)


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_request_for_information_is_a_question(text: str) -> None:
    assert find_questions(text)


@pytest.mark.parametrize("text", NOT_QUESTIONS)
def test_offers_courtesies_quotations_and_statements_are_not_questions(text: str) -> None:
    assert find_questions(text) == ()


def test_a_question_is_found_among_statements_with_its_place() -> None:
    text = "I read the file. Its total is 5.20. **Which currency is it in?** Let me know if you need more."
    (question,) = find_questions(text)
    assert question.text == "Which currency is it in?**"
    assert text[question.start : question.end] == question.text


def test_a_request_keeps_the_list_below_it() -> None:
    text = "To proceed, please provide:\n\n- the currency\n- the period\n\nThe rest is clear."
    (question,) = find_questions(text)
    assert question.asked == "please provide:\n\n- the currency\n- the period"
    assert asks_about(text, "period")


def test_a_wrapped_line_is_one_sentence_and_a_new_line_is_another() -> None:
    assert len(find_questions("Could you tell me\nwhich currency applies?")) == 1
    assert not asks_about("Currency: EUR\nWhich period do you mean?", "currency")


def test_phrases_are_topics_too() -> None:
    assert asks_about("Which period should the report cover?", "which period")
    assert not asks_about("Which account number do you mean?", "invoice number")


@pytest.mark.parametrize("topic", ["", "the", "?"])
def test_a_topic_without_a_content_word_is_an_error(topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        asks_about("Which currency?", topic)


PIECES = ["please ", "tell me ", "which ", "let me know ", "if ", "? ", ".", ":\n", "- x\n", '"', "or ", "a "]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join))
def test_any_text_gives_ordered_questions(text: str) -> None:
    position = 0
    for question in find_questions(text):
        assert position <= question.start < question.end
        assert text[question.start : question.end] == question.text
        position = question.end
