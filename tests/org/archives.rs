//! What is unpacked of archives, and what of hostile ones is not.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use terramend::org::content::{Content, ContentError, Limits, extract};

use crate::support::github::tar::{Archive, COMMIT, gzip};

const QUEUE: &str = "resource \"aws_sqs_queue\" \"orders\" {\n  name = \"orders\"\n}\n";

fn unpack(bytes: &[u8]) -> Result<Content, ContentError> {
    extract(bytes, &Limits::default())
}

fn error(bytes: &[u8]) -> String {
    unpack(bytes).unwrap_err().to_string()
}

/// The files by their paths, links as what they lead to.
fn files(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                assert!(!path.is_symlink(), "{}", path.display());
                directories.push(path);
            } else {
                assert!(path.canonicalize().unwrap().starts_with(root.canonicalize().unwrap()), "{}", path.display());
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn what_matters_of_an_archive_of_git_is_kept_byte_for_byte() {
    let scratch = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let output = Command::new("git").current_dir(scratch.path()).args(author).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let long = format!("{}/main.tf", ["a-directory-with-a-long-name"; 12].join("/"));
    let kept = [
        ("main.tf", QUEUE),
        (long.as_str(), QUEUE),
        ("größe/ü.tf", "\u{feff}# é\r\n"),
        ("src/handler.py", "import boto3\n"),
        (".terramend.hcl", "profile = \"strict\"\n"),
        (".gitignore", "build/\n"),
        ("empty.tf", ""),
    ];
    let left = [("logo.png", "x"), ("web/node_modules/a/b.json", "{}"), (".terraform/x/main.tf", QUEUE)];
    for (path, text) in kept.iter().chain(&left) {
        let path = scratch.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    git(&["init", "-q"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("../main.tf", scratch.path().join("src/shared.tf")).unwrap();
    git(&["add", "-A", "-f"]);
    git(&["update-index", "--chmod=+x", "src/handler.py"]);
    git(&["commit", "-qm", "x"]);
    let archive = git(&["archive", "--format=tar.gz", "--prefix=acme-orders-0123456/", "HEAD"]);
    let content = unpack(&archive).unwrap();
    let mut expected: BTreeMap<String, String> = kept.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    if cfg!(unix) {
        expected.insert("src/shared.tf".into(), QUEUE.into());
    }
    assert_eq!(files(content.root()), expected);
    let commit = String::from_utf8(git(&["rev-parse", "HEAD"])).unwrap();
    assert_eq!(content.commit.as_deref(), Some(commit.trim()));
    assert_eq!((content.files, content.diagnostics.len()), (kept.len(), 0));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| fs::metadata(content.root().join(path)).unwrap().permissions().mode() & 0o111;
        assert!(mode("src/handler.py") != 0 && mode("main.tf") == 0);
    }
    let root = content.root().to_owned();
    drop(content);
    assert!(!root.exists(), "nothing stays");
}

#[test]
fn a_name_that_leads_out_gives_the_archive_up() {
    let mut by_header = Archive::new();
    by_header.extended("path", b"acme-orders-0123456/../../escaped.tf");
    for archive in [
        Archive::new().entry(b"acme-orders-0123456/../../escaped.tf", b'0', 3, b"x\n\n"),
        Archive::new().entry(b"/tmp/escaped.tf", b'0', 3, b"x\n\n"),
        Archive::new().entry(b"../escaped.tf", b'0', 3, b"x\n\n"),
        Archive::new().entry(b"acme-orders-0123456/a/..", b'2', 0, b""),
        by_header.entry(b"acme-orders-0123456/fine.tf", b'0', 3, b"x\n\n"),
        Archive::new().entry(b"acme-orders-0123456/long", b'L', 14, b"../escaped.tf\0").file("a.tf", "x"),
    ] {
        let result = unpack(&archive.file("main.tf", QUEUE).gz());
        assert!(matches!(result, Err(ContentError::Outside(_))), "{result:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_lead_to_kept_files_only() {
    let archive = Archive::new()
        .link("a/passwd.tf", "../../../../etc/passwd")
        .link("root.tf", "/etc/passwd")
        .link("up", "..")
        .file("up/written.tf", "x")
        .link("sly.tf", "up/../etc/passwd")
        .link("loop.tf", "loop.tf")
        .link("shared.tf", "a/main.tf")
        .link("src/notes.txt", "/etc/passwd")
        .file("a/main.tf", QUEUE);
    let content = unpack(&archive.gz()).unwrap();
    let names: Vec<_> = files(content.root()).into_keys().collect();
    assert_eq!(names, ["a/main.tf", "shared.tf", "up/written.tf"]);
    let said: Vec<_> = content.diagnostics.iter().map(|d| format!("{}: {}", d.file, d.message)).collect();
    assert_eq!(
        said,
        [
            "a/passwd.tf: a symbolic link leads out of the repository: not read",
            "loop.tf: a symbolic link leads to no file of the repository: not read",
            "root.tf: a symbolic link leads out of the repository: not read",
            "sly.tf: a symbolic link leads out of the repository: not read",
        ],
        "and links that would not have been judged are left out silently"
    );
}

#[test]
fn names_that_come_twice_give_the_archive_up() {
    for archive in [
        Archive::new().file("a.tf", "x").file("a.tf", "y"),
        Archive::new().file("a.tf", "x").file("./a.tf", "y"),
        Archive::new().file("a.tf", "x").file("a.tf/b.tf", "y"),
        Archive::new().file("a.tf/b.tf", "x").file("a.tf", "y"),
        Archive::new().link("a.tf", "b.tf").link("a.tf", "c.tf"),
        Archive::new().link("a.tf", "b.tf").file("b.tf", "x").file("a.tf", "y"),
    ] {
        let result = unpack(&archive.gz());
        assert!(matches!(result, Err(ContentError::Twice(_))) || cfg!(not(unix)), "{result:?}");
    }
}

#[test]
fn bombs_cost_little() {
    // 4 GiB of zeros, which a thousandth is sent of.
    struct Zeros;
    impl Read for Zeros {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(0);
            Ok(buffer.len())
        }
    }
    let header = Archive::new().entry(b"acme-orders-0123456/zeros.bin", b'0', 4 << 30, b"").open();
    let bomb = flate2::read::GzEncoder::new(header.chain(Zeros).take(4 << 30), flate2::Compression::fast());
    let result = extract(bomb, &Limits::default()).unwrap_err().to_string();
    assert!(result.contains("a bomb") && result.contains("the limit is 200 times"), "{result}");
    // A name of a gigabyte.
    let long = Archive::new().entry(b"acme-orders-0123456/long", b'L', 1 << 30, b"").open();
    let bomb = flate2::read::GzEncoder::new(long.chain(Zeros).take(2 << 30), flate2::Compression::fast());
    let result = extract(bomb, &Limits::default()).unwrap_err().to_string();
    assert!(result.contains("a name or header of 1073741824 bytes"), "{result}");
}

#[test]
fn everything_is_limited() {
    let many = |n: usize| (0..n).fold(Archive::new(), |archive, i| archive.file(&format!("d{i}/main.tf"), QUEUE)).gz();
    let limits = Limits { files: 10, ..Limits::default() };
    assert_eq!(extract(many(10).as_slice(), &limits).unwrap().files, 10);
    let with = |limits: Limits| extract(many(11).as_slice(), &limits).unwrap_err().to_string();
    for (limits, said) in [
        (limits, "too many files (the limit is 10)"),
        (Limits { entries: 10, ..Limits::default() }, "too many entries (the limit is 10)"),
        (Limits { kept: 600, ..Limits::default() }, "more configuration and code than is kept"),
        (Limits { unpacked: 4096, ..Limits::default() }, "more content than is unpacked"),
        (Limits { sent: 100, ..Limits::default() }, "more bytes than may be sent"),
    ] {
        let error = with(limits);
        assert!(error.contains(said) && error.contains("hint: "), "{error}");
    }
}

#[test]
fn a_file_that_is_too_large_is_left_and_said() {
    // It announces a gigabyte and holds as much as fits.
    let archive = Archive::new().file("main.tf", QUEUE).entry(b"acme-orders-0123456/huge.tf", b'0', 1 << 30, b"");
    assert!(error(&archive.gz()).contains("it ends within an entry"));
    let content = vec![b' '; 17 << 20];
    let archive = Archive::new()
        .entry(b"acme-orders-0123456/huge.tf", b'0', content.len() as u64, &content)
        .entry(b"acme-orders-0123456/huge.json", b'0', content.len() as u64, &content)
        .file("main.tf", QUEUE);
    let content = unpack(&archive.gz()).unwrap();
    assert_eq!(files(content.root()).into_keys().collect::<Vec<_>>(), ["main.tf"]);
    assert_eq!(content.diagnostics.len(), 1, "data may be as large as it likes: {:?}", content.diagnostics);
    assert_eq!(content.diagnostics[0].message, "17 MiB is too large: not read");
}

#[test]
fn names_that_nobody_should_give_are_left_and_shown_harmlessly() {
    let deep = format!("{}main.tf", "d/".repeat(5000));
    let archive = Archive::new()
        .file("red\u{1b}[31m.tf", QUEUE)
        .file("line\nbreak.tf", QUEUE)
        .file("exe\u{202e}ft.tf", QUEUE)
        .file("a\\..\\b.tf", QUEUE)
        .entry(b"acme-orders-0123456/\xff\xfe.tf", b'0', 1, b"x")
        .file("icon\r.png", "x")
        .file(&deep, QUEUE)
        .file(&format!("{}main.tf", "d/".repeat(70)), QUEUE)
        .file("main.tf", QUEUE);
    let content = unpack(&archive.gz()).unwrap();
    assert_eq!(files(content.root()).into_keys().collect::<Vec<_>>(), ["main.tf"]);
    assert_eq!(content.diagnostics.len(), 7, "{:?}", content.diagnostics);
    for diagnostic in &content.diagnostics {
        let plain = |c: char| !c.is_control() && c != '\u{202e}';
        assert!(diagnostic.file.chars().all(plain) && diagnostic.file.chars().count() <= 121, "{diagnostic:?}");
    }
}

#[test]
fn a_transfer_that_breaks_off_is_never_taken_for_a_whole_one() {
    let whole = Archive::new().file("main.tf", QUEUE).file("b/main.tf", QUEUE);
    let plain = whole.open();
    for length in (0..=plain.len()).step_by(64) {
        assert!(matches!(unpack(&gzip(&plain[..length])), Err(ContentError::Damaged(_))), "{length}");
    }
    let sent = Archive::new().file("main.tf", QUEUE).gz();
    for length in 0..sent.len() - 8 {
        // The end mark may be there before the last bytes of the compression are.
        if let Ok(content) = unpack(&sent[..length]) {
            assert_eq!(content.files, 1, "{length}");
        }
    }
    for (bytes, said) in
        [(&b"<html>502 Bad Gateway</html>"[..], "damaged"), (b"PK\x03\x04zip", "damaged"), (b"", "broke off")]
    {
        let error = error(bytes);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn what_is_no_file_is_never_made() {
    let mut archive = Archive::new();
    for (i, flag) in [b'1', b'3', b'4', b'6', b'S', b'M'].into_iter().enumerate() {
        archive = archive.entry(format!("acme-orders-0123456/special{i}.tf").as_bytes(), flag, 0, b"");
    }
    let content = unpack(&archive.file("main.tf", QUEUE).gz()).unwrap();
    assert_eq!(files(content.root()).into_keys().collect::<Vec<_>>(), ["main.tf"]);
    assert_eq!(content.diagnostics.len(), 6);
    assert_eq!(content.commit.as_deref(), Some(COMMIT));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is changed in an archive: no panic, and nothing but regular files and links among them.
    #[test]
    fn damaged_archives_are_contained(changes in prop::collection::vec((0_usize..4096, any::<u8>()), 1..40)) {
        let mut bytes = Archive::new().file("a/main.tf", QUEUE).link("b.tf", "a/main.tf").file("c.json", "{}").open();
        bytes.resize(bytes.len() + 1024, 0);
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        // Checksums are mended, else nothing behind them would be reached.
        for block in bytes.chunks_mut(512) {
            if &block[257..262] == b"ustar" {
                block[148..156].fill(b' ');
                let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
                block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            }
        }
        if let Ok(content) = unpack(&gzip(&bytes)) {
            prop_assert!(files_are_inside(content.root()));
        }
    }
}

fn files_are_inside(root: &Path) -> bool {
    let root = root.canonicalize().unwrap();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            match path.canonicalize() {
                Ok(real) if real.starts_with(&root) => {}
                _ => return false,
            }
            if path.is_dir() {
                directories.push(path);
            }
        }
    }
    true
}
