//! THE list: every service this binary can be.

use base::{Error, Kind};
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

/// The service called `name`, in the registry (`order-service`) or for short (`order`).
///
/// # Errors
/// A list of all names.
pub(crate) fn named(name: &str) -> base::Result<Definition> {
    let is_called = |service: &Definition| service.name == name || service.registry_name == name;
    all().into_iter().find(is_called).ok_or_else(|| {
        let names = all().into_iter().map(|service| format!("{} ({})", service.registry_name, service.name));
        let names = names.collect::<Vec<_>>().join(", ");
        Error::new(
            Kind::Malformed,
            "malformed",
            format!("there is no service {name:?}; services are {names}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_answers_to_the_name_of_the_registry_and_to_its_short_one() {
        for service in all() {
            assert_eq!(named(service.name).unwrap().name, service.name);
            assert_eq!(named(service.registry_name).unwrap().name, service.name);
        }
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones() {
        let error = named("orders").err().expect("there is none");
        assert!(error.detail().contains("order-service (order)"), "{}", error.detail());
        assert!(error.detail().contains("api-gateway (gateway)"), "{}", error.detail());
    }
}
