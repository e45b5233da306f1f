//! A write transaction as the rest of the host sees it: synchronous, on the writer's own thread.
//!
//! SQLite goes straight to rusqlite, PostgreSQL through SeaORM; both take SeaQuery statements.

use std::marker::PhantomData;

/// The writer's transaction while one piece of work runs in it.
#[derive(Debug)]
pub struct Tx<'a>(PhantomData<&'a ()>);

/// One row of an answer.
#[derive(Debug)]
pub struct Row {}
