//! Ledgers: what is counted, as entries that only add up.

use crate::Paper;
use crate::cx::{Cx, Period};
use crate::derives::column;
use crate::error::{Refused, Result};
use crate::field::Day;
use crate::query::{Column, Query};
use crate::record::{Record, Ref, Stored};

/// An entry of a ledger: what moved the balance of an account, when and why.
///
/// The account is any record with a counter that starts at 0; its balance is the sum of its entries, always. Entries are made
/// by [`Cx::post`], [`Cx::draw`] and [`Cx::post_count`], and registered by [`Register::ledger`](crate::Register::ledger).
///
/// ```
/// use deskbell_sdk::prelude::*;
///
/// /// A kind of gift.
/// #[derive(Record)]
/// #[record(name = "gift", unique = "name")]
/// pub struct Gift {
///     pub name: String,
///     /// What is in the cupboard.
///     #[default = 0]
///     pub in_stock: i64,
/// }
///
/// /// What moved the stock of a gift.
/// #[derive(Record)]
/// #[record(name = "movement", index = "gift, moved_on")]
/// pub struct Movement {
///     pub gift: Ref<Gift>,
///     /// In is positive.
///     pub pieces: i64,
///     pub moved_on: Day,
/// }
///
/// impl Entry for Movement {
///     type Account = Gift;
///     const ACCOUNT: Column<Movement, Ref<Gift>> = Movement::GIFT;
///     const AMOUNT: Column<Movement, i64> = Movement::PIECES;
///     const ENTERED_ON: Column<Movement, Day> = Movement::MOVED_ON;
///     const BALANCE: Column<Gift, i64> = Gift::IN_STOCK;
/// }
///
/// #[derive(Args)]
/// pub struct HandOut {
///     /// How many.
///     #[field(min = 1)]
///     pub pieces: i64,
/// }
///
/// /// G1: every piece is accounted for, and what is not there is not handed out.
/// fn hand_out(cx: &mut Cx, gift: Stored<Gift>, out: HandOut) -> Result<Stored<Gift>> {
///     let movement = Movement { gift: gift.to_ref(), pieces: -out.pieces, moved_on: cx.today() };
///     cx.post(movement, Rule("G1").refuse("not-enough-gifts"))?;
///     cx.get(&gift.to_ref())
/// }
///
/// pub fn register(desk: &mut Register) {
///     desk.record::<Gift>().action("hand-out", hand_out);
///     desk.ledger::<Movement>();
/// }
/// ```
pub trait Entry: Record {
    /// What has the balance.
    type Account: Record;
    /// Which account it moves.
    const ACCOUNT: Column<Self, Ref<Self::Account>>;
    /// By how much: in is positive, out negative.
    const AMOUNT: Column<Self, i64>;
    /// The day it counts for.
    const ENTERED_ON: Column<Self, Day>;
    /// The account's counter.
    const BALANCE: Column<Self::Account, i64>;
}

/// What moved over a span of days, for papers: opening + incoming − outgoing = closing.
#[derive(Clone, Copy, Default, PartialEq, Eq, Paper)]
pub struct Turnover {
    pub opening: i64,
    pub incoming: i64,
    pub outgoing: i64,
    pub closing: i64,
}

