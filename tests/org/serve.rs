//! A GitHub to try the program on by hand:
//!
//! ```sh
//! TERRAMEND_SERVE=12 cargo test --test org serve -- --nocapture   # so many repositories; ends with its input
//! ```

use crate::support::organisation::{TOKEN, add, content, hostile, server};

/// Not a test of its own: serves until its input ends.
#[test]
fn an_organisation_for_people() {
    let Some(count) = std::env::var("TERRAMEND_SERVE").ok().and_then(|text| text.parse::<usize>().ok()) else { return };
    let server = server();
    for i in 0..count {
        add(&mut server.state(), &format!("acme/svc-{i:04}"), &content(i));
    }
    add(&mut server.state(), "acme/website", &[("index.html".into(), "<p>".into())]);
    add(&mut server.state(), "acme/security", &[("README.md".into(), "# us\n".into())]);
    hostile(&mut server.state());
    println!("export GITHUB_API_URL={} GITHUB_TOKEN={TOKEN}", server.url);
    let mut input = String::new();
    while std::io::stdin().read_line(&mut input).is_ok_and(|read| read > 0) {}
}
