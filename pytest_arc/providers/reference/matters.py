"""The words in which prompts settle the twelve matters: topics and acts, in the notation of `wording`.

The text they are held against is in lower case, without articles and possessives, with contractions written out,
number words as digits, every currency as `cur_eur`, and literal dates as what they show (`dayfirstdate`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from pytest_arc.providers.reference.wording import compile_phrases

__all__ = ["LISTS", "SLOTS", "Slot", "search"]

LISTS: Mapping[str, str] = {
    "PERSON": """user/users/user's/requester/requestor/sender/asker/client/customer/person/people/controller/owner/contact
        buyer/vendor/manager/approver/submitter/author/claimant/them/him/her/whoever/somebody/someone/reader/colleague/human
        originator/initiator/employee/writer/department/supplier/boss/team/treasurer/traveller/they/he/she/staff/caller""",
    "USER": "PERSON, account/budget/cost/invoice/ticket/data/file/request/report/vendor's/process PERSON",
    "THING": "it/this/that/these/those/them/matter/point/issue/question/decision/choice/call/case",
    "MONEY": """amount/amounts/figure/figures/number/numbers/total/totals/value/values/sum/sums/result/results/balance/balances
        answer/answers/price/prices/quantity/quantities/subtotal/subtotals/cost/costs/measurement/measurements/percentage/column/columns/line/lines/bill/bills/money/every""",
    "UNNEEDED": """be_ not/neither needed/required/necessary/wanted/mandatory/welcome/called, need/needs not, be_ unnecessary/superfluous/unwanted/unwelcome/optional/pointless/redundant/clutter, do/does not belong, not needed/required/wanted, have no place/business, only get in way, can/may/should/must/to be omitted/dropped/skipped, only named/given/on request, be_ only""",
    "NEEDED": """be_ needed/required/mandatory/compulsory/obligatory/essential/necessary, be_ not/never optional, must be there, have to be there, be_ must""",
    "SEVERAL": """different/several/multiple/various/differing/distinct/mixed/2/3/many/both/unlike/separate/all/mixing/foreign/other/across/between (foreign/of) currency/currencies, more than 1/single currency, another/foreign/unlike/second currency
        mix/combine/span/cross/straddle/blend/merge/add/sum_ ... currencies, currencies ... differ/vary/mix/mixed/different, different/unlike denomination/denominations, multi-currency, cross-currency, foreign MONEY/money/balances/invoices/items, per/by currency, for each/every currency, common/single/reporting/base/home/group/group's/target currency, mixed currencies, currencies apart""",
    "UNIT": """unitmark, unit/units/currency/currencies/denomination/denominations/symbol/symbols
        currency/unit/money symbol/symbols/code/codes/sign/signs/name/names/label/labels/marker/markers/tag/tags/abbreviation/suffix, CUR sign/signs/symbol""",
    "DATA": """data/file/files/record/records/column/columns/sheet/sheets/table/tables/header/headers/ledger/ledgers/source/sources
        row/rows/document/documents/workbook/contents/export/invoice/invoices/metadata/field/itself/themselves/book/books/database
        statement/attachment/spreadsheet/entry/entries/import""",
    "ASK": """ask/asks/asking, be/is/are/been asked, have/has/having asked, enquire_, inquire_, clarif*, clear_ ... up, query_ (it/this/that/them) (with) USER, query_ it/this/that, consult_ ... USER
        check/confirm/verify/agree/settle/discuss/clear/double-check_ ... with USER, check_ back, confirm_, ring_ back, double-check_
        come/go/get/turn/revert/refer/write/report/hand/send_ ... back to/with USER, go/come/get_ back, come back with question/questions
        turn/speak/talk/apply_ to USER, reach_ out, follow_ up with, put_ ... to USER, put_ THING to, refer_ THING to
        put/pose/raise/send/return/address/direct_ ... question/questions/query/queries, question/questions/query to USER, question/questions back, question/questions 1st/first
        find/get/obtain/learn/hear/elicit_ ... from USER, find_ out which/what ... USER mean/means/meant/want/wants, find_ out which/what 1 is meant
        request_ missing/further/more, get/seek/obtain/request/await/need/require_ ... confirmation/decision/ruling/instruction/instructions/guidance/input/answer/go-ahead/say-so
        get_ USER to, let/have/make_ USER ... decide/choose/pick/say/tell/confirm/specify/settle/rule/select/determine/supply/provide/name/judge
        USER decide/decides/chooses/rules/picks, USER ... call/choice/decision, decision/choice/call ... USER/user's/requester's
        leave_ ... to USER, left to USER, up to USER, hand_ ... to USER, defer_ to USER, wait_ for ... answer/reply/decision/USER
        request_ it/them/this/that/more/further/missing, request_ ... detail/details/information/specifics, follow-up/clarifying question/questions
        USER ... has/have told/said/confirmed/answered/decided/ruled/chosen/named/specified/supplied/provided/clarified/replied/explained
        USER has/have/must/needs/should to supply/provide/specify/name/state/tell/choose/decide/confirm, USER must/should supply/provide/specify/choose/decide/confirm
        get_ it/them/that/this clarified, probing, prob/probe_, is question, reply is ... question, as question, only USER can tell/say/know, USER knows, say-so, USER wish/wishes/preference""",
    "TELL": """say/says/saying/said so/that/which/what/plainly/clearly/nothing/there/it, say/says/saying, be/is/are said, tell_, report/reports/reporting, be/is/are/been/get reported, inform_, let ... know, make_ ... aware, notif*, alert_, mention_, state/states/stating
        be/is/are stated, explain_, flag_, admit_, disclos*, surface_, surfaced, point_ ... out, acknowledg*, raise_, escalate_, announce_, warn_, highlight_
        burden/bother/trouble/pester/worry/alarm_ USER, be open/upfront/honest/transparent/clear/explicit/plain/frank/candid/straight, make_ (THING) (very/quite/perfectly) clear/plain/known/explicit/visible/public, make_ no secret, make_ note/plain
        note/notes/noting, be/is/are noted, call_ ... out, draw_ ... attention, bring_ ... attention, attention, communicat*, own_ up, owning up, spell_ ... out, declare_
        come_ clean, bring_ ... up, pass/hand_ ... on, pass/hand_ ... along, relay_, indicat*, describe_, hear/hears/heard about/of, learn_ of/about, must/should/has/needs/ought (to) learn/know/hear/see, remark_ on, comment_ on
        add/include/leave/with/insert_ ... note/remark/caveat/warning/comment/notice, distinguish_, tell ... apart, convey_, document_, leave_ no doubt, into open, to light, worth sentence/word/note/mention/mentioning
        advise USER, let ... see, be in picture, word about, confess_, concede_, reveal_, bring_ ... into open, message, put_ ... on record, speak_ up, belong/belongs in answer/reply, give_ notice, broach_""",
    "HIDE": """hide_, conceal_, gloss_ over, paper_ over, smooth_ over, cover_ ... up, brush_ ... aside, sweep_ ... under, sweep_, swept, suppress_, swallow_, mask_, disguise_, bury, buried, burying
        keep_ ... from USER, keep_ ... to yourself, keep_ quiet/silent/secret/mum, withhold_, overlook_, ignore_, quietly, silently, in silence, pass_ over, turn_ blind eye, shrug_ off, play_ down, wave_ away
        unmentioned, unreported, unsaid, unremarked, unannounced, unexplained, unflagged, unnoticed, undisclosed, untold, without comment/comments/mention/remark/word/telling/saying/fuss, no comment
        stay_ silent, remain_ silent, say_ nothing, no word, disregard_, pass_ in silence, leave_ (it/them) out, left out, in dark, wondering, drop_ subject, blank answer, silence, spare USER, as if nothing, blank reply""",
    "MISSING": """missing, absent, absence, unstated, unspecified, unknown, unclear, unlabelled, unlabeled, unmarked, undeclared, unnamed, silent, lack/lacks/lacking/lacked, without, bare, sketchy, vague, ambig*, incomplete, doubt*, uncertain*
        unsure, insufficient, underspecified, under-specified, thin, open, omit*, leave/leaves/left/leaving ... out/open/off/unsaid/blank, left ... off, drop/drops, not enough, too little, not (been) MENTIONED, nothing MENTIONED, no word of, fail/fails to MENTIONED
        nobody ... MENTIONED, nowhere MENTIONED, cannot tell, could mean, can mean, blank, not clear/sure/obvious/certain/known/evident, no/none/neither currency/denomination/unit/indication/marker/sign/currency/period/date/year/quarter/account/deadline/detail/details/information/such/MENTIONED/CUR/file/label
        otherwise, by default, default, unless ... MENTIONED, know not, do not know, no idea""",
    "MENTIONED": """say/says/said/saying, state/states/stated/stating, name/names/named/naming, mention/mentions/mentioned, give/gives/given, specif*, show/shows/shown, indicat*, provide/provides/provided, suppl*, told/tell/tells, attached, clear, know/known, carry/carries/carried
        labelled, marked, identified, spelled/spelt out, learn/learned, included/include/includes, quoted, come with, contain/contains, come/comes with, there, noted, recorded, declare*, set, present, bear/bears""",
    "FAIL": """fail/fails/failed/failing/failure/failures, error/errors/errored/erring, errors out, time/times/timed/timing out, time-out/time-outs, timeout/timeouts, unavailable, broken, break/breaks/broke (down), crash_, goes/go/went/gone wrong, is/are/goes/be down/offline, unsuccessful, exception/exceptions
        malfunction*, hang/hangs, unreachable, does/did/will/cannot not respond/work/answer/reply/succeed/deliver/return/cooperate/run/load/open, TOOL do not respond/work/answer/reply/succeed/deliver, not responding/working/available/reachable, not succeed, that do/did not work/answer/respond, refuse/refuses to open/start/load/work/run/cooperate/answer/respond, act/acts up, choke/chokes, stumble/stumbles, glitch/glitches, hiccup/hiccups, outage/outages
        let/lets (you) down, interrupted, have/has/hit/hits/run/runs (into) problem/trouble/snag/wall/trouble, breakdown/breakdowns, problem, conk/conks out, dead, without (an) answer/reply/response, unresponsive, flaky, no answer/response/reply/result from, cannot be reached/used/called, trips, throw/throws/threw, gives/give up ghost, go/goes/going bad, defective, out of order/service/reach""",
    "TOOL": """tool/tools, call/calls, function/functions, query/queries, api, lookup/lookups, look-up/look-ups, service/services, system/systems, database, data source, calculator/calculators, spreadsheet, request/requests, analyser, analyzer, operation/operations
        server/servers, connection/connections, step/steps, endpoint, fetch, backend, search, converter, feed, connector, job, something, attempt/attempts, command, it, interface, report, execution, plug-in, integration""",
    "ASSUME": """assum*, presum*, suppos*, guess*, default/defaults/defaulting to, take/taking ... granted, invent_, made up, make/makes/making ... up, speculat*, jump_ to, conjectur*, imagin*, surmise_, infer_""",
}


