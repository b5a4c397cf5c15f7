//! Name and value judged together.

use ringwall_model::Confidence;

use crate::{
    entropy, fallback::literal_part, looks_like_secret_name, looks_like_secret_value, name,
    value::is_words,
};

/// How sure it is that a value under this name is a secret; `None`: it is none.
///
/// - `High`: the name promises a secret and the value looks random.
/// - `Medium`: a password that someone chose (`DB_PASSWORD: changeme`), or a random value that is
///   short or has the form of an id.
/// - `Low`: the name promises a token, the value is a word (`API_KEY: test`).
pub fn named_literal(key: &str, value: &str) -> Option<Confidence> {
    let value = literal_part(value.trim()).trim();
    let is_promise = looks_like_secret_name(key);
    if !(is_promise || name::may_promise(key)) || !looks_like_secret_value(value) {
        return None;
    }
    if !is_promise && name::promises_several(key) {
        let is_key = |item: &str| {
            let item = item.trim();
            item.len() >= 16
                && (item.bytes())
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-+/=".contains(&byte))
                && confidence(key, item) == Some(Confidence::High)
        };
        return value.split(',').all(is_key).then_some(Confidence::High);
    }
    let confidence = confidence(key, value);
    // A short one may be a number of something or its name.
    let is_random = confidence == Some(Confidence::High) && value.len() >= 16;
    confidence.filter(|_| is_promise || is_random)
}