/// Ledgers.
impl<S> Cx<'_, S> {
    /// Makes an entry and moves the balance of its account by it, never below zero: also when fifty clerks take at once.
    ///
    /// # Errors
    /// The refusal, when the balance would fall below zero; no such account.
    pub fn post<E: Entry>(&mut self, entry: E, refusal: Refused) -> Result<Stored<E>> {
        let row = entry.write();
        let account = self.get(&column::<Ref<E::Account>>(&row, E::ACCOUNT.name())?)?;
        let amount = column(&row, E::AMOUNT.name())?;
        self.adjust(&account, E::BALANCE, amount, 0, refusal)?;
        self.insert(entry)
    }

    /// Takes an amount from the accounts that answer the query, in its order and from as many as it needs: the first to
    /// expire goes out first when the query sorts by that day. `entry` says what is booked for each part that is taken.
    ///
    /// ```
    /// # use deskbell_sdk::prelude::*;
    /// # /// A lot.
    /// # #[derive(Record)] #[record(name = "lot")] struct Lot { expires_on: Day, #[default = 0] quantity: i64 }
    /// # /// Moves.
    /// # #[derive(Record)] #[record(name = "movement")] struct Movement { lot: Ref<Lot>, quantity: i64, moved_on: Day }
    /// # impl Entry for Movement {
    /// #     type Account = Lot;
    /// #     const ACCOUNT: Column<Movement, Ref<Lot>> = Movement::LOT;
    /// #     const AMOUNT: Column<Movement, i64> = Movement::QUANTITY;
    /// #     const ENTERED_ON: Column<Movement, Day> = Movement::MOVED_ON;
    /// #     const BALANCE: Column<Lot, i64> = Lot::QUANTITY;
    /// # }
    /// # fn take(cx: &mut Cx, quantity: i64) -> Result<()> {
    /// let usable = Lot::EXPIRES_ON.ge(cx.today()).sort_by(Lot::EXPIRES_ON);
    /// let (today, refusal) = (cx.today(), Rule("M2").refuse("not-enough-in-stock"));
    /// cx.draw(usable, quantity, refusal, |lot: &Stored<Lot>, part| Movement { lot: lot.to_ref(), quantity: -part, moved_on: today })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The refusal, when all of them together hold less.
    pub fn draw<E: Entry>(
        &mut self,
        accounts: Query<E::Account>,
        amount: i64,
        refusal: Refused,
        mut entry: impl FnMut(&Stored<E::Account>, i64) -> E,
    ) -> Result<Vec<Stored<E>>> {
        let (mut lacking, mut entries) = (amount, Vec::new());
        for account in self.find(accounts.clone())? {
            let part = balance_of::<E>(&account)?.min(lacking);
            if part > 0 {
                self.hold(&account, accounts.clone(), refusal.clone())?;
                entries.push(self.post(entry(&account, part), refusal.clone())?);
                lacking -= part;
            }
        }
        if lacking > 0 { Err(refusal.into()) } else { Ok(entries) }
    }

    /// Books what a count found: an entry with the difference, or none when the books are right. Should somebody move the
    /// balance meanwhile, the handler is run again.
    ///
    /// # Errors
    /// The refusal, when the balance keeps moving; a negative count, too.
    pub fn post_count<E: Entry>(
        &mut self,
        account: &Stored<E::Account>,
        counted: i64,
        refusal: Refused,
        entry: impl FnOnce(i64) -> E,
    ) -> Result<Option<Stored<E>>> {
        let booked = balance_of::<E>(account)?;
        self.hold(account, E::BALANCE.is(booked), refusal.clone())?;
        if counted == booked { Ok(None) } else { self.post(entry(counted - booked), refusal).map(Some) }
    }

    /// What moved an account over a span of days.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn turnover<E: Entry>(&self, account: &Stored<E::Account>, period: Period) -> Result<Turnover> {
        let entries = self.find(E::ACCOUNT.is(account).and(E::ENTERED_ON.ge(period.from)))?;
        Turnover::of(account, &entries, period)
    }

    /// What moved each of many accounts over a span of days, in their order and by one read.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn turnovers<E: Entry>(&self, accounts: &[Stored<E::Account>], period: Period) -> Result<Vec<Turnover>> {
        let entries = self.find(E::ENTERED_ON.ge(period.from))?;
        accounts.iter().map(|account| Turnover::of(account, &entries, period)).collect()
    }
}

impl Turnover {
    /// Counts back from the balance of today over the entries since the span began; those of other accounts don't count.
    fn of<E: Entry>(account: &Stored<E::Account>, entries: &[Stored<E>], period: Period) -> Result<Turnover> {
        let mut turnover = Turnover { closing: balance_of::<E>(account)?, ..Turnover::default() };
        for entry in entries {
            let row = entry.write();
            if column::<Ref<E::Account>>(&row, E::ACCOUNT.name())?.id() != account.id() {
                continue;
            }
            let amount: i64 = column(&row, E::AMOUNT.name())?;
            if column::<Day>(&row, E::ENTERED_ON.name())? > period.to {
                turnover.closing -= amount;
            } else {
                turnover.incoming += amount.max(0);
                turnover.outgoing += (-amount).max(0);
            }
        }
        turnover.opening = turnover.closing - turnover.incoming + turnover.outgoing;
        Ok(turnover)
    }
}

fn balance_of<E: Entry>(account: &Stored<E::Account>) -> Result<i64> {
    column(&account.write(), E::BALANCE.name())
}
