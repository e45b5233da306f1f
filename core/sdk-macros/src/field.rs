//! A named field with its attributes and its doc comment.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Expr, ExprLit, Field, Fields, Ident, Lit, LitInt, Meta, Result, Type};

/// A field, as the description of a type or of arguments needs it.
pub(crate) struct Described {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) ty: Type,
    doc: String,
    default: Option<Expr>,
    marks: Marks,
}

#[derive(Default)]
struct Marks {
    personal: bool,
    searchable: bool,
    editable: bool,
    signed: bool,
    long: bool,
    min: Option<i64>,
    max: Option<i64>,
}

impl Described {
    pub(crate) fn new(field: &Field) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| syn::Error::new_spanned(field, "the fields must have names"))?;
        let name = ident.to_string().trim_start_matches("r#").to_owned();
        let doc = doc_of(&field.attrs);
        Ok(Described {
            ident,
            name,
            ty: field.ty.clone(),
            doc,
            default: default_of(&field.attrs)?,
            marks: Marks::of(&field.attrs)?,
        })
    }

    /// An expression of type `FieldDescription`.
    pub(crate) fn description(&self) -> TokenStream {
        let Described { name, ty, doc, .. } = self;
        let Marks { personal, searchable, editable, signed, long, .. } = self.marks;
        let (min, max) = (option(self.marks.min), option(self.marks.max));
        let default = match &self.default {
            Some(default) => quote! {
                described.default = ::core::option::Option::Some(
                    ::deskbell_sdk::derives::default_value(&described, ::deskbell_sdk::derives::Value::from(#default))
                );
                described.required = false;
            },
            None => TokenStream::new(),
        };
        quote! {{
            let mut described = ::deskbell_sdk::derives::described::<#ty>(#name, #doc);
            described.kind = ::deskbell_sdk::derives::narrowed(described.kind, #long, #min, #max);
            described.personal = #personal;
            described.searchable = #searchable;
            described.editable = #editable;
            described.signed = #signed;
            #default
            described
        }}
    }

    /// A statement that writes the field's value, given as an expression, into `row`.
    pub(crate) fn write(&self, value: &TokenStream) -> TokenStream {
        let Described { name, ty, .. } = self;
        quote! { row.insert(#name.to_owned(), <#ty as ::deskbell_sdk::FieldType>::to_json(#value)); }
    }

    /// A field initialiser that reads the field from `row`.
    pub(crate) fn read(&self) -> TokenStream {
        let Described { ident, name, ty, .. } = self;
        quote! { #ident: ::deskbell_sdk::derives::column::<#ty>(row, #name)? }
    }

    pub(crate) fn has_default(&self) -> bool {
        self.default.is_some()
    }
}

/// An implementation of `Debug` that never shows what is personal, so that a struct may be logged.
pub(crate) fn masked_debug(of: &Ident, fields: &[Described]) -> TokenStream {
    let shown = fields.iter().map(|Described { ident, name, ty, marks, .. }| {
        if marks.personal {
            quote! { .field(#name, &::core::format_args!("***")) }
        } else {
            quote! { .field(#name, &<#ty as ::deskbell_sdk::FieldType>::to_json(&self.#ident)) }
        }
    });
    let of_name = of.to_string();
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #of {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#of_name)#(#shown)*.finish()
            }
        }
    }
}

/// An implementation of `Debug` that shows a name only.
pub(crate) fn named_debug(of: &Ident, name: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #of {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(#name)
            }
        }
    }
}

/// The named fields of a struct.
pub(crate) fn fields_of(input: &DeriveInput, what: &str) -> Result<Vec<Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter().cloned().collect()),
            Fields::Unit => Ok(Vec::new()),
            Fields::Unnamed(_) => Err(syn::Error::new_spanned(&input.ident, format!("{what} is a struct with named fields"))),
        },
        _ => Err(syn::Error::new_spanned(&input.ident, format!("{what} is a struct with named fields"))),
    }
}

/// The doc comment, its lines joined.
pub(crate) fn doc_of(attributes: &[Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn default_of(attributes: &[Attribute]) -> Result<Option<Expr>> {
    let Some(attribute) = attributes.iter().find(|attribute| attribute.path().is_ident("default")) else { return Ok(None) };
    Ok(Some(attribute.meta.require_name_value()?.value.clone()))
}

fn option(value: Option<i64>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

impl Marks {
    fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut marks = Marks::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match name.as_str() {
                    "personal" => marks.personal = true,
                    "searchable" => marks.searchable = true,
                    "editable" => marks.editable = true,
                    "signed" => marks.signed = true,
                    "long" => marks.long = true,
                    "min" => marks.min = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?),
                    "max" => marks.max = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?),
                    _ => return Err(meta.error("expected personal, searchable, editable, signed, long, min = … or max = …")),
                }
                Ok(())
            })?;
        }
        Ok(marks)
    }
}
