//! The names in a template, against the shape of its data.

use std::collections::HashMap;
use std::ops::Range;

use deskbell_proto::description::Shape;
use deskbell_proto::typeset::{Complaint, Form};
use minijinja::Error;
use minijinja::machinery::{Span, ast, parse};

use super::nearest;
use crate::template::{FILTERS, FUNCTIONS, Piece, syntax};

/// What a template says, both branches of every question, and what is wrong with its names.
pub(crate) struct Reading {
    pub(crate) complaints: Vec<Complaint>,
    /// The Typst source with all branches one after the other.
    pub(crate) source: String,
    pub(crate) pieces: Vec<Piece>,
}

/// Reads the template.
pub(crate) fn names(form: &Form) -> Reading {
    let Shape::Object(fields) = &form.shape else {
        let reason = format!("the data of the form {:?} is declared as something without names", form.name);
        return Reading {
            complaints: vec![crate::complaint(&form.template.file, reason)],
            source: String::new(),
            pieces: Vec::new(),
        };
    };
    let known = fields.iter().map(|(name, shape)| (name.clone(), Kind::Of(shape.clone()))).collect();
    let mut reader = Reader {
        form,
        scopes: vec![known],
        reading: Reading { complaints: Vec::new(), source: String::new(), pieces: Vec::new() },
    };
    match parse(&form.template.text, &form.template.file, syntax()) {
        Ok(ast::Stmt::Template(template)) => reader.statements(&template.children),
        Ok(other) => reader.statement(&other),
        Err(error) => reader.cannot_parse(&error),
    }
    reader.reading
}

/// What is known about the value of an expression.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Of(Shape),
    /// Text that a filter or function has made ready.
    Ready,
    /// A value for Typst's code.
    Code,
    /// Anything.
    Open,
}

struct Reader<'a> {
    form: &'a Form,
    scopes: Vec<HashMap<String, Kind>>,
    reading: Reading,
}

