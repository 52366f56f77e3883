//! `select!`: from arms to one call.
//!
//! ```text
//! select! { v = <-rx => A, tx <- x => B, default => C }
//!
//! {
//!     let mut slot0 = Slot::empty();
//!     let chosen = match (&rx, (&tx, x)) {          evaluated once, in order
//!         (c0, (c1, v1)) => {
//!             let mut v1 = value_for(c1, v1);
//!             poll([recv_case(c0, &mut slot0), send_case(c1, &mut v1)])
//!         }
//!     };                                            temporaries end here
//!     match chosen { 0 => { let v = slot0.take(); A } 1 => B, _ => C }
//! }
//! ```
//!
//! The arms stand in the caller's function, so they may return, break, continue
//! and use `?`. Temporaries of the channel expressions end before the arm begins: a
//! lock taken to reach a channel is not held in the arm.
//!
//! An arm's head is cut out by looking for `=>` and then for `<-`, both of which
//! cannot stand in an expression or a pattern outside of brackets.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Error, Expr, Pat, Result, Token};

const FORMS: &str =
    "an arm is `value = <-rx => ..`, `<-rx => ..`, `tx <- value => ..` or `default => ..`";

struct Arm {
    head: Head,
    body: Expr,
}

enum Head {
    /// The pattern, with its type if one is given, and the channel.
    Receive(Option<TokenStream>, TokenStream),
    /// The channel and the value.
    Send(TokenStream, TokenStream),
    Default(Span),
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let arms = arms.parse2(input)?;
    let mut default = None;
    for arm in &arms {
        if let Head::Default(at) = arm.head
            && default.replace(&arm.body).is_some()
        {
            return Err(Error::new(
                at,
                "a select has one default at most: remove this one",
            ));
        }
    }
    let cases: Vec<&Arm> = arms
        .iter()
        .filter(|arm| !matches!(arm.head, Head::Default(_)))
        .collect();
    if cases.is_empty() {
        return Ok(match default {
            Some(body) => quote!({ #body }),
            None => quote!(::marmota::__private::select::for_ever()),
        });
    }
    Ok(generate(&cases, default))
}

fn generate(cases: &[&Arm], default: Option<&Expr>) -> TokenStream {
    let own = Span::mixed_site();
    let path = quote!(::marmota::__private::select);
    let chosen = Ident::new("chosen", own);
    let (mut slots, mut operands, mut names) = (quote!(), quote!(), quote!());
    let (mut values, mut list, mut arms) = (quote!(), quote!(), quote!());
    for (i, arm) in cases.iter().enumerate() {
        let body = &arm.body;
        let number = i;
        match &arm.head {
            Head::Receive(pattern, channel) => {
                // Located at the learner's tokens, so that errors of type point there.
                let name = format_ident!("c{i}", span = own.located_at(channel.span()));
                let slot = format_ident!("slot{i}", span = own.located_at(channel.span()));
                let channel = parenthesised(channel);
                slots.extend(quote!(let mut #slot = #path::Slot::empty();));
                operands.extend(quote!(&#channel,));
                names.extend(quote!(#name,));
                list.extend(quote!(#path::recv_case(#name, &mut #slot),));
                let bind = match pattern {
                    Some(pattern) => quote!(let #pattern = #slot.take();),
                    None => quote!(let _ = #slot.take();),
                };
                arms.extend(quote!(#number => { #bind #body }));
            }
            Head::Send(channel, value) => {
                let name = format_ident!("c{i}", span = own.located_at(channel.span()));
                let held = format_ident!("v{i}", span = own.located_at(value.span()));
                let channel = parenthesised(channel);
                operands.extend(quote!((&#channel, #value),));
                names.extend(quote!((#name, #held),));
                values.extend(quote!(let mut #held = #path::value_for(#name, #held);));
                list.extend(quote!(#path::send_case(#name, &mut #held),));
                arms.extend(quote!(#number => { #body }));
            }
            Head::Default(_) => {}
        }
    }
    let wait = match default {
        Some(_) => quote!(poll),
        None => quote!(wait),
    };
    let rest = match default {
        Some(body) => quote!(#body),
        None => quote!(::core::unreachable!()),
    };
    quote_spanned! {own=> {
        #slots
        let #chosen = match (#operands) {
            (#names) => {
                #values
                #path::#wait([#list])
            }
        };
        match #chosen { #arms _ => { #rest } }
    }}
}

/// `&` binds tighter than what a channel expression may hold.
fn parenthesised(tokens: &TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(_), None) => tokens.clone(),
        _ => {
            let mut group = Group::new(Delimiter::Parenthesis, tokens.clone());
            group.set_span(Span::mixed_site());
            group.into_token_stream()
        }
    }
}

fn arms(input: ParseStream<'_>) -> Result<Vec<Arm>> {
    let mut arms = Vec::new();
    while !input.is_empty() {
        let start = input.span();
        let mut tokens = Vec::new();
        while !input.peek(Token![=>]) {
            if input.is_empty() {
                return Err(no_arrow(start, &tokens));
            }
            tokens.push(input.parse::<TokenTree>()?);
        }
        let arrow = input.parse::<Token![=>]>()?;
        let head = head(&tokens, arrow.span())?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(Error::new(
                arrow.span(),
                "after `=>` comes what this arm does: an expression or a block, `{}` for nothing",
            ));
        }
        let body = Expr::parse_with_earlier_boundary_rule(input)?;
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        } else if !input.is_empty() && !ends_itself(&body) {
            return Err(Error::new(
                input.span(),
                "a comma is missing before this: arms are separated by `,` unless they end with a block",
            ));
        }
        arms.push(Arm { head, body });
    }
    Ok(arms)
}

/// As in `match`: a block needs no comma after it.
fn ends_itself(body: &Expr) -> bool {
    matches!(
        body,
        Expr::Block(_)
            | Expr::If(_)
            | Expr::Match(_)
            | Expr::While(_)
            | Expr::ForLoop(_)
            | Expr::Loop(_)
            | Expr::Unsafe(_)
            | Expr::Const(_)
            | Expr::TryBlock(_)
    )
}

fn is(tree: Option<&TokenTree>, wanted: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(p)) if p.as_char() == wanted)
}

fn is_word(tree: Option<&TokenTree>, word: &str) -> bool {
    matches!(tree, Some(TokenTree::Ident(ident)) if ident == word)
}

/// Where `<-` stands.
fn receive_arrow(tokens: &[TokenTree]) -> Option<usize> {
    tokens.windows(2).position(|pair| {
        let joint = |p: &Punct| p.as_char() == '<' && p.spacing() == Spacing::Joint;
        matches!(&pair[0], TokenTree::Punct(p) if joint(p)) && is(pair.get(1), '-')
    })
}

fn head(tokens: &[TokenTree], arrow: Span) -> Result<Head> {
    let Some(first) = tokens.first() else {
        return Err(Error::new(
            arrow,
            format!("nothing stands before this `=>`: {FORMS}"),
        ));
    };
    let span = first.span();
    if tokens.len() == 1 && is_word(Some(first), "default") {
        return Ok(Head::Default(span));
    }
    if is_word(Some(first), "case") && tokens.len() > 1 && !is(tokens.get(1), '<') {
        return Err(go_case(span));
    }
    if is_word(Some(first), "let") {
        return Err(Error::new(
            span,
            "leave out `let`: write `value = <-rx => ..`",
        ));
    }
    let Some(at) = receive_arrow(tokens) else {
        return Err(no_operation(tokens));
    };
    let (left, right) = (&tokens[..at], &tokens[at + 2..]);
    let arrow = tokens[at].span();
    if right.is_empty() {
        let what = if left.is_empty() || is(left.last(), '=') {
            "the channel to receive from is missing after `<-`"
        } else {
            "the value to send is missing after `<-`"
        };
        return Err(Error::new(arrow, what));
    }
    let right = expression(right)?;
    if left.is_empty() {
        return Ok(Head::Receive(None, right));
    }
    if !is(left.last(), '=') {
        return Ok(Head::Send(expression(left)?, right));
    }
    let pattern = &left[..left.len() - 1];
    if is(pattern.last(), ':') {
        return Err(Error::new(
            span,
            "Rust has no `:=`: write `value = <-rx`; the value is an Option, None from a closed channel",
        ));
    }
    Ok(Head::Receive(Some(pattern_of(pattern, span)?), right))
}

fn collect(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// Checks that the tokens are one expression, and gives them as they are.
fn expression(tokens: &[TokenTree]) -> Result<TokenStream> {
    let parse = |input: ParseStream<'_>| {
        input.parse::<Expr>()?;
        if input.peek(Token![,]) {
            return Err(input.error(
                "one channel and one value to an arm: put several values into a tuple, `tx <- (1, 2)`",
            ));
        }
        if input.peek(Token![if]) {
            return Err(input.error(
                "select! has no conditions on its arms: use a nil channel (Chan::nil()) for a case that must not be ready",
            ));
        }
        if !input.is_empty() {
            return Err(input.error(format!("this does not belong here: {FORMS}")));
        }
        Ok(())
    };
    parse.parse2(collect(tokens))?;
    Ok(collect(tokens))
}

/// The pattern and its type, if one is given.
fn pattern_of(tokens: &[TokenTree], span: Span) -> Result<TokenStream> {
    if tokens.iter().any(|t| is(Some(t), ',')) && !is_generic(tokens) {
        return Err(Error::new(
            span,
            "a receive gives one value, an Option: write `value = <-rx`; it is None when the channel is closed (Go's `ok`)",
        ));
    }
    let parse = |input: ParseStream<'_>| {
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            input.parse::<syn::Type>()?;
        }
        if !input.is_empty() {
            return Err(input.error(format!("this does not belong here: {FORMS}")));
        }
        Ok(pattern)
    };
    let pattern = parse.parse2(collect(tokens))?;
    let refutable = match &pattern {
        Pat::TupleStruct(p) => p.path.is_ident("Some") || p.path.is_ident("Ok"),
        Pat::Path(p) => p.path.is_ident("None"),
        Pat::Ident(p) => p.ident == "None",
        Pat::Lit(_) => true,
        _ => false,
    };
    if refutable {
        return Err(Error::new(
            pattern.span(),
            "the arm is taken for None too (the channel is closed): bind a name, `value = <-rx`, and match on it in the arm",
        ));
    }
    Ok(collect(tokens))
}

/// Whether a comma may stand in a type (`v: Option<Pair<A, B>>`).
fn is_generic(tokens: &[TokenTree]) -> bool {
    tokens.iter().any(|t| is(Some(t), '<'))
}

fn go_case(span: Span) -> Error {
    Error::new(
        span,
        "leave out `case`, and end the arm's head with `=>`: `value = <-rx => ..`",
    )
}

/// The end came before a `=>`.
fn no_arrow(start: Span, tokens: &[TokenTree]) -> Error {
    if is_word(tokens.first(), "case") {
        return go_case(start);
    }
    if is_word(tokens.first(), "default") && is(tokens.get(1), ':') {
        return Error::new(start, "write `default => ..`, with `=>` instead of `:`");
    }
    Error::new(start, format!("this arm has no `=>`: {FORMS}"))
}

/// There is a `=>` and no `<-` before it.
fn no_operation(tokens: &[TokenTree]) -> Error {
    let span = tokens[0].span();
    if is_word(tokens.first(), "default") && is(tokens.get(1), ':') {
        return Error::new(span, "write `default => ..`, with `=>` instead of `:`");
    }
    if tokens.len() == 1 && is_word(tokens.first(), "_") {
        return Error::new(
            span,
            "for the case that nothing is ready, write `default => ..`",
        );
    }
    let spaced = tokens
        .windows(2)
        .any(|pair| is(pair.first(), '<') && is(pair.get(1), '-'));
    if spaced {
        return Error::new(span, "write the arrow `<-` without a space");
    }
    if tokens.iter().any(|t| is(Some(t), '=')) {
        return Error::new(
            span,
            "a receive is written with an arrow and names the channel: `value = <-rx => ..`",
        );
    }
    Error::new(span, format!("this is no operation on a channel: {FORMS}"))
}
