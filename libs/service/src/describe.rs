//! What is true of every route and is therefore not written at each one: problem documents, the
//! headers of the platform, and which refusals are possible.

use auth::Access;
use base::error::Problem;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{Components, ContentBuilder, ObjectBuilder, Ref, RefOr, Required, Type};
use utoipa::{PartialSchema as _, ToSchema as _};

const CORRELATION_ID: &str = "X-Correlation-Id";
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
const IF_MATCH: &str = "If-Match";
const CART_TOKEN: &str = "X-Cart-Token";

/// Status, name below `components/responses`, explanation.
const REFUSALS: [(&str, &str, &str); 11] = [
    ("400", "Malformed", "The request cannot be read."),
    ("401", "Unauthenticated", "No valid access token: sign in, or refresh it."),
    ("403", "Forbidden", "The caller may not do this."),
    ("404", "NotFound", "There is no such thing, or it is somebody else's."),
    ("409", "Conflict", "The present state does not allow it; the code says why."),
    ("412", "Stale", "It was changed since the version of If-Match was read."),
    ("413", "TooLarge", "The body is too large."),
    ("415", "UnsupportedMedia", "The body has another media type."),
    ("422", "Invalid", "Fields are wrong; the problem names each of them."),
    ("429", "TooMany", "Too many requests; wait as long as Retry-After says."),
    ("503", "Unavailable", "Something needed is not reachable at the moment; repeat it later."),
];

/// Schemas, answers and parameters that operations refer to.
pub(crate) fn components() -> Components {
    let mut components = Components::new();
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for (status, name, text) in REFUSALS {
        components.responses.insert(name.to_owned(), RefOr::T(refusal(status, text)));
    }
    for parameter in [correlation_id(), idempotency_key(), if_match(), cart_token()] {
        components.parameters.insert(parameter.name.clone(), RefOr::T(parameter));
    }
    components
}

fn refusal(status: &str, text: &str) -> Response {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    let response = ResponseBuilder::new().description(text).content("application/problem+json", problem);
    let response = if matches!(status, "429" | "503") {
        let mut wait = Header::new(ObjectBuilder::new().schema_type(Type::Integer).build());
        wait.description = Some("Seconds to wait.".to_owned());
        response.header("Retry-After", wait)
    } else {
        response
    };
    response.build()
}

/// Completes the entry of an operation by its path, its method, its caller and its own parameters.
pub(crate) fn complete(path: &str, is_post: bool, operation: &mut Operation, access: &Access) {
    add_parameter(operation, correlation_id());
    if is_post && !path.starts_with("/api/auth/") {
        add_parameter(operation, idempotency_key());
    }
    share_parameters(operation);
    let reads_body = operation.request_body.is_some();
    let reads_query = parameters(operation).any(
        |parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query),
    );
    let keyed = has_parameter(operation, IDEMPOTENCY_KEY);
    let conditional = has_parameter(operation, IF_MATCH);
    let open = access.to_string().split(", ").any(|who| who == "P");
    let possible = |status: &str| match status {
        "400" => reads_body || reads_query || keyed || conditional,
        "401" | "403" => !open,
        "404" => path.contains('{'),
        "409" => keyed || conditional,
        "412" => conditional,
        "413" | "415" => reads_body,
        "422" => reads_body || reads_query || keyed,
        _ => true,
    };
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let reason = http::StatusCode::from_bytes(status.as_bytes()).ok();
            response.description =
                reason.and_then(|status| status.canonical_reason()).unwrap_or("Done").into();
        }
    }
    for (status, name, _) in REFUSALS.into_iter().filter(|(status, ..)| possible(status)) {
        let reference = RefOr::Ref(Ref::from_response_name(name));
        responses.entry(status.to_owned()).or_insert(reference);
    }
}

fn parameters(operation: &Operation) -> impl Iterator<Item = &RefOr<Parameter>> {
    operation.parameters.iter().flatten()
}

fn add_parameter(operation: &mut Operation, parameter: Parameter) {
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}

/// Replaces the headers that many operations have by references.
fn share_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(header) = parameter
            && [CORRELATION_ID, IDEMPOTENCY_KEY, IF_MATCH, CART_TOKEN].contains(&header.name.as_str())
        {
            *parameter = RefOr::Ref(Ref::new(location(&header.name)));
        }
    }
}

fn has_parameter(operation: &Operation, name: &str) -> bool {
    let location = location(name);
    parameters(operation)
        .any(|parameter| matches!(parameter, RefOr::Ref(there) if there.ref_location == location))
}

fn location(name: &str) -> String {
    format!("#/components/parameters/{name}")
}

fn correlation_id() -> Parameter {
    header(CORRELATION_ID, "Id of the whole business operation, at most 64 of A–Z a–z 0–9 . _ -")
}

fn idempotency_key() -> Parameter {
    header(
        IDEMPOTENCY_KEY,
        "Makes a repetition harmless: the same key with the same request gets the answer of the first.",
    )
}

/// The version a writer has seen.
pub(crate) fn if_match() -> Parameter {
    header(IF_MATCH, "The ETag that was read; if it was changed since, the answer is 412.")
}

/// A guest's cart.
pub(crate) fn cart_token() -> Parameter {
    header(
        CART_TOKEN,
        "Who shops as a guest, as told by the first answer; signed in, it brings that cart along.",
    )
}

fn header(name: &str, text: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth::Permission;
    use utoipa::openapi::request_body::RequestBody;

    fn statuses(operation: &Operation) -> Vec<&str> {
        operation.responses.responses.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_public_page_can_only_be_too_busy() {
        let mut operation = Operation::new();
        complete("/api/status", false, &mut operation, &Access::public());
        assert_eq!(statuses(&operation), ["429", "503"]);
        assert!(has_parameter(&operation, CORRELATION_ID) && !has_parameter(&operation, IDEMPOTENCY_KEY));
    }

    #[test]
    fn a_write_of_staff_names_every_refusal_and_keeps_what_it_says_itself() {
        let mut operation = Operation::new();
        operation.request_body = Some(RefOr::T(RequestBody::new()));
        let own = RefOr::T(Response::new("its own words"));
        operation.responses.responses.insert("409".to_owned(), own.clone());
        add_parameter(&mut operation, if_match());
        complete("/api/things/{id}", true, &mut operation, &Access::staff(Permission::OrderRead));
        assert_eq!(
            statuses(&operation),
            ["400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "503"]
        );
        assert!(operation.responses.responses["409"] == own);
        assert!(has_parameter(&operation, IDEMPOTENCY_KEY) && has_parameter(&operation, IF_MATCH));
    }

    #[test]
    fn every_answer_is_described() {
        let mut operation = Operation::new();
        operation.responses.responses.insert("204".to_owned(), RefOr::T(Response::default()));
        complete("/api/cart", false, &mut operation, &Access::public());
        let RefOr::T(done) = &operation.responses.responses["204"] else { panic!() };
        assert_eq!(done.description, "No Content");
    }

    #[test]
    fn signing_in_takes_no_key() {
        let mut operation = Operation::new();
        complete("/api/auth/login", true, &mut operation, &Access::public());
        assert!(!has_parameter(&operation, IDEMPOTENCY_KEY));
    }
}
