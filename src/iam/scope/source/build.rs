//! Commands that build a program: what they make of which folder.

use std::path::{Path, PathBuf};

/// One `go build`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Build {
    /// The program's folder.
    pub(super) source: PathBuf,
    /// What `-o` says: the program, or the folder that it is put into.
    pub(super) output: Option<PathBuf>,
    /// Archives that the same commands pack.
    pub(super) archives: Vec<PathBuf>,
}

/// Stands for what isn't known of a command.
pub(super) const UNKNOWN: char = '\u{0}';

/// The builds in a shell's commands that are run in a directory.
pub(super) fn builds(commands: &str, directory: &Path) -> Vec<Build> {
    let mut here = Some(directory.to_owned());
    let mut found: Vec<Build> = Vec::new();
    let mut archives = Vec::new();
    for words in sentences(commands) {
        let is_assignment = |word: &String| {
            word.split_once('=')
                .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_uppercase() || b"_0123456789".contains(&b)))
        };
        let words: Vec<&str> =
            words.iter().skip_while(|word| is_assignment(word) || *word == "env").map(String::as_str).collect();
        let path =
            |word: &str| (!word.contains([UNKNOWN, '$', '`'])).then(|| here.as_ref().map(|here| here.join(word)))?;
        match words.as_slice() {
            ["cd", folder] => here = path(folder),
            ["go", "build", rest @ ..] => found.extend(build(rest, &path)),
            ["zip", rest @ ..] => {
                let archive = rest.iter().find(|word| !word.starts_with('-')).and_then(|word| path(word));
                archives.extend(archive);
            }
            ["build-lambda-zip", rest @ ..] => {
                let named = rest.iter().position(|word| matches!(*word, "-o" | "--output"));
                archives.extend(named.and_then(|at| path(rest.get(at + 1)?)));
            }
            _ => {}
        }
    }
    for build in &mut found {
        build.archives.clone_from(&archives);
    }
    found
}

fn build(words: &[&str], path: &dyn Fn(&str) -> Option<PathBuf>) -> Option<Build> {
    const TAKES: [&str; 9] =
        ["-o", "-ldflags", "-tags", "-gcflags", "-asmflags", "-mod", "-p", "-buildmode", "-modfile"];
    let mut output = None;
    let mut package = ".";
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match (*word, word.split_once('=')) {
            ("-o", _) => output = words.next().copied(),
            (_, Some(("-o", value))) => output = Some(value),
            (flag, _) if TAKES.contains(&flag) => {
                words.next();
            }
            (flag, _) if flag.starts_with('-') => {}
            (named, _) => {
                package = named;
                break;
            }
        }
    }
    let source = path(package)?;
    let source = if source.extension().is_some_and(|end| end == "go") { source.parent()?.to_owned() } else { source };
    let output = match output {
        Some(output) => Some(path(output)?),
        None => None,
    };
    Some(Build { source, output, archives: Vec::new() })
}

/// The words of each command, without quotes.
fn sentences(commands: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut word = String::new();
    let mut quote = None;
    for letter in commands.chars().chain(['\n']) {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ' | '\t' | '\n' | ';' | '&' | '|') => {
                if let (false, Some(last)) = (word.is_empty(), all.last_mut()) {
                    last.push(std::mem::take(&mut word));
                }
                if !matches!(letter, ' ' | '\t') {
                    all.push(Vec::new());
                }
            }
            _ => word.push(letter),
        }
    }
    all.retain(|words: &Vec<String>| !words.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(commands: &str) -> Build {
        let mut all = builds(commands, Path::new("/top"));
        assert_eq!(all.len(), 1, "{commands}");
        all.remove(0)
    }

    #[test]
    fn where_a_build_puts_what() {
        let path = |path: &str| Some(PathBuf::from(path));
        let made = one("cd src && GOOS=linux CGO_ENABLED=0 go build -ldflags '-s -w' -o ../bin/orders ./cmd/orders");
        assert_eq!((made.source, made.output), ("/top/src/./cmd/orders".into(), path("/top/src/../bin/orders")));
        let made = one("go build -trimpath -o=bootstrap main.go; zip -j function.zip bootstrap");
        assert_eq!((made.source, made.output), ("/top".into(), path("/top/bootstrap")));
        assert_eq!(made.archives, [PathBuf::from("/top/function.zip")]);
        assert_eq!(one("env GOARCH=arm64 go build").source, Path::new("/top/."));
    }

    #[test]
    fn what_isnt_known_is_no_build() {
        assert!(builds("go build -o $OUT ./cmd/$NAME", Path::new("/top")).is_empty());
        assert!(builds("cd \u{0} && go build -o bin/x .", Path::new("/top")).is_empty());
        assert!(builds("make build", Path::new("/top")).is_empty());
    }
}
