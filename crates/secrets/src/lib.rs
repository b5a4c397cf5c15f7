//! Secret detectors as data, and the pass that runs them.
//!
//! [`Detectors::scan`] walks a text once and looks for the literal beginnings of the known formats
//! (`ghp_`, `AKIA`, `-----BEGIN `, ...).
//! Only where one of them stands does a regex look at a bounded window, and entropy and known
//! placeholders are judged last.
//! A second set of keywords (`password`, `api_key`, ...) starts the generic detector, which reads an
//! assignment and judges name and value together; see [`named_literal`].
//!
//! A format is an entry in `data/<provider>.toml`: no code.
//!
//! | key | meaning |
//! |---|---|
//! | `id`, `title`, `severity`, `confidence` | what a match says; no `confidence` means certain |
//! | `keywords` | literals of three bytes or more, one of which stands in every match; `ignore_case = true` for any case |
//! | `regex` | what must stand at the keyword, the secret in a group named `secret` |
//! | `before` | how many bytes before the keyword the match may begin; 0: at the keyword |
//! | `window` | how many bytes from the keyword the regex may look at; repetitions need no bounds of their own, as bounds make the regex large |
//! | `follows` | characters of ASCII, one of which stands behind the keyword; looked at before the regex is compiled |
//! | `requires` | a literal in the window, looked for likewise |
//! | `until` | characters of ASCII that end the place behind the keyword in which that literal stands |
//! | `between` | a literal that stands between the keyword and the one that is required |
//! | `behind` | a literal that stands before the keyword, in the bytes that `before` names |
//! | `min_length` | how many bytes without a blank stand from the keyword on, looked at likewise |
//! | `min_entropy` | Shannon bits per character of the secret |
//! | `unless` | a regex for secrets that are placeholders of this format |
//! | `rank` | of two overlapping matches the higher rank stays |
//! | `examples`, `counter_examples` | run by a test |
//!
//! In `regex`, `{{assign}}` stands for the separator between a name and a value, `{{name}}` for the
//! rest of a name, `{{end}}` and `{{end64}}` for the end of a token or of base64.
//! A regex that begins with the group `secret` is a token: no letter, digit, `_` or `-` may stand
//! before it.
//! In examples `{{hex:32}}`, `{{alnum:40}}` and so on stand for made-up characters, so that the
//! files hold no text which another scanner takes for a live secret.
//!
//! What is found is never shown whole: [`redact()`] gives the beginning of one secret, and a
//! [`Concealer`] hides those of a text in everything that repeats it.
//!
//! [`key_file()`] tells key stores and keys that are no text by their first bytes.
//!
//! This crate reads no files and knows no other file formats; it is handed text.

mod assignment;
mod conceal;
mod detectors;
mod entropy;
mod fallback;
mod key_file;
mod keywords;
mod name;
mod named;
mod pattern;
mod placeholder;
mod redact;
mod repeats;
mod scan;
mod value;

pub use conceal::Concealer;
pub use detectors::{Detector, DetectorWords, Detectors, detector_words, providers};
pub use entropy::entropy;
pub use key_file::{KEY_FILE_BYTES, KeyFile, key_file, may_be_key_file};
pub use name::looks_like_secret_name;
pub use named::named_literal;
pub use redact::redact;
pub use scan::{Match, Scan};
pub use value::looks_like_secret_value;
