//! The states of a product (contracts §6.9).

use super::product::Product;
use crate::error::ProductError;
use api::product::ProductStatus::{self, Active, Archived, Discontinued, Draft, Inactive};

/// The states a product can go to by `PUT …/status`. `DELETE` leads from any state to ARCHIVED.
pub(crate) fn next(from: ProductStatus) -> &'static [ProductStatus] {
    match from {
        Draft => &[Active],
        Active => &[Inactive, Discontinued],
        Inactive => &[Active, Discontinued],
        Discontinued => &[Archived],
        Archived => &[],
    }
}

/// Moves `product` to `to`; being there already is fine.
///
/// # Errors
/// [`ProductError::InvalidTransition`] for a way that does not exist;
/// [`ProductError::NotPublishable`] without category or price.
pub(crate) fn move_to(product: &mut Product, to: ProductStatus) -> Result<(), ProductError> {
    let from = product.status;
    if from == to {
        return Ok(());
    }
    if !next(from).contains(&to) {
        return Err(ProductError::InvalidTransition { from, to });
    }
    if to == Active {
        publishable(product)?;
    }
    product.status = to;
    Ok(())
}

/// Whether the product has what it needs to be on sale.
///
/// # Errors
/// [`ProductError::NotPublishable`].
pub(crate) fn publishable(product: &Product) -> Result<(), ProductError> {
    let priced =
        product.variants.iter().all(|variant| variant.prices.iter().any(|line| !line.prices.is_empty()));
    if product.category_ids.is_empty() {
        return Err(ProductError::NotPublishable("a category"));
    }
    if product.variants.is_empty() || !priced {
        return Err(ProductError::NotPublishable("a price for every variant"));
    }
    Ok(())
}

/// Whether the product may still be changed.
///
/// # Errors
/// [`ProductError::Archived`].
pub(crate) fn changeable(product: &Product) -> Result<(), ProductError> {
    if product.status == Archived { Err(ProductError::Archived) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn the_states_are_those_of_the_contract() {
        let all = [Draft, Active, Inactive, Discontinued, Archived];
        let ways = [
            (Draft, Active),
            (Active, Inactive),
            (Inactive, Active),
            (Active, Discontinued),
            (Inactive, Discontinued),
            (Discontinued, Archived),
        ];
        for from in all {
            for to in all {
                let mut product = samples::product();
                product.status = from;
                let good = from == to || ways.contains(&(from, to));
                assert_eq!(move_to(&mut product, to).is_ok(), good, "{from:?} to {to:?}");
                assert_eq!(product.status, if good { to } else { from });
            }
        }
    }

    #[test]
    fn nothing_is_published_without_category_or_price() {
        let mut product = samples::product();
        product.status = Draft;
        let mut bare = product.clone();
        bare.category_ids.clear();
        assert!(matches!(move_to(&mut bare, Active), Err(ProductError::NotPublishable("a category"))));
        product.variants[0].prices.clear();
        assert!(matches!(move_to(&mut product, Active), Err(ProductError::NotPublishable(_))));
    }
}
