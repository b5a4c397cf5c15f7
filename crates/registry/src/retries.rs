//! How often something is tried again, and how long is waited before it.

use std::{thread, time::Duration};

use crate::{Patience, RegistryError};

/// Why a request came to nothing, and whether that may pass.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: RegistryError,
    pub(crate) again: Again,
}

/// Whether it may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Never,
    Soon,
    /// The registry says when.
    After(Duration),
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self {
            error,
            again: Again::Never,
        }
    }
}

impl Failure {
    pub(crate) fn passing(error: RegistryError) -> Self {
        Self {
            error,
            again: Again::Soon,
        }
    }
}

/// What is left of the patience with one document or layer.
#[derive(Debug)]
pub(crate) struct Retries {
    left: u32,
    wait: Duration,
    longest: Duration,
}

impl Retries {
    pub(crate) fn new(patience: &Patience) -> Self {
        Self {
            left: patience.retries,
            wait: patience.first_wait.min(patience.longest_wait),
            longest: patience.longest_wait,
        }
    }

    /// Waits before the next attempt, or gives the error back where there is to be none.
    pub(crate) fn wait(&mut self, failure: Failure) -> Result<(), RegistryError> {
        let pause = match failure.again {
            Again::Never => return Err(failure.error),
            Again::Soon => self.wait,
            // Asking again before the time that a registry names only makes it angrier.
            Again::After(pause) if pause > self.longest => return Err(failure.error),
            Again::After(pause) => pause.max(self.wait),
        };
        self.left = match self.left.checked_sub(1) {
            Some(left) => left,
            None => return Err(failure.error),
        };
        self.wait = (self.wait * 2).min(self.longest);
        thread::sleep(pause);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(again: Again) -> Failure {
        let error = RegistryError::NotFound {
            registry: "a".to_owned(),
            what: "b".to_owned(),
        };
        Failure { error, again }
    }

    #[test]
    fn patience_ends() {
        let patience = Patience {
            retries: 2,
            first_wait: Duration::from_nanos(1),
            longest_wait: Duration::from_nanos(3),
            ..Patience::default()
        };
        let mut retries = Retries::new(&patience);
        assert!(retries.wait(failure(Again::Never)).is_err());
        let long = Again::After(Duration::from_secs(3600));
        assert!(retries.wait(failure(long)).is_err());
        assert!(retries.wait(failure(Again::Soon)).is_ok());
        assert_eq!(retries.wait, Duration::from_nanos(2));
        let short = Again::After(Duration::from_nanos(1));
        assert!(retries.wait(failure(short)).is_ok());
        assert_eq!(retries.wait, Duration::from_nanos(3));
        assert!(retries.wait(failure(Again::Soon)).is_err());
    }
}
