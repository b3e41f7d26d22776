//! What is wrong with the input, said so that the reader can mend it.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Part of the input could not be analysed. The exit code says so.
    Error,
    /// The reader should know; everything was analysed.
    Warning,
}

/// A message about a file or directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Relative to the scanned directory.
    pub file: String,
    /// From 1; absent where the whole file is meant.
    pub line: Option<usize>,
    /// From 1, in characters.
    pub column: Option<usize>,
    /// How bad it is.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Diagnostic {
    /// An error about a whole file.
    pub fn error(file: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: None,
            column: None,
            level: Level::Error,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.level = Level::Warning;
        self
    }

    /// The same at a place.
    #[must_use]
    pub fn at(mut self, position: crate::source::Position) -> Self {
        self.line = Some(position.line);
        self.column = Some(position.column);
        self
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.level {
            Level::Error => "error: ",
            Level::Warning => "warning: ",
        })?;
        f.write_str(&self.file)?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        if !self.hint.is_empty() {
            write!(f, "\n  hint: {}", self.hint)?;
        }
        Ok(())
    }
}
