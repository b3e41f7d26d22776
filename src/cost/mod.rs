//! What fixes cost: one table of prices, each row with the page that it comes from.
//!
//! A page names the rows that its fix costs; what an added resource costs follows from its type.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::fix::{Change, Fix};

/// A row of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars in us-east-1.
    pub usd: f64,
    /// What that is for.
    pub per: String,
    /// The page that says so.
    pub source: String,
    /// The year and month for which the figure is known.
    pub date: String,
    /// Resource types whose addition costs this.
    #[serde(default)]
    pub added: Vec<String>,
}

/// What a fix costs, as it is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// The row of the table.
    pub price: &'static str,
    /// US dollars in us-east-1.
    pub usd: f64,
    /// What that is for.
    pub per: &'static str,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "US$ {} for each {}", amount(self.usd), self.per)
    }
}

/// Cents are written out.
fn amount(usd: f64) -> String {
    let text = usd.to_string();
    match text.split_once('.') {
        Some((_, cents)) if cents.len() == 1 => text + "0",
        _ => text,
    }
}

#[derive(Deserialize)]
struct Table {
    price: BTreeMap<String, Price>,
}

/// The table, by name.
pub fn prices() -> &'static BTreeMap<String, Price> {
    static TABLE: OnceLock<BTreeMap<String, Price>> = OnceLock::new();
    // A test reads it: it is well formed.
    TABLE.get_or_init(|| {
        hcl::from_str::<Table>(include_str!("prices.hcl")).map_or_else(|_| BTreeMap::new(), |t| t.price)
    })
}

/// What a fix costs: the rows that its page names, and those of what it adds.
pub fn of(fix: &Fix, named: &[String]) -> Vec<Cost> {
    let adds = |price: &Price| {
        fix.changes.iter().any(|change| match change {
            Change::Add { kind, .. } | Change::AddShared { kind, .. } => price.added.contains(kind),
            _ => false,
        })
    };
    let costs = prices().iter().filter(|(name, price)| named.contains(name) || adds(price));
    costs.map(|(name, price)| Cost { price: name, usd: price.usd, per: &price.per }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_figure_and_a_source() {
        assert!(prices().len() > 8);
        for (name, price) in prices() {
            assert!(price.usd > 0.0 && !price.per.is_empty(), "{name}");
            assert!(price.source.starts_with("https://aws.amazon.com/"), "{name}");
            let (year, month) = price.date.split_once('-').expect("year and month");
            assert!(year.len() == 4 && month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month)), "{name}");
        }
    }

    #[test]
    fn amounts_show_cents() {
        for (usd, text) in [(0.1, "0.10"), (1.0, "1"), (0.023, "0.023"), (5.0, "5")] {
            assert_eq!(amount(usd), text);
        }
    }
}
