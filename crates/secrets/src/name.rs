//! Which names promise a secret.

/// Last words that are a secret on their own.
const SECRET: [&str; 20] = [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "pass",
    "pw",
    "psk",
    "secret",
    "token",
    "credential",
    "credentials",
    "creds",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authtoken",
    "pat",
];
/// Endings of words written without a boundary, such as `dbpassword`.
const ENDINGS: [&str; 19] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credentials",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authkey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "sharedkey",
    "accountkey",
    "connectionstring",
    "userpass",
    "dbpass",
];
/// Whose a secret is, as names say it behind the word: `PASSWORD_DB`, `TOKEN_GITHUB`, `DB_PWD_ADMIN`.
const OWNERS: [&str; 48] = [
    "admin",
    "administrator",
    "amqp",
    "anthropic",
    "app",
    "artifactory",
    "aws",
    "azure",
    "bitbucket",
    "database",
    "db",
    "discord",
    "docker",
    "dockerhub",
    "elastic",
    "elasticsearch",
    "ftp",
    "github",
    "gitlab",
    "grafana",
    "jenkins",
    "jira",
    "jwt",
    "kafka",
    "keycloak",
    "ldap",
    "mail",
    "mariadb",
    "minio",
    "mongo",
    "mongodb",
    "mssql",
    "mysql",
    "nexus",
    "npm",
    "openai",
    "oracle",
    "postgres",
    "postgresql",
    "rabbitmq",
    "redis",
    "root",
    "sftp",
    "slack",
    "smtp",
    "sonar",
    "telegram",
    "vault",
];
/// Services whose key is secret where it is called by them alone: `OPENAI_KEY`.
const SERVICES: [&str; 33] = [
    "algolia",
    "anthropic",
    "bitbucket",
    "brevo",
    "claude",
    "cloudflare",
    "cohere",
    "datadog",
    "deepseek",
    "digitalocean",
    "elevenlabs",
    "gemini",
    "github",
    "gitlab",
    "groq",
    "hetzner",
    "huggingface",
    "linode",
    "mailchimp",
    "mailgun",
    "mailjet",
    "mistral",
    "newrelic",
    "openai",
    "opsgenie",
    "pagerduty",
    "perplexity",
    "pinecone",
    "postmark",
    "sendgrid",
    "stripe",
    "twilio",
    "vonage",
];
/// Servers that take a password by a command of this name: `REDIS_AUTH`.
const AUTHENTICATED: [&str; 4] = ["keydb", "neo4j", "redis", "valkey"];
/// What makes the last word `key` a secret one.
const KEYS: [&str; 37] = [
    "cipher",
    "decrypt",
    "decryption",
    "fernet",
    "recovery",
    "batch",
    "function",
    "subscription",
    "api",
    "access",
    "secret",
    "private",
    "auth",
    "encryption",
    "encrypt",
    "signing",
    "master",
    "shared",
    "account",
    "storage",
    "deploy",
    "ssh",
    "rsa",
    "hmac",
    "jwt",
    "session",
    "app",
    "application",
    "admin",
    "write",
    "service",
    "aes",
    "webhook",
    "license",
    "client",
    "cookie",
    "unseal",
];
/// Of those, what stands before the keys of tables, caches and features as well.
const ENTRIES: [&str; 18] = [
    "cipher",
    "decrypt",
    "decryption",
    "recovery",
    "admin",
    "app",
    "application",
    "client",
    "cookie",
    "deploy",
    "license",
    "rsa",
    "service",
    "session",
    "ssh",
    "storage",
    "webhook",
    "write",
];
/// Words behind the secret that do not change what it is.
const TRAILING: [&str; 36] = [
    "value",
    "plain",
    "plaintext",
    "text",
    "prod",
    "production",
    "dev",
    "staging",
    "stage",
    "test",
    "b64",
    "base64",
    "new",
    "old",
    "current",
    "previous",
    "primary",
    "secondary",
    "default",
    "string",
    "data",
    "live",
    "sandbox",
    "preprod",
    "prd",
    "stg",
    "uat",
    "qa",
    "replica",
    "replication",
    "backup",
    "readonly",
    "legacy",
    "eu",
    "us",
    "apac",
];
/// Words that make it a setting about a secret, wherever they stand.
const SETTINGS: [&str; 24] = [
    "existing",
    "allow",
    "allowed",
    "random",
    "require",
    "requires",
    "required",
    "automount",
    "enable",
    "enabled",
    "disable",
    "disabled",
    "generate",
    "generated",
    "skip",
    "empty",
    "max",
    "min",
    "invalid",
    "mask",
    "special",
    "num",
    "expected",
    "bcrypt",
];
/// Words that make a token, key or secret something else: `pageToken`, `tlsSecret`; a password stays one.
const OTHERS: [&str; 19] = [
    "public",
    "external",
    "image",
    "pull",
    "tls",
    "ssl",
    "cert",
    "ca",
    "cancel",
    "cancellation",
    "continue",
    "continuation",
    "next",
    "page",
    "bos",
    "eos",
    "pad",
    "unk",
    "stop",
];

