//! Routes, their OpenAPI entries and who may use them, in one list. Deny by default: a route
//! cannot be added without saying who may call it.

use crate::audit::Refused;
use crate::describe;
use crate::http::{AnsweredTo, Failure, answer_of, around};
use auth::{Access, Caller};
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse as _, Response};
use axum::routing::Route;
use base::Error;
use http::{Method, StatusCode};
use std::sync::Arc;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _};

/// The member of an OpenAPI operation that says who may call it, in the notation of contracts §4.1.
pub const ACCESS_EXTENSION: &str = "x-access";

/// The routes of one service.
pub struct Routes<S> {
    router: OpenApiRouter<S>,
}

/// Routes with their state, ready to serve.
pub struct BuiltRoutes {
    /// The routes.
    pub router: Router,
    /// Their OpenAPI document.
    pub document: OpenApi,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes yet; `title` heads the OpenAPI document.
    pub fn new(title: &str) -> Self {
        let info = InfoBuilder::new().title(title).version(env!("CARGO_PKG_VERSION")).build();
        let document = OpenApiBuilder::new().info(info).components(Some(describe::components()));
        Self { router: OpenApiRouter::with_openapi(document.build()) }
    }

    /// Adds the handlers of one path that `access` may call: `add(Access::public(), routes!(list_products))`.
    #[must_use]
    pub fn add(self, access: Access, routes: UtoipaMethodRouter<S>) -> Self {
        let (schemas, mut paths, router) = routes;
        for (path, item) in &mut paths.paths {
            if let Some(post) = &mut item.post {
                describe::complete(path, true, post, &access);
            }
            let others = [&mut item.get, &mut item.put, &mut item.delete, &mut item.patch];
            for other in others.into_iter().flatten() {
                describe::complete(path, false, other, &access);
            }
            for operation in operations(item) {
                let note = ExtensionsBuilder::new().add(ACCESS_EXTENSION, access.to_string()).build();
                operation.extensions.get_or_insert_with(Default::default).merge(note);
            }
        }
        let names = paths.paths.values().flat_map(named_operations).collect();
        let routes: UtoipaMethodRouter<S> = (schemas, paths, router);
        let door = Door { access, names };
        let guarded = routes.layer(around(move |request, inner| guard(door.clone(), request, inner)));
        Self { router: self.router.routes(guarded) }
    }

    /// The OpenAPI document.
    pub fn document(self) -> OpenApi {
        self.router.into_openapi()
    }

    /// Gives the handlers their state.
    pub fn with_state(self, state: S) -> BuiltRoutes {
        let (router, document) = self.router.split_for_parts();
        BuiltRoutes { router: router.with_state(state), document }
    }
}

/// The operations of a path, whatever their method.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch, &mut item.head]
        .into_iter()
        .filter_map(Option::as_mut)
}

/// The operations of a path by method, as their documents name them.
fn named_operations(item: &PathItem) -> Vec<(Method, String)> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
    ];
    let named = all.into_iter().filter_map(|(method, operation)| {
        let name = operation.as_ref()?.operation_id.clone()?;
        Some((method, name))
    });
    named.collect()
}

/// What stands before the handlers of one path.
#[derive(Clone)]
struct Door {
    access: Access,
    names: Arc<[(Method, String)]>,
}

impl Door {
    fn refused(&self, caller: &Caller, method: &Method, route: &str, response: &Response) -> Refused {
        let name = self.names.iter().find(|(own, _)| own == method).map(|(_, name)| name.clone());
        Refused {
            actor: caller.into(),
            operation: name.unwrap_or_else(|| method.to_string()),
            route: route.to_owned(),
            code: response.extensions().get::<Arc<Error>>().map(|error| error.code().to_owned()),
        }
    }
}

async fn guard(door: Door, request: Request, inner: Route) -> Response {
    let caller = request.extensions().get::<Caller>().cloned().unwrap_or(Caller::Anonymous);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let user = caller.user().map(|user| AnsweredTo(user.id));
    let mut response = match door.access.check(&caller) {
        Ok(()) => answer_of(inner, request).await,
        Err(error) => Failure(error).into_response(),
    };
    if let Some(user) = user {
        response.extensions_mut().insert(user);
    }
    // Also what the operation itself refuses: a rule about roles, a sign-in that is too old.
    if response.status() == StatusCode::FORBIDDEN {
        let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
        let refused = door.refused(&caller, &method, route, &response);
        response.extensions_mut().insert(refused);
    }
    response
}
