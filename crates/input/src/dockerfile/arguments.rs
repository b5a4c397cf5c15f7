//! The arguments of each instruction.

use std::ops::Range;

use super::exec_form::{self, ExecForm};
use super::joined::Joined;
use super::reader::is_blank;
use super::substitution::{Expander, Word};
use super::{Copy, Flag, FromClause, Heredoc, InstructionKind, Keyword, Pair, Port, Shell, User};
use crate::{Diagnostic, image_reference::ImageReference};

pub(super) type Result<T, E = Diagnostic> = std::result::Result<T, E>;

/// Reads what stands behind one keyword.
pub(super) struct Arguments<'a> {
    pub(super) text: &'a str,
    pub(super) joined: &'a Joined,
    pub(super) heredocs: &'a [Heredoc],
    pub(super) shell: &'a Shell,
    pub(super) expander: Expander<'a>,
    pub(super) keyword: &'a Keyword,
}

impl Arguments<'_> {
    /// The flags, and the arguments or why they do not parse.
    ///
    /// When already the flags do not parse, the second error is empty.
    pub(super) fn read(
        &self,
        range: Range<usize>,
    ) -> (
        Result<Vec<Flag>>,
        Result<InstructionKind, Option<Diagnostic>>,
    ) {
        let (flags, rest) = match self.flags(range) {
            Ok(found) => found,
            Err(diagnostic) => return (Err(diagnostic), Err(None)),
        };
        let kind = self.kind(&flags, rest).map_err(Some);
        (Ok(flags), kind)
    }

    fn kind(&self, flags: &[Flag], rest: Range<usize>) -> Result<InstructionKind> {
        Ok(match self.keyword.name.as_str() {
            "FROM" => InstructionKind::From(self.from(flags, rest)?),
            "RUN" => InstructionKind::Run(self.run(flags, rest)?),
            "CMD" => InstructionKind::Cmd(self.command_line(rest)?),
            "ENTRYPOINT" => InstructionKind::Entrypoint(self.command_line(rest)?),
            "SHELL" => InstructionKind::Shell(self.shell_array(rest)?),
            "COPY" => InstructionKind::Copy(self.copy(flags, rest)?),
            "ADD" => InstructionKind::Add(self.copy(flags, rest)?),
            "ENV" => InstructionKind::Env(self.pairs(rest)?),
            "LABEL" => InstructionKind::Label(self.pairs(rest)?),
            "ARG" => InstructionKind::Arg(self.arg(rest)?),
            "EXPOSE" => InstructionKind::Expose(self.expose(rest)?),
            "USER" => InstructionKind::User(self.user(rest)?),
            "WORKDIR" => InstructionKind::Workdir(self.whole(rest)?),
            "VOLUME" => InstructionKind::Volume(self.volume(rest)?),
            "HEALTHCHECK" => InstructionKind::Healthcheck(self.healthcheck(flags, rest)?),
            "STOPSIGNAL" => {
                self.exactly_one(rest.clone())?;
                InstructionKind::StopSignal(self.whole(rest)?)
            }
            "MAINTAINER" => {
                if rest.is_empty() {
                    return Err(self.missing("a name"));
                }
                InstructionKind::Maintainer(Word::verbatim(self.joined, rest))
            }
            "ONBUILD" => return Err(self.error("ONBUILD is nested too deep")),
            name => return Err(self.error(format!("unknown instruction {name}"))),
        })
    }

    pub(super) fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.keyword.span, message)
    }

    pub(super) fn missing(&self, what: &str) -> Diagnostic {
        self.error(format!("{} needs {what}", self.keyword.name))
    }

    pub(super) fn skip_blanks(&self, at: usize, end: usize) -> usize {
        end - self.joined.get(at..end).trim_start().len()
    }

    /// The word at `at`: up to a blank outside quotes.
    pub(super) fn quoted_word(&self, at: usize, end: usize) -> Range<usize> {
        let mut quote = None;
        let mut characters = self.joined.get(at..end).char_indices();
        while let Some((offset, next)) = characters.next() {
            match quote {
                None if next.is_whitespace() => return at..at + offset,
                Some('\'') if next == '\'' => quote = None,
                Some('\'') => {}
                _ if next == self.expander.escape => {
                    characters.next();
                }
                Some(open) if next == open => quote = None,
                None if next == '\'' || next == '"' => quote = Some(next),
                _ => {}
            }
        }
        at..end
    }

    /// All words, quotes respected.
    fn quoted_words(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut words = Vec::new();
        let mut at = self.skip_blanks(range.start, range.end);
        while at < range.end {
            let word = self.quoted_word(at, range.end);
            at = self.skip_blanks(word.end, range.end);
            words.push(word);
        }
        words
    }

    /// All words between blanks; quotes mean nothing, as in `BuildKit`.
    fn plain_words(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut words = Vec::new();
        let mut at = range.start;
        for word in self.joined.get(range).split(is_blank) {
            if !word.is_empty() {
                words.push(at..at + word.len());
            }
            at += word.len() + 1;
        }
        words
    }

    fn expanded(&self, ranges: Vec<Range<usize>>) -> Result<Vec<Word>> {
        ranges
            .into_iter()
            .map(|range| self.expander.word(range))
            .collect()
    }

    /// The whole rest as one word that may hold blanks.
    fn whole(&self, rest: Range<usize>) -> Result<Word> {
        if rest.is_empty() {
            return Err(self.missing("exactly one argument"));
        }
        self.expander.word(rest)
    }

    fn exactly_one(&self, rest: Range<usize>) -> Result<()> {
        let words = self.quoted_words(rest);
        match words.as_slice() {
            [] => Err(self.missing("exactly one argument")),
            [_] => Ok(()),
            [_, stray, ..] => Err(Diagnostic::new(
                self.joined
                    .span(stray.start..words.last().map_or(stray.end, |word| word.end)),
                format!("{} takes exactly one argument", self.keyword.name),
            )),
        }
    }

    fn from(&self, flags: &[Flag], rest: Range<usize>) -> Result<FromClause> {
        let words = self.plain_words(rest.clone());
        let (image, name) = match words.as_slice() {
            [] => return Err(self.missing("an image")),
            [image] => (image, None),
            [image, keyword, name]
                if self.joined.get(keyword.clone()).eq_ignore_ascii_case("AS") =>
            {
                (image, Some(name))
            }
            [_, stray, ..] => {
                return Err(Diagnostic::new(
                    self.joined.span(stray.start..rest.end),
                    "FROM takes one or three arguments: an image, or an image AS a name",
                ));
            }
        };
        let name = name.map(|name| Word::verbatim(self.joined, name.clone()));
        if let Some(name) = &name {
            let mut bytes = name.raw.bytes();
            let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
            let goes_on_well =
                bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            if !starts_well || !goes_on_well {
                return Err(Diagnostic::new(
                    name.span,
                    "a stage name starts with a letter and holds only letters, digits, '-', '_' and '.'",
                ));
            }
        }
        let platform = flag_value(flags, "platform");
        let arguments = self.joined.span(rest);
        let image = self.expander.word(image.clone())?;
        if image.resolved && image.value.is_empty() {
            return Err(Diagnostic::new(image.span, "FROM names no image"));
        }
        Ok(FromClause {
            platform,
            image,
            name,
            span: flags
                .first()
                .map_or(arguments, |flag| flag.span.to(arguments)),
        })
    }

    pub(super) fn not_strings(&self, rest: Range<usize>) -> Diagnostic {
        Diagnostic::new(
            self.joined.span(rest),
            "the JSON array holds something else than strings",
        )
    }

    /// A JSON array of strings, or words between blanks.
    fn json_or_words(&self, rest: Range<usize>) -> Result<Vec<Word>> {
        match exec_form::read(self.joined, rest.clone()) {
            ExecForm::Words(words) => words.into_iter().map(|word| self.json_word(word)).collect(),
            ExecForm::NotStrings => Err(self.not_strings(rest)),
            ExecForm::Absent | ExecForm::Broken => self.expanded(self.plain_words(rest)),
        }
    }

    /// Replaces the variables in a string of a JSON array.
    fn json_word(&self, word: Word) -> Result<Word> {
        if !word.value.contains(['$', '"', '\'', self.expander.escape]) {
            return Ok(word);
        }
        // Escapes of JSON move the places inside the string, which nobody asks for, so all point at its start.
        let inner = Joined::of(word.span.range().start + 1, &word.value);
        let expander = Expander {
            joined: &inner,
            ..self.expander
        };
        let replaced = expander
            .word(0..word.value.len())
            .map_err(|error| Diagnostic {
                span: word.span,
                ..error
            })?;
        Ok(Word {
            span: word.span,
            raw: word.raw,
            ..replaced
        })
    }

    fn copy(&self, flags: &[Flag], rest: Range<usize>) -> Result<Copy> {
        let span = self.joined.span(rest.clone());
        let mut words = self.json_or_words(rest)?;
        if words.len() < 2 {
            return Err(self.missing("at least two arguments: what to copy, and where to"));
        }
        let destination = words.pop().unwrap_or_default();
        let heredoc_spans = || self.heredocs.iter().map(|heredoc| heredoc.span);
        if heredoc_spans().any(|span| span == destination.span) {
            return Err(Diagnostic::new(
                destination.span,
                format!("{} copies to a path, not to a heredoc", self.keyword.name),
            ));
        }
        words.retain(|word| !heredoc_spans().any(|span| span == word.span));
        self.check_sources(flags, &words)?;
        let link = flags.iter().find(|flag| flag.name == "link");
        Ok(Copy {
            sources: words,
            destination,
            from: flag_value(flags, "from"),
            chown: flag_value(flags, "chown"),
            chmod: flag_value(flags, "chmod"),
            checksum: flag_value(flags, "checksum"),
            link: link.is_some_and(|flag| {
                !flag
                    .value
                    .as_ref()
                    .is_some_and(|word| word.value.eq_ignore_ascii_case("false"))
            }),
            heredocs: self.heredocs.to_vec(),
            span,
        })
    }

    /// Whether the sources are what the instruction takes, and the flags such as go with them.
    fn check_sources(&self, flags: &[Flag], sources: &[Word]) -> Result<()> {
        let remote = |word: &&Word| word.resolved && is_remote(&word.value);
        if self.keyword.name == "COPY"
            && let Some(found) = sources.iter().find(remote)
        {
            let message = "COPY takes files of the build context; ADD takes addresses";
            return Err(Diagnostic::new(found.span, message));
        }
        let flag = |name| flags.iter().find(|flag: &&Flag| flag.name == name);
        // No stage has such a name, so it can only be an image.
        if let Some(from) = flag("from").and_then(|flag| flag.value.as_ref())
            && from.resolved
            && from.value.contains(['/', ':', '@'])
            && let Err(error) = ImageReference::parse(&from.value)
        {
            let message = format!("{} is no image: {error}", from.value);
            return Err(Diagnostic::new(from.span, message));
        }
        if let Some(checksum) = flag("checksum")
            && let [source] = sources
            && source.resolved
            && !is_remote(&source.value)
        {
            let message = "--checksum is for an address; files of the build context have none";
            return Err(Diagnostic::new(checksum.span, message));
        }
        if let Some(chmod) = flag("chmod")
            && let Some(mode) = chmod.value.as_ref().filter(|mode| mode.resolved)
            && mode.value.starts_with(|first: char| first.is_ascii_digit())
            && !u32::from_str_radix(&mode.value, 8).is_ok_and(|mode| mode <= 0o7777)
        {
            let message = "--chmod takes an octal number up to 07777";
            return Err(Diagnostic::new(chmod.span, message));
        }
        Ok(())
    }

    /// `name=value ...` or the old form `name value`.
    fn pairs(&self, rest: Range<usize>) -> Result<Vec<Pair>> {
        let words = self.quoted_words(rest.clone());
        let Some(first) = words.first() else {
            return Err(self.missing("at least one name with a value"));
        };
        if !self.joined.get(first.clone()).contains('=') {
            return Ok(vec![self.legacy_pair(first.clone(), rest)?]);
        }
        words
            .into_iter()
            .map(|word| {
                let pair = self.pair(word.clone())?;
                if pair.value.is_none() {
                    return Err(Diagnostic::new(
                        self.joined.span(word.clone()),
                        format!(
                            "there is no '=' in {}; {} takes name=value, with quotes around blanks",
                            self.joined.get(word),
                            self.keyword.name
                        ),
                    ));
                }
                Ok(pair)
            })
            .collect()
    }

    fn legacy_pair(&self, name: Range<usize>, rest: Range<usize>) -> Result<Pair> {
        let name_end = name.start
            + self
                .joined
                .get(name.start..rest.end)
                .find(is_blank)
                .unwrap_or(rest.end - name.start);
        let value = self.skip_blanks(name_end, rest.end)..rest.end;
        if value.is_empty() {
            return Err(Diagnostic::new(
                self.joined.span(rest),
                format!("{} needs a name and a value", self.keyword.name),
            ));
        }
        Ok(Pair {
            name: self.expander.word(name.start..name_end)?,
            likely_value: self.likely_value(value.clone()),
            value: Some(self.expander.word(value)?),
            span: self.joined.span(rest),
            legacy: true,
        })
    }

    fn pair(&self, word: Range<usize>) -> Result<Pair> {
        let text = self.joined.get(word.clone());
        let (name, value) = match text.find('=') {
            Some(at) => {
                let equals = word.start + at;
                (word.start..equals, Some(equals + 1..word.end))
            }
            None => (word.clone(), None),
        };
        let span = self.joined.span(word);
        if name.is_empty() {
            return Err(Diagnostic::new(
                span,
                format!("{} needs a name before '='", self.keyword.name),
            ));
        }
        Ok(Pair {
            name: self.expander.word(name)?,
            likely_value: value.clone().and_then(|value| self.likely_value(value)),
            value: value.map(|value| self.expander.word(value)).transpose()?,
            span,
            legacy: false,
        })
    }

    /// What a value is where nothing outside of the file sets a variable; `None` if it holds none.
    fn likely_value(&self, value: Range<usize>) -> Option<String> {
        if self.keyword.name == "LABEL" || !self.joined.get(value.clone()).contains('$') {
            return None;
        }
        self.likely(value)
    }

    fn likely(&self, range: Range<usize>) -> Option<String> {
        let expander = Expander {
            unset_is_empty: true,
            ..self.expander
        };
        let word = expander.word(range).ok()?;
        word.resolved.then_some(word.value)
    }

    fn arg(&self, rest: Range<usize>) -> Result<Vec<Pair>> {
        let words = self.quoted_words(rest);
        if words.is_empty() {
            return Err(self.missing("at least one name"));
        }
        words.into_iter().map(|word| self.pair(word)).collect()
    }

    fn expose(&self, rest: Range<usize>) -> Result<Vec<Port>> {
        let words = self.expanded(self.plain_words(rest))?;
        if words.is_empty() {
            return Err(self.missing("at least one port"));
        }
        Ok(words.into_iter().map(port).collect())
    }

    fn user(&self, rest: Range<usize>) -> Result<User> {
        self.exactly_one(rest.clone())?;
        let word = self.expander.word(rest.clone())?;
        let (user, group) = match word.value.split_once(':') {
            Some((user, group)) if word.resolved => (user.to_owned(), Some(group.to_owned())),
            _ => (word.value.clone(), None),
        };
        let likely_user = self.likely(rest).map(|likely| {
            let user = likely.split(':').next().unwrap_or("");
            user.to_owned()
        });
        Ok(User {
            word,
            user,
            group,
            likely_user,
        })
    }

    fn volume(&self, rest: Range<usize>) -> Result<Vec<Word>> {
        let words = self.json_or_words(rest)?;
        if words.is_empty() {
            return Err(self.missing("at least one path"));
        }
        if let Some(empty) = words.iter().find(|word| word.value.is_empty()) {
            return Err(Diagnostic::new(empty.span, "a volume has an empty path"));
        }
        Ok(words)
    }
}

pub(super) fn flag_value(flags: &[Flag], name: &str) -> Option<Word> {
    flags
        .iter()
        .find(|flag| flag.name == name)
        .and_then(|flag| flag.value.clone())
}

/// Whether a source is an address or a repository of git, in a form that no path has.
fn is_remote(source: &str) -> bool {
    ["http://", "https://", "git://", "ssh://", "git@"]
        .iter()
        .any(|scheme| source.starts_with(scheme))
}

fn port(word: Word) -> Port {
    let (ports, protocol) = match word.value.split_once('/') {
        Some((ports, protocol)) => (ports, protocol.to_ascii_lowercase()),
        None => (word.value.as_str(), "tcp".to_owned()),
    };
    let ports = ports.rsplit(':').next().unwrap_or(ports);
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let range = match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if word.resolved => Some((first, last)),
        _ => None,
    };
    Port {
        word,
        range,
        protocol,
    }
}