/// Of both, what is no secret whatever it looks like: what everybody may see, and what a test expects.
const NEVER: [&str; 3] = ["expected", "invalid", "public"];
/// Words right before a token that make it a place in a list or a piece of text, which is random as well.
const PLACES: [&str; 9] = [
    "bos",
    "cancel",
    "cancellation",
    "continuation",
    "continue",
    "eos",
    "next",
    "page",
    "stop",
];
/// What has pages with tokens of their own: `STATUS_PAGE_TOKEN`.
const WITH_PAGES: [&str; 3] = ["facebook", "fb", "status"];

/// Whether a key, variable or argument of this name is expected to hold a secret itself:
/// `DB_PASSWORD`, `apiKey`, `client-secret`, `aws.secret_access_key`;
/// not `secretName`, `token_url`, `passwordFile`, `publicKey`.
pub fn looks_like_secret_name(key: &str) -> bool {
    if !has_stem(key) {
        return false;
    }
    let words = words(key);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // Few names end so; the longest list comes last.
    (is_connection_string(&words) || ends_in_secret(strip_trailing(&words)))
        && !words.iter().any(|word| SETTINGS.contains(word))
        && (is_password(&words) || !words.iter().any(|word| OTHERS.contains(word)))
}

/// Whether the name is that of a secret but for a word of another meaning, so that only a value that looks random is
/// one: `EXTERNAL_API_KEY`, `NEXT_AUTH_SECRET`, `TLS_API_TOKEN`; not `publicToken`, `nextPageToken`.
pub(crate) fn may_promise(key: &str) -> bool {
    if !has_stem(key) {
        return false;
    }
    let words = words(key);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let secret = strip_trailing(&words);
    let is_place = match secret {
        [.., owner, "page", _] if WITH_PAGES.contains(owner) => false,
        [.., before, _] => PLACES.contains(before),
        _ => false,
    };
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let several = ends_in_secrets(secret) && !has(&SETTINGS) && !has(&OTHERS);
    (ends_in_secret(secret) || several) && !is_place && !has(&NEVER)
}

/// One of these stands in every name of a secret, as far as it is written in ASCII; those with a first letter.
const fn stems(first: u8) -> &'static [&'static str] {
    match first | 0x20 {
        b'a' => &["auth"],
        b'c' => &["cred", "conn"],
        b'e' => &["erlang"],
        b'k' => &["key"],
        b'p' => &["pass", "pat", "psk", "pw"],
        b's' => &["secret"],
        b't' => &["token"],
        _ => &[],
    }
}

/// Whether a name may be that of a secret: nearly all names are none, and taking them apart costs more.
fn has_stem(key: &str) -> bool {
    let bytes = key.as_bytes();
    let begins = |at: usize, stem: &str| {
        bytes
            .get(at..at + stem.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(stem.as_bytes()))
    };
    // Letters beyond ASCII may become others in lower case.
    !key.is_ascii()
        || bytes
            .iter()
            .enumerate()
            .any(|(at, &byte)| stems(byte).iter().any(|stem| begins(at, stem)))
}

