//! Archives as GitHub makes them, and as nobody should.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A commit that `git archive` could have written down.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// An archive that is being written, uncompressed.
pub(crate) struct Archive(Vec<u8>);

impl Archive {
    /// As GitHub begins one: the commit, then the top directory.
    pub(crate) fn new() -> Self {
        Self::of(COMMIT)
    }

    /// The same of a commit.
    pub(crate) fn of(commit: &str) -> Self {
        let mut archive = Self(Vec::new());
        let record = format!("52 comment={commit}\n");
        archive.raw(b"pax_global_header", b'g', record.len() as u64, record.as_bytes(), b"");
        archive.raw(b"acme-orders-0123456/", b'5', 0, b"", b"");
        archive
    }

    /// A file below the top directory.
    pub(crate) fn file(mut self, path: &str, content: &str) -> Self {
        let path = format!("acme-orders-0123456/{path}");
        if path.len() > 100 {
            self.extended("path", path.as_bytes());
        }
        let name = &path.as_bytes()[..path.len().min(100)];
        self.raw(name, b'0', content.len() as u64, content.as_bytes(), b"");
        self
    }

    /// A symbolic link below the top directory.
    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.raw(format!("acme-orders-0123456/{path}").as_bytes(), b'2', 0, b"", target.as_bytes());
        self
    }

    /// Any entry: its header as given, whatever follows.
    pub(crate) fn entry(mut self, name: &[u8], flag: u8, size: u64, content: &[u8]) -> Self {
        self.raw(name, flag, size, content, b"");
        self
    }

    /// A record of an extended header for the next entry.
    pub(crate) fn extended(&mut self, key: &str, value: &[u8]) {
        let rest = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
        let length = (1..20).find(|digits| (rest.len() + digits).to_string().len() == *digits).unwrap() + rest.len();
        let record = [length.to_string().as_bytes(), &rest].concat();
        self.raw(b"acme-orders-0123456.paxheader", b'x', record.len() as u64, &record, b"");
    }

    fn raw(&mut self, name: &[u8], flag: u8, size: u64, content: &[u8], link: &[u8]) {
        let mut block = [0_u8; 512];
        block[..name.len()].copy_from_slice(name);
        block[100..107].copy_from_slice(b"0000644");
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[156] = flag;
        block[157..157 + link.len()].copy_from_slice(link);
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        self.0.extend_from_slice(&block);
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
    }

    /// Without the mark at its end, uncompressed.
    pub(crate) fn open(self) -> Vec<u8> {
        self.0
    }

    /// Finished and compressed.
    pub(crate) fn gz(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        gzip(&self.0)
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
