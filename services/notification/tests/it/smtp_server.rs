//! An SMTP server that does what a test tells it to.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What the server does with the next mail; afterwards it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Accept,
    /// Answers `MAIL FROM` with this line.
    Sender(&'static str),
    /// Answers `RCPT TO` with this line.
    Recipient(&'static str),
    /// Takes the content and answers it with this line.
    Content(&'static str),
    /// Takes the content and never answers.
    HangAfterContent,
    /// Takes the content and closes the connection.
    DropAfterContent,
    /// Closes the connection at `MAIL FROM`.
    DropAtSender,
}

/// A mail the server took the content of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) to: Vec<String>,
    pub(crate) content: String,
}

impl Taken {
    pub(crate) fn message_id(&self) -> &str {
        let line = self.content.lines().find(|line| line.starts_with("Message-ID: "));
        line.expect("every mail has a Message-ID").trim_start_matches("Message-ID: ")
    }
}

#[derive(Debug, Default)]
struct Plan {
    acts: VecDeque<Act>,
    taken: Vec<Taken>,
    commands: Vec<String>,
    connections: usize,
    greeting: Option<&'static str>,
    encryption: Encryption,
}

/// How the server offers encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encryption {
    #[default]
    None,
    /// On request, and only then a sign-in.
    Offered,
    /// From the first byte.
    Always,
}

impl Encryption {
    fn extensions(self, encrypted: bool) -> &'static str {
        match self {
            Encryption::Offered if !encrypted => "250-8BITMIME\r\n250 STARTTLS\r\n",
            Encryption::None => "250 8BITMIME\r\n",
            Encryption::Offered | Encryption::Always => "250-8BITMIME\r\n250 AUTH PLAIN\r\n",
        }
    }
}

/// The server.
pub(crate) struct SmtpServer {
    address: SocketAddr,
    plan: Arc<Mutex<Plan>>,
    news: watch::Receiver<usize>,
}

impl SmtpServer {
    pub(crate) async fn start() -> Self {
        Self::encrypted(Encryption::None).await
    }

    pub(crate) async fn encrypted(encryption: Encryption) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let plan = Arc::new(Mutex::new(Plan { encryption, ..Plan::default() }));
        let (tell, news) = watch::channel(0);
        let shared = plan.clone();
        base::spawn("smtp-server", async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (plan, tell) = (shared.clone(), tell.clone());
                base::spawn("smtp-connection", async move {
                    let _broken_off = serve(stream, &plan, &tell).await;
                });
            }
        });
        Self { address, plan, news }
    }

    /// The host and port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `smtp://…` with the query.
    pub(crate) fn url(&self, query: &str) -> String {
        format!("smtp://{}{query}", self.address)
    }

    /// What to do with the next mails, one after the other.
    pub(crate) fn plan(&self, acts: &[Act]) {
        self.plan.lock().unwrap().acts.extend(acts);
    }

    /// With which line to greet; an empty one greets nobody and waits.
    pub(crate) fn greet(&self, line: Option<&'static str>) {
        self.plan.lock().unwrap().greeting = line;
    }

    /// The mails whose content it took, accepted or not.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.plan.lock().unwrap().taken.clone()
    }

    /// The commands it got.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.plan.lock().unwrap().commands.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.plan.lock().unwrap().connections
    }

    /// Waits until the content of so many mails was taken.
    pub(crate) async fn has_taken(&self, mails: usize) {
        self.news.clone().wait_for(|taken| *taken >= mails).await.unwrap();
    }
}

/// A connection, encrypted or not.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

type Line = BufReader<Box<dyn Wire>>;

async fn serve(stream: TcpStream, plan: &Mutex<Plan>, tell: &watch::Sender<usize>) -> io::Result<()> {
    let (greeting, encryption) = {
        let mut plan = plan.lock().unwrap();
        plan.connections += 1;
        (plan.greeting.unwrap_or("220 test ready"), plan.encryption)
    };
    if greeting.is_empty() {
        std::future::pending::<()>().await;
    }
    let mut encrypted = encryption == Encryption::Always;
    let mut line: Line =
        if encrypted { BufReader::new(encrypt(stream).await?) } else { BufReader::new(Box::new(stream)) };
    say(&mut line, &format!("{greeting}\r\n")).await?;
    while talk(&mut line, plan, tell, encrypted).await? {
        line = BufReader::new(encrypt(line.into_inner()).await?);
        encrypted = true;
    }
    Ok(())
}

async fn encrypt(stream: impl Wire + 'static) -> io::Result<Box<dyn Wire>> {
    let pem = |text: &'static str| text.as_bytes();
    let chain = CertificateDer::from_pem_slice(pem(include_str!("tls/server.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pem(include_str!("tls/server.key"))).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = config.with_single_cert(vec![chain], key).unwrap();
    Ok(Box::new(TlsAcceptor::from(Arc::new(config)).accept(stream).await?))
}

async fn say(line: &mut Line, text: &str) -> io::Result<()> {
    line.get_mut().write_all(text.as_bytes()).await?;
    line.get_mut().flush().await
}

/// The next line without its end; `None` when the client has gone.
async fn hear(line: &mut Line) -> io::Result<Option<String>> {
    let mut text = String::new();
    let read = line.read_line(&mut text).await?;
    Ok((read > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Talks until the client leaves (`false`) or wants encryption (`true`).
async fn talk(
    line: &mut Line,
    plan: &Mutex<Plan>,
    tell: &watch::Sender<usize>,
    encrypted: bool,
) -> io::Result<bool> {
    let (mut act, mut to) = (Act::Accept, Vec::new());
    while let Some(command) = hear(line).await? {
        plan.lock().unwrap().commands.push(command.clone());
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => format!("250-test\r\n{}", plan.lock().unwrap().encryption.extensions(encrypted)),
            "STARTTLS" => {
                say(line, "220 go on\r\n").await?;
                return Ok(true);
            }
            "AUTH" => "235 welcome\r\n".to_owned(),
            "MAIL" => {
                act = plan.lock().unwrap().acts.pop_front().unwrap_or(Act::Accept);
                to = Vec::new();
                match act {
                    Act::DropAtSender => return Ok(false),
                    Act::Sender(text) => format!("{text}\r\n"),
                    _ => "250 OK\r\n".to_owned(),
                }
            }
            "RCPT" => {
                to.push(command.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned());
                if let Act::Recipient(text) = act { format!("{text}\r\n") } else { "250 OK\r\n".to_owned() }
            }
            "DATA" => {
                say(line, "354 go on\r\n").await?;
                take(line, plan, tell, &to).await?;
                match act {
                    Act::DropAfterContent => return Ok(false),
                    Act::HangAfterContent => std::future::pending::<String>().await,
                    Act::Content(text) => format!("{text}\r\n"),
                    _ => "250 queued\r\n".to_owned(),
                }
            }
            "QUIT" => return Ok(false),
            _ => "250 OK\r\n".to_owned(),
        };
        say(line, &answer).await?;
    }
    Ok(false)
}

async fn take(
    line: &mut Line,
    plan: &Mutex<Plan>,
    tell: &watch::Sender<usize>,
    to: &[String],
) -> io::Result<()> {
    let mut content = String::new();
    while let Some(text) = hear(line).await? {
        if text == "." {
            break;
        }
        content.push_str(text.strip_prefix('.').unwrap_or(&text));
        content.push('\n');
    }
    let taken = {
        let mut plan = plan.lock().unwrap();
        plan.taken.push(Taken { to: to.to_vec(), content });
        plan.taken.len()
    };
    tell.send_replace(taken);
    Ok(())
}