fn confidence(key: &str, value: &str) -> Option<Confidence> {
    if name::is_connection_name(key) {
        return has_credentials(value).then_some(Confidence::High);
    }
    let password = name::is_password_name(key);
    if password && (is_label(key, value) || is_default_of_java(key, value)) {
        return None;
    }
    if is_words(value) {
        let spaces = value.bytes().filter(|&byte| byte == b' ').count();
        return match (password, spaces) {
            (true, 3) if is_app_password(value) => Some(Confidence::Medium),
            (true, 0) => Some(Confidence::Medium),
            (false, 0) if !name::is_bare(key) => Some(Confidence::Low),
            (true, 1..=5) => Some(Confidence::Low),
            _ => None,
        };
    }
    if value.contains(char::is_whitespace) {
        return password.then_some(Confidence::Low);
    }
    let random = entropy(value) >= 3.0
        && value.len() >= if password { 8 } else { 16 }
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_name = !password && says_its_name(key, value);
    let confidence = if random && !is_uuid(value) && !has_long_word(value) && !is_name {
        Confidence::High
    } else if password
        || (value.len() >= 8 && (random || !name::is_bare(key) || !has_long_word(value)))
    {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    Some(confidence)
}

/// `Server=db;Password=hunter2`, `AccountKey=...`, `postgres://app:hunter2@db`.
fn has_credentials(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let field = lower.split([';', ' ', '&', '?']).any(|part| {
        part.split_once('=').is_some_and(|(key, value)| {
            looks_like_secret_value(value)
                && (looks_like_secret_name(key.trim()) || key.trim().ends_with("accesskey"))
        })
    });
    // `looks_like_secret_value` refused URLs that carry no password.
    field || lower.contains("://")
}

/// Whether a value is the name of what it stands for, as programs have it: `privateKey: testRSA2048PrivateKey`,
/// `secret: V1SecretVolumeSource`.
fn says_its_name(key: &str, value: &str) -> bool {
    let letters = |text: &str| {
        let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
        letters
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect::<String>()
    };
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !value.bytes().all(is_word) {
        return false;
    }
    let (name, of_value) = (letters(key), letters(value));
    if name.len() >= 8 && (of_value.starts_with(&name) || of_value.ends_with(&name)) {
        return true;
    }
    // A type is called in CamelCase, with hardly a digit.
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let has_word = value
        .as_bytes()
        .windows(4)
        .any(|part| part.iter().all(u8::is_ascii_lowercase));
    // Of `clientSecret` all but the capital.
    let last = key
        .rsplit(|letter: char| !letter.is_ascii_lowercase())
        .next()
        .unwrap_or_default();
    value.starts_with(|first: char| first.is_ascii_uppercase())
        && digits <= 2
        && has_word
        && last.len() >= 4
        && of_value.contains(last)
}

/// `jelx kqru krpc rnoi`: how Google shows the password of an application. Four words of people have vowels.
fn is_app_password(value: &str) -> bool {
    let is_word = |word: &str| word.bytes().any(|byte| b"aeiouy".contains(&byte));
    value
        .split(' ')
        .all(|part| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !value.split(' ').all(is_word)
}

/// What languages call a password, as pages show it beside a field: the first word in lower case.
const LABELS: [&str; 24] = [
    "adgangskode",
    "contrase\u{f1}a",
    "contrasenya",
    "geslo",
    "has\u{142}o",
    "heslo",
    "jelsz\u{f3}",
    "kennwort",
    "l\u{f6}senord",
    "lozinka",
    "mot",
    "palavra-passe",
    "parol\u{103}",
    "parola",
    "passord",
    "password",
    "passwort",
    "salasana",
    "senha",
    "\u{15f}ifre",
    "wachtwoord",
    "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}",
    "\u{5bc6}\u{7801}",
    "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}",
];

/// Whether a value is the word that pages show for a password, under a name that texts are kept by:
/// `login.password=Passwort`, and not `DB_PASSWORD=Password`.
fn is_label(key: &str, value: &str) -> bool {
    let first = value.split(' ').next().unwrap_or(value);
    key.bytes().any(|byte| byte.is_ascii_lowercase())
        && first.starts_with(|first: char| !first.is_lowercase())
        && LABELS.contains(&first.to_lowercase().as_str())
}

/// What opens the store of public authorities that comes with Java, in whatever it is set.
fn is_default_of_java(key: &str, value: &str) -> bool {
    let letters = key.bytes().filter(u8::is_ascii_alphabetic);
    let letters: Vec<u8> = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    value == "changeit" && memchr::memmem::find(&letters, b"truststore").is_some()
}

/// `8-4-4-4-12` hexadecimal digits.
pub(crate) fn is_uuid(value: &str) -> bool {
    let lengths = value.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12])
        && value
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Whether a part is a long lower-case word: `my-secret-v2`, `development-token1`.
fn has_long_word(value: &str) -> bool {
    value
        .split(['-', '_', '.', '/', ' '])
        .any(|word| word.len() >= 5 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && value.contains(['-', '_', '.', '/'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, value: &str, expected: Option<Confidence>) {
        assert_eq!(named_literal(key, value), expected, "{key}={value}");
    }

    #[test]
    fn random_values_under_secret_names_are_sure() {
        check("API_KEY", "f3b9c1d27e8a4056b9d1", Some(Confidence::High));
        check("dbPassword", "vK8#mQ2p!xZ4", Some(Confidence::High));
        check(
            "AZURE_STORAGE_CONNECTION_STRING",
            "AccountName=a;AccountKey=Zx81kq==",
            Some(Confidence::High),
        );
    }

    #[test]
    fn only_random_values_count_where_the_name_may_mean_something_else() {
        let random = "Rk29qLp7XwZt4Bn8VcYm";
        for key in ["EXTERNAL_API_KEY", "STATUS_PAGE_TOKEN", "MAX_PASSWORD"] {
            check(key, random, Some(Confidence::High));
            check(key, "changeme", None);
            check(key, "9f86d081", None);
        }
        check("nextPageToken", random, None);
        check("tlsSecret", "web-tls-x7k2m", None);
    }

    #[test]
    fn chosen_passwords_are_likely() {
        check("DB_PASSWORD", "changeme", Some(Confidence::Medium));
        check("MYSQL_ROOT_PASSWORD", "password", Some(Confidence::Medium));
        check("POSTGRES_PASSWORD", "123456", Some(Confidence::Medium));
        check(
            "CLIENT_SECRET",
            "3f2b8c1e-6d4a-4b7f-9e21-08c5d7a1b2c3",
            Some(Confidence::Medium),
        );
    }

    #[test]
    fn the_password_of_an_application_is_no_sentence() {
        check(
            "SMTP_PASSWORD",
            "jelx kqru krpc rnoi",
            Some(Confidence::Medium),
        );
        check(
            "SMTP_PASSWORD",
            "this must look good",
            Some(Confidence::Low),
        );
    }

    #[test]
    fn labels_of_pages_and_public_passwords_are_nothing() {
        check("password", "Passwort", None);
        check("login.password", "Password", None);
        check("placeholder.password", "Mot de passe", None);
        check("password", "\u{5bc6}\u{7801}", None);
        check("DB_PASSWORD", "Password", Some(Confidence::Medium));
        check("db.password", "passwort", Some(Confidence::Medium));
        check("javax.net.ssl.trustStorePassword", "changeit", None);
        check(
            "javax.net.ssl.keyStorePassword",
            "changeit",
            Some(Confidence::Medium),
        );
        check("token", "spacing.4x", Some(Confidence::Low));
        check("token", "color-background-primary-2", None);
    }

    #[test]
    fn references_are_what_they_fall_back_on() {
        check("DB_PASSWORD", "${P:-changeme}", Some(Confidence::Medium));
        check("DB_PASSWORD", "${P:-vK8#mQ2p!xZ4}", Some(Confidence::High));
        check("DB_PASSWORD", "${P:-$(pwgen)}", None);
    }

    #[test]
    fn words_under_token_names_are_hints() {
        check("API_KEY", "test", Some(Confidence::Low));
        check("secret", "my-db-secret", None);
        check("token", "the token of the bot", None);
    }

    #[test]
    fn names_of_types_and_variables_are_not_random() {
        check("secret", "V1SecretVolumeSource", Some(Confidence::Medium));
        check(
            "clientSecret",
            "OAuth2ClientSecretV2",
            Some(Confidence::Medium),
        );
        check(
            "service_account_token",
            "V1ServiceAccountTokenProjection",
            Some(Confidence::Medium),
        );
        check(
            "PrivateKey",
            "testRSA2048PrivateKey",
            Some(Confidence::Medium),
        );
        check(
            "encryptionKey",
            "encryptionKey1024",
            Some(Confidence::Medium),
        );
        check("JWT_SECRET", "mySuperSecretKey2024", Some(Confidence::High));
        check("secret", "MySuperSecretKey2024", Some(Confidence::High));
        check("DB_PASSWORD", "dbPassword2024", Some(Confidence::High));
    }

    #[test]
    fn other_names_and_values_are_nothing() {
        check("secretName", "f3b9c1d27e8a4056b9d1", None);
        check("image", "f3b9c1d27e8a4056b9d1", None);
        check("DB_PASSWORD", "$(DB_PASSWORD)", None);
        check("connectionString", "Server=db;Database=app", None);
    }
}
