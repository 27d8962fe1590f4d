//! All messages of the platform in one list: schemas, AsyncAPI and coverage tests are made from it.

use events::MessageInfo;

/// Every message type the platform's own services publish, grouped by publisher.
pub fn messages() -> Vec<MessageInfo> {
    [user(), product(), inventory(), cart(), order(), payment(), notification()].concat()
}

fn user() -> Vec<MessageInfo> {
    use crate::user::{
        UserAccountStatusChanged, UserAddressAdded, UserAddressDeleted, UserAddressUpdated,
        UserAuditRecorded, UserCreated, UserDeactivated, UserEmailChanged, UserEmailVerificationRequested,
        UserEmailVerified, UserLoggedIn, UserLoggedOut, UserLoginFailed, UserPasswordChanged,
        UserPasswordResetRequested, UserProfileDefaultAddressChanged, UserProfileUpdated, UserReactivated,
        UserRegistered, UserRoleAssigned, UserRoleRemoved, UserSessionsRevoked, UserUpdated,
    };
    vec![
        MessageInfo::of::<UserEmailVerificationRequested>(),
        MessageInfo::of::<UserPasswordChanged>(),
        MessageInfo::of::<UserPasswordResetRequested>(),
        MessageInfo::of::<UserLoggedIn>(),
        MessageInfo::of::<UserLoginFailed>(),
        MessageInfo::of::<UserLoggedOut>(),
        MessageInfo::of::<UserSessionsRevoked>(),
        MessageInfo::of::<UserAuditRecorded>(),
        MessageInfo::of::<UserCreated>(),
        MessageInfo::of::<UserRegistered>(),
        MessageInfo::of::<UserEmailVerified>(),
        MessageInfo::of::<UserUpdated>(),
        MessageInfo::of::<UserEmailChanged>(),
        MessageInfo::of::<UserAccountStatusChanged>(),
        MessageInfo::of::<UserDeactivated>(),
        MessageInfo::of::<UserReactivated>(),
        MessageInfo::of::<UserRoleAssigned>(),
        MessageInfo::of::<UserRoleRemoved>(),
        MessageInfo::of::<UserProfileUpdated>(),
        MessageInfo::of::<UserAddressAdded>(),
        MessageInfo::of::<UserAddressUpdated>(),
        MessageInfo::of::<UserAddressDeleted>(),
        MessageInfo::of::<UserProfileDefaultAddressChanged>(),
    ]
}

fn product() -> Vec<MessageInfo> {
    use crate::product::{
        CategoryCreated, CategoryDeleted, CategoryMoved, CategoryUpdated, ProductAuditRecorded,
        ProductCreated, ProductDeleted, ProductPriceUpdated, ProductStatusChanged, ProductUpdated,
        ProductVariantAdded, ProductVariantRemoved, ProductVariantUpdated,
    };
    vec![
        MessageInfo::of::<ProductCreated>(),
        MessageInfo::of::<ProductUpdated>(),
        MessageInfo::of::<ProductDeleted>(),
        MessageInfo::of::<ProductStatusChanged>(),
        MessageInfo::of::<ProductVariantAdded>(),
        MessageInfo::of::<ProductVariantUpdated>(),
        MessageInfo::of::<ProductVariantRemoved>(),
        MessageInfo::of::<ProductPriceUpdated>(),
        MessageInfo::of::<CategoryCreated>(),
        MessageInfo::of::<CategoryUpdated>(),
        MessageInfo::of::<CategoryMoved>(),
        MessageInfo::of::<CategoryDeleted>(),
        MessageInfo::of::<ProductAuditRecorded>(),
    ]
}

