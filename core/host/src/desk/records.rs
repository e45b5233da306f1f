//! Reading records: one, a page of them, and what happened to one.

use deskbell_proto::description::{COMMON_COLUMNS, TypeDescription};
use deskbell_proto::value::FieldKind;
use deskbell_proto::{Condition, FieldFault, Fields, Filter, Find, Operator, Sort};
use serde_json::Value;

use super::{Described, Desk, ListQuery, Page, input, shape, trail};
use crate::people::{Permission, Subject};
use crate::problem::Problem;
use crate::store::{AuditFind, Listing, View};

/// How many records a page holds unless the caller says otherwise, and at the most.
const PAGE: u64 = 50;
const PAGE_MAX: u64 = 200;

/// How much of a record's history is shown at once.
const HISTORY_MAX: u64 = 500;

const OPERATORS: [(&str, Operator); 8] = [
    ("eq", Operator::Eq),
    ("ne", Operator::Ne),
    ("lt", Operator::Lt),
    ("lte", Operator::Lte),
    ("gt", Operator::Gt),
    ("gte", Operator::Gte),
    ("in", Operator::In),
    ("null", Operator::Null),
];

impl Desk {
    /// One record with its sign-offs, in the API's shape.
    pub async fn get(&self, subject: &Subject, site: &str, record_type: &str, number: &str) -> Result<Fields, Problem> {
        let described = self.readable(subject, site, record_type)?;
        let view = self.parts.store.view().await?;
        let record = view.by_number(record_type, site, number).await?;
        let mut record = record.ok_or_else(|| Problem::not_found(format!("{record_type} {number}")))?;
        if !described.sign_offs.is_empty() {
            let sign_offs = view.sign_offs(record_type, id_of(&record)).await?;
            record.insert("sign_offs".to_owned(), serde_json::to_value(sign_offs).map_err(Problem::internal)?);
        }
        shape::shown(&view, &described, std::slice::from_mut(&mut record)).await?;
        Ok(record)
    }

    /// A page of records.
    pub async fn list(&self, subject: &Subject, query: ListQuery) -> Result<Page, Problem> {
        let sites: Vec<String> = match &query.site {
            Some(site) => vec![self.parts.sites.get(site)?.info.id.clone()],
            None => self.parts.sites.all().iter().map(|site| site.info.id.clone()).collect(),
        };
        let described = self.described(&query.record_type)?;
        sites.iter().try_for_each(|site| self.may_read(subject, site, &described))?;
        let view = self.parts.store.view().await?;
        let mut find = find_of(&described, &query)?;
        self.resolve_filter(&view, &sites, &described, &mut find).await?;
        find.limit = Some(query.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX));
        let Listing { mut records, next_cursor } =
            view.list(&sites, &find, query.search.as_deref(), query.cursor.as_deref()).await?;
        self.expand(&view, &described, &query.expand, &mut records).await?;
        Ok(Page { items: records, next_cursor })
    }

    /// Who changed a record, when, from where, old → new; newest first.
    pub async fn history(&self, subject: &Subject, site: &str, record_type: &str, number: &str) -> Result<Vec<Value>, Problem> {
        self.readable(subject, site, record_type)?;
        let view = self.parts.store.view().await?;
        let record = view.by_number(record_type, site, number).await?;
        let record = record.ok_or_else(|| Problem::not_found(format!("{record_type} {number}")))?;
        let find = AuditFind { record_id: Some(id_of(&record)), limit: HISTORY_MAX, ..AuditFind::default() };
        Ok(view.audit(&AuditFind { sites: vec![site.to_owned()], ..find }).await?.into_iter().map(trail::entry).collect())
    }

    /// A type whose records a subject may read at a site.
    fn readable(&self, subject: &Subject, site: &str, record_type: &str) -> Result<Described, Problem> {
        let described = self.described(record_type)?;
        self.may_read(subject, site, &described)?;
        Ok(described)
    }

    fn may_read(&self, subject: &Subject, site: &str, described: &Described) -> Result<(), Problem> {
        let site = self.parts.sites.get(site)?;
        let permission = Permission::new(&described.plugin.manifest.id, &described.name, "read");
        self.parts.policy.authorize(subject, &site.info.id, &permission)
    }

    /// Puts whole records in the place of the references that the caller wants to see, and numbers for the others.
    async fn expand(
        &self,
        view: &View,
        described: &TypeDescription,
        wanted: &[String],
        items: &mut [Fields],
    ) -> Result<(), Problem> {
        let unknown = |field: &&String| !input::references(&described.fields).any(|(known, _)| known == **field);
        if let Some(field) = wanted.iter().find(unknown) {
            let known = input::references(&described.fields).map(|(field, _)| field);
            return Err(Problem::invalid(None, vec![input::unknown_field(field, known)]));
        }
        let ids: Vec<Fields> = if wanted.is_empty() { Vec::new() } else { items.to_vec() };
        shape::shown(view, described, items).await?;
        for (field, record_type) in input::references(&described.fields) {
            if !wanted.iter().any(|name| name == field) {
                continue;
            }
            for (item, with_id) in items.iter_mut().zip(&ids) {
                let Some(id) = with_id.get(field).and_then(|id| id.as_str()?.parse().ok()) else { continue };
                if let Some(record) = view.by_id(record_type, &site_of(with_id), id).await? {
                    item.insert(field.to_owned(), Value::Object(record));
                }
            }
        }
        Ok(())
    }

    /// Filters name other records by number; the store compares ids.
    async fn resolve_filter(
        &self,
        view: &View,
        sites: &[String],
        described: &TypeDescription,
        find: &mut Find,
    ) -> Result<(), Problem> {
        for condition in &mut find.filter.all {
            let Some((_, record_type)) = input::references(&described.fields).find(|(field, _)| *field == condition.field) else {
                continue;
            };
            let Some(number) = condition.value.as_str().map(str::to_owned) else { continue };
            for site in sites {
                if let Some(found) = view.by_number(record_type, site, &number).await? {
                    condition.value = found.get("id").cloned().unwrap_or_default();
                }
            }
        }
        Ok(())
    }
}

