//! `ringwall trust checksums`: files held against lists that coreutils could have written, and lists that are signed.

use sha2::{Digest as _, Sha256, Sha512};

use crate::{
    folder::{Folder, Ran},
    signed_layout::Key,
};

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn line(content: &str, name: &str) -> String {
    format!("{}  {name}\n", hex(&Sha256::digest(content)))
}

/// A folder with two files and the list of both.
fn release() -> Folder {
    let sha512 = format!("SHA512 (lib/b) = {}\n", hex(&Sha512::digest("second")));
    let list = line("first", "a.tar") + &sha512;
    Folder::new(&[
        ("dist/a.tar", "first"),
        ("dist/lib/b", "second"),
        ("dist/SHA256SUMS", &list),
    ])
}

fn held(folder: &Folder, words: &[&str]) -> Ran {
    folder.run(&[&["trust", "checksums", "dist/SHA256SUMS"], words].concat())
}

#[track_caller]
fn check(ran: &Ran, code: i32, said: &str) {
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    let all = format!("{}{}", ran.stdout, ran.stderr);
    assert!(all.contains(said), "{all}");
}

#[test]
fn files_are_what_the_list_says_or_not() {
    let folder = release();
    check(
        &held(&folder, &[]),
        0,
        "a.tar: as listed\nlib/b: as listed\n2 as listed, 0 not, 0 not known",
    );
    check(&held(&folder, &["dist/lib/b"]), 0, "1 as listed");
    folder.write("dist/lib/b", "other");
    check(&held(&folder, &[]), 1, "lib/b: ANOTHER than the list says");
    check(&held(&folder, &["dist/a.tar"]), 0, "1 as listed");
    folder.write("dist/c", "third");
    check(&held(&folder, &["dist/c"]), 1, "dist/c: not listed");
    // A file that was moved away from the list is known by its name.
    folder.write("a.tar", "first");
    check(&held(&folder, &["a.tar"]), 0, "a.tar: as listed");
    folder.write("a.tar", "evil");
    check(&held(&folder, &["a.tar"]), 1, "a.tar: ANOTHER");
}

#[test]
fn what_cannot_be_held_against_the_list_is_not_known() {
    let folder = release();
    let list = folder.read("dist/SHA256SUMS");
    folder.write(
        "dist/SHA256SUMS",
        list.clone() + &line("gone", "gone.tar") + "words\n",
    );
    let ran = held(&folder, &[]);
    check(&ran, 3, "gone.tar: cannot be read: ");
    check(&ran, 3, "line 4: no checksum");
    // A list must not have other files of the machine opened.
    folder.write("outside", "secret");
    folder.write("dist/SHA256SUMS", line("secret", "../outside"));
    check(
        &held(&folder, &[]),
        3,
        "leads out of the folder of the list",
    );
    folder.write("dist/SHA256SUMS", "no list at all\n");
    check(&held(&folder, &[]), 2, "lists no checksum");
    // Two lines about one file that differ cannot both be right.
    folder.write("dist/SHA256SUMS", list + &line("other", "a.tar"));
    check(&held(&folder, &["dist/a.tar"]), 1, "ANOTHER");
}

#[test]
fn a_list_is_signed_by_the_one_who_is_wanted() {
    let folder = release();
    let key = Key::new();
    folder.write("cosign.pub", key.public_pem());
    folder.write("other.pub", Key::new().public_pem());
    let list = folder.read("dist/SHA256SUMS");
    folder.write("list.sig", key.sign(list.as_bytes()));
    let by = |key: &str| held(&folder, &["--signature", "list.sig", "--key", key]);
    check(
        &by("cosign.pub"),
        0,
        "the list is signed by the key sha256:",
    );
    check(&by("other.pub"), 1, "the list is not verified: ");
    // The files may be right all the same: the list is anybody's.
    folder.write("dist/SHA256SUMS", list + "# changed\n");
    check(&by("cosign.pub"), 1, "the list is not verified: ");
    for half in [["--signature", "list.sig"], ["--key", "cosign.pub"]] {
        assert_eq!(held(&folder, &half).code, 2);
    }
    check(
        &held(&folder, &["--bundle", "list.sig", "--key", "cosign.pub"]),
        1,
        "the list is not verified: ",
    );
}
