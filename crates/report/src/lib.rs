//! Findings as text, JSON, SARIF, `JUnit`, HTML, Markdown, and what GitHub and GitLab show beside changed lines.
//!
//! Each format is a pure function from a [`Report`](ringwall_model::Report) to bytes.
//! This crate never reads a file: the caller hands source texts in through [`Sources`]
//! and the pages of checks through [`Catalogue`].
//! Secrets are concealed in one place, [`Excerpts`], which every format that shows source goes through.

#![warn(clippy::disallowed_methods)]

mod block;
mod bundle;
mod conftest;
mod database;
mod excerpt;
mod fingerprint;
mod github;
mod gitlab;
mod go_json;
mod grade;
mod html;
mod image;
mod json;
mod junit;
mod kubesec;
mod markdown;
mod patch;
mod registry;
mod replay;
mod sarif;
mod text;
mod verification;
mod words;

use std::sync::Arc;

use ringwall_model::{Source, Span};

pub use bundle::bundle;
pub use conftest::{ConftestForm, ConftestLocation, ConftestMessage, ConftestResult, conftest};
pub use database::{database_json, database_text};
pub use excerpt::{Excerpt, ExcerptLine, Excerpts};
pub use github::github;
pub use gitlab::gitlab;
pub use grade::{Grade, Letter};
pub use html::{VIEWER, html};
pub use image::{
    ImageBase, ImageDatabase, ImageDiff, ImageDistribution, ImageException, ImageFacts, ImageGap,
    ImageLayer, ImagePackage, ImageReport, ImageRootFs, ImageSbom, ImageSource, ImageTextOptions,
    image_cyclonedx, image_diff_json, image_diff_text, image_json, image_purls, image_spdx,
    image_text,
};
pub use json::json;
pub use junit::junit;
pub use kubesec::{KubesecReport, KubesecRule, KubesecScoring, kubesec};
pub use markdown::markdown;
pub use patch::{diff, patch, patch_between};
pub use registry::{
    RegistryAsked, RegistryDeletion, RegistryFlaws, RegistryGap, RegistryImage, RegistryKept,
    RegistryMalware, RegistryMark, RegistryOutcome, RegistryPlan, RegistryPlatform, RegistryReport,
    RegistryRepository, RegistryTextOptions, registry_json, registry_text,
};
pub use replay::{
    ReplayBefore, ReplayCause, ReplayCounts, ReplayNotAssessed, ReplayNow, ReplayPlace,
    ReplayReport, ReplaySummary, ReplayTeam, ReplayTextOptions, ReplayWorkload, replay_json,
    replay_text,
};
pub use sarif::sarif;
pub use text::{TextOptions, text};
pub use verification::{
    AttestedPackages, ImageSignature, ImageSigner, SignatureStatus, UnenforcedCheck,
    UnequalPackage, VerificationGap, VerificationReport, VerificationRoot, VerificationWanted,
    VerifiedImage, WantedPolicy, verification_json, verification_text,
};
pub use words::{clean, subject_words};

/// The texts that locations point into.
pub trait Sources: Sync {
    /// The text of a source by the name that locations carry; `None` when it is gone.
    fn text(&self, file: &str) -> Option<Arc<Source>>;
    /// Where secrets stand in a source, also those that no finding of the report is about.
    fn secrets(&self, file: &str) -> &[Span];
}

/// What is written about each check.
pub trait Catalogue {
    /// The check's title, in a few words.
    fn title(&self, check: &str) -> Option<&str>;
    /// The check's page, in Markdown. The fences of its examples say `fail` or `pass` behind the language, and lines
    /// that are flagged end in `# <-`.
    fn page(&self, check: &str) -> Option<String>;
    /// The page for those who know nothing of these marks.
    fn plain_page(&self, check: &str) -> Option<String> {
        self.page(check)
    }
}

/// What a report is shown with, besides itself.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The texts that locations point into.
    pub sources: &'a dyn Sources,
    /// What is written about each check.
    pub catalogue: &'a dyn Catalogue,
}
