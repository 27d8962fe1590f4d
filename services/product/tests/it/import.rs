//! `POST /api/products/import`: Shopify files in.

use crate::support::{CATALOG_MANAGER, Shop, eur};
use api::product::{
    CategoryList, ImportReport, Product, ProductCreated, ProductPage, ProductStatus, ProductUpdated,
    StockState,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A catalogue of the workshop.
pub(crate) fn catalogue(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e/data").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) const CATALOGUES: [(&str, u64, u64); 2] =
    [("home.shopify.csv", 37, 87), ("outdoor.shopify.csv", 101, 101)];

const HEAD: &str = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,\
    Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Taxable,Image Src,Status,Season\n";

fn counts(report: &ImportReport) -> (u64, u64, u64, u64) {
    (report.created, report.updated, report.unchanged, report.bad_row_count)
}

fn bad_lines(report: &ImportReport) -> Vec<u64> {
    report.bad_rows.iter().map(|bad| bad.line).collect()
}

#[tokio::test]
async fn both_catalogues_go_in_completely_and_again_without_change() {
    let shop = Shop::open().await;
    for (name, products, rows) in CATALOGUES {
        let file = catalogue(name);
        let first = shop.import(file.clone()).await;
        assert_eq!((counts(&first), first.rows), ((products, 0, 0, 0), rows), "{:?}", first.bad_rows);
        assert_eq!(first.stock_lines, rows);
        let again = shop.import(file).await;
        assert_eq!((counts(&again), again.stock_lines), ((0, 0, products, 0), 0));
    }
    let all = shop.list("count=true&limit=100").await;
    assert_eq!(all.total, Some(138));
    assert!(all.items.iter().all(|own| own.version == 1), "the second time raised no version");
    assert_eq!(shop.service.published::<ProductCreated>().await.len(), 138);
    assert!(shop.service.published::<ProductUpdated>().await.is_empty());
}

#[tokio::test]
async fn a_row_becomes_what_it_says() {
    let shop = Shop::open().await;
    shop.import(catalogue("home.shopify.csv")).await;
    let seen = shop.read("automatic-espresso-machine").await;
    assert_eq!(
        (seen.name.as_str(), seen.brand.as_deref()),
        ("Automatic Espresso Machine", Some("Home & Co"))
    );
    assert_eq!(seen.tags, ["coffee", "espresso", "kitchen", "coffee machines", "bean-to-cup", "automatic"]);
    assert_eq!((seen.options, seen.variants.len()), (vec!["Color".to_owned()], 3));
    let silver = &seen.variants[1];
    assert_eq!((silver.sku.as_str(), silver.name.as_str()), ("AUTOMATIC-ESPRESSO-MACHINE-SILVER", "Silver"));
    assert_eq!((silver.effective_price, silver.weight_grams), (eur(87_999), Some(8_981)));
    assert_eq!((seen.status, silver.price.tax_class.as_str()), (ProductStatus::Active, "standard"));
    assert_eq!(seen.categories[0].name, "Coffee Machines");
    let tree: CategoryList = shop.service.get("/api/categories").await.expect(200).json();
    let machines = tree.items.iter().find(|own| own.name == "Coffee Machines").unwrap();
    let kitchen = tree.items.iter().find(|own| own.name == "Kitchen").unwrap();
    assert_eq!(machines.parent_id, Some(kitchen.id));
    let on_sale: Vec<Product> = shop
        .list("limit=100")
        .await
        .items
        .into_iter()
        .filter(|own| own.variants[0].price.sale.is_some())
        .collect();
    assert!(!on_sale.is_empty(), "a price to compare with is the ordinary one");
}

#[tokio::test]
async fn quantities_reach_the_inventory_after_the_products_and_are_tried_again() {
    let shop = Shop::open().await;
    shop.inventory.is_down(true);
    let file = format!(
        "{HEAD}lamp,Lamp,,Acme,Lights,,true,Colour,Red,L-R,,7,10.00,,true,,active,\nlamp,,,,,,,,Blue,L-B,,-2,10.00,,true,,,\n"
    );
    let report = shop.import(file.clone()).await;
    assert_eq!(report.stock_lines, 2);
    shop.service.settle().await;
    assert!(shop.inventory.told().is_empty());
    shop.inventory.is_down(false);
    shop.service.after(std::time::Duration::from_secs(60)).await;
    assert_eq!(
        shop.inventory.told(),
        [("L-R".to_owned(), 7), ("L-B".to_owned(), 0)],
        "less than nothing is nothing"
    );
    shop.import(file.replace(",7,10.00", ",9,10.00")).await;
    shop.service.settle().await;
    assert_eq!(
        shop.inventory.told().last(),
        Some(&("L-R".to_owned(), 9)),
        "only what the file changed is told"
    );
    assert_eq!(shop.inventory.told().len(), 3);
}

#[tokio::test]
async fn a_spoiled_file_brings_its_good_rows_in_and_names_the_bad_ones() {
    let shop = Shop::open().await;
    let file = catalogue("outdoor.shopify.csv");
    let mut lines: Vec<String> = file.split("\r\n").map(str::to_owned).collect();
    lines[10] = lines[10].replace(",true,true,", ",true,perhaps,");
    lines[20] = format!("{},surplus", lines[20]);
    lines[30] = lines[30].replacen('"', "", 1);
    lines[40] = lines[40].split_once(',').map(|(_, rest)| format!(",{rest}")).unwrap();
    lines[50] = "just text".into();
    let report = shop.import(lines.join("\r\n")).await;
    assert_eq!(bad_lines(&report), [11, 21, 31, 41, 51], "{:?}", report.bad_rows);
    assert_eq!(counts(&report), (96, 0, 0, 5));
    assert!(report.bad_rows[0].reason.contains("Variant Taxable"), "{:?}", report.bad_rows[0]);
    let mended = shop.import(file).await;
    assert_eq!(counts(&mended), (5, 0, 96, 0), "the whole file adds what was missing");
}

#[tokio::test]
async fn a_bad_variant_leaves_the_others_of_its_product() {
    let shop = Shop::open().await;
    let file = format!(
        "{HEAD}lamp,Lamp,,,Lights,,true,Colour,Red,L-R,,1,free,,true,,active,\nlamp,,,,,,,,Blue,L-B,,1,10.00,,true,,,\n"
    );
    let report = shop.import(file).await;
    assert_eq!((counts(&report), bad_lines(&report)), ((1, 0, 0, 1), vec![2]));
    let seen = shop.read("lamp").await;
    assert_eq!(seen.variants.iter().map(|own| own.sku.as_str()).collect::<Vec<_>>(), ["L-B"]);
}

#[tokio::test]
async fn a_file_changes_only_what_it_says_differently() {
    let shop = Shop::open().await;
    shop.import(catalogue("home.shopify.csv")).await;
    let before = shop.read("drip-coffee-maker").await;
    let file = catalogue("home.shopify.csv").replace("Drip Coffee Maker 1.5L", "Drip Coffee Maker 2L");
    let report = shop.import(file).await;
    assert_eq!(counts(&report), (0, 1, 36, 0));
    let after = shop.read("drip-coffee-maker").await;
    assert_eq!((after.name.as_str(), after.version, after.id), ("Drip Coffee Maker 2L", 2, before.id));
    assert_eq!(after.variants, before.variants);
}

#[tokio::test]
async fn an_import_takes_nothing_away() {
    let shop = Shop::open().await;
    let both = format!(
        "{HEAD}lamp,Lamp,,,Lights,,true,Colour,Red,L-R,,1,10.00,,true,,active,\nlamp,,,,,,,,Blue,L-B,,1,10.00,,true,,,\n"
    );
    shop.import(both).await;
    let one = format!("{HEAD}lamp,Lamp,,,Lights,,true,Colour,Red,L-R,,1,12.00,,true,,active,\n");
    assert_eq!(counts(&shop.import(one).await), (0, 1, 0, 0));
    let seen = shop.read("lamp").await;
    let prices: BTreeMap<_, _> =
        seen.variants.iter().map(|own| (own.sku.as_str(), own.effective_price.minor)).collect();
    assert_eq!(prices, BTreeMap::from([("L-R", 1_200), ("L-B", 1_000)]));
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_stores_nothing() {
    let shop = Shop::open().await;
    let report: ImportReport = shop
        .post("/api/products/import?dryRun=true")
        .raw("text/csv", catalogue("home.shopify.csv"))
        .await
        .expect(200)
        .json();
    assert_eq!((report.dry_run, counts(&report)), (true, (37, 0, 0, 0)));
    assert!(shop.names("").await.is_empty());
    let tree: CategoryList = shop.service.get("/api/categories").await.expect(200).json();
    assert!(tree.items.is_empty());
    assert!(shop.service.published::<ProductCreated>().await.is_empty());
    shop.service.settle().await;
    assert!(shop.inventory.told().is_empty());
}

#[tokio::test]
async fn states_follow_the_file_as_far_as_there_is_a_way() {
    let shop = Shop::open().await;
    let row = |handle: &str, published: &str, status: &str| {
        format!("{handle},{handle},,,T,,{published},,,{handle}-1,,,1.00,,true,,{status},\n")
    };
    let file = |states: [(&str, &str); 3]| {
        let rows: Vec<String> = ["a", "b", "c"]
            .iter()
            .zip(states)
            .map(|(handle, (published, status))| row(handle, published, status))
            .collect();
        format!("{HEAD}{}", rows.concat())
    };
    shop.import(file([("true", "active"), ("false", "active"), ("true", "draft")])).await;
    let states = async || {
        let page: ProductPage = shop
            .service
            .get("/api/products?sort=name&status=DRAFT&status=ACTIVE&status=INACTIVE&status=DISCONTINUED")
            .as_staff(&CATALOG_MANAGER)
            .await
            .expect(200)
            .json();
        page.items.into_iter().map(|own| own.status).collect::<Vec<_>>()
    };
    use ProductStatus::{Active, Draft, Inactive};
    assert_eq!(states().await, [Active, Draft, Draft]);
    let turned = file([("true", "archived"), ("true", "active"), ("true", "draft")]);
    assert_eq!(counts(&shop.import(turned.clone()).await), (0, 2, 1, 0));
    assert_eq!(states().await, [Inactive, Active, Draft]);
    assert_eq!(counts(&shop.import(turned).await), (0, 0, 3, 0));
    let id = shop.read("b").await.id;
    shop.put(&format!("/api/products/{id}/status"))
        .json(&serde_json::json!({"status": "DISCONTINUED"}))
        .await
        .expect(200);
    let again = file([("true", "archived"), ("true", "active"), ("true", "draft")]);
    assert_eq!(counts(&shop.import(again).await), (0, 0, 3, 0), "discontinued is still on sale");
    let hide = file([("true", "archived"), ("false", "active"), ("true", "draft")]);
    let report = shop.import(hide).await;
    assert_eq!((counts(&report), bad_lines(&report)), ((0, 0, 2, 1), vec![3]));
    shop.delete(&format!("/api/products/{id}")).await.expect(204);
    let report = shop.import(file([("true", "archived"), ("true", "active"), ("true", "draft")])).await;
    assert!(report.bad_rows[0].reason.contains("deleted"), "{:?}", report.bad_rows);
}

#[tokio::test]
async fn a_sku_of_another_product_is_a_bad_row() {
    let shop = Shop::open().await;
    shop.simple("Boots", 100).await;
    let file = format!(
        "{HEAD}a,A,,,T,,true,Colour,Red,BOOTS,,,1.00,,true,,active,\na,,,,,,,,Blue,A-B,,,1.00,,true,,,\nb,B,,,T,,true,,,A-B,,,1.00,,true,,active,\n"
    );
    let report = shop.import(file).await;
    assert_eq!((counts(&report), bad_lines(&report)), ((1, 0, 0, 2), vec![2, 4]));
    assert_eq!(shop.read("a").await.variants.len(), 1);
}

#[tokio::test]
async fn rows_without_sku_get_the_same_one_every_time() {
    let shop = Shop::open().await;
    let file = format!(
        "{HEAD}mug,Mug,,,T,,true,Colour,Deep Red,,,,1.00,,true,,active,\nmug,,,,,,,,Blue,,,,1.00,,true,,,\n"
    );
    shop.import(file.clone()).await;
    let skus: Vec<_> = shop.read("mug").await.variants.into_iter().map(|own| own.sku).collect();
    assert_eq!(skus, ["MUG-DEEP-RED", "MUG-BLUE"]);
    assert_eq!(counts(&shop.import(file).await), (0, 0, 1, 0));
}

#[tokio::test]
async fn files_that_are_none_are_refused_with_what_to_do() {
    let shop = Shop::open().await;
    let cases: [(&[u8], &str); 9] = [
        (b"", "empty"),
        (b"Handle;Title\n", "commas"),
        (b"name,price\nx,1\n", "no column Handle"),
        (b"\xff\xfeH\0a\0", "UTF-16"),
        (b"PK\x03\x04xxxx", "spreadsheet"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"{\"products\": []}", "JSON"),
        (b"Handle,Title,Title\n", "twice"),
        (b"Handle,\"Title\n", "line 1"),
    ];
    for (file, part) in cases {
        let problem =
            shop.post("/api/products/import").raw("text/csv", file.to_vec()).await.problem(422, "bad-file");
        assert!(problem.detail.contains(part), "{}", problem.detail);
    }
    shop.post("/api/products/import")
        .raw("application/json", "{}")
        .await
        .problem(415, "unsupported-media-type");
    assert_eq!(
        counts(&shop.import("\u{feff}Handle,Title\r\n").await),
        (0, 0, 0, 0),
        "a header alone is a file"
    );
}

#[tokio::test]
async fn a_file_may_come_as_a_form_and_in_parts() {
    let shop = Shop::open().await;
    let rows = "a,A,,,T,,true,,,A-1,,,1.00,,true,,active,\n";
    let body = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\n{HEAD}{rows}\r\n--XX--\r\n"
    );
    let report: ImportReport = shop
        .post("/api/products/import")
        .raw("multipart/form-data; boundary=XX", body)
        .await
        .expect(200)
        .json();
    assert_eq!(counts(&report), (1, 0, 0, 0));
    let part = format!("{HEAD}b,B,,,T,,true,,,B-1,,,free,,true,,active,\n");
    let importer = testkit::Identity::Client(vec!["product:import"]);
    let request = shop.service.post("/internal/products/import?firstLine=500").as_identity(importer);
    let report: ImportReport = request.raw("text/csv", part).await.expect(200).json();
    assert_eq!(bad_lines(&report), [500], "lines are those of the whole file");
}

#[tokio::test]
async fn what_arrived_meanwhile_is_not_counted_again() {
    let shop = Shop::open().await;
    let file = format!("{HEAD}lamp,Lamp,,,Lights,,true,,,L-1,,7,10.00,,true,,active,\n");
    shop.import(file).await;
    shop.service.settle().await;
    let made = shop.read("lamp").await;
    shop.service.publish(crate::stock::level(&made, 2, 4)).await;
    assert_eq!(shop.read("lamp").await.variants[0].stock_state, StockState::InStock);
    let exported = shop.export().await;
    assert!(exported.contains(",4,"), "{exported}");
    let report = shop.import(exported).await;
    assert_eq!(
        (counts(&report), report.stock_lines),
        ((0, 0, 1, 0), 0),
        "what the inventory said is no news to it"
    );
}

#[tokio::test]
async fn a_row_whose_one_line_texts_have_line_breaks_is_bad_and_edges_are_trimmed() {
    let shop = Shop::open().await;
    let file = format!(
        "{HEAD}lamp,\"Lamp\nshade\",,Acme,Lights,,true,Colour,Red,L-R,,1,10.00,,true,,active,\n\
         vase,\"Vase\n\",\"<p>a</p>\n<p>b</p>\",\" Acme\t\",Vases,,true,Colour,Red,V-R,,1,10.00,,true,,active,\n\
         bowl,Bowl,,\"Ac\tme\",Bowls,,true,Colour,Red,B-R,,1,10.00,,true,,active,\n\
         mug,Mug,,Acme,Mugs,,true,Colour,Red,\"M\nR\",,1,10.00,,true,,active,\n"
    );
    let report = shop.import(file).await;
    assert_eq!((counts(&report), bad_lines(&report)), ((1, 0, 0, 3), vec![2, 7, 8]), "{:?}", report.bad_rows);
    let vase = shop.read("vase").await;
    assert_eq!((vase.name.as_str(), vase.brand.as_deref()), ("Vase", Some("Acme")));
    assert!(vase.description.contains('\n'));
}
