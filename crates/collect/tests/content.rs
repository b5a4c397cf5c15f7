//! What reading a file gives.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic and say why it is skipped; the setting for tests does not reach functions beside them"
)]

use std::{
    fs::{self, File},
    io::Write,
};

use ringwall_collect::{Content, DEFAULT_LIMIT_BYTES, read_path};

#[track_caller]
fn check(bytes: &[u8], expected: &Content) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    assert_eq!(read_path(&path, DEFAULT_LIMIT_BYTES), *expected);
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(unit)
        .collect()
}

#[test]
fn text_is_kept_byte_for_byte() {
    for text in ["", "a: ä\r\n", "\u{feff}kind: Pod\n"] {
        check(text.as_bytes(), &Content::Text(text.to_owned()));
    }
}

#[test]
fn utf16_is_decoded_by_its_mark() {
    let text = "kind: Pod # ä🙂\n";
    check(
        &utf16(text, u16::to_le_bytes),
        &Content::Utf16(text.to_owned()),
    );
    check(
        &utf16(text, u16::to_be_bytes),
        &Content::Utf16(text.to_owned()),
    );
    let reason = Content::Unreadable("starts as UTF-16 and is not".to_owned());
    check(&[0xff, 0xfe, 0x41], &reason);
    check(&[0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00], &reason);
    check(
        &[0xff, 0xfe, 0, 0, 0x41, 0, 0, 0],
        &Content::Unreadable("written in UTF-32, which is not read".to_owned()),
    );
}

#[test]
fn bytes_that_are_no_text_are_told() {
    check(
        b"a: \xff\nb: 1\n",
        &Content::InvalidUtf8 {
            at: 3,
            text: "a: \u{fffd}\nb: 1\n".to_owned(),
        },
    );
    let head = b"\x7fELF\0\0".to_vec();
    check(&head.clone(), &Content::Binary { head });
    let mut late = vec![b'a'; 8192];
    late.push(0);
    check(
        &late,
        &Content::Text(String::from_utf8(late.clone()).unwrap()),
    );
}

#[test]
fn a_file_above_the_limit_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.yaml");
    let mut file = File::create(&path).unwrap();
    file.write_all(&vec![b'a'; 10_000]).unwrap();
    file.set_len(1 << 30).unwrap();
    assert_eq!(
        read_path(&path, DEFAULT_LIMIT_BYTES),
        Content::TooLarge {
            size: Some(1 << 30)
        }
    );
    // A picture of that size is still a picture.
    File::create(&path).unwrap().set_len(1 << 30).unwrap();
    assert!(matches!(
        read_path(&path, DEFAULT_LIMIT_BYTES),
        Content::Binary { .. }
    ));
}

#[test]
fn the_limit_is_the_last_size_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "12345").unwrap();
    assert_eq!(read_path(&path, 5), Content::Text("12345".to_owned()));
    assert_eq!(read_path(&path, 4), Content::TooLarge { size: Some(5) });
}

#[cfg(target_os = "linux")]
#[test]
fn a_size_that_is_not_true_is_no_limit() {
    // The kernel says 0 for the size of this file.
    let path = std::path::Path::new("/proc/self/status");
    assert!(
        matches!(read_path(path, DEFAULT_LIMIT_BYTES), Content::Text(text) if !text.is_empty())
    );
    assert_eq!(read_path(path, 10), Content::TooLarge { size: None });
}

#[test]
fn what_is_no_file_has_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let unreadable = |reason: &str| Content::Unreadable(reason.to_owned());
    assert_eq!(
        read_path(&folder.path().join("none"), 10),
        unreadable("no such file or directory")
    );
    assert_eq!(read_path(folder.path(), 10), unreadable("is a folder"));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    assert_eq!(
        read_path(&pipe, 10),
        Content::Unreadable("is not a regular file".to_owned())
    );
}

#[cfg(unix)]
#[test]
fn a_closed_file_has_a_reason() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("closed");
    fs::write(&path, "a").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        println!("skipped: this user may read every file");
        return;
    }
    assert_eq!(
        read_path(&path, 10),
        Content::Unreadable("permission denied".to_owned())
    );
}
