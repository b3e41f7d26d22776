//! Says that the pages are part of the program (`include_dir!` alone doesn't notice when one changes), and compresses the
//! tables of IAM.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=fixes");
    compress("src/iam/actions/table.json", "actions.z")?;
    compress("src/iam/scope/managed.json", "managed.z")
}

fn compress(source: &str, name: &str) -> std::io::Result<()> {
    println!("cargo::rerun-if-changed={source}");
    let folder = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    let mut compressed = ZlibEncoder::new(Vec::new(), Compression::best());
    compressed.write_all(&fs::read(source)?)?;
    fs::write(Path::new(&folder).join(name), compressed.finish()?)
}
