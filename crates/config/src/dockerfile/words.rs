//! Words of `ENV`, `LABEL` and `ARG`: quotes keep blanks together and stay in the word.

/// Splits at blanks outside quotes. Quotes and escapes stay as written.
pub(super) fn words(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut in_word = false;
    // A word may be empty only if it had quotes; those stay in it, so this never adds an empty one.
    let mut quote: Option<char> = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if !in_word {
            if c.is_whitespace() {
                continue;
            }
            in_word = true;
        }
        match quote {
            None if c.is_whitespace() => {
                words.push(std::mem::take(&mut word));
                in_word = false;
            }
            None => {
                if matches!(c, '\'' | '"') {
                    quote = Some(c);
                }
                push(c, c == escape, &mut characters, &mut word);
            }
            Some(open) => {
                if c == open {
                    quote = None;
                }
                let escapes = c == escape && open != '\'';
                if escapes && characters.peek().is_none() {
                    quote = None;
                }
                push(c, escapes, &mut characters, &mut word);
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Adds a character, and the one it escapes. An escape at the end is dropped.
fn push(
    c: char,
    escapes: bool,
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    word: &mut String,
) {
    if !escapes {
        word.push(c);
    } else if let Some(escaped) = characters.next() {
        word.push(c);
        word.push(escaped);
    }
}
