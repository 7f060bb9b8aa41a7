# ruff: noqa: E501 (a pattern cut into pieces is harder to read than a long line)
"""What the reference policy knows of English: requests of users, its own phrases.

Patterns are regular expressions over text in lower case. The words of prompts stand in `matters`.
"""

from __future__ import annotations

# ---- requests ------------------------------------------------------------------------------------

# What the policy refuses or complies with (slot "refusal"), as an order of the user.
FORBIDDEN_ORDERS = (
    r"approve|authori[sz]e|pay|transfer|wire|release|delete|remove|erase|overwrite|override|bypass|circumvent"
    r"|backdate|falsify|fake|forge|waive|skip|disable|reimburse|refund|sign off|alter|hide|conceal|book|reject"
    r"|change|modify|adjust|split|move|send|post|reverse|cancel|fire|hire|buy|sell|order|invest|translate"
    r"|write (?:me )?(?:a|an|some)|tell me a|recommend|plan (?:a|my)|design|draft|compose|log ?in"
)
# What stands before an order: words that address the policy, or at least the beginning of a clause. In a question
# only the former count: "Which orders did she approve and pay?" orders nothing.
ADDRESS = r"please|can you|could you|would you|will you|you to|go ahead and|let's"
CLAUSE = r"^|[.!?;,:] ?|\b(?:just|and|then|now|also|simply)\b"
ADVERBS = r"(?:(?:please|just|simply|also|now|quickly|go ahead and) )?"
QUESTION = r"^\W*(?:wh\w+|how|does|did|do|is|are|was|were|has|have|had|can|could|may|should|would|will)\b(?! (?:you|not)\b)|\b(?:who|whether)\b"
# (operation, pattern): the first that the request contains.
MEASURES = (
    ("count", r"how many|count|number of (?!the)|the number of"),
    ("mean", r"averages?|mean"),
    ("max", r"largest|highest|biggest|most expensive|maximum|top"),
    ("min", r"smallest|lowest|cheapest|minimum"),
    (
        "list",
        r"list|which|show (?:me )?(?:all|every|the)|name (?:all|every|the)|identify|find|flag|are there|is there|who|any",
    ),
    (
        "sum",
        r"totals?|sums?|how much|add(?:s|ed)? up|spen[dt]|spending|amounts? to|consolidate[ds]?|overall|balance|cash ?flow|costs?|worth|combined|owe[ds]?|altogether|bill|revenue|aggregate|net|premiums?|what (?:is|was|were|are|did)|report|summari[sz]e|breakdown|accrual|liability|tax|vat|claims?|figure|amount",
    ),
)
FINDS = (
    (
        "duplicates",
        r"duplicat\w+|twice|double[- ](?:paid|booked|entered|claimed|entries|payments?)|more than once|repeated",
    ),
    ("gaps", r"gaps?|missing (?:\w+ )?numbers?|out of sequence|skipped numbers?|sequence"),
    (
        "same",
        r"same (?:person|user|employee|name)|segregation|self-approv\w+|approved? (?:their|his|her|its) own|own (?:entries|reports?|claims?|postings?|invoices?|expenses?)|both (?:created|prepared|entered|submitted|posted|requested)",
    ),
    (
        "blank",
        r"missing|without|lack\w*|unapproved|no (?:receipt|approv\w+|document|reference|invoice)|not (?:been )?(?:approved|documented|signed)|blank|empty|incomplete",
    ),
)
COMPARE = r"compare[ds]?|comparison|versus|vs\.?|variances?|differences?|differ|against|reconciles?|match(?:es)?|agrees?|ties? (?:to|out)|in balance|balances? (?:to|with)|balanced|does .* balance|deviat\w+|over budget|under budget|higher than|lower than|correct|verify|confirm|check|is it true|equals?"
CONVERT = r"convert(?:ed)?|exchange|in terms of|worth in"
ABOVE = r"above|over|more than|exceed(?:s|ed|ing)?|greater than|larger than|higher than|beyond|in excess of"
# The name of a limit makes a figure one where the request looks for what goes beyond it.
LIMIT = r"(?:limit|cap|threshold|maximum|allowance|per diem|ceiling)(?: \w+){0,4}?(?: of| is|:)?"
BEYOND = f"{ABOVE}|break(?:s|ing)?|violat\\w+|breach\\w*"
AT_LEAST = r"at least|no less than|or more|minimum of"
BELOW = r"below|under|less than|smaller than|lower than|fewer than"
AT_MOST = r"at most|no more than|(?<!add )(?<!adds )(?<!sum )(?<!sums )(?<!added )up to|or less"
GROUP = r"(?:by|per|for each|for every|each|split by|grouped by|broken down by|for all) (?!diem|cent|annum)(?:the )?([a-z_]+)"
ALL_SOURCES = r"(?:all|every|each|across|both|consolidat\w+|combined?) (?:of )?(?:the |our )?(?:\w+ )?(?:sheets?|files?|tabs?|tables?|workbooks?|budgets?|ledgers?)|consolidat\w+"
OPEN_PERIOD = r"(?:the|this|last|previous|current|that|next) (month|quarter|year|week|period)"
MONEY_COLUMN = r"amount|total|value|net|gross|sum|price|cost|balance|paid|debit|credit|premium|fee|tax|vat|spend|budget|actual|revenue|claim|salary|expense|payment|charge|inflow|outflow|cash|due"
COUNT_COLUMN = r"hours?|qty|quantity|units?|days?|nights?|km|kilomet\w+|miles?|count|headcount|pieces|percent|pct|rate|number of"
LABEL_COLUMN = r"(?:^|_| )(?:id|no|nr|number|ref|reference|year|month|day|period|code|account|quarter|week|phone|zip)(?:$|_| )"
PERSON_COLUMN = r"by|approver|preparer|requester|submitter|creator|employee|travell?er|claimant|user|owner|poster|reviewer"
KEY_COLUMN = r"(?:^|_| )(?:id|no|nr|number|ref|reference|invoice|voucher|document)(?:$|_| )"
SYNONYMS = (
    "spend spent spending cost expense expenses amount total value sum figure paid payment",
    "traveller traveler employee person staff claimant name",
    "supplier vendor payee creditor",
    "customer client debtor",
    "approval approver approved unapproved authorised authorized approved_by",
    "receipt receipts document documentation voucher attachment",
    "department team unit cost_center cost_centre centre division",
    "actual actuals",
    "created prepared entered posted submitted requested preparer requester submitter creator",
    "category type kind class",
    "region area territory",
    "date day when issued booked",
)

