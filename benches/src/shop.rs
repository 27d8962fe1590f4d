//! The release binary as a process on a data folder of its own.

use crate::load::Connection;
use anyhow::{Context as _, bail};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Settings that take the rate limits out of the way.
const SETTINGS: [&str; 5] = [
    "EMPORION_GATEWAY__ANONYMOUS_PER_MINUTE",
    "EMPORION_GATEWAY__USER_PER_MINUTE",
    "EMPORION_GATEWAY__LOGIN_PER_MINUTE",
    "EMPORION_GATEWAY__REGISTER_PER_HOUR",
    "EMPORION_GATEWAY__CALLBACKS_PER_MINUTE",
];

/// How long the news of an import may take.
const SETTLES_WITHIN: Duration = Duration::from_secs(300);

/// A running shop.
pub(crate) struct Shop {
    binary: PathBuf,
    files: TempDir,
    process: Child,
    /// Where its public side is.
    pub(crate) address: String,
}

impl Shop {
    /// An empty shop.
    pub(crate) async fn start(binary: &Path) -> anyhow::Result<Self> {
        let files = tempfile::tempdir()?;
        let (process, address) = launch(binary, files.path()).await?;
        Ok(Self { binary: binary.to_owned(), files, process, address })
    }

    /// Stops it and starts it again; answers the time from the start to the first answer.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<Duration> {
        self.process.kill().await?;
        let started = Instant::now();
        let (process, address) = launch(&self.binary, self.files.path()).await?;
        Connection::open(&address).await?.get("/api/products?limit=1").await?;
        let took = started.elapsed();
        (self.process, self.address) = (process, address);
        Ok(took)
    }

    pub(crate) async fn stop(mut self) {
        let _ended = self.process.kill().await;
    }

    /// Imports a catalogue of `count` products.
    pub(crate) async fn import(&self, count: usize) -> anyhow::Result<Duration> {
        let started = Instant::now();
        let file = self.files.path().join("catalogue.csv");
        std::fs::write(&file, catalogue(count))?;
        let data = self.files.path();
        let status = Command::new(&self.binary)
            .arg("--data-dir")
            .arg(data)
            .args(["import", "shopify"])
            .arg(&file)
            .stdout(Stdio::null())
            .status()
            .await?;
        if !status.success() {
            bail!("the import ended with {status}");
        }
        self.settle(count).await?;
        Ok(started.elapsed())
    }

    /// Waits until the news of the import have reached everybody.
    async fn settle(&self, count: usize) -> anyhow::Result<()> {
        let mut connection = Connection::open(&self.address).await?;
        let deadline = Instant::now() + SETTLES_WITHIN;
        loop {
            let answer = connection.get("/api/products?limit=1&count=true&inStock=true").await?.json()?;
            if answer["total"].as_u64() == Some(count as u64) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!(
                    "{} of {count} products are in stock {SETTLES_WITHIN:?} after the import",
                    answer["total"]
                );
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Resident memory of the process.
    pub(crate) fn memory_mib(&self) -> anyhow::Result<f64> {
        let id = self.process.id().context("it runs")?;
        let text = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("Linux tells the resident memory")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

async fn launch(binary: &Path, data: &Path) -> anyhow::Result<(Child, String)> {
    let mut command = Command::new(binary);
    command.arg("--data-dir").arg(data).args([
        "--listen",
        "127.0.0.1:0",
        "--ops-listen",
        "127.0.0.1:0",
        "serve",
    ]);
    command.envs(SETTINGS.map(|name| (name, "1000000000"))).env("EMPORION_LOG", "warn");
    let mut process = command
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} cannot be started; build it first", binary.display()))?;
    let output = process.stdout.take().context("its output is piped")?;
    let mut lines = BufReader::new(output).lines();
    let address = loop {
        let line =
            tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await??.context("it ended")?;
        if let Some(rest) = line.trim().strip_prefix("API ")
            && let Some(url) = rest.trim().strip_prefix("http://")
        {
            break url.split('/').next().unwrap_or_default().to_owned();
        }
    };
    drop(base::spawn("output", async move { while let Ok(Some(_)) = lines.next_line().await {} }));
    Ok((process, address))
}

/// The size of the binary.
pub(crate) fn size_mib(binary: &Path) -> anyhow::Result<f64> {
    Ok(std::fs::metadata(binary)?.len() as f64 / (1024.0 * 1024.0))
}

const NOUNS: [&str; 20] = [
    "Kettle", "Teapot", "Grinder", "Backpack", "Notebook", "Lantern", "Jacket", "Blanket", "Bottle",
    "Compass", "Knife", "Basket", "Pillow", "Tent", "Stove", "Mug", "Lamp", "Scarf", "Boots", "Helmet",
];
const WORDS: [&str; 20] = [
    "Alpine", "Crimson", "Folding", "Quiet", "Amber", "Nordic", "Copper", "Linen", "Granite", "Silver",
    "Meadow", "Harbour", "Velvet", "Cedar", "Arctic", "Golden", "Woven", "Summit", "Coastal", "Midnight",
];

/// A catalogue in Shopify's format.
fn catalogue(count: usize) -> String {
    let mut csv = String::from(
        "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Requires Shipping,Variant Taxable,Status\n",
    );
    for index in 0..count {
        let (word, noun) = (WORDS[index % 20], NOUNS[index / 20 % 20]);
        let (brand, category, cents) =
            (WORDS[index / 7 % 20], NOUNS[index / 400 % 20], 500 + index * 37 % 30_000);
        let row = format!(
            "item-{index},{word} {noun} {index},\"<p>The {word} {noun} number {index}: made to last, easy to clean and a pleasure to use every day.</p>\",{brand} & Co,Shop > {category},{noun},\"{word}, {noun}\",true,Title,Default Title,BENCH-{index},500,shopify,1000000,deny,{}.{:02},true,true,active",
            cents / 100,
            cents % 100
        );
        let _grows = writeln!(csv, "{row}");
    }
    csv
}
