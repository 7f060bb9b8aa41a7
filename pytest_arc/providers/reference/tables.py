# ruff: noqa: E501 (a pattern cut into pieces is harder to read than a long line)
"""What the reference policy knows of English: directives of prompts, requests of users, its own phrases.

Patterns are regular expressions over text in lower case with contractions written out, number words as digits
and every currency as `cur_eur`. `~` stands for anything up to 70 characters inside a clause, `CUR` for a
currency; each pattern begins and ends at a word boundary.
"""

from __future__ import annotations

from typing import NamedTuple

ASK = (
    "ask(?:ing|s)?|(?:be|is|are) asked(?! (?:for|to)\\b)|have asked|check_ (?:back )?with|confirm_(?! that)|clarify_|clarification|enquire_|inquire_"
    "|come back (?:to|with)|query_ the (?:user|person|requester)|find out (?:from the (?:user|person|requester)|which (?:1|one|is meant|of))|(?:have|let) (?:the |a )?(?:user|requester|person|them|him)~(?:say|choose|decide|confirm|tell|pick|clarify|specify|settle)|questions? to (?:the user|them)|get (?:it|them|that|this) clarified|request_ (?:clarification|it|more|the|that|further|confirmation)"
    "|consult_ the (?:user|requester|person)|seek_ (?:clarification|confirmation|guidance)|get (?:confirmation|clarification)"
    "|(?:double-check_|follow_ up|go_ back|get_ back|turn_|reach_ out|defer_|put it|leave (?:it|that|this|the \\w+)|up) (?:with|to) (?:the user|them|him|the requester|whoever)|the user(?:'s| is)? (?:decides?|chooses?|call|choice|to decide)"
    "|clear_ up|the user's decision|put (?:it|this|that) to|prob(?:e|ing)|follow-up questions?|(?:pose|raise|put|send) (?:a |the |your )?(?:clarifying |short |follow-up )?question|questions? (?:first|back|(?:to|for) the (?:user|requester))"
)
TELL = (
    "say_|tell_|(?<!the )(?<!a )report_|inform_|let ~ know|notify_|alert_|mention_|state_|explain_"
    "|flag_|admit_|disclose_|surface_|point_~ out|acknowledge_|raise_|escalate_"
    "|be (?:open|upfront|honest|transparent|clear|explicit|plain|frank|candid)|make (?:it |that )?(?:clear|plain|known)|note|announce_|warn_"
    "|call_~ out|draw_ attention|bring ~ attention|highlight_|communicate_|own up|(?:bother_|burden_|trouble_|clutter_)|attention|(?:user|reader|they) (?:has to|must|should|needs? to|is to|ought to) (?:learn|know|hear|see)|worth a (?:sentence|word|note|mention)|spell_~ out|declare_|come_ clean|leave_ no doubt|bring_~ up|make_ (?:a note|no secret)|pass_ (?:it |that |this )?on|relay_|indicate_|add_ a (?:note|remark|caveat|warning|comment)|with a (?:note|remark|warning|comment)|make_ (?:the user|them) aware|aware|into the open|to light|straight with|document_|advise the user|stating"
)
HIDE = (
    "hide_|hidden|gloss|quietly|without (?:comment|mention|telling|saying)|no (?:fuss|comment)|play_ down|shrug_ off|pass_ over|turn_ a blind eye|conceal_|(?:keep_|kept) ~(?:from the user|to yourself|quiet|secret|silent)|swe(?:ep_|pt)|withh(?:old_|eld)"
    "|(?:gloss_|paper_|smooth_) over|cover_~ up|brush_ aside|suppress_|swallow_|mask_|disguise_|bury|omit_|(?:leave_|left) (?:it |them |that )?out|overlook_|ignore_"
)
NUMBERS = (
    "amounts?|figures?|numbers?|totals?|values?|sums?|results?|balances?|answers?|prices?|quantit(?:y|ies)"
)
UNIT = (
    "units?|currency|currencies|currency (?:symbols?|codes?|signs?|names?|labels?)|denominations?"
    "|(?:symbols?|codes?)(?= (?:after|before|beside|next))"
)
FAILS = (
    "fail(?:s|ed|ure|ures|ing)?|errors?|errored|times? ?out|timed out|time-?outs?|unavailable|broken|breaks?|crash_|goes? wrong"
    "|(?:is|are|goes) (?:down|offline)|unsuccessful|exceptions?|malfunction_|hangs?|unreachable"
    "|(?:does|did|will|tools? do|calls? do) not (?:respond|work|answer|come back|reply|succeed)"
    "|(?:comes?|came) back with an error|returns? an error|refuses? to work|acts? up|stumbles?|glitch(?:es)?|hiccups?|outages?|lets? you down|not available|goes? down|interrupted|(?:has|have|runs? into|hits?) (?:a |an )?(?:problem|trouble|snag)|trouble|does not deliver|not (?:respond_|work_|reachable|succeed)|cannot be (?:reached|used|called)|no (?:answer|response|reply)"
)
MIXED = (
    "(?:mixed|mix|mixing|mixture|mixes|different|several|multiple|various|differing|distinct|foreign|other|another|across|more than 1|2|2 or more|many|both|unlike|separate|"
    "all|varied|any) (?:of )?(?:the |of |in )?(?:\\w+ )?(?:currency|currencies)|currenc(?:y|ies) (?:differ|vary|are (?:mixed|different))"
    "|denominations?|foreign (?:amounts?|money|figures?|sums?|invoices?)|multi-?currency|cross-?currency|(?:in|of|by|per|each|every|between) (?:\\w+ )?currencies|(?:per|by|each|every|common|single|1|same|reporting|base) currency"
    "|mix_ ~currenc(?:y|ies)|convert_|conversions?|exchange rates?|CUR (?:and|with|to|plus|or|,) CUR|more than a single currency|(?:unlike|differently) denominated|(?:mix_|combine_|harmoni[sz]e_|unify_) (?:the |all )?currencies"
)


class Slot(NamedTuple):
    """One matter that a prompt can settle."""

    name: str
    default: str
    """What an inattentive model does when the prompt does not say."""
    topic: str
    """The sentence must speak of this."""
    actions: tuple[tuple[str, str], ...]
    """(value, pattern), the more telling first. An empty value only means something when it is forbidden."""
    opposites: dict[str, str]
    """What is meant when the value is forbidden."""
    unless: str = ""
    """The sentence must not speak of this."""


