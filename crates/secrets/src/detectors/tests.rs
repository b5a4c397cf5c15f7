use std::collections::BTreeSet;

use super::*;
use crate::Match;

/// The texts of one detector, kept out of the binary.
struct Examples {
    id: &'static str,
    matching: &'static [&'static str],
    others: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// Replaces `{{hex:32}}` and its like by made-up characters, the same ones in every run.
fn filled(template: &str) -> String {
    let mut random = Random(template.len() as u64);
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        let (hole, after) = after.split_once("}}").expect("a closed hole");
        match hole.split_once(':') {
            Some((alphabet, length)) => {
                let alphabet = characters(alphabet);
                for _ in 0..length.parse::<usize>().unwrap() {
                    text.push(random.pick(alphabet));
                }
            }
            None if hole == "uuid" => {
                for (at, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
                    if at > 0 {
                        text.push('-');
                    }
                    text.extend((0..length).map(|_| random.pick(characters("hex"))));
                }
            }
            // Keeps the marks of private keys out of the data files.
            None if hole == "PRIVATE" => text.push_str("PRIVATE"),
            None => {
                text.push_str("{{");
                text.push_str(hole);
                text.push_str("}}");
            }
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

fn characters(alphabet: &str) -> &'static [u8] {
    match alphabet {
        "digits" => b"2749183650",
        "hex" => b"0123456789abcdef",
        "lower" => b"abcdefghijklmnopqrstuvwxyz0123456789",
        "upper" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "letters" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "alnum" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "base32" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "bech32" => b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
        "base64" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "url" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        _ => panic!("unknown alphabet {alphabet}"),
    }
}

/// `SplitMix64`. See: <https://prng.di.unimi.it/splitmix64.c>
struct Random(u64);

impl Random {
    fn pick(&mut self, alphabet: &[u8]) -> char {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let index = usize::try_from(bits % alphabet.len() as u64).unwrap();
        char::from(alphabet[index])
    }
}

fn by_id(id: &str) -> &'static Detector {
    DETECTORS.iter().find(|detector| detector.id == id).unwrap()
}

fn shown(text: &str, matches: &[Match]) -> Vec<String> {
    matches
        .iter()
        .map(|found| format!("{}: {}", found.detector, &text[found.span.range()]))
        .collect()
}

