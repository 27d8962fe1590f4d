//! The rows of one product, collected while a file passes by.

use super::sheet::{Cells, Header};
use super::{
    HANDLE, IMAGE, IMAGE_ALT, IMAGE_POSITION, OPTION_VALUES, PRICE, SKU, TITLE, is_of_image, is_of_product,
    is_of_variant,
};
use crate::domain::csv::Row;
use crate::domain::product::{MAX_IMAGES, MAX_VARIANTS};
use crate::domain::slug::is_slug;
use api::product::BadRow;
use base::Currency;

/// The rows of one product.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Listing {
    /// Line of its first row.
    pub(crate) line: u64,
    pub(crate) handle: String,
    /// Cells of the product itself.
    pub(crate) cells: Cells,
    pub(crate) variants: Vec<Line>,
    pub(crate) pictures: Vec<Picture>,
    /// Whether its first row was reported as bad already, and only its product is used.
    pub(crate) is_reported: bool,
}

/// The cells of one variant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    pub(crate) line: u64,
    pub(crate) cells: Cells,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    pub(crate) src: String,
    /// From 1.
    pub(crate) position: Option<i64>,
    pub(crate) alt: Option<String>,
}

/// What a row led to.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// The listing that ended before the row.
    pub(crate) done: Option<Listing>,
    /// Why the row was left out.
    pub(crate) bad: Option<BadRow>,
}

/// Collects rows into listings. It holds one listing at a time.
#[derive(Debug)]
pub(crate) struct Collector {
    header: Header,
    currency: Currency,
    open: Option<Listing>,
}

impl Collector {
    /// A collector of the rows below `header`, whose prices are in `currency`.
    pub(crate) fn new(header: Header, currency: Currency) -> Self {
        Self { header, currency, open: None }
    }

    /// The header.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Takes a row.
    pub(crate) fn push(&mut self, row: &Row) -> Step {
        let mut step = Step::default();
        step.bad = self.take(row, &mut step.done).err().map(|reason| BadRow { line: row.line, reason });
        step
    }

    fn take(&mut self, row: &Row, done: &mut Option<Listing>) -> Result<(), String> {
        let (mut cells, wrong) = self.header.cells(row, self.currency)?;
        let handle = cells.remove(HANDLE).ok_or("has no Handle")?;
        if !is_slug(&handle) {
            return Err(format!("Handle {handle:?} may only have letters, digits and hyphens"));
        }
        let same = self.open.as_ref().is_some_and(|open| open.handle == handle);
        if let Some(first) = wrong.first() {
            // A first row with a wrong variant or picture still says what the product is.
            let spoiled =
                wrong.iter().any(|cell| !(is_of_variant(&cell.column) || is_of_image(&cell.column)));
            if !same && !spoiled {
                cells.retain(|column, _| !is_of_variant(column) && !is_of_image(column));
                *done = self.open.replace(Listing {
                    line: row.line,
                    handle,
                    cells,
                    is_reported: true,
                    ..Listing::default()
                });
            }
            return Err(first.reason.clone());
        }
        if !same {
            *done = self.open.take();
        }
        let open = self.open.get_or_insert_with(|| Listing { line: row.line, handle, ..Listing::default() });
        open.add(row.line, cells)
    }

    /// The last listing, when there are no more rows.
    pub(crate) fn finish(&mut self) -> Option<Listing> {
        self.open.take()
    }
}

impl Listing {
    fn add(&mut self, line: u64, cells: Cells) -> Result<(), String> {
        let has_variant = OPTION_VALUES.iter().chain(&[SKU, PRICE]).any(|column| cells.contains_key(*column));
        let has_picture = cells.contains_key(IMAGE);
        let is_first = line == self.line;
        if !has_variant && !has_picture && !is_first {
            return Err("has neither a variant nor a picture".into());
        }
        if !is_first && cells.contains_key(TITLE) && self.cells.get(TITLE) != cells.get(TITLE) {
            return Err("has another Title than the row before with the same Handle".into());
        }
        if has_variant && self.variants.len() == MAX_VARIANTS {
            return Err(format!("is more than the {MAX_VARIANTS} variants a product can have"));
        }
        if has_picture && self.pictures.len() == MAX_IMAGES {
            return Err(format!("is more than the {MAX_IMAGES} pictures a product can have"));
        }
        let (of_image, cells): (Cells, Cells) =
            cells.into_iter().partition(|(column, _)| is_of_image(column));
        // A column we do not know belongs to the product on its first row, else to the variant.
        let (of_variant, of_product): (Cells, Cells) = cells
            .into_iter()
            .partition(|(column, _)| is_of_variant(column) || (!is_first && !is_of_product(column)));
        if is_first {
            self.cells = of_product;
        }
        if has_variant {
            self.variants.push(Line { line, cells: of_variant });
        }
        self.pictures.extend(picture(of_image));
        Ok(())
    }
}

