//! `#[derive(Trace)]`: both walks and both constants from one list of fields, so that
//! they cannot differ.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
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
    let Walks {
        trace,
        unroot,
        edges,
        drops,
    } = walks;
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter
            .bounds
            .push(syn::parse_quote!(::marmota::gc::Trace));
    }
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
                fn unroot(&mut self, unrooter: &mut ::marmota::gc::Unrooter<'_>) {
                    match #on_self_mut { #(#unroot)* }
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
    unroot: Vec<TokenStream>,
    /// A condition per field.
    edges: Vec<TokenStream>,
    drops: Vec<TokenStream>,
}

impl Walks {
    fn add(&mut self, path: &TokenStream, fields: &Fields) -> Result<()> {
        let (mut patterns, mut trace, mut unroot) = (Vec::new(), Vec::new(), Vec::new());
        for (i, field) in fields.iter().enumerate() {
            let ty = &field.ty;
            if is_skipped(field)? {
                self.drops.push(quote!(::core::mem::needs_drop::<#ty>()));
                continue;
            }
            let binding = format_ident!("field{i}", span = Span::mixed_site());
            patterns.push(pattern(i, field, &binding));
            self.add_field(ty);
            trace.push(quote_spanned!(ty.span()=> ::marmota::gc::Trace::trace(#binding, marker);));
            unroot.push(
                quote_spanned!(ty.span()=> ::marmota::gc::Trace::unroot(#binding, unrooter);),
            );
        }
        self.trace
            .push(quote!(#path { #(#patterns,)* .. } => { #(#trace)* }));
        self.unroot
            .push(quote!(#path { #(#patterns,)* .. } => { #(#unroot)* }));
        Ok(())
    }

    fn add_field(&mut self, ty: &Type) {
        let of = quote_spanned!(ty.span()=> <#ty as ::marmota::gc::Trace>);
        self.edges.push(quote!(#of::EDGES));
        self.drops.push(quote!(#of::DROPS));
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
