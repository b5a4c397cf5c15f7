//! Patterns over `registry/path`, and names as they are held against them.

/// Names of Docker Hub.
const DOCKER_HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

/// A repository by the one name that patterns are written for: hosts know no case, and Docker Hub has several names.
pub(super) fn canonical(name: &str) -> String {
    let Some((host, path)) = name.split_once('/') else {
        return name.to_owned();
    };
    let host = canonical_host(host);
    if host == "docker.io" && !path.contains('/') {
        format!("{host}/library/{path}")
    } else {
        format!("{host}/{path}")
    }
}

fn canonical_host(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let without_port = host.strip_suffix(":443").unwrap_or(&host);
    if DOCKER_HUB.contains(&without_port) {
        "docker.io".to_owned()
    } else {
        host
    }
}

/// A pattern as it is compared, or why it would never match and what to write.
pub(super) fn checked(pattern: &str) -> Result<String, String> {
    if pattern.contains("://") {
        return Err("has a scheme and would never match; write it without".to_owned());
    }
    if pattern.contains(char::is_whitespace) {
        return Err("has a space and would never match".to_owned());
    }
    if pattern.contains('@') {
        return Err("has a digest and would never match; name the repository alone".to_owned());
    }
    let (first, path) = match pattern.split_once('/') {
        Some((first, path)) => (first, Some(path)),
        None => (pattern, None),
    };
    let has_registry = first == "localhost"
        || first.contains(['.', ':'])
        || first.contains(WILDCARDS)
        || (path.is_some() && first.contains(|letter: char| letter.is_ascii_uppercase()));
    if !has_registry {
        return Err(format!(
            "names no registry and would never match; write docker.io/{pattern}"
        ));
    }
    let Some(path) = path else {
        // A repository has a registry and a path, and one part alone stands for no slash.
        if pattern.contains(WILDCARDS) && !pattern.contains("**") {
            let whole = if pattern == "*" {
                "**".to_owned()
            } else {
                format!("{pattern}/**")
            };
            return Err(format!("has no path and would never match; write {whole}"));
        }
        return Ok(canonical_host(first));
    };
    // Braces may hold several registries.
    if first.contains('{') && !first.contains('}') {
        return Ok(pattern.to_owned());
    }
    if path.contains(':') {
        return Err("has a tag and would never match; name the repository alone".to_owned());
    }
    if !path.contains('[') && path.contains(char::is_uppercase) {
        return Err("has capitals in its path and would never match; write it small".to_owned());
    }
    let host = if first.contains(WILDCARDS) {
        first.to_owned()
    } else {
        canonical_host(first)
    };
    Ok(format!("{host}/{path}"))
}
