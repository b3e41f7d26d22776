//! Where the binary comes from.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::runner::{Runner, Step};
use crate::support::QUEUE;

/// A copy of the action with these checksums.
fn action(runner: &Runner, checksums: &str) -> std::path::PathBuf {
    let directory = runner.scratch.path("the action");
    fs::create_dir_all(directory.join("action")).unwrap();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("action");
    for entry in fs::read_dir(own).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, directory.join("action").join(path.file_name().unwrap())).unwrap();
    }
    fs::write(directory.join("action/checksums.txt"), checksums).unwrap();
    fs::write(directory.join("Cargo.toml"), "[package]\nname = \"terramend\"\nversion = \"1.2.3\"\n").unwrap();
    directory
}

/// A runner on Linux that has a release to download: an archive with a terramend that is the real one.
fn with_release(checksum: Option<&str>) -> Runner {
    let runner = Runner::with(&[("main.tf", QUEUE)]);
    let real = env!("CARGO_BIN_EXE_terramend");
    let runner = runner.program("pack/terramend", &format!("exec '{real}' \"$@\"\n"));
    let archive = runner.scratch.path("runner/release.tar.gz");
    let tar = std::process::Command::new("tar")
        .args(["-czf", archive.to_str().unwrap(), "-C", runner.scratch.path("bin/pack").to_str().unwrap(), "."])
        .status();
    assert!(tar.unwrap().success());
    let sum = std::process::Command::new("sha256sum").arg(&archive).output().unwrap();
    let real_sum = String::from_utf8(sum.stdout).unwrap()[..64].to_owned();
    let sum = checksum.map_or(real_sum, str::to_owned);
    let list = format!("# about\n# version 1.2.3\n{sum}  terramend-x86_64-unknown-linux-musl.tar.gz\n");
    let directory = action(&runner, &list);
    let answers = format!(
        "case \"$url\" in https://github.com/acme/terramend/releases/download/v1.2.3/terramend-x86_64-unknown-linux-musl.tar.gz)\n\
         cat '{}' ;; *) exit 22 ;; esac",
        archive.display()
    );
    runner
        .github(&answers)
        .action_at(&directory)
        .set("TERRAMEND_BINARY", "")
        .set("TERRAMEND_REPOSITORY", "acme/terramend")
        .set("TERRAMEND_FAIL_ON", "never")
        .set("RUNNER_OS", "Linux")
        .set("RUNNER_ARCH", "X64")
}

/// A cargo that installs the real terramend, and notes what it was asked.
fn with_cargo(runner: Runner) -> Runner {
    let real = env!("CARGO_BIN_EXE_terramend");
    runner.program(
        "cargo",
        &format!(
            "printf '%s\\n' \"$@\" >\"$(dirname \"$0\")/../runner/cargo\"\nwhile [ \"$1\" != --root ]; do shift; done\n\
             mkdir -p \"$2/bin\"\ncp '{real}' \"$2/bin/terramend\"\n"
        ),
    )
}

fn found_it(step: &Step) {
    assert_eq!(step.code, 0, "{}", step.log);
    assert_ne!(step.output("findings"), "0");
}

#[test]
fn a_release_is_held_against_its_checksum() {
    let runner = with_release(None);
    found_it(&runner.run());
    assert_eq!(runner.noted("calls").lines().count(), 1);
    assert!(!runner.scratch.path("runner/cargo").exists());
    let runner = with_cargo(with_release(Some(&"0".repeat(64))));
    let step = runner.run();
    assert!(step.code == 2 && step.log.contains("has the checksum"), "{}", step.log);
    assert!(
        step.outputs.is_empty() && runner.noted("cargo").is_empty(),
        "a wrong checksum is no reason to build: {step:?}"
    );
}

#[test]
fn a_release_is_downloaded_once() {
    let runner = with_release(None);
    let cache = runner.scratch.path("runner/tools").to_str().unwrap().to_owned();
    let runner = runner.set("RUNNER_TOOL_CACHE", &cache);
    found_it(&runner.run());
    found_it(&runner.run());
    assert_eq!(runner.noted("calls").lines().count(), 1);
}

#[test]
fn without_a_release_the_source_is_built_and_the_reason_is_said() {
    // No archive for this runner, none to be had, none for any, and those of the release before.
    let elsewhere = with_release(None).set("RUNNER_ARCH", "RISCV");
    let offline = with_release(None).github("exit 6");
    let of = |checksums: &str| {
        let runner = Runner::with(&[("main.tf", QUEUE)]).set("TERRAMEND_BINARY", "").set("TERRAMEND_FAIL_ON", "never");
        let directory = action(&runner, checksums);
        runner.action_at(&directory).set("RUNNER_OS", "Linux").set("RUNNER_ARCH", "X64")
    };
    let none = of("# no release yet\n");
    let sum = "ab".repeat(32);
    let other = of(&format!("# version 1.2.2\n{sum}  terramend-x86_64-unknown-linux-musl.tar.gz\n"));
    for (runner, said) in [
        (elsewhere, "::notice title=terramend::release 1.2.3 has no binary for Linux on RISCV"),
        (offline, "::warning title=terramend::release 1.2.3 could not be downloaded for x86_64-unknown-linux-musl"),
        (none, "::notice title=terramend::this commit of the action is no release"),
        (other, "::notice title=terramend::this commit of the action is no release"),
    ] {
        let runner = with_cargo(runner.set("TERRAMEND_REPOSITORY", "acme/terramend"));
        let step = runner.run();
        found_it(&step);
        assert!(step.log.contains(said), "{}", step.log);
        let asked = runner.noted("cargo");
        assert!(asked.starts_with("install\n--locked\n--quiet\n--path\n"), "{asked}");
        assert!(asked.contains("/the action/action/..\n--root\n"), "{asked}");
    }
}