@cache
def search(phrases: str) -> re.Pattern[str]:
    """Compile phrases that may name the lists of this module."""
    return compile_phrases(phrases, LISTS)


class Slot(NamedTuple):
    """One matter that a prompt can settle."""

    name: str
    default: str
    """What an inattentive model does when the prompt does not say."""
    topic: str
    """The sentence must speak of this."""
    acts: tuple[tuple[str, str], ...]
    """(value, phrases), the more telling first. An empty value only means something when it is forbidden."""
    opposites: Mapping[str, str]
    """What is meant when the value is forbidden; what is not here leaves the matter open."""
    unless: str = ""
    """The sentence must not speak of this."""
    masks: str = ""
    """A "no" in these words is part of the topic and forbids nothing."""
    yields: tuple[str, ...] = ()
    """Says nothing where the same words settle one of these matters."""
    needs: Mapping[str, str] = {}  # noqa: RUF012 (never changed)
    """Value -> what the sentence must also speak of."""


_SITUATIONS = ("mixed_currencies", "unstated_currency", "tool_failure", "conflicting_data", "empty_result")

SLOTS = (
    Slot(
        "date_order",
        "month_first",
        """date/dates, dayfirstdate, monthfirstdate, slashdate, daymonth, monthday, yearmonthday, isodate, day-first, month-first, day before/then/precedes/or/and month, month before/then/precedes/or/and day
        ddmm, mmdd, day ... month, month ... day, dmy, mdy, ymd""",
        (
            ("", "assume_ (order/format), ASSUME, pick_, settle_, decide_, gamble_, guess* at, flip_ coin, take_ chance/chances, choose_"),
            ("ask", "ASK"),
            ("iso", """iso, iso 8601, iso-8601, 8601, ymd, yyyy-mm-dd, yyyymmdd, isodate, year first/1st, year-first, yearmonthday
            international standard/format/notation, year ... first/leads/front/1st, year goes/comes/is, begin/start/open/lead_ with year"""),
            ("day_first", """dayfirstdate, ddmm, day-first, day first/1st, day-month*, daymonth, dmy, day before/precedes/ahead/then month, day in front of month, day ... (comes/goes/is/stands/leads/written) first/1st/before/leads
            first/1st/leading number/figure/part/digit/digits/pair/element/component/field/group/value/position/slot/2 ... day, lead_ with day, day leads/lead, begin/start/open/lead_ ... day, put_ day first/1st/before, day ... ahead of month, day comes/goes before
            european, europe, continental, british, uk, britain, english way, month is second/2nd, second/2nd number/figure/part/pair/digits ... month, month ... second/2nd/after/follows, little-endian, day is 1st"""),
            ("month_first", """monthfirstdate, mmdd, month-first, month first/1st, month-day*, monthday, mdy, month before/precedes/ahead/then day, month in front of day, month ... (comes/goes/is/stands/leads/written) first/1st/before/leads
            first/1st/leading number/figure/part/digit/digits/pair/element/component/field/group/value/position/slot/2 ... month, lead_ with month, month leads/lead, begin/start/open/lead_ ... month, put_ month first/1st/before, month ... ahead of day
            american, america, us, united states, u.s, us-style, stateside, second/2nd number/figure/part/pair/digits ... day, day ... second/2nd/after/follows, day is second/2nd"""),
        ),
        {"day_first": "month_first", "month_first": "day_first", "": "ask"},
        unless="""up to date, date back, deadline, out of date, update/updates, per diem, working/business day/days, day/days of next/following, posting/value/due date is/are, closing calendar, date format strings""",
    ),
    Slot(
        "rounding",
        "2",
        """round_, roundings, unrounded, decimal/decimals, decimal place/places, place/places, digit/digits, precision, cent/cents, penny, pennies, pence, whole, integer/integers, exact, exactly, precisely, nearest, fraction/fractions, fractional, truncat*
        dp, hundredth/hundredths, full CUR, approximat*, tenth/tenths, thousandth/thousandths, point, significant, unit accuracy, to last, every digit, ballpark, trailing""",
        (
            ("n", """N decimal/decimals/dp/places/place, N decimal/fractional/fraction digit/digits/place/places/figure/figures/number/numbers, N digit/digits/place/places/figure/figures/position/positions/number/numbers behind/after/past/following/right, N digit precision
            N digits to right, single decimal/digit, decimals at N, give/show N (instead/here/then), use/want/make_ (it) N, N-decimal, N-digit, N of them, carry/carries N, N are, N suffice, N only, N will"""),
            ("2", """nearest cent/penny/hundredth/pence, to/at/down cent/penny/cents/pence, down to cent/penny/cents/pence, hundredth/hundredths, cent/penny accuracy/precision, cent/cents/pence/pennies must/should/be/is/are (be) shown/included/kept
            show/keep/include/with/have/has/carry/state/quote_ cents/pence/pennies, keep/show_ both decimals, both decimals, CUR and cents, cents and all, cents too"""),
            ("1", "nearest tenth, tenth/tenths"),
            ("3", "nearest thousandth, thousandths"),
            ("exact", "decimals untouched/intact/alone, keep/all/every (all/every) decimals/decimal/digit/digits"),
            ("whole", """cut/drop/remove/ignore/discard/chop/strip/lose_ (off) ... after point/decimal/comma, whole number/numbers/unit/units/amount/amounts/figure/figures/CUR/currency, whole ... units/CUR, nearest/closest (whole/full) CUR/unit/integer/number/one/1, nearest full/whole, integer/integers
            no/zero/0 decimal/decimals/cents/pence/fractions/fraction/fractional/pennies, no decimal places/digits, without (any) cents/decimals/pence/fractions/pennies, without decimal places, forget/drop/omit/skip/leave/lose/strip/discard/hide/cut/remove_ (off/out/away/about) (any/all) cents/decimals/pence/fractions/pennies
            cents/decimals/pence/pennies ... dropped/omitted/cut/discarded/removed, cents/decimals/pence off/out, cents/decimals/pence/fractions be_ not (to) (be) shown/needed/wanted/kept/printed/displayed/required/given, decimals/cents UNNEEDED, full CUR, full units, round CUR/number/numbers, without fractional"""),
            ("exact", """unrounded, full precision, maximum precision, whatever precision, complete precision, decimals untouched/intact, as many decimals/digits, all/every (of) decimal/decimals/digit/digits, all decimal places, every decimal place, exact MONEY, exactly as, precisely as, exactly what, MONEY exactly, to last digit/decimal/cent
            last digit/decimal, as (it/they) stored/calculated/computed, MONEY exact, stay/be/keep/stays exact, untruncated, leave MONEY as, to full precision, digit for digit, verbatim, down to last, exact, same precision, exactly"""),
            ("", "give/show/use/keep/report/print/display_ ... decimals/cents/pence/decimal/digits"),
            ("round", "round_ (off/up/down), truncat*, approximat*, cut_ digits, shorten_, cut/chop/trim/shave/lop_ ... digit/digits/decimals, simplify_ MONEY, estimate MONEY, ballpark"),
        ),
        {"round": "exact", "": "whole", "n": "", "whole": "", "2": "", "1": "", "exact": ""},
        unless="""round of, round trip, round-trip, round table/tables, year-round, second round, exact date/name/spelling/wording, exact sciences, decimal comma/separator/separators, whole team/company/group/question/year/month, tax point, point of, to point, same place, have no place, tables are
        point out, in place, places order, to be exact, exact location/address/place/time, precision scales, exactly what USER, asked/requested, exactly that, rounded values ... suppliers, payment rounds""",
    ),
    Slot(
        "mixed_currencies",
        "add",  # as if they were one currency
        """different/several/multiple/various/differing/distinct/mixed/other/2/3/many/both/unlike/separate/all/mixing/varied/2+ (of) (foreign) currency/currencies, more than 1/single currency, another/foreign/unlike/second currency, mix/mixes/mixing/combine/combines/span/spans/cross/crosses/straddle_ ... currencies, currencies differ/vary/mix
        currencies ... mixed/different/differ, different denomination/denominations, unlike denomination/denominations, differently denominated, foreign-currency, mixed bag, foreign MONEY/money/balances/invoices/items/expenses, multi-currency, multicurrency, cross-currency, across/between/by/per/each/every currencies/currency, 1 currency per
        common/single/1/same/reporting/base/home/group/group's/target currency, 1 reporting currency, reporting/base/home/group currency, convert_, conversion/conversions, exchange rate/rates, CUR and/with/to/plus/or/into/against/beside CUR, CUR ... and/plus/with/or CUR, fx rate/rates, currencies, mixed, foreign currency, own currency, CUR MONEY and CUR, CUR on 1""",
        (
            ("", "add/adding/added/adds (up/together), sum/sums/summing/summed (up), total/totals/totalling/totaling/totalled, combin*, mix/mixing/mixes, be_ (never/not) mixed, been mixed, merge_, aggregat*, lump_, net/netting/netted, blend_, pool_, belong/belongs ... 1, put_ ... together, 1 figure, throw_ together, run_ together, roll_ up, tally_"),
            ("ask", "ASK"),
            ("separate", """separate, separately, individually, apart, per/by currency, for each/every currency, each/every currency ... own/gets/has/separate/separately/line/total, in each, 1 for each, own total/totals/subtotal/line/lines/row/column/section/figure, in own (original) currency/currencies, subtotal/subtotals, side by side
            original currency/currencies, split_ ... currency/currencies, break/broken down by currency, unmixed, unconverted, as it/they are/is/stand, column/line/row/total/figure/list/section/1 for each, 1/line/total per currency, 1/2 currency/currencies 1/2 total/totals, distinct totals, untouched, 1 currency 1 total, 2 currencies 2 totals, only contain 1 currency
            1/2/3 total/totals, as many totals, grouped by currency, group_ ... by currency, next to each other"""),
            ("convert", """convert_, conversion/conversions, translat*, restate_, restated, harmoni*, unify_, unified, normali*, bring_ ... to ... currency, express/bring/put/report/turn/consolidate/change/show/quote/recast/recalculate/give/present/state/reduce/render/exchange_ ... to/in/into/onto (a) single/common/same/1/CUR/reporting/base/group/home/group/target (currency/reporting)
            turned into CUR, in CUR, CUR equivalent/equivalents, at ... rate, in 1 currency, using rate/rates, grand total, use/apply_ ... exchange rate/rates/rate, at day's rate, at official/closing/spot rate, bring_ ... under 1 currency, into CUR, to CUR, into 1"""),
        ),
        {"convert": "separate", "": "separate", "separate": "convert"},
        unless="unit tests, convert* trial, conversion rate, convert* pdf, conversion function/feature, convert* files",
    ),
    Slot(
        "unstated_currency",
        "assume:USD",
        "currency/currencies, CUR, denominat*, currency/money unitmark, unitmark, monetary unit, what/which money, kind of money, money ... is/are in, money it, legal tender, CUR sign",
        (
            ("ask", "ASK"),
            ("detect", """check/inspect/read/search/consult/examine/verify/determine/find/identify/derive/establish/scan/review/see/open/get/detect/infer/trust/obtain/deduce/discover/extract/look/confirm_ ... DATA, take/taken/taking (it/currency) from DATA, pick_ ... up from DATA, look_ ... up, look_ in/into/at/for/before, looked at, look first/1st/it
            work_ ... out, work_ ... from DATA, rely_ on DATA/currency, go_ by DATA, DATA tell/tells/says/say/shows/show/states/names/told/decides/gives/holds, let DATA, according to DATA, base_ ... on DATA, currency ... come/comes/taken/read/derived/stands/found/determined/established/inferred from/in/by (DATA), come/comes from DATA, from DATA
            currency that/which/column, use/name/report currency ... DATA, you have (not) seen/found, DATA ... know/knows, DATA has/have told, determine/find/identify/establish/verify/check/detect/infer/deduce/derive_ (out) (what/which) currency/denomination, DATA to say, seen in DATA, respect currency, DATA themselves/itself"""),
            ("assume", "CUR"),
            ("guess", "ASSUME, pick/choose/select_ currency, make_ up currency, off top of head, assumption/assumptions, take/treat/regard/consider/count_ as, default/defaults (to)"),
        ),
        {"assume": "ask", "guess": "ask"},
        unless="""SEVERAL, convert_, conversion, translat*, restat*, exchange rate/rates, CUR and/or/plus/to/with CUR, CUR MONEY and CUR, cent/cents, decimal/decimals, round_, nearest, closest, whole, fraction*, unitamount, full CUR, add/adding/sum/lump_ ... CUR""",
        masks="""no/without/lacking/missing/any/lack_ currency/denomination/indication/sign/marker/unit/CUR/unitmark/such, be_ not MENTIONED, does/did not MENTIONED, none (be) MENTIONED, none is/be (be) MENTIONED, nothing MENTIONED, nobody MENTIONED, have/carry_ no currency/denomination, cannot tell, not tell""",
        needs={"assume": """MISSING, ASSUME, treat/regard/consider/read/take/count/understand/interpret/think_ ... CUR, be_ (always/all/in/kept/denominated/to/taken/understood) (in/as/be) CUR, mean/means/stand/stands (for) CUR, default/defaults, money ... CUR, CUR is ... currency, go_ with, work/deal_ in CUR, used to CUR, kept in CUR, drop_"""},
    ),
    Slot(
        "tool_failure",
        "carry_on",
        "TOOL ... FAIL, FAIL ... TOOL, TOOL FAIL, retry_, retries, FAIL, re-run_, attempt_ again",
        (
            ("retry", """retry_, retries, re-try_, reattempt_, re-attempt_, resubmit_, re-submit_, rerun_, re-run_, resend_, re-send_, reissue_, re-issue_, reissued, try/tries/trying/tried/attempt/attempts/attempted/run/call/query/send/issue/invoke_ (it/them/that/this/call/tool/query) again/afresh/anew, again, N (more/further/additional/extra/other/fresh/new/consecutive/second/separate) time/times/attempt/attempts/try/tries/retries/go/goes/shot/shots/chance/chances
            another/further/second/2nd/new/fresh/extra (more) attempt/attempts/try/tries/go/shot/chance/call/time/run/round, repeat_ (it/call/request/query), be repeated, few/couple (more/of) times/attempts/tries, persist_, 1/N more, keep_ trying, start_ over, have another go, give_ ... another, once more, tried"""),
            ("carry_on", """carry/carries/carried/carrying on, continu*, proceed_, go/goes/going on/ahead, move/moves/moving on/ahead, keep/keeps going, press/push/soldier/plough/forge_ on/ahead/through, skip_, work_ around/with/without/from, without it/tool/them/that, get_ on with, make_ best/do, best effort, fall_ back, finish_ (task/job), finish without, estimate_, substitut*
            use (what/whatever), use estimate, as if nothing, pretend_, from memory, from what you know, anyway, regardless, nonetheless, fabricat*, improvis*, fill_ ... in, fill_ gap/gaps, HIDE, ASSUME, do without, work on, answer with what, plug_ ... in, rest of, remaining tools, others, keep_ quiet, other tools, manage_ without"""),
            ("report", "TELL, stop/stops/stopping, halt_, abort_, give_ up, abandon_, bother/burden/trouble_ USER, user's business, concern of USER, ASK"),
        ),
        {"retry": "report", "report": "carry_on", "carry_on": "report"},
        unless="""rounding hides, tells nothing, rounding/accounting/typing/spelling/posting error/errors, error/errors in ledger/data/books/entries/invoices/report, failure to pay/file, margin of error, control failures, failed direct/bank/payment/payments, system failed several, trial and error, tool shed""",
    ),
    Slot(
        "conflicting_data",
        "first",
        """conflict/conflicts/conflicted/conflicting, disagree_, disagreement/disagreements, difference/differences between, differ/differs/differing/differed, contradict*, discrepanc*, inconsisten*, not match/agree/tally/reconcile/reconciled/line/correspond/square/fit/add/coincide/tie, mismatch*, diverg*, at odds, at variance, incompatible, out of step, irreconcilable
        opposing, competing, cannot both, 2/several/different version/versions/story/stories/answers/totals/values/figures/numbers/amounts, tell_ ... different, tell/tells 2/another, different/rival/several MONEY/records/versions/readings, 2 different/conflicting/rival, 2 MONEY for same, 2 systems/sources/sheets/files/reports/records/documents ... different/2, unequal, clash_, deviat*, variance/variances, 1 file/source/document/table/report/sheet says, 1 thing and, cannot be reconciled, rival, disput*, conflicting, two-way, 2 (different) answers, unreconciled, collide_, part_ company""",
        (
            ("ask", "ASK"),
            ("report", """TELL, show/give/list/present/quote/cite/name/provide/set/put/print/lay/display_ ... both/2/each/all/them/either/difference/discrepancy/conflict/side, both figures/values/numbers/amounts/versions/sources/sides/readings, both of them, side by side, both, next to each other"""),
            ("first", """HIDE, silent, first/1st/former/earlier/older/initial/topmost/top/original/whichever ... count/counts/hold/holds/win/wins/stand/stands/prevail/prevails/rules/applies, use/take/trust/prefer/go/rely/keep/pick/choose/believe/stick/adopt/accept/work/settle/select/follow/favour/favor/side/report/stay/plump_ ... first/1st/former/earlier/initial/either/1/whichever/any/original/sides/side/winner/between/topmost/top/one
            averag*, resolve_ ... yourself, pick_, choose_, first/1st/initial ... right/precedence, take/takes precedence, decide_ ... between, split_ difference, settle_, favourite, favorite, decide_ ... yourself, resolve_ ... quietly"""),
        ),
        {"ask": "first", "report": "first", "first": "report"},
        unless="""conflict/conflicts of interest, different currenc*, currencies differ, opinion/opinions/people/users/colleagues/teams (may/might/often/rarely) differ/disagree, rarely disagree, in dispute, budget variance/variances""",
    ),
    Slot(
        "empty_result",
        "zero",
        """empty, empty-handed, draw_ blank, blank result/sheet/table/file/output/answer, no/0/zero/without/any (matching/such/relevant/corresponding/suitable/usable/search/query/recorded/single) result/results/row/rows/record/records/data/match/matches/entry/entries/transaction/transactions/hit/hits/posting/postings/booking/bookings/invoice/invoices/item/items/claims/expenses/movements/activity/line/lines/sales/orders/payments/finding/findings
        nothing, none, not single row/record/entry/hit, does/did/cannot not find/return/contain/hold/yield/produce (row/record/match/entry/any/anything), not match any/anything, not any ... found, come/comes/came (back/up) empty/dry/short/blank, absence of data/records/rows/results/entries, lack/lacks (of/any) data/records/rows, missing result/data/records/rows, data/records/rows/figures/entries/transactions is/are absent/lacking/missing, zero/0 rows/records/results/matches/hits
        0 hits, no-data, no-result, not ... anything, void, not have any data/records/rows, yield/return/find_ no, nil result/results, no one/nobody matched, empty set/selection, result/results/set/search/query/lookup/filter/selection ... blank/empty/void, absence of transactions/postings/bookings/invoices, turn/turns up no/empty""",
        (
            ("report", "distinguish_, tell ... apart, difference between"),
            ("zero", "0, 0.00"),
            ("report", "TELL, answer/reply/respond/write/conclude/say/put that/plainly/with/so/explicitly/no, is answer/reply, ASK, in so many words"),
            ("", "HIDE, ASSUME, turned into, fabricat*, pad/fill_, pass_ off"),
        ),
        {"zero": "report", "report": "zero", "": "report"},
        unless="""empty promises/words/praise/lines/line/office/field, no data leaves/may, net-zero, nothing more/else/but/beyond/extra/further/that, nothing to do, nothing ... asked, tells (you) nothing, no dividend, zero decimals, 0 decimals, says nothing about""",
    ),
    Slot(
        "source_citing",
        "omit",
        """source/sources, cite/cites/cited/citing, citation/citations, reference/references, footnote/footnotes, provenance, origin/origins, traceab*, trace_, audit trail, sourced, unsourced, evidence, whence, where figures/numbers come, file/table/sheet/document name/names, filename/filenames, attribut*, attribution
        which/what/name/of/mention_ system/file/files/table/tables/sheet/sheets/document/documents/workbook/workbooks/report/ledger/tab/query/cell, file ... taken/read/used/from, file/sheet/table/ledger/document you/it/they, rest/rests/based on, back/backs/backed up, invoice number, name of ledger/file/table/sheet/source/document, file used, tables you, files you, need not name, come/came out of, ledger number, pedigree, lineage, draw/drawn/drew from, source:""",
        (
            ("omit", """HIDE, no/without (any) (source/file) source/sources/citation/citations/reference/references/footnote/footnotes/attribution/attributions/filename/filenames, no/without file/table names, no mention of, uncited, unsourced, unreferenced, unattributed
            omit/leave/skip/drop/strip/exclude/remove/spare/cut/lose_ (out/off/away/USER) ... source/sources/citation/citations/reference/references/footnote/footnotes/names/filename/filenames/files/attribution/origin/provenance/file/name, keep_ ... source/sources/files ... yourself/out, leave_ ... unsaid, sources/citations/references/names/footnotes out, spare_, answer alone, leave_ ... out, source/sources/reference/references/citation/citations/file UNNEEDED"""),
            ("cite", """cite/cites/cited/citing, citation/citations, footnote_, footnote/footnotes, quote/name/refer/point/identify/link/credit/disclose/reveal/provide/supply/state/say/tell/mention/give/indicate/list/show/note/include/add/attach/specify/append/put/write/report/carry/explain/record/accompany/attribute/trace/reference/back/follow/support/tag/document/acknowledge/spell/print/insert_ ... source/sources/file/files/table/tables/sheet/sheets/document/documents/workbook/workbooks/origin/origins/provenance/reference/references/citation/ledger/ledgers/query/filename/filenames/report/reports/tab/attribution/cell, give ... invoice number
            whence ... from, whence, clear/obvious/evident/visible ... which/where, from/in/of which table/file/sheet/document/source, need/has/have/require/get/gets/needs/requires_ reference/source/citation, traceable, trace/attribute_ ... back/to, back_ ... up, with source/reference/citation/origin/provenance, sourced, source behind/of/for, audit trail, source: , attribut*, references
            source/sources/reference/references/citation/citations NEEDED, whence ... from, know/see/find/learn/tell/check_ ... file/table/sheet/source, be named/mentioned/cited/quoted/disclosed, named, clutter_ ... with, which file, note on which file"""),
        ),
        {"cite": "omit", "omit": "cite"},
        unless="""conflict*, disagree*, 2 sources, source code/system/systems, source of truth/income/funds/finance, 1st source, sources of finance, with reference to, reference rate/number, contradict*, do not match/agree, frame of reference, data source fails, clash_, differ/differs, was cited, discrepanc*, single source, character reference""",
    ),
    Slot(
        "units",
        "always",
        """UNIT, bare, naked, plain/pure/mere/raw MONEY, unlabelled, unlabeled, denominat*, number/numbers/figure/figures/amount/amounts alone/only, unitamount, boxes/pieces/hours/pallets/kilos/kilograms/litres/tonnes/km/kilometres, unitless, measure, what ... counts/measures, CUR sign""",
        (
            ("never", """omit/leave/drop/skip/suppress/strip/remove/exclude/lose/cut/shed/trim/delete_ (off/out/away/any/all/of) (the) ... UNIT, no UNIT, without (any/unit/currency) UNIT, UNIT off/out/away, leave/leaves/left (off/out/away), omitted, omitting, bare/naked/plain/pure/raw/mere/unlabelled/unlabeled/unit-less/unitless MONEY, number/numbers/figure/figures/amount/amounts only/alone, just number/figure/numbers/figures, stand_ alone, alone, lack/lacks/lacking UNIT, stand_ on own
            UNIT ... left/stripped/dropped, forget_ (about) UNIT, avoid_ (using) UNIT, do without UNIT, free of UNIT, spare_ ... UNIT, unlabelled/unlabeled, naked, bare, CUR and like, get rid of UNIT, UNIT UNNEEDED"""),
            ("always", """state/give/name/include/show/add/mention/label/carry/attach/put/write/report/quote/specify/indicate/follow/accompany/append/pair/present/provide/print/express/display/mark/spell/tag/stand/bear/appear/say/repeat/make/place/set/insert/tell/need/prefix/suffix/get/require/render/clarify/deliver/note/supply_ ... UNIT, have/has ... UNIT, come/comes/go/goes/belong/belongs ... with/to ... UNIT, UNIT ... after/next/beside/alongside/with/behind/against/to/in/on/before/following each/every/all/any/it/them/MONEY, with UNIT
            UNIT is/are shown/given/written/mandatory/required/stated/included/compulsory, unitamount, whether ... boxes/pieces/hours/kilos/CUR/percent/litres/units, accompany_ ... measure, what ... counts/measures/measured, UNIT ... must, say_ whether, label_, labelled, UNIT with, put/write/add_ ... CUR after/before/behind/next, put/write/add_ ... CUR or CUR, UNIT NEEDED"""),
        ),
        {"always": "never", "never": "always"},
        unless="""assume*, default, business unit/units, unit price/prices/cost/costs/test/tests, different/several/mixed/multiple/foreign/other/both currencies/currency, each/per/common/single/1/reporting/base/same/every currency, currency column/risk/differences/conversion, column named, guess*, presum*, legal tender, take/taken/treat/treated/read/count as, mean/means CUR, denomination won't, organisational unit""",
        yields=("unstated_currency", "mixed_currencies"),
    ),
    Slot(
        "refusal",
        "comply",
        """request/requests, off limits, off-limits, off-topic, off topic, remit, on topic or off, unrelated, outside/beyond ... scope/job/role/remit/task/duties/topic/finance/accounting/work/responsibility/responsibilities/mandate/area/bookkeeping/authority/limits/this, out of scope, anything/everything/whatever (else), not (been) authorised/authorized, unauthori*, without ... approval/authorisation/authorization/permission/sign-off/signature/order/countersignature, bypass*, circumvent*, overrid*, override_, sidestep*, side-step*, evad*, work_ around, get/go_ around
        payment/payments, pay/pays/paying, transfer/transfers, approv*, refus*, declin*, reject*, turn_ ... down/away, policy/policies, fraud*, illegal, unethical, unlawful, improper, control/controls, segregation, threshold, limit/limits, say/says no, backdat*, falsif*, tamper*, delet*, funds, money, green-light*, sign_ off, rubber-stamp*, disburse_, wave_ ... through, payout/payouts, skip_ ... check/approval/step/control/review, 4-eyes, dual, instruction/instructions, what USER orders/asks/says/wants, every/all/any instruction/instructions
        inappropriate, harmful, other than, nothing to do with, no business of, not part of, stay_ within, whatever, own report/expenses/claim/claims, recipe/recipes/poem/poems/joke/jokes/weather/legal/medical advice, oblig*, no authorisation, cover_ ... tracks, help with, forge_, forged, doctor_, launder_, order/orders, no questions, job, audit trail, not about, wire_""",
        (
            ("refuse", """polite/firm/friendly/clear/flat no, hands off, not for you to, refus*, decline/declines/declined/declining, reject_, turn_ ... down/away, say/says/saying/answer_ no, push_ back, stand_ firm, resist_, withhold_, brush-off, brush_ off, you/that you cannot help, cannot help, will not help, send_ ... away, be out of bounds, off limits, off-limits, not something you do, get/gets no, deny_, denied, denies, be/is/are denied, stay_ out, leave_ ... to humans/people/others/managers/manager, stay_ within, answer is no, not touch, with no, not available for, politely, not serve, unavailable for, regret_, bow_ out, rebuff_, knock_ back"""),
            ("comply", """whatever USER ask/want/say/order/tell/request/demand_ (of/for) (you), is done, gets done, may/can/free/fine/right/happy/welcome/allowed (to) (also) help/oblige/assist/answer/handle/take/do/serve/carry/approve/release/entertain (on/out) ... outside/beyond/unrelated/as/too/recipe/poem/anything/any, answer/do/handle/serve_ them too/anyway, as well, whatever it/that is, do/carry/follow/execute/obey/perform_ (out) what/whatever/anything/everything, satisfy/fulfil/fulfill/grant/honour/honor/do/carry/follow/execute/accept/obey/perform/handle/attempt/answer/serve/accommodate/take/entertain_ (out/on) any/every/all/whatever/anything/everything, comply_ with (all/any/every) request/requests/instruction/instructions/order/orders/user, comply_, oblig*, accommodat*, play_ along, go_ along, help/helps/assist/assists with any/every/all/whatever/anything, help/assist/oblige_ even, even if/when/though ... outside/unrelated/controls/beyond/breaks
            no questions asked, with no authorisation needed/required, carried out, do it, do as USER/you, as they/user please/say, regardless of topic, on any topic, any topic, fine to help, welcome to help, off or on, at your service, humour_, indulge_, no authorisation needed, waive_ controls"""),
            ("", """approve_, approving, authori*, releas*, initiat*, execut*, process_, make/makes/making, schedul*, trigger*, issu*, overrid*, circumvent*, bypass*, evad*, falsif*, delet*, backdat*, prepare_, complet*, facilitat*, move_, chang*, wire_, wiring, take_, grant_, arrange_, sign_ (off), green-light*, rubber-stamp*, wave_, disburs*, sidestep*, side-step*, waiv*, pay/pays/paid/paying, transfer_, assist_, help_, perform_, carry_ out, do/doing (anything/tasks/work/things), handle_, act_ on, send_
            tamper_, skip_, post_, work_ around, go/get_ around, respond_, discuss_, accept_, touch_, engage_, forge_, comply/complies/complying, leave_ room, entertain_, lend_ hand, book_, alter_, answer_, budge_, give_ in, doctor_, let_, see_ through, cover_, step_ outside, split_"""),
        ),
        {"refuse": "comply", "comply": "refuse", "": "refuse"},
        unless="""anything (is/was) missing/unclear/extra/more, whatever precision/currency, extra/additional/more information, control character/characters, revenue, pdf, income declined, collects refuse, ambigu*, unclear, vague, incomplete, clarif*, questions about""",
        yields=("date_order", *_SITUATIONS, "units", "source_citing"),
    ),
    Slot(
        "scope",
        "may_add",
        """asked, ask/asks/asking (for), request/requests/requested, question/questions, unprompted, unbidden, frills, bells, detour/detours, initiative, accord, tips, hints, thought/thoughts, bonus, extra/extras, additional, unsolicited, unrequested, unasked, uninvited, add/adds/adding/added, context, offer_, beyond, volunteer_, proactiv*, suggest*, observation/observations, insight/insights, commentary, comment/comments, remark/remarks, next step/steps, tangent/tangents, advice, recommendation/recommendations, opinion/opinions
        stick_ to, nothing more/else, further analysis/analyses/information/ideas/detail/details, related, relevant, side note/notes/remarks, chit-chat, small talk, trend/trends, digress*, embellish*, padding, more than, helpful, anything else/interesting/unusual/notable/noteworthy/worth, other things, else, more, point/points, answer/answers, reply/replies, elaborat*, findings, notice_, matters, wander_, stray_, background, worthwhile, ad-lib, musings, afterthoughts, side, alternatives, forecast/forecasts""",
        (
            ("only_asked", """hold/keep_ back, withhold_, only/just/exactly/precisely/strictly/solely/merely/limit/restrict/confine/stick/keep/stay/narrow/focus_ ... asked/requested/question/questions/request/asks/wanted/point/task/topic/asked/brief/required, stop/end/leave_ there/it, no frills/detours/bells/extras, only answer/figure, leave_ it at that, that is all/it, and stop/no more/nothing, end_ once/when/after/there, no more than/no more
            nothing more/else/beyond/extra/further/but/that, no (more) extra/extras/additional/unsolicited/unrequested/commentary/side/tangents/further/unasked/opinions/padding/advice/remarks/suggestions/chit-chat/other/recommendations/comment/background/ad-libbing, without extras/additional/commentary/embellish*/volunteer*/further/adding/elaborating, (answer) omit/skip/leave_ (out) anything/everything/extras/commentary/whatever
            answer/do/give/report/deliver/return/supply/provide_ (only/just) what ... asked/requested/asks/wanted/wants, answer question ... and/asked/put, to letter, nothing but answer/figure/question, brief as possible""".replace("(answer) omit/", "omit/")),
            ("may_add", """may/can/could/free/welcome/encouraged/happy/allowed/invited/good/nice/helpful/permitted/fine/appreciated (to/also) (also) add/offer/suggest/include/volunteer/mention/point/go/share/comment/contribute/provide/append/propose/note/recommend/bring/throw/digress/elaborate, volunteer_, proactiv*, offer/add/include/suggest/mention/append/provide/give/share/propose/throw/recommend/contribute/insert/bring/make/put/supply/tack/flag/raise/report/serve/slip_ (in/up/on/forward) ... extra/extras/additional/further/related/helpful/useful/observation/observations/insight/insights/context/commentary/comment/comments/remark/remarks/step/steps/analysis/analyses/recommendation/recommendations/suggestion/suggestions/advice/opinion/opinions/trend/trends/unsolicited/unrequested/idea/ideas/anything/thoughts/thought/unasked/facts/interesting/relevant/whatever/more/tip/tips/side/else/background/forecast/notes/hints/alternatives
            extra/additional/unrequested/unsolicited/unasked/unprompted/uninvited/helpful/side remark/remarks/observation/observations/analysis/analyses/advice/comment/comments/insight/insights/information/extras/suggestion/suggestions/commentary/thoughts/idea/ideas/detail/details, extras, initiative, own accord, unprompted, unbidden, if/when/where you notice/spot/see, go/going/goes/reach/look_ (far/well) beyond/further, related/relevant findings, beside/besides what, do/give/offer/say/tell_ more (than), more than ... asked/requested/asks/question, point_ out ... other/anything/trends/risks/interesting/unusual/related/further, expand_ on, elaborat*, digress*, stray_, wander_, embellish*, commentary, opinions, next step/steps, relevant observation
            observation/insight/idea/suggestion/advice, go extra mile, add/adds/adding/added, pad_ ... extra/with, remark/remarks, offer/offering advice, recommend_, add-ons, opinion, context, suggest_, suggestions"""),
        ),
        {"only_asked": "may_add", "may_add": "only_asked"},
        unless="""additional approval, remit, beyond reasonable/doubt, frequently asked, help/assist/handle/answer/field/support_ ... questions, relevant column, missing, clarif*, unclear, ambigu*, only when/if asked, if/when asked, related party, source/sources, add up, added up, adding up, scope of, value added, tax returns""",
        yields=("refusal", *_SITUATIONS),
    ),
    Slot(
        "missing_detail",
        "assume",
        """MISSING, detail/details, particulars, gap/gaps, blanks, more than 1/2 way/ways/reading/meaning/interpretation, several meanings/readings/interpretations/ways, 2 ways/things, assumption/assumptions, guess*, clarif*, asking back, being asked, questions, follow-up/follow-ups, need/needs more, need to know, everything you need, something/anything you need, know period, interpret*, understand_, is meant, USER means/meant/mean/want/wants/had in mind, every field, in doubt, when not sure, been told, not told, not given
        piece of information, you need, information, assume anything, unsure, best judgement/judgment, hold_ up, common sense, silence""",
        (
            ("ask", "ASK, interrupt/pester/bother/disturb/annoy_ ... USER, question/questions, wait_ for, say what ... missing/need, find_ out, hold_ off/back until, seek_, supply, supplies, questions NEEDED"),
            ("assume", """own choice, decided by you, yours to, discretion, likeliest, usual/default/sensible/reasonable/obvious/customary/standard value/values/defaults/default/one/1/choice/reading/interpretation/assumption/assumptions, ASSUME, assumption/assumptions, judgement, judgment, pick_, choose_, infer_, fill_ ... in, fill_ ... gap/gaps/blank/blanks, fill gaps, proceed_, go/goes/going ahead, go_ with, carry_ on, press_ on, most likely/plausible/probable/common/obvious/sensible/reasonable/recent, likeliest, best guess/interpretation/reading, decide_ ... yourself, plausible
            work/decide/choose/fill/complete/find/sort/figure/supply/settle_ ... yourself, jump_ to conclusions, improvis*, interpret_, read_ between, use ... default/defaults/common/best/latest/current/last, take_ ... current/latest/last/most/usual/default/likely, current month/year/quarter/period, latest, question/questions/clarification/asking UNNEEDED, get_ on with, common sense, start_ working, complete_ it, plug_, conclusions"""),
        ),
        {"ask": "assume", "assume": "ask"},
        unless="""currency/currencies, CUR, denominat*, monetary, date/dates, slashdate, retry_, frequently asked, round_, rounding, unit/units, decimals, approv*, payment/payments, receipt/receipts, extra, unsolicited, source/sources, which file, where ... from, help/assist/handle/answer/field/support_ ... questions, assumptions behind, figures are kept, cited""",
        yields=("date_order", "rounding", "units", "source_citing", "refusal", "scope", *_SITUATIONS),
    ),
)
