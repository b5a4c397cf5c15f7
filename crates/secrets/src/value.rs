//! Which values are literals, and which only point at a secret or stand for one.

use crate::fallback::literal_part;

/// Values that are settings, types or blanks.
const WORDS: [&str; 47] = [
    "null",
    "nil",
    "none",
    "~",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "enabled",
    "disabled",
    "undefined",
    "unset",
    "empty",
    "n/a",
    "na",
    "tbd",
    "todo",
    "fixme",
    "string",
    "str",
    "int",
    "integer",
    "number",
    "bool",
    "boolean",
    "object",
    "array",
    "list",
    "map",
    "any",
    "optional",
    "required",
    "nan",
    "bearer",
    "basic",
    "auto",
    "random",
    "generated",
    "unknown",
    "-",
    "password:",
    "literal",
    "value",
    // Where a system looks its users up, in `nsswitch.conf`.
    "files",
    "compat",
];
/// Texts that say "put yours here".
const STAND_INS: [&str; 18] = [
    "replaceme",
    "replacewith",
    "replacethis",
    "placeholder",
    "redacted",
    "example",
    "dummy",
    "inserthere",
    "insertyour",
    "goeshere",
    "secrethere",
    "passwordhere",
    "tokenhere",
    "keyhere",
    "fillme",
    "tobereplaced",
    "tobefilled",
    "yourown",
];
/// Beginnings of references to a store, or of something encrypted, hashed or public.
const REFERENCES: [&str; 46] = [
    "vault:",
    "vault://",
    "op://",
    "ref+",
    "arn:",
    "ssm:",
    "sm://",
    "secretsmanager:",
    "awssm:",
    "gcp:",
    "akv:",
    "keyvault:",
    "azurekeyvault:",
    "@microsoft.keyvault(",
    "enc[",
    "{cipher}",
    "{vault}",
    "secret:",
    "secretref:",
    "secretkeyref:",
    "file:",
    // Secrets that a build mounts: `--secret id=token,env=TOKEN`.
    "id=",
    "type=env",
    "type=file",
    "env:",
    "env.",
    "projects/",
    "sha1:",
    "sha256:",
    "sha384:",
    "sha512:",
    "sha256-",
    "sha384-",
    "sha512-",
    "md5:",
    "$2a$",
    "$2b$",
    "$2y$",
    "$argon2",
    "$apr1$",
    "age1",
    // Publishable keys, which pages hand out.
    "pk_live_",
    "pk_test_",
    // Public keys as OpenSSH writes them.
    "aaaab3nzac1",
    "aaaac3nzac1",
    "aaaae2vjzhnh",
];
/// Endings of file names.
const FILES: [&str; 24] = [
    ".pem",
    ".key",
    ".crt",
    ".cer",
    ".txt",
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".ini",
    ".conf",
    ".cfg",
    ".env",
    ".jks",
    ".p12",
    ".pfx",
    ".keytab",
    ".properties",
    ".xml",
    ".sh",
    ".js",
    ".ts",
    ".go",
    ".py",
];

/// Whether a value is a literal that may be a secret: not blank, no switch, no template, no
/// placeholder, no path, no URL without credentials, no reference to another place.
///
/// Weak passwords such as `changeme` and `password` are values: they are in use wherever nobody
/// changed them. A reference that falls back on a literal is judged by that: `${PASSWORD:-changeme}`.
pub fn looks_like_secret_value(value: &str) -> bool {
    let value = literal_part(value.trim()).trim();
    let lower = value.to_ascii_lowercase();
    !value.is_empty()
        && !lower.split('|').all(|word| WORDS.contains(&word))
        && !is_template(value)
        && !is_format(value)
        && !is_version(value)
        && !is_stand_in(&lower)
        && !REFERENCES
            .iter()
            .any(|reference| lower.starts_with(reference))
        && !is_url_without_password(value)
        && !is_path(value, &lower)
        && !is_dotted_reference(value)
        && !is_code_path(value)
        && !value.contains(SAMPLE_TOKEN)
}

