//! Where the binary comes from.

use std::fs;
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
fn without_a_release_the_source_is_built() {
    // No archive for this runner, none for any, and none to be had.
    let elsewhere = with_release(None).set("RUNNER_ARCH", "RISCV");
    let offline = with_release(None).github("exit 6");
    let none = Runner::with(&[("main.tf", QUEUE)]).set("TERRAMEND_BINARY", "").set("TERRAMEND_FAIL_ON", "never");
    let directory = action(&none, "# no release yet\n");
    for runner in [elsewhere, offline, none.action_at(&directory)] {
        let runner = with_cargo(runner);
        found_it(&runner.run());
        let asked = runner.noted("cargo");
        assert!(asked.starts_with("install\n--locked\n--quiet\n--path\n"), "{asked}");
        assert!(asked.contains("/the action/action/..\n--root\n"), "{asked}");
    }
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
