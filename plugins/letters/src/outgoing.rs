//! Mail sent from the desk; the carrier's receipt is filed with each (L9).

use deskbell_sdk::prelude::*;

use crate::letter::Kind;

/// Mail that somebody in the mall hands in to be sent.
#[derive(Record)]
#[record(name = "outgoing", number = "O/day", index = "handed_in_on")]
pub struct Outgoing {
    pub state: OutgoingState,
    /// Who sends it.
    #[field(personal, searchable, editable, max = 60)]
    pub sender: String,
    /// The sender's department.
    #[field(searchable, editable, max = 60)]
    pub department: Option<String>,
    /// To whom it goes.
    #[field(personal, searchable, editable, max = 60)]
    pub addressee: String,
    /// What it is.
    #[field(editable)]
    pub kind: Kind,
    /// The day it was handed in at the desk.
    pub handed_in_on: Day,
    /// Anything else worth knowing.
    #[field(editable, long)]
    pub note: Option<String>,
}

#[derive(State, Clone, PartialEq)]
pub enum OutgoingState {
    /// At the desk, until the carrier comes.
    Waiting,
    /// L9: gone, and its receipt is here.
    #[state(closed)]
    HandedToCarrier { carrier: String, receipt_no: String, postage_fen: Fen, handed_to_carrier_at: Instant },
}

/// What a clerk writes down when mail is handed in.
#[derive(Args)]
pub struct HandIn {
    /// Who sends it.
    #[field(personal, max = 60)]
    pub sender: String,
    /// The sender's department.
    #[field(max = 60)]
    pub department: Option<String>,
    /// To whom it goes.
    #[field(personal, max = 60)]
    pub addressee: String,
    /// What it is.
    pub kind: Kind,
    /// Anything else worth knowing.
    #[field(long)]
    pub note: Option<String>,
}

/// The carrier's receipt for a piece of mail.
#[derive(Args)]
pub struct CarrierReceipt {
    /// Who takes it.
    #[field(max = 60)]
    pub carrier: String,
    /// The number on the carrier's receipt, which is filed.
    #[field(max = 60)]
    pub receipt_no: String,
    /// Postage paid, in fen.
    #[default = 0]
    pub postage_fen: Fen,
}

pub fn take_in(cx: &mut Cx, new: HandIn) -> Result<Stored<Outgoing>> {
    cx.insert(Outgoing {
        state: OutgoingState::Waiting,
        sender: new.sender,
        department: new.department,
        addressee: new.addressee,
        kind: new.kind,
        handed_in_on: cx.today(),
        note: new.note,
    })
}

/// L9: hands mail to the carrier against a receipt; without its number nothing goes out.
pub fn hand_to_carrier(cx: &mut Cx, mut mail: Stored<Outgoing>, receipt: CarrierReceipt) -> Result<Stored<Outgoing>> {
    Rule("L9").requires(mail.state == OutgoingState::Waiting, "mail-is-sent")?;
    if receipt.postage_fen < Fen(0) {
        return Err(Error::invalid("postage_fen", "postage-is-negative"));
    }
    mail.state = OutgoingState::HandedToCarrier {
        carrier: receipt.carrier,
        receipt_no: receipt.receipt_no,
        postage_fen: receipt.postage_fen,
        handed_to_carrier_at: cx.now(),
    };
    cx.update(mail)
}

/// Mail that waits for the carrier.
pub fn due(_: &Cx, on: Day) -> Query<Outgoing> {
    Outgoing::STATE.is_open().and(Outgoing::HANDED_IN_ON.le(on)).sort_by(Outgoing::NUMBER)
}

/// 寄件登记表, the register of outgoing mail.
pub fn register() -> RegisterOf<Outgoing> {
    RegisterOf::by(Outgoing::HANDED_IN_ON)
        .column(Outgoing::NUMBER)
        .column(Outgoing::HANDED_IN_ON)
        .column(Outgoing::SENDER)
        .column(Outgoing::DEPARTMENT)
        .column(Outgoing::ADDRESSEE)
        .column(Outgoing::KIND)
        .column(Outgoing::STATE.field(OutgoingState::CARRIER))
        .column(Outgoing::STATE.field(OutgoingState::RECEIPT_NO))
        .sum(Outgoing::STATE.field(OutgoingState::POSTAGE_FEN))
        .signature("sender-by-hand")
}