/// What the sample tokens of <https://jwt.io> say first: the subject 1234567890.
const SAMPLE_TOKEN: &str = ".eyJzdWIiOiIxMjM0NTY3ODkwI";

/// `${VAR}`, `$(VAR)`, `$VAR`, `{{ .Values.x }}`, `%ENV%`, `<your-password>`, `__X__`, `@@X@@`.
fn is_template(value: &str) -> bool {
    let enclosed = |open: &str, close: &str| {
        value.len() > open.len() + close.len() && value.starts_with(open) && value.ends_with(close)
    };
    // A reading that stopped at a blank has no end of a template, and a random password may have its beginning.
    let has = |open: &str, close: &str| {
        value
            .split_once(open)
            .is_some_and(|(_, rest)| rest.contains(close) || !is_mixed(value))
    };
    [
        ("${", "}"),
        ("$(", ")"),
        ("{{", "}}"),
        ("#{", "}"),
        ("<%", "%>"),
        ("$[[", "]]"),
    ]
    .iter()
    .any(|(open, close)| has(open, close))
        || enclosed("%", "%")
        || enclosed("<", ">")
        || enclosed("[", "]")
        || enclosed("__", "__")
        || enclosed("@", "@")
        || enclosed("{", "}")
        || value.strip_prefix('$').is_some_and(is_variable)
}

/// `%s`, `%s:%q`: what a program puts in, and no letter or digit of its own.
fn is_format(value: &str) -> bool {
    let mut parts = value.split('%');
    let has_no_letter = |text: &str| !text.contains(char::is_alphanumeric);
    value.contains('%')
        && parts.next().is_some_and(has_no_letter)
        && parts.all(|part| {
            part.strip_prefix(['d', 'q', 's', 'v'])
                .is_some_and(has_no_letter)
        })
}

/// `1.2.0`, `^1.0.0`, `>=2.0.1`: which releases of a package do.
fn is_version(value: &str) -> bool {
    let numbers = value.trim_start_matches(['^', '~', '>', '<', '=', 'v']);
    let mut parts = numbers.split('.');
    value.len() - numbers.len() <= 2
        && parts.clone().count() == 3
        && parts.all(|part| {
            (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// `FOO_BAR` or `foo`, as a shell names variables; `$ecret1!` is none.
fn is_variable(name: &str) -> bool {
    let name = name.strip_prefix("env:").unwrap_or(name);
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && (name.bytes().all(|byte| !byte.is_ascii_lowercase())
            || name
                .bytes()
                .all(|byte| !byte.is_ascii_uppercase() && !byte.is_ascii_digit()))
}

fn is_stand_in(lower: &str) -> bool {
    let letters: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let first = letters.chars().next();
    let one_character = letters.chars().all(|character| Some(character) == first);
    // `***`, `...` and `----` hold no letter; `xxxx` holds only one.
    (letters.is_empty() && is_filler(lower))
        || (one_character
            && letters.len() >= 3
            && !letters.starts_with(|c: char| c.is_ascii_digit()))
        || lower.contains("xxxx")
        || lower.contains("****")
        || lower.ends_with("...")
        || lower.ends_with('…')
        || letters.starts_with("your")
        || letters.starts_with("enteryour")
        || letters.starts_with("puty")
        || STAND_INS.iter().any(|word| letters.contains(word))
}

/// No letter or digit: `***`, `...`, `--`; `!?#%&` may be a bad password, but is one.
fn is_filler(lower: &str) -> bool {
    let first = lower.chars().next();
    lower.chars().all(|character| Some(character) == first)
}

fn is_url_without_password(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return false;
    };
    let is_scheme = !scheme.is_empty()
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-' | b':'));
    let has_password = rest
        .split(['/', '?', '#'])
        .next()
        .and_then(|authority| authority.rsplit_once('@'))
        .and_then(|(user, _)| user.split_once(':'))
        .is_some_and(|(_, password)| looks_like_secret_value(password));
    is_scheme && !has_password
}

fn is_path(value: &str, lower: &str) -> bool {
    let rooted = ["/", "./", "../", "~/", r"c:\", r"\\", "@/"]
        .iter()
        .any(|root| lower.starts_with(root));
    let plain = value.bytes().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'/' | b'\\' | b'.' | b'_' | b'-' | b':' | b'~' | b'@')
    });
    // Base64 and passwords may begin with a slash; paths are words, at least where they begin.
    let first = value.split('/').find(|part| !part.is_empty());
    let random = (value.len() >= 32 && crate::entropy(value) > 4.3)
        || (is_generated(value) && !first.is_some_and(is_words));
    (rooted && plain && !random)
        || (plain
            && FILES
                .iter()
                .any(|ending| lower.len() > ending.len() && lower.ends_with(ending)))
        || (value.contains('/') && plain && is_words(value))
}

/// `var.password`, `process.env.TOKEN`, `data.aws_secret.this[0].value`: an expression.
fn is_dotted_reference(value: &str) -> bool {
    // TypeScript marks with `!` what is surely set.
    let value = match value.strip_suffix('!') {
        Some(variable) if variable.contains("env.") => variable,
        _ => value,
    };
    let mut parts = value.split('.');
    let is_part = |part: &str| {
        let name = part.split('[').next().unwrap_or(part);
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            && name.len() <= 40
            && (name.len() < 12 || is_words(name) || crate::entropy(name) < 3.5)
    };
    value.contains('.') && parts.all(is_part) && !is_generated(value) && !is_weak(value)
}

/// Whether small letters, capitals and digits change inside the parts of a value more often than in what a program
/// calls something: `tYu8.Rk29qLp`, and not `config.S3Client.accessToken`.
fn is_generated(value: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => Some(0),
        b'A'..=b'Z' => Some(1),
        b'a'..=b'z' => Some(2),
        _ => None,
    };
    let (mut counts, mut changes, mut behind_digit) = ([0_usize; 3], 0, false);
    let mut last = None;
    for kind in value.bytes().map(kind) {
        if let Some(count) = kind.and_then(|kind: usize| counts.get_mut(kind)) {
            *count += 1;
        }
        if last.is_some() && kind.is_some() && last != kind {
            changes += 1;
            behind_digit |= last == Some(0);
        }
        last = kind;
    }
    let length: usize = counts.iter().sum();
    length >= 8 && behind_digit && !counts.contains(&0) && changes * 20 >= length * 8
}

