//! What is between quotes: escapes of strings and bytes.

use std::{iter::Peekable, str::Chars};

/// The text that a string literal stands for.
pub(super) fn string(content: &str, is_raw: bool) -> Result<String, String> {
    let content = unix_lines(content);
    if is_raw || !content.contains('\\') {
        return Ok(content);
    }
    let mut text = String::with_capacity(content.len());
    let mut characters = content.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match escape(&mut characters)? {
            Escape::Character(character) => text.push(character),
            Escape::Byte(byte) => text.push(char::from(byte)),
        }
    }
    Ok(text)
}

/// The bytes that a bytes literal stands for.
pub(super) fn bytes(content: &str, is_raw: bool) -> Result<Vec<u8>, String> {
    let content = unix_lines(content);
    if is_raw || !content.contains('\\') {
        return Ok(content.into_bytes());
    }
    let mut bytes = Vec::with_capacity(content.len());
    let mut buffer = [0; 4];
    let mut characters = content.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\\' {
            bytes.extend(character.encode_utf8(&mut buffer).as_bytes());
            continue;
        }
        if matches!(characters.peek(), Some('u' | 'U')) {
            return Err("invalid bytes literal: unicode escapes are for strings".to_owned());
        }
        match escape(&mut characters)? {
            Escape::Character(character) => {
                bytes.extend(character.encode_utf8(&mut buffer).as_bytes());
            }
            Escape::Byte(byte) => bytes.push(byte),
        }
    }
    Ok(bytes)
}

fn unix_lines(content: &str) -> String {
    if content.contains('\r') {
        content.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        content.to_owned()
    }
}

enum Escape {
    Character(char),
    /// From `\x41` or `\101`: a byte of bytes, the character of that number in a string.
    Byte(u8),
}

/// Reads what follows a backslash.
fn escape(characters: &mut Peekable<Chars<'_>>) -> Result<Escape, String> {
    let first = characters
        .next()
        .ok_or_else(|| "unable to unescape string: found '\\' as last character".to_owned())?;
    let simple = |character| Ok(Escape::Character(character));
    match first {
        'a' => simple('\x07'),
        'b' => simple('\x08'),
        'f' => simple('\x0c'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\x0b'),
        '\\' | '\'' | '"' | '`' | '?' => simple(first),
        'x' | 'X' => {
            let value = number(characters, 2, 16)?;
            Ok(Escape::Byte(u8::try_from(value).unwrap_or(u8::MAX)))
        }
        'u' | 'U' => {
            let value = number(characters, if first == 'u' { 4 } else { 8 }, 16)?;
            char::from_u32(value)
                .map(Escape::Character)
                .ok_or_else(|| "unable to unescape string: invalid unicode code point".to_owned())
        }
        '0'..='3' => {
            let value = first.to_digit(8).unwrap_or(0) * 64 + number(characters, 2, 8)?;
            Ok(Escape::Byte(u8::try_from(value).unwrap_or(u8::MAX)))
        }
        _ => Err(format!(
            "unable to unescape string: invalid escape '\\{first}'"
        )),
    }
}

fn number(characters: &mut Peekable<Chars<'_>>, digits: u32, radix: u32) -> Result<u32, String> {
    let mut value: u32 = 0;
    for _ in 0..digits {
        let digit = characters
            .next()
            .and_then(|character| character.to_digit(radix))
            .ok_or_else(|| "unable to unescape string: too few digits in an escape".to_owned())?;
        value = value.wrapping_mul(radix) + digit;
    }
    Ok(value)
}
