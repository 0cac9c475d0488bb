//! Gathers the documentation of this workspace, which the demo answers questions about, into one source file.
//!
//! A build script and not an embedding macro, because only a script can tell cargo that a new document means a new build.
//! Outside the workspace, as in a package, there are no documents; the demo then asks for `--docs`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut documents = vec![PathBuf::from("README.md")];
    documents.extend(read_mes_of_crates(&workspace)?);
    documents.extend(markdown_below(&workspace, Path::new("docs"))?);
    documents.sort();
    let mut source = "[\n".to_owned();
    for document in documents.iter().filter(|document| workspace.join(document).is_file()) {
        let file = workspace.join(document);
        println!("cargo::rerun-if-changed={}", file.display());
        let uri = document.to_string_lossy().replace('\\', "/");
        writeln!(source, "    ({uri:?}, include_str!({:?})),", file.to_string_lossy()).map_err(io::Error::other)?;
    }
    source.push_str("]\n");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", workspace.join("docs").display());
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&out).join("documents.rs"), source)
}

fn read_mes_of_crates(workspace: &Path) -> io::Result<Vec<PathBuf>> {
    let names = children(&workspace.join("crates"))?;
    Ok(names.into_iter().map(|name| Path::new("crates").join(name).join("README.md")).collect())
}

fn markdown_below(workspace: &Path, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for name in children(&workspace.join(folder))? {
        let path = folder.join(name);
        if workspace.join(&path).is_dir() {
            found.extend(markdown_below(workspace, &path)?);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Names in a folder; none where there is no such folder.
fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.file_name().into())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
