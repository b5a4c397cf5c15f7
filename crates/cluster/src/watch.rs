//! What happens to the objects of a resource.

use futures_util::{Stream, StreamExt as _};
use kube::runtime::{
    WatchStreamExt as _,
    watcher::{self, Event},
};
use serde_json::Value;

use crate::{Connection, ConnectionError, Resource};

/// Objects that the server hands out at once while it lists.
const PAGE: u32 = 500;

/// One thing that happened, or is known for the first time.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// All objects follow anew; what was known and is not named before [`Change::Listed`] is gone.
    Restarted,
    /// The object is there, new or changed.
    Applied(Value),
    /// Every object that is there has been named.
    Listed,
    /// The object is gone.
    Deleted(Value),
}

/// Watches all objects of a resource, in every namespace. The stream does not end:
/// it waits and starts again after an error, which it tells.
pub fn watch(
    connection: &Connection,
    resource: &Resource,
) -> impl Stream<Item = Result<Change, ConnectionError>> + Send + use<> {
    let config = watcher::Config::default().page_size(PAGE);
    let api_version = resource.api_version();
    let kind = resource.kind.clone();
    watcher::watcher(connection.api(resource, ""), config)
        .default_backoff()
        .map(move |event| {
            let value = |object: kube::api::DynamicObject| -> Result<Value, ConnectionError> {
                let mut value = serde_json::to_value(object)?;
                if let Some(members) = value.as_object_mut() {
                    // Items of a list come without them.
                    members
                        .entry("apiVersion")
                        .or_insert_with(|| Value::from(api_version.as_str()));
                    members
                        .entry("kind")
                        .or_insert_with(|| Value::from(kind.as_str()));
                    // Nobody judges who wrote which field, and it is the half of many objects.
                    if let Some(metadata) =
                        members.get_mut("metadata").and_then(Value::as_object_mut)
                    {
                        metadata.remove("managedFields");
                    }
                }
                Ok(value)
            };
            match event {
                Ok(Event::Init) => Ok(Change::Restarted),
                Ok(Event::InitApply(object) | Event::Apply(object)) => {
                    value(object).map(Change::Applied)
                }
                Ok(Event::InitDone) => Ok(Change::Listed),
                Ok(Event::Delete(object)) => value(object).map(Change::Deleted),
                Err(error) => Err(ConnectionError::Watch(error)),
            }
        })
}
