//! THE list: every service this binary can be.

use service::Definition;

/// All services, in the order they are built.
pub(crate) fn all() -> Vec<Definition> {
    vec![
        user::definition(),
        product::definition(),
        inventory::definition(),
        cart::definition(),
        order::definition(),
        payment::definition(),
        notification::definition(),
        gateway::definition(),
    ]
}
