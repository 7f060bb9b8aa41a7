"""How figures are read and written: dates, decimals, currencies, units."""

from __future__ import annotations

from pytest_arc.providers.reference.matters.slot import Slot

DATE_ORDER = Slot(
    "date_order",
    "month_first",
    """
        date+, dayfirstdate, monthfirstdate, slashdate, daymonth, monthday, yearmonthday, isodate,
        day-first, month-first, day before/then/precedes/or/and month, month before/then/precedes/or/
        and day, ddmm, mmdd, day ... month, month ... day, dmy, mdy, ymd""",
    (
        (
            "",
            """
            assume_ (order/format), ASSUME, pick_, settle_, decide_, gamble_, guess* at, flip_ coin,
            take_ chance+, choose_""",
        ),
        ("ask", "ASK"),
        (
            "iso",
            """
            iso, iso 8601, iso-8601, 8601, ymd, yyyy-mm-dd, yyyymmdd, isodate, year first/1st,
            year-first, yearmonthday, international standard/format/notation, year ... first/leads/
            front/1st, year goes/comes/is, begin/start/open/lead_ with year""",
        ),
        (
            "day_first",
            """
            dayfirstdate, ddmm, day-first, day first/1st, day-month*, daymonth, dmy, day before/
            precedes/ahead/then month, day in front of month, day ... (comes/goes/is/stands/leads/
            written) first/1st/before/leads, first/1st/leading number/figure/part/digit+/pair/element/
            component/field/group/value/position/slot/2 ... day, lead_ with day, day lead+, begin/
            start/open/lead_ ... day, put_ day first/1st/before, day ... ahead of month, day comes/
            goes before, european, europe, continental, british, uk, britain, english way, month is
            second/2nd, second/2nd number/figure/part/pair/digits ... month, month ... second/2nd/
            after/follows, little-endian, day is 1st""",
        ),
        (
            "month_first",
            """
            monthfirstdate, mmdd, month-first, month first/1st, month-day*, monthday, mdy, month
            before/precedes/ahead/then day, month in front of day, month ... (comes/goes/is/stands/
            leads/written) first/1st/before/leads, first/1st/leading number/figure/part/digit+/pair/
            element/component/field/group/value/position/slot/2 ... month, lead_ with month, month
            lead+, begin/start/open/lead_ ... month, put_ month first/1st/before, month ... ahead of
            day, american, america, us, united states, u.s, us-style, stateside, second/2nd number/
            figure/part/pair/digits ... day, day ... second/2nd/after/follows, day is second/2nd""",
        ),
    ),
    {"day_first": "month_first", "month_first": "day_first", "": "ask"},
    unless="""
        up to date, date back, deadline, out of date, update+, per diem, working/business day+, day+
        of next/following, posting/value/due date is/are, closing calendar, date format strings""",
)
ROUNDING = Slot(
    "rounding",
    "2",
    """
        round_, roundings, unrounded, decimal+, decimal place+, place+, digit+, precision, cent+,
        penny, pennies, pence, whole, integer+, exact, exactly, precisely, nearest, fraction+,
        fractional, truncat*, dp, hundredth+, full CUR, approximat*, tenth+, thousandth+, point,
        significant, unit accuracy, to last, every digit, ballpark, trailing""",
    (
        (
            "n",
            """
            N decimal+/dp/place+, N decimal/fractional/fraction digit+/place+/figure+/number+, N
            digit+/place+/figure+/position+/number+ behind/after/past/following/right, N digit
            precision, N digits to right, single decimal/digit, decimals at N, give/show N (instead/
            here/then), use/want/make_ (it) N, N-decimal, N-digit, N of them, carry+ N, N are, N
            suffice, N only, N will""",
        ),
        (
            "2",
            """
            nearest cent/penny/hundredth/pence, to/at/down cent+/penny/pence, down to cent+/penny/
            pence, hundredth+, cent/penny accuracy/precision, cent+/pence/pennies must/should/be/is/
            are (be) shown/included/kept, show/keep/include/with/have/has/carry/state/quote_ cents/
            pence/pennies, keep/show_ both decimals, both decimals, CUR and cents, cents and all,
            cents too""",
        ),
        ("1", "nearest tenth, tenth+"),
        ("3", "nearest thousandth, thousandths"),
        ("exact", "decimals untouched/intact/alone, keep/all/every (all/every) decimal+/digit+"),
        (
            "whole",
            """
            cut/drop/remove/ignore/discard/chop/strip/lose_ (off) ... after point/decimal/comma, whole
            number+/unit+/amount+/figure+/CUR/currency, whole ... units/CUR, nearest/closest (whole/
            full) CUR/unit/integer/number/one/1, nearest full/whole, integer+, no/zero/0 decimal+/
            cents/pence/fraction+/fractional/pennies, no decimal places/digits, without (any) cents/
            decimals/pence/fractions/pennies, without decimal places, forget/drop/omit/skip/leave/
            lose/strip/discard/hide/cut/remove_ (off/out/away/about) (any/all) cents/decimals/pence/
            fractions/pennies, cents/decimals/pence/pennies ... dropped/omitted/cut/discarded/removed,
            cents/decimals/pence off/out, cents/decimals/pence/fractions be_ not (to) (be) shown/
            needed/wanted/kept/printed/displayed/required/given, decimals/cents UNNEEDED, full CUR,
            full units, round CUR/number+, without fractional""",
        ),
        (
            "exact",
            """
            unrounded, full precision, maximum precision, whatever precision, complete precision,
            decimals untouched/intact, as many decimals/digits, all/every (of) decimal+/digit+, all
            decimal places, every decimal place, exact MONEY, exactly as, precisely as, exactly what,
            MONEY exactly, to last digit/decimal/cent, last digit/decimal, as (it/they) stored/
            calculated/computed, MONEY exact, stay+/be/keep exact, untruncated, leave MONEY as, to
            full precision, digit for digit, verbatim, down to last, exact, same precision, exactly""",
        ),
        ("", "give/show/use/keep/report/print/display_ ... cents/pence/decimal+/digits"),
        (
            "round",
            """
            round_ (off/up/down), truncat*, approximat*, cut_ digits, shorten_, cut/chop/trim/shave/
            lop_ ... digit+/decimals, simplify_ MONEY, estimate MONEY, ballpark""",
        ),
    ),
    {"round": "exact", "": "whole", "n": "", "whole": "", "2": "", "1": "", "exact": ""},
    unless="""
        round of, round trip, round-trip, round table+, year-round, second round, exact date/name/
        spelling/wording, exact sciences, decimal comma/separator+, whole team/company/group/question/
        year/month, tax point, point of, to point, same place, have no place, tables are, point out,
        in place, places order, to be exact, exact location/address/place/time, precision scales,
        exactly what USER, asked/requested, exactly that, rounded values ... suppliers, payment rounds""",
)
MIXED_CURRENCIES = Slot(
    "mixed_currencies",
    "add",  # as if they were one currency
    """
        different/several/multiple/various/differing/distinct/mixed/other/2/3/many/both/unlike/
        separate/all/mixing/varied/2+ (of) (foreign) currency+, more than 1/single currency, another/
        foreign/unlike/second currency, mix/mixing/combine/span/cross/straddle_ ... currencies,
        currencies differ/vary/mix, currencies ... mixed/different/differ, different denomination+,
        unlike denomination+, differently denominated, foreign-currency, mixed bag, foreign MONEY/
        money/balances/invoices/items/expenses, multi-currency, multicurrency, cross-currency, across/
        between/by/per/each/every currency+, 1 currency per, common/single/1/same/reporting/base/home/
        group/group's/target currency, 1 reporting currency, reporting/base/home/group currency,
        convert_, conversion+, exchange rate+, CUR and/with/to/plus/or/into/against/beside CUR, CUR
        ... and/plus/with/or CUR, fx rate+, currencies, mixed, foreign currency, own currency, CUR
        MONEY and CUR, CUR on 1""",
    (
        (
            "",
            """
            add+/adding/added (up/together), sum+/summing/summed (up), total+/totalling/totaling/
            totalled, combin*, mix+/mixing, be_ (never/not) mixed, been mixed, merge_, aggregat*,
            lump_, net/netting/netted, blend_, pool_, belong+ ... 1, put_ ... together, 1 figure,
            throw_ together, run_ together, roll_ up, tally_""",
        ),
        ("ask", "ASK"),
        (
            "separate",
            """
            separate, separately, individually, apart, per/by currency, for each/every currency, each/
            every currency ... own/gets/has/separate/separately/line/total, in each, 1 for each, own
            total+/subtotal/line+/row/column/section/figure, in own (original) currency+, subtotal+,
            side by side, original currency+, split_ ... currency+, break/broken down by currency,
            unmixed, unconverted, as it/they are/is/stand, column/line/row/total/figure/list/section/1
            for each, 1/line/total per currency, 1/2 currency+ 1/2 total+, distinct totals, untouched,
            1 currency 1 total, 2 currencies 2 totals, only contain 1 currency, 1/2/3 total+, as many
            totals, grouped by currency, group_ ... by currency, next to each other""",
        ),
        (
            "convert",
            """
            convert_, conversion+, translat*, restate_, restated, harmoni*, unify_, unified, normali*,
            bring_ ... to ... currency, express/bring/put/report/turn/consolidate/change/show/quote/
            recast/recalculate/give/present/state/reduce/render/exchange_ ... to/in/into/onto (a)
            single/common/same/1/CUR/reporting/base/group/home/target (currency/reporting), turned
            into CUR, in CUR, CUR equivalent+, at ... rate, in 1 currency, using rate+, grand total,
            use/apply_ ... exchange rate+, at day's rate, at official/closing/spot rate, bring_ ...
            under 1 currency, into CUR, to CUR, into 1""",
        ),
    ),
    {"convert": "separate", "": "separate", "separate": "convert"},
    unless="""
        unit tests, convert* trial, conversion rate, convert* pdf, conversion function/feature,
        convert* files""",
)
UNSTATED_CURRENCY = Slot(
    "unstated_currency",
    "assume:USD",
    """
        currency+, CUR, denominat*, currency/money unitmark, unitmark, monetary unit, what/which
        money, kind of money, money ... is/are in, money it, legal tender, CUR sign""",
    (
        ("ask", "ASK"),
        (
            "detect",
            """
            check/inspect/read/search/consult/examine/verify/determine/find/identify/derive/establish/
            scan/review/see/open/get/detect/infer/trust/obtain/deduce/discover/extract/look/confirm_
            ... DATA, take/taken/taking (it/currency) from DATA, pick_ ... up from DATA, look_ ... up,
            look_ in/into/at/for/before, looked at, look first/1st/it, work_ ... out, work_ ... from
            DATA, rely_ on DATA/currency, go_ by DATA, DATA tell+/say+/show+/states/names/told/
            decides/gives/holds, let DATA, according to DATA, base_ ... on DATA, currency ... come+/
            taken/read/derived/stands/found/determined/established/inferred from/in/by (DATA), come+
            from DATA, from DATA, currency that/which/column, use/name/report currency ... DATA, you
            have (not) seen/found, DATA ... know+, DATA has/have told, determine/find/identify/
            establish/verify/check/detect/infer/deduce/derive_ (out) (what/which) currency/
            denomination, DATA to say, seen in DATA, respect currency, DATA themselves/itself""",
        ),
        ("assume", "CUR"),
        (
            "guess",
            """
            ASSUME, pick/choose/select_ currency, make_ up currency, off top of head, assumption+,
            take/treat/regard/consider/count_ as, default+ (to)""",
        ),
    ),
    {"assume": "ask", "guess": "ask"},
    unless="""
        SEVERAL, convert_, conversion, translat*, restat*, exchange rate+, CUR and/or/plus/to/with
        CUR, CUR MONEY and CUR, cent+, decimal+, round_, nearest, closest, whole, fraction*,
        unitamount, full CUR, add/adding/sum/lump_ ... CUR""",
    masks="""
        no/without/lacking/missing/any/lack_ currency/denomination/indication/sign/marker/unit/CUR/
        unitmark/such, be_ not MENTIONED, does/did not MENTIONED, none (be) MENTIONED, none is/be (be)
        MENTIONED, nothing MENTIONED, nobody MENTIONED, have/carry_ no currency/denomination, cannot
        tell, not tell""",
    needs={
        "assume": """
        MISSING, ASSUME, treat/regard/consider/read/take/count/understand/interpret/think_ ... CUR,
        be_ (always/all/in/kept/denominated/to/taken/understood) (in/as/be) CUR, mean+/stand+ (for)
        CUR, default+, money ... CUR, CUR is ... currency, go_ with, work/deal_ in CUR, used to CUR,
        kept in CUR, drop_"""
    },
)
UNITS = Slot(
    "units",
    "always",
    """
        UNIT, bare, naked, plain/pure/mere/raw MONEY, unlabelled, unlabeled, denominat*, number+/
        figure+/amount+ alone/only, unitamount, boxes/pieces/hours/pallets/kilos/kilograms/litres/
        tonnes/km/kilometres, unitless, measure, what ... counts/measures, CUR sign""",
    (
        (
            "never",
            """
            omit/leave/drop/skip/suppress/strip/remove/exclude/lose/cut/shed/trim/delete_ (off/out/
            away/any/all/of) (the) ... UNIT, no UNIT, without (any/unit/currency) UNIT, UNIT off/out/
            away, leave+/left (off/out/away), omitted, omitting, bare/naked/plain/pure/raw/mere/
            unlabelled/unlabeled/unit-less/unitless MONEY, number+/figure+/amount+ only/alone, just
            number+/figure+, stand_ alone, alone, lack+/lacking UNIT, stand_ on own, UNIT ... left/
            stripped/dropped, forget_ (about) UNIT, avoid_ (using) UNIT, do without UNIT, free of
            UNIT, spare_ ... UNIT, unlabelled/unlabeled, naked, bare, CUR and like, get rid of UNIT,
            UNIT UNNEEDED""",
        ),
        (
            "always",
            """
            state/give/name/include/show/add/mention/label/carry/attach/put/write/report/quote/
            specify/indicate/follow/accompany/append/pair/present/provide/print/express/display/mark/
            spell/tag/stand/bear/appear/say/repeat/make/place/set/insert/tell/need/prefix/suffix/get/
            require/render/clarify/deliver/note/supply_ ... UNIT, have/has ... UNIT, come+/go/goes/
            belong+ ... with/to ... UNIT, UNIT ... after/next/beside/alongside/with/behind/against/to/
            in/on/before/following each/every/all/any/it/them/MONEY, with UNIT, UNIT is/are shown/
            given/written/mandatory/required/stated/included/compulsory, unitamount, whether ...
            boxes/pieces/hours/kilos/CUR/percent/litres/units, accompany_ ... measure, what ...
            counts/measures/measured, UNIT ... must, say_ whether, label_, labelled, UNIT with, put/
            write/add_ ... CUR after/before/behind/next, put/write/add_ ... CUR or CUR, UNIT NEEDED""",
        ),
    ),
    {"always": "never", "never": "always"},
    unless="""
        assume*, default, business unit+, unit price+/cost+/test+, different/several/mixed/multiple/
        foreign/other/both currency+, each/per/common/single/1/reporting/base/same/every currency,
        currency column/risk/differences/conversion, column named, guess*, presum*, legal tender,
        take/taken/treat/treated/read/count as, mean+ CUR, denomination won't, organisational unit""",
    yields=("unstated_currency", "mixed_currencies"),
)
