//! Shopify CSV in and out, through the command line.

use crate::binary::{expect, run};
use crate::shop::{Shop, catalogue};
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn both_catalogues_import_completely_and_a_second_time_without_change() {
    let shop = Shop::start().await;
    for (name, products) in [("outdoor.shopify.csv", 101), ("home.shopify.csv", 37)] {
        let file = catalogue(name);
        let file = file.to_str().unwrap();
        let dry = expect(&shop.command(&["import", "shopify", file, "--dry-run"]).await, 0);
        assert!(dry.contains(&format!("{products} products would be created")), "{dry}");
        let first = expect(&shop.command(&["import", "shopify", file]).await, 0);
        assert!(first.contains(&format!("{products} products created, 0 updated, 0 unchanged")), "{first}");
        let second = expect(&shop.command(&["import", "shopify", file]).await, 0);
        assert!(second.contains(&format!("0 products created, 0 updated, {products} unchanged")), "{second}");
    }
    let page = shop.client.get("/api/products?count=true&limit=1", &[]).await.expect(200);
    assert_eq!(page["total"], 138);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_catalogue_imports_without_change() {
    let shop = Shop::with_catalogue(&catalogue("home.shopify.csv")).await;
    let file = shop.data().join("export.csv");
    let file = file.to_str().unwrap();
    expect(&shop.command(&["export", "shopify", file]).await, 0);
    let again = expect(&shop.command(&["import", "shopify", file]).await, 0);
    assert!(again.contains("0 products created, 0 updated, 37 unchanged"), "{again}");
    let second = shop.data().join("again.csv");
    expect(&shop.command(&["export", "shopify", second.to_str().unwrap()]).await, 0);
    assert_eq!(fs::read(file).unwrap(), fs::read(second).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoiled_copy_imports_its_good_rows_and_names_the_bad_ones() {
    let text = fs::read_to_string(catalogue("outdoor.shopify.csv")).unwrap();
    let spoiled: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(index, line)| if index == 2 { line.replace(",89.99,", ",eighty,") } else { line.to_owned() })
        .collect();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("spoiled.csv");
    fs::write(&file, spoiled.join("\n")).unwrap();
    let shop = Shop::start().await;
    let output = expect(&shop.command(&["import", "shopify", file.to_str().unwrap()]).await, 1);
    assert!(output.contains("100 products created"), "{output}");
    assert!(output.contains("line 3: "), "{output}");
}

#[test]
fn files_that_are_no_catalogue_are_refused_with_a_reason() {
    let files = tempfile::tempdir().unwrap();
    let data = files.path().join("shopdata");
    fs::create_dir_all(&data).unwrap();
    if db::testing::backend() == db::Engine::Postgres {
        return; // The file is read before any store is asked; once is enough.
    }
    let cases: [(&str, &[u8]); 4] = [
        ("empty", b""),
        ("header", b"a,b,c\n1,2,3\n"),
        ("latin1", b"Handle,Title,Variant Price\ncaf\xe9,Caf\xe9,1.00\n"),
        ("binary", &[0, 1, 2, 3, 255]),
    ];
    for (name, bytes) in cases {
        let file = files.path().join(name);
        fs::write(&file, bytes).unwrap();
        let output = run(&data, &["import", "shopify", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(!output.stderr.is_empty() || !output.stdout.is_empty(), "{name}");
    }
    let output = run(&data, &["import", "shopify", "/nowhere/at-all.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/at-all.csv"));
}
