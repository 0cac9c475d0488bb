//! Which experiment of the server a trace belongs to.

use std::collections::HashMap;

use crate::error::ServerError;
use crate::server::Server;

/// Ids of experiments by the names that traces have for them.
#[derive(Debug, Default)]
pub(crate) struct Experiments {
    known: HashMap<String, String>,
}

impl Experiments {
    /// The id of an experiment, which is made if there is none. What is a number is an id already.
    pub(crate) async fn id(&mut self, server: &Server, name: &str) -> Result<String, ServerError> {
        if name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() {
            return Ok(name.to_owned());
        }
        if let Some(id) = self.known.get(name) {
            return Ok(id.clone());
        }
        let id = find_or_make(server, name).await?;
        self.known.insert(name.to_owned(), id.clone());
        Ok(id)
    }

    /// Forgets what is known: the server said that an experiment is not there.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }
}

async fn find_or_make(server: &Server, name: &str) -> Result<String, ServerError> {
    if let Some(id) = find(server, name).await? {
        return Ok(id);
    }
    if let Some(id) = server.create_experiment(name).await? {
        return Ok(id);
    }
    // Someone else made it in between.
    find(server, name).await?.ok_or_else(|| ServerError::Strange {
        route: "experiments/create",
        what: format!("that `{name}` exists, and not where"),
    })
}

async fn find(server: &Server, name: &str) -> Result<Option<String>, ServerError> {
    let Some(experiment) = server.experiment(name).await? else { return Ok(None) };
    if experiment["lifecycle_stage"] == "deleted" {
        return Err(ServerError::DeletedExperiment { name: name.to_owned() });
    }
    Ok(experiment["experiment_id"].as_str().map(str::to_owned))
}
