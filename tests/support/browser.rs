//! A headless Chromium that opens pages of ours, in both colour schemes.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The browser, with a profile of its own.
pub(crate) struct Browser {
    program: &'static str,
    profile: tempfile::TempDir,
}

impl Browser {
    /// The one that is installed. CI must have one; elsewhere its absence is said.
    #[allow(clippy::print_stdout)]
    pub(crate) fn find() -> Option<Self> {
        let runs =
            |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
        let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(runs);
        if found.is_none() {
            assert!(std::env::var_os("CI").is_none(), "CI needs a Chromium");
            println!("skipped: there is no Chromium");
        }
        Some(Self { program: found?, profile: tempfile::tempdir().unwrap() })
    }

    fn open(&self, page: &Path, options: &[&str]) -> String {
        let output = Command::new(self.program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,1400"])
            .arg(format!("--user-data-dir={}", self.profile.path().display()))
            .args(options)
            .arg(format!("file://{}", page.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The page after its scripts ran.
    pub(crate) fn dom(&self, page: &Path) -> String {
        self.open(page, &["--dump-dom"])
    }

    /// Takes a picture in each colour scheme; none is empty. They are kept in `TERRAMEND_SCREENSHOTS`, where that is set.
    pub(crate) fn pictures(&self, page: &Path, name: &str) {
        for (theme, scheme) in [("dark", 0), ("light", 1)] {
            let image: PathBuf = self.profile.path().join(format!("{name}-{theme}.png"));
            let flag = format!("--blink-settings=preferredColorScheme={scheme}");
            self.open(page, &[&flag, &format!("--screenshot={}", image.display())]);
            assert!(std::fs::metadata(&image).unwrap().len() > 20_000, "the page isn't empty");
            if let Some(directory) = std::env::var_os("TERRAMEND_SCREENSHOTS") {
                std::fs::copy(&image, Path::new(&directory).join(image.file_name().unwrap())).unwrap();
            }
        }
    }
}
