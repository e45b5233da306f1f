//! The Typst source of a template: what it may not call, and where a placeholder may stand.

use std::ops::Range;

use deskbell_proto::typeset::{Complaint, Source as Text};
use typst::syntax::{LinkedNode, Side, SyntaxKind, parse};

use crate::template::Piece;

/// Functions that read files, run text as code, or look past what the form was given.
const FORBIDDEN: [&str; 13] =
    ["eval", "plugin", "read", "json", "csv", "xml", "yaml", "toml", "cbor", "image", "bibliography", "std", "sys"];

/// Reads the source of a form; `pieces` say where it comes from.
pub(crate) fn source(template: &Text, source: &str, pieces: &[Piece]) -> Vec<Complaint> {
    let root = parse(source);
    let root = LinkedNode::new(&root);
    let at = |span: Range<usize>, (reason, help): (String, String)| Complaint {
        file: template.file.clone(),
        span: Piece::locate(pieces, &span),
        reason,
        help: Some(help),
    };
    let mut complaints: Vec<Complaint> = forbidden(&root, &["/layout/"]).into_iter().map(|(span, what)| at(span, what)).collect();
    for piece in pieces.iter().filter(|piece| piece.is_placeholder) {
        if let Some(what) = misplaced(&root, source, &piece.output) {
            complaints.push(at(piece.output.clone(), what));
        }
    }
    complaints
}

/// Reads a file of the shared layout.
pub(crate) fn layout(text: &Text) -> Vec<Complaint> {
    let root = parse(&text.text);
    forbidden(&LinkedNode::new(&root), &["/layout/", "/deskbell.typ"])
        .into_iter()
        .map(|(span, (reason, help))| Complaint { file: text.file.clone(), span: Some(span), reason, help: Some(help) })
        .collect()
}

type What = (String, String);

fn forbidden(node: &LinkedNode<'_>, imports: &[&str]) -> Vec<(Range<usize>, What)> {
    let mut found = Vec::new();
    visit(node, &mut |node| {
        let name = node.leaf_text().as_str();
        match node.kind() {
            SyntaxKind::Ident | SyntaxKind::MathIdent if FORBIDDEN.contains(&name) => {
                let help = "a form is given finished values and shared functions; it reads and runs nothing".to_owned();
                found.push((node.range(), (format!("a form may not use `{name}`"), help)));
            }
            SyntaxKind::ModuleInclude => {
                let help = "what forms share is a function in templates/layout/, imported".to_owned();
                found.push((node.range(), ("a form may not include another file".to_owned(), help)));
            }
            SyntaxKind::ModuleImport => {
                let path = node.children().find(|child| child.kind() == SyntaxKind::Str);
                let is_shared = path.as_ref().is_some_and(|path| {
                    let path = path.leaf_text().trim_matches('"');
                    !path.contains("..") && imports.iter().any(|allowed| path.starts_with(allowed))
                });
                if !is_shared {
                    let help = "import \"/layout/base.typ\" or another file of templates/layout/".to_owned();
                    found.push((node.range(), ("a form may import the shared layout only".to_owned(), help)));
                }
            }
            _ => {}
        }
    });
    found
}

fn visit(node: &LinkedNode<'_>, look: &mut impl FnMut(&LinkedNode<'_>)) {
    look(node);
    for child in node.children() {
        visit(&child, look);
    }
}

/// A placeholder is an expression of its own: `#` in markup, `d` in code. Anywhere else it is just letters.
fn misplaced(root: &LinkedNode<'_>, source: &str, span: &Range<usize>) -> Option<What> {
    let leaf = root.leaf_at(span.start, Side::After)?;
    let is_expression = match source.as_bytes().get(span.start) {
        Some(b'#') => leaf.kind() == SyntaxKind::Hash && leaf.offset() == span.start,
        _ => leaf.kind() == SyntaxKind::Ident && leaf.offset() == span.start,
    };
    if is_expression {
        return None;
    }
    // The letters of raw text are text like any other: what holds them tells.
    let kind = match leaf.parent() {
        Some(parent) if parent.kind() == SyntaxKind::Raw => SyntaxKind::Raw,
        _ => leaf.kind(),
    };
    let (place, help) = match kind {
        SyntaxKind::Str => ("inside a string", "write `[… {{ x }} …]` instead of a string"),
        SyntaxKind::LineComment | SyntaxKind::BlockComment => ("inside a comment", "write template comments as `{# … #}`"),
        SyntaxKind::Raw | SyntaxKind::RawTrimmed | SyntaxKind::RawLang => ("inside raw text", "use `#text(font: …)[{{ x }}]`"),
        SyntaxKind::Link | SyntaxKind::Label | SyntaxKind::RefMarker => ("inside a link or label", "print it as text"),
        SyntaxKind::Hash | SyntaxKind::Error if source[span.clone()].starts_with('#') => {
            ("in the middle of code", "write `{{ x | code }}` where Typst expects code, or put it into `[…]`")
        }
        _ if !source[span.clone()].starts_with('#') => ("as code in the middle of text", "leave out the filter `code`"),
        _ => ("where Typst does not read it as one", "put it into plain text or into `[…]`"),
    };
    Some((format!("a placeholder {place}"), help.to_owned()))
}
