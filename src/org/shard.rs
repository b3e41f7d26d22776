//! Parts of an organisation for several machines: each repository belongs to one of N, always the same.

/// One of several parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

/// Parts that a matrix of GitHub Actions may have.
pub const MAX_SHARDS: u32 = 256;

impl Shard {
    /// Everything in one.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Whether it holds the repository with this id of GitHub, which never changes, also when its name does.
    pub fn holds(self, id: u64) -> bool {
        mixed(id) % u64::from(self.count) == u64::from(self.index)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no part: write 0/8 for the first of eight, 7/8 for the last");
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let shard = Self { index: index.parse().map_err(|_| wrong())?, count: count.parse().map_err(|_| wrong())? };
        if shard.index >= shard.count {
            return Err(wrong());
        }
        if shard.count > MAX_SHARDS {
            return Err(format!("{} parts are too many: a matrix has at most {MAX_SHARDS}", shard.count));
        }
        Ok(shard)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// The finaliser of `SplitMix64`: the same on every machine and in every version of the program.
fn mixed(id: u64) -> u64 {
    let mut z = id.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mixing_is_the_published_one() {
        // The first outputs of SplitMix64 with the seed 0 (Vigna's reference code).
        assert_eq!(mixed(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mixed(0x9e37_79b9_7f4a_7c15), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn every_repository_belongs_to_one_part_and_parts_are_even() {
        let mut sizes = [0_u32; 20];
        // Ids of an organisation are neither random nor dense.
        for id in (0..4000).map(|n| 700_000_000 + n * 37) {
            let holders: Vec<u32> = (0..20).filter(|index| Shard { index: *index, count: 20 }.holds(id)).collect();
            assert_eq!(holders.len(), 1, "{id}");
            sizes[holders[0] as usize] += 1;
        }
        assert!(sizes.iter().all(|size| (150..250).contains(size)), "{sizes:?}");
        assert!(Shard::WHOLE.holds(7));
    }

    #[test]
    fn parts_are_written_as_fractions() {
        assert_eq!("7/8".parse(), Ok(Shard { index: 7, count: 8 }));
        for bad in ["8/8", "1", "1/0", "-1/2", "a/b", "1/2/3", "", "0/257"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
