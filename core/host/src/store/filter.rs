//! A [`Find`] as SQL: the same answer as its evaluator in `proto` gives over rows in memory.
//!
//! Null sorts first when ascending, text compares by bytes, ties are broken by the id. A page starts after a cursor, which
//! holds the sorted values of the last row seen, so that a page costs the same wherever it is.

use deskbell_proto::value::FieldKind;
use deskbell_proto::{Condition, Fields, Filter, Find, Operator};
use sea_orm::sea_query::{
    Condition as SqlCondition, Expr, ExprTrait, Func, LikeExpr, NullOrdering, Order, Query, SelectStatement, SimpleExpr,
};
use serde_json::Value;

use super::types::{Column, RecordTable};
use crate::problem::Problem;

/// The longest search text and list of values that are worth asking for.
const SEARCH_WORDS: usize = 8;

/// Selects the rows that answer a question at some sites.
pub(super) fn select(table: &RecordTable, sites: &[String], find: &Find) -> Result<SelectStatement, Problem> {
    let mut query = Query::select();
    query.columns(table.column_names()).from(table.iden()).cond_where(matching(table, sites, &find.filter)?);
    for sort in &find.sort {
        let column = column(table, &sort.field)?;
        let order = if sort.descending { Order::Desc } else { Order::Asc };
        let nulls = if sort.descending { NullOrdering::Last } else { NullOrdering::First };
        if column.is_common {
            query.order_by(column.name.clone(), order);
        } else {
            query.order_by_with_nulls(column.name.clone(), order, nulls);
        }
    }
    query.order_by("id", Order::Asc);
    if let Some(limit) = find.limit {
        query.limit(limit);
    }
    Ok(query)
}

/// Counts the rows that answer a question; its limit is the caller's to apply.
pub(super) fn count(table: &RecordTable, sites: &[String], filter: &Filter) -> Result<SelectStatement, Problem> {
    let mut query = Query::select();
    let matching = matching(table, sites, filter)?;
    query.expr_as(Expr::col("id").count(), "count").from(table.iden()).cond_where(matching);
    Ok(query)
}

fn matching(table: &RecordTable, sites: &[String], filter: &Filter) -> Result<SqlCondition, Problem> {
    let mut all = SqlCondition::all().add(at_sites(sites));
    for condition in &filter.all {
        all = all.add(compiled(table, condition)?);
    }
    Ok(all)
}

fn at_sites(sites: &[String]) -> SimpleExpr {
    match sites {
        [one] => Expr::col("site").eq(one.as_str()),
        several => Expr::col("site").is_in(several.iter().map(String::as_str)),
    }
}

fn column<'a>(table: &'a RecordTable, name: &str) -> Result<&'a Column, Problem> {
    table.column(name).ok_or_else(|| Problem::invalid_field(name, "unknown-field", []))
}

fn compiled(table: &RecordTable, condition: &Condition) -> Result<SimpleExpr, Problem> {
    let column = column(table, &condition.field)?;
    let field = Expr::col(column.name.clone());
    let value = &condition.value;
    Ok(match condition.op {
        Operator::Null if value.as_bool().unwrap_or(true) => field.is_null(),
        Operator::Null => field.is_not_null(),
        Operator::In => {
            let members = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let members = members.iter().filter(|member| !member.is_null());
            let bound = members.map(|member| bound(column, member)).collect::<Result<Vec<_>, _>>()?;
            // An empty list is a question that nothing answers.
            field.is_in(bound)
        }
        _ if value.is_null() => never(),
        op => compared(field, op, bound(column, value)?),
    })
}

fn compared(field: SimpleExpr, op: Operator, value: sea_orm::sea_query::Value) -> SimpleExpr {
    match op {
        Operator::Eq => field.eq(value),
        Operator::Ne => field.ne(value),
        Operator::Lt => field.lt(value),
        Operator::Lte => field.lte(value),
        Operator::Gt => field.gt(value),
        Operator::Gte => field.gte(value),
        Operator::In | Operator::Null => never(),
    }
}

fn never() -> SimpleExpr {
    Expr::val(1).eq(0)
}

