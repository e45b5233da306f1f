//! The stock of labels: ranges of serials, each serial drawn once, in order and without a gap (N2).

use deskbell_sdk::prelude::*;

use crate::issue::Issue;

/// A range of serials.
#[derive(Record)]
#[record(name = "label-stock", number = "LS/ever", unique = "first_serial", index = "last_serial")]
pub struct LabelStock {
    /// The first of them.
    pub first_serial: i64,
    /// The last of them.
    pub last_serial: i64,
    /// The day that they came.
    pub received_on: Day,
    /// How many have not been issued: the last ones of the range.
    #[default = 0]
    pub left: i64,
}

/// What moved a range: it came, or labels were issued from it. Labels that come back are void and never stock again.
#[derive(Record)]
#[record(name = "movement", index = "stock, moved_on", index = "moved_on")]
pub struct Movement {
    pub stock: Ref<LabelStock>,
    /// In is positive.
    pub quantity: i64,
    pub moved_on: Day,
    /// What they were issued for.
    pub issue: Option<Ref<Issue>>,
}

impl Entry for Movement {
    type Account = LabelStock;
    const ACCOUNT: Column<Movement, Ref<LabelStock>> = Movement::STOCK;
    const AMOUNT: Column<Movement, i64> = Movement::QUANTITY;
    const ENTERED_ON: Column<Movement, Day> = Movement::MOVED_ON;
    const BALANCE: Column<LabelStock, i64> = LabelStock::LEFT;
}

/// A range as it comes from the printer's.
#[derive(Args)]
pub struct Range {
    /// The first serial.
    #[field(min = 1, max = 99_999_999)]
    pub first_serial: i64,
    /// The last serial.
    #[field(min = 1, max = 99_999_999)]
    pub last_serial: i64,
}

/// 非卖品标签收发表
#[derive(Paper)]
pub struct StockPaper {
    pub from: Day,
    pub to: Day,
    /// A line a range, by its serials.
    pub lines: Vec<StockLine>,
}

#[derive(Paper)]
pub struct StockLine {
    pub number: String,
    pub first: String,
    pub last: String,
    pub turnover: Turnover,
}

/// N2: takes in a range whose serials no other range has, or ever had.
pub fn take_in(cx: &mut Cx, range: Range) -> Result<Stored<LabelStock>> {
    Rule("N2").requires(range.first_serial <= range.last_serial, "range-is-backwards")?;
    let overlapping = LabelStock::FIRST_SERIAL.le(range.last_serial).and(LabelStock::LAST_SERIAL.ge(range.first_serial));
    cx.require(overlapping.with_voided(), ..=0, Rule("N2").refuse("serials-are-taken"))?;
    let (first_serial, last_serial, today) = (range.first_serial, range.last_serial, cx.today());
    let stock = cx.insert(LabelStock { first_serial, last_serial, received_on: today, left: 0 })?;
    let (quantity, moved_on) = (last_serial - first_serial + 1, today);
    cx.post(Movement { stock: stock.to_ref(), quantity, moved_on, issue: None }, Rule("N2").refuse("not-enough-labels"))?;
    cx.get(&stock.to_ref())
}

/// N2: draws the next serials, from as many ranges as it takes. Whoever draws at the same time draws the ones after.
pub fn draw(cx: &mut Cx, quantity: i64, issue: &Stored<Issue>) -> Result<Vec<i64>> {
    let mut serials = Vec::new();
    for stock in cx.find(LabelStock::LEFT.gt(0).sort_by(LabelStock::FIRST_SERIAL))? {
        let part = stock.left.min(quantity - serials.len() as i64);
        if part == 0 {
            break;
        }
        cx.hold(&stock, LabelStock::LEFT.is(stock.left), Rule("N2").refuse("labels-were-just-issued"))?;
        let (issue, moved_on) = (Some(issue.to_ref()), cx.today());
        let drawn = Movement { stock: stock.to_ref(), quantity: -part, moved_on, issue };
        cx.post(drawn, Rule("N2").refuse("not-enough-labels"))?;
        let next = stock.last_serial - stock.left + 1;
        serials.extend(next..next + part);
    }
    Rule("N2").requires(serials.len() as i64 == quantity, "not-enough-labels")?;
    Ok(serials)
}

pub fn paper(cx: &Cx, period: Period) -> Result<StockPaper> {
    let ranges = cx.find(LabelStock::all().sort_by(LabelStock::FIRST_SERIAL))?;
    let turnovers = cx.turnovers::<Movement>(&ranges, period)?;
    let line = |(range, turnover): (&Stored<LabelStock>, Turnover)| StockLine {
        number: range.number().to_owned(),
        first: code(range.first_serial),
        last: code(range.last_serial),
        turnover,
    };
    Ok(StockPaper { from: period.from, to: period.to, lines: ranges.iter().zip(turnovers).map(line).collect() })
}

/// A serial as it is printed and scanned: `NS00000012`.
pub fn code(serial: i64) -> String {
    format!("NS{serial:08}")
}

/// The serial of what was scanned or typed, with or without its letters.
pub fn serial_of(code: &str) -> Option<i64> {
    let digits = code.trim().trim_start_matches(['N', 'S', 'n', 's']);
    digits.parse().ok().filter(|serial| *serial > 0)
}

/// Serials as a person reads them: `NS00000001–NS00000024, NS00000101`.
pub fn spans(serials: &[i64]) -> String {
    let runs = serials.chunk_by(|a, b| a + 1 == *b);
    let span = |run: &[i64]| match run {
        [one] => code(*one),
        [first, .., last] => format!("{}–{}", code(*first), code(*last)),
        [] => String::new(),
    };
    runs.map(span).collect::<Vec<_>>().join(", ")
}
