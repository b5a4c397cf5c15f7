//! What happens to the objects of a resource.

use futures_util::{Stream, StreamExt as _};
use kube::runtime::{
    WatchStreamExt as _,
    watcher::{self, Event},
};
use serde_json::Value;

use crate::{
    Connection, ConnectionError, Resource,
    connection::{PAGE, to_value},
};

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
    let resource = resource.clone();
    watcher::watcher(connection.api(&resource, ""), config)
        .default_backoff()
        .map(move |event| match event {
            Ok(Event::Init) => Ok(Change::Restarted),
            Ok(Event::InitApply(object) | Event::Apply(object)) => {
                to_value(&resource, object).map(Change::Applied)
            }
            Ok(Event::InitDone) => Ok(Change::Listed),
            Ok(Event::Delete(object)) => to_value(&resource, object).map(Change::Deleted),
            Err(error) => Err(ConnectionError::Watch(error)),
        })
}