impl<'a> Reader<'a> {
    fn statements(&mut self, statements: &[ast::Stmt<'a>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &ast::Stmt<'a>) {
        match statement {
            ast::Stmt::Template(template) => self.statements(&template.children),
            ast::Stmt::EmitRaw(raw) => self.write(raw.raw, bytes(raw.span()), false),
            ast::Stmt::EmitExpr(emit) => self.placeholder(&emit.expr),
            ast::Stmt::ForLoop(each) => self.for_loop(each),
            ast::Stmt::IfCond(question) => {
                self.kind(&question.expr);
                self.in_scope([], |reader| reader.statements(&question.true_body));
                self.in_scope([], |reader| reader.statements(&question.false_body));
            }
            ast::Stmt::Set(set) => {
                let kind = self.kind(&set.expr);
                if let ast::Expr::Var(name) = &set.target {
                    self.scopes.last_mut().expect("the data's scope is never popped").insert(name.id.to_owned(), kind);
                }
            }
            ast::Stmt::WithBlock(with) => {
                let bound: Vec<_> = with.assignments.iter().map(|(target, value)| (name_of(target), self.kind(value))).collect();
                self.in_scope(bound, |reader| reader.statements(&with.body));
            }
            ast::Stmt::Continue(_) | ast::Stmt::Break(_) => {}
            other => self.not_in_a_form(other),
        }
    }

    fn for_loop(&mut self, each: &ast::ForLoop<'a>) {
        let entry = match self.kind(&each.iter) {
            Kind::Of(shape) => match without_optional(shape) {
                Shape::List(entry) => Kind::Of(*entry),
                other => {
                    self.complain(bytes(each.iter.span()), format!("{} is no list to go through", describe(&other)), None);
                    Kind::Open
                }
            },
            _ => Kind::Open,
        };
        let bound = [(name_of(&each.target), entry), ("loop".to_owned(), Kind::Open)];
        self.in_scope(bound, |reader| {
            if let Some(filter) = &each.filter_expr {
                reader.kind(filter);
            }
            reader.statements(&each.body);
        });
        self.in_scope([], |reader| reader.statements(&each.else_body));
    }

    fn placeholder(&mut self, expr: &ast::Expr<'a>) {
        let kind = self.kind(expr);
        if let Kind::Of(shape) = &kind {
            self.must_be_printable(expr, shape);
        }
        let written = if kind == Kind::Code { "d.at(0)" } else { "#d.at(0);" };
        self.write(written, bytes(expr.span()), true);
    }

    /// A day, an amount or a choice must not slip onto the paper the way records spell it.
    fn must_be_printable(&mut self, expr: &ast::Expr<'a>, shape: &Shape) {
        let span = bytes(expr.span());
        let written = self.form.template.text.get(span.clone()).unwrap_or("…").to_owned();
        let help = match without_optional(shape.clone()) {
            Shape::Text | Shape::Integer => return,
            Shape::Day => format!("write `{{{{ {written} | day }}}}`, or `day(\"short\")` in a column"),
            Shape::Instant => format!("write `{{{{ {written} | instant }}}}`"),
            Shape::Fen => format!("write `{{{{ {written} | money }}}}`"),
            Shape::Choice { .. } => format!("write `{{{{ {written} | label(\"<type>-<field>\") }}}}`"),
            Shape::Bool => format!("write `#tick({{{{ {written} | code }}}})`, or ask `{{% if {written} %}}`"),
            Shape::List(_) => format!("go through it: `{{% for entry in {written} %}}`"),
            _ => "print one of its fields".to_owned(),
        };
        self.complain(span, format!("{} can't be printed as it is", describe(shape)), Some(help));
    }

    fn kind(&mut self, expr: &ast::Expr<'a>) -> Kind {
        match expr {
            ast::Expr::Const(_) => Kind::Ready,
            ast::Expr::Var(var) => self.variable(var.id, bytes(var.span())),
            ast::Expr::GetAttr(get) => {
                let of = self.kind(&get.expr);
                let span = bytes(get.span());
                self.field(of, get.name, span.end.saturating_sub(get.name.len())..span.end)
            }
            ast::Expr::GetItem(get) => {
                let of = self.kind(&get.expr);
                match (&get.subscript_expr, of) {
                    (ast::Expr::Const(key), of) if key.value.as_str().is_some() => {
                        self.field(of, key.value.as_str().unwrap_or_default(), bytes(key.span()))
                    }
                    (_, Kind::Of(Shape::List(entry))) => Kind::Of(*entry),
                    (subscript, _) => {
                        self.kind(subscript);
                        Kind::Open
                    }
                }
            }
            ast::Expr::Filter(filter) => self.filter(filter),
            ast::Expr::Call(call) => self.call(call),
            ast::Expr::IfExpr(question) => {
                self.kind(&question.test_expr);
                let yes = self.kind(&question.true_expr);
                let no = question.false_expr.as_ref().map(|expr| self.kind(expr));
                if no.is_none_or(|no| no == yes) { yes } else { Kind::Open }
            }
            ast::Expr::UnaryOp(operation) => self.open([&operation.expr]),
            ast::Expr::BinOp(operation) => self.open([&operation.left, &operation.right]),
            ast::Expr::Compare(compare) => {
                self.kind(&compare.expr);
                self.open(compare.ops.iter().map(|operand| &operand.expr))
            }
            ast::Expr::Test(test) => self.open([&test.expr]),
            ast::Expr::List(list) => self.open(&list.items),
            ast::Expr::Tuple(tuple) => self.open(&tuple.items),
            ast::Expr::Map(map) => self.open(map.keys.iter().chain(&map.values)),
            ast::Expr::Slice(slice) => self.kind(&slice.expr),
        }
    }

    /// Reads the parts of an expression about whose value nothing is known.
    fn open<'e>(&mut self, parts: impl IntoIterator<Item = &'e ast::Expr<'a>>) -> Kind
    where
        'a: 'e,
    {
        for part in parts {
            self.kind(part);
        }
        Kind::Open
    }

    fn variable(&mut self, name: &str, span: Range<usize>) -> Kind {
        if let Some(kind) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return kind.clone();
        }
        let known: Vec<&str> = self.scopes.iter().flat_map(|scope| scope.keys().map(String::as_str)).chain(FUNCTIONS).collect();
        let help = nearest(name, known.iter().copied()).map(did_you_mean).unwrap_or_else(|| self.allowed());
        self.complain(span, format!("the form has no `{name}`"), Some(help));
        Kind::Open
    }

    fn allowed(&self) -> String {
        let mut names: Vec<&str> = self.scopes[0].keys().map(String::as_str).collect();
        names.sort_unstable();
        format!("its data has: {}", names.join(", "))
    }

    fn field(&mut self, of: Kind, name: &str, span: Range<usize>) -> Kind {
        let Kind::Of(shape) = of else { return Kind::Open };
        match without_optional(shape) {
            Shape::Object(fields) => {
                if let Some((_, shape)) = fields.iter().find(|(field, _)| field == name) {
                    return Kind::Of(shape.clone());
                }
                let names: Vec<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
                let help =
                    nearest(name, names.iter().copied()).map_or_else(|| format!("there are: {}", names.join(", ")), did_you_mean);
                self.complain(span, format!("there is no field `{name}`"), Some(help));
            }
            Shape::List(_) => {
                let help = "go through it with `{% for … in … %}`".to_owned();
                self.complain(span, format!("a list has no field `{name}`"), Some(help));
            }
            other => self.complain(span, format!("{} has no field `{name}`", describe(&other)), None),
        }
        Kind::Open
    }

