//! Connections over a real socket, with limits short enough to wait for.

use super::*;
use axum::routing::get;
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep, timeout};

const HEAD: Duration = Duration::from_millis(300);
const IDLE: Duration = Duration::from_millis(900);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n";

/// A connection to a server that answers `here`, and at `/slow` in two pieces that lie far apart.
async fn connect() -> (TcpStream, watch::Sender<bool>) {
    let slow = get(|| async {
        Body::from_stream(futures::stream::unfold(0, |piece| async move {
            sleep(if piece == 0 { Duration::ZERO } else { IDLE + HEAD * 2 }).await;
            (piece < 2).then(|| (Ok::<_, std::io::Error>(Bytes::from_static(b"piece")), piece + 1))
        }))
    });
    let router = Router::new().route("/", get(|| async { "here" })).route("/slow", slow);
    let listener = listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let limits = Limits { header_read: HEAD, idle: IDLE, ..Limits::default() };
    drop(base::spawn("server", serve(listener, router, limits, stopped)));
    (TcpStream::connect(address).await.unwrap(), stop)
}

/// Reads until `end` was read.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut piece = [0; 1024];
        let length = timeout(IDLE * 4, stream.read(&mut piece)).await.expect("an answer").unwrap();
        assert_ne!(length, 0, "closed after {text:?}");
        text.push_str(&String::from_utf8_lossy(&piece[..length]));
    }
    text
}

/// Waits for the end of the connection; answers how long it took.
async fn until_closed(stream: &mut TcpStream) -> Duration {
    let started = Instant::now();
    let mut rest = Vec::new();
    let read = timeout(IDLE * 4, stream.read_to_end(&mut rest)).await.expect("it is closed");
    assert!(read.is_err() || rest.is_empty(), "{:?}", String::from_utf8_lossy(&rest));
    started.elapsed()
}

#[tokio::test]
async fn a_connection_may_rest_longer_than_a_head_may_take_but_not_for_ever() {
    let (mut stream, _stop) = connect().await;
    for _ in 0..2 {
        sleep(HEAD * 2).await;
        stream.write_all(REQUEST).await.unwrap();
        read_until(&mut stream, "here").await;
    }
    let rested = until_closed(&mut stream).await;
    assert!(rested + HEAD / 3 >= IDLE, "closed after {rested:?}");
}

#[tokio::test]
async fn a_connection_that_never_asks_is_closed() {
    let (mut stream, _stop) = connect().await;
    assert!(until_closed(&mut stream).await + HEAD / 3 >= IDLE);
}

#[tokio::test]
async fn a_head_that_comes_in_drops_is_cut_off_whether_it_is_the_first_or_not() {
    for earlier in [0, 1] {
        let (mut stream, _stop) = connect().await;
        for _ in 0..earlier {
            stream.write_all(REQUEST).await.unwrap();
            read_until(&mut stream, "here").await;
        }
        let started = Instant::now();
        for byte in REQUEST {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(HEAD / 5).await;
        }
        until_closed(&mut stream).await;
        assert!(started.elapsed() < HEAD * (REQUEST.len() as u32) / 5, "every drop was waited for");
    }
}

#[tokio::test]
async fn an_answer_may_take_longer_than_a_connection_may_rest() {
    let (mut stream, _stop) = connect().await;
    stream.write_all(b"GET /slow HTTP/1.1\r\nhost: shop\r\n\r\n").await.unwrap();
    let text = read_until(&mut stream, "0\r\n\r\n").await;
    assert_eq!(text.matches("piece").count(), 2, "{text}");
    stream.write_all(REQUEST).await.unwrap();
    read_until(&mut stream, "here").await;
}

#[tokio::test]
async fn a_connection_of_http_2_is_left_to_its_pings() {
    let (mut stream, _stop) = connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    sleep(IDLE + HEAD * 2).await;
    let mut ping = vec![0, 0, 8, 6, 0, 0, 0, 0, 0];
    ping.extend(b"are you?");
    stream.write_all(&ping).await.unwrap();
    read_until(&mut stream, "are you?").await;
}
