//! `#[derive(Args)]` and `#[derive(Settings)]`: the same list of fields, read from the same JSON.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Result};

use crate::field::{Described, doc_of, fields_of, masked_debug};

pub(crate) fn expand_args(input: DeriveInput) -> Result<TokenStream> {
    let fields = described(&input, "the arguments of an action")?;
    let doc = doc_of(&input.attrs);
    Ok(expand(&input, &fields, "Args", &quote!(const DOC: &'static str = #doc;)))
}

pub(crate) fn expand_settings(input: DeriveInput) -> Result<TokenStream> {
    let fields = described(&input, "the settings of a plugin")?;
    if let Some(lacking) = fields.iter().find(|field| !field.has_default()) {
        return Err(syn::Error::new_spanned(&lacking.ident, "every setting needs a default: #[default = …]"));
    }
    Ok(expand(&input, &fields, "Settings", &TokenStream::new()))
}

fn described(input: &DeriveInput, what: &str) -> Result<Vec<Described>> {
    fields_of(input, what)?.iter().map(Described::new).collect()
}

fn expand(input: &DeriveInput, fields: &[Described], implemented: &str, doc: &TokenStream) -> TokenStream {
    let (name, implemented) = (&input.ident, format_ident!("{implemented}"));
    let descriptions = fields.iter().map(Described::description);
    let reads = fields.iter().map(Described::read);
    let debug = masked_debug(name, fields);
    quote! {
        #debug

        #[automatically_derived]
        impl ::deskbell_sdk::#implemented for #name {
            #doc

            fn describe() -> ::std::vec::Vec<::deskbell_sdk::derives::FieldDescription> {
                ::std::vec![#(#descriptions),*]
            }

            fn read(given: &::deskbell_sdk::derives::Fields) -> ::deskbell_sdk::Result<Self> {
                static FIELDS: ::std::sync::OnceLock<::std::vec::Vec<::deskbell_sdk::derives::FieldDescription>> =
                    ::std::sync::OnceLock::new();
                let fields = FIELDS.get_or_init(<Self as ::deskbell_sdk::#implemented>::describe);
                let row = &::deskbell_sdk::derives::fitting(fields, given)?;
                let _ = row;
                ::core::result::Result::Ok(Self { #(#reads),* })
            }
        }
    }
}
