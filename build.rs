//! Says that the pages are part of the program (`include_dir!` alone doesn't notice when one changes), and compresses the
//! table of actions.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=fixes");
    println!("cargo::rerun-if-changed=src/iam/actions/table.json");
    let folder = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    let mut compressed = ZlibEncoder::new(Vec::new(), Compression::best());
    compressed.write_all(&fs::read("src/iam/actions/table.json")?)?;
    fs::write(Path::new(&folder).join("actions.z"), compressed.finish()?)
}
