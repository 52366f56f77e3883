//! Resolving a name: it has no form that does not block.
//!
//! The goroutine's own thread asks, and its P goes on with others meanwhile
//! (`runtime::blocking`). So it happens on the goroutine's stack: glibc's resolver is at
//! home on one of 16 KB. Addresses that are literals ask nobody.

use crate::runtime;
use std::any::TypeId;
use std::io;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, ToSocketAddrs};

/// The addresses that `addrs` stands for; a name is resolved without holding up
/// other goroutines.
pub(super) fn addresses<A: ToSocketAddrs>(addrs: A) -> io::Result<Vec<SocketAddr>> {
    if is_literal(&addrs) {
        return Ok(addrs.to_socket_addrs()?.collect());
    }
    runtime::blocking(|| Ok(addrs.to_socket_addrs()?.collect()))
}

/// Whether `addrs` is known not to need a name server.
fn is_literal<A>(addrs: &A) -> bool {
    if let Some(text) = view::<A, &'static str>(addrs) {
        return text.parse::<SocketAddr>().is_ok();
    }
    if let Some(text) = view::<A, String>(addrs) {
        return text.parse::<SocketAddr>().is_ok();
    }
    if let Some((host, _)) = view::<A, (&'static str, u16)>(addrs) {
        return host.parse::<IpAddr>().is_ok();
    }
    let of = type_id::<A>();
    [
        type_id::<SocketAddr>(),
        type_id::<SocketAddrV4>(),
        type_id::<SocketAddrV6>(),
        type_id::<(IpAddr, u16)>(),
        type_id::<(Ipv4Addr, u16)>(),
        type_id::<(Ipv6Addr, u16)>(),
        type_id::<&SocketAddr>(),
        type_id::<&[SocketAddr]>(),
    ]
    .contains(&of)
}

/// `value` as a `B`, if that is its type but for lifetimes. What `B` borrows lives
/// only as long as `value` does.
fn view<A, B>(value: &A) -> Option<&B> {
    // SAFETY: the same type up to lifetimes, which the borrow bounds.
    (type_id::<A>() == type_id::<B>()).then(|| unsafe { &*std::ptr::from_ref(value).cast::<B>() })
}

/// The identity of a type that may borrow: as if all its lifetimes were `'static`.
fn type_id<T>() -> TypeId {
    trait Identity {
        fn get(&self) -> TypeId
        where
            Self: 'static;
    }
    struct Of<T>(PhantomData<T>);
    impl<T> Identity for Of<T> {
        fn get(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let of = Of(PhantomData::<T>);
    let of: &dyn Identity = &of;
    // SAFETY: lifetimes are erased before code is generated; nothing of `T` is
    // touched, only its identity asked.
    let of = unsafe { std::mem::transmute::<&dyn Identity, &(dyn Identity + 'static)>(of) };
    of.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_told_from_names() {
        let local = String::from("127.0.0.1:80");
        assert!(is_literal(&local.as_str()));
        assert!(is_literal(&local));
        assert!(is_literal(&"[::1]:80"));
        assert!(is_literal(&("::1", 80u16)));
        assert!(is_literal(&(Ipv4Addr::LOCALHOST, 80u16)));
        assert!(is_literal(&local.parse::<SocketAddr>().unwrap()));
        assert!(!is_literal(&"localhost:80"));
        assert!(!is_literal(&("localhost", 80u16)));
        assert!(!is_literal(&"127.0.0.1"), "no port: std's error");
    }
}
