//! Maven's order: lists of numbers and words, each list hanging from the end of the one before.
//!
//! `1.2-rc-1` is the list of 1 and 2, from which hangs the list of rc, from which hangs the list of 1.
//! The rules are those of Maven 3.9, which no longer tells `1.rc` and `1-rc` apart.
//!
//! See: <https://maven.apache.org/pom.html#version-order-specification>

use std::cmp::Ordering;

use super::{EMPTY, numerals};

/// The lists from the outermost to the innermost; none but the first is empty.
pub(super) struct Version<'a> {
    lists: Vec<Vec<Item<'a>>>,
}

/// What stands in a list.
#[derive(Debug, Clone, Copy)]
enum Item<'a> {
    Number(&'a str),
    Word { word: &'a str, qualifier: Qualifier },
}

/// What stands at one place of a list: an item, the list that hangs from it, or nothing.
#[derive(Clone, Copy)]
enum Place<'v, 'a> {
    Item(Item<'a>),
    Lists(&'v [Vec<Item<'a>>]),
    Nothing,
}

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(EMPTY);
        }
        if text.contains(|character: char| character.is_whitespace() || character.is_control()) {
            return Err("it has a blank or a control character");
        }
        Ok(Self {
            lists: normalize(Reader::read(text)),
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let (mut ones, mut others) = (self.lists.as_slice(), other.lists.as_slice());
        let mut index = 0;
        loop {
            let order = match (place(ones, index), place(others, index)) {
                (Place::Nothing, Place::Nothing) => return Ordering::Equal,
                (Place::Lists(one), Place::Lists(other)) => {
                    (ones, others, index) = (one, other, 0);
                    continue;
                }
                (one, Place::Nothing) => one.compare_with_nothing(),
                (Place::Nothing, other) => other.compare_with_nothing().reverse(),
                (Place::Item(one), Place::Item(other)) => one.compare(other),
                // A list comes between words and numbers.
                (Place::Item(item), Place::Lists(_)) => item.compare_with_list(),
                (Place::Lists(_), Place::Item(item)) => item.compare_with_list().reverse(),
            };
            if order.is_ne() {
                return order;
            }
            index += 1;
        }
    }
}

/// Why the order says nothing of an installed version, though it is one by its rules: any word is older than any number.
///
/// Builds leave words that stand for a version where nothing put one, and lists of what is required have ranges.
/// `bounds` are what it is held against: where those begin with a `v` as well, both are ordered by what follows.
pub(super) fn doubt(version: &str, bounds: &[&str]) -> Option<&'static str> {
    const WORDS: [&str; 8] = [
        "latest",
        "n/a",
        "none",
        "null",
        "release",
        "undefined",
        "unknown",
        "unspecified",
    ];
    if version.contains("${") || WORDS.iter().any(|word| word.eq_ignore_ascii_case(version)) {
        return Some("it stands for a version that is not said");
    }
    if version.contains(['[', ']', '(', ')', ',']) {
        return Some("it is a range");
    }
    let has_letter = |it: &str| {
        let rest = it.strip_prefix(['v', 'V']).unwrap_or_default();
        rest.starts_with(|first: char| first.is_ascii_digit())
    };
    (has_letter(version) && !bounds.iter().copied().all(has_letter))
        .then_some("it begins with a letter, and what it is held against does not")
}

fn place<'v, 'a>(lists: &'v [Vec<Item<'a>>], index: usize) -> Place<'v, 'a> {
    let Some((list, hanging)) = lists.split_first() else {
        return Place::Nothing;
    };
    match list.get(index) {
        Some(item) => Place::Item(*item),
        None if index == list.len() && !hanging.is_empty() => Place::Lists(hanging),
        None => Place::Nothing,
    }
}

impl Place<'_, '_> {
    /// A list is what its first item is that is not as good as nothing.
    fn compare_with_nothing(self) -> Ordering {
        match self {
            Place::Nothing => Ordering::Equal,
            Place::Item(item) => item.compare_with_nothing(),
            Place::Lists(lists) => lists
                .iter()
                .flatten()
                .map(|item| item.compare_with_nothing())
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal),
        }
    }
}

impl Item<'_> {
    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Item::Number(one), Item::Number(other)) => numerals::compare(one, other),
            (Item::Number(_), Item::Word { .. }) => Ordering::Greater,
            (Item::Word { .. }, Item::Number(_)) => Ordering::Less,
            (
                Item::Word { word, qualifier },
                Item::Word {
                    word: other_word,
                    qualifier: other_qualifier,
                },
            ) => qualifier
                .cmp(&other_qualifier)
                .then_with(|| match qualifier {
                    Qualifier::Unknown => compare_ignoring_case(word, other_word),
                    _ => Ordering::Equal,
                }),
        }
    }

    fn compare_with_nothing(self) -> Ordering {
        match self {
            Item::Number(digits) => numerals::compare(digits, ""),
            Item::Word { qualifier, .. } => qualifier.cmp(&Qualifier::Release),
        }
    }

    fn compare_with_list(self) -> Ordering {
        match self {
            Item::Number(_) => Ordering::Greater,
            Item::Word { .. } => Ordering::Less,
        }
    }
}

