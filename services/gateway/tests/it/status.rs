//! The state of the platform.

use crate::stub::{echo, gateway};
use testkit::TestService;

#[tokio::test]
async fn all_services_up_is_up() {
    let gateway = gateway().await;
    assert_eq!(gateway.get("/api/status").await.expect(200).value()["status"], "UP");
}

#[tokio::test]
async fn a_missing_service_degrades_and_no_service_is_down() {
    let gateway = TestService::of(gateway::definition()).peer("user", echo("user")).start().await;
    assert_eq!(gateway.get("/api/status").await.expect(200).value()["status"], "DEGRADED");
    let gateway = TestService::new(gateway::definition()).await;
    assert_eq!(gateway.get("/api/status").await.expect(200).value()["status"], "DOWN");
}
