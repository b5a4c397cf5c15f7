//! Every format on the sample report: snapshots, and what must hold for each of them.

mod sample;
mod formats {
    mod excerpt;
    mod github;
    mod json;
    mod junit;
    mod markdown;
    mod patch;
    mod sarif;
    mod text;
}
