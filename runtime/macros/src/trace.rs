//! `#[derive(Trace)]`: both walks and both constants from one list of fields, so that
//! they cannot differ.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Ident, Result, Type};

pub(crate) fn derive(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    no_options(&input.attrs)?;
    let name = &input.ident;
    let variants: Vec<(TokenStream, &Fields)> = match &input.data {
        Data::Struct(data) => vec![(quote!(#name), &data.fields)],
        Data::Enum(data) => {
            let mut variants = Vec::new();
            for variant in &data.variants {
                no_options(&variant.attrs)?;
                let ident = &variant.ident;
                variants.push((quote!(#name::#ident), &variant.fields));
            }
            variants
        }
        Data::Union(data) => {
            return Err(Error::new(
                data.union_token.span,
                "Trace cannot be derived for a union: nothing says which field holds the edges; use an enum",
            ));
        }
    };
    let mut walks = Walks::default();
    for (path, fields) in variants {
        walks.add(&path, fields)?;
    }
    if let Some(lifetime) = input.generics.lifetimes().next() {
        return Err(Error::new(
            lifetime.span(),
            "a type in the collected heap cannot borrow: hold a Gc, or a value of its own",
        ));
    }
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        if walks.mentions(&parameter.ident) {
            parameter
                .bounds
                .push(syn::parse_quote!(::marmota::gc::Trace));
        } else {
            // In skipped fields alone: not walked, but shared all the same.
            parameter
                .bounds
                .push(syn::parse_quote!(::core::marker::Send));
            parameter
                .bounds
                .push(syn::parse_quote!(::core::marker::Sync));
            parameter.bounds.push(syn::parse_quote!('static));
        }
    }
    let Walks {
        trace,
        walk,
        edges,
        drops,
        ..
    } = walks;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let (plain_impl, plain_type, plain_where) = input.generics.split_for_impl();
    // An enum without variants has no value to match.
    let (on_self, on_self_mut) = if trace.is_empty() {
        (quote!(*self), quote!(*self))
    } else {
        (quote!(self), quote!(self))
    };
    Ok(quote! {
        const _: () = {
            #[automatically_derived]
            // SAFETY: both walks visit the same fields, and a shared reference cannot
            // change which of them hold edges.
            unsafe impl #impl_generics ::marmota::gc::Trace for #name #type_generics #where_clause {
                const EDGES: bool = false #(|| #edges)*;
                const DROPS: bool = false #(|| #drops)*;

                #[inline]
                #[allow(unused_variables)]
                fn trace(&self, marker: &mut ::marmota::gc::Marker) {
                    match #on_self { #(#trace)* }
                }

                #[inline]
                #[allow(unused_variables)]
                fn walk<__MarmotaWalk: ::marmota::gc::Walk>(&mut self, walk: &mut __MarmotaWalk) {
                    match #on_self_mut { #(#walk)* }
                }
            }

            // A second implementation of this trait: an error whose text is its name.
            #[allow(non_camel_case_types)]
            trait a_type_that_derives_Trace_cannot_implement_Drop {}
            #[allow(drop_bounds)]
            impl<__MarmotaDrop: ::core::ops::Drop + ?::core::marker::Sized>
                a_type_that_derives_Trace_cannot_implement_Drop for __MarmotaDrop {}
            #[automatically_derived]
            impl #plain_impl a_type_that_derives_Trace_cannot_implement_Drop
                for #name #plain_type #plain_where {}
        };
    })
}

#[derive(Default)]
struct Walks {
    /// An arm per variant.
    trace: Vec<TokenStream>,
    walk: Vec<TokenStream>,
    /// A condition per field.
    edges: Vec<TokenStream>,
    drops: Vec<TokenStream>,
    /// The words in the types of the fields that are walked.
    words: Vec<Ident>,
}

impl Walks {
    fn add(&mut self, path: &TokenStream, fields: &Fields) -> Result<()> {
        let (mut patterns, mut trace, mut walk) = (Vec::new(), Vec::new(), Vec::new());
        for (i, field) in fields.iter().enumerate() {
            let ty = &field.ty;
            if is_skipped(field)? {
                self.drops.push(quote!(::core::mem::needs_drop::<#ty>()));
                continue;
            }
            let binding = format_ident!("field{i}", span = Span::mixed_site());
            patterns.push(pattern(i, field, &binding));
            self.add_field(ty);
            trace.push(
                quote_spanned!(place_of(ty)=> ::marmota::gc::Trace::trace(#binding, marker);),
            );
            walk.push(quote_spanned!(place_of(ty)=> ::marmota::gc::Trace::walk(#binding, walk);));
        }
        self.trace
            .push(quote!(#path { #(#patterns,)* .. } => { #(#trace)* }));
        self.walk
            .push(quote!(#path { #(#patterns,)* .. } => { #(#walk)* }));
        Ok(())
    }

    fn mentions(&self, parameter: &Ident) -> bool {
        self.words.contains(parameter)
    }

    fn add_field(&mut self, ty: &Type) {
        words(ty.to_token_stream(), &mut self.words);
        let of = quote_spanned!(place_of(ty)=> <#ty as ::marmota::gc::Trace>);
        self.edges.push(quote!(#of::EDGES));
        self.drops.push(quote!(#of::DROPS));
    }
}

/// Where errors about a field's type point to. The names are the derive's own, also where
/// the type comes from a macro.
fn place_of(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

fn words(tokens: TokenStream, into: &mut Vec<Ident>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => into.push(word),
            TokenTree::Group(group) => words(group.stream(), into),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// `name: binding`, or `0: binding`.
fn pattern(i: usize, field: &Field, binding: &Ident) -> TokenStream {
    match &field.ident {
        Some(name) => quote!(#name: #binding),
        None => {
            let index = syn::Index::from(i);
            quote!(#index: #binding)
        }
    }
}

/// Whether the field has `#[trace(skip)]`.
fn is_skipped(field: &Field) -> Result<bool> {
    let mut skipped = false;
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("trace")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("skip") {
                return Err(meta.error("the only option is `skip`: #[trace(skip)]"));
            }
            skipped = true;
            Ok(())
        })?;
    }
    Ok(skipped)
}

fn no_options(attributes: &[Attribute]) -> Result<()> {
    match attributes.iter().find(|a| a.path().is_ident("trace")) {
        Some(attribute) => Err(Error::new(
            attribute.span(),
            "#[trace(skip)] goes on a field",
        )),
        None => Ok(()),
    }
}
