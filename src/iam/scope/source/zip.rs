//! Committed zip archives, read for their code only and within limits: nothing is unpacked to disk.

use std::io::Read as _;
use std::path::Path;

use flate2::{Crc, read::DeflateDecoder};

use super::folder::{MAX_FILE, MAX_TOTAL, may_be_code};
use crate::iam::usage::{Content, SourceSet};

/// Lambda takes no larger zip by upload; a committed one is smaller.
const MAX_ARCHIVE: u64 = 64 * 1024 * 1024;
const MAX_ENTRIES: usize = 20_000;
/// Text packs some ten times; what packs more is meant to hurt.
const MAX_RATIO: u64 = 200;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

/// The code in a zip archive.
pub(super) fn read(path: &Path) -> Result<SourceSet, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let length = std::fs::metadata(path).map_err(|error| format!("{name}: {error}"))?.len();
    if length > MAX_ARCHIVE {
        return Err(format!("{name} is larger than {} MiB", MAX_ARCHIVE / 1024 / 1024));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("{name}: {error}"))?;
    code(&bytes).map_err(|reason| format!("{name}: {reason}"))
}

/// The code in the bytes of a zip archive.
fn code(bytes: &[u8]) -> Result<SourceSet, String> {
    let (mut at, count) = directory(bytes)?;
    let mut set = SourceSet::default();
    let mut total = 0;
    for _ in 0..count {
        let entry = Entry::at(bytes, at)?;
        at = entry.next;
        if entry.name.ends_with('/') || !may_be_code(&entry.name) || entry.name.contains("node_modules/") {
            continue;
        }
        if !is_safe(&entry.name) {
            return Err(format!("it has an entry that leads out of it: {}", entry.name));
        }
        if entry.size > MAX_FILE {
            continue;
        }
        total += entry.size;
        if total > MAX_TOTAL {
            return Err("it unpacks to too much".into());
        }
        let name = entry.name.clone();
        if set.files.insert(name.clone(), entry.content(bytes)?).is_some() {
            return Err(format!("it has {name} twice"));
        }
    }
    Ok(set)
}

/// Where the central directory begins, and how many entries it has.
fn directory(bytes: &[u8]) -> Result<(usize, usize), String> {
    let no_zip = "it is no zip archive";
    let from = bytes.len().saturating_sub(65_557);
    let tail = &bytes[from..];
    let end = tail.windows(END.len()).rposition(|window| window == END).ok_or(no_zip)? + from;
    let count = usize::from(u16_at(bytes, end + 10).ok_or(no_zip)?);
    let start = u32_at(bytes, end + 16).ok_or(no_zip)?;
    if count == 0xffff || start == u32::MAX {
        return Err("it is a zip64 archive".into());
    }
    if count > MAX_ENTRIES {
        return Err("it has too many entries".into());
    }
    Ok((start as usize, count))
}

struct Entry {
    name: String,
    method: u16,
    encrypted: bool,
    crc: u32,
    packed: usize,
    size: u64,
    /// Offset of the local header.
    local: usize,
    /// Offset of the next entry.
    next: usize,
}

impl Entry {
    fn at(bytes: &[u8], at: usize) -> Result<Self, String> {
        let broken = "its directory is broken";
        if bytes.get(at..at + 4) != Some(ENTRY) {
            return Err(broken.into());
        }
        let short = |offset| u16_at(bytes, at + offset).ok_or(broken);
        let long = |offset| u32_at(bytes, at + offset).ok_or(broken);
        let (name, extra, comment) = (usize::from(short(28)?), usize::from(short(30)?), usize::from(short(32)?));
        let text = bytes.get(at + 46..at + 46 + name).ok_or(broken)?;
        Ok(Self {
            name: String::from_utf8_lossy(text).into_owned(),
            method: short(10)?,
            encrypted: short(8)? & 1 == 1,
            crc: long(16)?,
            packed: long(20)? as usize,
            size: u64::from(long(24)?),
            local: long(42)? as usize,
            next: at + 46 + name + extra + comment,
        })
    }

    /// What is packed here, to be unpacked when it is asked for.
    fn content(self, bytes: &[u8]) -> Result<Content, String> {
        let broken = || format!("{} is broken", self.name);
        if self.encrypted {
            return Err(format!("{} is encrypted", self.name));
        }
        if bytes.get(self.local..self.local + 4) != Some(LOCAL) {
            return Err(broken());
        }
        let header = |offset| u16_at(bytes, self.local + offset).map(usize::from).ok_or_else(broken);
        let start = self.local + 30 + header(26)? + header(28)?;
        let packed = bytes.get(start..start + self.packed).ok_or_else(broken)?;
        if self.size > MAX_RATIO * (self.packed as u64).max(1) {
            return Err(format!("{} unpacks to more than {MAX_RATIO} times its size", self.name));
        }
        if ![STORED, DEFLATED].contains(&self.method) {
            return Err(format!("{} is packed by method {}", self.name, self.method));
        }
        let (sum, packed) = (u64::from(self.crc) << 32 | self.size, packed.to_vec());
        Ok(Content::packed(sum, move || self.unpacked(&packed)))
    }

