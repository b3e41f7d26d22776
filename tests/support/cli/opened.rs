//! The HTML report in a real browser: shown, filtered by its script, and harmless whatever the files hold.

use crate::browser::Browser;
use crate::support::{BUCKET, QUEUE, Scratch};

/// What would harm a page that took text for markup.
const HARM: &str = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";

#[test]
fn a_browser_shows_the_report_and_runs_nothing_of_the_files() {
    let harm = HARM.replace('"', "'");
    let queue =
        format!("# terramend:ignore sqs-dlq -- {HARM}\n{}", QUEUE.replace("\"orders\" {", &format!("\"{harm}\" {{")));
    let scratch = Scratch::with(&[("main.tf", &queue), ("bucket.tf", BUCKET), ("broken.tf", "resource {\n")]);
    for (command, name) in [("scan", "scan"), ("fix", "fix")] {
        let html = scratch.expect(4, &[command, "--format", "html"]).stdout;
        assert!(!html.contains(HARM) && !html.contains(&harm), "what files hold is escaped");
        scratch.write("report.html", &html);
        let Some(browser) = Browser::find() else { return };
        let dom = browser.dom(&scratch.path("report.html"));
        assert!(dom.contains("<title>terramend report</title>"), "{dom}");
        // The script ran: the filters are shown, and count.
        assert!(dom.contains("<form id=\"filters\">") && dom.contains("<output id=\"shown\">"), "{dom}");
        assert!(!dom.contains("<img"), "{dom}");
        for part in
            ["<h2 id=\"findings\">", "aws_s3_bucket.uploads", "/fixes/s3/", "<h2 id=\"errors\">Not analysed</h2>"]
        {
            assert!(dom.contains(part), "{part}: {dom}");
        }
        assert_eq!(dom.contains("<h2 id=\"fixed\">Fixed</h2>"), command == "fix", "{dom}");
        browser.pictures(&scratch.path("report.html"), name);
    }
}
