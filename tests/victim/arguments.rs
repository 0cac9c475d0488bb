//! The task and its options.

use std::collections::BTreeMap;
use std::str::FromStr;

/// The task and its options.
pub(crate) struct Arguments {
    task: String,
    options: BTreeMap<String, String>,
}

impl Arguments {
    /// Reads `task --name value --name value …`.
    pub(crate) fn read() -> Result<Self, String> {
        let mut words = std::env::args().skip(1);
        let task = words.next().ok_or("name a task")?;
        let mut options = BTreeMap::new();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or(format!("`{word}` is no option"))?;
            let value = words.next().ok_or(format!("`--{name}` needs a value"))?;
            options.insert(name.to_owned(), value);
        }
        Ok(Self { task, options })
    }

    pub(crate) fn task(&self) -> &str {
        &self.task
    }

    /// An option that must be there.
    pub(crate) fn text(&self, name: &str) -> Result<&str, String> {
        self.options.get(name).map(String::as_str).ok_or(format!("`--{name}` is missing"))
    }

    /// A number, or what stands for it when it is not given.
    pub(crate) fn number<T: FromStr>(&self, name: &str, otherwise: T) -> Result<T, String> {
        match self.options.get(name) {
            None => Ok(otherwise),
            Some(text) => text.parse().map_err(|_| format!("`{text}` is no value for `--{name}`")),
        }
    }
}
