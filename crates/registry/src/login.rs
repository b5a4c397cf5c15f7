//! What a registry wants to see of us: a token of its server, or name and password.
//!
//! See: <https://distribution.github.io/distribution/spec/auth/token/>, and `oauth` beside it

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Method, StatusCode, Url,
    blocking::Response,
    header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE},
};
use serde::Deserialize;

use crate::{
    RegistryError,
    challenge::{Challenge, TokenServer, challenges},
    connection::Connection,
    credentials::{Credential, Found},
    retries::Failure,
    secret::Secret,
};

/// Largest answer of a server that gives tokens.
const MAX_TOKEN_BYTES: u64 = 1 << 20;

/// What a repository is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Read,
    Write,
    Delete,
    /// The list of the repositories of a registry, which is no repository itself.
    Catalogue,
}

/// Who asks a registry for a repository.
pub(crate) struct Login<'a> {
    pub(crate) connection: &'a Connection,
    /// The path of the repository.
    pub(crate) repository: &'a str,
    pub(crate) use_: Use,
    pub(crate) found: &'a Found,
}

/// Servers give it under one name or the other.
#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
}

impl Login<'_> {
    /// The header that a registry asks for in its answer.
    pub(crate) fn header(&self, asked: &Response) -> Result<HeaderValue, Failure> {
        let headers = asked.headers().get_all(WWW_AUTHENTICATE).iter();
        let challenges: Vec<_> = headers
            .filter_map(|header| header.to_str().ok())
            .flat_map(challenges)
            .collect();
        let server = challenges.iter().find_map(|challenge| match challenge {
            Challenge::Bearer(server) => Some(server),
            Challenge::Basic => None,
        });
        if let Some(server) = server {
            let token = self.token(server)?;
            let header = format!("Bearer {}", token.reveal());
            return Ok(self.connection.header(&header)?);
        }
        if challenges.is_empty() {
            let reason = "it wants a login of a kind that is not known";
            return Err(self.connection.answer(reason).into());
        }
        match self.basic() {
            Some(header) => Ok(header?),
            None => Err(self.refused().into()),
        }
    }

    /// Why nobody reads this: there is no login, or it is not accepted.
    pub(crate) fn refused(&self) -> RegistryError {
        let registry = self.connection.registry.clone();
        match self.found.user() {
            Some((user, file)) => RegistryError::Refused {
                registry,
                user: user.to_owned(),
                file: file.to_owned(),
            },
            None => RegistryError::Login {
                registry,
                repository: self.repository.to_owned(),
                wanted: match self.use_ {
                    Use::Read => "read",
                    Use::Write => "write to",
                    Use::Delete => "delete from",
                    Use::Catalogue => "list",
                },
                problems: self.found.told(),
            },
        }
    }

    /// Why whoever is named may not read this.
    pub(crate) fn denied(&self) -> RegistryError {
        RegistryError::Denied {
            registry: self.connection.registry.clone(),
            repository: self.repository.to_owned(),
            problems: match self.found.user() {
                Some((user, file)) if self.use_ == Use::Write => {
                    format!(" for {user} from {file}, who needs the right to push")
                }
                Some((user, file)) if self.use_ == Use::Delete => {
                    format!(" for {user} from {file}, who needs the right to delete")
                }
                Some((user, file)) => format!(" for {user} from {file}"),
                None => format!(" without a login{}", self.found.told()),
            },
        }
    }

    /// What the token is for: what is asked for, and all that will be needed.
    fn scopes(&self, server: &TokenServer) -> Vec<String> {
        let of_repository = |actions: &str| format!("repository:{}:{actions}", self.repository);
        let own = match self.use_ {
            Use::Read => server.scope.is_none().then(|| of_repository("pull")),
            Use::Write => Some(of_repository("pull,push")),
            Use::Delete => Some(of_repository("pull,delete")),
            Use::Catalogue => Some("registry:catalog:*".to_owned()),
        };
        let asked = server.scope.clone().filter(|it| Some(it) != own.as_ref());
        own.into_iter().chain(asked).collect()
    }

    fn basic(&self) -> Option<Result<HeaderValue, RegistryError>> {
        match &self.found.login {
            Some((Credential::Password { user, password }, _)) => {
                let text = format!("{user}:{}", password.reveal());
                let header = format!("Basic {}", STANDARD.encode(text));
                Some(self.connection.header(&header))
            }
            _ => None,
        }
    }

    /// Asks the server of the registry for a token.
    fn token(&self, server: &TokenServer) -> Result<Secret, Failure> {
        let mut url = self.connection.url(&server.realm)?;
        let scopes = self.scopes(server);
        let service = server.service.as_deref();
        let mut asked: Vec<(&str, &str)> = Vec::new();
        let by_form = matches!(&self.found.login, Some((Credential::Identity(_), _)));
        // A form has one text for all of them.
        let joined = scopes.join(" ");
        if by_form {
            asked.push(("scope", &joined));
        } else {
            asked.extend(scopes.iter().map(|scope| ("scope", scope.as_str())));
        }
        asked.extend(service.map(|service| ("service", service)));
        let response = if let Some((Credential::Identity(token), _)) = &self.found.login {
            asked.push(("grant_type", "refresh_token"));
            asked.push(("client_id", "ringwall"));
            asked.push(("refresh_token", token.reveal()));
            let form = form(&asked)?;
            self.connection.post(&url, form)?
        } else {
            url.query_pairs_mut().extend_pairs(asked);
            let basic = self.basic().transpose()?;
            let headers = HeaderMap::new();
            let answer = self
                .connection
                .follow(&Method::GET, &url, &headers, basic.as_ref())?;
            answer.response
        };
        let what = "the token";
        match response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return Err(self.refused().into()),
            StatusCode::FORBIDDEN => return Err(self.denied().into()),
            status => return Err(self.connection.refusal(status, response.headers(), what)),
        }
        let body = self.connection.body(response, MAX_TOKEN_BYTES, what)?;
        // What serde says of a value might quote it.
        let token = serde_json::from_slice::<Token>(&body);
        let token = token.map(|it| {
            [it.token, it.access_token]
                .into_iter()
                .find(|it| !it.is_empty())
        });
        match token {
            Ok(Some(token)) => Ok(Secret::new(token)),
            _ => Err(self
                .connection
                .answer("its token server gives no token")
                .into()),
        }
    }
}

/// Pairs as a form has them: as the query of an address.
fn form(pairs: &[(&str, &str)]) -> Result<String, Failure> {
    let url = Url::parse_with_params("http://form", pairs);
    let url = url.map_err(|error| RegistryError::Setting {
        name: "the identity token".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(url.query().unwrap_or_default().to_owned())
}