    fn filter(&mut self, filter: &ast::Spanned<ast::Filter<'a>>) -> Kind {
        let of = filter.expr.as_ref().map_or(Kind::Open, |expr| self.kind(expr));
        self.arguments(&filter.args);
        if !FILTERS.contains(&filter.name) {
            let help = nearest(filter.name, FILTERS).map_or_else(|| format!("there are: {}", FILTERS.join(", ")), did_you_mean);
            self.complain(bytes(filter.span()), format!("there is no filter `{}`", filter.name), Some(help));
        }
        match filter.name {
            "code" => Kind::Code,
            "default" => match of {
                Kind::Of(Shape::Optional(inner)) => Kind::Of(*inner),
                other => other,
            },
            _ => Kind::Ready,
        }
    }

    fn call(&mut self, call: &ast::Spanned<ast::Call<'a>>) -> Kind {
        self.arguments(&call.args);
        let ast::CallType::Function(name) = call.identify_call() else {
            self.kind(&call.expr);
            return Kind::Open;
        };
        if !FUNCTIONS.contains(&name) {
            let help = nearest(name, FUNCTIONS).map_or_else(|| format!("there are: {}", FUNCTIONS.join(", ")), did_you_mean);
            self.complain(bytes(call.expr.span()), format!("there is no function `{name}`"), Some(help));
        }
        match name {
            "sign_box" | "hand_box" => Kind::Code,
            "t" | "qr" => Kind::Ready,
            _ => Kind::Open,
        }
    }

    fn arguments(&mut self, arguments: &[ast::CallArg<'a>]) {
        for argument in arguments {
            match argument {
                ast::CallArg::Pos(expr) | ast::CallArg::PosSplat(expr) | ast::CallArg::KwargSplat(expr) => self.kind(expr),
                ast::CallArg::Kwarg(_, expr) => self.kind(expr),
            };
        }
    }

    fn in_scope(&mut self, bound: impl IntoIterator<Item = (String, Kind)>, read: impl FnOnce(&mut Self)) {
        self.scopes.push(bound.into_iter().collect());
        read(self);
        self.scopes.pop();
    }

    fn write(&mut self, text: &str, template: Range<usize>, is_placeholder: bool) {
        let start = self.reading.source.len();
        self.reading.source.push_str(text);
        self.reading.pieces.push(Piece { output: start..self.reading.source.len(), template, is_placeholder });
    }

    fn complain(&mut self, span: Range<usize>, reason: String, help: Option<String>) {
        self.reading.complaints.push(Complaint { file: self.form.template.file.clone(), span: Some(span), reason, help });
    }

    fn not_in_a_form(&mut self, statement: &ast::Stmt<'a>) {
        let (tag, span) = match statement {
            ast::Stmt::SetBlock(tag) => ("{% set %}…{% endset %}", tag.span()),
            ast::Stmt::FilterBlock(tag) => ("{% filter %}", tag.span()),
            ast::Stmt::AutoEscape(tag) => ("{% autoescape %}", tag.span()),
            ast::Stmt::Block(tag) => ("{% block %}", tag.span()),
            ast::Stmt::Import(tag) => ("{% import %}", tag.span()),
            ast::Stmt::FromImport(tag) => ("{% from %}", tag.span()),
            ast::Stmt::Extends(tag) => ("{% extends %}", tag.span()),
            ast::Stmt::Include(tag) => ("{% include %}", tag.span()),
            ast::Stmt::Macro(tag) => ("{% macro %}", tag.span()),
            ast::Stmt::CallBlock(tag) => ("{% call %}", tag.span()),
            ast::Stmt::Do(tag) => ("{% do %}", tag.span()),
            _ => return,
        };
        let help = "a form uses for, if, set and with; what forms share is a function in templates/layout/".to_owned();
        self.complain(bytes(span), format!("a form has no {tag}"), Some(help));
    }

    fn cannot_parse(&mut self, error: &Error) {
        let span = error.range();
        let reason = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        self.reading.complaints.push(Complaint { file: self.form.template.file.clone(), span, reason, help: None });
    }
}

fn bytes(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

fn name_of(target: &ast::Expr<'_>) -> String {
    match target {
        ast::Expr::Var(name) => name.id.to_owned(),
        _ => String::new(),
    }
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

fn without_optional(shape: Shape) -> Shape {
    match shape {
        Shape::Optional(inner) => without_optional(*inner),
        other => other,
    }
}

fn describe(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text => "a text",
        Shape::Integer => "a number",
        Shape::Fen => "an amount of money",
        Shape::Bool => "a yes or no",
        Shape::Day => "a day",
        Shape::Instant => "an instant",
        Shape::Choice { .. } => "a choice",
        Shape::Optional(inner) => describe(inner),
        Shape::List(_) => "a list",
        Shape::Object(_) => "an object",
        _ => "this value",
    }
}
