"""Word lists that the phrases of `matters` share, each under the name it has there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from re import Pattern

from pytest_arc.providers.reference.wording import compile_phrases

__all__ = ["LISTS", "search"]

LISTS: Mapping[str, str] = {
    "PERSON": """
        user+/user's/requester/requestor/sender/asker/client/customer/person/people/controller/owner/
        contact, buyer/vendor/manager/approver/submitter/author/claimant/them/him/her/whoever/somebody/
        someone/reader/colleague/human, originator/initiator/employee/writer/department/supplier/boss/
        team/treasurer/traveller/they/he/she/staff/caller""",
    "USER": """
        PERSON, account/budget/cost/invoice/ticket/data/file/request/report/vendor's/process PERSON""",
    "THING": "it/this/that/these/those/them/matter/point/issue/question/decision/choice/call/case",
    "MONEY": """
        amount+/figure+/number+/total+/value+/sum+/result+/balance+, answer+/price+/quantity+/subtotal+/
        cost+/measurement+/percentage/column+/line+/bill+/money/every""",
    "UNNEEDED": """
        be_ not/neither needed/required/necessary/wanted/mandatory/welcome/called, need+ not, be_
        unnecessary/superfluous/unwanted/unwelcome/optional/pointless/redundant/clutter, do/does not
        belong, not needed/required/wanted, have no place/business, only get in way, can/may/should/must/
        to be omitted/dropped/skipped, only named/given/on request, be_ only""",
    "NEEDED": """
        be_ needed/required/mandatory/compulsory/obligatory/essential/necessary, be_ not/never optional,
        must be there, have to be there, be_ must""",
    "SEVERAL": """
        different/several/multiple/various/differing/distinct/mixed/2/3/many/both/unlike/separate/all/
        mixing/foreign/other/across/between (foreign/of) currency+, more than 1/single currency, another/
        foreign/unlike/second currency, mix/combine/span/cross/straddle/blend/merge/add/sum_ ...
        currencies, currencies ... differ/vary/mix/mixed/different, different/unlike denomination+,
        multi-currency, cross-currency, foreign MONEY/money/balances/invoices/items, per/by currency, for
        each/every currency, common/single/reporting/base/home/group/group's/target currency, mixed
        currencies, currencies apart""",
    "UNIT": """
        unitmark, unit+/currency+/denomination+/symbol+, currency/unit/money symbol+/code+/sign+/name+/
        label+/marker+/tag+/abbreviation/suffix, CUR sign+/symbol""",
    "DATA": """
        data/file+/record+/column+/sheet+/table+/header+/ledger+/source+, row+/document+/workbook/
        contents/export/invoice+/metadata/field/itself/themselves/book+/database, statement/attachment/
        spreadsheet/entry+/import""",
    "ASK": """
        ask+/asking, be/is/are/been asked, have/has/having asked, enquire_, inquire_, clarif*, clear_ ...
        up, query_ (it/this/that/them) (with) USER, query_ it/this/that, consult_ ... USER, check/confirm/
        verify/agree/settle/discuss/clear/double-check_ ... with USER, check_ back, confirm_, ring_ back,
        double-check_, come/go/get/turn/revert/refer/write/report/hand/send_ ... back to/with USER, go/
        come/get_ back, come back with question+, turn/speak/talk/apply_ to USER, reach_ out, follow_ up
        with, put_ ... to USER, put_ THING to, refer_ THING to, put/pose/raise/send/return/address/direct_
        ... question+/query+, question+/query to USER, question+ back, question+ 1st/first, find/get/
        obtain/learn/hear/elicit_ ... from USER, find_ out which/what ... USER mean+/meant/want+, find_
        out which/what 1 is meant, request_ missing/further/more, get/seek/obtain/request/await/need/
        require_ ... confirmation/decision/ruling/instruction+/guidance/input/answer/go-ahead/say-so, get_
        USER to, let/have/make_ USER ... decide/choose/pick/say/tell/confirm/specify/settle/rule/select/
        determine/supply/provide/name/judge, USER decide+/chooses/rules/picks, USER ... call/choice/
        decision, decision/choice/call ... USER/user's/requester's, leave_ ... to USER, left to USER, up
        to USER, hand_ ... to USER, defer_ to USER, wait_ for ... answer/reply/decision/USER, request_ it/
        them/this/that/more/further/missing, request_ ... detail+/information/specifics, follow-up/
        clarifying question+, USER ... has/have told/said/confirmed/answered/decided/ruled/chosen/named/
        specified/supplied/provided/clarified/replied/explained, USER has/have/must/needs/should to
        supply/provide/specify/name/state/tell/choose/decide/confirm, USER must/should supply/provide/
        specify/choose/decide/confirm, get_ it/them/that/this clarified, probing, prob/probe_, is
        question, reply is ... question, as question, only USER can tell/say/know, USER knows, say-so,
        USER wish+/preference""",
    "TELL": """
        say+/saying/said so/that/which/what/plainly/clearly/nothing/there/it, say+/saying, be/is/are said,
        tell_, report+/reporting, be/is/are/been/get reported, inform_, let ... know, make_ ... aware,
        notif*, alert_, mention_, state+/stating, be/is/are stated, explain_, flag_, admit_, disclos*,
        surface_, surfaced, point_ ... out, acknowledg*, raise_, escalate_, announce_, warn_, highlight_,
        burden/bother/trouble/pester/worry/alarm_ USER, be open/upfront/honest/transparent/clear/explicit/
        plain/frank/candid/straight, make_ (THING) (very/quite/perfectly) clear/plain/known/explicit/
        visible/public, make_ no secret, make_ note/plain, note+/noting, be/is/are noted, call_ ... out,
        draw_ ... attention, bring_ ... attention, attention, communicat*, own_ up, owning up, spell_ ...
        out, declare_, come_ clean, bring_ ... up, pass/hand_ ... on, pass/hand_ ... along, relay_,
        indicat*, describe_, hear+/heard about/of, learn_ of/about, must/should/has/needs/ought (to)
        learn/know/hear/see, remark_ on, comment_ on, add/include/leave/with/insert_ ... note/remark/
        caveat/warning/comment/notice, distinguish_, tell ... apart, convey_, document_, leave_ no doubt,
        into open, to light, worth sentence/word/note/mention/mentioning, advise USER, let ... see, be in
        picture, word about, confess_, concede_, reveal_, bring_ ... into open, message, put_ ... on
        record, speak_ up, belong+ in answer/reply, give_ notice, broach_""",
    "HIDE": """
        hide_, conceal_, gloss_ over, paper_ over, smooth_ over, cover_ ... up, brush_ ... aside, sweep_
        ... under, sweep_, swept, suppress_, swallow_, mask_, disguise_, bury, buried, burying, keep_ ...
        from USER, keep_ ... to yourself, keep_ quiet/silent/secret/mum, withhold_, overlook_, ignore_,
        quietly, silently, in silence, pass_ over, turn_ blind eye, shrug_ off, play_ down, wave_ away,
        unmentioned, unreported, unsaid, unremarked, unannounced, unexplained, unflagged, unnoticed,
        undisclosed, untold, without comment+/mention/remark/word/telling/saying/fuss, no comment, stay_
        silent, remain_ silent, say_ nothing, no word, disregard_, pass_ in silence, leave_ (it/them) out,
        left out, in dark, wondering, drop_ subject, blank answer, silence, spare USER, as if nothing,
        blank reply""",
    "MISSING": """
        missing, absent, absence, unstated, unspecified, unknown, unclear, unlabelled, unlabeled,
        unmarked, undeclared, unnamed, silent, lack+/lacking/lacked, without, bare, sketchy, vague,
        ambig*, incomplete, doubt*, uncertain*, unsure, insufficient, underspecified, under-specified,
        thin, open, omit*, leave+/left/leaving ... out/open/off/unsaid/blank, left ... off, drop+, not
        enough, too little, not (been) MENTIONED, nothing MENTIONED, no word of, fail+ to MENTIONED,
        nobody ... MENTIONED, nowhere MENTIONED, cannot tell, could mean, can mean, blank, not clear/sure/
        obvious/certain/known/evident, no/none/neither currency/denomination/unit/indication/marker/sign/
        period/date/year/quarter/account/deadline/detail+/information/such/MENTIONED/CUR/file/label,
        otherwise, by default, default, unless ... MENTIONED, know not, do not know, no idea""",
    "MENTIONED": """
        say+/said/saying, state+/stated/stating, name+/named/naming, mention+/mentioned, give+/given,
        specif*, show+/shown, indicat*, provide+/provided, suppl*, told/tell+, attached, clear, know/
        known, carry+/carried, labelled, marked, identified, spelled/spelt out, learn/learned, included/
        include+, quoted, come with, contain+, come+ with, there, noted, recorded, declare*, set, present,
        bear+""",
    "FAIL": """
        fail+/failed/failing/failure+, error+/errored/erring, errors out, time+/timed/timing out,
        time-out+, timeout+, unavailable, broken, break+/broke (down), crash_, goes/go/went/gone wrong,
        is/are/goes/be down/offline, unsuccessful, exception+, malfunction*, hang+, unreachable, does/did/
        will/cannot not respond/work/answer/reply/succeed/deliver/return/cooperate/run/load/open, TOOL do
        not respond/work/answer/reply/succeed/deliver, not responding/working/available/reachable, not
        succeed/respond, that do/did not work/answer/respond, refuse+ to open/start/load/work/run/cooperate/
        answer/respond, act+ up, choke+, stumble+, glitch+, hiccup+, outage+, let+ (you) down,
        interrupted, have/has/hit+/run+ (into) problem/trouble/snag/wall, breakdown+, problem, conk+ out,
        dead, without (an) answer/reply/response, unresponsive, flaky, no answer/response/reply/result
        from, cannot be reached/used/called, trips, throw+/threw, give+ up ghost, go/goes/going bad,
        defective, out of order/service/reach""",
    "TOOL": """
        tool+, call+, function+, query+, api, lookup+, look-up+, service+, system+, database, data source,
        calculator+, spreadsheet, request+, analyser, analyzer, operation+, server+, connection+, step+,
        endpoint, fetch, backend, search, converter, feed, connector, job, something, attempt+, command,
        it, interface, report, execution, plug-in, integration""",
    "ASSUME": """
        assum*, presum*, suppos*, guess*, default+/defaulting to, take/taking ... granted, invent_, made
        up, make+/making ... up, speculat*, jump_ to, conjectur*, imagin*, surmise_, infer_""",
}


@cache
def search(phrases: str) -> Pattern[str]:
    """Compile phrases that may name the lists of this module."""
    return compile_phrases(phrases, LISTS)
