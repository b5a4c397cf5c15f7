//! Command lines of programs that download: `curl`, `wget` and their like.

use ringwall_input::dockerfile::{Command, ShellWord};

use crate::loopback::{host_of, is_loopback};

/// Programs that download what their arguments name.
const PROGRAMS: &[&str] = &["curl", "wget", "wget2", "aria2c", "axel", "fetch"];

/// Short flags of curl with a value. See: curl(1).
const CURL_VALUES: &str = "AbcCdDeEFHKmoPQrTtuUwxXyYz";

/// Short flags of wget with a value; `n` starts a flag of two letters. See: wget(1).
const WGET_VALUES: &str = "aABDeGiIloOPQRtTUwX";

/// Whether a command downloads.
pub(super) fn is_download(command: &Command) -> bool {
    command.is_any(PROGRAMS) && !command.has_flag(&["--version", "--help"])
}

/// Whether a command takes an address without a scheme for one with `http://`.
pub(super) fn takes_http(command: &Command) -> bool {
    command.is_any(&["curl", "wget"])
}

/// The word that gives curl a short or long flag without value.
pub(super) fn curl_flag<'a>(
    command: &'a Command,
    letter: char,
    long: &str,
) -> Option<&'a ShellWord> {
    let mut words = command.args.iter();
    while let Some(word) = words.next() {
        let text = word.value();
        if text == long {
            return Some(word);
        }
        let Some(letters) = letters(text) else {
            continue;
        };
        for (at, other) in letters.char_indices() {
            if other == letter {
                return Some(word);
            }
            if CURL_VALUES.contains(other) {
                if at + 1 == letters.len() {
                    words.next();
                }
                break;
            }
        }
    }
    None
}

/// Whether wget is given a short flag: `q`, or `nv`.
pub(super) fn wget_has(command: &Command, flag: &str) -> bool {
    command.args.iter().any(|word| {
        let mut rest = letters(word.value()).unwrap_or("").chars();
        while let Some(letter) = rest.next() {
            if letter == 'n' {
                if flag.strip_prefix('n') == rest.next().map(String::from).as_deref() {
                    return true;
                }
            } else if flag.len() == 1 && flag.starts_with(letter) {
                return true;
            } else if WGET_VALUES.contains(letter) {
                return false;
            }
        }
        false
    })
}

/// What follows the one dash of short flags.
fn letters(text: &str) -> Option<&str> {
    text.strip_prefix('-')
        .filter(|letters| !letters.starts_with('-'))
}

/// Whether all addresses in the arguments are the build container itself; not where none is to be seen.
pub(super) fn stays_inside(command: &Command) -> bool {
    let mut hosts = command
        .args
        .iter()
        .filter_map(|arg| host_of(arg.value()))
        .peekable();
    hosts.peek().is_some() && hosts.all(is_loopback)
}

/// Whether a script verifies what it downloaded: by checksum or signature.
///
/// MD5 is left out, for anyone can make two files with one MD5.
pub(super) fn verifies(commands: &[Command]) -> bool {
    commands.iter().any(|command| match command.program() {
        "sha224sum" | "sha256sum" | "sha384sum" | "sha512sum" | "b2sum" | "shasum" => {
            command.has_flag(&["-c", "--check"]) || command.in_substitution
        }
        "gpgv" | "slsa-verifier" => true,
        "gpg" | "gpg2" => command.has_arg("--verify"),
        "minisign" | "signify" => command.has_flag(&["-V"]),
        "cosign" => command
            .subcommand()
            .is_some_and(|action| action.starts_with("verify")),
        "openssl" => command.has_arg("-verify"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use ringwall_input::dockerfile;

    use super::*;

    fn command(text: &str) -> Command {
        let (file, _) = dockerfile::parse(&format!("FROM a\nRUN {text}\n"));
        let mut scripts = file
            .instructions()
            .filter_map(|instruction| instruction.script());
        scripts.next().unwrap().commands()[0].clone()
    }

    #[test]
    fn letters_behind_a_value_are_no_flags() {
        let is_insecure = |text: &str| curl_flag(&command(text), 'k', "--insecure").is_some();
        assert!(is_insecure("curl -k https://a"));
        assert!(is_insecure("curl -fsSLk https://a"));
        assert!(is_insecure("curl --insecure https://a"));
        assert!(is_insecure("curl -fsSLko - https://a"));
        assert!(!is_insecure("curl -okubectl https://a"));
        assert!(!is_insecure("curl -H -k https://a"));
        assert!(!is_insecure("curl --keepalive-time 2 https://a"));
    }

    #[test]
    fn wget_has_flags_of_two_letters() {
        assert!(wget_has(&command("wget -qO- https://a"), "q"));
        assert!(wget_has(&command("wget -nv https://a"), "nv"));
        assert!(!wget_has(&command("wget -nc https://a"), "nv"));
        assert!(!wget_has(&command("wget -Oq https://a"), "q"));
    }
}