/// `P.ssw0rd`: the digit is none that a program would have there.
fn is_weak(value: &str) -> bool {
    value.to_ascii_lowercase().ends_with("w0rd")
}

/// `$crate::private::Token`: a name in a program.
fn is_code_path(value: &str) -> bool {
    let mut parts = value.strip_prefix('$').unwrap_or(value).split("::");
    let is_name = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    value.contains("::") && parts.all(is_name)
}

/// Whether a text is words joined by `-`, `_`, `.`, `/` or spaces, with at most a number as a
/// word of its own or one or two digits behind a word: a name that someone chose, such as
/// `my-db-secret` or `token1`.
pub(crate) fn is_words(value: &str) -> bool {
    value.split(['-', '_', '.', '/', ' ', ':']).all(|word| {
        let letters = word.trim_end_matches(|character: char| character.is_ascii_digit());
        let word = if letters.len() >= 4 && word.len() <= letters.len() + 2 {
            letters
        } else {
            word
        };
        word.bytes().all(|byte| byte.is_ascii_digit())
            || word.bytes().all(|byte| byte.is_ascii_lowercase())
            || word.bytes().all(|byte| byte.is_ascii_uppercase())
            || is_camel_case(word)
    })
}

/// Whether letters, capitals, digits and signs change all the time, as in `aB3$x9Kq7LmZ2`, and hardly in code.
pub(crate) fn is_mixed(value: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    let bytes = value.as_bytes();
    let changes = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if kind(*a) != kind(*b)))
        .count();
    let has = |wanted: u8| bytes.iter().any(|byte| kind(*byte) == wanted);
    bytes.len() >= 8 && (0..3).all(has) && changes * 20 >= bytes.len() * 11
}