fn bound(column: &Column, value: &Value) -> Result<sea_orm::sea_query::Value, Problem> {
    let misfit = match &column.kind {
        FieldKind::Integer { .. } | FieldKind::Fen => "not-a-number",
        FieldKind::Bool => "not-a-bool",
        FieldKind::Day => "not-a-day",
        FieldKind::Instant => "not-an-instant",
        _ => "not-a-text",
    };
    column.bound(value).ok_or_else(|| Problem::invalid_field(&column.name, misfit, []))
}

/// Every word must occur in the number or in a searchable field, whatever its case in ASCII.
pub(super) fn search(table: &RecordTable, text: &str) -> SqlCondition {
    let searchable = |column: &&Column| {
        let declared = table.description.field(&column.name).is_some_and(|field| field.searchable);
        column.name == "number" || (declared && matches!(column.kind, FieldKind::Text { .. } | FieldKind::Choice { .. }))
    };
    let columns: Vec<&Column> = table.columns.iter().filter(searchable).collect();
    let mut all = SqlCondition::all();
    for word in text.split_whitespace().take(SEARCH_WORDS) {
        let pattern = pattern(word);
        let mut any = SqlCondition::any().add(never());
        for column in &columns {
            let field = Func::lower(Expr::col(column.name.clone()));
            any = any.add(Expr::from(field).like(LikeExpr::new(pattern.clone()).escape('\\')));
        }
        all = all.add(any);
    }
    all
}

/// `50%` is looked for as it stands, not as "50 and anything".
fn pattern(word: &str) -> String {
    let mut pattern = String::from("%");
    for c in word.chars().filter(|c| *c != '\0') {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}

/// Returns the cursor of the page after a row.
pub(super) fn cursor(find: &Find, last: &Fields) -> String {
    let value = |field: &str| last.get(field).cloned().unwrap_or(Value::Null);
    let mut values: Vec<Value> = find.sort.iter().map(|sort| value(&sort.field)).collect();
    values.push(value("id"));
    hex::encode(Value::from(vec![Value::from(sort_of(find)), values.into()]).to_string())
}

/// A cursor belongs to one order: with another it would skip rows.
fn sort_of(find: &Find) -> String {
    let sorts = find.sort.iter().map(|sort| format!("{}{}", if sort.descending { "-" } else { "" }, sort.field));
    sorts.collect::<Vec<_>>().join(",")
}

/// The rows after a cursor, in the order of the question.
pub(super) fn after(table: &RecordTable, find: &Find, cursor: &str) -> Result<SqlCondition, Problem> {
    let wrong = || Problem::invalid_field("cursor", "bad-cursor", []);
    let decoded = hex::decode(cursor).map_err(|_| wrong())?;
    let (sort, values): (String, Vec<Value>) = serde_json::from_slice(&decoded).map_err(|_| wrong())?;
    if sort != sort_of(find) || values.len() != find.sort.len() + 1 {
        return Err(wrong());
    }
    let id_order = deskbell_proto::Sort { field: "id".to_owned(), descending: false };
    let order: Vec<_> = find.sort.iter().chain([&id_order]).zip(&values).collect();
    let mut any = SqlCondition::any();
    for (position, (sort, value)) in order.iter().enumerate() {
        let mut later = SqlCondition::all();
        for (sort, value) in &order[..position] {
            later = later.add(same(column(table, &sort.field)?, value).ok_or_else(wrong)?);
        }
        later = later.add(beyond(column(table, &sort.field)?, sort.descending, value).ok_or_else(wrong)?);
        any = any.add(later);
    }
    Ok(any)
}

fn same(column: &Column, value: &Value) -> Option<SimpleExpr> {
    let field = Expr::col(column.name.clone());
    if value.is_null() { Some(field.is_null()) } else { Some(field.eq(column.bound(value)?)) }
}

fn beyond(column: &Column, descending: bool, value: &Value) -> Option<SimpleExpr> {
    let field = Expr::col(column.name.clone());
    Some(match (descending, value.is_null()) {
        (false, true) => field.is_not_null(),
        (false, false) => field.gt(column.bound(value)?),
        // Null comes last: nothing is beyond it, and it is beyond everything else.
        (true, true) => never(),
        (true, false) if column.is_common => field.lt(column.bound(value)?),
        (true, false) => field.clone().lt(column.bound(value)?).or(field.is_null()),
    })
}
