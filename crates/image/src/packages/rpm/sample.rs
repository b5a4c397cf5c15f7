//! Databases for tests, in all forms.

use super::header::Tag;

/// A value of a header.
pub(super) enum Value<'a> {
    Text(&'a str),
    Texts(&'a [&'a str]),
    Shorts(&'a [u16]),
    Numbers(&'a [u32]),
}

/// A header of these values.
pub(super) fn header(values: &[(Tag, Value<'_>)]) -> Vec<u8> {
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, value) in values {
        let (kind, count, bytes) = match value {
            Value::Text(text) => (6, 1, [text.as_bytes(), b"\0"].concat()),
            Value::Texts(texts) => (8, texts.len(), texts.join("\0").into_bytes()),
            Value::Shorts(all) => (
                3,
                all.len(),
                all.iter().flat_map(|it| it.to_be_bytes()).collect(),
            ),
            Value::Numbers(all) => (
                4,
                all.len(),
                all.iter().flat_map(|it| it.to_be_bytes()).collect(),
            ),
        };
        for field in [*tag as usize, kind, store.len(), count] {
            index.extend(u32::try_from(field).unwrap().to_be_bytes());
        }
        store.extend(bytes);
        // Also ends the last text of several.
        store.push(0);
    }
    let sizes = [values.len(), store.len()].map(|it| u32::try_from(it).unwrap().to_be_bytes());
    [sizes.concat(), index, store].concat()
}

/// The header of a package with this name and one program.
pub(super) fn package(name: &str) -> Vec<u8> {
    header(&[
        (Tag::Name, Value::Text(name)),
        (Tag::Version, Value::Text("1.0")),
        (Tag::Release, Value::Text("2")),
        (Tag::Licence, Value::Text("MIT")),
        (Tag::Architecture, Value::Text("noarch")),
        (Tag::SourceRpm, Value::Text("source-1.0-2.src.rpm")),
        (
            Tag::FileModes,
            Value::Shorts(&[0o100_755, 0o100_644, 0o040_755]),
        ),
        (Tag::FolderIndexes, Value::Numbers(&[1, 0, 0])),
        (Tag::BaseNames, Value::Texts(&[name, "text", "folder"])),
        (Tag::FolderNames, Value::Texts(&["/etc/", "/usr/bin/"])),
    ])
}

/// Some packages, of which one is much larger than a page, and their names.
pub(super) fn packages() -> (Vec<Vec<u8>>, Vec<String>) {
    let names: Vec<_> = ["a", "bc", &"long".repeat(300), "d", "e"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    (names.iter().map(|name| package(name)).collect(), names)
}

pub(super) fn ndb(headers: &[Vec<u8>]) -> Vec<u8> {
    let le = |it: usize| u32::try_from(it).unwrap().to_le_bytes();
    let mut slots = [b"RpmP".to_vec(), [0, 7, 1, 9, 0, 0, 0].map(le).concat()].concat();
    let mut blobs = Vec::new();
    for (index, header) in headers.iter().enumerate() {
        let mut blob = [
            b"BlbS".to_vec(),
            [index + 1, 0, header.len()].map(le).concat(),
        ]
        .concat();
        blob.extend(header);
        blob.resize((blob.len() + 12).next_multiple_of(16) - 12, 0);
        blob.extend(super::ndb::adler32(&blob).to_le_bytes());
        blob.extend(le(header.len()));
        blob.extend(b"BlbE");
        slots.extend(b"Slot");
        slots.extend(
            [index + 1, 256 + blobs.len() / 16, blob.len() / 16]
                .map(le)
                .concat(),
        );
        // Slots of packages that were removed stay.
        slots.extend([&b"Slot"[..], &[0; 12]].concat());
        blobs.extend(blob);
    }
    while slots.len() < 4096 {
        slots.extend([&b"Slot"[..], &[0; 12]].concat());
    }
    [slots, blobs].concat()
}

/// A hash of two buckets, the second of which is a chain of pages with one package each.
pub(super) fn bdb(headers: &[Vec<u8>], is_big: bool) -> Vec<u8> {
    const PAGE: usize = 512;
    let order = |bytes: &[u8]| -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        if is_big {
            bytes.reverse();
        }
        bytes
    };
    let u16 = |it: usize| order(&u16::try_from(it).unwrap().to_le_bytes());
    let u32 = |it: usize| order(&u32::try_from(it).unwrap().to_le_bytes());
    let page = |number: usize, next: usize, count: usize, free: usize, kind: u8| {
        let mut page = [
            vec![0; 8],
            u32(number),
            u32(0),
            u32(next),
            u16(count),
            u16(free),
        ]
        .concat();
        page.extend([0, kind]);
        page.resize(PAGE, 0);
        page
    };
    let hash = |number, next, items: &[Vec<u8>]| {
        let mut page = page(number, next, items.len(), 0, 13);
        let mut end = PAGE;
        for (at, item) in items.iter().enumerate() {
            let start = end - item.len();
            page[start..end].copy_from_slice(item);
            page[26 + 2 * at..28 + 2 * at].copy_from_slice(&u16(start));
            end = start;
        }
        page
    };
    let key = |number: usize| [vec![1], u32(number)].concat();
    let mut overflow = Vec::new();
    let mut buckets = Vec::new();
    // Bucket 0 is page 1, and bucket 1 page 2.
    for (at, header) in headers.iter().enumerate() {
        let mut items = vec![key(at + 1)];
        if header.len() < 100 {
            items.push([vec![1], header.clone()].concat());
        } else {
            let first = 1 + headers.len() + overflow.len();
            items.push([vec![3, 0, 0, 0], u32(first), u32(header.len())].concat());
            let parts = header.chunks(PAGE - 26);
            let last = parts.len() - 1;
            for (index, part) in parts.enumerate() {
                let next = if index == last { 0 } else { first + index + 1 };
                let mut page = page(first + index, next, 1, part.len(), 7);
                page[26..26 + part.len()].copy_from_slice(part);
                overflow.push(page);
            }
        }
        if at == 0 {
            items.splice(0..0, [key(0), key(headers.len())]);
        }
        let is_last = at == 0 || at == headers.len() - 1;
        buckets.push(hash(at + 1, if is_last { 0 } else { at + 2 }, &items));
    }
    let pages = [buckets, overflow].concat();
    let mut meta = [
        vec![0; 12],
        u32(0x61561),
        u32(9),
        u32(PAGE),
        vec![0, 8, 0, 0],
        u32(0),
    ]
    .concat();
    meta.extend(u32(pages.len()));
    meta.resize(72, 0);
    meta.extend(u32(1));
    meta.resize(96, 0);
    meta.extend([1, 1].map(u32).concat());
    meta.resize(PAGE, 0);
    [vec![meta], pages].concat().concat()
}

/// How a database of SQLite is laid out.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) page_bytes: usize,
    pub(super) reserved: u8,
    pub(super) is_utf16: bool,
}

pub(super) const PLAIN: Layout = Layout {
    page_bytes: 512,
    reserved: 0,
    is_utf16: false,
};

/// Two tables, one of which is of packages and has a leaf for each on top of a root.
pub(super) fn sqlite(headers: &[Vec<u8>], layout: Layout) -> Vec<u8> {
    let usable = layout.page_bytes - usize::from(layout.reserved);
    let u16 = |it: usize| u16::try_from(it).unwrap().to_be_bytes();
    let u32 = |it: usize| u32::try_from(it).unwrap().to_be_bytes();
    let encode = |text: &str| -> Vec<u8> {
        if layout.is_utf16 {
            return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        text.as_bytes().to_vec()
    };
    let text = |text: &str| (13 + 2 * encode(text).len(), encode(text));
    let table = |name: &str, root: u8| {
        let columns = [
            text("table"),
            text(name),
            text(name),
            (1, vec![root]),
            text(&format!(
                "CREATE TABLE {name}(hnum INTEGER PRIMARY KEY, blob)"
            )),
        ];
        record(&columns)
    };
    let page = |start: usize, kind: u8, last: &[u8], cells: &[Vec<u8>]| {
        let mut page = vec![0; layout.page_bytes];
        let mut end = usable;
        let mut head = [&[kind, 0, 0][..], &u16(cells.len()), &[0, 0, 0], last].concat();
        for cell in cells {
            end -= cell.len();
            page[end..end + cell.len()].copy_from_slice(cell);
            head.extend(u16(end));
        }
        page[start..start + head.len()].copy_from_slice(&head);
        page
    };
    let cell = |row: &[u8], id: usize| [varint(row.len()), varint(id), row.to_vec()].concat();
    let schema = [table("Name", 3), table("Packages", 2)];
    let schema = [cell(&schema[0], 1), cell(&schema[1], 2)];
    let mut leaves = Vec::new();
    let mut chains: Vec<Vec<u8>> = Vec::new();
    for (at, header) in headers.iter().enumerate() {
        let row = record(&[(0, Vec::new()), (12 + 2 * header.len(), header.clone())]);
        let (most, least) = (usable - 35, (usable - 12) * 32 / 255 - 23);
        let wanted = least + row.len().saturating_sub(least) % (usable - 4);
        let here = match row.len() {
            length if length <= most => length,
            _ if wanted <= most => wanted,
            _ => least,
        };
        let mut content = [varint(row.len()), varint(at + 1), row[..here].to_vec()].concat();
        let first = 3 + headers.len() + chains.len();
        let parts = row[here..].chunks(usable - 4);
        let count = parts.len();
        if count > 0 {
            content.extend(u32(first));
        }
        for (index, part) in parts.enumerate() {
            let next = if index + 1 == count {
                0
            } else {
                first + index + 1
            };
            let mut page = [u32(next).to_vec(), part.to_vec()].concat();
            page.resize(layout.page_bytes, 0);
            chains.push(page);
        }
        leaves.push(page(0, 13, &[], &[content]));
    }
    // Leaves begin at page 3.
    let inner: Vec<_> = (1..headers.len())
        .map(|at| [u32(at + 2).to_vec(), varint(at)].concat())
        .collect();
    let root = page(0, 5, &u32(headers.len() + 2), &inner);
    let mut first = page(100, 13, &[], &schema);
    let size = u16(if layout.page_bytes == 65536 {
        1
    } else {
        layout.page_bytes
    });
    let pages = u32(2 + leaves.len() + chains.len());
    let head = [
        b"SQLite format 3\0".to_vec(),
        size.to_vec(),
        vec![2, 2, layout.reserved, 64, 32, 32],
        [0, 0, 0, 1].to_vec(),
        pages.to_vec(),
    ]
    .concat();
    first[..head.len()].copy_from_slice(&head);
    first[44..48].copy_from_slice(&u32(4));
    first[56..60].copy_from_slice(&u32(1 + usize::from(layout.is_utf16)));
    first[92..96].copy_from_slice(&u32(1));
    [vec![first, root], leaves, chains].concat().concat()
}

/// A row: kinds of columns, and what they hold.
fn record(columns: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let kinds: Vec<_> = columns.iter().map(|(kind, _)| varint(*kind)).collect();
    let kinds = kinds.concat();
    let values = columns.iter().flat_map(|(_, value)| value.iter().copied());
    let mut row = varint(kinds.len() + 1);
    row.extend(kinds);
    row.extend(values);
    row
}

fn varint(value: usize) -> Vec<u8> {
    let low = |at: u32| u8::try_from(value >> (7 * at) & 0x7f).unwrap();
    let last = (0..9).rev().find(|at| value >> (7 * at) > 0).unwrap_or(0);
    let parts = (0..=last).rev();
    parts
        .map(|at| low(at) | if at == 0 { 0 } else { 0x80 })
        .collect()
}
