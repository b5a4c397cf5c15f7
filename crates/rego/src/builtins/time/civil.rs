//! Dates of the Gregorian calendar, also before it was made.

/// A date and a time of day, without a zone. Fields may be out of range until they are turned into seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
}

const DAY: i64 = 86_400;

impl Civil {
    /// The date so many seconds after the start of 1970.
    ///
    /// The years start in March here, so that the day of a leap year comes last.
    /// See: <https://howardhinnant.github.io/date_algorithms.html>
    pub(super) fn from_seconds(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year,
            month,
            day,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// Seconds after the start of 1970. Fields out of range carry over.
    pub(super) fn to_seconds(self) -> i64 {
        let month = self.month - 1;
        let year = self.year + month.div_euclid(12);
        let month = month.rem_euclid(12) + 1;
        let (year, march_month) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * march_month + 2) / 5 + self.day - 1;
        let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100
            + day_of_year
            - 719_468;
        days * DAY + self.hour * 3_600 + self.minute * 60 + self.second
    }

    /// 0 is Sunday.
    pub(super) fn weekday(self) -> usize {
        let days = self.to_seconds().div_euclid(DAY);
        usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0)
    }

    /// From 1.
    pub(super) fn day_of_year(self) -> i64 {
        let start = Self {
            month: 1,
            day: 1,
            ..self
        };
        (self.to_seconds() - start.to_seconds()) / DAY + 1
    }
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
