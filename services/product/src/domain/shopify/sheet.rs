//! The header of a file and the normal form of its cells.

use super::{
    BARCODE, COLUMNS, COMPARE_AT, GIFT_CARD, GRAMS, HANDLE, IMAGE, IMAGE_ALT, IMAGE_POSITION, POLICY, PRICE,
    PUBLISHED, QUANTITY, SHIPPING, STATUS, TAGS, TAXABLE, TITLE, WEIGHT_UNIT,
};
use crate::domain::csv::Row;
use crate::domain::product::{MAX_GRAMS, MAX_URL};
use base::{Currency, Money};
use std::collections::{BTreeMap, BTreeSet};

/// Cells by column; empty ones are left out.
pub(crate) type Cells = BTreeMap<String, String>;

/// The most columns a file may have.
const MAX_COLUMNS: usize = 200;

/// What Shopify's newer templates call the columns.
const ALIASES: [(&str, &str); 27] = [
    ("url handle", HANDLE),
    ("description", super::BODY),
    ("product category", super::CATEGORY),
    ("published on online store", PUBLISHED),
    ("sku", super::SKU),
    ("barcode", BARCODE),
    ("price", PRICE),
    ("compare-at price", COMPARE_AT),
    ("cost per item", super::COST),
    ("charge tax", TAXABLE),
    ("inventory tracker", super::TRACKER),
    ("inventory quantity", QUANTITY),
    ("continue selling when out of stock", POLICY),
    ("weight value (grams)", GRAMS),
    ("weight unit for display", WEIGHT_UNIT),
    ("requires shipping", SHIPPING),
    ("fulfillment service", super::FULFILLMENT),
    ("product image url", IMAGE),
    ("image position", IMAGE_POSITION),
    ("image alt text", IMAGE_ALT),
    ("gift card", GIFT_CARD),
    ("option1 name", "Option1 Name"),
    ("option1 value", "Option1 Value"),
    ("option2 name", "Option2 Name"),
    ("option2 value", "Option2 Value"),
    ("option3 name", "Option3 Name"),
    ("option3 value", "Option3 Value"),
];

/// The header of a file.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    columns: Vec<String>,
}

impl Header {
    /// The header in the first row of a file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the file and what to do.
    pub(crate) fn read(row: &Row) -> Result<Self, String> {
        let columns: Vec<String> = row.cells.iter().map(|cell| canonical(cell)).collect();
        if columns.len() == 1 && columns[0].contains([';', '\t']) {
            return Err(
                "the columns are not separated by commas; save the file as comma-separated CSV".into()
            );
        }
        if columns.len() > MAX_COLUMNS {
            return Err(format!("the header has {} columns; at most {MAX_COLUMNS} are read", columns.len()));
        }
        let missing: Vec<&str> =
            [HANDLE, TITLE].into_iter().filter(|name| !columns.iter().any(|own| own == name)).collect();
        if !missing.is_empty() {
            return Err(format!(
                "the header on line {} has no column {}; is this a Shopify product file?",
                row.line,
                missing.join(" and no column ")
            ));
        }
        let mut seen = BTreeSet::new();
        match columns.iter().find(|column| column.is_empty() || !seen.insert(*column)) {
            Some(column) if column.is_empty() => Err("a column of the header has no name".into()),
            Some(column) => Err(format!("the header names the column {column} twice")),
            None => Ok(Self { columns }),
        }
    }

    /// Whether the file has this column.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|own| own == column)
    }

    /// The columns, in the order of the file.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str)
    }

    /// The cells of `row` in their normal form, prices in `currency`, and those that have none.
    ///
    /// # Errors
    /// For a row that does not fit the header.
    pub(crate) fn cells(&self, row: &Row, currency: Currency) -> Result<(Cells, Vec<WrongCell>), String> {
        if row.cells.len() != self.columns.len() {
            return Err(format!("has {} cells, the header has {}", row.cells.len(), self.columns.len()));
        }
        let mut cells = Cells::new();
        let mut wrong = Vec::new();
        for (column, cell) in self.columns.iter().zip(&row.cells) {
            match normal(column, cell.trim(), currency) {
                Ok(cell) if cell.is_empty() => {}
                Ok(cell) => drop(cells.insert(column.clone(), cell)),
                Err(what) => wrong.push(WrongCell::new(column, cell, &what)),
            }
        }
        Ok((cells, wrong))
    }
}

/// A cell that cannot be used.
#[derive(Debug)]
pub(crate) struct WrongCell {
    pub(crate) column: String,
    /// Which cell and why, for people.
    pub(crate) reason: String,
}

impl WrongCell {
    fn new(column: &str, cell: &str, what: &str) -> Self {
        let shown: String = cell.chars().take(60).collect();
        Self { column: column.to_owned(), reason: format!("{column} {shown:?} {what}") }
    }
}

fn canonical(cell: &str) -> String {
    let name = cell.trim().trim_start_matches('\u{feff}');
    let lower = name.to_lowercase();
    let known = COLUMNS.iter().find(|column| column.to_lowercase() == lower).copied();
    let alias = || ALIASES.iter().find(|(alias, _)| *alias == lower).map(|(_, column)| *column);
    known.or_else(alias).unwrap_or(name).chars().take(200).collect()
}

