//! The demonstration's catalogue and pictures keep what their readers rely on, and a demonstration
//! can be filled, filled again and bought from.

use super::fill::{self, CATALOGUE};
use super::picture::sketches;
use super::{prepared, tour};
use crate::all::{Place, Shop};
use crate::args::Common;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Row = BTreeMap<String, String>;

fn rows() -> Vec<Row> {
    csv::Reader::from_reader(CATALOGUE.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

/// The first rows of the products, by handle.
fn products() -> BTreeMap<String, Row> {
    rows()
        .into_iter()
        .filter(|row| !row["Title"].is_empty())
        .map(|row| (row["Handle"].clone(), row))
        .collect()
}

#[test]
fn the_catalogue_has_the_columns_of_shopifys_files() {
    let header = CATALOGUE.lines().next().unwrap();
    assert!(
        header
            .starts_with("Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name")
    );
    assert_eq!(header.split(',').count(), 34);
}

#[test]
fn the_catalogue_shows_many_products_in_many_categories_with_options_and_sales() {
    let products = products();
    let categories: BTreeSet<&str> = products.values().map(|row| row["Product Category"].as_str()).collect();
    let mut variants: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows() {
        *variants.entry(row["Handle"].clone()).or_default() += 1;
    }
    let with_options = variants.values().filter(|count| **count > 1).count();
    let sales = rows().iter().filter(|row| !row["Variant Compare At Price"].is_empty()).count();
    assert!(products.len() >= 48, "{} products", products.len());
    assert!(categories.len() >= 6 && categories.iter().any(|path| path.contains(" > ")), "{categories:?}");
    assert!(with_options * 3 >= products.len(), "{with_options} products with options");
    assert_eq!(variants.values().max(), Some(&12));
    assert!(sales >= 5, "{sales} sales");
}

#[test]
fn stock_is_plenty_low_and_gone() {
    let stock: Vec<i64> = rows().iter().map(|row| row["Variant Inventory Qty"].parse().unwrap()).collect();
    let count =
        |wanted: std::ops::RangeInclusive<i64>| stock.iter().filter(|pieces| wanted.contains(pieces)).count();
    assert!(count(0..=0) >= 5 && count(1..=3) >= 5 && count(10..=1000) >= 100);
    assert_eq!(count(0..=1000), stock.len());
}

#[test]
fn every_product_is_described_and_every_variant_priced_weighed_and_named_once() {
    let mut skus = BTreeSet::new();
    for row in rows() {
        let sku = &row["Variant SKU"];
        assert!(!sku.is_empty() && skus.insert(sku.clone()), "{sku} is not unique");
        let price: f64 = row["Variant Price"].parse().unwrap();
        let before: f64 = row["Variant Compare At Price"].parse().unwrap_or(f64::MAX);
        assert!(price > 0.0 && before > price, "{sku}");
        assert!(row["Variant Grams"].parse::<u32>().unwrap() > 0, "{sku}");
    }
    for (handle, row) in products() {
        let body = &row["Body (HTML)"];
        let sentences = body.matches(['.', '?', '!']).count();
        assert!(body.starts_with("<p>") && body.ends_with("</p>") && sentences >= 2, "{handle}: {body}");
        assert!(!row["Vendor"].is_empty() && !row["Tags"].is_empty() && row["Title"].len() <= 60, "{handle}");
    }
}

#[test]
fn barcodes_have_their_check_digit() {
    let barcodes: Vec<String> = rows()
        .into_iter()
        .map(|row| row["Variant Barcode"].clone())
        .filter(|barcode| !barcode.is_empty())
        .collect();
    assert!(barcodes.len() > 100);
    for barcode in barcodes {
        let digits: Vec<u32> = barcode.chars().map(|digit| digit.to_digit(10).unwrap()).collect();
        let sum: u32 =
            digits.iter().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
        assert_eq!((digits.len(), sum % 10), (13, 0), "{barcode}");
    }
}

#[test]
fn every_product_on_sale_has_a_picture_of_its_own() {
    let on_sale =
        products().into_iter().filter(|(_, row)| row["Status"] == "active").map(|(handle, _)| handle);
    let drawn: BTreeSet<String> = sketches().map(|sketch| sketch.handle.to_owned()).collect();
    assert_eq!(on_sale.collect::<BTreeSet<_>>(), drawn);
    let pictures: BTreeSet<String> = sketches().map(|sketch| sketch.draw("")).collect();
    assert_eq!(pictures.len(), drawn.len(), "two products look the same");
}

#[test]
fn pictures_are_small_well_formed_and_harmless() {
    for sketch in sketches() {
        let svg = sketch.draw("Salt & <Pepper>");
        let names = check_xml(&svg);
        assert!(svg.len() <= 6 * 1024, "{}: {} bytes", sketch.handle, svg.len());
        assert!(svg.contains("<title id=\"title\">Salt &amp; &lt;Pepper&gt;</title>"), "{}", sketch.handle);
        let known = [
            "svg",
            "title",
            "defs",
            "linearGradient",
            "stop",
            "g",
            "path",
            "rect",
            "circle",
            "ellipse",
            "use",
        ];
        assert!(names.iter().all(|name| known.contains(&name.as_str())), "{}: {names:?}", sketch.handle);
        for reference in references(&svg) {
            assert!(svg.contains(&format!("id=\"{reference}\"")), "{} refers to {reference}", sketch.handle);
        }
        let elsewhere = svg.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !elsewhere.contains("http") && !elsewhere.contains("data:") && !elsewhere.contains(" on"),
            "{}",
            sketch.handle
        );
    }
}

/// What `url(#…)` and `href="#…"` name.
fn references(svg: &str) -> BTreeSet<&str> {
    let after = |marker: &'static str, end: char| {
        svg.split(marker).skip(1).filter_map(move |rest| rest.split(end).next())
    };
    after("url(#", ')').chain(after("href=\"#", '"')).collect()
}