SLOTS = (
    Slot(
        "mixed_currencies",
        "add",  # as if they were one currency
        f"{MIXED}|currencies",
        (
            (
                "separate",
                "separate(?:ly)?|individually|1 currency, 1 total|apart|(?:per|by|for each|for every|1 for each|in each|each) (?:\\w+ )?currency(?! (?:is|are|to))|own (?:sub)?totals?|subtotals?"
                "|side by side|in (?:its|their) (?:own|original) currenc(?:y|ies)|split ~ currency|unmixed|unconverted|as (?:they|it) (?:are|is|stand)",
            ),
            ("ask", f"(?:{ASK})(?! (?:for )?(?:the )?(?:exchange )?rates?)"),
            (
                "convert",
                "convert_|conversions?|translate_|restate_|(?:express|bring|put|report|turn|normali[sz]e|consolidate|unify|harmoni[sz]e)"
                "~(?:in|to|into|on) (?:a |the |1 )?(?:single|common|same|1|CUR|reporting|base|group|home) ?(?:currency)?|(?:harmoni[sz]e_|unify_|normali[sz]e_) (?:the |all )?currencies|(?:use_|apply_) ~exchange rates?",
            ),
            (
                "",
                "add_(?! (?:a|the|its) (?:note|currency))|sum_(?: up)?|total(?:l?ing|l?ed)?|combine_|mix_|merge_"
                "|aggregate_|lump_|net_|blend_|pool_",
            ),
        ),
        {"convert": "separate", "": "separate", "separate": "convert", "ask": "convert"},
        unless="unit tests?",
    ),
    Slot(
        "unstated_currency",
        "assume:USD",
        "currency|currencies|CUR|denominat\\w+|monetary unit",
        (
            (
                "assume",
                "CUR is the (?:\\w+ )?currency|(?:means?|stands? for|implies|imply) CUR|(?:anything|everything|whatever)~(?:is|are) in CUR|(?:assum(?:e|ing|ed|ption)|presume_|suppose_|defaults?(?:ing)? (?:to|is|currency is|should be)|treat_|take|taking|taken|read|reading|interpret_"
                "|consider_|regard_|fall_ back (?:on|to)|go_ with|count|understand|work) ~CUR"
                "|(?:use|choose|pick|apply|label ~with|report|answer|show) (?:it |them |the |everything |amounts |figures )?(?:in |as )?CUR(?= (?:by default|as (?:the |your )?default|if|when|unless|where|whenever|for (?:any|every|all)))"
                "|(?:if|when|where|whenever|unless|without|absent|in the absence|absent|lacking|with no)[^.;]{0,60}, (?:please |then |just |simply |always |you (?:should|must|may|can) )?(?:use|report|work|answer|say|write|label|go|put|quote|it is|it means|they are) ~CUR"
                "|(?:amounts?|figures?|numbers?|invoices?|ledgers?|everything|totals?|values?|prices?|expenses?|sums?|transactions?|data|books?|accounts?|money) (?:without ~ )?(?:is|are|means?|should be read as|counts? as|will be) (?:always |all |usually |kept |denominated |understood to be |given |quoted |stated |recorded |in |to be )*CUR"
                "|default (?:\\w+ )?currency (?:is |: ?|should be |will be )?CUR|CUR (?:is|should be|as) (?:the |your |our )?(?:default|assumed)|CUR (?:is|can be|may be|should be|must be) (?:assumed|presumed|implied|understood)|currency (?:is|:) (?:always )?CUR",
            ),
            ("ask", ASK),
            (
                "detect",
                "currenc(?:y|ies)~(?:come|comes|taken|reads?|derived?|found|stands?|determined|established|inferred|drawn) (?:from|in|by)~(?:data|files?|records?|ledger|column|source)|(?:use|name|report) (?:only )?~currency (?:that )?(?:the |your )?(?:data|records?|files?|ledger) (?:shows?|states?|gives?|names?|contains?)|(?:look_|check_|see_|inspect_|read_|search_|consult_|examine_|verify_|determine_|find_|identify_|derive_|establish_|scan_|review_)"
                " ~(?:data|files?|columns?|sheets?|tables?|headers?|ledgers?|source|records?|rows?|documents?|currency|workbook|contents?|themselves|itself)"
                "|(?:use|take|rely_ on|go by|respect|work out|infer|detect|deduce|base ~ on|pick up|get|trust|obtain|let|according to|discover)~(?:currency|data|files?|column|sheet|records?|ledger)",
            ),
            (
                "assume",
                "assume_|assumptions?|guess_|guesswork|presume_|invent_|default_ to|take ~ for granted|suppose_|made up|make up|speculate_|jump_ to",
            ),
            (
                "assume",
                "(?:no|not|none|nothing|without|missing|lack\\w*|unless)~ (?:currency|denominat\\w+|specified|stated|given|named|otherwise)~ CUR"
                "|CUR\\b[^.;]{0,60}\\b(?:no|not|none|nothing|without|missing|unless)\\b[^.;]{0,40}\\b(?:currency|denomination|stated|specified|given|named|otherwise|told|said)",
            ),
        ),
        {"assume": "ask", "ask": "assume", "detect": "assume"},
        unless=f"(?:{MIXED})(?<!base currency)(?<!reporting currency)(?<!each currency)(?<!convert)(?<!any currency)|exchange rates?|(?:each|every|all|any) (?:{NUMBERS}) ~(?:with|carry|carries|next to) ",
    ),
    Slot(
        "date_order",
        "month_first",
        "dates?|day/month|month/day|dd ?[/.-] ?mm\\S*|mm ?[/.-] ?dd\\S*|day[- ]first|month[- ]first|\\d\\d?/\\d\\d?(?:/\\d+)?|day (?:or|and|before|comes|then)~month|month (?:or|and|before|comes|then)~day|day,? month|month,? day|dmy|mdy|ymd|(?:day|month),? (?:and )?then~(?:day|month)",
        (
            (
                "ask",
                ASK,
            ),
            (
                "iso",
                "iso(?:[- ]?8601)?|ymd|international (?:standard|format)|yyyy-mm-dd|year[- ]first|year-month-day|year,? (?:then )?month,? (?:and |then )?day|8601",
            ),
            (
                "day_first",
                "0?(?P<d>\\d+)/\\d+(?:/\\d+)? (?:[a-z]+ ){1,4}(?P=d)(?:st|nd|rd|th)? (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\\w*|day[- ]first|day (?:before|then|precedes|in front of|ahead of) (?:the )?month|dd ?[/.-] ?mm|d/m|dmy|day,? month,? (?:and )?year|day-month|(?:1st|first) 2 digits (?:are|is|give|mean) the day|continental|europe(?:an)?|british|uk|day[/-]month|day (?:comes|goes|is|stands|leads|written|always)(?: \\w+)? ?(?:first|before|leads)?"
                "|(?:1st|first) (?:number|figure|part|digits?|pair|element|component|field|group|value)~(?:the )?day|day,? (?:and )?then (?:the )?month|(?:begin|start|lead)s? with the day|put_ the day first",
            ),
            (
                "month_first",
                "month[/-]day|\\d+/0?(?P<m>\\d+)(?:/\\d+)? (?:[a-z]+ ){1,4}(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\\w* (?P=m)(?:st|nd|rd|th)?|(?P=m)(?:st|nd|rd|th)? (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\\w*)|month[- ]first|month (?:before|then|precedes|in front of|ahead of) (?:the )?day|mm ?[/.-] ?dd|m/d|mdy|month,? day,? (?:and )?year|month-day|(?:1st|first) 2 digits (?:are|is|give|mean) the month|american?|u\\.?s\\.?(?= |-)|united states|month[/-]day|month (?:comes|goes|is|stands|leads|written|always)(?: \\w+)? ?(?:first|before|leads)?"
                "|(?:1st|first) (?:number|figure|part|digits?|pair|element|component|field|group|value)~(?:the )?month|month,? (?:and )?then (?:the )?day|(?:begin|start|lead)s? with the month|put_ the month first",
            ),
            (
                "",
                "(?:assume_|guess_|presume_|pick_|settle_|decide_) ~(?:order|format|date|day|month|reading)|decide_ ~(?:yourself|your own|order|day|month)",
            ),
        ),
        {
            "day_first": "month_first",
            "month_first": "day_first",
            "ask": "month_first",
            "": "ask",
            "iso": "month_first",
        },
        unless="due dates?|up to date|date back|deadline|out of date|update|to date|per diem|working days?|business days?|days? of the",
    ),
    Slot(
        "rounding",
        "2",
        "round_|unrounded|decimals?|places|digits?|precisions?|cents?|cent|penn(?:y|ies)|pence|whole|integers?|exact(?:ly)?|nearest|fractions?|truncat\\w+|dp|hundredths?|full CUR|approximat\\w+",
        (
            (
                "n",
                "(?:(\\d+)|a single)[- ](?:decimals?(?: (?:places?|digits?|figures?))?|digits? after|(?:digits?|places?|figures?|positions?) (?:behind|after|past|following|to the right)|places|decimal|fraction(?:al)? digits?|dp|digit precision)",
            ),
            (
                "2",
                "(?:have|has|with|show|keep|include)(?: the| their)? cents|nearest (?:cent|penny|hundredth)|(?:to|down to|at) the (?:cent|penny)|hundredths|(?:cent|penny) (?:accuracy|precision)|(?:cents?|pence) (?:must|should)? ?(?:be )?(?:shown|included|kept)|(?:show|keep|include|with) (?:the )?(?:cents|pence)",
            ),
            ("1", "nearest tenth|tenths"),
            (
                "whole",
                "(?:cut off|drop|remove|ignore) everything after the decimal|whole (?:\\w+ )?(?:numbers?|units?|amounts?|figures?|CUR|pounds?|dollars?|euros?)|whole CUR|nearest (?:whole|full|CUR|dollar|euro|unit|pound|integer|franc)~?|integers?|(?:no|without(?: any)?|0|drop_(?: the| all| any)?"
                "|omit_(?: the| all| any)?|leave (?:off|out) (?:the |any )?) ?(?:decimals?(?: places?)?|cents?|fractions?|pence)|full CUR|(?:cents?|pence|decimals?)~(?:dropped|omitted|left out|cut off)",
            ),
            (
                "exact",
                "unrounded|full precision|(?:decimals?|figures?) (?:untouched|as they are)|all decimals|(?:every|all) (?:decimals?|digits?)|exact(?:ly)?(?=~\\b(?:figures?|amounts?|numbers?|values?|totals?|results?|appear|stand|computed|calculated|as)\\b)|(?:figures?|amounts?|numbers?|values?|totals?)~exact(?:ly)?"
                "|to the last (?:digit|decimal)|maximum precision|whatever precision",
            ),
            ("round", "round_(?: off| up| down)?|truncate_|approximat(?:e|ing|ions?)"),
        ),
        {"round": "exact", "n": "exact", "whole": "2", "exact": "2", "2": "whole", "1": "2"},
        unless="round(?: of|[- ]trip|table)|year[- ]round|exact (?:date|name|spelling|wording)|decimal (?:comma|separator)",
    ),
    Slot(
        "tool_failure",
        "carry_on",
        f"(?:tools?|calls?|functions?|quer(?:y|ies)|api|lookups?|services?|systems?|database|data source|calculators?|spreadsheet|requests?|it|something|anything|which|analy[sz]er|attempts?|operation)~(?:{FAILS})|(?:{FAILS})~(?:tools?|calls?|quer(?:y|ies)|api|lookups?|functions?|services?|system|database)"
        "|retry_|failures?|time-?outs?|errors?",
        (
            (
                "retry",
                "re-?attempt_|re-?submit_|persist_|have (?:a second|another) go|give_ (?:it|them|the \\w+) (?:another|a second|1 more|\\d)|try_ afresh|\\d+ (?:more )?times|retry_|re-?tr(?:y|ies)|try_ (?:it |the \\w+ |that |them |that \\w+ |the same \\w+ |each \\w+ )?(?:again|1 more|\\d+ (?:more )?times?|another|a second|up to \\d|at (?:least|most) \\d)|be (?:repeated|retried|tried again)|repeat_ (?:it|the|that|them)~?"
                "|call_ (?:it|the tool|that tool|them) (?:again|a second|1 more|\\d)|re-?run_|re-?send|re-?issue|attempt_ (?:it |the call |the \\w+ )?(?:again|a second|1 more|another|\\d)|(?:another|1 more|a second|\\d+ (?:more|further|additional|extra)?|a further|a fresh) ?(?:attempts?|tr(?:y|ies)|go|shots?|chances?|tries)"
                "|have another go|run (?:it|the \\w+) again|second (?:attempt|try|chance|time)",
            ),
            (
                "carry_on",
                f"carry_ on|continue_|proceed_|go_ on|ignore_|skip_|move_ on|keep_ going|press_ (?:on|ahead)|push on|work_ (?:around|with)|without it|soldier_ on|push_ (?:on|ahead|through)|get_ on with|move_ ahead|make_ the best|best effort|fall_ back|finish (?:the|your) (?:task|answer|work)|make_ do|(?<!an )(?<!a )estimate_|use (?:what|whatever)|as if|from (?:memory|what you know)|anyway|regardless|nonetheless|{HIDE}|paper_ over|mask_|disguise_|hid(?:e|ing|den)"
                "|conceal_|gloss_ over|cover_ ~up|swallow_|invent_|make_ ~?up|made up|fabricate_|guess_|pretend_|silent(?:ly)?|fill~ in|improvise_|keep_ ~(?:quiet|to yourself)|do not (?:stop|mention it|bother|trouble|worry)|substitute_",
            ),
            ("report", f"{TELL}|(?:bother_|burden_|trouble_) the user|stop_|halt|abort|give up|abandon"),
        ),
        {"retry": "report", "report": "carry_on", "carry_on": "report"},
        unless="rounding errors?|accounting errors?|errors? in (?:the )?(?:ledger|data|books|entries|invoices)|typing errors?|failure to pay|margin of error|spelling|control failures?",
    ),
    Slot(
        "empty_result",
        "zero",
        "empty(?! lines?)|(?:comes?|came) up (?:dry|short)|draws? a blank|nothing there|turns? up no|no (?:activity|hits?|movements?|bookings?)|not a single|none (?:found|exist|were|was|are)|finds? none|(?:data|records|rows|figures|entries|transactions) (?:are|is) (?:absent|lacking|missing|not there|not available)|lacks? (?:any )?(?:data|records|rows)|missing (?:results?|data|records?|rows?)|nothing (?:in|at all|for|to)|there (?:is|are) (?:none|nothing)|(?:no|0|without(?: any)?|zero) (?:matching |such |relevant |corresponding |suitable |usable |search |query )?(?:results?|rows?|records?|data|match_|entr(?:y|ies)|transactions?|lines?|figures?|invoices?|expenses?|hits?|postings?|bookings?|claims?|values?|information)(?! (?:must|should|may|shall|is to|are to|can))"
        "|nothing (?:is |was |has been |can be )?(?:found|match\\w*|comes? back|returned|turns? up|recorded|there|to (?:report|sum|show|total|add))|(?:finds?|returns?|yields?|matches|shows?|gives?|gets?|contains?|holds?|produces?|brings?|have|has) (?:back )?nothing|(?:comes?|came) (?:back|up) (?:empty|blank|with nothing)|blank (?:results?|sheet|table|file)"
        "|(?:does|do|did) not (?:find|return|contain|hold|match|yield|have|produce) any(?:thing)?|absence of (?:data|records|rows|results)|no-data",
        (
            ("report", "0 (?:must|should|may|can|is|are|will)(?: not| never)"),
            (
                "zero",
                "(?:zeros?|0) ~(?:be|get|gets|is|are|stand_?) ?(?:reported|given|shown|written|put|stated|presented|returned|used|in for)|(?:no|empty|missing|nothing) (?:(?!not\\b|does\\b|do\\b)\\w+ ){0,3}?(?:means?|equals?|is|are|counts? as) (?:a )?0(?! rows)|(?:report|give|return|answer|show|treat|put|use|state|write|count|enter|say|mean|means|read|take|present|call|consider|regard|respond|reply|record|interpret|equals?|make|is|are|as)(?:ing|ed|s)? (?:(?!instead|rather|no |not )\\w+ ){0,5}?(?:a |an |the |value |total |sum |amount |result |of |it |them |that |as |is |be |with |to |an )*(?:0(?! (?:rows|records|results|match))|zeros?|0s)",
            ),
            (
                "report",
                f"{TELL}|(?:answer|reply|respond|write|state|conclude|indicate)(?:ing)? (?:that|plainly|with|so|explicitly)|message",
            ),
            (
                "",
                f"{HIDE}|pass_ in silence|turned into|invent_|make_ ~?up|fabricate_|guess_|silen(?:t|ce)|hide",
            ),
        ),
        {"zero": "report", "report": "zero", "": "report"},
        unless="empty (?:promises|words|praise)|no (?:data|information) (?:leaves|may leave)",
    ),
    Slot(
        "conflicting_data",
        "first",
        "conflict_|disagree(?:s|ing|ments?)?|differences? between|differs?|differing|contradict(?:s|ory|ing|ions?)?|discrepanc(?:y|ies)|inconsisten(?:t|cy|cies)|(?:do|does|did) not (?:match|agree|tally|reconcile|add up|line up|correspond|square|fit)|mismatch_|diverg(?:e|es|ent|ence|ing)"
        "|at odds|different (?:figures|totals|amounts|values|numbers)|(?:tell|tells) (?:a )?different stor\\w+|at variance|incompatible|out of step|irreconcilable|opposing|competing|cannot both be|(?:2|several|different) (?:versions|answers|totals)|1 (?:file|source|document|table|report) says|disput\\w+|unequal|(?:2|several|different) (?:sources|figures|files|numbers|documents|values|versions|reports|amounts) (?:for the same|say|show|give|state|tell|report)|cannot be reconciled|not reconcil\\w*|variances? between|tell different|clash_|deviat(?:e|es|ing|ions?)",
        (
            ("ask", f"(?:{ASK})(?! which currency)|let the user (?:decide|choose|pick)"),
            (
                "report",
                f"{TELL}|(?:show|give|list|present|quote|cite|name|provide|set out|put|print)(?:ing)? ~(?:both|2|each|all|them|either|the (?:difference|discrepancy|conflict))|both (?:figures|values|numbers|amounts|versions|sources|sides)|side by side",
            ),
            (
                "first",
                f"{HIDE}|(?:the )?(?:first|1st|former|earlier|older) (?:1|one|figure|value|source|file|document|number)~? (?:counts?|holds?|wins|stands?|prevails?)|(?:use|use_|take|taking|trust_|prefer_|go_ with|rely_ on|keep_|pick_|choose_|believe_|stick_ (?:with|to)|adopt|accept|work with|settle on|select_|follow)~?(?:first|1st|former|earlier|initial|either|1|whichever|any|original|sides?|figure|value|winner|source|number|between|the 1)"
                "|silently|ignore_|hide_|gloss_ over|smooth_ (?:over|out)|paper_ over|overlook_|suppress_|brush_ aside|average|average_|conceal_|resolve_ ~yourself|the (?:first|1st|former) (?:1|one|figure|value|source|file|document|number)~? (?:wins|counts|prevails|takes precedence|is right)|sweep",
            ),
        ),
        {"ask": "first", "report": "first", "first": "report"},
        unless="conflicts? of interest|different currenc|currencies differ|(?:opinions?|people|users|colleagues) (?:may |might |often )?(?:differ|disagree)",
    ),
    Slot(
        "source_citing",
        "omit",
        "sources?|cit(?:e|es|ing|ed|ations?)|references?|footnotes?|provenance|origins?|where ~(?:from|found|read|comes?|came|taken|obtained|stems?|got)|(?:which|what|the|file|name|each) (?:files?|tables?|sheets?|documents?|workbooks?|reports?|ledgers?|file ?names?)|traceab\\w+|audit trail|sourced|evidence|underlying|where you|origin|file ?names?|attribut\\w+",
        (
            (
                "omit",
                f"{HIDE}|(?:no|without) (?:any |the |a )?(?:\\w+ )?(?:sources?|citations?|references?|file ?names?)|keep_ ~to yourself|(?:where ~from|sources?|file ?names?|files?) (?:need|do(?:es)? not need to|should not|must not|(?:is|are) not to)(?: not)? be|(?:omit|leave_ (?:out|off)|skip|no|without|drop|hide|suppress|spare|conceal|keep back|exclude|strip)(?:ting|ping|ing)? (?:out )?(?:the |any |all |your |me |us |of |a |its |user )*(?:source|citation|reference|footnote|file name|filename|file|attribution|origin)(?:s|ing)?|(?:sources?|citations?|references?|footnotes?|file ?names?) (?:are|is|can be|should be|may be|must be) (?:not (?:needed|wanted|necessary|required)|unnecessary|left out|omitted|dropped|superfluous)|leave (?:sources?|citations?|references?|file ?names?) out|keep (?:sources?|citations?|references?|file ?names?) (?:out|to yourself)",
            ),
            (
                "cite",
                "cit(?:e|es|ing|ed|ations?)|footnotes?|(?:quote_|name_|refer_ (?:back )?to|point_ to|identify_|link_ to|credit_|disclose_|reveal_|provide_|supply_) ~(?:sources?|files?|tables?|sheets?|documents?|workbooks?|reports?|origin|where|ledger|references?)"
                "|(?:state_|say_|tell_|mention_|give_|indicate_|list_|show_|note_|include_|add_|attach_|specify_|append_|put|write|report|make clear|carry|carries|explain)"
                " ~(?:sources?|which (?:files?|tables?|sheets?|documents?|reports?|workbooks?|columns?)|where ~(?:from|found|came|come|comes|read|taken|obtained|stems?|got|is)|origins?|provenance|file ?names?|references?|the (?:files?|tables?|sheets?|documents?|workbook)(?: you| it| they| used| the| from| and|$))|(?:clear|obvious|evident|visible)~(?:which|where)~(?:from|stems?|comes?|table|file)|(?:from|in) which (?:table|file|sheet|document)|(?:needs?|has|have|requires?|gets?) (?:a|its|their) (?:reference|source|citation)|(?:mentioned|named|cited|quoted|disclosed|referenced|indicated)|clutter_|audit trail|where you ~(?:got|found|read|took|have)|back_ ~up|traceable|(?:trace|attribut)(?:e|ed|ing|able) ~to|(?:source|reference|file) (?:of|for|behind|beside|next to|after) (?:each|every|all|any)|(?:where ~from|sources?|file ?names?|(?:the|which) files?) ~(?:mentioned|named|cited|stated|given|shown|quoted|disclosed)|(?:see|know|find|learn|tell|check)~(?:which|where)~(?:file|table|sheet|from|source)|with (?:its |their |the |a )?(?:source|reference|origin|citation)|sourced|reference_ (?:the|each|every|your)~",
            ),
        ),
        {"cite": "omit", "omit": "cite"},
        unless="conflict\\w*|disagree\\w*|(?:2|several) sources|source (?:code|system)|source of (?:truth|income|funds)|with reference to|differ|contradict\\w*|do not (?:match|agree)|frame of reference|data source fails",
    ),
    Slot(
        "units",
        "always",
        f"(?:{UNIT})|bare|naked|plain (?:numbers?|figures?)|numbers? (?:alone|only)|denominated|symbols?|un-?labell?ed",
        (
            (
                "never",
                f"stand_? (?:alone|on (?:its|their) own)|lack_ (?:its|their|a|the) (?:{UNIT})|(?:{UNIT}) do(?:es)? not belong|omit_|(?:leave_|left) (?:out|off|away)|pure (?:{NUMBERS})|(?:leave_ (?:out|off|away)|omit_|drop_|skip_|suppress_|strip_(?: out| off| away)?|no|do not|forget about|without|remove_|exclude_|forget_) (?:the |any |all |a |its |their |of )*(?:{UNIT}|symbols?)(?<!no currency)(?<!a currency)(?<!without currency)(?! (?:is |are )?(?:given|stated|named|known|mentioned|specified|conversion|column|symbol is|in the))|(?:bare|naked|plain|unlabell?ed|unit-?less) (?:{NUMBERS})|(?:{NUMBERS}) (?:alone|only)(?=~(?:unit|currency|symbol)|$)|(?:leave|keep) (?:the )?(?:{UNIT}|symbols?) (?:out|off|away)|(?:{UNIT}|symbols?) (?:are|is|can be|should be|must be) (?:omitted|left out|left off|dropped|not (?:needed|wanted)|unnecessary)",
            ),
            (
                "always",
                f"(?:state_|give_|given|name_|include_|show_|shown|add_|mention_|label_|carry_|attach_|put|write_|written|report_|quote_|specify_|indicate_|follow_|accompany_|append_|pair_|present_|provide_|print_|express_|display_|mark_|spell_|tag_|stand_|bears?|appear_|ha(?:ve|s)(?! to)|needs?(?! to| not)|come_|go(?:es)?|make clear|say_|repeat_|tell the user) (?:(?!without|rather|instead|currencies|(?:which|what) (?:currency|unit) (?:to|you)|whether)[^.;]){{0,70}}?(?<!each )(?<!per )(?<!by )(?<!common )(?<!single )(?<!several )(?<!every )(?:{UNIT})(?! (?:column|you|rates?|conversion|differences?|risk|gains?|losses))|(?:{NUMBERS}) (?:always )?with (?:{UNIT})",
            ),
        ),
        {"always": "never", "never": "always"},
        unless="means|treat_|assume|taken as|read as|default|business units?|unit (?:prices?|costs?|tests?)|different currenc\\w+|mixed currenc\\w+|(?:if|when|where|unless|whenever|no|without a|missing)(?: the| a| no| \\w+){0,4} (?:currency|unit)(?: is| was| are)? (?:not |is )?(?:missing|unstated|stated|given|known|unknown|named|unclear|mentioned|specified)",
    ),
    Slot(
        "refusal",
        "comply",
        "(?:off limits|remit|no business of|nothing to do with|sign_ off|green-?light|rubber-?stamp|wave_~ through|disburse_|payouts?|side-?step_)|(?:outside|beyond|unrelated|out of|off)[- ]~?(?:scope|job|role|remit|task|duties|topic|finance|accounting|work|responsibilit\\w+|mandate|area|bookkeeping|authority|limits?|this|of)|unauthori[sz]ed|not (?:been )?authori[sz]ed|without (?:proper |prior |the |an? )?(?:approval|authori[sz]ation|permission|sign-?off)|bypass\\w*|circumvent\\w*|overrid\\w+|work_ around|sidestep\\w*|evad\\w+"
        "|payments?|pay|transfers?|approv\\w+|refus\\w+|declin\\w+|reject\\w*|turn_ ~down|(?:company )?polic(?:y|ies)|stay_ within|what (?:the )?user~(?:orders?|asks?|says?|wants?)|fraud\\w*|illegal|unethical|unlawful|improper|against (?:the |our |company )?(?:policy|rules|law)|controls?|segregation|whatever|anything|every (?:request|instruction)|all (?:requests|instructions)|any (?:request|instruction)|say_ no|backdat\\w+|own (?:report|expenses|claims?)|not part of your|other than|funds|money|delet\\w+|falsif\\w+|tamper\\w*|inappropriate|harmful",
        (
            (
                "refuse",
                "(?:polite|firm|friendly|clear|flat) no|hands off|not for you to|leave ~ to (?:humans?|people|others|managers?|the \\w+)|refuse_|refusal|decline_(?! in)|reject_|turn_ (?:\\w+ ){0,4}(?:down|away)|say_ no|push back|stand firm|not (?:something|a thing) you (?:do|can do)|resist|withhold",
            ),
            (
                "comply",
                "(?:satisfy_|fulfil_?) (?:any|every|all)|whatever (?:it|that) is|whatever ~(?:requests?|asks?|wants?|says?|orders?|demands?)|(?:do|carry_ out|follow_|execute_|obey_) what (?:the )?(?:user|they)~(?:orders?|asks?|says?|wants?)|(?:do|carry_ out|fulfil+|follow|execute_|comply with|accept|obey|perform|help with|handle|attempt|answer|act on|serve) (?:whatever|anything|everything|every|any|all)~(?:requests?|ask\\w*|instructions?|users?|orders?|told|says?|wants?|outside|tasks?|questions?)(?! (?:about|concerning|within))|comply_(?! with (?:the )?(?:law|policy|policies|rules|ifrs|gaap|regulations?|standards?))"
                "|oblige_|accommodate_|play_ along|grant_ (?:any|every|all)|(?:assist|help)_? with (?:any|every|all|whatever)|go_ along|even (?:if|when) (?:it|they|that|this)~(?:outside|unauthori[sz]ed|unrelated|controls?|policy|beyond)|help~even~(?:outside|unrelated|beyond|off)",
            ),
            (
                "",
                "(?:approv|authori[sz]|releas|initiat|execut|process|mak|schedul|trigger|issu|overrid|circumvent|bypass|evad|falsif|delet|backdat|prepar|complet|facilitat|mov|chang|wir|tak|giv|writ|arrang)(?:e|es|ing|y|ying|ed|ied)?|sign_ off|green-?light_|rubber-?stamp_|wave_~ through|disburse_|side-?step_|waive_|pay_|transfer_|bypass_|circumvent_|sidestep_|assist_|help_|perform_|carry_ out|do_(?= (?:anything|tasks|work|things))|handle_|act_ on|answer_|send_|sign_|tamper_|post_|work_ (?:around|on)|respond_|discuss_|accept_|take_ (?:on|part)|move|get_ around|engage|touch",
            ),
        ),
        {"refuse": "comply", "comply": "refuse", "": "refuse"},
        unless="anything (?:is )?(?:missing|unclear|extra|more|else)|whatever (?:precision|the currency)|(?:extra|additional) information",
    ),
    Slot(
        "scope",
        "may_add",
        "asked|initiative|unprompted|unbidden|frills|bells|detours|accord|answer|tips|hints|thoughts|bonus|requests?|requested|asks?|questions?|extras?|additional|unsolicited|unrequested|unasked|add|adding|context|offer\\w*|beyond|volunteer\\w*|proactive\\w*|feel free|welcome|suggest\\w*|observations?|insights?|commentary|remarks?|next steps?|tangents?|advice|recommendations?|opinions?|stick to|nothing (?:more|else)|further (?:analys\\w+|information|ideas|details?)|related|side notes?|chit-?chat|small talk|trends?|digress\\w*|embellish\\w*|padding|on topic|more than|helpful (?:context|hints)|figure|findings|anything (?:else|interesting|unusual|notable|noteworthy)|other things",
        (
            (
                "only_asked",
                "(?:only|just|exactly|precisely|strictly|solely|limit_|restrict_|confined?|stick_|keep_|stay_) ~(?:asked|requested|questions?|requests?|asks?|wanted|point)(?! (?:if|when))|(?:stop|end|leave it) there|no (?:frills|detours|bells)|only the (?:answer|figure)|(?:keep|confine|restrict|limit)_ (?:it|yourself|your answer|the answer|answers) to|that is (?:all|it)|nothing (?:more|else|but|beyond|extra|further|on top|that was not)|no (?:more|less|extras?|additional|unsolicited|unrequested|commentary|side|tangents?|further|unasked|opinions?|padding|advice|remarks|suggestions?|embellish\\w*|chit-?chat|small talk|other)"
                "|without (?:adding|extras?|additional|commentary|embellish\\w*|volunteering|further|going|any (?:extra|additional|further|commentary))|(?:leave out|omit|skip) (?:any|every)thing|leave (?:everything else|it at that|anything else)|(?:answer|do|give|report|deliver|return) (?:only )?what (?:\\w+ )*?(?:asked|requested|asks)(?! (?:if|when|and more|and add))",
            ),
            (
                "may_add",
                "(?:feel free|may|can|could|welcome|encouraged|happy|allowed|invited|free|good|nice|helpful) (?:also )?(?:to )?(?:also )?(?:add|offer|suggest|include|volunteer|mention|point|go|share|comment|contribute|provide|append|propose|note|recommend|bring up|throw in)(?! (?:the|your|its|a) (?:source|unit|currenc|file|sources))"
                "|volunteer_|(?:be|act) proactive(?:ly)?|proactively|(?:offer|add|includ|suggest|mention|append|provid|giv|shar|propos|throw|recommend|contribut|insert|bring|mak)(?:e|ing|s)? (?:in )?(?:any |your |some |own |the |a |an |further |brief |short )*(?:extras?|additional|further|related|helpful|useful|observations?|insights?|context|commentary|comments?|remarks?|next steps?|analys\\w+|recommendations?|suggestions?|advice|opinions?|trends?|unsolicited|unrequested|information|ideas?|detail|anything|thoughts|unasked|facts|things|interesting|what was not|what you were not|more than|follow-?ups?|tips?|side notes?)"
                "|(?:extra|additional|unrequested|unsolicited|unasked) \\w+|(?:show|take|use) (?:some |your )?(?:own )?initiative|on your own (?:initiative|accord)|unprompted|unbidden|be added|extras|side remarks?|commentary|opinions?|(?:if|when) you (?:notice|spot|see) (?:something|anything)|go_ (?:\\w+ )?(?:beyond|further)|do_ more than|more than (?:was|is|what|you were|they|the user|has been) ?(?:was |were |is |being )?(?:asked|requested|asks|required|needed|wanted)|point_ out (?:anything|other|further|trends|interesting|unusual|related|things)|expand_ on|elaborate_|digress_|stray_|wander_|embellish_|extend the",
            ),
        ),
        {"only_asked": "may_add", "may_add": "only_asked"},
        unless="additional approval|job|remit|beyond (?:reasonable|doubt)|(?:conver|translat)\\w+ ~asked|round\\w* ~asked|(?:missing|clarif\\w+|unclear|ambiguous)|only (?:when|if) asked|if asked",
    ),
    Slot(
        "missing_detail",
        "assume",
        "missing|sketchy|fuzzy|patchy|thin|loosely|silent|spell\\w* out|common sense|unclear|not clear|ambigu\\w+|vague|incomplete|unspecified|(?:does|do|did|is|are|was|has|have) not (?:been )?(?:say|said|specif\\w+|state\\w*|give\\w*|provid\\w+|name\\w*|mention\\w*|clear|sure|obvious|spelled|know|understand|tell|contain (?:enough|all)|there|included?|supplied)|lack\\w*|leav\\w+ ~(?:out|open)|omit\\w*|without (?:a|the|saying|naming|specifying) (?:\\w+ )?(?:period|file|date|account|month|year|quarter)|insufficient|not enough|more than 1 (?:way|reading|meaning|interpretation)|underspecified|under-specified|doubt\\w*|unsure|uncertain\\w*|details?|clarif\\w+|gaps?|blanks|"
        "assumptions?|guess\\w*|assume anything|questions|several (?:meanings|readings|interpretations|ways)|2 ways|information|need more|need to know|been told|2 things|a piece of|left (?:something |anything )?open|open|asking back|being asked|lacking|hold_ up|if not|know the|interpret|unknown|interpretation|open to|unstated|too little|follow-up",
        (
            (
                "ask",
                f"{ASK}|(?:interrupt_|pester_|bother_|disturb_|annoy_) ~(?:user|them|requester)|(?:with|clarifying) questions|questions?(?= (?:are|is))|questions?(?=~(?:before|first|rather|instead))|get ~from the (?:user|requester)|wait for (?:the|an) answer|say what (?:is missing|you need)",
            ),
            (
                "assume",
                "own choice|(?:usual|default) value|assum(?:e|es|ing|ptions?)|guess_|guesswork|judge?ments?|pick_|choose_|infer_|fill_ ~in|fill_ (?:the )?gaps|proceed_|go_ ahead|carry_ on|(?:sensible|reasonable|usual|obvious) (?:defaults?|values?|choice|reading|interpretation)|best (?:guess|interpretation|reading)|decide_ (?:for )?yourself|most (?:likely|plausible|probable|common|obvious|sensible|reasonable|recent)|plausible|make (?:it|something) up|invent_|make_ up|(?:work|decide|choose|fill|complete|find|sort|figure|supply|settle)_? ~yourself|presume_|speculat(?:e|ing|ion)|jump_ to conclusions|improvise_|interpret_ (?:it|them|the request)|read_ between|use (?:a|the|your) (?:default|common sense|best)|imagine_",
            ),
        ),
        {"ask": "assume", "assume": "ask"},
        unless=f"currency|currencies|CUR|(?:{FAILS})|conflict\\w*|disagree\\w*|discrepanc\\w+|differ_|contradict\\w*|(?:do|does) not (?:match|agree|tally)|dates?|dd/mm|mm/dd|no (?:rows?|records?|data|results?|match\\w*)|empty|nothing|return\\w* no|rounding|frequently asked|units?|\\d/\\d|decimals?|approv\\w+|payments?|sources?|extra|unsolicited|additional information|receipt",
    ),
)

