//! The form of today, `rpmdb.sqlite`: a table with the headers in a file of SQLite.
//!
//! A file is pages, and a table a tree of them. Page 1 is the root of the table that names all others with their roots;
//! of the one called `Packages` all leaves are walked. What has no room in a leaf goes on in a chain of pages.
//! Nothing else of a database is looked at: no index, no list of free pages, and none of its SQL.
//!
//! ```text
//! CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)
//! ```
//!
//! Source: <https://www.sqlite.org/fileformat2.html>.

use std::borrow::Cow;

use super::{Damage, Found, Reason, Walked, array, package};

pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// What stands before the tree on page 1.
const FILE_HEAD_BYTES: usize = 100;

/// Kinds of pages of a table.
const INNER: u8 = 5;
const LEAF: u8 = 13;

pub(super) fn read(bytes: &[u8], found: &mut Found) -> Result<(), Reason> {
    let mut file = File::open(bytes)?;
    if file.stated_pages() > file.walked.pages() {
        found.damaged(format_args!("the file has fewer pages than it says"));
    }
    let mut root = None;
    file.walk(1, found, &mut |row, _, _| {
        root = root.or_else(|| root_of_packages(row));
    });
    let root = root.ok_or("it has no table of packages")?;
    file.walk(root, found, &mut |row, page, found| match column(row, 1) {
        Some((kind, header)) if kind >= 12 && kind % 2 == 0 => {
            package::add(header, format_args!("page {page}"), found);
        }
        _ => found.damaged(format_args!("page {page} has a row without a package")),
    });
    Ok(())
}

/// Takes the content of a row, and the page that it stands on.
type TakeRow<'t> = &'t mut dyn FnMut(&[u8], u32, &mut Found);