/// The names of the elements, if all are closed in order, ids are unique and attributes are quoted.
fn check_xml(text: &str) -> BTreeSet<String> {
    let (mut open, mut names, mut ids) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for tag in text.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag that ends");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (tag, is_closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let name = tag.split_whitespace().next().unwrap().to_owned();
        let quotes: Vec<&str> = tag.split('"').collect();
        assert!(quotes.len() % 2 == 1, "{tag}");
        for pair in quotes.chunks_exact(2) {
            assert!(pair[0].ends_with('='), "{tag}");
            assert!(!pair[0].ends_with(" id=") || ids.insert(pair[1].to_owned()), "{} twice", pair[1]);
        }
        names.insert(name.clone());
        if !is_closed {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
    names
}

fn settings(folder: Option<&Path>) -> Settings {
    let any = || Some("127.0.0.1:0".to_owned());
    let common =
        Common { config: None, data_dir: folder.map(Path::to_owned), listen: any(), ops_listen: any() };
    Settings::load(&common).unwrap()
}

#[test]
fn nothing_of_a_demonstration_survives_unless_a_folder_is_chosen() {
    let (unchosen, folder) = prepared(&settings(None)).unwrap();
    let path = folder.as_ref().unwrap().path().to_owned();
    assert_eq!(unchosen.platform.data_dir, path);
    drop(folder);
    assert!(!path.exists());
    let (chosen, folder) = prepared(&settings(Some(Path::new("/somewhere")))).unwrap();
    assert!(folder.is_none());
    assert_eq!(chosen.platform.data_dir, Path::new("/somewhere"));
}

#[test]
fn a_demonstration_keeps_to_this_machine_whatever_the_settings_say() {
    let real = settings(None)
        .with("database_url", "postgres://u:p@db.example/shop")
        .and_then(|settings| settings.set("notification", "smtp_url", "smtp://mail.example"))
        .unwrap();
    let (demo, _folder) = prepared(&real).unwrap();
    assert_eq!(demo.platform.database_url, "");
    assert!(demo.config.to_masked_toml().contains("smtp_url = \"\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_filled_once_and_not_touched_again() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, _) = prepared(&settings(Some(folder.path()))).unwrap();
    let first = fill::fill(&settings).await.unwrap();
    let passwords = first.passwords.expect("they are shown the first time");
    assert!(passwords.customer.len() >= 15 && passwords.administrator.len() >= 15);
    assert_ne!(passwords.customer, passwords.administrator);
    let second = fill::fill(&settings).await.unwrap();
    assert!(second.passwords.is_none());
    assert_eq!(second.goods.variant, first.goods.variant);

    let shop = Shop::open(Place::take(&settings).await.unwrap()).await.unwrap();
    let on_sale: serde_json::Value =
        shop.operator().get("/operator/peer/product/api/products?limit=100&count=true").await.unwrap();
    let items = on_sale["items"].as_array().unwrap();
    assert_eq!(items.len(), sketches().count());
    assert!(items.iter().all(|product| product["images"].as_array().unwrap().len() == 1));
    assert!(tour::purchase(&shop.base(), &second.goods).contains(&second.goods.product.to_string()));
    shop.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_shop_is_not_turned_into_a_demonstration() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(Some(folder.path()));
    let shop = Shop::open(Place::take(&settings).await.unwrap()).await.unwrap();
    let body = serde_json::json!({ "email": "ada@shop.example" });
    let _made: serde_json::Value =
        shop.operator().post("/operator/peer/user/internal/users/admin", &body).await.unwrap();
    shop.stop().await;
    let error = fill::fill(&settings).await.err().expect("refused");
    assert_eq!(error.code(), "not-a-demo");
}
