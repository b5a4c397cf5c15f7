//! What a registry wants to see before it answers: the header `WWW-Authenticate`.
//!
//! See: <https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1>,
//! <https://distribution.github.io/distribution/spec/auth/token/>

/// What a registry wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A token, which another server gives.
    Bearer(TokenServer),
    /// Name and password.
    Basic,
}

/// Who gives tokens, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenServer {
    pub(crate) realm: String,
    pub(crate) service: Option<String>,
    pub(crate) scope: Option<String>,
}

/// The challenges of a header that are known, in its order; what cannot be understood is left out.
pub(crate) fn challenges(header: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    let mut scheme = String::new();
    let mut server = TokenServer::default();
    for item in items(header) {
        let (name, value) = match item {
            Item::Scheme(next) => {
                found.extend(challenge(&scheme, &mut server));
                scheme = next;
                continue;
            }
            Item::Parameter(name, value) => (name, value),
        };
        match &*name {
            "realm" => server.realm = value,
            "service" => server.service = Some(value),
            "scope" => server.scope = Some(value),
            _ => {}
        }
    }
    found.extend(challenge(&scheme, &mut server));
    found
}

fn challenge(scheme: &str, server: &mut TokenServer) -> Option<Challenge> {
    let server = std::mem::take(server);
    match scheme {
        "bearer" if !server.realm.is_empty() => Some(Challenge::Bearer(server)),
        "basic" => Some(Challenge::Basic),
        _ => None,
    }
}

#[derive(Debug, PartialEq)]
enum Item {
    Scheme(String),
    Parameter(String, String),
}

/// Schemes and their parameters in the order of the header, names in lower case.
fn items(header: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if word.is_empty() && behind.is_empty() {
            return items;
        }
        let name = word.to_ascii_lowercase();
        let Some(value) = behind.trim_start().strip_prefix('=') else {
            items.push(Item::Scheme(name));
            rest = behind;
            continue;
        };
        let (value, behind) = value_of(value.trim_start());
        items.push(Item::Parameter(name, value));
        rest = behind;
    }
}

/// A value, quoted or not, and what stands behind it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (value, behind) = text.split_at(end);
        return (value.to_owned(), behind);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    (value, characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer(TokenServer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        })
    }

    #[test]
    fn challenges_are_read() {
        let check = |header: &str, expected: &[Challenge]| {
            assert_eq!(challenges(header), expected, "{header}");
        };
        check(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#,
            &[bearer(
                "https://auth.docker.io/token",
                Some("registry.docker.io"),
                Some("repository:library/nginx:pull"),
            )],
        );
        // A comma within quotes ends nothing.
        check(
            r#"bearer realm = "a", scope="repository:x:pull,push" , error=invalid_token"#,
            &[bearer("a", None, Some("repository:x:pull,push"))],
        );
        check(
            r#"Basic realm="x", Bearer realm="a\"b""#,
            &[Challenge::Basic, bearer("a\"b", None, None)],
        );
        check("Basic", &[Challenge::Basic]);
        check("Negotiate, Basic realm=x", &[Challenge::Basic]);
        check("Negotiate abc==", &[]);
        check("Bearer service=\"a\"", &[]);
        for nonsense in ["", ",,, ", "=", "=\"", "Bearer realm=\"", "\"\\", "é=é"] {
            check(nonsense, &[]);
        }
    }
}
