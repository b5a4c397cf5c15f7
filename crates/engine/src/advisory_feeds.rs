//! What is published about flaws, and where.

use std::collections::BTreeMap;

use ringwall_input::schema::suggest;

use crate::config::AdvisoriesConfig;

/// Name, kind and address of each, by lines.
const FEEDS: &str = include_str!("../data/advisory-feeds.tsv");

/// A file about flaws that somebody publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvisoryFeed {
    /// Its name: `osv/npm`.
    pub name: String,
    /// What it holds, in the words of [`ringwall_advisory::SourceFile::kind`]; `None` where anything that is about
    /// flaws will do.
    pub kind: Option<&'static str>,
    /// Where it is.
    pub url: String,
}

/// A name that no feed has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Nothing is called so.
    #[error("no feed has the name '{name}'{hint}: --dry-run lists them")]
    Unknown {
        /// The name.
        name: String,
        /// `; did you mean 'osv/npm'?`
        hint: String,
    },
    /// All are left out.
    #[error("no feed is left to fetch")]
    Nothing,
}

/// The feeds that are wanted, in the order of their names.
pub fn advisory_feeds(config: &AdvisoriesConfig) -> Result<Vec<AdvisoryFeed>, FeedError> {
    let known = FEEDS.lines().filter(|line| !line.starts_with('#'));
    let mut feeds: BTreeMap<String, AdvisoryFeed> = known
        .filter_map(|line| {
            let mut parts = line.split('\t');
            let (name, kind, url) = (parts.next()?, parts.next()?, parts.next()?);
            let feed = AdvisoryFeed {
                name: name.to_owned(),
                kind: Some(kind),
                url: url.to_owned(),
            };
            Some((name.to_owned(), feed))
        })
        .collect();
    for (name, url) in &config.feeds {
        let feed = feeds.entry(name.clone()).or_insert_with(|| AdvisoryFeed {
            name: name.clone(),
            kind: None,
            url: String::new(),
        });
        feed.url.clone_from(url);
    }
    for name in config.only.iter().chain(&config.skip) {
        if !feeds.contains_key(name) {
            let hint = suggest(name, feeds.keys().map(String::as_str));
            return Err(FeedError::Unknown {
                name: name.clone(),
                hint: hint.map_or_else(String::new, |near| format!("; did you mean '{near}'?")),
            });
        }
    }
    feeds.retain(|name, _| {
        (config.only.is_empty() || config.only.contains(name)) && !config.skip.contains(name)
    });
    if feeds.is_empty() {
        return Err(FeedError::Nothing);
    }
    Ok(feeds.into_values().collect())
}
