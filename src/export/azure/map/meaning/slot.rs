//! The attributes of spans that mean something to Application Insights, by name.

/// Declares the slots, their names and how many there are.
macro_rules! slots {
    ($($slot:ident = $name:literal,)+) => {
        /// An attribute of the semantic conventions, new or old, or of Microsoft's own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Slot { $($slot,)+ }

        impl Slot {
            pub const ALL: &[Slot] = &[$(Slot::$slot,)+];
            const NAMES: &[&str] = &[$($name,)+];
        }
    };
}

slots! {
    // HTTP, URL and addresses, stable.
    HttpRequestMethod = "http.request.method",
    HttpResponseStatusCode = "http.response.status_code",
    HttpRoute = "http.route",
    UrlFull = "url.full",
    UrlScheme = "url.scheme",
    UrlPath = "url.path",
    UrlQuery = "url.query",
    UrlTemplate = "url.template",
    ServerAddress = "server.address",
    ServerPort = "server.port",
    ClientAddress = "client.address",
    NetworkPeerAddress = "network.peer.address",
    UserAgentOriginal = "user_agent.original",
    UserAgentSyntheticType = "user_agent.synthetic.type",
    // The same, before they were stable.
    HttpMethod = "http.method",
    HttpStatusCode = "http.status_code",
    HttpUrl = "http.url",
    HttpScheme = "http.scheme",
    HttpTarget = "http.target",
    HttpHost = "http.host",
    HttpServerName = "http.server_name",
    HttpClientIp = "http.client_ip",
    HttpUserAgent = "http.user_agent",
    NetHostName = "net.host.name",
    NetHostPort = "net.host.port",
    NetPeerName = "net.peer.name",
    NetPeerPort = "net.peer.port",
    NetPeerIp = "net.peer.ip",
    NetSockPeerName = "net.sock.peer.name",
    NetSockPeerAddr = "net.sock.peer.addr",
    PeerService = "peer.service",
    PeerAddress = "peer.address",
    // Databases.
    DbSystemName = "db.system.name",
    DbSystem = "db.system",
    DbNamespace = "db.namespace",
    DbName = "db.name",
    DbQueryText = "db.query.text",
    DbStatement = "db.statement",
    DbQuerySummary = "db.query.summary",
    DbOperationName = "db.operation.name",
    DbOperation = "db.operation",
    DbCollectionName = "db.collection.name",
    // Messaging.
    MessagingSystem = "messaging.system",
    MessagingDestinationName = "messaging.destination.name",
    MessagingDestination = "messaging.destination",
    MessageBusDestination = "message_bus.destination",
    MessagingOperationType = "messaging.operation.type",
    MessagingOperation = "messaging.operation",
    // Remote procedure calls.
    RpcSystemName = "rpc.system.name",
    RpcSystem = "rpc.system",
    RpcGrpcStatusCode = "rpc.grpc.status_code",
    RpcResponseStatusCode = "rpc.response.status_code",
    // Generative AI, the Azure SDK, jobs.
    GenAiProviderName = "gen_ai.provider.name",
    GenAiSystem = "gen_ai.system",
    AzNamespace = "az.namespace",
    JobSystem = "job.system",
    // Users and sessions.
    EnduserId = "enduser.id",
    EnduserPseudoId = "enduser.pseudo.id",
    UserId = "user.id",
    SessionId = "session.id",
    MicrosoftClientIp = "microsoft.client.ip",
    // What controls the envelope.
    CustomMeasurements = "microsoft.custom_measurements",
    MsSampleRate = "_MS.sampleRate",
    MicrosoftSampleRate = "microsoft.sample_rate",
    InternalSampleRate = "applicationinsights.internal.sample_rate",
    ProcessedByMetricExtractors = "_MS.ProcessedByMetricExtractors",
    MsLinks = "_MS.links",
    // Tags that an item may set itself.
    AiOperationId = "ai.operation.id",
    AiOperationParentId = "ai.operation.parentId",
    AiOperationName = "ai.operation.name",
    AiOperationSyntheticSource = "ai.operation.syntheticSource",
    AiOperationCorrelationVector = "ai.operation.correlationVector",
    AiUserId = "ai.user.id",
    AiUserAuthUserId = "ai.user.authUserId",
    AiUserAccountId = "ai.user.accountId",
    AiUserUserAgent = "ai.user.userAgent",
    AiSessionId = "ai.session.id",
    AiSessionIsFirst = "ai.session.isFirst",
    AiLocationIp = "ai.location.ip",
}

/// Number of slots.
pub(super) const SLOTS: usize = Slot::ALL.len();

/// A table of twelve times as many places as slots: few keys of others meet a slot at all.
const PLACES: usize = 1024;
const NONE: u8 = u8::MAX;

/// Built by the compiler; linear probing.
static TABLE: [u8; PLACES] = table();

const fn table() -> [u8; PLACES] {
    assert!(SLOTS < NONE as usize && SLOTS <= u128::BITS as usize);
    let mut table = [NONE; PLACES];
    let mut slot = 0;
    while slot < SLOTS {
        let mut place = place(Slot::NAMES[slot].as_bytes());
        while table[place] != NONE {
            place = (place + 1) % PLACES;
        }
        table[place] = slot as u8;
        slot += 1;
    }
    table
}

/// Length, two bytes of the middle and two of the end tell almost all names apart.
const fn place(key: &[u8]) -> usize {
    let length = key.len();
    if length < 4 {
        return length;
    }
    let mut mixed = length as u32;
    mixed = mixed.wrapping_mul(31) ^ key[length / 2] as u32;
    mixed = mixed.wrapping_mul(31) ^ key[length / 2 - 1] as u32;
    mixed = mixed.wrapping_mul(31) ^ key[length - 1] as u32;
    mixed = mixed.wrapping_mul(31) ^ key[length - 3] as u32;
    (mixed.wrapping_mul(0x9e37_79b1) >> 16) as usize % PLACES
}

impl Slot {
    /// The slot of an attribute's key.
    #[inline]
    pub fn of(key: &str) -> Option<Slot> {
        let mut place = place(key.as_bytes());
        loop {
            let index = usize::from(*TABLE.get(place)?);
            let (slot, name) = (Slot::ALL.get(index)?, Slot::NAMES.get(index)?);
            if *name == key {
                return Some(*slot);
            }
            place = (place + 1) % PLACES;
        }
    }

    /// Whether the attribute controls the envelope, and tells nobody anything.
    pub fn is_control(self) -> bool {
        use Slot::{
            InternalSampleRate, MicrosoftSampleRate, MsLinks, MsSampleRate, ProcessedByMetricExtractors,
        };
        matches!(
            self,
            MsSampleRate | MicrosoftSampleRate | InternalSampleRate | ProcessedByMetricExtractors | MsLinks
        )
    }

    pub const fn name(self) -> &'static str {
        Slot::NAMES[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for slot in Slot::ALL {
            assert_eq!(Slot::of(slot.name()), Some(*slot));
            assert_ne!(Slot::of(&slot.name()[1..]), Some(*slot));
            assert_eq!(Slot::of(&format!("{}x", slot.name())), None);
        }
        for key in ["", "a", "http", "http.request.methoD", "é"] {
            assert_eq!(Slot::of(key), None);
        }
    }

    #[test]
    fn the_table_finds_a_slot_within_a_few_steps() {
        let longest = TABLE.split(|place| *place == NONE).map(<[u8]>::len).max();
        assert!(longest < Some(6), "{longest:?}");
    }
}