/// A cell in the one form in which it is compared and written.
fn normal(column: &str, cell: &str, currency: Currency) -> Result<String, String> {
    if cell.is_empty() {
        return Ok(String::new());
    }
    match column {
        PRICE | COMPARE_AT => price(cell, currency),
        GRAMS => grams(cell),
        QUANTITY => {
            cell.parse::<i64>().map(|number| number.to_string()).map_err(|_| "is not a whole number".into())
        }
        IMAGE_POSITION => match cell.parse::<u32>() {
            Ok(position @ 1..=1_000_000) => Ok(position.to_string()),
            _ => Err("is not a position from 1 on".into()),
        },
        TAXABLE | SHIPPING | PUBLISHED | GIFT_CARD => truth(cell),
        STATUS => one_of(cell, &["active", "draft", "archived"]),
        WEIGHT_UNIT => one_of(cell, &["g", "kg", "oz", "lb"]),
        POLICY => match truth(cell).as_deref() {
            Ok("true") => Ok("continue".into()),
            Ok(_) => Ok("deny".into()),
            Err(_) => one_of(cell, &["deny", "continue"]),
        },
        TAGS => Ok(tags(cell).join(", ")),
        // Spreadsheets are kept from eating leading zeros with an apostrophe.
        BARCODE => Ok(cell.trim_start_matches('\'').to_owned()),
        IMAGE => address(cell),
        IMAGE_ALT => Ok(one_line(cell)),
        HANDLE => Ok(cell.to_lowercase()),
        _ => Ok(cell.to_owned()),
    }
}

/// The tags of a cell, in order and without repetition.
pub(crate) fn tags(cell: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in cell.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|own| own == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// The text with a blank where it had line breaks and tabs.
fn one_line(cell: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let parts = cell.split(breaks).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

fn price(cell: &str, currency: Currency) -> Result<String, String> {
    let money = Money::parse_decimal(cell, currency)
        .map_err(|_| format!("is not an amount of {currency} such as 12.90"))?;
    if (0..=base::money::MAX_MINOR).contains(&money.minor) {
        Ok(money.to_decimal())
    } else {
        Err("is out of range".into())
    }
}

fn grams(cell: &str) -> Result<String, String> {
    let grams = cell.parse::<f64>().ok().filter(|grams| (0.0..=MAX_GRAMS as f64).contains(grams));
    grams.map(|grams| (grams.round() as i64).to_string()).ok_or_else(|| "is not a weight in grams".into())
}

fn truth(cell: &str) -> Result<String, String> {
    match cell.to_lowercase().as_str() {
        "true" | "yes" | "1" => Ok("true".into()),
        "false" | "no" | "0" => Ok("false".into()),
        _ => Err("is neither true nor false".into()),
    }
}

fn one_of(cell: &str, known: &[&str]) -> Result<String, String> {
    let lower = cell.to_lowercase();
    if known.contains(&lower.as_str()) { Ok(lower) } else { Err(format!("is none of {}", known.join(", "))) }
}

fn address(cell: &str) -> Result<String, String> {
    let scheme = ["https://", "http://"].iter().find_map(|scheme| cell.strip_prefix(scheme));
    let good = scheme.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let clean = cell.len() <= MAX_URL
        && !cell.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>'));
    if good && clean {
        Ok(cell.to_owned())
    } else {
        Err("is not an address that begins with https://".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cells: &[&str]) -> Result<Header, String> {
        Header::read(&Row { line: 1, cells: cells.iter().map(|cell| (*cell).to_owned()).collect() })
    }

    #[test]
    fn a_file_of_something_else_is_told_so() {
        for (cells, part) in [
            (&["Handle;Title;Vendor"][..], "separated by commas"),
            (&["id", "name"], "no column Handle and no column Title"),
            (&["Handle"], "no column Title"),
            (&["Handle", "Title", "Title"], "twice"),
            (&["Handle", "Title", ""], "no name"),
        ] {
            let error = header(cells).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn the_header_is_read_whatever_its_case_and_template() {
        let header = header(&["\u{feff}handle", "TITLE", "Compare-at price", "Metafield: x"]).unwrap();
        assert_eq!(header.columns().collect::<Vec<_>>(), ["Handle", "Title", COMPARE_AT, "Metafield: x"]);
    }

    #[test]
    fn cells_have_one_form() {
        let cases = [
            (PRICE, "12.9", "12.90"),
            (PRICE, "0", "0.00"),
            (GRAMS, "12.6", "13"),
            (QUANTITY, "-3", "-3"),
            (TAXABLE, "TRUE", "true"),
            (TAGS, " a ,b,, a", "a, b"),
            (BARCODE, "'0123", "0123"),
            (STATUS, "Active", "active"),
            (POLICY, "FALSE", "deny"),
            (POLICY, "continue", "continue"),
            (IMAGE, "https://cdn.example/x.jpg?v=1", "https://cdn.example/x.jpg?v=1"),
            (IMAGE_ALT, "A lamp,\r\n\tlit", "A lamp, lit"),
            ("Other", "x", "x"),
        ];
        for (column, cell, form) in cases {
            assert_eq!(normal(column, cell, Currency::EUR).as_deref(), Ok(form), "{column} {cell}");
            assert_eq!(
                normal(column, form, Currency::EUR).as_deref(),
                Ok(form),
                "the form of {column} is stable"
            );
        }
        let bad = [
            (PRICE, "1,99"),
            (PRICE, "-1"),
            (PRICE, "1e9"),
            (PRICE, "99999999999999"),
            (GRAMS, "NaN"),
            (GRAMS, "-1"),
            (GRAMS, "inf"),
            (QUANTITY, "1.5"),
            (QUANTITY, "many"),
            (TAXABLE, "maybe"),
            (STATUS, "gone"),
            (IMAGE, "javascript:alert(1)"),
            (IMAGE, "https://a b"),
            (IMAGE, "https:///x"),
            (IMAGE_POSITION, "0"),
        ];
        for (column, cell) in bad {
            assert!(normal(column, cell, Currency::EUR).is_err(), "{column} {cell}");
        }
    }
}
