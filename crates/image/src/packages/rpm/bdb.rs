//! The oldest form, `Packages` as a hash of Berkeley DB: Red Hat up to 8, Amazon Linux 2, SUSE before 15.
//!
//! Page 0 tells of the others. Each bucket of the hash is a chain of pages with items, a key and a value in turn; what
//! has no room there stands in a chain of pages of its own.
//!
//! ```text
//! page:     log: u64 | own number: u32 | previous: u32 | next: u32 | items: u16 | bytes: u16 | level: u8 | kind: u8
//!           | offsets of the items: u16 each, which are laid from the end of the page
//! item:     1 | bytes                                       up to where the item before it begins
//! off page: 3 | 3 bytes | first page: u32 | length: u32
//! ```
//!
//! Numbers have the byte order of the machine that wrote them.
//!
//! Sources: <https://github.com/rpm-software-management/rpm/blob/master/lib/backend/bdb_ro.cc>,
//! and `dbinc/db_page.h` of Berkeley DB.

use super::{Damage, Found, Reason, Walked, array, package};

const PAGE_HEAD_BYTES: usize = 26;

/// What stands where page 0 says how the rest is laid out.
const HASH: u32 = 0x0006_1561;
const BTREE: u32 = 0x0005_3162;
const QUEUE: u32 = 0x0004_2253;
const HEAP: u32 = 0x0007_4582;

/// Kinds of pages: of a hash whose items are in no order, of a hash, of what has no room in one.
const UNSORTED: u8 = 2;
const SORTED: u8 = 13;
const OVERFLOW: u8 = 7;

/// Kinds of items.
const ON_PAGE: u8 = 1;
const OFF_PAGE: u8 = 3;

const CUT: Reason = "it is cut off";

#[derive(Clone, Copy)]
struct Order {
    is_big: bool,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = array(bytes, at)?;
        Some(if self.is_big {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = array(bytes, at)?;
        Some(if self.is_big {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }
}

/// The byte order and the method of access that page 0 states.
fn magic(bytes: &[u8]) -> Option<(Order, u32)> {
    [false, true].into_iter().find_map(|is_big| {
        let order = Order { is_big };
        let magic = order.u32(bytes, 12)?;
        [HASH, BTREE, QUEUE, HEAP]
            .contains(&magic)
            .then_some((order, magic))
    })
}

pub(super) fn is_berkeley(bytes: &[u8]) -> bool {
    magic(bytes).is_some()
}

pub(super) fn read(bytes: &[u8], found: &mut Found) -> Result<(), Reason> {
    let mut database = Database::open(bytes)?;
    let pages = database.walked.pages();
    if database.stated_pages > pages {
        found.damaged(format_args!("the file has fewer pages than it says"));
    }
    // Each bucket has a page of its own.
    let buckets = u32::try_from(pages).unwrap_or(u32::MAX);
    let buckets = buckets.min(database.last_bucket.saturating_add(1));
    if buckets <= database.last_bucket {
        found.damaged(format_args!("it says that it has more buckets than pages"));
    }
    for bucket in 0..buckets {
        if let Err(damage) = database.read_bucket(bucket, found) {
            found.damaged(format_args!("{damage}"));
        }
    }
    Ok(())
}

struct Database<'a> {
    bytes: &'a [u8],
    order: Order,
    page_bytes: usize,
    stated_pages: usize,
    last_bucket: u32,
    walked: Walked,
}

impl<'a> Database<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Reason> {
        let (order, magic) = magic(bytes).ok_or("it is no Berkeley DB")?;
        match magic {
            HASH => {}
            BTREE => return Err("it is a B-tree of Berkeley DB, and RPM keeps packages in a hash"),
            QUEUE => return Err("it is a queue of Berkeley DB, and RPM keeps packages in a hash"),
            _ => return Err("it is a heap of Berkeley DB, and RPM keeps packages in a hash"),
        }
        let field = |at| order.u32(bytes, at).ok_or(CUT);
        if !(8..=10).contains(&field(16)?) {
            return Err("its version of Berkeley DB is not known");
        }
        let page_bytes = usize::try_from(field(20)?).unwrap_or(0);
        if !page_bytes.is_power_of_two() || !(512..=65536).contains(&page_bytes) {
            return Err("the size of its pages is none that Berkeley DB has");
        }
        // The method of encryption, and flags, of which the lowest is for checksums: pages are laid out differently.
        let [encryption, _, flags] = array(bytes, 24).ok_or(CUT)?;
        if encryption != 0 || flags & 1 != 0 {
            return Err("it is encrypted or has checksums, which RPM does not ask for");
        }
        let mut walked = Walked::new(bytes.len(), page_bytes);
        walked.claim(0, 0).map_err(|_| CUT)?;
        Ok(Self {
            bytes,
            order,
            page_bytes,
            stated_pages: usize::try_from(field(32)?)
                .unwrap_or(usize::MAX)
                .saturating_add(1),
            last_bucket: field(72)?,
            walked,
        })
    }

