//! The same letters on PostgreSQL, against what its own pgbench makes of their statements.

use std::time::Duration;

use anyhow::anyhow;
use deskbell_tests::{Cluster, Home};

use crate::desk::{clients, letter, path_of, receiving};
use crate::figures::{Goal, Report};
use crate::letters::beside_a_writer;
use crate::load::Asked;

const LASTING: Duration = Duration::from_secs(4);

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let cluster = Cluster::start_durable().map_err(|why| anyhow!(why))?;
    let database = cluster.new_database();
    let home = Home::on(&database);
    let serving = home.serve();
    let one = serving.api.post("/api/v1/records/letters.letter", letter(0, 0)).expect(201).body;
    let script = script(&cluster, &database)?;
    for n in [1, 8] {
        let floor = || cluster.pgbench(&database, &script, n, LASTING).map_err(|why| anyhow!(why));
        let before = floor()?;
        let received = clients(&serving, n).ask(201, receiving)?;
        let pgbench = f64::midpoint(before, floor()?);
        report.tell(&format!("pgbench, {n} clients"), format!("{pgbench:.0}/s"));
        report.tell(&format!("receiving letters on PostgreSQL, {n} clients"), &received);
        report.judge_commits(
            &format!("receiving on PostgreSQL with {n} clients, of pgbench"),
            received.rate(),
            pgbench,
            Goal::AtLeast(60.0),
        );
    }
    let (reading, second) = (Asked::get(path_of(&one)), Home::beside(&home));
    let second = second.serve();
    report.tell("reading one on PostgreSQL, 8 clients", clients(&serving, 8).ask(200, |_, _| reading.clone())?);
    report.tell("the same, while a second host writes", beside_a_writer(&serving, &second, &reading)?);
    second.stop();
    serving.stop();
    Ok(())
}

/// What receiving a letter writes, as one transaction: the number, the letter, the task to announce it, its entry in the trail
/// with the personal values beside it, and the trail's end. The rows are those of the one letter that is there; pgbench takes a
/// colon before a letter for a variable, also in a text.
fn script(cluster: &Cluster, database: &str) -> anyhow::Result<String> {
    let insert = |table: &str, letter: &str, own: &str| {
        let sql = format!(
            "WITH rows AS (SELECT row_number() OVER () AS n, to_jsonb(t) AS row FROM {table} t \
               WHERE {letter}::text = (SELECT id::text FROM letters_letter)), \
             cells AS (SELECT n, string_agg(quote_ident(key), ', ' ORDER BY key) AS names, \
               string_agg(CASE key {own} ELSE quote_nullable(regexp_replace(value, ':([a-z])', ': \\1', 'g')) END, ', ' ORDER BY key) AS cells \
               FROM rows, jsonb_each_text(row) GROUP BY n) \
             SELECT 'INSERT INTO {table} (' || min(names) || ') VALUES (' || string_agg(cells, '), (') || ');' FROM cells"
        );
        cluster.ask(database, &sql).map_err(|why| anyhow!(why))
    };
    let letter =
        insert("letters_letter", "t.id", "WHEN 'id' THEN 'gen_random_uuid()' WHEN 'number' THEN '''B-'' || :drawn::text'")?;
    let task = insert("tasks", "t.record_id", "WHEN 'id' THEN 'gen_random_uuid()'")?;
    let entry = insert("audit", "t.record_id", "WHEN 'seq' THEN ':drawn::bigint + 1000000000'")?;
    let values = insert("audit_values", "t.record_id", "WHEN 'seq' THEN ':drawn::bigint + 1000000000'")?;
    Ok(format!(
        "BEGIN;\n\
         INSERT INTO counters (site, record_type, period, drawn) VALUES ('main', 'bench', '', 1) \
         ON CONFLICT (site, record_type, period) DO UPDATE SET drawn = counters.drawn + 1 RETURNING drawn \\gset\n\
         {letter}{task}{entry}{values}\
         INSERT INTO audit_heads (host, seq, hash) VALUES ('bench', :drawn, 'x') \
         ON CONFLICT (host) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;\n\
         COMMIT;\n"
    ))
}
