//! `#[derive(Choice)]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Result};

use crate::names::kebab;

pub(crate) fn expand(input: DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new_spanned(name, "a choice is an enum of plain variants"));
    };
    let (mut variants, mut values) = (Vec::new(), Vec::new());
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(syn::Error::new_spanned(variant, "a choice has no data; for that, derive State"));
        }
        variants.push(&variant.ident);
        values.push(kebab(&variant.ident.to_string()));
    }
    Ok(quote! {
        #[automatically_derived]
        impl #name {
            /// The value as it is stored, in kebab-case.
            pub const fn as_str(&self) -> &'static str {
                match self {
                    #(Self::#variants => #values,)*
                }
            }
        }

        #[automatically_derived]
        impl ::deskbell_sdk::FieldType for #name {
            type Base = #name;

            fn kind() -> ::deskbell_sdk::derives::FieldKind {
                ::deskbell_sdk::derives::FieldKind::Choice { values: ::std::vec![#(#values.to_owned()),*] }
            }

            fn to_json(&self) -> ::deskbell_sdk::derives::Value {
                self.as_str().into()
            }

            fn from_json(value: &::deskbell_sdk::derives::Value) -> ::core::option::Option<Self> {
                match value.as_str()? {
                    #(#values => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        #[automatically_derived]
        impl ::deskbell_sdk::Data for #name {
            fn shape() -> ::deskbell_sdk::derives::Shape {
                ::deskbell_sdk::derives::Shape::Choice { values: ::std::vec![#(#values.to_owned()),*] }
            }

            fn to_data(&self) -> ::deskbell_sdk::derives::Value {
                self.as_str().into()
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    })
}