    /// A page that was not walked yet, and says that it is the one that was asked for.
    fn page(&mut self, number: u32) -> Result<&'a [u8], Damage> {
        let damage = Damage::on(number);
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        self.walked.claim(index, number)?;
        let page = self.bytes.get(index * self.page_bytes..);
        let page = page.and_then(|rest| rest.get(..self.page_bytes));
        page.filter(|page| self.order.u32(page, 8) == Some(number))
            .ok_or(damage("is another than it says"))
    }

    fn read_bucket(&mut self, bucket: u32, found: &mut Found) -> Result<(), Damage> {
        // Buckets are added in groups, each as large as all before it, and page 0 says how far each group is moved
        // behind: from byte 96.
        let group = (u32::BITS - bucket.leading_zeros()) as usize;
        let moved = self.order.u32(self.bytes, 96 + 4 * group).unwrap_or(0);
        let mut number = bucket.saturating_add(moved);
        loop {
            let page = self.page(number)?;
            let damage = Damage::on(number);
            if !matches!(page.get(25), Some(&(SORTED | UNSORTED))) {
                return Err(damage("is no page of a hash"));
            }
            if let Err(damage) = self.read_items(page, number, found) {
                // Pages behind it in the chain are not reached through it.
                found.damaged(format_args!("{damage}"));
            }
            match self.order.u32(page, 16) {
                Some(0) => return Ok(()),
                Some(next) => number = next,
                None => return Err(damage("is cut off")),
            }
        }
    }

    fn read_items(&mut self, page: &'a [u8], number: u32, found: &mut Found) -> Result<(), Damage> {
        let damage = Damage::on(number);
        let count = usize::from(self.order.u16(page, 20).unwrap_or(0));
        let offsets_end = PAGE_HEAD_BYTES + 2 * count;
        if offsets_end > page.len() {
            return Err(damage("says that it has more items than fit"));
        }
        let mut end = page.len();
        let mut key: Option<&[u8]> = None;
        for at in (PAGE_HEAD_BYTES..offsets_end).step_by(2) {
            let start = usize::from(self.order.u16(page, at).unwrap_or(0));
            // Each lies before the one that was put there before it, and so no two share bytes.
            let item = page.get(start..end).filter(|_| start >= offsets_end);
            let item = item.ok_or(damage("has items where none can be"))?;
            end = start;
            match key.take() {
                None => key = Some(item),
                // Under the number 0 stands the highest number of a package.
                Some([ON_PAGE, 0, 0, 0, 0]) => {}
                Some(_) => {
                    if let Err(damage) = self.read_value(item, number, found) {
                        found.damaged(format_args!("{damage}"));
                    }
                }
            }
        }
        if key.is_some() {
            return Err(damage("has a key without a value"));
        }
        Ok(())
    }

    fn read_value(&mut self, item: &[u8], page: u32, found: &mut Found) -> Result<(), Damage> {
        let place = format_args!("page {page}");
        let damage = Damage::on(page);
        match item.split_first() {
            Some((&ON_PAGE, value)) => {
                if !found.may_read(value.len()) {
                    return Err(damage("holds what others hold as well"));
                }
                package::add(value, place, found);
            }
            Some((&OFF_PAGE, _)) => {
                let field = |at| {
                    self.order
                        .u32(item, at)
                        .ok_or(damage("has an item cut off"))
                };
                let (first, length) = (field(4)?, field(8)?);
                let value = self.read_chain(first, length, found)?;
                package::add(&value, place, found);
            }
            _ => return Err(damage("has an item of a kind that RPM does not write")),
        }
        Ok(())
    }

    /// What has no room in its bucket.
    fn read_chain(
        &mut self,
        first: u32,
        length: u32,
        found: &mut Found,
    ) -> Result<Vec<u8>, Damage> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut value = Vec::new();
        let mut number = first;
        while value.len() < length {
            let page = self.page(number)?;
            let damage = Damage::on(number);
            if page.get(25) != Some(&OVERFLOW) {
                return Err(damage("holds no part of a package"));
            }
            let bytes = usize::from(self.order.u16(page, 22).unwrap_or(0));
            let content = page.get(PAGE_HEAD_BYTES..).unwrap_or_default();
            let content = content
                .get(..bytes)
                .filter(|_| bytes <= length - value.len() && found.may_read(bytes))
                .ok_or(damage("holds more than it can"))?;
            value.extend_from_slice(content);
            number = self.order.u32(page, 16).unwrap_or(0);
            if number == 0 && value.len() < length {
                return Err(damage("ends before its package does"));
            }
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{header::Tag, parse, sample},
        *,
    };

    /// Pages of five packages: what tells of the rest, the first bucket, the chain of the second, and from page 6 the
    /// chains of the packages, of which that of the third has many.
    fn pages() -> Vec<Vec<u8>> {
        let (headers, _) = sample::packages();
        let bytes = sample::bdb(&headers, false);
        bytes.chunks(512).map(<[u8]>::to_vec).collect()
    }

    fn check(change: impl Fn(&mut Vec<Vec<u8>>), packages: usize, expected: &str) {
        let mut pages = pages();
        change(&mut pages);
        let listed = parse(&pages.concat()).unwrap();
        let damage = listed.damage.unwrap_or_default();
        assert!(damage.contains(expected), "{damage}");
        assert_eq!(listed.packages.len(), packages, "{expected}");
    }

    #[test]
    fn chains_that_go_in_circles_end() {
        check(|it| it[2][16] = 2, 2, "page 2 is used twice");
        check(|it| it[2][16] = 1, 2, "page 1 is used twice");
        check(|it| it[2][16] = 0xff, 2, "page 255 lies outside the file");
        check(|it| it[8][16] = 8, 4, "page 8 is used twice");
        check(|it| it[8][16] = 0, 4, "page 8 ends before its package does");
        check(|it| it[8][16] = 0xff, 4, "page 255 lies outside the file");
        check(|it| it[8][16] = 3, 4, "page 3 is used twice");
    }

    #[test]
    fn pages_that_are_something_else_cost_only_what_hangs_on_them() {
        check(|it| it[3][25] = 9, 2, "page 3 is no page of a hash");
        check(|it| it[3][8] = 9, 2, "page 3 is another than it says");
        check(|it| it[8][25] = 13, 4, "page 8 holds no part of a package");
        check(
            |it| it[6][22..24].fill(0xff),
            4,
            "page 6 holds more than it can",
        );
        check(
            |it| it[3][20..22].fill(0xff),
            4,
            "page 3 says that it has more items than fit",
        );
        check(|it| it[3][20] = 1, 4, "page 3 has a key without a value");
        check(
            |it| it[3][28..30].fill(0xff),
            4,
            "page 3 has items where none can be",
        );
        check(
            |it| it[3][28..30].fill(0),
            4,
            "page 3 has items where none can be",
        );
        let value = |page: &[u8]| usize::from(u16::from_le_bytes([page[28], page[29]]));
        for (kind, expected) in [
            (1, "page 3 holds no header of a package"),
            (2, "page 3 has an item of a kind that RPM does not write"),
        ] {
            let change = |it: &mut Vec<Vec<u8>>| {
                let at = value(&it[3]);
                it[3][at] = kind;
            };
            check(change, 4, expected);
        }
        // A package of 4 GiB.
        let change = |it: &mut Vec<Vec<u8>>| {
            let at = value(&it[3]);
            it[3][at + 8..at + 12].fill(0xff);
        };
        check(change, 4, "ends before its package does");
    }

    #[test]
    fn buckets_that_are_not_there_are_named() {
        check(
            |it| it[0][72..76].fill(0xff),
            5,
            "it says that it has more buckets than pages",
        );
        check(
            |it| it[0][96..104].fill(0xff),
            0,
            "page 4294967295 lies outside the file",
        );
    }

    #[test]
    fn small_packages_stand_in_their_bucket() {
        let small = sample::header(&[
            (Tag::Name, sample::Value::Text("a")),
            (Tag::Version, sample::Value::Text("1")),
            (Tag::Release, sample::Value::Text("2")),
        ]);
        for is_big in [false, true] {
            let listed = parse(&sample::bdb(&vec![small.clone(); 3], is_big)).unwrap();
            assert_eq!(listed.damage, None);
            assert_eq!(listed.packages.len(), 3);
        }
    }

    #[test]
    fn heads_that_lie_are_named() {
        let check = |at: usize, bytes: &[u8], expected: &str| {
            let mut pages = pages();
            pages[0][at..at + bytes.len()].copy_from_slice(bytes);
            let error = parse(&pages.concat()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(12, &BTREE.to_le_bytes(), "it is a B-tree of Berkeley DB");
        check(12, &QUEUE.to_be_bytes(), "it is a queue of Berkeley DB");
        check(12, &HEAP.to_le_bytes(), "it is a heap of Berkeley DB");
        check(16, &[7], "its version of Berkeley DB is not known");
        check(20, &[0, 0, 2], "the size of its pages is none");
        check(20, &[0; 4], "the size of its pages is none");
        check(24, &[1], "it is encrypted or has checksums");
        check(26, &[1], "it is encrypted or has checksums");
    }
}