/// Whether the name promises something a person may have chosen, which may be short.
pub(crate) fn is_password_name(key: &str) -> bool {
    let words = words(key);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    is_password(&words)
}

fn is_password(words: &[&str]) -> bool {
    strip_trailing(words).last().is_some_and(|word| {
        word.contains("pass") || word.ends_with("pwd") || matches!(*word, "pw" | "psk")
    })
}

/// Whether what stands before `key` makes it a secret one: `api_`, `signing`; not `primary_`, `mon`.
pub(crate) fn makes_key_secret(before: &[u8]) -> bool {
    let before = before
        .strip_suffix(b"_")
        .or_else(|| before.strip_suffix(b"-"))
        .or_else(|| before.strip_suffix(b"."))
        .unwrap_or(before);
    let Some(last) = before.last().map(u8::to_ascii_lowercase) else {
        return false;
    };
    KEYS.iter().chain(&SERVICES).any(|kind| {
        // Of these words few end alike, and this is asked for each `key` of a text.
        kind.ends_with(char::from(last)) && ends_with(before, kind)
    })
}

fn ends_with(text: &[u8], end: &str) -> bool {
    let start = text.len().checked_sub(end.len());
    start
        .and_then(|start| text.get(start..))
        .is_some_and(|found| found.eq_ignore_ascii_case(end.as_bytes()))
}

/// Whether the name is that of an entry, a result or a pattern as often as that of a secret: `session_key`, `pass`.
pub(crate) fn may_name_an_entry(key: &str) -> bool {
    let words = words(key);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match strip_trailing(&words) {
        ["pass"] | [.., "pat"] => true,
        [.., kind, "key"] => ENTRIES.contains(kind) || SERVICES.contains(kind),
        _ => false,
    }
}

/// Whether the name is a single word, such as `secret`: often a reference by name.
pub(crate) fn is_bare(key: &str) -> bool {
    words(key).len() == 1
}

/// Whether the name promises several settings in one text.
pub(crate) fn is_connection_name(key: &str) -> bool {
    let words = words(key);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    is_connection_string(&words)
}

fn is_connection_string(words: &[&str]) -> bool {
    match words {
        [.., "connection" | "conn", "string" | "str"] => true,
        [.., last] => last.ends_with("connectionstring") || *last == "connstr",
        [] => false,
    }
}

fn strip_trailing<'a, 'w>(mut words: &'a [&'w str]) -> &'a [&'w str] {
    while let [rest @ .., last] = words
        && !rest.is_empty()
        && (TRAILING.contains(last) || OWNERS.contains(last) || is_release(last))
    {
        words = rest;
    }
    words
}

/// `2`, `v2`
fn is_release(word: &str) -> bool {
    let number = word.strip_prefix('v').unwrap_or(word);
    number.bytes().all(|byte| byte.is_ascii_digit())
}

fn ends_in_secret(words: &[&str]) -> bool {
    match words {
        // What Rails derives its keys from, and what nodes of a cluster of Erlang know each other by.
        [.., "secret", "key", "base"] | [.., "erlang", "cookie"] => true,
        [.., kind, "key"] => {
            KEYS.contains(kind) || SERVICES.contains(kind) || kind.ends_with("secret")
        }
        [.., kind, "auth"] => AUTHENTICATED.contains(kind),
        [.., last] => {
            // `_dbpassword1`: digits may stick to the word.
            let last = last.trim_end_matches(|character: char| character.is_ascii_digit());
            SECRET.contains(&last) || ENDINGS.iter().any(|ending| last.ends_with(ending))
        }
        [] => false,
    }
}

/// Several in one value, `API_KEYS`, `AUTH_TOKENS`: the name of a list or of a number as often.
fn ends_in_secrets(words: &[&str]) -> bool {
    match words {
        [.., kind, "keys"] => KEYS.contains(kind) && !ENTRIES.contains(kind),
        [.., last] => matches!(*last, "apikeys" | "secrets" | "tokens"),
        [] => false,
    }
}

