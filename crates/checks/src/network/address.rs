//! Blocks of addresses, as `ipBlock` and `loadBalancerSourceRanges` write them.

use std::net::IpAddr;

use crate::Node;

/// The instance metadata services of the clouds: AWS, Azure, Google and others answer on the first,
/// AWS on the second too.
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>.
pub(crate) const METADATA: [&str; 2] = ["169.254.169.254", "fd00:ec2::254"];

/// All of IPv4.
const INTERNET_V4: Range = Range {
    first: 0,
    last: u32::MAX as u128,
};
/// `2000::/3`, all that is routed of IPv6.
const INTERNET_V6: Range = Range {
    first: 0x2000 << 112,
    last: (0x4000 << 112) - 1,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    first: u128,
    last: u128,
}

/// A set of addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    v4: Vec<Range>,
    v6: Vec<Range>,
}

impl Addresses {
    /// Adds a block such as `10.0.0.0/8`; what is no block adds nothing.
    pub(crate) fn add(&mut self, block: &str) {
        self.add_except(block, std::iter::empty());
    }

    /// Adds an `ipBlock`: its `cidr` without what `except` names.
    pub(crate) fn add_ip_block(&mut self, block: Node<'_>) {
        let cidr = block.get("cidr").map_or("", Node::text);
        self.add_except(cidr, block.list("except").map(Node::text));
    }

    fn add_except<'t>(&mut self, block: &str, except: impl Iterator<Item = &'t str>) {
        let Some((is_v6, range)) = parse(block) else {
            return;
        };
        let mut left = vec![range];
        for (other_v6, hole) in except.filter_map(parse) {
            if other_v6 == is_v6 {
                left = left
                    .into_iter()
                    .flat_map(|range| range.without(hole))
                    .collect();
            }
        }
        if is_v6 {
            self.v6.extend(left);
        } else {
            self.v4.extend(left);
        }
    }

    /// Whether every address of the internet is in it, of IPv4 or of IPv6.
    pub(crate) fn has_every(&self) -> bool {
        INTERNET_V4.covered_by(&self.v4) == INTERNET_V4.size()
            || INTERNET_V6.covered_by(&self.v6) == INTERNET_V6.size()
    }

    /// Whether at least half of the internet is in it: `0.0.0.0/0`, with or without a few exceptions.
    pub(crate) fn is_public(&self) -> bool {
        INTERNET_V4.covered_by(&self.v4) >= INTERNET_V4.size() / 2
            || INTERNET_V6.covered_by(&self.v6) >= INTERNET_V6.size() / 2
    }

    /// Whether an address is in it.
    pub(crate) fn holds(&self, address: &str) -> bool {
        parse(address).is_some_and(|(is_v6, wanted)| {
            let ranges = if is_v6 { &self.v6 } else { &self.v4 };
            ranges
                .iter()
                .any(|range| range.first <= wanted.first && wanted.last <= range.last)
        })
    }
}

/// Whether a block is a part of another one, and not all of it; `None` where one of them is no block.
pub(crate) fn is_part(part: &str, whole: &str) -> Option<bool> {
    let (part, whole) = (parse(part)?, parse(whole)?);
    let is_within = whole.1.first <= part.1.first && part.1.last <= whole.1.last;
    Some(part.0 == whole.0 && is_within && part.1 != whole.1)
}

impl Range {
    fn size(self) -> u128 {
        self.last - self.first + 1
    }

    fn without(self, hole: Self) -> Vec<Self> {
        if hole.last < self.first || self.last < hole.first {
            return vec![self];
        }
        let mut left = Vec::new();
        if self.first < hole.first {
            left.push(Self {
                first: self.first,
                last: hole.first - 1,
            });
        }
        if hole.last < self.last {
            left.push(Self {
                first: hole.last + 1,
                last: self.last,
            });
        }
        left
    }

    /// How many of its addresses the union of some ranges holds.
    fn covered_by(self, ranges: &[Self]) -> u128 {
        let mut ranges = ranges.to_vec();
        ranges.sort_unstable();
        let mut covered = 0;
        let mut from = self.first;
        for range in ranges {
            let first = range.first.max(from);
            let last = range.last.min(self.last);
            if first <= last {
                covered += last - first + 1;
                from = last + 1;
            }
        }
        covered
    }
}

/// Whether it is IPv6, and its addresses. A text without `/` is one address.
fn parse(block: &str) -> Option<(bool, Range)> {
    let block = block.trim();
    let (address, length) = match block.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (block, None),
    };
    let (value, bits) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let host_bits = bits - length.unwrap_or(bits).min(bits);
    let mask = 1_u128
        .checked_shl(host_bits)
        .map_or(u128::MAX, |bit| bit - 1);
    let range = Range {
        first: value & !mask,
        last: value | mask,
    };
    Some((bits == 128, range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_less_than_the_whole() {
        for (part, whole, expected) in [
            ("10.1.0.0/16", "10.0.0.0/8", Some(true)),
            ("2001:db8::/32", "::/0", Some(true)),
            ("10.0.0.0/8", "10.0.0.0/8", Some(false)),
            ("192.168.0.0/16", "10.0.0.0/8", Some(false)),
            ("10.0.0.0/7", "10.0.0.0/8", Some(false)),
            ("2001:db8::/32", "0.0.0.0/0", Some(false)),
            ("{{ .Values.cidr }}", "10.0.0.0/8", None),
        ] {
            assert_eq!(is_part(part, whole), expected, "{part} {whole}");
        }
    }

    fn addresses(blocks: &[(&str, &[&str])]) -> Addresses {
        let mut addresses = Addresses::default();
        for (block, except) in blocks {
            addresses.add_except(block, except.iter().copied());
        }
        addresses
    }

    #[test]
    fn two_halves_are_everything() {
        assert!(addresses(&[("0.0.0.0/0", &[])]).has_every());
        assert!(addresses(&[("128.0.0.0/1", &[]), ("0.0.0.0/1", &[])]).has_every());
        assert!(addresses(&[("::/0", &[])]).has_every());
        assert!(!addresses(&[("0.0.0.0/1", &[])]).has_every());
        assert!(!addresses(&[("0.0.0.0/0", &["10.0.0.0/8"])]).has_every());
    }

    #[test]
    fn exceptions_do_not_make_the_internet_private() {
        assert!(addresses(&[("0.0.0.0/0", &["10.0.0.0/8", "192.168.0.0/16"])]).is_public());
        assert!(!addresses(&[("10.0.0.0/8", &[]), ("203.0.113.0/24", &[])]).is_public());
        assert!(addresses(&[("2000::/3", &[])]).is_public());
        assert!(!addresses(&[("fd00::/8", &[])]).is_public());
    }

    #[test]
    fn exceptions_are_left_out() {
        let open = addresses(&[("0.0.0.0/0", &["169.254.0.0/16"])]);
        assert!(!open.holds(METADATA[0]));
        assert!(open.holds("8.8.8.8"));
        assert!(addresses(&[("169.254.169.254", &[])]).holds(METADATA[0]));
        assert!(addresses(&[("::/0", &[])]).holds(METADATA[1]));
        assert!(!addresses(&[("nonsense/99", &[])]).has_every());
    }
}