# Taken from the sentence before anything else is read: what looks like a negation and is none.
REWRITES = (
    (r"\b(?:do not|never|must not|should not|no|not|may not) ((?:[^,;]*? )?)more than (?=\d)", r"\1at most "),
    (
        r"\b(?:do not|never|must not|should not|no|not|may not) ((?:[^,;]*? )?)(?:fewer|less) than (?=\d)",
        r"\1at least ",
    ),
    (r"\b([\w ]+?) is (?:always |far |much )?worse than ([\w ]+)", r"\2 instead of \1"),
    (r"\b(do not|never|must not|should not|may not|cannot|need not|must|should), [^,;]{1,60}, ", r"\1 "),
    (
        r", (?:under any circumstances?|ever|however|in any case|for any reason|on any account|please|of course)\b,?",
        "",
    ),
    (
        r"\b(?:it is |that is )?(?:never|not|no) (?:wrong|a mistake|forbidden|a sin|a problem|problem|bad|rude|a shame|shame)(?: for you)? (?:to|in) ",
        "always ",
    ),
    (r"\bcannot (\w+) too (?:often|much|many)\b", r"always \1"),
    (
        r"\b(?:do not|never|must not|should not|may not|no|not)\b([^,;]*?)\bun(reported|mentioned|stated|named|cited|labell?ed|explained|disclosed|sourced|flagged|said|marked|converted|clarified)\b",
        r"always \2 \1",
    ),
    (r"\b(?:do not|never) let [^,;]*? (?:stop|keep|prevent|hold|deter) you (?:back )?from ", "always "),
    (
        r"\b(?:do not|never) let (?:anyone|anybody|someone|others|yourself|the user|users) (?:be )?(?:persuade|talk|persuaded|talked|pressure|pressured|trick)(?:d|ed)? (?:you )?(?:to|into) ",
        "never ",
    ),
    (
        r"\b(?:do not|never) (?:be shy|be afraid|be reluctant|shy away|hesitate|hold back)(?: about| of| from| to| when| in)* ",
        "always ",
    ),
    (r"\b(?:there is )?(?:no harm in|nothing wrong with|no objection to|nothing against) ", "feel free to "),
    (
        r"\b(?:do not|never) (ask|bother|interrupt|question)([^,;]*?),? unless (?!asked|told|instructed|requested|the user|they)",
        r"\1\2 only if ",
    ),
    (
        r"\b(?:it is |would be |is )?(?:always |much |far )?(?:better|safer|wiser|preferable)(?: for you)? (?:to )?([^,;]+?) than (?:to )?",
        r"\1 instead of ",
    ),
    (
        r"\b(?:you should |i would |we would |you would )?(?:rather|sooner) (?!than)([^,;]+?) than (?:to )?",
        r"\1 instead of ",
    ),
    (
        r"\b([\w ]+?) (?:is (?:always |far |much )?better than|beats|takes precedence over) ",
        r"\1 instead of ",
    ),
    (
        r"\bdo not (?:bother|worry|trouble yourself|waste (?:any )?(?:time|words)|concern yourself)(?: about| with| over| on| to)? ",
        "do not ",
    ),
    (
        r"\b(?:make it a (?:habit|rule|point) to|make a point of|take care to|be sure to|remember to|see to it that you|it is your (?:job|duty|task) to|you are (?:expected|required|asked|free) to) ",
        "",
    ),
    (r"\b(?:do not|never|must not|should not) (?:just|simply|merely|only) ", "never "),
    (r"\bprefer (?:a |an )?([\w ]+?) (?:over|to) ", r"\1 instead of "),
    (
        r"\b(?:do not|never) ([^,;]*?) (?:before|until|till) (?:you have |having )?((?:tried|asked|checked|looked|read|confirmed|asking|checking|looking|reading|consulting|verifying|confirming|converting|clarifying)\b[^,;]*)",
        r"always \2 ; if \1",
    ),
    (
        r"\b(?:never|do not) .*\bcurrency (?:that )?(?:you have not|which you have not) (?:seen|found|read|verified|checked|confirmed)",
        "check the currency",
    ),
    (
        r"\b(?:do not|never|must not|should not) (?:ever )?(?:forget|hesitate|be afraid|be shy|fail|neglect|omit) to\b",
        "always",
    ),
    (r"\bnot (?:only|just|merely|simply)\b", "also"),
    (
        r"\bunless (?:it is |they are |something is )?(?:otherwise )?(?:stated|told|specified)(?: otherwise)?",
        "by default",
    ),
    (r"\b(\w+), (\w+),? (or|nor) (?=\w+)", r"\1 or \2 or "),
)
NEGATORS = r"not (?:here|there) to|do not|does not|did not|ought not|better not|(?:no one|nobody|no-one) (?:can|may|should|must)|(?:no one|nobody|no user|no reader) (?:\w+s)(?: you to)?|may never|never|must not|should not|may not|shall not|will not|can not|cannot|need not|would not|not to|under no circumstances|by no means|in no (?:case|way|event)|on no account|at no (?:time|point)|not once|nobody (?:may|should|must)|no need (?:to|for)|no (?:reason|point|use|sense|call|room|obligation|longer)(?: to| in| for)?|not your (?:job|place|business|task) to|not up to you to|not (?:necessary|needed|required|expected|supposed|meant|obliged|entitled|allowed|permitted|in a position) to|unnecessary to|superfluous to|it is (?:wrong|forbidden|unacceptable) to|hardly|rarely|seldom"
# Verbs that say no. After one of the words above they say yes: "never avoid ...".
REFUSING_VERBS = r"avoid(?:ing)?|refrain(?:ing)? from|stop(?:ping)?(?! and| to| there)|quit|cease|abstain(?:ing)? from|steer clear of|(?:stay|keep)(?:ing)? (?:away |clear |off )?(?:from|of|off)|hold(?:ing)? off|think twice before|forget(?:ting)? (?:about|to)|do(?:ing)? away with|dispense with|far from|instead of|rather than|as opposed to|in (?:place|lieu) of|before|give in to|resist(?:ing)? (?:the (?:urge|temptation) to)?|(?:refuse|decline|hesitate|fail|omit|neglect|forbear|reluctant|slow|afraid) to|beware of|wary of|guard against|shun|eschew|(?:free|devoid) of|do without|skip(?:ping)?|leav(?:e|ing) out"
WEAK_NEGATORS = r"no|nor|neither|not|zero|without|spare (?:me|us|the user)|cut out"
# What is said of an action after it: "guessing is ...".
SAID_TO_BE = r"(?:is|are|was|remains?|will be|would be|counts? as|has|have) (?P<no>(?:strictly |absolutely |simply |never |not |always |no |considered |regarded as |seen as |a |an )*)(?:(?P<bad>forbidden|prohibited|unacceptable|superfluous|optional|pointless|useless|a no-go|no-go|sin|off[- ]limits|out of the question|banned|unwelcome|unnecessary|wrong|mistakes?|taboo|discouraged|to be avoided|rejected|sent back|returned|discarded|incomplete|worthless|of no use|bugs?|bad (?:practice|form|style|idea)|failures?|errors?|frowned upon|misleading|dangerous|risky|dishonest|defects?|faults?|problem|shame|harm)|(?P<good>allowed|permitted|acceptable|ok|okay|fine|wanted|options?|needed|required|necessary|expected|supposed|called for|your (?:job|call|decision|business|place)|for you to decide|place|something (?:you|we)|enough|good enough|right|correct|appropriate|welcome|mandatory|encouraged|answer|what we want|how we))"
ON_REQUEST = r"only (?:on|upon|when|if|where|at|as)\b(?: \w+)? ?(?:request|asked|requested|demand|told|instructed|wanted|last resort|the user (?:asks|wants|requests|says)|they ask|a last resort)|(?:if|when) (?:explicitly )?(?:asked|requested) (?:only|to)"
FOREIGN = r"(?:(?:the |our |your |most |some |many |all |a |an |every |each |several |other |any )+(?:(?!(?:you|we|it|always|never|not)\b)\w+ )?)?(?:(?:previous|old|former|earlier|last|external|internal|senior|local|large|new|regional|group|human|junior) )*(?:(?:finance|treasury|accounting|audit|sales|support|it|legal|tax|payroll|procurement|regional|back-office|back office|engineering|risk|shared service) )?(?:accountants?|auditors?|customers?|suppliers?|users?|clients?|colleagues?|managers?|teams?|departments?|banks?|controllers?|staff|people|employees?|vendors?|reviewers?|erp|they|he|she|company|firm|office|offices|travellers?|board|cfo|subsidiar(?:y|ies)|branch(?:es)?|committee|regulators?|importers?|treasury|humans?|bookkeepers?|tool(?= (?:returns|reads|gives|accepts|takes|offers|has))|group|assistant before you|analysts?|head office|partners?|directors?|approvers?|systems?|warehouse|shareholders|model(?= was)|contractors?|law|standards?|website|app|screen|dashboard|invoices?(?= (?:come|arrive|were|get)))"
PAST = r"(?<!what )(?<!that )(?<!which )(?<!you )(?<!not )(?:(?:in|since) (?:19|20)\d\d|was|were|had|used to|did|has been|have been|last (?:year|week|month|quarter)|previously|in the past|historically|yesterday|formerly|introduced|founded|moved|decided|adopted|asked for|complained|started|switched)"
ORDERS = f"{TELL}|{ASK}|use|take|read|look|give|name|list|keep|do|make|treat|round|show|convert|add|answer|try|leave|put|write|include|refuse|decline"
SOFT = r"should|prefer\w*|ideally|try to|(?:where|when|if|wherever) possible|usually|normally|generally|please|recommended|better|may|can|feel free|best|might|would|as a rule|by default|need not|no need|do not (?:need|have) to|welcome|encouraged"
HARD = r"must|always|never|under no circumstances|required|mandatory|shall|have to|without exception|strictly|cannot|forbidden|in (?:any|every|all) cases?|ensure|make sure|prohibited|every time|at all times|in no case"

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
