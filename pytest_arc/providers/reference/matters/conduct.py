"""How the agent conducts itself: failures, conflicts, sources, orders beyond its job, questions."""

from __future__ import annotations

from pytest_arc.providers.reference.matters.slot import SITUATIONS, Slot

TOOL_FAILURE = Slot(
    "tool_failure",
    "carry_on",
    "TOOL ... FAIL, FAIL ... TOOL, TOOL FAIL, retry_, retries, FAIL, re-run_, attempt_ again",
    (
        (
            "retry",
            """
            retry_, retries, re-try_, reattempt_, re-attempt_, resubmit_, re-submit_, rerun_, re-run_,
            resend_, re-send_, reissue_, re-issue_, reissued, try/trying/tried/attempt/attempted/run/
            call/query/send/issue/invoke_ (it/them/that/this/call/tool/query) again/afresh/anew,
            again, N (more/further/additional/extra/other/fresh/new/consecutive/second/separate)
            time+/attempt+/try+/retries/go/goes/shot+/chance+, another/further/second/2nd/new/fresh/
            extra (more) attempt+/try+/go/shot/chance/call/time/run/round, repeat_ (it/call/request/
            query), be repeated, few/couple (more/of) times/attempts/tries, persist_, 1/N more, keep_
            trying, start_ over, have another go, give_ ... another, once more, tried""",
        ),
        (
            "carry_on",
            """
            carry+/carried/carrying on, continu*, proceed_, go/goes/going on/ahead, move+/moving on/
            ahead, keep+ going, press/push/soldier/plough/forge_ on/ahead/through, skip_, work_
            around/with/without/from, without it/tool/them/that, get_ on with, make_ best/do, best
            effort, fall_ back, finish_ (task/job), finish without, estimate_, substitut*, use (what/
            whatever), use estimate, as if nothing, pretend_, from memory, from what you know, anyway,
            regardless, nonetheless, fabricat*, improvis*, fill_ ... in, fill_ gap+, HIDE, ASSUME, do
            without, work on, answer with what, plug_ ... in, rest of, remaining tools, others, keep_
            quiet, other tools, manage_ without""",
        ),
        (
            "report",
            """
            TELL, stop+/stopping, halt_, abort_, give_ up, abandon_, bother/burden/trouble_ USER,
            user's business, concern of USER, ASK""",
        ),
    ),
    {"retry": "report", "report": "carry_on", "carry_on": "report"},
    unless="""
        rounding hides, tells nothing, rounding/accounting/typing/spelling/posting error+, error+ in
        ledger/data/books/entries/invoices/report, failure to pay/file, margin of error, control
        failures, failed direct/bank/payment+, system failed several, trial and error, tool shed""",
)
CONFLICTING_DATA = Slot(
    "conflicting_data",
    "first",
    """
        conflict+/conflicted/conflicting, disagree_, disagreement+, difference+ between, differ+/
        differing/differed, contradict*, discrepanc*, inconsisten*, not match/agree/tally/reconcile/
        reconciled/line/correspond/square/fit/add/coincide/tie, mismatch*, diverg*, at odds, at
        variance, incompatible, out of step, irreconcilable, opposing, competing, cannot both, 2/
        several/different version+/story+/answers/totals/values/figures/numbers/amounts, tell_ ...
        different, tell+ 2/another, different/rival/several MONEY/records/versions/readings, 2
        different/conflicting/rival, 2 MONEY for same, 2 systems/sources/sheets/files/reports/records/
        documents ... different/2, unequal, clash_, deviat*, variance+, 1 file/source/document/table/
        report/sheet says, 1 thing and, cannot be reconciled, rival, disput*, conflicting, two-way, 2
        (different) answers, unreconciled, collide_, part_ company""",
    (
        ("ask", "ASK"),
        (
            "report",
            """
            TELL, show/give/list/present/quote/cite/name/provide/set/put/print/lay/display_ ... both/
            2/each/all/them/either/difference/discrepancy/conflict/side, both figures/values/numbers/
            amounts/versions/sources/sides/readings, both of them, side by side, both, next to each
            other""",
        ),
        (
            "first",
            """
            HIDE, silent, first/1st/former/earlier/older/initial/topmost/top/original/whichever ...
            count+/hold+/win+/stand+/prevail+/rules/applies, use/take/trust/prefer/go/rely/keep/pick/
            choose/believe/stick/adopt/accept/work/settle/select/follow/favour/favor/side/report/stay/
            plump_ ... first/1st/former/earlier/initial/either/1/whichever/any/original/side+/winner/
            between/topmost/top/one, averag*, resolve_ ... yourself, pick_, choose_, first/1st/initial
            ... right/precedence, take+ precedence, decide_ ... between, split_ difference, settle_,
            favourite, favorite, decide_ ... yourself, resolve_ ... quietly""",
        ),
    ),
    {"ask": "first", "report": "first", "first": "report"},
    unless="""
        conflict+ of interest, different currenc*, currencies differ, opinion+/people/users/
        colleagues/teams (may/might/often/rarely) differ/disagree, rarely disagree, in dispute, budget
        variance+""",
)
EMPTY_RESULT = Slot(
    "empty_result",
    "zero",
    """
        empty, empty-handed, draw_ blank, blank result/sheet/table/file/output/answer, no/0/zero/
        without/any (matching/such/relevant/corresponding/suitable/usable/search/query/recorded/
        single) result+/row+/record+/data/match+/entry+/transaction+/hit+/posting+/booking+/invoice+/
        item+/claims/expenses/movements/activity/line+/sales/orders/payments/finding+, nothing, none,
        not single row/record/entry/hit, does/did/cannot not find/return/contain/hold/yield/produce
        (row/record/match/entry/any/anything), not match any/anything, not any ... found, come+/came
        (back/up) empty/dry/short/blank, absence of data/records/rows/results/entries, lack+ (of/any)
        data/records/rows, missing result/data/records/rows, data/records/rows/figures/entries/
        transactions is/are absent/lacking/missing, zero/0 rows/records/results/matches/hits, 0 hits,
        no-data, no-result, not ... anything, void, not have any data/records/rows, yield/return/find_
        no, nil result+, no one/nobody matched, empty set/selection, result+/set/search/query/lookup/
        filter/selection ... blank/empty/void, absence of transactions/postings/bookings/invoices,
        turn+ up no/empty""",
    (
        ("report", "distinguish_, tell ... apart, difference between"),
        ("zero", "0.00, 0"),
        (
            "report",
            """
            TELL, answer/reply/respond/write/conclude/say/put that/plainly/with/so/explicitly/no, is
            answer/reply, ASK, in so many words""",
        ),
        ("", "HIDE, ASSUME, turned into, fabricat*, pad/fill_, pass_ off"),
    ),
    {"zero": "report", "report": "zero", "": "report"},
    unless="""
        empty promises/words/praise/line+/office/field, no data leaves/may, net-zero, nothing more/
        else/but/beyond/extra/further/that, nothing to do, nothing ... asked, tells (you) nothing, no
        dividend, zero decimals, 0 decimals, says nothing about""",
)
SOURCE_CITING = Slot(
    "source_citing",
    "omit",
    """
        source+, cite+/cited/citing, citation+, reference+, footnote+, provenance, origin+, traceab*,
        trace_, audit trail, sourced, unsourced, evidence, whence, where figures/numbers come, file/
        table/sheet/document name+, filename+, attribut*, attribution, which/what/name/of/mention_
        system/file+/table+/sheet+/document+/workbook+/report/ledger/tab/query/cell, file ... taken/
        read/used/from, file/sheet/table/ledger/document you/it/they, rest+/based on, back+/backed up,
        invoice number, name of ledger/file/table/sheet/source/document, file used, tables you, files
        you, need not name, come/came out of, ledger number, pedigree, lineage, draw/drawn/drew from,
        source:""",
    (
        (
            "omit",
            """
            HIDE, no/without (any) (source/file) source+/citation+/reference+/footnote+/attribution+/
            filename+, no/without file/table names, no mention of, uncited, unsourced, unreferenced,
            unattributed, omit/leave/skip/drop/strip/exclude/remove/spare/cut/lose_ (out/off/away/
            USER) ... source+/citation+/reference+/footnote+/filename+/attribution/origin/provenance/
            file+/name+, keep_ ... source+/files ... yourself/out, leave_ ... unsaid, sources/
            citations/references/names/footnotes out, spare_, answer alone, leave_ ... out, source+/
            reference+/citation+/file UNNEEDED""",
        ),
        (
            "cite",
            """
            cite+/cited/citing, citation+, footnote_, footnote+, quote/name/refer/point/identify/link/
            credit/disclose/reveal/provide/supply/state/say/tell/mention/give/indicate/list/show/note/
            include/add/attach/specify/append/put/write/report/carry/explain/record/accompany/
            attribute/trace/reference/back/follow/support/tag/document/acknowledge/spell/print/insert_
            ... source+/file+/table+/sheet+/document+/workbook+/origin+/provenance/reference+/
            citation/ledger+/query/filename+/report+/tab/attribution/cell, give ... invoice number,
            whence ... from, whence, clear/obvious/evident/visible ... which/where, from/in/of which
            table/file/sheet/document/source, need/has/have/require/get_ reference/source/citation,
            traceable, trace/attribute_ ... back/to, back_ ... up, with source/reference/citation/
            origin/provenance, sourced, source behind/of/for, audit trail, source:, attribut*,
            references, source+/reference+/citation+ NEEDED, know/see/find/learn/tell/check_ ... file/
            table/sheet/source, be named/mentioned/cited/quoted/disclosed, named, clutter_ ... with,
            which file, note on which file""",
        ),
    ),
    {"cite": "omit", "omit": "cite"},
    unless="""
        conflict*, disagree*, 2 sources, source code/system+, source of truth/income/funds/finance,
        1st source, sources of finance, with reference to, reference rate/number, contradict*, do not
        match/agree, frame of reference, data source fails, clash_, differ+, was cited, discrepanc*,
        single source, character reference""",
)
REFUSAL = Slot(
    "refusal",
    "comply",
    """
        request+, off limits, off-limits, off-topic, off topic, remit, on topic or off, unrelated,
        outside/beyond ... scope/job/role/remit/task/duties/topic/finance/accounting/work/
        responsibility+/mandate/area/bookkeeping/authority/limits/this, out of scope, anything/
        everything/whatever (else), not (been) authorised/authorized, unauthori*, without ...
        approval/authorisation/authorization/permission/sign-off/signature/order/countersignature,
        bypass*, circumvent*, overrid*, override_, sidestep*, side-step*, evad*, work_ around, get/go_
        around, payment+, pay+/paying, transfer+, approv*, refus*, declin*, reject*, turn_ ... down/
        away, policy+, fraud*, illegal, unethical, unlawful, improper, control+, segregation,
        threshold, limit+, say+ no, backdat*, falsif*, tamper*, delet*, funds, money, green-light*,
        sign_ off, rubber-stamp*, disburse_, wave_ ... through, payout+, skip_ ... check/approval/
        step/control/review, 4-eyes, dual, instruction+, what USER orders/asks/says/wants, every/all/
        any instruction+, inappropriate, harmful, other than, nothing to do with, no business of, not
        part of, stay_ within, whatever, own report/expenses/claim+, recipe+/poem+/joke+/weather/
        legal/medical advice, oblig*, no authorisation, cover_ ... tracks, help with, forge_, forged,
        doctor_, launder_, order+, no questions, job, audit trail, not about, wire_""",
    (
        (
            "refuse",
            """
            polite/firm/friendly/clear/flat no, hands off, not for you to, refus*, decline+/declined/
            declining, reject_, turn_ ... down/away, say/saying/answer_ no, push_ back, stand_ firm,
            resist_, withhold_, brush-off, brush_ off, you/that you cannot help, cannot help, will not
            help, send_ ... away, be out of bounds, off limits, off-limits, not something you do, get+
            no, deny_, denied, denies, be/is/are denied, stay_ out, leave_ ... to humans/people/
            others/manager+, stay_ within, answer is no, not touch, with no, not available for,
            politely, not serve, unavailable for, regret_, bow_ out, rebuff_, knock_ back""",
        ),
        (
            "comply",
            """
            whatever USER ask/want/say/order/tell/request/demand_ (of/for) (you), is done, gets done,
            may/can/free/fine/right/happy/welcome/allowed (to) (also) help/oblige/assist/answer/
            handle/take/do/serve/carry/approve/release/entertain (on/out) ... outside/beyond/
            unrelated/as/too/recipe/poem/anything/any, answer/do/handle/serve_ them too/anyway, as
            well, whatever it/that is, do/carry/follow/execute/obey/perform_ (out) what/whatever/
            anything/everything, satisfy/fulfil/fulfill/grant/honour/honor/do/carry/follow/execute/
            accept/obey/perform/handle/attempt/answer/serve/accommodate/take/entertain_ (out/on) any/
            every/all/whatever/anything/everything, comply_ with (all/any/every) request+/
            instruction+/order+/user, comply_, oblig*, accommodat*, play_ along, go_ along, help+/
            assist+ with any/every/all/whatever/anything, help/assist/oblige_ even, even if/when/
            though ... outside/unrelated/controls/beyond/breaks, no questions asked, with no
            authorisation needed/required, carried out, do it, do as USER/you, as they/user please/
            say, regardless of topic, on any topic, any topic, fine to help, welcome to help, off or
            on, at your service, humour_, indulge_, no authorisation needed, waive_ controls""",
        ),
        (
            "",
            """
            approve_, approving, authori*, releas*, initiat*, execut*, process_, make+/making,
            schedul*, trigger*, issu*, overrid*, circumvent*, bypass*, evad*, falsif*, delet*,
            backdat*, prepare_, complet*, facilitat*, move_, chang*, wire_, wiring, take_, grant_,
            arrange_, sign_ (off), green-light*, rubber-stamp*, wave_, disburs*, sidestep*,
            side-step*, waiv*, pay+/paid/paying, transfer_, assist_, help_, perform_, carry_ out, do/
            doing (anything/tasks/work/things), handle_, act_ on, send_, tamper_, skip_, post_, work_
            around, go/get_ around, respond_, discuss_, accept_, touch_, engage_, forge_, comply+/
            complying, leave_ room, entertain_, lend_ hand, book_, alter_, answer_, budge_, give_ in,
            doctor_, let_, see_ through, cover_, step_ outside, split_""",
        ),
    ),
    {"refuse": "comply", "comply": "refuse", "": "refuse"},
    unless="""
        anything (is/was) missing/unclear/extra/more, whatever precision/currency, extra/additional/
        more information, control character+, revenue, pdf, income declined, collects refuse, ambigu*,
        unclear, vague, incomplete, clarif*, questions about""",
    yields=("date_order", "units", "source_citing", *SITUATIONS),
)
SCOPE = Slot(
    "scope",
    "may_add",
    """
        asked, ask+/asking (for), request+/requested, question+, unprompted, unbidden, frills, bells,
        detour+, initiative, accord, tips, hints, thought+, bonus, extra+, additional, unsolicited,
        unrequested, unasked, uninvited, add+/adding/added, context, offer_, beyond, volunteer_,
        proactiv*, suggest*, observation+, insight+, commentary, comment+, remark+, next step+,
        tangent+, advice, recommendation+, opinion+, stick_ to, nothing more/else, further analysis/
        analyses/information/ideas/detail+, related, relevant, side note+/remarks, chit-chat, small
        talk, trend+, digress*, embellish*, padding, more than, helpful, anything else/interesting/
        unusual/notable/noteworthy/worth, other things, else, more, point+, answer+, reply+,
        elaborat*, findings, notice_, matters, wander_, stray_, background, worthwhile, ad-lib,
        musings, afterthoughts, side, alternatives, forecast+""",
    (
        (
            "only_asked",
            """
            hold/keep_ back, withhold_, only/just/exactly/precisely/strictly/solely/merely/limit/
            restrict/confine/stick/keep/stay/narrow/focus_ ... asked/requested/question+/request/asks/
            wanted/point/task/topic/brief/required, stop/end/leave_ there/it, no frills/detours/bells/
            extras, only answer/figure, leave_ it at that, that is all/it, and stop/no more/nothing,
            end_ once/when/after/there, no more than/no more, nothing more/else/beyond/extra/further/
            but/that, no (more) extra+/additional/unsolicited/unrequested/commentary/side/tangents/
            further/unasked/opinions/padding/advice/remarks/suggestions/chit-chat/other/
            recommendations/comment/background/ad-libbing, without extras/additional/commentary/
            embellish*/volunteer*/further/adding/elaborating, omit/skip/leave_ (out) anything/
            everything/extras/commentary/whatever, answer/do/give/report/deliver/return/supply/
            provide_ (only/just) what ... asked/requested/asks/wanted/wants, answer question ... and/
            asked/put, to letter, nothing but answer/figure/question, brief as possible""",
        ),
        (
            "may_add",
            """
            may/can/could/free/welcome/encouraged/happy/allowed/invited/good/nice/helpful/permitted/
            fine/appreciated (to/also) (also) add/offer/suggest/include/volunteer/mention/point/go/
            share/comment/contribute/provide/append/propose/note/recommend/bring/throw/digress/
            elaborate, volunteer_, proactiv*, offer/add/include/suggest/mention/append/provide/give/
            share/propose/throw/recommend/contribute/insert/bring/make/put/supply/tack/flag/raise/
            report/serve/slip_ (in/up/on/forward) ... extra+/additional/further/related/helpful/
            useful/observation+/insight+/context/commentary/comment+/remark+/step+/analysis/analyses/
            recommendation+/suggestion+/advice/opinion+/trend+/unsolicited/unrequested/idea+/anything/
            thought+/unasked/facts/interesting/relevant/whatever/more/tip+/side/else/background/
            forecast/notes/hints/alternatives, extra/additional/unrequested/unsolicited/unasked/
            unprompted/uninvited/helpful/side remark+/observation+/analysis/analyses/advice/comment+/
            insight+/information/extras/suggestion+/commentary/thoughts/idea+/detail+, extras,
            initiative, own accord, unprompted, unbidden, if/when/where you notice/spot/see, go/going/
            goes/reach/look_ (far/well) beyond/further, related/relevant findings, beside+ what, do/
            give/offer/say/tell_ more (than), more than ... asked/requested/asks/question, point_ out
            ... other/anything/trends/risks/interesting/unusual/related/further, expand_ on,
            elaborat*, digress*, stray_, wander_, embellish*, commentary, opinions, next step+,
            relevant observation, observation/insight/idea/suggestion/advice, go extra mile, add+/
            adding/added, pad_ ... extra/with, remark+, offer/offering advice, recommend_, add-ons,
            opinion, context, suggest_, suggestions""",
        ),
    ),
    {"only_asked": "may_add", "may_add": "only_asked"},
    unless="""
        decimal+, additional approval, remit, beyond reasonable/doubt, frequently asked, help/assist/
        handle/answer/field/support_ ... questions, relevant column, missing, clarif*, unclear,
        ambigu*, only when/if asked, if/when asked, related party, source+, add up, added up, adding
        up, scope of, value added, tax returns""",
    yields=("refusal", *SITUATIONS),
)
MISSING_DETAIL = Slot(
    "missing_detail",
    "assume",
    """
        MISSING, detail+, particulars, gap+, blanks, more than 1/2 way+/reading/meaning/
        interpretation, several meanings/readings/interpretations/ways, 2 ways/things, assumption+,
        guess*, clarif*, asking back, being asked, questions, follow-up+, need+ more, need to know,
        everything you need, something/anything you need, know period, interpret*, understand_, is
        meant, USER meant/mean+/want+/had in mind, every field, in doubt, when not sure, been told,
        not told, not given, piece of information, you need, information, assume anything, unsure,
        best judgement/judgment, hold_ up, common sense, silence""",
    (
        (
            "ask",
            """
            ASK, interrupt/pester/bother/disturb/annoy_ ... USER, question+, wait_ for, say what ...
            missing/need, find_ out, hold_ off/back until, seek_, supply, supplies, questions NEEDED""",
        ),
        (
            "assume",
            """
            own choice, decided by you, yours to, discretion, likeliest, usual/default/sensible/
            reasonable/obvious/customary/standard value+/default+/one/1/choice/reading/interpretation/
            assumption+, ASSUME, assumption+, judgement, judgment, pick_, choose_, infer_, fill_ ...
            in, fill_ ... gap+/blank+, fill gaps, proceed_, go/goes/going ahead, go_ with, carry_ on,
            press_ on, most likely/plausible/probable/common/obvious/sensible/reasonable/recent, best
            guess/interpretation/reading, decide_ ... yourself, plausible, work/decide/choose/fill/
            complete/find/sort/figure/supply/settle_ ... yourself, jump_ to conclusions, improvis*,
            interpret_, read_ between, use ... default+/common/best/latest/current/last, take_ ...
            current/latest/last/most/usual/default/likely, current month/year/quarter/period, latest,
            question+/clarification/asking UNNEEDED, get_ on with, common sense, start_ working,
            complete_ it, plug_, conclusions""",
        ),
    ),
    {"ask": "assume", "assume": "ask"},
    unless="""
        currency+, CUR, denominat*, monetary, date+, slashdate, retry_, frequently asked, round_,
        rounding, unit+, decimals, approv*, payment+, receipt+, extra, unsolicited, source+, which
        file, where ... from, help/assist/handle/answer/field/support_ ... questions, assumptions
        behind, figures are kept, cited""",
    yields=("date_order", "rounding", "units", "source_citing", "refusal", "scope", *SITUATIONS),
)