fn site_of(record: &Fields) -> String {
    record.get("site").and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(crate) fn id_of(record: &Fields) -> uuid::Uuid {
    record.get("id").and_then(|id| id.as_str()?.parse().ok()).unwrap_or_default()
}

/// Reads filters and sort against the type: unknown fields, operators and values are all named at once.
fn find_of(described: &TypeDescription, query: &ListQuery) -> Result<Find, Problem> {
    let mut faults = Vec::new();
    let mut filter = Filter::default();
    for (field, operator, value) in &query.filters {
        match condition(described, field, operator, value) {
            Ok(condition) => filter.all.push(condition),
            Err(fault) => faults.push(fault),
        }
    }
    let sort = query.sort.as_deref().filter(|sort| !sort.is_empty()).map(|sort| {
        let field = sort.trim_start_matches('-');
        if described.column_kind(field).is_none() {
            faults.push(input::unknown_field(field, columns(described)));
        }
        Sort { field: field.to_owned(), descending: sort.starts_with('-') }
    });
    if !faults.is_empty() {
        return Err(Problem::invalid(None, faults));
    }
    // The newest first, unless the caller wants another order.
    let newest_first = Sort { field: "id".to_owned(), descending: true };
    Ok(Find { record_type: query.record_type.clone(), filter, sort: vec![sort.unwrap_or(newest_first)], limit: None })
}

fn condition(described: &TypeDescription, field: &str, operator: &str, value: &str) -> Result<Condition, FieldFault> {
    let Some(kind) = described.column_kind(field) else {
        return Err(input::unknown_field(field, columns(described)));
    };
    let fault = |key: &str, args: Vec<(&'static str, String)>| FieldFault {
        field: field.to_owned(),
        key: key.to_owned(),
        args: args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    };
    let Some((_, op)) = OPERATORS.into_iter().find(|(name, _)| *name == operator) else {
        let allowed = OPERATORS.map(|(name, _)| name).join(", ");
        return Err(fault("not-an-operator", vec![("allowed", allowed)]));
    };
    let canonical = |text: &str| kind.canonical(&typed(&kind, text)).map_err(|misfit| fault(misfit.code, misfit.args));
    let value = match op {
        Operator::Null => Value::Bool(value != "false"),
        Operator::In => value.split(',').map(canonical).collect::<Result<Vec<_>, _>>()?.into(),
        _ => canonical(value)?,
    };
    Ok(Condition { field: field.to_owned(), op, value })
}

/// A value in an address is text; its field says what it stands for.
fn typed(kind: &FieldKind, text: &str) -> Value {
    match kind {
        FieldKind::Integer { .. } | FieldKind::Fen => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        FieldKind::Bool => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    }
}

fn columns(described: &TypeDescription) -> impl Iterator<Item = &str> {
    COMMON_COLUMNS.into_iter().chain(described.fields.iter().map(|field| field.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskbell_proto::description::FieldDescription;
    use serde_json::json;

    fn described() -> TypeDescription {
        TypeDescription {
            name: "letter".into(),
            fields: vec![
                FieldDescription::new("received_on", FieldKind::Day),
                FieldDescription::new("pieces", FieldKind::Integer { min: None, max: None }),
            ],
            ..TypeDescription::default()
        }
    }

    fn check(filter: (&str, &str, &str), expected: Result<Value, &str>) {
        let (field, operator, value) = filter;
        let answer = condition(&described(), field, operator, value);
        assert_eq!(answer.map(|condition| condition.value).map_err(|fault| fault.key), expected.map_err(str::to_owned));
    }

    #[test]
    fn filter_values_are_read_by_the_kind_of_their_field() {
        check(("received_on", "gte", "2026-11-01"), Ok(json!("2026-11-01")));
        check(("received_on", "gte", "november"), Err("not-a-day"));
        check(("pieces", "eq", "3"), Ok(json!(3)));
        check(("pieces", "in", "3,4"), Ok(json!([3, 4])));
        check(("pieces", "null", "true"), Ok(json!(true)));
        check(("pieces", "about", "3"), Err("not-an-operator"));
        check(("piecs", "eq", "3"), Err("unknown-field"));
    }
}
