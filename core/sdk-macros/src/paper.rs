//! `#[derive(Paper)]`

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{DeriveInput, Result};

use crate::field::{fields_of, named_debug};

pub(crate) fn expand(input: DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let fields = fields_of(&input, "the data of a paper")?;
    let idents: Vec<_> = fields.iter().filter_map(|field| field.ident.as_ref()).collect();
    let names: Vec<String> = idents.iter().map(|ident| ident.to_string().trim_start_matches("r#").to_owned()).collect();
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let debug = named_debug(name, &name.to_string().into_token_stream());
    Ok(quote! {
        #debug

        #[automatically_derived]
        impl ::deskbell_sdk::Data for #name {
            fn shape() -> ::deskbell_sdk::derives::Shape {
                ::deskbell_sdk::derives::Shape::Object(::std::vec![
                    #((#names.to_owned(), <#types as ::deskbell_sdk::Data>::shape())),*
                ])
            }

            fn to_data(&self) -> ::deskbell_sdk::derives::Value {
                let mut data = ::deskbell_sdk::derives::Fields::new();
                #(data.insert(#names.to_owned(), <#types as ::deskbell_sdk::Data>::to_data(&self.#idents));)*
                data.into()
            }
        }
    })
}
