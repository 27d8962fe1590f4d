//! The query string of a list of products.

use crate::App;
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::page::Sort;
use crate::ops::list::{ListQuery, visible_currency};
use api::product::ProductStatus;
use base::page::PageQuery;
use base::{Error, Result};
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// Reads the parameters `pairs` of the query string `raw`. Those we do not know are passed over.
///
/// # Errors
/// 422 that names the parameter.
pub(super) fn parse(app: &App, pairs: Vec<(String, String)>, raw: &str) -> Result<ListQuery> {
    let mut query = ListQuery {
        filter: Filter::all(app.currency),
        sort: None,
        page: PageQuery::default(),
        facets: false,
        raw: raw.to_owned(),
    };
    for (name, value) in pairs {
        if !value.is_empty() {
            set(app, &mut query, &name, value)?;
        }
    }
    Ok(query)
}

fn set(app: &App, query: &mut ListQuery, name: &str, value: String) -> Result<()> {
    let filter = &mut query.filter;
    match name {
        "q" => filter.q = Some(value),
        "categoryId" => filter.category_ids.push(number(name, &value, "an id")?),
        "brand" => filter.brands.push(value),
        "tag" => filter.tags.push(value),
        "priceMin" => filter.price_min = Some(number(name, &value, "a number of minor units")?),
        "priceMax" => filter.price_max = Some(number(name, &value, "a number of minor units")?),
        "inStock" => filter.in_stock = Some(number(name, &value, "true or false")?),
        "status" => filter.statuses.push(word::<ProductStatus>(name, &value)?),
        "currency" => filter.currency = visible_currency(app, Some(&value))?,
        "sort" => query.sort = Some(sort(&value)?),
        "limit" => query.page.limit = Some(number(name, &value, "a number from 1 to 100")?),
        "cursor" => query.page.cursor = Some(value),
        "count" => query.page.count = Some(number(name, &value, "true or false")?),
        "facets" => query.facets = number(name, &value, "true or false")?,
        _ => {
            if let Some(attribute) = name.strip_prefix("attr.").filter(|attribute| !attribute.is_empty()) {
                filter.attributes.entry(attribute.to_owned()).or_default().push(value);
            }
        }
    }
    Ok(())
}

fn sort(value: &str) -> Result<Sort> {
    let wrong = || {
        Error::field(
            "/sort",
            "unknown",
            "must be relevance, price, newest, rating or name, or one of them after a minus",
        )
    };
    Sort::parse(value).ok_or_else(wrong)
}

fn number<T: FromStr>(name: &str, value: &str, what: &str) -> Result<T> {
    value.parse().map_err(|_| Error::field(format!("/{name}"), "invalid", format!("must be {what}")))
}

fn word<T: DeserializeOwned>(name: &str, value: &str) -> Result<T> {
    let text = serde_json::Value::String(value.to_owned());
    serde_json::from_value(text)
        .map_err(|_| Error::field(format!("/{name}"), "unknown", "is no state of a product"))
}
