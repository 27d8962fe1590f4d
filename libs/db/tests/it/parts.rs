//! Parts of lists: walking forward and back visits the same rows, also those of one moment.

use base::page::{ByTime, Page, PageQuery, Part};
use base::{Clock, Id, Keys, Timestamp};
use db::testing::{self, TestDb};
use db::{Direction, Migration, sql};
use uuid::Uuid;

const EVENTS: Migration = Migration::new(
    "parts",
    "CREATE TABLE happening (id UUID PRIMARY KEY, name TEXT NOT NULL, at TIMESTAMPTZ NOT NULL);",
);

/// Twenty rows, of which some are of the same microsecond and most of the same millisecond.
async fn happenings() -> TestDb {
    let db = testing::database("parts", &[EVENTS], Clock::system()).await;
    let mut tx = db.begin().await.unwrap();
    for number in 0..20_i64 {
        sql("INSERT INTO happening (id, name, at) VALUES ($1, $2, $3)")
            .bind(Id::<()>::new())
            .bind(["b", "a", "c"][number as usize % 3])
            .bind(Timestamp::from_micros(number / 3))
            .run_one(&mut tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    db
}

/// All pages forward, then all pages back from the last one.
async fn walk<F>(limit: u32, read: F) -> (Vec<Page<Uuid>>, Vec<Page<Uuid>>)
where
    F: AsyncFn(PageQuery) -> Page<Uuid>,
{
    let query = |cursor| PageQuery { limit: Some(limit), cursor, count: None };
    let mut forward = vec![read(query(None)).await];
    while let Some(next) = forward.last().unwrap().next_cursor.clone() {
        forward.push(read(query(Some(next))).await);
    }
    let mut back = Vec::new();
    let mut prev = forward.last().unwrap().prev_cursor.clone();
    while let Some(cursor) = prev {
        let page = read(query(Some(cursor))).await;
        prev = page.prev_cursor.clone();
        back.insert(0, page);
    }
    (forward, back)
}

fn assert_same(forward: &[Page<Uuid>], back: &[Page<Uuid>], all: &[(Uuid,)]) {
    let seen: Vec<_> = forward.iter().flat_map(|page| page.items.clone()).collect();
    assert_eq!(seen, all.iter().map(|row| row.0).collect::<Vec<_>>(), "each row once, in order");
    assert_eq!(back.len() + 1, forward.len(), "the way back is as long as the way there");
    for (there, here) in forward.iter().zip(back) {
        assert_eq!(there.items, here.items);
    }
}

#[tokio::test]
async fn walking_a_list_by_time_forward_and_back_visits_the_same_rows() {
    let (db, keys) = (happenings().await, Keys::new([1; 32]));
    let mut conn = db.conn().await.unwrap();
    let all = sql("SELECT id FROM happening ORDER BY at DESC, id DESC").all(&mut conn).await.unwrap();
    for limit in [1, 3, 7, 20, 21] {
        let read = async |query: PageQuery| {
            let part: Part<ByTime> = query.part(&keys, "happenings").unwrap();
            let rows: Vec<(Uuid, Timestamp)> = sql("SELECT id, at FROM happening WHERE 1 = 1")
                .latest_first(&part, ["at", "id"])
                .all(&mut db.conn().await.unwrap())
                .await
                .unwrap();
            part.page(&keys, rows, |(id, at)| ByTime::new(*at, *id)).map(|(id, _)| id)
        };
        let (forward, back) = walk(limit, read).await;
        assert_same(&forward, &back, &all);
    }
}

#[tokio::test]
async fn walking_a_list_by_one_column_or_by_three_forward_and_back_visits_the_same_rows() {
    let (db, keys) = (happenings().await, Keys::new([1; 32]));
    let mut conn = db.conn().await.unwrap();
    let all = sql("SELECT id FROM happening ORDER BY id").all(&mut conn).await.unwrap();
    let read = async |query: PageQuery| {
        let part: Part<Uuid> = query.part(&keys, "by-id").unwrap();
        let query = sql("SELECT id FROM happening WHERE 1 = 1");
        let query = query.part(&part, ["id"], Direction::Up, |id| [(*id).into()]);
        let rows: Vec<(Uuid,)> = query.all(&mut db.conn().await.unwrap()).await.unwrap();
        part.page(&keys, rows, |row| row.0).map(|row| row.0)
    };
    let (forward, back) = walk(6, read).await;
    assert_same(&forward, &back, &all);
    type Named = (String, i64, Uuid);
    let all = sql("SELECT id FROM happening ORDER BY name, at, id").all(&mut conn).await.unwrap();
    let read = async |query: PageQuery| {
        let part: Part<Named> = query.part(&keys, "by-name").unwrap();
        let query = sql("SELECT id, name, at FROM happening WHERE 1 = 1");
        let query = query.part(&part, ["name", "at", "id"], Direction::Up, |(name, at, id)| {
            [name.as_str().into(), Timestamp::from_micros(*at).into(), (*id).into()]
        });
        let rows: Vec<(Uuid, String, Timestamp)> = query.all(&mut db.conn().await.unwrap()).await.unwrap();
        part.page(&keys, rows, |(id, name, at)| (name.clone(), at.micros(), *id)).map(|row| row.0)
    };
    let (forward, back) = walk(6, read).await;
    assert_same(&forward, &back, &all);
}