/// Whether the name promises several secrets.
pub(crate) fn promises_several(key: &str) -> bool {
    has_stem(key) && {
        let words = words(key);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        ends_in_secrets(strip_trailing(&words))
    }
}

/// The words of a name in lower case, whichever way it joins them.
fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let characters: Vec<char> = key.chars().collect();
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        let previous = at.checked_sub(1).and_then(|before| characters.get(before));
        let next = characters.get(at + 1);
        let starts = character.is_uppercase()
            && (previous.is_some_and(|previous| previous.is_lowercase() || previous.is_numeric())
                || (previous.is_some_and(|previous| previous.is_uppercase())
                    && next.is_some_and(|next| next.is_lowercase())));
        if starts && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.extend(character.to_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_in_every_case() {
        for name in [
            "password",
            "PASSWORD",
            "DB_PASSWORD",
            "dbPassword",
            "db.password",
            "db-passwd",
            "dbpassword",
            "MYSQL_ROOT_PASSWORD",
            "pgpassword",
            "PGPASSWORD",
            "DB_PASS",
            "redis_pwd",
            "token",
            "GITHUB_TOKEN",
            "authToken",
            "accessToken",
            "_authToken",
            "api_key",
            "apiKey",
            "API-KEY",
            "apikey",
            "STRIPE_APIKEY",
            "x-api-key",
            "secret",
            "client_secret",
            "clientSecret",
            "CLIENTSECRET",
            "AWS_SECRET_ACCESS_KEY",
            "aws_secret_access_key",
            "private_key",
            "privateKey",
            "sshPrivateKey",
            "encryption-key",
            "signingKey",
            "credentials",
            "connectionString",
            "AZURE_STORAGE_CONNECTION_STRING",
            "PASSWORD_1",
            "password2",
            "tokenValue",
            "secretKeyBase64",
            "JWT_SECRET",
            "SECRET_KEY",
            "AccountKey",
            "spring.datasource.password",
            "adminPassword",
            "passphrase",
            "RABBITMQ_DEFAULT_PASS",
            "AZURE_BATCH_KEY",
            "SPEECH_SUBSCRIPTION_KEY",
            "functionKey",
            "secret_key_base",
            "SECRET_KEY_BASE",
            "SSL_KEYSTORE_PASSWORD",
            "ssl.keystore.password",
            "server.ssl.key-store-password",
            "REDIS_TLS_PASSWORD",
            "EXTERNAL_DB_PASSWORD",
            "CA_PASSWORD",
            "TLS_KEY_PASSPHRASE",
            "IMAGE_REGISTRY_PASSWORD",
            "SSL_PASS",
            "PASSWORD_DB",
            "passwordDb",
            "DB_PWD_ADMIN",
            "ROOT_PWD_DB_PROD",
            "TOKEN_GITHUB",
            "API_KEY_OPENAI",
            "SECRET_JWT",
            "OPENAI_KEY",
            "stripeKey",
            "REDIS_AUTH",
            "valkey-auth",
            "STRIPE_SECRET_LIVE",
            "DB_PASSWORD_REPLICA",
            "API_KEY_EU",
            "SECRET_V2",
            "AIRFLOW__CORE__FERNET_KEY",
            "DECRYPTION_KEY",
            "CIPHER_KEY",
            "RECOVERY_KEY",
            "RABBITMQ_ERLANG_COOKIE",
            "erlangCookie",
        ] {
            assert!(looks_like_secret_name(name), "{name}");
        }
    }

    #[test]
    fn every_word_of_a_secret_has_a_stem() {
        let last = SECRET.iter().chain(&ENDINGS);
        for word in last.chain(&["key", "connection", "conn", "connstr"]) {
            assert!(has_stem(word), "{word}");
            assert!(has_stem(&word.to_uppercase()), "{word}");
        }
        assert!(
            AUTHENTICATED
                .iter()
                .all(|kind| has_stem(&format!("{kind}_auth")))
        );
        assert!(!has_stem("LOG_LEVEL"));
    }

    /// Every name that ends in a word of the lists, in the ways that files join words.
    fn every_name() -> impl Iterator<Item = String> {
        let joined = |first: &str, last: &str| {
            ["_", "-", "."].map(|between| format!("{first}{between}{last}"))
        };
        let last = SECRET.iter().chain(&ENDINGS);
        let last = last.flat_map(move |word| joined("db", word));
        let keys = KEYS.iter().chain(&SERVICES);
        let keys = keys.flat_map(move |kind| joined(kind, "key"));
        let owned = OWNERS
            .iter()
            .flat_map(move |owner| joined("password", owner));
        let auth = AUTHENTICATED
            .iter()
            .flat_map(|kind| ["_", "-"].map(|between| format!("{kind}{between}auth")));
        let strings = [
            "connection_string",
            "connection-string",
            "conn_str",
            "connstr",
        ];
        last.chain(keys)
            .chain(owned)
            .chain(auth)
            .chain(strings.map(str::to_owned))
    }

    #[test]
    fn every_name_is_found_in_a_text() {
        for name in every_name().filter(|name| !name.ends_with(".pat")) {
            assert!(looks_like_secret_name(&name), "{name}");
            // Random, and a password in a connection string as well.
            let text = format!("{name}: \"Password=Qz7vT2mK9xLp4RbW8nYc\"\n");
            let found = crate::Detectors::builtin().scan(&text);
            assert_eq!(found.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_word_of_another_meaning_leaves_a_random_value_a_secret() {
        for name in [
            "EXTERNAL_API_KEY",
            "NEXT_AUTH_SECRET",
            "FB_PAGE_ACCESS_TOKEN",
            "IMAGE_REGISTRY_TOKEN",
            "STATUS_PAGE_TOKEN",
            "TLS_API_TOKEN",
            "MAX_PASSWORD",
            "API_KEYS",
            "TOKENS",
            "AUTH_TOKENS_EU",
            "SECRETS",
        ] {
            assert!(may_promise(name), "{name}");
        }
        for name in [
            "pageToken",
            "nextPageToken",
            "NextContinuationToken",
            "cancel_token",
            "NEXT_PUBLIC_API_KEY",
            "expectedPassword",
            "invalid_token",
            "imagePullSecrets",
            "tlsSecretName",
        ] {
            assert!(!may_promise(name), "{name}");
        }
    }

    #[test]
    fn names_of_settings_about_secrets() {
        for name in [
            "",
            "name",
            "key",
            "secretName",
            "secret_name",
            "token_url",
            "tokenUrl",
            "passwordFile",
            "POSTGRES_PASSWORD_FILE",
            "tokenExpiration",
            "secretKeyRef",
            "AWS_SECRET_ARN",
            "publicKey",
            "public_token",
            "existingSecret",
            "imagePullSecret",
            "imagePullSecrets",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "MYSQL_RANDOM_ROOT_PASSWORD",
            "automountServiceAccountToken",
            "tokenTTL",
            "password_length",
            "passwordPolicy",
            "secretNamespace",
            "secretRef",
            "maxTokens",
            "max_token",
            "nextToken",
            "tokenReviews",
            "keyName",
            "primaryKey",
            "sort_key",
            "partition_key",
            "kms_key",
            "kms_key_id",
            "monkey",
            "compass_mode",
            "bypass",
            "tokenizer",
            "secretary",
            "credentialsFile",
            "serviceAccountName",
            "access_key_id",
            "passwordSecretName",
            "secretProviderClass",
            "TOKEN_HEADER",
            "hash_key",
            "tlsSecret",
            "tls_token",
            "externalSecret",
            "pageToken",
            "requireSslPassword",
            "TLS_PASSWORD_FILE",
            "token_base",
            "key_base",
            "github_key_id",
            "key_github",
            "db_auth",
            "redis_auth_enabled",
            "root",
            "secretNameDb",
            "password_file_db",
            "token_url_github",
            "API_KEYS",
            "max_tokens",
            "sort_keys",
            "session_cookie",
            "secret_name_v2",
        ] {
            assert!(!looks_like_secret_name(name), "{name}");
        }
    }
}
