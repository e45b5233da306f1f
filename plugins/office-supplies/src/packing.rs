//! Goods packed for a customer: the cost is charged, and receipted (O4).

use deskbell_sdk::prelude::*;

use crate::Settings;

/// Goods that were packed.
#[derive(Record)]
#[record(name = "packing", number = "PK/day", index = "packed_on")]
pub struct Packing {
    /// What was packed.
    #[field(searchable, editable, max = 80)]
    pub goods: String,
    /// For whom.
    #[field(personal, searchable, editable, max = 60)]
    pub customer: Option<String>,
    /// What it cost, in fen.
    pub fee_fen: Fen,
    /// The day it was packed.
    pub packed_on: Day,
    /// The clerk who packed it.
    #[field(max = 60)]
    pub packed_by: String,
}

/// What a clerk packs.
#[derive(Args)]
pub struct Pack {
    /// What is packed.
    #[field(max = 80)]
    pub goods: String,
    /// For whom.
    #[field(personal, max = 60)]
    pub customer: Option<String>,
    /// What it costs, in fen: the store's fee, unless it is given.
    pub fee_fen: Option<Fen>,
}

/// 包装收费收据
#[derive(Paper)]
pub struct PackingPaper {
    pub number: String,
    pub packed_on: Day,
    pub goods: String,
    pub customer: Option<String>,
    pub fee_fen: Fen,
    pub packed_by: String,
}

/// O4: packs goods at cost, and prints the receipt for it.
pub fn pack(cx: &mut Cx<Settings>, new: Pack) -> Result<Stored<Packing>> {
    let fee_fen = new.fee_fen.unwrap_or(cx.settings().packing_fee_fen);
    Rule("O4").requires(fee_fen > Fen(0), "packing-has-a-fee")?;
    let (packed_on, packed_by) = (cx.today(), cx.actor().name.clone());
    let packing = cx.insert(Packing { goods: new.goods, customer: new.customer, fee_fen, packed_on, packed_by })?;
    cx.paper("packing-receipt", &packing)?;
    Ok(packing)
}

pub fn paper(_: &Cx, packing: &Stored<Packing>) -> Result<PackingPaper> {
    Ok(PackingPaper {
        number: packing.number().to_owned(),
        packed_on: packing.packed_on,
        goods: packing.goods.clone(),
        customer: packing.customer.clone(),
        fee_fen: packing.fee_fen,
        packed_by: packing.packed_by.clone(),
    })
}

/// 包装收费登记表, with the sum that goes to finance.
pub fn register() -> RegisterOf<Packing> {
    RegisterOf::by(Packing::PACKED_ON)
        .column(Packing::NUMBER)
        .column(Packing::PACKED_ON)
        .column(Packing::GOODS)
        .column(Packing::CUSTOMER)
        .column(Packing::PACKED_BY)
        .sum(Packing::FEE_FEN)
}
