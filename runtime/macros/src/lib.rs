//! The macros of the `marmota` crate; use them from there.

mod select;

mod trace;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemFn, LitInt};

/// Runs `fn main` as the first goroutine of a runtime with the default settings
/// (GOMAXPROCS from the environment, or the usable CPUs).
///
/// By using it you promise what `Runtime::run` asks for: nothing that runs in a
/// goroutine holds a borrow of a thread-local across a call that may block (see
/// "Soundness" on the crate's front page).
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(args.into(), item.into(), Kind::Main)
        .unwrap_or_else(|e| e.to_compile_error())
        .into()
}

/// Runs a test as the first goroutine of a runtime of its own. `#[marmota::test]`
/// or `#[marmota::test(procs = 2)]`. A panic in any goroutine, and a deadlock, fail
/// the test.
///
/// The same promise as for `#[marmota::main]`.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(args.into(), item.into(), Kind::Test)
        .unwrap_or_else(|e| e.to_compile_error())
        .into()
}

/// `marmota::select!`; its documentation is there.
#[proc_macro]
pub fn select(arms: TokenStream) -> TokenStream {
    select::expand(arms.into())
        .unwrap_or_else(|e| e.to_compile_error())
        .into()
}

/// Lets a type lie in the collected heap (`marmota::gc::Trace`): for structs and enums
/// whose fields are traced types. `#[trace(skip)]` on a field leaves it alone: handles
/// in it stay roots, and its type need not be traced.
///
/// Type parameters get the bound `Trace`; those that only skipped fields mention get
/// `Send + Sync + 'static`.
///
/// ```text
/// #[derive(Trace)]
/// enum Tree<K, V> {
///     Leaf,
///     Node(Box<(K, V)>, Gc<Tree<K, V>>, Gc<Tree<K, V>>),
///     File { #[trace(skip)] handle: std::fs::File },
/// }
/// ```
///
/// The type cannot implement `Drop` (when a dead object would run it, its neighbours may
/// be gone: use `gc::add_cleanup`, or `#[trace(skip)]` a field whose type does), cannot
/// borrow, and cannot be a union.
#[proc_macro_derive(Trace, attributes(trace))]
pub fn derive_trace(item: TokenStream) -> TokenStream {
    trace::derive(item.into())
        .unwrap_or_else(|e| e.to_compile_error())
        .into()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Main,
    Test,
}

fn expand(args: Tokens, item: Tokens, kind: Kind) -> syn::Result<Tokens> {
    let name = if kind == Kind::Main { "main" } else { "test" };
    let function: ItemFn = syn::parse2(item).map_err(|e| {
        syn::Error::new(
            e.span(),
            format!("#[marmota::{name}] goes on a function: {e}"),
        )
    })?;
    if let Some(asyncness) = function.sig.asyncness {
        return Err(syn::Error::new(
            asyncness.span(),
            "goroutines block instead of awaiting: remove `async`",
        ));
    }
    if !function.sig.inputs.is_empty() {
        return Err(syn::Error::new(
            function.sig.inputs.span(),
            format!("a function under #[marmota::{name}] takes no arguments"),
        ));
    }
    if !function.sig.generics.params.is_empty() {
        return Err(syn::Error::new(
            function.sig.generics.span(),
            format!("a function under #[marmota::{name}] cannot be generic"),
        ));
    }
    if kind == Kind::Main && !args.is_empty() {
        return Err(syn::Error::new(
            args.span(),
            "#[marmota::main] takes no arguments; build a Runtime for other settings",
        ));
    }
    let procs = parse_procs(args)?;
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
    } = function;
    let output = &sig.output;
    let ident = &sig.ident;
    let call = match kind {
        Kind::Main => quote_spanned!(ident.span()=> ::marmota::__private::main),
        Kind::Test => quote_spanned!(ident.span()=> ::marmota::__private::test),
    };
    let (attribute, first) = match kind {
        Kind::Main => (quote!(), quote!()),
        Kind::Test => (quote!(#[::core::prelude::v1::test]), quote!(#procs,)),
    };
    Ok(quote! {
        #(#attrs)*
        #attribute
        #vis #sig {
            fn body() #output #block
            #call(#first body)
        }
    })
}

/// Nothing, or `procs = N`.
fn parse_procs(args: Tokens) -> syn::Result<Tokens> {
    if args.is_empty() {
        return Ok(quote!(::core::option::Option::None));
    }
    let parser = |input: syn::parse::ParseStream<'_>| {
        let name: syn::Ident = input.parse()?;
        if name != "procs" {
            return Err(syn::Error::new(
                name.span(),
                "the only option is `procs = N`",
            ));
        }
        input.parse::<syn::Token![=]>()?;
        let n: LitInt = input.parse()?;
        if n.base10_parse::<usize>()? == 0 {
            return Err(syn::Error::new(
                n.span(),
                "a runtime needs at least 1 processor",
            ));
        }
        Ok(quote!(::core::option::Option::Some(#n)))
    };
    syn::parse::Parser::parse2(parser, args)
}