/// `mySecret`, `CheckoutToken`: letters only, and few capitals.
fn is_camel_case(word: &str) -> bool {
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    word.bytes().all(|byte| byte.is_ascii_alphabetic()) && capitals * 4 <= word.len().max(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_values() {
        for value in [
            "changeme",
            "password",
            "hunter2",
            "admin",
            "123456",
            "s3cr3t!",
            "P@ssw0rd",
            "postgres://app:hunter2@db/app",
            "correct horse battery",
            "$ecret1!",
            "a",
            "/kx3Zq8+LmN0pQrS7tUvWxYz1AbCdEfGhIjKlMnO",
            "Zm9vYmFyMTIzNDU2",
            "tr0ub4dor&3",
            "p<w>d1",
            "9f86d081884c7d65",
            "!?#%&",
            "YWRtaW4=",
            "a::1",
            "::hunter2",
            "${PASSWORD:-changeme}",
            "aB3${x9Kq7LmZ2",
            "aB3$(x9Kq7LmZ2",
            "aB3{{x9Kq7LmZ2",
            "aB3$x9Kq7LmZ2",
            "true|hunter2",
            "%s3cr3t",
            "p%sword",
            "1.2.3.4",
            "2024.10.1x",
            "12345.1.2",
            "tYu8.Rk29qLp",
            "Kx9mQ2pZ7.vN4tB8cY.qLp7XwZt4",
            "Rk29_qLp7.XwZt4-Bn8VcYm",
            "P.ssw0rd",
            "/kx3Zq8LmN0pQrS7tUvW",
            "/kx3Zq8/LmN0pQrS7.tUvW",
        ] {
            assert!(looks_like_secret_value(value), "{value}");
        }
    }

    #[test]
    fn pointers_and_stand_ins_are_no_values() {
        for value in [
            "",
            "  ",
            "<your-password>",
            "${VAR}",
            "$(VAR)",
            "$VAR",
            "$password",
            "{{ .Values.x }}",
            "%ENV%",
            "xxxx",
            "XXXXXXXX",
            "***",
            "...",
            "REPLACE_ME",
            "replace-me",
            "null",
            "true",
            "False",
            "/run/secrets/x",
            "./token",
            "~/.ssh/id_rsa",
            "https://example.com/token",
            "postgres://db/app",
            "postgres://app@db/app",
            "postgres://app:${PW}@db/app",
            "your-password",
            "YOUR_API_KEY",
            "tls.key",
            "config/secret.yaml",
            "var.password",
            "random_password.db.result",
            "process.env.TOKEN",
            "process.env.API_KEY!",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.KMUFsIDTnFmyG3nMiGM6H9FNFUROf3wh7SmqJp-QV30",
            "$serde_json::private::Number",
            "vault:secret/data/db#password",
            "arn:aws:secretsmanager:eu-west-1:1:secret:db",
            "op://vault/db/password",
            "__TOKEN__",
            "ENC[AES256_GCM,data:abc]",
            "example-token",
            "string",
            "VALUE",
            "sha256:9f86d081884c7d659a2feaa0",
            "secret/data/app",
            "data.aws_secret.this[0].value",
            "data.aws_ecrpublic_authorization_token.token.password",
            "@@TOKEN@@",
            "[hidden]",
            "${PASSWORD:-}",
            "${PASSWORD:-<password>}",
            "${PASSWORD:-$OTHER}",
            "${PASSWORD:?is not set}",
            "${DB1_Password",
            "{{",
            "aB3${x9Kq7}LmZ2",
            "true|false",
            "%s",
            "%s:%q",
            "^1.0.0",
            "10.2.33",
            "id=token,env=TOKEN",
            "type=file,id=token",
            "kT7-{{Zq9}}-aB3",
            "com.acme.Secret",
            "spec.token",
            "System.getenv",
            "jwt.HS256Method",
            "config.S3Client.accessToken",
            "s3.S3Client.V4Signer",
            "/etc/ssl/private/key.pem",
            "/run/secrets/tYu8Rk29qLp",
            "/opt/Qt5/x86_64/Secrets",
        ] {
            assert!(!looks_like_secret_value(value), "{value}");
        }
    }
}
