//! `#[derive(State)]`

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Result, Variant};

use crate::field::{Described, named_debug};
use crate::names::{constant, kebab};

/// One variant: a state with its data.
struct OneState {
    ident: Ident,
    name: String,
    closed: bool,
    fields: Vec<Described>,
}

pub(crate) fn expand(input: DeriveInput) -> Result<TokenStream> {
    let enum_name = &input.ident;
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new_spanned(enum_name, "the states of a record are an enum"));
    };
    let states: Vec<OneState> = data.variants.iter().map(OneState::new).collect::<Result<_>>()?;
    let constants = states.iter().map(|state| {
        let (constant, name) = (format_ident!("{}", constant(&state.ident.to_string())), &state.name);
        let doc = format!("The state `{name}`, to ask by.");
        quote! {
            #[doc = #doc]
            pub const #constant: ::deskbell_sdk::StateName<#enum_name> = ::deskbell_sdk::StateName::new(#name);
        }
    });
    let descriptions = states.iter().map(|OneState { name, closed, .. }| {
        quote! { ::deskbell_sdk::derives::StateDescription { name: #name.to_owned(), closed: #closed } }
    });
    let columns = columns(&states)?;
    let fields = columns.iter().map(|field| {
        let description = field.description();
        // Other states have nothing there.
        quote! {{ let mut described = #description; described.required = false; described }}
    });
    let names = states.iter().map(|OneState { ident, name, .. }| quote! { Self::#ident { .. } => #name });
    let state_columns = columns.iter().map(|Described { name, ty, .. }| {
        let constant = format_ident!("{}", name.to_uppercase());
        let doc = format!("The column `{name}` of a record in such a state.");
        quote! {
            #[doc = #doc]
            pub const #constant: ::deskbell_sdk::StateColumn<#enum_name, <#ty as ::deskbell_sdk::FieldType>::Base> =
                ::deskbell_sdk::StateColumn::new(#name);
        }
    });
    let nulls = columns
        .iter()
        .map(|Described { name, .. }| quote! { row.insert(#name.to_owned(), ::deskbell_sdk::derives::Value::Null); });
    let writes = states.iter().map(OneState::write);
    let reads = states.iter().map(OneState::read);
    let debug = named_debug(enum_name, &quote!(::deskbell_sdk::State::name(self)));
    Ok(quote! {
        #debug

        #[automatically_derived]
        #[allow(dead_code, reason = "a plugin asks by some of its states only")]
        impl #enum_name {
            #(#constants)*
            #(#state_columns)*
        }

        #[automatically_derived]
        impl ::deskbell_sdk::State for #enum_name {
            fn states() -> ::std::vec::Vec<::deskbell_sdk::derives::StateDescription> {
                ::std::vec![#(#descriptions),*]
            }

            fn fields() -> ::std::vec::Vec<::deskbell_sdk::derives::FieldDescription> {
                ::std::vec![#(#fields),*]
            }

            fn name(&self) -> &'static str {
                match self { #(#names),* }
            }

            fn write(&self, row: &mut ::deskbell_sdk::derives::Fields) {
                row.insert("state".to_owned(), ::deskbell_sdk::State::name(self).into());
                #(#nulls)*
                match self { #(#writes),* }
            }

            fn read(row: &::deskbell_sdk::derives::Fields) -> ::deskbell_sdk::Result<Self> {
                match row.get("state").and_then(::deskbell_sdk::derives::Value::as_str) {
                    #(#reads,)*
                    _ => ::core::result::Result::Err(::deskbell_sdk::derives::unknown_state(row)),
                }
            }
        }
    })
}

/// The columns of all states; one that several share must have one type.
fn columns(states: &[OneState]) -> Result<Vec<&Described>> {
    let mut columns: Vec<&Described> = Vec::new();
    for field in states.iter().flat_map(|state| &state.fields) {
        match columns.iter().find(|other| other.name == field.name) {
            Some(other) if other.ty != field.ty => {
                let message = "a field that several states share has the same type in each";
                return Err(syn::Error::new_spanned(&field.ident, message));
            }
            Some(_) => {}
            None => columns.push(field),
        }
    }
    Ok(columns)
}

impl OneState {
    fn new(variant: &Variant) -> Result<Self> {
        let fields = match &variant.fields {
            Fields::Unit => Vec::new(),
            Fields::Named(fields) => fields.named.iter().map(Described::new).collect::<Result<_>>()?,
            Fields::Unnamed(_) => return Err(syn::Error::new_spanned(variant, "the data of a state has names")),
        };
        let name = kebab(&variant.ident.to_string());
        Ok(OneState { ident: variant.ident.clone(), name, closed: is_closed(&variant.attrs)?, fields })
    }

    fn write(&self) -> TokenStream {
        let OneState { ident, fields, .. } = self;
        let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
        let writes = fields.iter().map(|field| {
            let value = &field.ident;
            field.write(&quote!(#value))
        });
        quote! { Self::#ident { #(#idents),* } => { #(#writes)* } }
    }

    fn read(&self) -> TokenStream {
        let OneState { ident, name, fields, .. } = self;
        let reads = fields.iter().map(Described::read);
        quote! { ::core::option::Option::Some(#name) => ::core::result::Result::Ok(Self::#ident { #(#reads),* }) }
    }
}

fn is_closed(attributes: &[Attribute]) -> Result<bool> {
    let mut closed = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("state")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("closed") {
                return Err(meta.error("expected #[state(closed)]"));
            }
            closed = true;
            Ok(())
        })?;
    }
    Ok(closed)
}
