//! Images that Docker keeps: its daemon hands them out as the archives that `docker save` writes, through a socket of
//! this machine.
//!
//! Source: <https://docs.docker.com/reference/api/engine/version/v1.41/>, `ImageGet` and `ImageList`.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{
    StatusCode,
    blocking::{Client, Response},
    redirect::Policy,
};
use serde::Deserialize;

use crate::{
    RegistryError,
    tls::{self, cause},
};

/// Where the daemon listens, if nobody says otherwise.
pub const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// How long the daemon may take to begin, and from one part to the next: it puts an archive together on its disk
/// before it sends any of it.
const PATIENCE: Duration = Duration::from_secs(600);

/// Largest list of images that is read, and largest message.
const MAX_LIST_BYTES: u64 = 16 << 20;
const MAX_MESSAGE_BYTES: u64 = 64 << 10;

/// Longest name that is asked for.
const MAX_NAME_BYTES: usize = 1 << 10;

/// Names that a message lists.
const MOST_LISTED: usize = 40;

/// The daemon of Docker.
#[derive(Debug)]
pub struct Docker {
    client: Client,
    socket: PathBuf,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

/// An image of the list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    repo_tags: Option<Vec<String>>,
}

impl Docker {
    /// The daemon that listens at a socket. Nobody is asked yet.
    pub fn at(socket: &Path) -> Result<Self, RegistryError> {
        let client = Client::builder()
            .user_agent(concat!("ringwall/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls::config("Docker", &[])?)
            .unix_socket(socket)
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| RegistryError::Docker {
                socket: socket.display().to_string(),
                reason: cause(&error),
            })?;
        Ok(Self {
            client,
            socket: socket.to_owned(),
        })
    }

    /// The archive of an image, as it comes; an archive that breaks off is an error at its end.
    pub fn save(&self, name: &str) -> Result<impl Read + use<>, RegistryError> {
        if !is_name(name) {
            return Err(RegistryError::Reference {
                reference: name.to_owned(),
                reason: "is no name and no id of an image".to_owned(),
            });
        }
        let response = self.get(&format!("/images/{name}/get"))?;
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::NOT_FOUND => Err(self.failed(self.not_found(name))),
            status => {
                let message = bounded(response, MAX_MESSAGE_BYTES).ok();
                let message = message.and_then(|bytes| serde_json::from_slice(&bytes).ok());
                Err(self.failed(match message {
                    Some(Message { message }) => {
                        format!("does not hand out {name}: {}", message.escape_debug())
                    }
                    None => format!("does not hand out {name}: it answers with {status}"),
                }))
            }
        }
    }

    /// What is said where no image has the name: those that there are.
    fn not_found(&self, name: &str) -> String {
        let response = self.get("/images/json").map_err(io::Error::other);
        let listed = response.and_then(|response| bounded(response, MAX_LIST_BYTES));
        let listed = listed.ok();
        let images: Option<Vec<Listed>> =
            listed.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let images = images.unwrap_or_default().into_iter();
        let names = images.filter_map(|image| image.repo_tags).flatten();
        let mut names: Vec<_> = names.filter(|name| name != "<none>:<none>").collect();
        names.sort();
        let first = names.iter().take(MOST_LISTED);
        let first = first.map(|name| format!("\n  {}", name.escape_debug()));
        let more = match names.len().saturating_sub(MOST_LISTED) {
            0 => String::new(),
            more => format!("\n  and {more} more"),
        };
        if names.is_empty() {
            format!("has no image of the name {name}")
        } else {
            let first = first.collect::<String>();
            format!("has no image of the name {name}; there are{first}{more}")
        }
    }

    fn get(&self, path: &str) -> Result<Response, RegistryError> {
        let answer = self.client.get(format!("http://docker{path}")).send();
        answer.map_err(|error| self.failed(format!("cannot be asked: {}", cause(&error))))
    }

    fn failed(&self, reason: String) -> RegistryError {
        RegistryError::Docker {
            socket: self.socket.display().to_string(),
            reason,
        }
    }
}

fn bounded(response: Response, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    response.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other("is too long"));
    }
    Ok(bytes)
}

/// Whether a text can stand in the path of a request and be a name or an id, and nothing else.
fn is_name(name: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte);
    name.len() <= MAX_NAME_BYTES
        && name.bytes().all(is_known)
        && name
            .split('/')
            .all(|part| !part.is_empty() && part.bytes().any(|byte| byte != b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_stand_in_a_request() {
        for name in [
            "shop",
            "reg.example.com:5000/team/shop:1.2",
            "a@sha256:00",
            "0a1b",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "", "a/../b", "..", "/a", "a//b", "a?b", "a b", "a%2f", "a#", "a\r\nb", "ä",
        ] {
            assert!(!is_name(name), "{name}");
        }
        assert!(!is_name(&"a".repeat(MAX_NAME_BYTES + 1)));
    }
}
