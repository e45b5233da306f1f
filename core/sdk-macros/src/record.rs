//! `#[derive(Record)]`

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, DeriveInput, Field, LitStr, Result, Type};

use crate::field::{Described, fields_of, masked_debug};

/// Names that every record has already.
const RESERVED: [&str; 10] =
    ["id", "number", "site", "version", "created_at", "created_by", "updated_at", "updated_by", "void_reason", "sign_offs"];

/// What `#[record(…)]` says.
#[derive(Default)]
struct Header {
    name: Option<String>,
    number: Option<(String, &'static str)>,
    unique: Vec<Vec<String>>,
    indexes: Vec<Vec<String>>,
}

pub(crate) fn expand(input: DeriveInput) -> Result<TokenStream> {
    let record = &input.ident;
    let header = Header::of(&input.attrs)?;
    let type_name = header.name.clone();
    let type_name = type_name.ok_or_else(|| syn::Error::new_spanned(record, "name the type: #[record(name = \"letter\")]"))?;
    let (state, fields) = split(fields_of(&input, "a record")?)?;
    header.must_name_fields(&fields, record)?;

    let visibility = &input.vis;
    let constants = fields.iter().map(|field| {
        let (constant, name, ty) = (format_ident!("{}", field.name.to_uppercase()), &field.name, &field.ty);
        let doc = format!("The column `{name}`.");
        quote! {
            #[doc = #doc]
            #visibility const #constant: ::deskbell_sdk::Column<#record, <#ty as ::deskbell_sdk::FieldType>::Base> =
                ::deskbell_sdk::Column::named(#name);
        }
    });
    let state_type = state.as_ref().map_or_else(|| quote!(::deskbell_sdk::Stateless), |state| quote!(#state));
    let (write_state, read_state) = match &state {
        Some(state) => (
            quote! { <#state as ::deskbell_sdk::State>::write(&self.state, &mut row); },
            quote! { state: <#state as ::deskbell_sdk::State>::read(row)?, },
        ),
        None => (TokenStream::new(), TokenStream::new()),
    };
    let number = header.number();
    let (unique, indexes) = (lists(&header.unique), lists(&header.indexes));
    let descriptions = fields.iter().map(Described::description);
    let reads = fields.iter().map(Described::read);
    let writes = fields.iter().map(|field| {
        let value = &field.ident;
        field.write(&quote!(&self.#value))
    });
    let debug = masked_debug(record, &fields);
    Ok(quote! {
        #debug

        #[automatically_derived]
        #[allow(dead_code, reason = "a plugin asks by some of its columns only")]
        impl #record {
            #(#constants)*
        }

        #[automatically_derived]
        impl ::deskbell_sdk::Record for #record {
            const TYPE_NAME: &'static str = #type_name;
            type State = #state_type;

            fn describe() -> ::deskbell_sdk::derives::TypeDescription {
                let mut fields = ::std::vec![#(#descriptions),*];
                fields.extend(<#state_type as ::deskbell_sdk::State>::fields());
                ::deskbell_sdk::derives::TypeDescription {
                    name: #type_name.to_owned(),
                    number: #number,
                    fields,
                    states: <#state_type as ::deskbell_sdk::State>::states(),
                    unique: #unique,
                    indexes: #indexes,
                    ..::core::default::Default::default()
                }
            }

            fn write(&self) -> ::deskbell_sdk::derives::Fields {
                let mut row = ::deskbell_sdk::derives::Fields::new();
                #(#writes)*
                #write_state
                row
            }

            fn read(row: &::deskbell_sdk::derives::Fields) -> ::deskbell_sdk::Result<Self> {
                ::core::result::Result::Ok(Self { #read_state #(#reads),* })
            }
        }
    })
}

/// The type of the field `state`, and all other fields.
fn split(fields: Vec<Field>) -> Result<(Option<Type>, Vec<Described>)> {
    let (mut state, mut others) = (None, Vec::new());
    for field in &fields {
        let described = Described::new(field)?;
        if described.name == "state" {
            state = Some(described.ty);
        } else if RESERVED.contains(&described.name.as_str()) {
            return Err(syn::Error::new_spanned(field, format!("every record has a `{}` already", described.name)));
        } else {
            others.push(described);
        }
    }
    Ok((state, others))
}

fn lists(lists: &[Vec<String>]) -> TokenStream {
    quote! { ::std::vec![#(::std::vec![#(#lists.to_owned()),*]),*] }
}

impl Header {
    fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut header = Header::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("record")) {
            attribute.parse_nested_meta(|meta| {
                let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                let text = meta.value()?.parse::<LitStr>()?;
                let names = || text.value().split(',').map(|name| name.trim().to_owned()).collect();
                match key.as_str() {
                    "name" => header.name = Some(text.value()),
                    "number" => header.number = Some(scheme(&text)?),
                    "unique" => header.unique.push(names()),
                    "index" => header.indexes.push(names()),
                    _ => return Err(meta.error("expected name, number, unique or index")),
                }
                Ok(())
            })?;
        }
        Ok(header)
    }

    fn number(&self) -> TokenStream {
        let Some((prefix, per)) = &self.number else { return quote!(::core::option::Option::None) };
        let per = format_ident!("{per}");
        quote! {
            ::core::option::Option::Some(::deskbell_sdk::derives::NumberScheme {
                prefix: #prefix.to_owned(),
                per: ::deskbell_sdk::derives::NumberPeriod::#per,
            })
        }
    }

    fn must_name_fields(&self, fields: &[Described], record: &syn::Ident) -> Result<()> {
        let mut named = self.unique.iter().chain(&self.indexes).flatten();
        let is_unknown = |name: &&String| **name != "state" && !fields.iter().any(|field| &field.name == *name);
        match named.find(is_unknown) {
            Some(name) => Err(syn::Error::new_spanned(record, format!("there is no field `{name}` to index"))),
            None => Ok(()),
        }
    }
}

/// `L/day` → `L`, `Day`
fn scheme(text: &LitStr) -> Result<(String, &'static str)> {
    let wrong = || {
        syn::Error::new_spanned(text, "expected one to four capital letters and a period: \"L/day\", \"L/year\" or \"L/ever\"")
    };
    let value = text.value();
    let (prefix, per) = value.split_once('/').ok_or_else(wrong)?;
    if !(1..=4).contains(&prefix.len()) || !prefix.chars().all(|c| c.is_ascii_uppercase()) {
        return Err(wrong());
    }
    match per {
        "day" => Ok((prefix.to_owned(), "Day")),
        "year" => Ok((prefix.to_owned(), "Year")),
        "ever" => Ok((prefix.to_owned(), "Ever")),
        _ => Err(wrong()),
    }
}
