//! Text that is paid for while it is written, so that none grows beyond what may be made.

use std::fmt::{self, Write};

use super::{Answer, BuiltinError, Context};
use crate::Value;

/// Bytes that are written before they are paid for.
const UNPAID: usize = 4096;

/// A text that a builtin makes.
pub(crate) struct Made<'m, 'c> {
    context: &'m mut Context<'c>,
    text: String,
    unpaid: usize,
    failure: Option<BuiltinError>,
}

impl<'m, 'c> Made<'m, 'c> {
    /// An empty text.
    pub(crate) fn new(context: &'m mut Context<'c>) -> Self {
        Self {
            context,
            text: String::new(),
            unpaid: 0,
            failure: None,
        }
    }

    /// Adds to the text.
    pub(crate) fn push(&mut self, text: &str) -> Result<(), BuiltinError> {
        self.unpaid = self.unpaid.saturating_add(text.len());
        if self.unpaid >= UNPAID {
            self.pay()?;
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Adds what is written by a function that knows nothing of payment.
    pub(crate) fn write(
        &mut self,
        by: impl FnOnce(&mut Self) -> fmt::Result,
    ) -> Result<(), BuiltinError> {
        // Nothing but the payment fails.
        let _ = by(self);
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Pays for steps besides.
    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), BuiltinError> {
        self.context.spend(steps)
    }

    /// The whole text.
    pub(crate) fn text(mut self) -> Result<String, BuiltinError> {
        self.pay()?;
        Ok(self.text)
    }

    /// The whole text as the answer of a builtin.
    pub(crate) fn answer(self) -> Answer {
        Ok(Some(Value::String(self.text()?.into())))
    }

    fn pay(&mut self) -> Result<(), BuiltinError> {
        self.context.make_bytes(std::mem::take(&mut self.unpaid))
    }
}

impl Write for Made<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text).map_err(|failure| {
            self.failure = Some(failure);
            fmt::Error
        })
    }
}
