//! Every format on the sample report: snapshots, and what must hold for each of them.

mod sample;
mod formats {
    mod json;
    mod text;
}
