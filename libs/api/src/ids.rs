//! The identities of contracts §3.13, one Rust type each.

use base::Id;

pub use auth::{SessionId, UserId};

/// Names that make each identity a type of its own.
pub mod kind {
    /// A user's profile.
    pub enum Profile {}
    /// A stored address.
    pub enum Address {}
    /// A product.
    pub enum Product {}
    /// A sellable variant of a product.
    pub enum Variant {}
    /// A category.
    pub enum Category {}
    /// A picture of a product.
    pub enum Image {}
    /// Stock of one SKU in one warehouse.
    pub enum InventoryItem {}
    /// A warehouse.
    pub enum Warehouse {}
    /// A hold on stock for an order.
    pub enum Reservation {}
    /// An entry of the stock ledger.
    pub enum StockTransaction {}
    /// A cart.
    pub enum Cart {}
    /// A line of a cart.
    pub enum CartLine {}
    /// An order.
    pub enum Order {}
    /// A line of an order.
    pub enum OrderLine {}
    /// A shipment.
    pub enum Shipment {}
    /// A payment attempt.
    pub enum Payment {}
    /// A refund.
    pub enum Refund {}
    /// A notification.
    pub enum Notification {}
    /// A template of a notification.
    pub enum Template {}
    /// A secret claim (contracts §3.3).
    pub enum Claim {}
}

/// Identity of a profile.
pub type ProfileId = Id<kind::Profile>;
/// Identity of a stored address.
pub type AddressId = Id<kind::Address>;
/// Identity of a product.
pub type ProductId = Id<kind::Product>;
/// Identity of a variant; every sellable thing has one, also the only variant of a product.
pub type VariantId = Id<kind::Variant>;
/// Identity of a category.
pub type CategoryId = Id<kind::Category>;
/// Identity of a picture.
pub type ImageId = Id<kind::Image>;
/// Identity of the stock of one SKU in one warehouse.
pub type InventoryItemId = Id<kind::InventoryItem>;
/// Identity of a warehouse.
pub type WarehouseId = Id<kind::Warehouse>;
/// Identity of a reservation.
pub type ReservationId = Id<kind::Reservation>;
/// Identity of an entry of the stock ledger.
pub type StockTransactionId = Id<kind::StockTransaction>;
/// Identity of a cart.
pub type CartId = Id<kind::Cart>;
/// Identity of a cart line.
pub type CartLineId = Id<kind::CartLine>;
/// Identity of an order.
pub type OrderId = Id<kind::Order>;
/// Identity of an order line.
pub type OrderLineId = Id<kind::OrderLine>;
/// Identity of a shipment.
pub type ShipmentId = Id<kind::Shipment>;
/// Identity of a payment attempt.
pub type PaymentId = Id<kind::Payment>;
/// Identity of a refund.
pub type RefundId = Id<kind::Refund>;
/// Identity of a notification.
pub type NotificationId = Id<kind::Notification>;
/// Identity of a notification template.
pub type TemplateId = Id<kind::Template>;
/// Identity of a secret claim.
pub type ClaimId = Id<kind::Claim>;
