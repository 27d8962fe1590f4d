//! Who looks at an order, and what that makes of them.

use crate::domain::order::Order;
use crate::domain::status::{self, Mover};
use crate::error::{OrderError, Result};
use api::audit::Deed;
use api::ids::UserId;
use api::order::{OrderAction, OrderAuditRecorded, link};
use api::shared::{Actor, ActorKind};
use auth::{Caller, Permission, User};
use base::{Keys, Timestamp};
use db::Tx;

/// How somebody came to an order.
#[derive(Clone, Debug)]
pub(crate) enum Viewer {
    /// The customer it belongs to.
    Owner(UserId),
    /// A guest with the signed link.
    Guest,
    /// Staff.
    Staff(User),
    /// Another service.
    Service(String),
}

impl Viewer {
    /// What `caller` is to `order`. Staff need `permission`; to everybody else the order is not
    /// there.
    ///
    /// # Errors
    /// [`OrderError::NotFound`].
    pub(crate) fn of(
        order: &Order,
        caller: &Caller,
        token: Option<&str>,
        keys: &Keys,
        permission: Permission,
    ) -> Result<Viewer> {
        let has_link = order.customer.user_id.is_none()
            && token.and_then(|token| link::open(keys, token)).is_some_and(|id| id == order.id);
        match caller {
            Caller::Service(service) => Ok(Self::Service(service.name().to_owned())),
            Caller::User(user) if order.customer.user_id == Some(id_of(user)) => Ok(Self::Owner(id_of(user))),
            Caller::User(user) if user.has(permission) && !has_link => Ok(Self::Staff(user.clone())),
            Caller::User(_) | Caller::Anonymous if has_link => Ok(Self::Guest),
            Caller::User(_) | Caller::Anonymous => Err(OrderError::NotFound),
        }
    }

    /// As whom they move the order.
    pub(crate) fn mover(&self) -> Mover {
        match self {
            Self::Owner(_) | Self::Guest => Mover::Owner,
            Self::Staff(_) => Mover::Staff,
            Self::Service(_) => Mover::System,
        }
    }

    /// As whom the history names them.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Owner(id) => Actor::new(ActorKind::User, id),
            Self::Guest => Actor { kind: ActorKind::Customer, id: None },
            Self::Staff(user) => Actor::new(ActorKind::Admin, user.id),
            Self::Service(name) => Actor::new(ActorKind::Service, name),
        }
    }

    /// Leaves the audit record of what staff did to an order; others have a right to their own.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn note(
        &self,
        tx: &mut Tx,
        order: &Order,
        deed: &str,
        reason: Option<&str>,
    ) -> Result<()> {
        if !matches!(self, Self::Staff(_)) {
            return Ok(());
        }
        let deed = Deed::new(deed, "order").to(order.id).because(reason);
        Ok(OrderAuditRecorded::write(tx, self.actor(), deed).await?)
    }

    /// What they may do with the order now.
    pub(crate) fn allowed_actions(&self, order: &Order, now: Timestamp) -> Vec<OrderAction> {
        let mut actions = status::actions(order.status, self.mover());
        actions.retain(|action| match (self, action) {
            (Self::Service(_), _) | (Self::Guest, OrderAction::Update) => false,
            (_, OrderAction::Pay) => order.check_payable(now).is_ok(),
            (Self::Staff(user), action) => may(user, *action),
            _ => true,
        });
        actions
    }
}

fn may(user: &User, action: OrderAction) -> bool {
    match action {
        OrderAction::Pay => false,
        OrderAction::Cancel => user.has(Permission::OrderCancel),
        OrderAction::Update => user.has(Permission::OrderUpdate),
        OrderAction::Process => user.may_set_order_status("PROCESSING"),
        OrderAction::Hold => user.may_set_order_status("ON_HOLD"),
        OrderAction::Ship => user.may_set_order_status("SHIPPED"),
        OrderAction::Deliver => user.may_set_order_status("DELIVERED"),
        OrderAction::Complete => user.may_set_order_status("COMPLETED"),
    }
}

/// The id of a signed-in user as the contract's type.
pub(crate) fn id_of(user: &User) -> UserId {
    UserId::from_uuid(user.id.uuid())
}
