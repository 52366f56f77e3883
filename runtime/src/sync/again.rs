//! A panic that is given to several callers.
//!
//! A payload cannot be cloned, and most are text: so the text is kept and the payload
//! made anew, of the same type. What is not text is named as such. A goroutine that
//! exits (`runtime::goexit`) unwinds too, and whoever shares its work exits as well.

use crate::panics::Goexit;
use std::any::Any;

#[derive(Clone, Debug)]
pub(crate) enum Again {
    Static(&'static str),
    Owned(String),
    Exit,
}

impl Again {
    pub(crate) fn of(payload: &(dyn Any + Send)) -> Again {
        if let Some(text) = payload.downcast_ref::<&'static str>() {
            Again::Static(text)
        } else if payload.is::<Goexit>() {
            Again::Exit
        } else {
            Again::Owned(crate::panics::message_of(payload))
        }
    }

    pub(crate) fn payload(&self) -> Box<dyn Any + Send> {
        match self {
            Again::Static(text) => Box::new(*text),
            Again::Owned(text) => Box::new(text.clone()),
            Again::Exit => Box::new(Goexit),
        }
    }
}
