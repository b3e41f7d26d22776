//! Reads the tar format as a stream.
//!
//! Written here because no entry, whatever it announces, may cost memory: readers at hand take long names and extended
//! headers into memory at any length. POSIX.1-2017, "pax Interchange Format", and what GNU tar adds (long names).

use std::io::Read;

use super::{ContentError, shown};

/// The format's unit, in bytes.
const BLOCK: usize = 512;

/// Bytes of an extended header or a long name; git writes a few hundred.
const MAX_METADATA: u64 = 64 << 10;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Symlink,
    Directory,
    /// Devices, pipes, hard links: git makes none.
    Other,
}

/// An entry's header.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) kind: Kind,
    /// Bytes that follow.
    pub(super) size: u64,
    pub(super) executable: bool,
}

/// The entries of an archive, one after the other.
pub(super) struct Entries<R> {
    reader: R,
    /// Bytes of the current entry that were not read yet, and of the padding behind them.
    left: u64,
    padding: u64,
    /// The comment of the global header: git writes the commit into it.
    pub(super) comment: Option<String>,
}

/// What extended headers say about the next entry.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    comment: Option<String>,
}

fn damaged(what: impl Into<String>) -> ContentError {
    ContentError::Damaged(what.into())
}

impl<R: Read> Entries<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, left: 0, padding: 0, comment: None }
    }

    /// The next entry; nothing behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, ContentError> {
        let mut extended = Extended::default();
        loop {
            self.skip()?;
            let Some(block) = self.block()? else { return Ok(None) };
            let size = number(&block[124..136]).ok_or_else(|| damaged("an entry has no size"))?;
            self.expect(size)?;
            match block[156] {
                b'x' => records(&self.metadata(size)?, &mut extended)?,
                b'g' => {
                    let mut global = Extended::default();
                    records(&self.metadata(size)?, &mut global)?;
                    self.comment = self.comment.take().or(global.comment);
                }
                b'L' => extended.path = Some(until_zero(&self.metadata(size)?).to_vec()),
                b'K' => extended.link = Some(until_zero(&self.metadata(size)?).to_vec()),
                flag => {
                    let size = extended.size.unwrap_or(size);
                    self.expect(size)?;
                    return Ok(Some(entry(&block, flag, size, extended)));
                }
            }
        }
    }

    /// Says how much follows.
    fn expect(&mut self, size: u64) -> Result<(), ContentError> {
        let blocks = size.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| damaged("an entry has no end"))?;
        (self.left, self.padding) = (size, blocks - size);
        Ok(())
    }

    /// Reads over what is left of the entry.
    fn skip(&mut self) -> Result<(), ContentError> {
        let all = self.left + self.padding;
        let over = std::io::copy(&mut (&mut self.reader).take(all), &mut std::io::sink())?;
        if over < all {
            return Err(damaged("it ends within an entry"));
        }
        (self.left, self.padding) = (0, 0);
        Ok(())
    }

    /// The next header; nothing at the end of the archive.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, ContentError> {
        let mut block = [0; BLOCK];
        let mut length = 0;
        while length < BLOCK {
            match self.reader.read(&mut block[length..])? {
                0 if length == 0 => return Err(damaged("it has no end mark: the transfer broke off")),
                0 => return Err(damaged("it ends within a header")),
                n => length += n,
            }
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum = |byte: &(usize, &u8)| u64::from(if (148..156).contains(&byte.0) { b' ' } else { *byte.1 });
        let is_right = number(&block[148..156]) == Some(block.iter().enumerate().map(|b| sum(&b)).sum());
        if is_right { Ok(Some(block)) } else { Err(damaged("a header's checksum is wrong")) }
    }

    fn metadata(&mut self, size: u64) -> Result<Vec<u8>, ContentError> {
        if size > MAX_METADATA {
            return Err(ContentError::TooMuch {
                what: format!("a name or header of {size} bytes"),
                limit: format!("{MAX_METADATA} bytes"),
                hint: "git makes no such archives: look at the repository by hand",
            });
        }
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < size {
            return Err(damaged("it ends within a header"));
        }
        Ok(bytes)
    }
}

/// The content of the current entry.
impl<R: Read> Read for Entries<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = (&mut self.reader).take(self.left).read(buffer)?;
        self.left -= read as u64;
        Ok(read)
    }
}

fn entry(block: &[u8; BLOCK], flag: u8, size: u64, extended: Extended) -> Entry {
    let name = until_zero(&block[..100]);
    let prefix = if &block[257..263] == b"ustar\0" { until_zero(&block[345..500]) } else { b"" };
    let short = if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() };
    let path = extended.path.unwrap_or(short);
    let kind = match flag {
        b'0' | 0 if path.ends_with(b"/") => Kind::Directory,
        b'0' | b'7' | 0 => Kind::File,
        b'2' => Kind::Symlink,
        b'5' => Kind::Directory,
        _ => Kind::Other,
    };
    Entry {
        path,
        link: extended.link.unwrap_or_else(|| until_zero(&block[157..257]).to_vec()),
        kind,
        size,
        executable: number(&block[100..108]).is_some_and(|mode| mode & 0o100 != 0),
    }
}

/// `LENGTH KEY=VALUE\n`, where the length counts all of it.
fn records(mut bytes: &[u8], extended: &mut Extended) -> Result<(), ContentError> {
    let wrong = || damaged("an extended header can't be read");
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
        let length = std::str::from_utf8(&bytes[..space]).ok().and_then(|text| text.parse::<usize>().ok());
        let record = length.and_then(|length| bytes.get(space + 1..length)).ok_or_else(wrong)?;
        bytes = &bytes[length.unwrap_or_default()..];
        let record = record.strip_suffix(b"\n").ok_or_else(wrong)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        match key {
            b"path" => extended.path = Some(value.to_vec()),
            b"linkpath" => extended.link = Some(value.to_vec()),
            b"size" => {
                let size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                extended.size = Some(size.ok_or_else(wrong)?);
            }
            b"comment" => extended.comment = Some(shown(value)),
            _ => {}
        }
    }
    Ok(())
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// An octal number; or a binary one, where the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        // Seven bits of the first byte count, and what doesn't fit into 64 bits is no size.
        let digits = [&[field[0] & 0x7f], &field[1..]].concat();
        return digits.iter().try_fold(0_u64, |n, byte| Some(n.checked_mul(256)? + u64::from(*byte)));
    }
    let text = std::str::from_utf8(until_zero(field)).ok()?.trim();
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b" 644 \0\0\0"), Some(0o644));
        assert_eq!(number(b"\0\0\0\0\0\0\0\0"), Some(0));
        assert_eq!(number(b"9\0\0\0\0\0\0\0"), None);
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]), Some(2 << 32));
        assert_eq!(number(&[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None, "more than 64 bits");
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 9]), Some(9));
        assert_eq!(number(&[0xff; 12]), None, "negative");
    }

    #[test]
    fn records_are_read_or_refused() {
        let mut extended = Extended::default();
        records(b"12 path=a b\n13 size=1234\n", &mut extended).unwrap();
        assert_eq!((extended.path.as_deref(), extended.size), (Some(&b"a b"[..]), Some(1234)));
        for bad in
            [&b"12 path=a b"[..], b"0 \n", b"3 x", b"99 path=a\n", b"7 path\n", b"x", b"18446744073709551616 a=b\n"]
        {
            assert!(records(bad, &mut Extended::default()).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
