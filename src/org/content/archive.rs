//! From the bytes that are sent to files on disk, within the limits.

use std::cell::Cell;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use flate2::read::GzDecoder;

use super::extract::Extraction;
use super::tar::Entries;
use super::{Content, ContentError, Limits, RATIO_FREE};

/// Unpacks a `.tar.gz` as GitHub sends it, everything below one top directory, into a directory of its own among the
/// system's temporary ones.
pub fn extract(sent: impl Read, limits: &Limits) -> Result<Content, ContentError> {
    extract_in(sent, limits, &std::env::temp_dir())
}

/// The same, into a directory of its own in `parent`.
pub fn extract_in(sent: impl Read, limits: &Limits, parent: &Path) -> Result<Content, ContentError> {
    let count = Rc::new(Cell::new(0));
    let sent = Counted { reader: sent, count: Rc::clone(&count), most: limits.sent };
    let unpacked = Unpacked { reader: GzDecoder::new(sent), sent: count, count: 0, limits: *limits };
    let mut entries = Entries::new(unpacked);
    let mut extraction = Extraction::new(limits, parent)?;
    while let Some(entry) = entries.next().map_err(cause)? {
        extraction.take(&entry, &mut entries).map_err(cause)?;
    }
    extraction.finish(entries.comment)
}

/// The limit that a reader ran into, out of the error of reading.
fn cause(error: ContentError) -> ContentError {
    let ContentError::Io(error) = error else { return error };
    match error.downcast::<ContentError>() {
        Ok(inner) => inner,
        // The decoder's own complaints.
        Err(error) if matches!(error.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData) => {
            ContentError::Damaged(error.to_string())
        }
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ContentError::Damaged("the transfer broke off".into())
        }
        Err(error) => ContentError::Io(error),
    }
}

fn too_much(what: String, limit: u64) -> std::io::Error {
    std::io::Error::other(ContentError::TooMuch {
        what,
        limit: format!("{} MiB", limit >> 20),
        hint: "clone the repository and run `terramend pr` in it",
    })
}

/// Counts the bytes that are sent.
struct Counted<R> {
    reader: R,
    count: Rc<Cell<u64>>,
    most: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        if self.count.get() > self.most {
            return Err(too_much("more bytes than may be sent".into(), self.most));
        }
        Ok(read)
    }
}

/// Counts the bytes that come out of the decoder.
struct Unpacked<R> {
    reader: R,
    sent: Rc<Cell<u64>>,
    count: u64,
    limits: Limits,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.count += read as u64;
        let ratio = self.count / self.sent.get().max(1);
        if self.count > RATIO_FREE && ratio > self.limits.ratio {
            let limits = self.limits.ratio;
            return Err(std::io::Error::other(ContentError::TooMuch {
                what: format!("content that is {ratio} times as large as what was sent: a bomb"),
                limit: format!("{limits} times"),
                hint: "look at the repository by hand",
            }));
        }
        if self.count > self.limits.unpacked {
            return Err(too_much("more content than is unpacked".into(), self.limits.unpacked));
        }
        Ok(read)
    }
}
