//! A request being put together; awaiting it sends it.

use crate::answer::Answer;
use crate::identity::{Identity, TestAuth};
use auth::{Role, UserId};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request};
use serde::Serialize;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use tower::ServiceExt as _;

/// A request to the service under test.
#[must_use = "a request does nothing until it is awaited"]
pub struct TestRequest {
    router: Router,
    auth: TestAuth,
    method: Method,
    path: String,
    identity: Identity,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl TestRequest {
    pub(crate) fn new(router: Router, auth: TestAuth, method: Method, path: &str) -> Self {
        let path = path.to_owned();
        Self {
            router,
            auth,
            method,
            path,
            identity: Identity::Anonymous,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// Asks as this customer.
    pub fn as_user(self, user: UserId) -> Self {
        self.as_identity(Identity::User(user, vec![Role::Customer]))
    }

    /// Asks as a member of staff with these roles.
    pub fn as_staff(self, roles: &[Role]) -> Self {
        self.as_identity(Identity::User(UserId::new(), roles.to_vec()))
    }

    /// Asks as the service of this short name, with the scopes of contracts §5.3.
    pub fn as_service(self, name: &'static str) -> Self {
        self.as_identity(Identity::Service(name))
    }

    /// Asks as a client that the operator granted these scopes, such as an importer.
    pub fn as_client(self, scopes: &[&'static str]) -> Self {
        self.as_identity(Identity::Client(scopes.to_vec()))
    }

    /// Asks as whoever `identity` is.
    pub fn as_identity(mut self, identity: Identity) -> Self {
        self.identity = identity;
        self
    }

    /// Asks as the guest who holds this cart token.
    pub fn guest(self, token: &str) -> Self {
        self.header("x-cart-token", token)
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("the test sends a value that a header can hold");
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// Sends `body` as JSON.
    pub fn json(self, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("the test sends something that JSON can hold");
        self.raw("application/json", body)
    }

    /// Sends `body` as it is.
    pub fn raw(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers.push((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        self.body = body.into();
        self
    }

    async fn send(self) -> Answer {
        let mut request = Request::new(Body::from(self.body));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.parse().expect("the test asks for a valid path");
        for (name, value) in self.headers {
            request.headers_mut().append(name, value);
        }
        match self.identity {
            Identity::Anonymous => {}
            Identity::User(user, roles) => {
                let value = format!("Bearer {}", self.auth.token(user, &roles));
                let value = HeaderValue::from_str(&value).expect("tokens are ASCII");
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            Identity::Service(name) => {
                request
                    .extensions_mut()
                    .insert(auth::ServiceIdentity::of_service(&format!("{name}-service")));
            }
            Identity::Client(scopes) => {
                let scopes = scopes.into_iter().map(auth::Scope::new);
                request.extensions_mut().insert(auth::ServiceIdentity::new("admin-tools", scopes));
            }
        }
        let response = self.router.oneshot(request).await.unwrap_or_else(|never| match never {});
        Answer::read(&self.method, &self.path, response).await
    }
}

impl IntoFuture for TestRequest {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        // On its own task, as a real client's request: the test's own context must not leak in.
        Box::pin(async move {
            base::spawn("test-request", self.send()).await.expect("the service does not panic")
        })
    }
}
