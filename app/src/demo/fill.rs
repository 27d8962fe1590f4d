//! Puts goods, pictures and people into the data folder before the shop opens.

use super::picture::{Sketch, sketches};
use crate::import;
use crate::operator_client::Operator;
use crate::settings::Settings;
use api::ids::{ProductId, VariantId};
use api::product::{Image, Product};
use api::user::{AdminCreated, CreateAdmin, FirstAdminLink, Register, Registered};
use base::keys::random_token;
use base::{Error, Kind};
use serde_json::json;
use std::path::Path;

/// The catalogue: texts, prices, options, stock.
pub(super) const CATALOGUE: &str = include_str!("../../demo/catalogue.csv");
/// Who buys.
pub(super) const CUSTOMER: &str = "customer@demo.example";
/// Who runs the shop.
pub(super) const ADMINISTRATOR: &str = "admin@demo.example";
/// The handle of what the example buys.
const BESTSELLER: &str = "tidepool-mug";
/// A file of this name says that the folder holds a demonstration that is complete.
const MARK: &str = "demo";

/// What is in the folder now.
pub(super) struct Filled {
    /// None if they were made, and shown, at an earlier start.
    pub(super) passwords: Option<Passwords>,
    /// What the example buys.
    pub(super) goods: Goods,
}

pub(super) struct Passwords {
    pub(super) customer: String,
    pub(super) administrator: String,
}

pub(super) struct Goods {
    pub(super) product: ProductId,
    pub(super) variant: VariantId,
}

/// Fills the data folder, unless it was filled before.
pub(super) async fn fill(settings: &Settings) -> base::Result<Filled> {
    let mark = settings.platform.data_dir.join(MARK);
    let operator = Operator::within(settings).await?;
    let passwords = if mark.exists() { None } else { Some(fill_once(&operator, &mark).await?) };
    let goods = goods(&operator).await?;
    operator.close().await;
    Ok(Filled { passwords, goods })
}

/// Every step can be repeated, and the administrator comes last: a start that was cut off is
/// completed by the next one.
async fn fill_once(operator: &Operator, mark: &Path) -> base::Result<Passwords> {
    refuse_a_real_shop(operator).await?;
    let report = import::send(operator, CATALOGUE, false).await?;
    if let Some(bad) = report.bad_rows.first() {
        return Err(Error::internal(format!(
            "line {} of the demonstration catalogue: {}",
            bad.line, bad.reason
        )));
    }
    operator.settle().await?;
    for sketch in sketches() {
        hang(operator, sketch).await?;
    }
    let passwords = Passwords { customer: password(), administrator: password() };
    register(operator, &passwords.customer).await?;
    let body = CreateAdmin { email: ADMINISTRATOR.into(), password: Some(passwords.administrator.clone()) };
    let _made: AdminCreated = operator.post("/operator/peer/user/internal/users/admin", &body).await?;
    operator.settle().await?;
    let unwritable = |error| Error::unavailable(format!("cannot write {}: {error}", mark.display()));
    std::fs::write(mark, format!("{CUSTOMER}\n{ADMINISTRATOR}\n")).map_err(unwritable)?;
    Ok(passwords)
}

/// A shop with an administrator is somebody's: it gets no demonstration goods, and its mails are
/// not for everybody to read.
async fn refuse_a_real_shop(operator: &Operator) -> base::Result<()> {
    let link = operator
        .post::<FirstAdminLink>("/operator/peer/user/internal/users/first-admin-link", &json!({}))
        .await;
    match link {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == Kind::Conflict => {
            let detail = "the data folder holds a shop that is not a demonstration; open it with `emporion serve`, or choose another --data-dir";
            Err(Error::conflict("not-a-demo", detail))
        }
        Err(error) => Err(error),
    }
}

/// 20 characters of 6 bits each.
fn password() -> String {
    random_token().chars().take(20).collect()
}

async fn register(operator: &Operator, password: &str) -> base::Result<()> {
    let body = Register {
        email: CUSTOMER.into(),
        password: password.into(),
        first_name: Some("Robin".into()),
        last_name: Some("Demo".into()),
        ..Register::default()
    };
    match operator.post::<Registered>("/operator/peer/user/api/auth/register", &body).await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == "email-taken" => {
            let detail =
                "an earlier start of the demonstration was cut off; delete the data folder and start again";
            Err(Error::conflict("half-filled", detail))
        }
        Err(error) => Err(error),
    }
}

async fn product(operator: &Operator, handle: &str) -> base::Result<Product> {
    operator.get(&format!("/operator/peer/product/api/products/{handle}")).await
}

/// Gives the product of `sketch` its picture, unless it has one.
async fn hang(operator: &Operator, sketch: Sketch) -> base::Result<()> {
    let product = product(operator, sketch.handle).await?;
    if !product.images.is_empty() {
        return Ok(());
    }
    let form = form(&sketch.draw(&product.name), &format!("Drawing: {}", product.name));
    let path = format!("/operator/peer/product/api/products/{}/images", product.id);
    let _image: Image = operator.post_file(&path, FORM, form).await?;
    Ok(())
}

/// The media type of [`form`], whose parts are set apart by a word no picture has.
const FORM: &str = "multipart/form-data; boundary=emporion-demo-form";

/// An upload as RFC 7578 writes it.
fn form(svg: &str, alt: &str) -> String {
    [
        "--emporion-demo-form",
        "Content-Disposition: form-data; name=\"alt\"",
        "",
        alt,
        "--emporion-demo-form",
        "Content-Disposition: form-data; name=\"file\"; filename=\"picture.svg\"",
        "Content-Type: image/svg+xml",
        "",
        svg,
        "--emporion-demo-form--",
        "",
    ]
    .join("\r\n")
}

/// The goods of the example: the first variant of the bestseller that can be bought.
async fn goods(operator: &Operator) -> base::Result<Goods> {
    let product = product(operator, BESTSELLER).await?;
    let variant =
        product.variants.first().ok_or_else(|| Error::internal("the bestseller has no variants"))?;
    Ok(Goods { product: product.id, variant: variant.id })
}
