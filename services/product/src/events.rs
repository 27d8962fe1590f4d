//! Messages and tasks, and the operations they lead to.

use crate::App;
use crate::ops::change::ChangePrices;
use crate::ops::import::{SendStock, send_stock};
use crate::ops::{prices, stock};
use api::inventory::{LowStockThresholdReached, OutOfStock, ProductBackInStock, StockLevelChanged};
use base::Result;
use events::{Consumers, Delivery, Message, Queue, TaskRun, Tasks};
use std::future::Future;

/// The queues of the service (contracts §2.3).
pub(crate) fn consumers(app: &App) -> Consumers {
    let queue = Queue::named("product.inventory.events").bind("inventory.events", &["inventory.stock.*.v1"]);
    let queue = on::<StockLevelChanged, _, _>(queue, app, |app, delivery| async move {
        stock::stock_level_changed(&app, delivery).await
    });
    let queue = on::<LowStockThresholdReached, _, _>(queue, app, |app, delivery| async move {
        stock::low_stock_threshold_reached(&app, delivery).await
    });
    let queue = on::<OutOfStock, _, _>(queue, app, |app, delivery| async move {
        stock::out_of_stock(&app, delivery).await
    });
    let queue = on::<ProductBackInStock, _, _>(queue, app, |app, delivery| async move {
        stock::back_in_stock(&app, delivery).await
    });
    Consumers::new().queue(queue)
}

fn on<M: Message, H, F>(queue: Queue, app: &App, handler: H) -> Queue
where
    H: Fn(App, Delivery<M>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<()>> + Send + 'static,
{
    let app = app.clone();
    queue.on::<M, _, _>(move |delivery| handler(app.clone(), delivery))
}

/// The durable work of the service.
pub(crate) fn tasks(app: &App) -> Tasks {
    let (of_prices, of_stock) = (app.clone(), app.clone());
    Tasks::new()
        .on::<ChangePrices, _, _>(move |run: TaskRun<ChangePrices>| {
            let app = of_prices.clone();
            async move { prices::change_prices(&app, &run.task).await }
        })
        .on::<SendStock, _, _>(move |run: TaskRun<SendStock>| {
            let app = of_stock.clone();
            async move { send_stock(&app, &run.task).await }
        })
}
