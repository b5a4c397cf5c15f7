//! Files written inline: `<<EOF`.

use ringwall_model::Span;

/// A file written inline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that announces it: `<<-"EOF"`.
    pub span: Span,
    /// The word that ends it, without quotes.
    pub name: String,
    /// Whether variables in it are replaced: its name is not quoted.
    pub expands: bool,
    /// Whether leading tabs are dropped (`<<-`).
    pub chomp: bool,
    /// The lines between, with their line breaks.
    pub body: Span,
}

/// A heredoc as an instruction announces it.
#[derive(Debug)]
pub(super) struct Announced {
    pub(super) range: std::ops::Range<usize>,
    pub(super) name: String,
    pub(super) expands: bool,
    pub(super) chomp: bool,
    /// Whether blanks stand before the name, where builders before `BuildKit` 0.25 know no heredoc.
    pub(super) is_spaced: bool,
}

/// The heredocs that a RUN, COPY or ADD (also behind ONBUILD) announces.
pub(super) fn announced(
    joined: &super::joined::Joined,
    end: usize,
    escape: char,
) -> Vec<Announced> {
    let text = joined.get(0..end);
    if !text.contains("<<") {
        return Vec::new();
    }
    let mut words = words(text, escape).into_iter().peekable();
    let mut can_have_heredocs = false;
    while let Some(keyword) = words.next_if(|range| !can_have_heredocs && is_keyword(text, range)) {
        let keyword = text.get(keyword).unwrap_or("");
        can_have_heredocs = !keyword.eq_ignore_ascii_case("ONBUILD");
    }
    if !can_have_heredocs {
        return Vec::new();
    }
    while words
        .next_if(|range| {
            text.get(range.clone())
                .is_some_and(|word| word.starts_with("--"))
        })
        .is_some()
    {}
    if let Some(first) = words.peek()
        && matches!(
            super::exec_form::read(joined, first.start..end),
            super::exec_form::ExecForm::Words(_)
        )
    {
        return Vec::new();
    }
    words
        .filter_map(|range| announced_by(text.get(range.clone())?, range, escape))
        .collect()
}

fn is_keyword(text: &str, range: &std::ops::Range<usize>) -> bool {
    let word = text.get(range.clone()).unwrap_or("");
    ["RUN", "COPY", "ADD", "ONBUILD"]
        .iter()
        .any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn announced_by(word: &str, range: std::ops::Range<usize>, escape: char) -> Option<Announced> {
    let rest = word
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix("<<")?;
    let (chomp, written) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if written.contains('<') {
        return None;
    }
    let is_spaced = written.starts_with(char::is_whitespace);
    let written = written.trim_start();
    let mut name = String::new();
    let mut quote = None;
    let mut characters = written.chars();
    while let Some(next) = characters.next() {
        match quote {
            Some(open) if next == open => quote = None,
            None if next == '\'' || next == '"' => quote = Some(next),
            None if next == escape => name.extend(characters.next()),
            _ => name.push(next),
        }
    }
    (!name.is_empty() && quote.is_none()).then(|| Announced {
        range,
        expands: name == written,
        name,
        chomp,
        is_spaced,
    })
}

/// Words between blanks, quotes respected; blanks behind `<<` are part of a word.
fn words(text: &str, escape: char) -> Vec<std::ops::Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, next)) = characters.next() {
        if quote.is_none() && next.is_whitespace() {
            words.extend(start.take().map(|start| start..at));
            continue;
        }
        start.get_or_insert(at);
        match quote {
            Some('\'') if next == '\'' => quote = None,
            Some('\'') => {}
            _ if next == escape => {
                characters.next();
            }
            Some(open) if next == open => quote = None,
            None if next == '\'' || next == '"' => quote = Some(next),
            None if next == '<' && characters.next_if(|(_, next)| *next == '<').is_some() => {
                while characters
                    .next_if(|(_, next)| next.is_whitespace())
                    .is_some()
                {}
            }
            _ => {}
        }
    }
    words.extend(start.map(|start| start..text.len()));
    words
}
