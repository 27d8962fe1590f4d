//! Messages of the product service (contracts §3.5). `aggregateVersion` is the version of the
//! product or category after the change, the number in its ETag.

use super::ProductStatus;
use crate::audit::{AuditRecorded, Publisher};
use crate::ids::{CategoryId, ProductId, VariantId};
use crate::shared::{Actor, CategoryRef, PriceRecord, VariantSnapshot};
use base::{Money, Timestamp};
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const EXCHANGE: &str = "product.events";
const SOURCE: &str = "ProductService";

/// A product as events carry it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductSnapshot {
    /// The product.
    pub product_id: ProductId,
    /// Display name.
    pub name: String,
    /// Name in addresses.
    pub slug: String,
    /// The first 500 characters of the text.
    pub description: String,
    /// Maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// State.
    pub status: ProductStatus,
    /// Where it is filed.
    pub categories: Vec<CategoryRef>,
    /// What can be bought.
    pub variants: Vec<VariantSnapshot>,
}

/// A product was stored with its first variants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductCreated {
    /// The product.
    pub product_id: ProductId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// Display name.
    pub name: String,
    /// Name in addresses.
    pub slug: String,
    /// The first 500 characters of the text.
    pub description: String,
    /// Stock keeping unit of the first variant.
    pub sku: String,
    /// Maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// State.
    pub status: ProductStatus,
    /// Where it is filed.
    pub categories: Vec<CategoryRef>,
    /// What can be bought.
    pub variants: Vec<VariantSnapshot>,
    /// Whether special rules for shipping apply.
    pub is_hazardous_material: bool,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_of_origin: Option<String>,
    /// Ordinary price of the first variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Money>,
    /// Free form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// When.
    pub created_at: Timestamp,
    /// Who.
    pub created_by: Actor,
}

impl Message for ProductCreated {
    const NAME: &'static str = "ProductCreated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.product.created.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.product_id.to_string()
    }
}

/// Attributes of a product were changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductUpdated {
    /// The product.
    pub product_id: ProductId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// Dotted paths of what was changed.
    pub updated_fields: Vec<String>,
    /// The product after the change.
    pub product: ProductSnapshot,
    /// When.
    pub updated_at: Timestamp,
    /// Who.
    pub updated_by: Actor,
}

impl Message for ProductUpdated {
    const NAME: &'static str = "ProductUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.product.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.product_id.to_string()
    }
}

/// A product was archived for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductDeleted {
    /// The product.
    pub product_id: ProductId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_reason: Option<String>,
    /// When.
    pub deleted_at: Timestamp,
    /// Who.
    pub deleted_by: Actor,
}

impl Message for ProductDeleted {
    const NAME: &'static str = "ProductDeleted";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.product.deleted.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.product_id.to_string()
    }
}

/// A product went from one state to another (contracts §6.9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductStatusChanged {
    /// The product.
    pub product_id: ProductId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// The state before.
    pub old_status: ProductStatus,
    /// The state now.
    pub new_status: ProductStatus,
    /// When.
    pub changed_at: Timestamp,
    /// Who.
    pub changed_by: Actor,
}

impl Message for ProductStatusChanged {
    const NAME: &'static str = "ProductStatusChanged";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.product.status-changed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.product_id.to_string()
    }
}

/// A variant was added to a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductVariantAdded {
    /// The product.
    pub product_id: ProductId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// The variant.
    pub variant: VariantSnapshot,
    /// When.
    pub created_at: Timestamp,
}

impl Message for ProductVariantAdded {
    const NAME: &'static str = "ProductVariantAdded";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.variant.added.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.product_id.to_string()
    }
}

/// A variant was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductVariantUpdated {
    /// The product.
    pub product_id: ProductId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// The variant.
    pub variant_id: VariantId,
    /// Names of what was changed.
    pub updated_fields: Vec<String>,
    /// The variant after the change.
    pub variant: VariantSnapshot,
    /// When.
    pub updated_at: Timestamp,
}

impl Message for ProductVariantUpdated {
    const NAME: &'static str = "ProductVariantUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.variant.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.product_id.to_string()
    }
}

/// A variant was removed from a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductVariantRemoved {
    /// The product.
    pub product_id: ProductId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// The variant.
    pub variant_id: VariantId,
    /// Its stock keeping unit.
    pub sku: String,
    /// When.
    pub removed_at: Timestamp,
    /// Who.
    pub removed_by: Actor,
}

impl Message for ProductVariantRemoved {
    const NAME: &'static str = "ProductVariantRemoved";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.variant.removed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.product_id.to_string()
    }
}

/// Another price of a variant became effective, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductPriceUpdated {
    /// The product.
    pub product_id: ProductId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// The variant.
    pub variant_id: VariantId,
    /// The price before; none for a first price in that currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_price: Option<PriceRecord>,
    /// The price from now on.
    pub new_price: PriceRecord,
    /// When.
    pub updated_at: Timestamp,
    /// Who; the platform for a planned price.
    pub updated_by: Actor,
}

impl Message for ProductPriceUpdated {
    const NAME: &'static str = "ProductPriceUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.price.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.product_id.to_string()
    }
}

/// A category was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryCreated {
    /// The category.
    pub category_id: CategoryId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// Display name.
    pub name: String,
    /// Text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The category above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CategoryId>,
    /// Ids from the top down to this one, joined by `/`.
    pub path: String,
    /// 0 at the top.
    pub level: i64,
    /// Free form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// When.
    pub created_at: Timestamp,
    /// Who.
    pub created_by: Actor,
}

impl Message for CategoryCreated {
    const NAME: &'static str = "CategoryCreated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.category.created.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.category_id.to_string()
    }
}

/// A category was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryUpdated {
    /// The category.
    pub category_id: CategoryId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// Names of what was changed.
    pub updated_fields: Vec<String>,
    /// Display name.
    pub name: String,
    /// Text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Free form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// When.
    pub updated_at: Timestamp,
    /// Who.
    pub updated_by: Actor,
}

impl Message for CategoryUpdated {
    const NAME: &'static str = "CategoryUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.category.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.category_id.to_string()
    }
}

/// A category hangs under another parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryMoved {
    /// The category.
    pub category_id: CategoryId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// The parent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_parent_id: Option<CategoryId>,
    /// The parent now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_parent_id: Option<CategoryId>,
    /// The path before.
    pub old_path: String,
    /// The path now.
    pub new_path: String,
    /// 0 at the top.
    pub new_level: i64,
    /// When.
    pub moved_at: Timestamp,
    /// Who.
    pub moved_by: Actor,
}

impl Message for CategoryMoved {
    const NAME: &'static str = "CategoryMoved";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.category.moved.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.category_id.to_string()
    }
}

/// An empty category was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryDeleted {
    /// The category.
    pub category_id: CategoryId,
    /// Version of the aggregate after the change.
    pub aggregate_version: i64,
    /// When.
    pub deleted_at: Timestamp,
    /// Who.
    pub deleted_by: Actor,
}

impl Message for CategoryDeleted {
    const NAME: &'static str = "CategoryDeleted";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "product.category.deleted.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.category_id.to_string()
    }
}

/// The publisher of the product service's audit records.
#[derive(Clone, Debug, PartialEq)]
pub enum ProductService {}

impl Publisher for ProductService {
    const SOURCE: &'static str = SOURCE;
}

/// An audit record of the product service.
pub type ProductAuditRecorded = AuditRecorded<ProductService>;
