//! HTTP as far as a client of GitHub's API uses it: requests read from a connection, answers written to it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;

use serde_json::Value;

use super::routes::{Reply, Request};

/// Reads a request: the request, and its path as it was sent.
pub(crate) fn read(reader: &mut BufReader<&TcpStream>) -> Option<(Request, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut words = line.split_whitespace();
    let (method, raw) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut token) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|n| *n > 0)?;
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => token = value.trim().strip_prefix("Bearer ").map(str::to_owned),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).ok()? };
    let (path, query) = raw.split_once('?').unwrap_or((&raw, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let query =
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decoded(k), decoded(v))).collect();
    Some((Request { method, path: decoded(path), query, token, body }, raw.clone()))
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let escaped = (byte == b'%').then(|| [bytes.next(), bytes.next()]);
        out.push(match escaped {
            Some([Some(a), Some(b)]) => {
                u8::from_str_radix(&format!("{}{}", char::from(a), char::from(b)), 16).unwrap_or(b'?')
            }
            _ => byte,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An answer as it is sent. `raw` stands in for the body; `own` headers go before those that every answer has.
pub(crate) fn written(reply: Reply, raw: Option<String>, own: &[(&str, String)], always: &[(&str, String)]) -> Vec<u8> {
    let (kind, body) = match (raw, reply.bytes, reply.body) {
        (None, Some(bytes), _) => ("application/x-gzip", bytes),
        (Some(raw), _, _) => ("application/json; charset=utf-8", raw.into_bytes()),
        (None, None, Value::Null) => ("application/json; charset=utf-8", Vec::new()),
        (None, None, body) => ("application/json; charset=utf-8", body.to_string().into_bytes()),
    };
    let mut head = format!("HTTP/1.1 {} x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", reply.status, body.len());
    let is_own = |name: &str| own.iter().any(|(header, _)| *header == name);
    for (name, value) in always.iter().filter(|(name, _)| !is_own(name)).chain(own) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(location) = reply.location {
        head.push_str(&format!("location: {location}\r\n"));
    }
    [(head + "\r\n").into_bytes(), body].concat()
}
