//! What holds of every ledger: entries are made once, and a balance moves by its entries alone.
//!
//! Host and TestDesk ask this of each change set before it is written, so that a sum can't drift from its entries.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::description::{LedgerDescription, TypeDescription};
use crate::{Change, Fields};

/// Checks a change set against the ledgers of `types`, the plugin's own; their names are without the plugin's id.
///
/// # Errors
/// The first change that a ledger does not allow, in English.
pub fn check(plugin: &str, types: &[TypeDescription], changes: &[Change]) -> Result<(), String> {
    let flat: Vec<&Change> = changes.iter().flat_map(with_parts).collect();
    for described in types {
        if let Some(ledger) = &described.ledger {
            check_ledger(&format!("{plugin}.{}", described.name), ledger, &flat)?;
        }
    }
    Ok(())
}

fn with_parts(change: &Change) -> Vec<&Change> {
    match change {
        Change::Part { changes, .. } => changes.iter().flat_map(with_parts).collect(),
        change => vec![change],
    }
}

fn check_ledger(entry_type: &str, ledger: &LedgerDescription, changes: &[&Change]) -> Result<(), String> {
    let LedgerDescription { account_type, account, amount, balance } = ledger;
    // By account: what its entries say, less what its balance moves.
    let mut apart: BTreeMap<String, i64> = BTreeMap::new();
    for change in changes {
        match change {
            Change::Insert { record_type, fields, .. } if record_type == entry_type => {
                *apart.entry(text(fields, account)).or_default() += number(fields, amount);
            }
            Change::Insert { record_type, fields, .. } if record_type == account_type && number(fields, balance) != 0 => {
                return Err(format!("a new {account_type} has {balance} 0 until an entry moves it"));
            }
            Change::Adjust { record_type, id, field, delta, .. } if record_type == account_type && field == balance => {
                *apart.entry(id.to_string()).or_default() -= delta;
            }
            Change::Update { record_type, .. } if record_type == entry_type => {
                return Err(format!("an entry of the ledger {entry_type} is never changed"));
            }
            Change::Update { record_type, set, .. } if record_type == account_type && set.contains_key(balance) => {
                return Err(format!("{balance} of {account_type} moves by entries of {entry_type} alone"));
            }
            _ => {}
        }
    }
    match apart.into_iter().find(|(_, apart)| *apart != 0) {
        Some((id, _)) => Err(format!("{balance} of {account_type} {id} does not move by what its entries of {entry_type} say")),
        None => Ok(()),
    }
}

fn text(fields: &Fields, name: &str) -> String {
    fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(fields: &Fields, name: &str) -> i64 {
    fields.get(name).and_then(Value::as_i64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::Refusal;

    const LOT: Uuid = Uuid::from_u128(7);

    fn types() -> Vec<TypeDescription> {
        let ledger = LedgerDescription {
            account_type: "medicine.lot".to_owned(),
            account: "lot".to_owned(),
            amount: "quantity".to_owned(),
            balance: "quantity".to_owned(),
        };
        vec![
            TypeDescription { name: "movement".to_owned(), ledger: Some(ledger), ..TypeDescription::default() },
            TypeDescription { name: "lot".to_owned(), ..TypeDescription::default() },
        ]
    }

    fn fields(json: Value) -> Fields {
        json.as_object().unwrap().clone()
    }

    fn entry(quantity: i64) -> Change {
        let (record_type, id) = ("medicine.movement".to_owned(), Uuid::from_u128(1));
        let fields = fields(json!({"lot": LOT.to_string(), "quantity": quantity}));
        Change::Insert { record_type, id, fields, sought: false }
    }

    fn moved(delta: i64) -> Change {
        let (record_type, field) = ("medicine.lot".to_owned(), "quantity".to_owned());
        Change::Adjust { record_type, id: LOT, field, delta, floor: Some(0), refusal: Refusal::default() }
    }

    fn update(record_type: &str, set: Value) -> Change {
        Change::Update { record_type: record_type.to_owned(), id: LOT, version: 1, set: fields(set) }
    }

    fn check(changes: &[Change], refused: Option<&str>) {
        let answer = super::check("medicine", &types(), changes);
        match (answer, refused) {
            (Ok(()), None) => {}
            (Err(why), Some(part)) if why.contains(part) => {}
            (answer, _) => panic!("{changes:?}: {answer:?}"),
        }
    }

    #[test]
    fn a_balance_moves_by_what_its_entries_say() {
        check(&[entry(-3), moved(-3)], None);
        check(&[Change::Part { item: LOT, changes: vec![entry(5), moved(5)] }, entry(-2), moved(-2)], None);
        check(&[entry(-3)], Some("does not move"));
        check(&[moved(4)], Some("does not move"));
        check(&[entry(3), moved(2)], Some("does not move"));
    }

    #[test]
    fn nothing_else_moves_it_and_no_entry_changes() {
        check(&[update("medicine.lot", json!({"quantity": 9}))], Some("entries of medicine.movement alone"));
        check(&[update("medicine.lot", json!({"note": "shelf 3"}))], None);
        check(&[update("medicine.movement", json!({"note": "x"}))], Some("never changed"));
        let full = fields(json!({"quantity": 9}));
        let account = Change::Insert { record_type: "medicine.lot".to_owned(), id: LOT, fields: full, sought: false };
        check(&[account], Some("until an entry moves it"));
    }
}
