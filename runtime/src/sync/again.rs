//! A panic that is given to several callers.
//!
//! A payload cannot be cloned, and most are text: so the text is kept and the payload
//! made anew, of the same type. What is not text is named as such.

use std::any::Any;

#[derive(Clone, Debug)]
pub(crate) enum Again {
    Static(&'static str),
    Owned(String),
}

impl Again {
    pub(crate) fn of(payload: &(dyn Any + Send)) -> Again {
        match payload.downcast_ref::<&'static str>() {
            Some(text) => Again::Static(text),
            None => Again::Owned(crate::panics::message_of(payload)),
        }
    }

    pub(crate) fn payload(&self) -> Box<dyn Any + Send> {
        match self {
            Again::Static(text) => Box::new(*text),
            Again::Owned(text) => Box::new(text.clone()),
        }
    }
}
