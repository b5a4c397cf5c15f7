//! What a registry says that it has: the tags of a repository, and repositories.
//!
//! See: <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-tags>,
//! <https://distribution.github.io/distribution/spec/api/#listing-repositories>

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::{HeaderMap, LINK};
use ringwall_input::image_reference::ImageReference;
use serde::Deserialize as _;
use serde_json::Value;

use crate::{RegistryError, Repository, Settings, endpoint::Endpoint, login::Use};

/// Names that are asked for at once; registries may give fewer.
const PAGE: usize = 1_000;

/// Most names of one list.
const MAX_NAMES: usize = 10_000;

/// Most pages of one list.
const MAX_PAGES: usize = 1_000;

/// Largest page: names are 255 bytes at most, and a page may have all of them.
const MAX_PAGE_BYTES: u64 = 4 << 20;

/// Longest query of a next page.
const MAX_QUERY_BYTES: usize = 4 << 10;

/// Where the list of repositories is, behind the root of the API.
const CATALOGUE: &str = "_catalog";

/// Names that a registry lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The names, each once and in order.
    pub names: BTreeSet<String>,
    /// Why these are not all of them; none where they are.
    pub missing: Option<String>,
}

impl Repository {
    /// The tags of the repository.
    pub fn tags(&self) -> Result<Names, RegistryError> {
        let is_tag = |tag: &str| {
            let name = format!("{}:{tag}", self.name);
            ImageReference::parse(&name).is_ok_and(|it| it.tag == Some(tag) && it.digest.is_none())
        };
        self.try_each(|endpoint| list(endpoint, "tags/list", "tags", is_tag))
    }
}

/// The repositories of a registry, by their paths. Many registries refuse to list them.
pub fn repositories(registry: &str, settings: &Settings) -> Result<Names, RegistryError> {
    let is_path = |path: &str| {
        let name = format!("{registry}/{path}");
        ImageReference::parse(&name).is_ok_and(|it| it.tag.is_none() && it.digest.is_none())
    };
    let list = || {
        let endpoint = Endpoint::new(registry, String::new(), settings, Use::Catalogue)?;
        self::list(&endpoint, CATALOGUE, "repositories", is_path)
    };
    list().map_err(|error| match error {
        error if error.is_passing() => error,
        error @ (RegistryError::Certificate { .. } | RegistryError::NoTls { .. }) => error,
        error => RegistryError::Catalogue {
            registry: registry.to_owned(),
            reason: error.to_string(),
        },
    })
}

/// All pages of a list, whose names are in a field.
fn list(
    endpoint: &Endpoint,
    place: &str,
    field: &str,
    is_name: impl Fn(&str) -> bool,
) -> Result<Names, RegistryError> {
    let mut found = Names::default();
    let mut query = format!("n={PAGE}");
    for _ in 0..MAX_PAGES {
        let asked = format!("{place}?{query}");
        let (bytes, headers) = endpoint.document(&asked, "", MAX_PAGE_BYTES)?;
        let names = names(&bytes, field).map_err(|reason| {
            let reason = format!("its list {place} cannot be understood: {reason}");
            endpoint.connection.answer(reason)
        })?;
        let before = found.names.len();
        for name in names {
            if !is_name(&name) {
                let shown: String = name.chars().take(80).collect();
                found.missing = Some(format!("the registry names {shown:?}, which is no name"));
            } else if found.names.len() >= MAX_NAMES {
                let reason = format!("there are more than {MAX_NAMES}");
                return Ok(Names {
                    missing: Some(reason),
                    ..found
                });
            } else {
                found.names.insert(name);
            }
        }
        let Some(next) = next_query(&headers) else {
            return Ok(found);
        };
        if next == query || found.names.len() == before {
            let reason = "the registry gives pages without end and nothing new in them";
            found.missing = Some(reason.to_owned());
            return Ok(found);
        }
        query = next;
    }
    let reason = format!("the registry gives more than {MAX_PAGES} pages");
    found.missing = Some(reason);
    Ok(found)
}

/// The names of a page. Some write `null` where there is none; a page without the field is none.
fn names(page: &[u8], field: &str) -> Result<Vec<String>, String> {
    let page: BTreeMap<String, Value> =
        serde_json::from_slice(page).map_err(|error| error.to_string())?;
    let Some(names) = page.get(field) else {
        return Err(format!("it has no {field}"));
    };
    let names = Option::<Vec<String>>::deserialize(names).map_err(|error| error.to_string())?;
    Ok(names.unwrap_or_default())
}

/// The query of the next page. Host and path of the address are not looked at: the registry that was asked is asked
/// again, whatever it calls itself behind a proxy, and no other one is.
///
/// See: <https://www.rfc-editor.org/rfc/rfc8288#section-3>
fn next_query(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(LINK).iter();
    let texts = links.filter_map(|link| link.to_str().ok());
    texts.flat_map(|text| text.split(',')).find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let mut parameters = parameters.split(';').map(str::trim);
        let is_next = parameters.any(|it| {
            let relation = it.strip_prefix("rel=").map(|it| it.trim_matches('"'));
            relation.is_some_and(|it| it.eq_ignore_ascii_case("next"))
        });
        let (_, query) = address.split_once('?')?;
        let query = query.split('#').next().unwrap_or_default();
        (is_next && !query.is_empty() && query.len() <= MAX_QUERY_BYTES).then(|| query.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn the_next_page_is_what_the_link_asks_for() {
        let check = |link: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(LINK, HeaderValue::from_str(link).unwrap());
            assert_eq!(next_query(&headers).as_deref(), expected, "{link}");
        };
        check(
            "</v2/_catalog?last=b&n=2>; rel=\"next\"",
            Some("last=b&n=2"),
        );
        check("<https://other.example/x?a=1>;rel=next", Some("a=1"));
        check(
            "</first>; rel=\"first\", </v2/x?n=1>; title=\"x\"; rel=\"Next\"",
            Some("n=1"),
        );
        for none in [
            "",
            "<",
            "</v2/x?n=1>",
            "</v2/x?n=1>; rel=\"prev\"",
            "</v2/x>; rel=\"next\"",
            "</v2/x?>; rel=\"next\"",
            "/v2/x?n=1; rel=\"next\"",
        ] {
            check(none, None);
        }
        check(
            &format!("</v2/x?{}>; rel=next", "a".repeat(MAX_QUERY_BYTES + 1)),
            None,
        );
    }
}
