//! The gateway's own store, for troubles that no test card makes.

use crate::shop::Shop;
use db::{Db, Engine, Sql, sql};

pub(crate) struct GatewayStore(Db);

impl GatewayStore {
    pub(crate) async fn of(shop: &Shop) -> Self {
        let location = match shop.t.db().engine() {
            Engine::Sqlite => shop.t.files().join("simulator.db").display().to_string(),
            Engine::Postgres => {
                let mut conn = shop.t.db().conn().await.expect("the store");
                let schema: String =
                    sql("SELECT CAST(current_schema() AS TEXT)").scalar(&mut conn).await.expect("the store");
                let prefix = schema.strip_suffix("payment").expect("the schema of the service");
                format!("{prefix}simulator")
            }
        };
        Self(db::testing::open(&location, shop.t.clock.clone()).await)
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0
    }

    pub(crate) async fn run(&self, statement: Sql) {
        let mut tx = self.0.begin().await.expect("the store");
        statement.run(&mut tx).await.expect("the store");
        tx.commit().await.expect("the store");
    }

    /// From now on it cannot say anything about payments.
    pub(crate) async fn fall_silent(&self) {
        self.run(sql("ALTER TABLE intent RENAME TO lost_intent")).await;
    }

    pub(crate) async fn speak_again(&self) {
        self.run(sql("ALTER TABLE lost_intent RENAME TO intent")).await;
    }

    /// Says of all payments that they are in this state, without having done anything.
    pub(crate) async fn claim(&self, status: &str) {
        self.run(sql("UPDATE intent SET status = $1").bind(status)).await;
    }

    pub(crate) async fn statuses(&self) -> Vec<String> {
        let rows: Vec<(String,)> = sql("SELECT status FROM intent ORDER BY id")
            .all(&mut self.0.conn().await.expect("the store"))
            .await
            .expect("the store");
        rows.into_iter().map(|row| row.0).collect()
    }
}
