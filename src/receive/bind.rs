//! The receiver's sockets. Bound by the supervisor, before anything else is started, and
//! handed to the agent: connections wait in them while an agent starts or is replaced.

use super::owner;
use crate::error::Error;
use crate::notice;
use crate::settings::{HostPort, Settings};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs, UdpSocket};

/// Bound and listening sockets.
#[derive(Debug)]
pub struct Ingress {
    pub listeners: Vec<TcpListener>,
    /// What the target connects to.
    pub address: SocketAddr,
}

/// Binds what `--ingress` names, or loopback with a port by the kernel. An address that is
/// taken is replaced by the latter, with a warning; with `--strict` it is an error.
pub fn bind(settings: &Settings) -> Result<Ingress, Error> {
    let Some(wanted) = &settings.ingress else { return loopback() };
    let error = match fixed(wanted) {
        Ok(ingress) => {
            warn_unless_loopback(wanted, &ingress);
            return Ok(ingress);
        }
        Err(error) => error,
    };
    let what = format!("cannot listen on {wanted}: {}", reason(&error, wanted.port));
    if settings.strict {
        let hint = "any other port will do: leave --ingress out and the kernel chooses one";
        return Err(Error::launcher(what).from("--ingress or OTEL_RUN_INGRESS").hint(hint));
    }
    let ingress = loopback()?;
    notice::warn("ingress", &format!("{what}; listening on {} instead", ingress.address));
    Ok(ingress)
}

fn reason(error: &io::Error, port: u16) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let owner = owner::of(port).map(|owner| format!(" by {owner}")).unwrap_or_default();
            format!("the port is taken{owner}")
        }
        io::ErrorKind::AddrNotAvailable => "this machine does not have the address".to_owned(),
        io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege".to_owned(),
        _ => error.to_string(),
    }
}

/// `127.0.0.1`, or `[::1]` where there is no IPv4.
fn loopback() -> Result<Ingress, Error> {
    listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .or_else(|v4| listen(SocketAddr::from((Ipv6Addr::LOCALHOST, 0))).map_err(|_| v4))
        .map_err(|error| {
            Error::launcher(format!("cannot listen on 127.0.0.1: {error}"))
                .hint("is the loopback interface up (ip link set lo up)?")
        })
}

/// `localhost` is both loopback addresses, as far as the machine has them.
fn fixed(wanted: &HostPort) -> io::Result<Ingress> {
    if wanted.host.eq_ignore_ascii_case("localhost") {
        let mut ingress = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, wanted.port)))?;
        let second = SocketAddr::from((Ipv6Addr::LOCALHOST, ingress.address.port()));
        ingress.listeners.extend(TcpListener::bind(second));
        return Ok(ingress);
    }
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (wanted.host.as_str(), wanted.port).to_socket_addrs()? {
        match listen(address) {
            Ok(ingress) => return Ok(ingress),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn listen(address: SocketAddr) -> io::Result<Ingress> {
    let listener = TcpListener::bind(address)?;
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    has_route(address)?;
    Ok(Ingress { listeners: vec![listener], address })
}

/// An address can be bound while its interface is down, and then nobody can connect to it.
/// Nothing is sent: to connect such a socket is to look up the route.
fn has_route(to: SocketAddr) -> io::Result<()> {
    let from: IpAddr = match to {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    UdpSocket::bind((from, 0))?.connect(to)
}

fn warn_unless_loopback(wanted: &HostPort, ingress: &Ingress) {
    let bound = ingress.listeners.iter().filter_map(|listener| listener.local_addr().ok());
    if !bound.map(|address| address.ip()).all(|ip| ip.is_loopback()) {
        let text = format!(
            "--ingress {wanted}: other machines can reach the receiver (its token still protects it)"
        );
        notice::warn("ingress", &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str, port: u16) -> HostPort {
        HostPort { host: host.into(), port }
    }

    #[test]
    fn loopback_gets_a_port_of_its_own() {
        let (one, two) = (loopback().unwrap(), loopback().unwrap());
        assert!(one.address.ip().is_loopback());
        assert_ne!(one.address.port(), 0);
        assert_ne!(one.address, two.address);
    }

    #[test]
    fn every_address_is_reached_through_loopback() {
        let ingress = fixed(&at("0.0.0.0", 0)).unwrap();
        assert!(ingress.address.ip().is_loopback());
        assert!(ingress.listeners[0].local_addr().unwrap().ip().is_unspecified());
    }

    #[test]
    fn a_taken_port_is_an_error_of_the_fixed_address() {
        let taken = loopback().unwrap();
        let error = fixed(&at("127.0.0.1", taken.address.port())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
