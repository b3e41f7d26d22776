//! One page that needs no network: the data as JSON, and a script that shows it.

use super::Report;

const PAGE: &str = include_str!("page.html");

/// Where the data goes.
const PLACE: &str = "\"DATA\"";

/// The page.
pub fn html(report: &Report) -> Result<String, serde_json::Error> {
    let (before, after) = PAGE.split_once(PLACE).unwrap_or((PAGE, ""));
    Ok([before, &harmless(&serde_json::to_string(report)?), after].concat())
}

/// JSON in which nothing ends the element that it stands in.
fn harmless(json: &str) -> String {
    json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_one_place_for_data_and_loads_nothing() {
        assert_eq!(PAGE.matches(PLACE).count(), 1);
        for part in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!PAGE.contains(part), "{part}");
        }
        assert_eq!(harmless("{\"a\":\"</script>\"}"), "{\"a\":\"\\u003c/script\\u003e\"}");
    }
}
