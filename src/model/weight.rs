//! How much a value holds. Values that are made of each other grow without end in a few lines
//! (`b = "${local.a}${local.a}"`, and so on), so that somebody has to count.

use super::Value;

/// Bytes of text that weigh as much as a value.
const TEXT: usize = 64;

/// All that values of a project may weigh that were made of others: some 128 MiB. The largest repository that this was
/// tried on has a fortieth of it.
pub const MOST: usize = 1 << 21;

/// The arguments of a function that puts one text into another are not longer than this: 64 KiB.
pub const LONG: usize = 1 << 10;

/// The values in a value, itself among them; so many bytes of text count as one.
pub fn of(value: &Value) -> usize {
    1 + match value {
        Value::String(text) => text.len() / TEXT,
        Value::List(nodes) | Value::Text(nodes) | Value::AtLeast(nodes) | Value::Either(nodes) => {
            nodes.iter().map(|node| of(&node.value)).sum()
        }
        Value::Map(body) => body.entries.iter().map(|entry| of(&entry.node.value)).sum(),
        Value::Json(node) => of(&node.value),
        _ => 0,
    }
}
