//! Writes files of bbolt: small pages with few keys, so that each kind of page is there.

use std::collections::BTreeMap;

/// Bytes of a page; the least that bbolt has.
pub(crate) const PAGE_BYTES: usize = 512;
/// Keys on a page.
const KEYS: usize = 4;

/// A bucket: its keys in their order.
pub(crate) type Bucket = BTreeMap<String, Node>;

/// What stands under a key.
pub(crate) enum Node {
    /// Bytes.
    Value(Vec<u8>),
    /// Keys again.
    Bucket(Bucket),
}

/// A file with these buckets.
pub(crate) fn bolt_file(root: &Bucket) -> Vec<u8> {
    // Two pages that say where the root is, and one with those that are free.
    let mut file = File {
        bytes: vec![0; 3 * PAGE_BYTES],
    };
    let root = file.tree(root);
    let count = (file.bytes.len() / PAGE_BYTES) as u64;
    for page in [0, 1] {
        let meta = meta(root, count, page);
        let content = page_of(page, 0x04, 0, 0, &meta);
        let start = usize::try_from(page).unwrap() * PAGE_BYTES;
        file.bytes[start..start + content.len()].copy_from_slice(&content);
    }
    let free = page_of(2, 0x10, 0, 0, &[]);
    file.bytes[2 * PAGE_BYTES..2 * PAGE_BYTES + free.len()].copy_from_slice(&free);
    file.bytes
}

fn meta(root: u64, count: u64, transaction: u64) -> Vec<u8> {
    let mut meta = Vec::new();
    for number in [0xED0C_DAED_u32, 2, u32::try_from(PAGE_BYTES).unwrap(), 0] {
        meta.extend(number.to_le_bytes());
    }
    for number in [root, 0, 2, count, transaction] {
        meta.extend(number.to_le_bytes());
    }
    let checksum = meta.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    meta.extend(checksum.to_le_bytes());
    meta
}

fn page_of(number: u64, flags: u16, count: usize, overflow: usize, content: &[u8]) -> Vec<u8> {
    let mut page = number.to_le_bytes().to_vec();
    page.extend(flags.to_le_bytes());
    page.extend(u16::try_from(count).unwrap().to_le_bytes());
    page.extend(u32::try_from(overflow).unwrap().to_le_bytes());
    page.extend(content);
    page
}

struct File {
    bytes: Vec<u8>,
}

impl File {
    /// Writes a bucket as pages; the number of its root.
    fn tree(&mut self, bucket: &Bucket) -> u64 {
        let elements: Vec<_> = bucket
            .iter()
            .map(|(key, node)| self.element(key, node))
            .collect();
        let mut level: Vec<(String, u64)> = elements
            .chunks(KEYS)
            .map(|some| (some[0].1.clone(), self.add(0x02, some.len(), &leaf(some))))
            .collect();
        if level.is_empty() {
            return self.add(0x02, 0, &[]);
        }
        while level.len() > 1 {
            level = level
                .chunks(KEYS)
                .map(|some| (some[0].0.clone(), self.add(0x01, some.len(), &branch(some))))
                .collect();
        }
        level[0].1
    }

    fn element(&mut self, key: &str, node: &Node) -> (u32, String, Vec<u8>) {
        match node {
            Node::Value(value) => (0, key.to_owned(), value.clone()),
            Node::Bucket(bucket) => (1, key.to_owned(), self.bucket(bucket)),
        }
    }

    /// The value of a bucket: where its root is, or zero and a page.
    fn bucket(&mut self, bucket: &Bucket) -> Vec<u8> {
        let values: Option<Vec<_>> = bucket
            .iter()
            .map(|(key, node)| match node {
                Node::Value(value) => Some((0, key.clone(), value.clone())),
                Node::Bucket(_) => None,
            })
            .collect();
        let inside = values.map(|values| page_of(0, 0x02, values.len(), 0, &leaf(&values)));
        let inside = inside.filter(|page| page.len() < PAGE_BYTES / 2);
        let root = match inside {
            Some(_) => 0,
            None => self.tree(bucket),
        };
        let mut value = root.to_le_bytes().to_vec();
        value.extend([0; 8]);
        value.extend(inside.unwrap_or_default());
        value
    }

    fn add(&mut self, flags: u16, count: usize, content: &[u8]) -> u64 {
        let number = self.bytes.len() / PAGE_BYTES;
        let overflow = (16 + content.len()).div_ceil(PAGE_BYTES) - 1;
        let page = page_of(number as u64, flags, count, overflow, content);
        self.bytes.extend(page);
        self.bytes.resize((number + 1 + overflow) * PAGE_BYTES, 0);
        number as u64
    }
}

fn leaf(elements: &[(u32, String, Vec<u8>)]) -> Vec<u8> {
    let (mut rows, mut data) = (Vec::new(), Vec::new());
    for (at, (flags, key, value)) in elements.iter().enumerate() {
        let place = (elements.len() - at) * 16 + data.len();
        for number in [*flags as usize, place, key.len(), value.len()] {
            rows.extend(u32::try_from(number).unwrap().to_le_bytes());
        }
        data.extend(key.as_bytes());
        data.extend(value);
    }
    [rows, data].concat()
}

fn branch(children: &[(String, u64)]) -> Vec<u8> {
    let (mut rows, mut data) = (Vec::new(), Vec::new());
    for (at, (key, page)) in children.iter().enumerate() {
        let place = (children.len() - at) * 16 + data.len();
        for number in [place, key.len()] {
            rows.extend(u32::try_from(number).unwrap().to_le_bytes());
        }
        rows.extend(page.to_le_bytes());
        data.extend(key.as_bytes());
    }
    [rows, data].concat()
}