struct File<'a> {
    bytes: &'a [u8],
    page_bytes: usize,
    /// Those of a page that are in use: others may keep something at its end.
    usable_bytes: usize,
    walked: Walked,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Reason> {
        let head: [u8; FILE_HEAD_BYTES] = array(bytes, 0).ok_or("it is cut off")?;
        let page_bytes = match array(&head, 16).map_or(0, u16::from_be_bytes) {
            // What does not fit into 16 bits.
            1 => 65536,
            bytes => usize::from(bytes),
        };
        if !page_bytes.is_power_of_two() || page_bytes < 512 {
            return Err("the size of its pages is none that SQLite has");
        }
        let [read_version, reserved] = array(&head, 19).unwrap_or_default();
        if !matches!(read_version, 1 | 2) {
            return Err("its version of SQLite is not known");
        }
        let usable_bytes = page_bytes - usize::from(reserved);
        if usable_bytes < 480 {
            return Err("its pages have no room");
        }
        Ok(Self {
            bytes,
            page_bytes,
            usable_bytes,
            walked: Walked::new(bytes.len(), page_bytes),
        })
    }

    /// Pages that the file should have; 0 where it does not say.
    fn stated_pages(&self) -> usize {
        let field = |at| array(self.bytes, at).map_or(0, u32::from_be_bytes);
        // The size is right where the change that set it was the last.
        let is_right = field(24) == field(92);
        let stated = usize::try_from(field(28)).unwrap_or(usize::MAX);
        if is_right { stated } else { 0 }
    }

    /// Marks a page, counted from 1, as being in its one place.
    fn claim(&mut self, number: u32) -> Result<(), Damage> {
        let index = usize::try_from(number)
            .ok()
            .and_then(|it| it.checked_sub(1));
        self.walked.claim(index.unwrap_or(usize::MAX), number)
    }

    fn page(&self, number: u32) -> &'a [u8] {
        let index = usize::try_from(number).unwrap_or(0).saturating_sub(1);
        let start = index.saturating_mul(self.page_bytes);
        let rest = self.bytes.get(start..).unwrap_or_default();
        rest.get(..self.usable_bytes).unwrap_or_default()
    }

    /// Takes all rows of a table. What is damaged is noted, and the rest is walked.
    fn walk(&mut self, root: u32, found: &mut Found, take: TakeRow<'_>) {
        // Those that are claimed and not walked yet, the next one last.
        let mut open = Vec::new();
        self.add(root, &mut open, found);
        while let Some(number) = open.pop() {
            let page = self.page(number);
            let start = if number == 1 { FILE_HEAD_BYTES } else { 0 };
            let head = page.get(start..).unwrap_or_default();
            let kind = head.first().copied();
            let cells = usize::from(array(head, 3).map_or(0, u16::from_be_bytes));
            let pointers = match kind {
                Some(LEAF) => head.get(8..),
                Some(INNER) => head.get(12..),
                _ => {
                    found.damaged(format_args!("page {number} is of no table"));
                    continue;
                }
            };
            let pointers = pointers.and_then(|rest| rest.as_chunks::<2>().0.get(..cells));
            let Some(pointers) = pointers else {
                found.damaged(format_args!(
                    "page {number} says that it has more rows than fit"
                ));
                continue;
            };
            let cells = pointers.iter().map(|pointer| {
                let pointer = usize::from(u16::from_be_bytes(*pointer));
                page.get(pointer..).unwrap_or_default()
            });
            if kind == Some(LEAF) {
                for cell in cells {
                    match self.row(cell, number, found) {
                        Ok(row) => take(&row, number, found),
                        Err(damage) => found.damaged(format_args!("{damage}")),
                    }
                }
                continue;
            }
            // The last child stands in the head. They are walked in the order of their rows.
            let last = array(head, 8).map(u32::from_be_bytes);
            let children = cells.map(|cell| array(cell, 0).map(u32::from_be_bytes));
            for child in [last].into_iter().chain(children.rev()) {
                self.add(child.unwrap_or(0), &mut open, found);
            }
        }
    }

    fn add(&mut self, page: u32, open: &mut Vec<u32>, found: &mut Found) {
        match self.claim(page) {
            Ok(()) => open.push(page),
            Err(damage) => found.damaged(format_args!("{damage}")),
        }
    }

    /// The content of a row, which begins in a cell of a leaf.
    fn row(
        &mut self,
        cell: &'a [u8],
        page: u32,
        found: &mut Found,
    ) -> Result<Cow<'a, [u8]>, Damage> {
        let damage = Damage::on(page);
        let cut = damage("has a row that is cut off");
        let twice = damage("has rows that share bytes");
        let (length, rest) = varint(cell).ok_or(cut)?;
        let (_row_id, rest) = varint(rest).ok_or(cut)?;
        let length = usize::try_from(length).map_err(|_| cut)?;
        let here = self.bytes_in_leaf(length);
        let (start, rest) = rest.split_at_checked(here).ok_or(cut)?;
        if !found.may_read(here) {
            return Err(twice);
        }
        if here == length {
            return Ok(Cow::Borrowed(start));
        }
        let mut row = start.to_vec();
        let mut next = array(rest, 0).map(u32::from_be_bytes).ok_or(cut)?;
        while row.len() < length {
            let number = next;
            self.claim(number)?;
            let (link, content) = self.page(number).split_at_checked(4).ok_or(cut)?;
            let content = content.get(..length - row.len()).unwrap_or(content);
            if !found.may_read(content.len()) {
                return Err(twice);
            }
            row.extend_from_slice(content);
            next = array(link, 0).map_or(0, u32::from_be_bytes);
            if next == 0 && row.len() < length {
                return Err(Damage::on(number)("ends before its row does"));
            }
        }
        Ok(Cow::Owned(row))
    }

    /// How much of a row stands in its leaf: what the last page of its chain would have more of than it must.
    fn bytes_in_leaf(&self, length: usize) -> usize {
        let most = self.usable_bytes - 35;
        let least = (self.usable_bytes - 12) * 32 / 255 - 23;
        if length <= most {
            return length;
        }
        let wanted = least + (length - least) % (self.usable_bytes - 4);
        if wanted <= most { wanted } else { least }
    }
}

/// The root of the table of packages, where a row of the table of tables is about it.
fn root_of_packages(row: &[u8]) -> Option<u32> {
    let is = |at, wanted: &[u8]| {
        let (_, text) = column(row, at)?;
        // Names are ASCII: in UTF-16, they differ by zeros.
        let letters = text.iter().filter(|byte| **byte != 0);
        letters
            .map(u8::to_ascii_lowercase)
            .eq(wanted.iter().copied())
            .then_some(())
    };
    is(0, b"table")?;
    is(1, b"packages")?;
    let (kind, root) = column(row, 3)?;
    let fold = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
    match kind {
        1..=4 => Some(root.iter().fold(0, fold)),
        _ => None,
    }
}

/// The kind and the content of a column.
fn column(row: &[u8], wanted: usize) -> Option<(u64, &[u8])> {
    let (head_bytes, rest) = varint(row)?;
    let (head, mut content) = row.split_at_checked(usize::try_from(head_bytes).ok()?)?;
    let mut kinds = head.get(row.len() - rest.len()..)?;
    for at in 0.. {
        let (kind, rest) = varint(kinds)?;
        kinds = rest;
        let bytes = match kind {
            0 | 8..=11 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => (kind - 12) / 2,
        };
        let (value, rest) = content.split_at_checked(usize::try_from(bytes).ok()?)?;
        content = rest;
        if at == wanted {
            return Some((kind, value));
        }
    }
    None
}