    fn unpacked(&self, packed: &[u8]) -> Result<Vec<u8>, String> {
        let broken = || format!("{} is broken", self.name);
        let mut content = Vec::with_capacity(self.size as usize);
        if self.method == STORED {
            content.extend_from_slice(packed);
        } else {
            // What the header says isn't believed: no more is unpacked than it says.
            let mut limited = DeflateDecoder::new(packed).take(self.size + 1);
            limited.read_to_end(&mut content).map_err(|_| broken())?;
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() as u64 != self.size || crc.sum() != self.crc {
            return Err(broken());
        }
        Ok(content)
    }
}

/// Whether a name stays in the archive.
fn is_safe(name: &str) -> bool {
    !name.starts_with('/') && !name.contains(['\\', '\0', ':']) && name.split('/').all(|part| part != "..")
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;

    use super::*;

    /// An archive; each entry is a name, its content, and the size that its header says.
    fn archive(entries: &[(&str, &[u8], u32)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut directory = Vec::new();
        for (name, content, size) in entries {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(content).unwrap();
            let packed = encoder.finish().unwrap();
            let mut crc = Crc::new();
            crc.update(content);
            let mut fields = Vec::new();
            for short in [20u16, 0, 8, 0, 0] {
                fields.extend(short.to_le_bytes());
            }
            for long in [crc.sum(), packed.len() as u32, *size] {
                fields.extend(long.to_le_bytes());
            }
            fields.extend((name.len() as u16).to_le_bytes());
            fields.extend(0u16.to_le_bytes());
            let local = bytes.len() as u32;
            bytes.extend(LOCAL.iter().chain(&fields).copied());
            bytes.extend(name.bytes().chain(packed));
            directory.extend(ENTRY.iter().copied().chain(20u16.to_le_bytes()).chain(fields));
            directory.extend([0; 10]);
            directory.extend(local.to_le_bytes().into_iter().chain(name.bytes()));
        }
        let start = bytes.len() as u32;
        let count = (entries.len() as u16).to_le_bytes();
        bytes.extend(&directory);
        bytes.extend(END.iter().copied().chain([0; 4]).chain(count).chain(count));
        bytes.extend((directory.len() as u32).to_le_bytes().into_iter().chain(start.to_le_bytes()).chain([0; 2]));
        bytes
    }

    /// An archive of which all is asked for.
    fn whole(bytes: &[u8]) -> Result<(), String> {
        let set = code(bytes)?;
        set.files.values().try_for_each(|content| content.bytes().map(|_| ()).map_err(str::to_owned))
    }

    #[test]
    fn code_is_read_and_nothing_else() {
        let text = b"import boto3\n";
        let set = code(&archive(&[("app.py", text, text.len() as u32), ("picture.png", b"x", 1)])).unwrap();
        assert_eq!(set.files.keys().collect::<Vec<_>>(), ["app.py"]);
        assert_eq!(set.files["app.py"].bytes(), Ok(&text[..]));
    }

    #[test]
    fn what_means_harm_is_refused() {
        let bomb = vec![b' '; 1024 * 1024];
        for (bytes, reason) in [
            (archive(&[("../app.py", b"x", 1)]), "leads out"),
            (archive(&[("/app.py", b"x", 1)]), "leads out"),
            (archive(&[("a\\..\\app.py", b"x", 1)]), "leads out"),
            (archive(&[("app.py", &bomb, bomb.len() as u32)]), "200 times"),
            (archive(&[("app.py", &bomb, 10)]), "is broken"),
            (archive(&[("app.py", b"x", 1), ("app.py", b"y", 1)]), "twice"),
            (b"PK\x05\x06".to_vec(), "no zip"),
            (b"no archive".to_vec(), "no zip"),
        ] {
            let error = whole(&bytes).unwrap_err();
            assert!(error.contains(reason), "{error}: {reason}");
        }
        let good = archive(&[("app.py", b"x = 1", 5)]);
        for length in 0..good.len() {
            let _ = whole(&good[..length]);
        }
        for i in 0..good.len() {
            let mut bad = good.clone();
            bad[i] ^= 0xff;
            let _ = whole(&bad);
        }
    }
}