/// Without cargo nothing can be built; what to do is said.
#[test]
fn without_a_release_and_without_cargo_the_step_says_what_to_do() {
    let runner = Runner::with(&[("main.tf", QUEUE)]).set("TERRAMEND_BINARY", "");
    let directory = action(&runner, "# no release yet\n");
    // Programs of the system, but no cargo.
    let tools = ["bash", "sed", "grep", "mktemp", "dirname", "cat", "tr", "env"];
    let path = runner.scratch.path("tools");
    fs::create_dir_all(&path).unwrap();
    for tool in tools {
        let found = std::process::Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().unwrap();
        let found = String::from_utf8(found.stdout).unwrap();
        std::os::unix::fs::symlink(found.trim(), path.join(tool)).unwrap();
    }
    let step = runner.action_at(&directory).set("PATH", path.to_str().unwrap()).run();
    assert!(step.code == 2 && step.log.contains("use the commit of a release, install Rust before"), "{}", step.log);
}

/// As Git Bash does it: paths have a drive with a colon, `cygpath` knows them, programs end in `.exe`, and tar takes what
/// stands before a colon for a machine.
#[test]
fn a_runner_with_windows_paths_unpacks_and_runs_the_release() {
    let runner = with_release(None);
    let real = env!("CARGO_BIN_EXE_terramend");
    runner.scratch.write("pack/terramend.exe", format!("#!/bin/sh\nexec '{real}' \"$@\"\n"));
    fs::set_permissions(runner.scratch.path("pack/terramend.exe"), fs::Permissions::from_mode(0o755)).unwrap();
    let archive = runner.scratch.path("runner/release.tar.gz");
    let pack = runner.scratch.path("pack");
    let tar = std::process::Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(&pack).arg(".").status();
    assert!(tar.unwrap().success());
    let sum = std::process::Command::new("sha256sum").arg(&archive).output().unwrap();
    let sum = &String::from_utf8(sum.stdout).unwrap()[..64];
    let list = format!("# version 1.2.3\n{sum}  terramend-x86_64-pc-windows-msvc.tar.gz\n");
    let directory = action(&runner, &list);
    let answers =
        format!("case \"$url\" in *-pc-windows-msvc.tar.gz) cat '{}' ;; *) exit 22 ;; esac", archive.display());
    fs::create_dir_all(runner.scratch.path("D:/temp")).unwrap();
    fs::create_dir_all(runner.scratch.path("C:/tools")).unwrap();
    let tar = "for one in \"$@\"; do case \"$one\" in *:*) echo 'tar: Cannot connect' >&2; exit 128 ;; esac; done\nexec /usr/bin/env -i PATH=/usr/bin:/bin tar \"$@\"\n";
    let (temp, tools) = (runner.scratch.path("D:\\temp"), runner.scratch.path("C:\\tools"));
    fs::create_dir_all(&temp).unwrap();
    let runner = runner
        .github(&answers)
        .program("cygpath", "[ \"$1\" = -m ] || exit 1\nprintf '%s\\n' \"$2\" | tr '\\\\' /\n")
        .program("tar", tar)
        // What a real one does with a template that has backslashes.
        .program("mktemp", "directory=\"$(printf '%s' \"$2\" | tr '\\\\' / | sed 's/XXXXXX/abcdef/')\"\nmkdir -p \"$directory\"\nprintf '%s\\n' \"$2\" | sed 's/XXXXXX/abcdef/'\n")
        .action_at(&directory)
        .set("RUNNER_OS", "Windows")
        .set("RUNNER_TEMP", temp.to_str().unwrap())
        .set("RUNNER_TOOL_CACHE", tools.to_str().unwrap());
    let step = runner.run();
    found_it(&step);
    let program = runner.scratch.path("C:/tools/terramend/1.2.3/x86_64-pc-windows-msvc/terramend.exe");
    assert!(program.is_file(), "{step:?}");
    assert!(step.output("report").ends_with("/D:/temp/terramend.abcdef/terramend.json"), "{step:?}");
}

#[test]
fn checksums_are_renewed() {
    let runner = Runner::with(&[]);
    let directory = action(&runner, "# about\n# version 0.1.0\nold\n");
    let sums = format!("{}  terramend-x86_64-apple-darwin.tar.gz\n", "ab".repeat(32));
    runner.scratch.write("SHA256SUMS", &sums);
    let renew = |version: &str, file: &str| {
        let script = directory.join("action/renew-checksums.sh");
        let output = std::process::Command::new("bash")
            .arg(script)
            .args([version, file])
            .current_dir(runner.scratch.root())
            .output();
        output.unwrap().status.code().unwrap()
    };
    let list = || fs::read_to_string(directory.join("action/checksums.txt")).unwrap();
    assert_eq!((renew("v1", "SHA256SUMS"), renew("1.2.3", "nowhere")), (2, 2));
    assert_eq!(list(), "# about\n# version 0.1.0\nold\n");
    for _ in 0..2 {
        assert_eq!(renew("1.2.3", "SHA256SUMS"), 0);
        assert_eq!(list(), format!("# about\n# version 1.2.3\n{sums}"));
    }
}

/// The list that is checked in: either no release, or five archives.
#[test]
fn the_list_of_checksums_is_whole() {
    let list = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action/checksums.txt")).unwrap();
    let archives = list.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(archives, if list.contains("\n# version ") { 5 } else { 0 }, "{list}");
}
