//! What a store has changed in a form, line by line.

/// Lines around a change that are shown with it.
const AROUND: usize = 2;

/// Returns the changes from one text to another as a unified diff; empty when they are the same.
pub(crate) fn between(old_name: &str, old: &str, new_name: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let steps = steps(&old, &new);
    let mut text = format!("--- {old_name}\n+++ {new_name}\n");
    let mut last_shown = None;
    for (at, step) in steps.iter().enumerate() {
        let window = &steps[at.saturating_sub(AROUND)..(at + AROUND + 1).min(steps.len())];
        if window.iter().all(|step| matches!(step, Step::Same(_))) {
            continue;
        }
        if last_shown.is_none_or(|last| last + 1 != at) {
            let line = steps[..at].iter().filter(|step| !matches!(step, Step::Added(_))).count() + 1;
            text.push_str(&format!("@@ line {line} @@\n"));
        }
        last_shown = Some(at);
        let (mark, line) = match step {
            Step::Same(line) => (' ', line),
            Step::Gone(line) => ('-', line),
            Step::Added(line) => ('+', line),
        };
        text.push_str(&format!("{mark}{line}\n"));
    }
    text
}

enum Step<'a> {
    Same(&'a str),
    Gone(&'a str),
    Added(&'a str),
}

/// The longest common subsequence, by the table: forms are short.
fn steps<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Step<'a>> {
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (at, line) in old.iter().enumerate().rev() {
        for (other_at, other) in new.iter().enumerate().rev() {
            common[at][other_at] = if line == other {
                common[at + 1][other_at + 1] + 1
            } else {
                common[at + 1][other_at].max(common[at][other_at + 1])
            };
        }
    }
    let (mut at, mut other_at) = (0, 0);
    let mut steps = Vec::new();
    while at < old.len() || other_at < new.len() {
        if at < old.len() && other_at < new.len() && old[at] == new[other_at] {
            steps.push(Step::Same(old[at]));
            (at, other_at) = (at + 1, other_at + 1);
        } else if other_at == new.len() || (at < old.len() && common[at + 1][other_at] >= common[at][other_at + 1]) {
            steps.push(Step::Gone(old[at]));
            at += 1;
        } else {
            steps.push(Step::Added(new[other_at]));
            other_at += 1;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_are_shown_with_their_neighbours() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n";
        insta::assert_snapshot!(between("shipped", old, "store", new), @r"
        --- shipped
        +++ store
        @@ line 3 @@
         3
         4
        -5
        +five
         6
         7
        @@ line 10 @@
         10
         11
        +12
        ");
        assert_eq!(between("a", old, "b", old), "");
    }
}