/// A number of one to nine bytes, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        if at == 8 {
            // The ninth byte is whole.
            return Some((value << 8 | u64::from(*byte), bytes.get(9..)?));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{
        super::{parse, sample},
        *,
    };

    /// Pages of five packages: the root of all tables, that of packages, a leaf each, and the chain of the third.
    fn pages() -> Vec<Vec<u8>> {
        let (headers, _) = sample::packages();
        let bytes = sample::sqlite(&headers, sample::PLAIN);
        bytes.chunks(512).map(<[u8]>::to_vec).collect()
    }

    /// Changes the pages, and wants so many packages and these words about what is wrong.
    fn check(change: impl Fn(&mut Vec<Vec<u8>>), packages: usize, expected: &str) {
        let mut pages = pages();
        change(&mut pages);
        let listed = parse(&pages.concat()).unwrap();
        let damage = listed.damage.unwrap_or_default();
        assert!(damage.contains(expected), "{damage}");
        assert_eq!(listed.packages.len(), packages, "{expected}");
    }

    fn check_head(at: usize, bytes: &[u8], expected: &str) {
        let mut pages = pages();
        pages[0][at..at + bytes.len()].copy_from_slice(bytes);
        let error = parse(&pages.concat()).unwrap_err();
        assert!(error.ends_with(expected), "{error}");
    }

    #[test]
    fn trees_and_chains_that_go_in_circles_end() {
        check(|it| it[1][8..12].fill(0), 4, "page 0 lies outside");
        check(|it| it[1][11] = 2, 4, "page 2 is used twice");
        check(|it| it[1][11] = 3, 4, "page 3 is used twice");
        check(|it| it[1][8] = 0xff, 4, "lies outside the file");
        // A chain that leads to its own start, to a leaf, out of the file, and nowhere.
        check(
            |it| it[8][..4].copy_from_slice(&[0, 0, 0, 8]),
            4,
            "page 8 is used twice",
        );
        check(
            |it| it[8][..4].copy_from_slice(&[0, 0, 0, 3]),
            4,
            "page 3 is used twice",
        );
        check(
            |it| it[8][..4].fill(0xff),
            4,
            "page 4294967295 lies outside the file",
        );
        check(
            |it| it[8][..4].fill(0),
            4,
            "page 9 ends before its row does",
        );
    }

    #[test]
    fn pages_that_are_something_else_cost_only_themselves() {
        check(|it| it[2][0] = 10, 4, "page 3 is of no table");
        check(|it| it[1].fill(0), 0, "page 2 is of no table");
        check(
            |it| it[2][3] = 0xff,
            4,
            "page 3 says that it has more rows than fit",
        );
        check(
            |it| it[2][8..10].fill(0xff),
            4,
            "page 3 has a row that is cut off",
        );
        // A row of the length 2^63, and one that is a number.
        let cell = |page: &[u8]| usize::from(u16::from_be_bytes([page[8], page[9]]));
        check(
            |it| {
                let at = cell(&it[2]);
                it[2][at..at + 9].fill(0xff);
            },
            4,
            "lies outside the file",
        );
        check(
            |it| {
                let at = cell(&it[2]);
                it[2][at + 5] = 1;
            },
            4,
            "page 3 has a row without a package",
        );
    }

    #[test]
    fn bytes_are_read_once() {
        // All cells of a page are one and the same, and so are all pages.
        let mut pages = pages();
        let leaf = &mut pages[2];
        let pointer = [leaf[8], leaf[9]];
        leaf[3..5].copy_from_slice(&[0, 60]);
        leaf[8..128].copy_from_slice(&pointer.repeat(60));
        let leaf = leaf.clone();
        pages[3..].fill(leaf);
        let bytes = pages.concat();
        let listed = parse(&bytes).unwrap();
        assert!(listed.damage.unwrap().contains("has rows that share bytes"));
        let (headers, _) = sample::packages();
        let most = bytes.len() / headers[0].len();
        assert!((5..=most).contains(&listed.packages.len()));
    }

    #[test]
    fn heads_that_lie_are_named() {
        check_head(16, &[0, 3], "the size of its pages is none that SQLite has");
        check_head(16, &[1, 0], "the size of its pages is none that SQLite has");
        check_head(19, &[9], "its version of SQLite is not known");
        check_head(20, &[255], "its pages have no room");
        check_head(101, &[0, 0, 0, 0], "it has no table of packages");
    }

    #[test]
    fn numbers_of_many_bytes() {
        assert_eq!(varint(&[0x81, 0, 7]), Some((128, &[7][..])));
        assert_eq!(varint(&[0xff; 10]), Some((u64::MAX, &[0xff][..])));
        assert_eq!(varint(&[0xff; 8]), None);
        assert_eq!(varint(&[]), None);
    }
}