fn inventory() -> Vec<MessageInfo> {
    use crate::inventory::{
        InventoryAuditRecorded, InventoryItemCreated, InventoryReservationCancelled,
        InventoryReservationConfirmed, InventoryReservationExpired, InventoryReservationFailed,
        InventoryReservationFulfilled, InventoryReserved, LowStockThresholdReached, OutOfStock,
        ProductBackInStock, StockLevelChanged,
    };
    vec![
        MessageInfo::of::<InventoryItemCreated>(),
        MessageInfo::of::<StockLevelChanged>(),
        MessageInfo::of::<LowStockThresholdReached>(),
        MessageInfo::of::<OutOfStock>(),
        MessageInfo::of::<ProductBackInStock>(),
        MessageInfo::of::<InventoryReserved>(),
        MessageInfo::of::<InventoryReservationFailed>(),
        MessageInfo::of::<InventoryReservationConfirmed>(),
        MessageInfo::of::<InventoryReservationCancelled>(),
        MessageInfo::of::<InventoryReservationExpired>(),
        MessageInfo::of::<InventoryReservationFulfilled>(),
        MessageInfo::of::<InventoryAuditRecorded>(),
    ]
}

fn cart() -> Vec<MessageInfo> {
    use crate::cart::{CartAbandoned, CartAuditRecorded, CartCheckedOut, CartCleared, CartUpdated};
    vec![
        MessageInfo::of::<CartUpdated>(),
        MessageInfo::of::<CartCheckedOut>(),
        MessageInfo::of::<CartCleared>(),
        MessageInfo::of::<CartAbandoned>(),
        MessageInfo::of::<CartAuditRecorded>(),
    ]
}

fn order() -> Vec<MessageInfo> {
    use crate::order::{
        OrderAuditRecorded, OrderCancelled, OrderCompleted, OrderCreated, OrderDelivered,
        OrderPaymentCompleted, OrderPaymentFailed, OrderPlaced, OrderRefundProcessed, OrderRefundRequested,
        OrderShipped, OrderStatusChanged, OrderUpdated,
    };
    vec![
        MessageInfo::of::<OrderCreated>(),
        MessageInfo::of::<OrderPlaced>(),
        MessageInfo::of::<OrderUpdated>(),
        MessageInfo::of::<OrderStatusChanged>(),
        MessageInfo::of::<OrderPaymentCompleted>(),
        MessageInfo::of::<OrderPaymentFailed>(),
        MessageInfo::of::<OrderCompleted>(),
        MessageInfo::of::<OrderCancelled>(),
        MessageInfo::of::<OrderRefundRequested>(),
        MessageInfo::of::<OrderRefundProcessed>(),
        MessageInfo::of::<OrderAuditRecorded>(),
        MessageInfo::of::<OrderShipped>(),
        MessageInfo::of::<OrderDelivered>(),
    ]
}

fn payment() -> Vec<MessageInfo> {
    use crate::payment::{
        PaymentAuditRecorded, PaymentAuthorized, PaymentCancelled, PaymentCaptured, PaymentFailed,
        PaymentInitiated, PaymentProcessing, PaymentRequiresAction, PaymentSucceeded, RefundFailed,
        RefundInitiated, RefundProcessing, RefundSucceeded,
    };
    vec![
        MessageInfo::of::<PaymentInitiated>(),
        MessageInfo::of::<PaymentRequiresAction>(),
        MessageInfo::of::<PaymentProcessing>(),
        MessageInfo::of::<PaymentAuthorized>(),
        MessageInfo::of::<PaymentCaptured>(),
        MessageInfo::of::<PaymentSucceeded>(),
        MessageInfo::of::<PaymentFailed>(),
        MessageInfo::of::<PaymentCancelled>(),
        MessageInfo::of::<PaymentAuditRecorded>(),
        MessageInfo::of::<RefundInitiated>(),
        MessageInfo::of::<RefundProcessing>(),
        MessageInfo::of::<RefundSucceeded>(),
        MessageInfo::of::<RefundFailed>(),
    ]
}

fn notification() -> Vec<MessageInfo> {
    use crate::notification::{
        CommunicationPreferenceUpdated, NotificationAuditRecorded, NotificationDeliveryUpdate,
        NotificationFailed, NotificationSent,
    };
    vec![
        MessageInfo::of::<NotificationSent>(),
        MessageInfo::of::<NotificationFailed>(),
        MessageInfo::of::<NotificationDeliveryUpdate>(),
        MessageInfo::of::<CommunicationPreferenceUpdated>(),
        MessageInfo::of::<NotificationAuditRecorded>(),
    ]
}
