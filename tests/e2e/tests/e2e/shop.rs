//! A running shop: a process of the release binary on its own data folder (and, when the tests
//! run on PostgreSQL, a database of its own), that can be killed and started again.

use crate::binary;
use crate::client::Client;
use db::Engine;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Settings that every shop of the tests has: no rate limits in the way of races.
const SETTINGS: [(&str, &str); 8] = [
    // The same after a restart on another port, so that tokens stay valid.
    ("EMPORION_PUBLIC_URL", "http://shop.test"),
    ("EMPORION_GATEWAY__ANONYMOUS_PER_MINUTE", "1000000"),
    ("EMPORION_GATEWAY__USER_PER_MINUTE", "1000000"),
    ("EMPORION_GATEWAY__STAFF_PER_MINUTE", "1000000"),
    ("EMPORION_GATEWAY__LOGIN_PER_MINUTE", "1000000"),
    ("EMPORION_GATEWAY__REGISTER_PER_HOUR", "1000000"),
    ("EMPORION_GATEWAY__CALLBACKS_PER_MINUTE", "1000000"),
    ("EMPORION_LOG", "warn"),
];

/// The environment of a process on the data folder `data`.
pub(crate) fn environment(data: &Path) -> Vec<(String, String)> {
    let mut environment: Vec<(String, String)> =
        SETTINGS.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    if db::testing::backend() == Engine::Postgres {
        // One database per shop, named by its folder, so that a restart finds it again.
        let name = data.file_name().expect("a folder has a name").to_string_lossy().to_lowercase();
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let server = db::testing::postgres_url();
        let (base, _) = server.split_once('?').unwrap_or((&server, ""));
        let base = base.rsplit_once('/').map_or(base, |(base, _)| base);
        // Servers allow a hundred connections at first, and several shops run at once.
        environment.push(("EMPORION_DATABASE_CONNECTIONS".into(), "3".into()));
        environment.push(("EMPORION_DATABASE_URL".into(), format!("{base}/e2e_{name}?sslmode=disable")));
    }
    environment
}

/// A shop that runs.
pub(crate) struct Shop {
    data: PathBuf,
    process: Option<Child>,
    /// Its public side.
    pub(crate) client: Client,
    private: String,
    database: Option<Database>,
    _files: TempDir,
}

impl Shop {
    /// A new, empty shop.
    pub(crate) async fn start() -> Self {
        let files =
            tempfile::Builder::new().prefix("shop").rand_bytes(12).tempdir().expect("a temporary folder");
        let data = files.path().to_owned();
        let database = Database::create(&data).await;
        let mut shop = Self {
            data,
            process: None,
            client: Client::new(""),
            private: String::new(),
            database,
            _files: files,
        };
        shop.launch().await;
        shop
    }

    /// A shop with this catalogue.
    pub(crate) async fn with_catalogue(csv: &Path) -> Self {
        let shop = Self::start().await;
        let file = csv.to_str().expect("a UTF-8 path");
        let output = shop.command(&["import", "shopify", file]).await;
        binary::expect(&output, 0);
        shop.settled().await;
        shop
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    async fn launch(&mut self) {
        let mut command = Command::new(binary::path());
        command.arg("--data-dir").arg(&self.data).args([
            "--listen",
            "127.0.0.1:0",
            "--ops-listen",
            "127.0.0.1:0",
            "serve",
        ]);
        command
            .envs(environment(&self.data))
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        let mut process = command.spawn().expect("the binary starts");
        let output = process.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines();
        let (mut public, mut private) = (None, None);
        while public.is_none() || private.is_none() {
            let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await;
            let line = line.expect("the shop starts within 30 seconds").expect("its output can be read");
            let line = line.expect("the shop says where it is before it ends");
            let url =
                || line.split_whitespace().find_map(|word| word.strip_prefix("http://").map(str::to_owned));
            if line.trim_start().starts_with("public") {
                public = url();
            } else if line.trim_start().starts_with("private") {
                private = url();
            }
        }
        // Somebody must go on reading, or the process would block when the pipe is full.
        drop(base::spawn("output", async move { while let Ok(Some(_)) = lines.next_line().await {} }));
        self.client = Client::new(&format!("http://{}", public.expect("found above")));
        self.private = format!("http://{}", private.expect("found above"));
        self.process = Some(process);
    }

    /// SIGKILL: no destructor, no flush, no goodbye.
    pub(crate) async fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.start_kill().expect("it can be killed");
        process.wait().await.expect("it ends");
    }