fn picture(mut cells: Cells) -> Option<Picture> {
    let src = cells.remove(IMAGE)?;
    let position = cells.get(IMAGE_POSITION).and_then(|position| position.parse().ok());
    let alt = cells.remove(IMAGE_ALT).map(|alt| alt.chars().take(crate::domain::product::MAX_ALT).collect());
    Some(Picture { src, position, alt })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::csv::Reader;

    fn read(text: &str) -> (Vec<Listing>, Vec<BadRow>) {
        let mut reader = Reader::at_line(1);
        reader.feed(text.as_bytes());
        reader.finish();
        let header = Header::read(&reader.next().unwrap().unwrap()).unwrap();
        let mut collector = Collector::new(header, Currency::EUR);
        let (mut listings, mut bad) = (Vec::new(), Vec::new());
        while let Some(row) = reader.next() {
            let step = collector.push(&row.unwrap());
            listings.extend(step.done);
            bad.extend(step.bad);
        }
        listings.extend(collector.finish());
        (listings, bad)
    }

    const HEAD: &str = "Handle,Title,Option1 Value,Variant SKU,Variant Price,Image Src,Note\n";

    #[test]
    fn rows_of_one_handle_become_one_listing() {
        let (listings, bad) = read(&format!(
            "{HEAD}a,A,Red,A-1,1.00,https://x.example/1,n1\na,,Blue,A-2,2.00,,n2\na,,,,,https://x.example/2,\nb,B,,B-1,3.00,,\n"
        ));
        assert!(bad.is_empty(), "{bad:?}");
        let seen: Vec<_> = listings
            .iter()
            .map(|own| (own.handle.as_str(), own.line, own.variants.len(), own.pictures.len()))
            .collect();
        assert_eq!(seen, [("a", 2, 2, 2), ("b", 5, 1, 0)]);
        assert_eq!(
            listings[0].cells.get("Note").map(String::as_str),
            Some("n1"),
            "an unknown cell of the first row is the product's"
        );
        assert_eq!(
            listings[0].variants[1].cells.get("Note").map(String::as_str),
            Some("n2"),
            "one of a later row is the variant's"
        );
    }

    #[test]
    fn a_bad_variant_does_not_take_its_product_along() {
        let (listings, bad) =
            read(&format!("{HEAD}a,A,Red,A-1,free,,\na,,Blue,A-2,2.00,,\nb,B,,B-1,3.00,,\n"));
        assert_eq!(bad.iter().map(|row| row.line).collect::<Vec<_>>(), [2]);
        assert_eq!(listings[0].cells.get(TITLE).map(String::as_str), Some("A"));
        assert_eq!((listings[0].variants.len(), listings.len()), (1, 2));
    }

    #[test]
    fn no_listing_is_lost_before_a_bad_row() {
        let (listings, bad) = read(&format!(
            "{HEAD}a,A,,A-1,1.00,,\nb b,B,,B-1,3.00,,\n,C,,C-1,1.00,,\nd,D,,,,,\ne,E,,E-1,1.00,ftp://x,\n"
        ));
        assert_eq!(bad.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4, 6]);
        assert_eq!(listings.iter().map(|own| own.handle.as_str()).collect::<Vec<_>>(), ["a", "d", "e"]);
    }

    #[test]
    fn a_listing_does_not_grow_without_end() {
        let rows: Vec<String> = (0..150).map(|n| format!("a,,{n},A-{n},1.00,,\n")).collect();
        let (listings, bad) = read(&format!("{HEAD}{}", rows.concat()));
        assert_eq!((listings.len(), listings[0].variants.len(), bad.len()), (1, 100, 50));
    }
}
