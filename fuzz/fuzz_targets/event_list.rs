//! A list of audit events is any bytes: it is refused with a reason, or every event can be told apart.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_server::wire::event_list::parse;

fuzz_target!(|body: &[u8]| {
    let Ok(events) = parse(body) else { return };
    for event in events {
        assert_eq!(event.event["auditID"], event.audit_id);
        assert_eq!(event.event["stage"], event.stage);
        assert!(!event.audit_id.is_empty() && !event.stage.is_empty());
    }
});
