//! How fast bytes have to come.

use std::time::Duration;

use crate::Patience;

/// Whether bytes come at all: one of them now and then keeps a connection alive without end.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    waited: Duration,
    bytes: u64,
}

impl Pace {
    /// Counts only the time that is waited for the network, not the time that it takes to judge what came.
    pub(crate) fn add(
        &mut self,
        count: usize,
        waited: Duration,
        patience: &Patience,
    ) -> Result<(), String> {
        self.waited += waited;
        self.bytes += count as u64;
        if self.waited < patience.stretch {
            return Ok(());
        }
        let bytes = std::mem::take(self).bytes;
        if bytes >= patience.least_bytes {
            return Ok(());
        }
        Err(format!(
            "only {bytes} bytes came within {:?}",
            patience.stretch
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_must_come_at_some_pace() {
        let patience = Patience {
            stretch: Duration::from_secs(10),
            least_bytes: 100,
            ..Patience::default()
        };
        let second = Duration::from_secs(1);
        let mut pace = Pace::default();
        for _ in 0..1_000 {
            pace.add(10, second, &patience).unwrap();
        }
        let slow = (0..10).map(|_| pace.add(9, second, &patience));
        assert_eq!(
            slow.last().unwrap().unwrap_err(),
            "only 90 bytes came within 10s"
        );
    }
}
