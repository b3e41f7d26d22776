//! Numbers. Terraform counts in decimals of any length: what a binary number can't hold exactly isn't known.

use crate::model::Value;

/// The result of an operation on numbers, where the operation was exact.
pub(in crate::hcl) fn exact(result: f64, operands: &[f64]) -> Value {
    /// Multiples of this are sums and products of each other without rounding, up to the limit.
    const UNIT: f64 = 1024.0;
    const LIMIT: f64 = 8_796_093_022_208.0;
    let plain = |n: f64| (n * UNIT).fract() == 0.0 && n.abs() < LIMIT;
    if plain(result) && operands.iter().all(|n| plain(*n)) { Value::Number(result + 0.0) } else { Value::Unknown }
}

pub(super) fn call(name: &str, values: &[&Value]) -> Option<Value> {
    let numbers: Option<Vec<f64>> = values.iter().map(|value| value.as_number()).collect();
    Some(match (name, numbers.as_deref(), values) {
        ("abs", Some([n]), _) => exact(n.abs(), &[*n]),
        ("ceil", Some([n]), _) => exact(n.ceil(), &[*n]),
        ("floor", Some([n]), _) => exact(n.floor(), &[*n]),
        ("signum", Some([n]), _) => exact(if *n == 0.0 { 0.0 } else { n.signum() }, &[*n]),
        ("max", Some(all @ [first, ..]), _) => exact(all.iter().fold(*first, |a, b| a.max(*b)), all),
        ("min", Some(all @ [first, ..]), _) => exact(all.iter().fold(*first, |a, b| a.min(*b)), all),
        ("sum", _, [Value::List(items)]) if !items.is_empty() => {
            let numbers: Option<Vec<f64>> = items.iter().map(|item| item.value.as_number()).collect();
            numbers.map_or(Value::Unknown, |numbers| exact(numbers.iter().sum(), &numbers))
        }
        ("parseint", _, [text, base]) => {
            let base = super::whole(base).filter(|base| (2..=36).contains(base));
            let text = super::key(text);
            let n = base.zip(text).and_then(|(base, text)| i64::from_str_radix(&text, base as u32).ok());
            n.map_or(Value::Unknown, |n| exact(n as f64, &[]))
        }
        ("abs" | "ceil" | "floor" | "signum" | "max" | "min" | "sum" | "parseint", ..) => Value::Unknown,
        _ => return None,
    })
}
