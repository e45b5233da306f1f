//! The derives of `deskbell-sdk`; their manual stands with the traits there.

mod args;
mod choice;
mod field;
mod names;
mod paper;
mod record;
mod state;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a record type; see the trait `Record`.
#[proc_macro_derive(Record, attributes(record, field, default))]
pub fn derive_record(input: TokenStream) -> TokenStream {
    expanded(input, record::expand)
}

/// Makes an enum the states of a record; see the trait `State`.
#[proc_macro_derive(State, attributes(state, field))]
pub fn derive_state(input: TokenStream) -> TokenStream {
    expanded(input, state::expand)
}

/// Makes an enum of plain variants a closed list in kebab-case, a field's type: `PrintedMatter` is `printed-matter`.
#[proc_macro_derive(Choice)]
pub fn derive_choice(input: TokenStream) -> TokenStream {
    expanded(input, choice::expand)
}

/// Makes a struct the arguments of an action; see the trait `Args`.
#[proc_macro_derive(Args, attributes(field, default))]
pub fn derive_args(input: TokenStream) -> TokenStream {
    expanded(input, args::expand_args)
}

/// Makes a struct the settings of a plugin; see the trait `Settings`.
#[proc_macro_derive(Settings, attributes(field, default))]
pub fn derive_settings(input: TokenStream) -> TokenStream {
    expanded(input, args::expand_settings)
}

/// Makes a struct the data of a paper; see the trait `Data`.
#[proc_macro_derive(Paper)]
pub fn derive_paper(input: TokenStream) -> TokenStream {
    expanded(input, paper::expand)
}

fn expanded(input: TokenStream, expand: fn(DeriveInput) -> syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(input).unwrap_or_else(syn::Error::into_compile_error).into()
}