    /// Starts it again on the same data.
    pub(crate) async fn restart(&mut self) {
        self.launch().await;
    }

    /// SIGTERM; answers the exit code after draining.
    pub(crate) async fn terminate(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("it runs");
        let id = process.id().expect("it has not ended").to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill works");
        assert!(sent.success());
        process.wait().await.expect("it ends").code()
    }

    /// Runs a command against the running shop's data folder.
    pub(crate) async fn command(&self, arguments: &[&str]) -> std::process::Output {
        let data = self.data.clone();
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let run = move || binary::run(&data, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(run).await.expect("the command ends")
    }

    /// A page of the private listener.
    pub(crate) async fn private(&self, path: &str) -> String {
        let answer =
            reqwest::get(format!("{}{path}", self.private)).await.expect("the private listener answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.expect("it is text")
    }

    /// The simulator's own books.
    pub(crate) async fn charges(&self) -> Value {
        serde_json::from_str(&self.private("/internal/simulator/charges").await).expect("it is JSON")
    }

    /// Waits, within a bound, until no message and no due task is left.
    pub(crate) async fn settled(&self) {
        for _ in 0..1200 {
            let numbers = self.private("/metrics").await;
            let waiting: f64 = numbers
                .lines()
                .filter(|line| line.starts_with("outbox_pending{") || line.starts_with("queue_messages{"))
                .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
                .sum();
            if waiting == 0.0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("messages are still on their way after a minute");
    }

    /// `emporion invariants` and `emporion ledger verify` hold.
    pub(crate) async fn must_be_consistent(&self) {
        binary::expect(&self.command(&["invariants"]).await, 0);
        binary::expect(&self.command(&["ledger", "verify"]).await, 0);
    }

    /// A staff access token.
    pub(crate) async fn administrator(&self) -> String {
        let email = format!("admin-{}@example.org", base::Id::<()>::new());
        let password = "correct horse battery staple";
        let file = self.data.join("password");
        std::fs::write(&file, password).expect("the folder is writable");
        let file = file.to_str().expect("a UTF-8 path");
        let output = self.command(&["admin", "create", "--email", &email, "--password-file", file]).await;
        binary::expect(&output, 0);
        self.client.login(&email, password).await
    }
}

struct Database {
    name: String,
}

impl Database {
    async fn create(data: &Path) -> Option<Self> {
        let url = environment(data).into_iter().find(|(name, _)| name == "EMPORION_DATABASE_URL")?.1;
        let name =
            url.rsplit_once('/').expect("a database URL").1.split('?').next().unwrap_or_default().to_owned();
        run_sql(&format!("CREATE DATABASE {name}")).await;
        Some(Self { name })
    }
}

async fn run_sql(statement: &str) {
    let url = db::testing::postgres_url();
    let url = url.split('?').next().unwrap_or_default().to_owned();
    let done = Command::new("psql").args([&url, "-q", "-c", statement]).status().await;
    assert!(done.expect("psql is installed").success(), "{statement}");
}

impl Drop for Database {
    fn drop(&mut self) {
        let url = db::testing::postgres_url();
        let url = url.split('?').next().unwrap_or_default().to_owned();
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _left_behind = std::process::Command::new("psql").args([&url, "-q", "-c", &statement]).status();
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // The process must end before its database can be dropped.
        if let Some(mut process) = self.process.take() {
            let _ended = process.start_kill();
        }
        self.database.take();
    }
}

/// The catalogues that ship beside the project.
pub(crate) fn catalogue(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}
