//! What the project tells a newcomer to type works as it is printed.

use crate::binary;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A running demonstration and all that it printed.
struct Demo {
    process: Child,
    printed: String,
}

impl Demo {
    async fn start() -> Self {
        let mut command = Command::new(binary::path());
        command.args(["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "demo"]);
        command.env("EMPORION_LOG", "warn").stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("the binary starts");
        let output = process.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines();
        let mut printed = String::new();
        while !printed.contains("when you stop it") {
            let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await;
            let line = line.expect("the demonstration opens within a minute").expect("its output is text");
            printed.push_str(&line.expect("it says where to look before it ends"));
            printed.push('\n');
        }
        Self { process, printed }
    }

    /// What stands behind a word at the start of a line.
    fn said(&self, word: &str) -> &str {
        let line = self.printed.lines().find_map(|line| line.trim_start().strip_prefix(word));
        line.expect("it is printed").trim()
    }

    fn url(&self) -> &str {
        self.said("API  ").strip_suffix("/api/products").expect("the API is where products are")
    }
}

/// Runs lines of shell as a person would who pastes them.
async fn paste(lines: &str, folder: &Path) -> String {
    let run = Command::new("bash").arg("-c").arg(lines).current_dir(folder).output();
    let output = tokio::time::timeout(Duration::from_secs(60), run).await;
    let output = output.expect("the lines end within a minute").expect("bash is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_demonstration_and_the_readme_tell_to_type_buys_something() {
    let mut demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");

    let block = demo.printed.split_once("  SHOP=").expect("it prints how to buy").1;
    let block = block.split_once("\nAll of it").expect("and where its files are").0;
    let said = paste(&format!("SHOP={block}"), folder.path()).await;
    assert!(said.contains(r#""status":"CONFIRMED","paymentStatus":"PAID""#), "{said}");
    assert!(said.contains(r#""templateId":"order-confirmation""#), "{said}");

    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).expect("the project has a README");
    let block = readme.split_once("```sh\nshop=").expect("the README buys something").1;
    let (_, block) = block.split_once('\n').expect("on several lines");
    let block = block.split_once("```").expect("the block ends").0;
    let said = paste(&format!("shop={}\n{block}", demo.url()), folder.path()).await;
    assert!(said.contains(r#""status":"SUCCEEDED""#), "{said}");

    let folder = demo.printed.split_once("All of it is in ").expect("it says where").1;
    let folder = Path::new(folder.split_whitespace().next().expect("a path")).to_owned();
    assert!(folder.exists());
    let id = demo.process.id().expect("it runs").to_string();
    Command::new("kill").args(["-INT", &id]).status().await.expect("kill works");
    let ended = tokio::time::timeout(Duration::from_secs(30), demo.process.wait()).await;
    assert_eq!(ended.expect("Ctrl-C stops it").expect("it ends").code(), Some(130));
    assert!(!folder.exists(), "the demonstration leaves nothing behind");
}