/// The words that Maven knows, in their order; all others come behind them, by the alphabet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Qualifier {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
    Release,
    ServicePack,
    Unknown,
}

/// Known in whatever case; nothing at all is a release as well.
const QUALIFIERS: [(&str, Qualifier); 11] = [
    ("alpha", Qualifier::Alpha),
    ("beta", Qualifier::Beta),
    ("milestone", Qualifier::Milestone),
    ("rc", Qualifier::Candidate),
    ("cr", Qualifier::Candidate),
    ("snapshot", Qualifier::Snapshot),
    ("", Qualifier::Release),
    ("ga", Qualifier::Release),
    ("final", Qualifier::Release),
    ("release", Qualifier::Release),
    ("sp", Qualifier::ServicePack),
];

/// Known only right before a number.
const SHORT_QUALIFIERS: [(&str, Qualifier); 3] = [
    ("a", Qualifier::Alpha),
    ("b", Qualifier::Beta),
    ("m", Qualifier::Milestone),
];

impl Qualifier {
    fn of(word: &str, is_numbered: bool) -> Self {
        let short = SHORT_QUALIFIERS.iter().filter(|_| is_numbered);
        QUALIFIERS
            .iter()
            .chain(short)
            .find(|(known, _)| known.eq_ignore_ascii_case(word))
            .map_or(Self::Unknown, |(_, qualifier)| *qualifier)
    }
}

fn compare_ignoring_case(one: &str, other: &str) -> Ordering {
    let one = one.chars().flat_map(char::to_lowercase);
    one.cmp(other.chars().flat_map(char::to_lowercase))
}

/// Drops what is as good as nothing from the ends of lists, and lists of which nothing is left.
fn normalize(mut lists: Vec<Vec<Item<'_>>>) -> Vec<Vec<Item<'_>>> {
    for list in &mut lists {
        while list
            .last()
            .is_some_and(|item| item.compare_with_nothing().is_eq())
        {
            list.pop();
        }
    }
    while lists.len() > 1 && lists.last().is_some_and(Vec::is_empty) {
        lists.pop();
    }
    lists
}

/// Reads a version word by word.
struct Reader<'a> {
    lists: Vec<Vec<Item<'a>>>,
}

impl<'a> Reader<'a> {
    fn read(text: &'a str) -> Vec<Vec<Item<'a>>> {
        let mut reader = Self {
            lists: vec![Vec::new()],
        };
        let mut rest = text;
        while !rest.is_empty() {
            reader.read_token(&mut rest);
        }
        reader.lists
    }

    /// Reads one item and the separator behind it.
    fn read_token(&mut self, rest: &mut &'a str) {
        let is_word = |byte: u8| !byte.is_ascii_digit() && byte != b'.' && byte != b'-';
        let digits = numerals::take_digits(rest);
        if !digits.is_empty() {
            self.push(Item::Number(digits));
            if rest.bytes().next().is_some_and(is_word) {
                self.hang();
                return;
            }
            self.read_separator(rest);
            return;
        }
        let word = numerals::take(rest, is_word);
        if word.is_empty() {
            // Nothing between two separators is zero.
            self.push(Item::Number(""));
            self.read_separator(rest);
            return;
        }
        let is_numbered = rest
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_digit());
        // `.rc1` and, at the end, `.rc` are what `-rc1` and `-rc` are.
        if is_numbered || rest.is_empty() {
            self.hang();
        }
        self.push(Item::Word {
            word,
            qualifier: Qualifier::of(word, is_numbered),
        });
        if is_numbered {
            self.hang();
        } else {
            self.read_separator(rest);
        }
    }

    /// A dot goes on with the list, a dash begins the next.
    fn read_separator(&mut self, rest: &mut &'a str) {
        if numerals::skip(rest, "-") {
            self.hang();
        } else {
            numerals::skip(rest, ".");
        }
    }

    fn push(&mut self, item: Item<'a>) {
        if let Some(list) = self.lists.last_mut() {
            list.push(item);
        }
    }

    /// Begins a list, unless one has just begun.
    fn hang(&mut self) {
        if self.lists.last().is_some_and(|list| !list.is_empty()) {
            self.lists.push(Vec::new());
        }
    }
}
