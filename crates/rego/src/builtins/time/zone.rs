//! Time zones.

use jiff::{Timestamp, tz::TimeZone};

use super::super::BuiltinError;

#[derive(Clone, Debug)]
pub(super) enum Zone {
    Utc,
    Named(TimeZone),
}

impl Zone {
    /// The zone of a name in the database; upper and lower case count.
    pub(super) fn named(name: &str) -> Result<Self, BuiltinError> {
        match name {
            "" | "UTC" => return Ok(Self::Utc),
            "Local" => {
                return Err(BuiltinError::halt(
                    "the zone Local depends on the machine; name a zone",
                ));
            }
            _ => {}
        }
        jiff::tz::db()
            .get(name)
            .ok()
            .filter(|zone| zone.iana_name() == Some(name))
            .map(Self::Named)
            .ok_or_else(|| BuiltinError::failed(format!("unknown time zone {name}")))
    }

    /// Seconds east of Greenwich at a moment in seconds since 1970.
    pub(super) fn offset(&self, seconds: i64) -> i64 {
        match (self, Timestamp::from_second(seconds)) {
            (Self::Named(zone), Ok(moment)) => i64::from(zone.to_offset(moment).seconds()),
            _ => 0,
        }
    }

    /// The abbreviation in use at a moment.
    pub(super) fn abbreviation(&self, seconds: i64) -> String {
        match (self, Timestamp::from_second(seconds)) {
            (Self::Named(zone), Ok(moment)) => {
                zone.to_offset_info(moment).abbreviation().to_owned()
            }
            _ => "UTC".to_owned(),
        }
    }

    /// Seconds since 1970 of a date in this zone, which is given as if it were in UTC. Where a clock was set
    /// back or forward the answer is the one that Go gives.
    pub(super) fn to_utc(&self, seconds: i64) -> i64 {
        let guess = self.offset(seconds);
        if guess == 0 {
            return seconds;
        }
        seconds - self.offset(seconds - guess)
    }
}