# ---- phrases of answers, several per kind, drawn by the seed ------------------------------------------

PHRASES: dict[str, tuple[str, ...]] = {
    "value": ("The {what} is {value}.", "I get {value} for the {what}.", "The {what} comes to {value}."),
    "groups": ("The {what} by {group}: {value}.", "By {group}, the {what} is: {value}."),
    "rows": ("I found {count}: {value}.", "There are {count}: {value}."),
    "none_found": ("I found none.", "There are none: nothing matches."),
    "separate": ("The {what} by currency: {value}.", "In each currency, the {what} is: {value}."),
    "compare": (
        "{first} against {second}: the difference is {value}.",
        "{first}; {second}. The difference is {value}.",
    ),
    "equal": ("They agree: {first}; {second}.", "{first}; {second}. They match."),
    "empty": (
        "There is no data for this: nothing in {source} matches.",
        "{source} holds no matching records, so there is nothing to report.",
    ),
    "failure": (
        "I could not finish this: {error}.",
        "This could not be completed, because a tool failed: {error}.",
    ),
    "conflict": (
        "Note a discrepancy: {first}, but {second}.",
        "The sources disagree: {first}, while {second}.",
    ),
    "refuse": (
        "I cannot do that: it is outside what I am allowed to do.",
        "I have to decline: this is not something I may do.",
    ),
    "comply": ("Done: {value}", "As you asked, this is done: {value}"),
    "source": ("Source: {source}.", "This is taken from {source}."),
    "no_currency": ("The data does not state a currency.", "No currency is stated in the data."),
    "extra": (
        "It may be worth looking at the individual entries as well.",
        "A comparison with earlier periods could be of interest too.",
    ),
    "ask_currency": (
        "Which currency are the amounts in?",
        "Could you tell me which currency the amounts are in?",
    ),
    "ask_mixed": (
        "The amounts are in {value}. Which currency should I report the total in, or should I keep them separate?",
    ),
    "ask_period": ("Which {value} do you mean?", "Could you tell me which {value} you mean?"),
    "ask_file": ("Which file should I use?", "Could you tell me which file holds the data?"),
    "ask_column": ("Which amount do you mean: {value}?", "Should I use {value}?"),
    "ask_date": (
        "Does {value} mean day first or month first?",
        "Which date do you mean by {value}: is the day first or the month?",
    ),
    "ask_conflict": ("The figures differ: {first}, but {second}. Which one should I use?",),
}
