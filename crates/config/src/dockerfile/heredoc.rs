//! Heredocs: which words of a line open one, and how it ends.

use super::instruction::Instruction;

/// A document that starts on the next line.
pub(super) struct Heredoc {
    /// The line it ends with, quotes removed.
    pub(super) name: String,
    /// `<<-`: leading tabs do not count.
    pub(super) is_chomped: bool,
}

/// The heredocs that an instruction opens. Only ADD, COPY and RUN without JSON can.
pub(super) fn opened(instruction: &Instruction, line: &str) -> Vec<Heredoc> {
    let inner = instruction.trigger.as_deref().unwrap_or(instruction);
    if !matches!(inner.name.as_str(), "add" | "copy" | "run")
        || inner.is_json
        || !line.contains("<<")
    {
        return Vec::new();
    }
    // Words that cannot be split, an open quote say, open nothing.
    raw_words(line)
        .unwrap_or_default()
        .iter()
        .filter_map(|word| parse(word))
        .collect()
}

/// Puts the texts of the heredocs of an instruction behind the words that open them: what RUN has is one word, as all
/// of its line is.
pub(super) fn put(instruction: &mut Instruction, texts: &[String]) {
    let inner = match &mut instruction.trigger {
        Some(trigger) => trigger,
        None => instruction,
    };
    let mut openers: Vec<_> = (inner.arguments.iter_mut())
        .filter(|word| parse(word).is_some())
        .collect();
    if inner.name != "run" && openers.len() == texts.len() {
        for (word, text) in openers.iter_mut().zip(texts) {
            word.push_str(text);
        }
    } else if let Some(word) = inner.arguments.first_mut() {
        word.extend(texts.iter().map(String::as_str));
    }
}

/// The heredoc of a word: digits, `<<`, perhaps `-`, a name.
pub(super) fn parse(word: &str) -> Option<Heredoc> {
    let rest = word
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix("<<")?;
    let (is_chomped, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let words = raw_words(rest)?;
    let [word] = words.as_slice() else {
        return None;
    };
    Some(Heredoc {
        name: unquote(word),
        is_chomped,
    })
}

/// Words as a shell splits them, quotes and escapes kept; `None` for an open quote or brace.
fn raw_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                word.push(c);
                word.extend(characters.next());
            }
            '\'' => {
                word.push(c);
                loop {
                    let inside = characters.next()?;
                    word.push(inside);
                    if inside == '\'' {
                        break;
                    }
                }
            }
            '"' => {
                word.push(c);
                loop {
                    let inside = characters.next()?;
                    word.push(inside);
                    if inside == '\\' {
                        word.push(characters.next()?);
                    } else if inside == '"' {
                        break;
                    }
                }
            }
            '$' if characters.peek() == Some(&'{') => {
                word.push(c);
                let mut depth = 0_usize;
                loop {
                    let inside = characters.next()?;
                    word.push(inside);
                    match inside {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            // `<< name` is one word: blanks between belong to it.
            '<' if characters.peek() == Some(&'<') => {
                word.push(c);
                word.extend(characters.next());
                while characters.peek().is_some_and(|c| c.is_whitespace()) {
                    word.extend(characters.next());
                }
            }
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    Some(words)
}

/// A word without its quotes and escapes.
fn unquote(word: &str) -> String {
    let mut result = String::new();
    let mut quote = None;
    let mut characters = word.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '\\') => result.extend(characters.next()),
            (Some('"'), '\\') => match characters.next() {
                Some(escaped @ ('"' | '$' | '\\')) => result.push(escaped),
                escaped => {
                    result.push('\\');
                    result.extend(escaped);
                }
            },
            (_, c) => result.push(c),
        }
    }
    result
}