#[test]
fn examples_are_found_by_their_own_detector_and_no_other_provider() {
    let mut wrong = Vec::new();
    for entry in EXAMPLES {
        assert!(!entry.matching.is_empty(), "{} has no example", entry.id);
        assert!(
            !entry.others.is_empty(),
            "{} has no counter-example",
            entry.id
        );
        let provider = by_id(entry.id).provider;
        for example in entry.matching {
            let text = filled(example);
            let matches = Detectors::builtin().scan(&text);
            let own = matches.iter().any(|found| found.detector == entry.id);
            let foreign = matches.iter().any(|found| found.provider != provider);
            if !own || foreign {
                wrong.push(format!(
                    "{} in {text:?} gives {:?}",
                    entry.id,
                    shown(&text, &matches)
                ));
            }
        }
        for example in entry.others {
            let text = filled(example);
            let matches = Detectors::builtin().scan(&text);
            if matches.iter().any(|found| found.detector == entry.id) {
                wrong.push(format!("{} must not match {text:?}", entry.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A regex without a bound goes on from each beginning to the one end, which would take time with their number squared.
#[test]
fn beginnings_far_from_an_end_are_passed_over_together() {
    let key = "k".repeat(43);
    for (id, beginning, end) in [
        (
            "json-web-key",
            "\"kty\":\"RSA\" \"x\":\"y\", ",
            format!("\"d\":\"{key}\""),
        ),
        (
            "pgp-private-key",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
            key.clone(),
        ),
        (
            "putty-private-key",
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
            format!("Private-Lines: 1\n{}\n", filled("{{base64:64}}")),
        ),
    ] {
        let index = DETECTORS.iter().position(|it| it.id == id).unwrap();
        let (detector, compiled) = Detectors::builtin().detector(index).unwrap();
        let text = beginning.repeat(60_000 / beginning.len()) + &end;
        let start = detector.next_start(compiled, text.as_bytes(), 0).unwrap();
        assert!(start + 3 * detector.window > text.len(), "{id}: {start}");
        // The last beginning belongs to the end.
        assert!(start < text.len(), "{id}: {start}");
        let found = Detectors::builtin().scan(&text);
        assert!(
            found.iter().any(|found| found.detector == id),
            "{id}: {found:?}"
        );
    }
}

#[test]
fn a_long_comment_hides_no_key() {
    for (encryption, id) in [
        ("none", "putty-private-key"),
        ("aes256-cbc", "encrypted-putty-private-key"),
    ] {
        let text = format!(
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: {encryption}\nComment: {}\nPrivate-Lines: 1\n{}\n",
            "x".repeat(6_000),
            filled("{{base64:64}}"),
        );
        let found = Detectors::builtin().scan(&text);
        assert!(found.iter().any(|found| found.detector == id), "{found:?}");
    }
}

#[test]
fn the_table_is_sound() {
    let mut ids = BTreeSet::new();
    for (index, detector) in DETECTORS.iter().enumerate() {
        let id = detector.id;
        assert!(ids.insert(id), "{id} stands twice");
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(id.chars().all(kebab), "{id} is not kebab case");
        assert!(
            detector.provider.chars().all(kebab),
            "{}",
            detector.provider
        );
        assert!(
            detector.docs.starts_with("https://"),
            "{id} names no documentation"
        );
        assert!(!detector.title.ends_with('.'), "{id}");
        assert!(!detector.keywords.is_empty(), "{id}");
        for keyword in detector.keywords {
            assert!(keyword.len() >= 3, "{id}: {keyword} is too short");
        }
        let (_, compiled) = Detectors::builtin().detector(index).unwrap();
        let pattern = compiled.anywhere(detector);
        assert!(
            pattern.is_some(),
            "{id}: {} does not compile",
            detector.pattern
        );
        let group = pattern
            .unwrap()
            .capture_names()
            .flatten()
            .any(|name| name == "secret");
        assert!(group, "{id} captures no secret");
        assert_eq!(
            compiled.unless(detector).is_some(),
            detector.unless.is_some(),
            "{id}"
        );
    }
    assert_eq!(Detectors::builtin().all().count(), DETECTORS.len());
}

#[test]
fn the_special_detector_beats_the_general_one() {
    let token = filled(
        "postgres://app:ghp_{{alnum:36}}@db/app and password: AKIA{{base32:16}} and \
         client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ{{base64:400}}==",
    );
    let ids: Vec<_> = Detectors::builtin()
        .scan(&token)
        .iter()
        .map(|found| found.detector)
        .collect();
    assert_eq!(
        ids,
        [
            "github-personal-access-token",
            "aws-access-key",
            "kubeconfig-client-key"
        ]
    );
}

#[test]
fn a_reference_may_fall_back_on_a_token() {
    for (text, count) in [
        ("A=${B:-ghp_{{alnum:36}}}", 1),
        ("A=${B-ghp_{{alnum:36}}}", 1),
        ("${AWS:=AKIA{{base32:16}}}", 1),
        (
            "AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-{{base64:40}}}",
            1,
        ),
        ("a: ${AWS_SECRET_ACCESS_KEY:-{{base64:40}}}", 1),
        ("B-ghp_{{alnum:36}}", 0),
        ("${B:-x-ghp_{{alnum:36}}}", 0),
    ] {
        let text = filled(text);
        let matches = Detectors::builtin().scan(&text);
        let known = matches.iter().filter(|found| found.provider != "generic");
        assert_eq!(known.count(), count, "{:?}", shown(&text, &matches));
    }
}

#[test]
fn many_secrets_are_cut_off_and_said_so() {
    let text = filled("AKIA{{base32:16}}\n").repeat(20);
    let scan = Detectors::builtin().scan_with_limit(&text, 10);
    assert_eq!(scan.matches.len(), 10);
    assert!(scan.truncated);
    let scan = Detectors::builtin().scan_with_limit(&text, 20);
    assert_eq!(scan.matches.len(), 20);
    assert!(!scan.truncated);
}

#[test]
fn spans_lie_on_characters() {
    let text = filled("ü password=é{{alnum:20}}ü ghp_{{alnum:36}}é postgres://ä:ö{{alnum:9}}ü@ß");
    for found in Detectors::builtin().scan(&text) {
        assert!(text.get(found.span.range()).is_some(), "{found:?}");
    }
}

#[test]
fn a_very_long_line_is_scanned_to_its_end() {
    for filler in [
        "a",
        "eyJ",
        "password",
        "://",
        "-----BEGIN ",
        "{\"token\":",
        "${a:",
        "${password:-",
        "variable \"password\" {\n",
        "\"name\": \"password\", ",
        "[\"--password\",",
        "identified by '",
        "password = a\n",
        "é",
    ] {
        let text = filled(" AKIA{{base32:16}} ");
        let text = format!("{}{text}{}", filler.repeat(100_000), filler.repeat(1000));
        let matches = Detectors::builtin().scan(&text);
        assert_eq!(matches.len(), 1, "{filler}: {:?}", shown(&text, &matches));
        assert_eq!(matches[0].detector, "aws-access-key");
    }
}

#[test]
fn a_json_web_key_is_one_secret_with_all_its_numbers() {
    let key = filled(
        r#"{"p": "{{url:171}}", "kty": "RSA", "q": "{{url:172}}", "d": "{{url:342}}", "qi": "{{url:173}}"}"#,
    );
    let matches = Detectors::builtin().scan(&key);
    assert_eq!(matches.len(), 1, "{:?}", shown(&key, &matches));
    let span = matches[0].span.range();
    assert_eq!(&key[..span.start], "{");
    assert_eq!(&key[span.end..], "}");
}

#[test]
fn a_text_without_secrets_gives_nothing() {
    assert_eq!(Detectors::builtin().scan(""), []);
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: app\n    image: a:1\n";
    assert_eq!(Detectors::builtin().scan(pod), []);
}

#[test]
fn providers_are_those_that_matches_name() {
    let known: Vec<_> = providers().collect();
    assert!(known.is_sorted(), "{known:?}");
    for detector in DETECTORS {
        assert!(known.contains(&detector.provider), "{}", detector.id);
    }
    let named = Detectors::builtin().scan("password = \"hunter2-Kq9\"\n");
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].provider, "generic");
    assert!(known.contains(&"generic"));
}

#[test]
fn secrets_close_to_each_other_are_all_found() {
    for (line, detector) in [
        ("db:5432:shop:bob:~\n", "pgpass-password"),
        ("redis://:~@cache ", "database-url-password"),
        ("echo 'bob:~' | chpasswd; ", "chpasswd-password"),
        ("DSN=bob:~@tcp(db)/a ", "go-mysql-dsn-password"),
    ] {
        let secrets = ["kT7wq2Lm9xZ4", "Zq4vB8nYc2Rp", "mW5xJ1sHg7Kd"];
        let lines = secrets.map(|secret| line.replace('~', secret));
        let text = lines.concat();
        let matches = Detectors::builtin().scan(&text);
        let expected = secrets.map(|secret| format!("{detector}: {secret}"));
        assert_eq!(shown(&text, &matches), expected, "{text}");
    }
}

#[test]
fn what_stands_behind_many_beginnings_is_found() {
    let secrets = [
        filled(r#"{"kty":"oct","k":"{{url:43}}"}"#),
        filled("eyJhbGciOiJIUzI1NiJ9.eyJ{{url:40}}.{{url:43}} "),
        filled("ATATT3{{url:183}}={{hex:8}}"),
    ];
    for begin in ["\"kty\":\"RSA\"", "\"k\" ", "eyJ ", "ATATT3= ", ";pwd=a"] {
        for count in [40, 5_000] {
            for secret in &secrets {
                let text = format!("{} {secret}", begin.repeat(count));
                let matches = Detectors::builtin().scan(&text);
                let last = matches.last().map_or("", |found| &text[found.span.range()]);
                assert!(
                    last.len() > 40 && secret.contains(last),
                    "{begin} {}",
                    shown(&text, &matches).join(" ")
                );
            }
        }
    }
}

/// Looking at each place is the oracle.
#[test]
fn a_run_is_found_wherever_it_stands() {
    let digits = Run {
        least: 4,
        bytes: [0x3ff << b'0', 0],
    };
    let plainly = |text: &[u8]| {
        let mut places = text.windows(4);
        places.any(|place| place.iter().all(u8::is_ascii_digit))
    };
    let mut random = Random(7);
    let mut found = 0;
    for length in 0..400 {
        let text: Vec<u8> = (0..length % 40)
            .map(|_| u8::try_from(random.pick(b"0123456789ab-\x7f")).unwrap())
            .collect();
        assert_eq!(digits.is_in(&text), plainly(&text), "{text:?}");
        found += usize::from(plainly(&text));
    }
    assert!((50..350).contains(&found), "{found}");
    let other = "ü".repeat(9);
    assert!(!digits.is_in(other.as_bytes()));
}

#[test]
fn the_longest_row_of_a_pattern_is_what_it_needs() {
    let runs: Vec<_> = DETECTORS.iter().filter_map(|it| it.run.as_ref()).collect();
    assert!(runs.len() > DETECTORS.len() / 2, "{}", runs.len());
    let github = DETECTORS
        .iter()
        .find(|it| it.id == "github-personal-access-token")
        .unwrap();
    assert_eq!(github.run.as_ref().map(|run| run.least), Some(36));
}
