//! What can go wrong in the catalogue, and the codes clients see.

use api::product::ProductStatus;
use base::{Error, Kind};
use db::DbError;

/// A refusal of the catalogue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProductError {
    #[error("there is no such product")]
    NoProduct,
    #[error("the product has no such variant")]
    NoVariant,
    #[error("the product has no such picture")]
    NoImage,
    #[error("there is no such category")]
    NoCategory,
    #[error("another variant has this stock keeping unit")]
    SkuTaken,
    #[error("another product or category has this name in addresses")]
    SlugTaken,
    #[error("the parent has a category of this name already")]
    NameTaken,
    #[error("a product cannot go from {from:?} to {to:?}")]
    InvalidTransition { from: ProductStatus, to: ProductStatus },
    #[error("a product needs {0} before it can be published")]
    NotPublishable(&'static str),
    #[error("the product is archived and cannot be changed any more")]
    Archived,
    #[error("a product keeps at least one variant; archive the product instead")]
    LastVariant,
    #[error("the category still has products or categories in it")]
    CategoryNotEmpty,
    #[error("a category cannot be moved below itself")]
    CategoryCycle,
    #[error("a category can be at most {0} levels deep")]
    CategoryTooDeep(usize),
    #[error("there are as many categories as there can be")]
    TooManyCategories,
    #[error("the file is not a picture we can read: {0}")]
    BadPicture(String),
    #[error("{0}")]
    PictureTooLarge(String),
    #[error("{0}")]
    BadFile(String),
    #[error("only {0} can be planned or kept")]
    TooMany(&'static str),
    #[error(transparent)]
    Other(#[from] Error),
}

impl ProductError {
    fn row(&self) -> (Kind, &'static str) {
        match self {
            Self::NoProduct | Self::NoVariant | Self::NoImage | Self::NoCategory => {
                (Kind::NotFound, "not-found")
            }
            Self::SkuTaken => (Kind::Conflict, "sku-taken"),
            Self::SlugTaken => (Kind::Conflict, "slug-taken"),
            Self::NameTaken => (Kind::Conflict, "name-taken"),
            Self::InvalidTransition { .. } => (Kind::Conflict, "invalid-transition"),
            Self::NotPublishable(_) | Self::Archived => (Kind::Conflict, "invalid-state"),
            Self::LastVariant => (Kind::Conflict, "last-variant"),
            Self::CategoryNotEmpty => (Kind::Conflict, "category-not-empty"),
            Self::CategoryCycle => (Kind::Conflict, "category-cycle"),
            Self::CategoryTooDeep(_) => (Kind::Conflict, "category-too-deep"),
            Self::TooManyCategories | Self::TooMany(_) => (Kind::Conflict, "limit-reached"),
            Self::BadPicture(_) => (Kind::UnsupportedMedia, "unsupported-media-type"),
            Self::PictureTooLarge(_) => (Kind::TooLarge, "too-large"),
            Self::BadFile(_) => (Kind::Invalid, "bad-file"),
            Self::Other(_) => (Kind::Internal, "internal"),
        }
    }
}

impl From<DbError> for ProductError {
    fn from(error: DbError) -> Self {
        if error.is_unique("variant_sku") {
            Self::SkuTaken
        } else if error.is_unique("product_slug") || error.is_unique("category_slug") {
            Self::SlugTaken
        } else if error.is_unique("category_name") {
            Self::NameTaken
        } else {
            Self::Other(error.into())
        }
    }
}

impl From<ProductError> for Error {
    fn from(error: ProductError) -> Self {
        if let ProductError::Other(error) = error {
            return error;
        }
        let (kind, code) = error.row();
        let problem = Error::new(kind, code, error.to_string());
        match error {
            ProductError::InvalidTransition { from, .. } => {
                problem.with("allowed", crate::domain::status::next(from))
            }
            _ => problem,
        }
    }
}
