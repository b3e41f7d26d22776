//! The archive of a branch: GitHub sends who asks for it elsewhere.

use serde_json::Value;

use super::routes::Reply;
use super::tar::Archive;
use super::world::World;

/// Where archives are, below no API's address.
const ELSEWHERE: &str = "/codeload/";

/// The redirect for `/repos/{owner}/{repo}/tarball/{ref}`.
pub(crate) fn redirect(world: &World, path: &str) -> Option<Reply> {
    let (name, branch) = path.strip_prefix("/repos/")?.split_once("/tarball/")?;
    world.repositories.get(name)?.references.get(&format!("heads/{branch}"))?;
    Some(Reply {
        template: "/repos/{owner}/{repo}/tarball/{ref}",
        status: 302,
        body: Value::Null,
        location: Some(format!("{ELSEWHERE}{name}/{branch}")),
        bytes: None,
    })
}

/// What is there.
pub(crate) fn serve(world: &World, path: &str) -> Option<Reply> {
    let rest = path.strip_prefix(ELSEWHERE)?;
    let (owner, rest) = rest.split_once('/')?;
    let (name, branch) = rest.split_once('/')?;
    let repository = world.repositories.get(&format!("{owner}/{name}"))?;
    let bytes = if let Some(archive) = &repository.archive {
        archive.clone()
    } else {
        let head = repository.references.get(&format!("heads/{branch}"))?;
        let tree = repository.objects.treeish(head)?;
        let mut archive = Archive::of(head);
        for (path, (_, blob)) in repository.objects.files(&tree) {
            archive = archive.file(&path, std::str::from_utf8(repository.objects.blob(&blob)?).ok()?);
        }
        archive.gz()
    };
    Some(Reply { status: 200, bytes: Some(bytes), ..Reply::default() })
}
