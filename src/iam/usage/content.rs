//! The content of a file of a function's source.

use std::sync::{Arc, LazyLock};

/// The bytes of a file, or what unpacks them when they are asked for: of most packages only some files are read.
#[derive(Clone)]
pub struct Content(Arc<Held>);

enum Held {
    Bytes(Box<[u8]>),
    Packed { sum: u64, bytes: LazyLock<Unpacked, Box<dyn FnOnce() -> Unpacked + Send>> },
}

type Unpacked = Result<Vec<u8>, String>;

impl Content {
    /// A file in an archive; `sum` is the same for the same bytes only.
    pub fn packed(sum: u64, unpack: impl FnOnce() -> Result<Vec<u8>, String> + Send + 'static) -> Self {
        Self(Arc::new(Held::Packed { sum, bytes: LazyLock::new(Box::new(unpack)) }))
    }

    /// The bytes.
    ///
    /// # Errors
    ///
    /// When the archive is broken there.
    pub fn bytes(&self) -> Result<&[u8], &str> {
        match &*self.0 {
            Held::Bytes(bytes) => Ok(bytes),
            Held::Packed { bytes, .. } => bytes.as_ref().map(Vec::as_slice).map_err(String::as_str),
        }
    }
}

impl<B: Into<Box<[u8]>>> From<B> for Content {
    fn from(bytes: B) -> Self {
        Self(Arc::new(Held::Bytes(bytes.into())))
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        match (&*self.0, &*other.0) {
            (Held::Packed { sum, .. }, Held::Packed { sum: other, .. }) => sum == other,
            _ => self.bytes() == other.bytes(),
        }
    }
}

impl Eq for Content {}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.0 {
            Held::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Held::Packed { sum, .. } => write!(f, "packed, {sum:x}"),
        }
    }
}
