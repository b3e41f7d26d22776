//! Code of functions in templates: assets of an application, `CodeUri`, text in the template; for what a bundler made of
//! many files, the entry that the program gives it.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::folder::read_folder;
use super::program::go_module;
use super::{Package, paths, zip};
use crate::iam::usage::{Language, SourceSet};
use crate::model::{CallSite, Project, Resource};
use crate::program::{self, each, parts, text};
use tree_sitter::Node;

/// A package, and the handler in it.
pub(super) fn read(
    project: &Project,
    function: &Resource,
    handler: String,
    language: Language,
) -> Result<(Package, String), String> {
    let declared = declared(project, function).ok_or("its template can't be read again")?;
    let properties = &declared["Properties"];
    if let Some(code) = properties["Code"]["ZipFile"].as_str().or_else(|| properties["InlineCode"].as_str()) {
        let name = if language == Language::Python { "index.py" } else { "index.js" };
        let files = [(name.to_owned(), code.as_bytes().into())].into();
        return Ok((
            Package { files: SourceSet { files }, place: "text in the template".into(), doubt: None },
            handler,
        ));
    }
    if let Some(origin) = function.origin.as_ref().filter(|origin| bundler(origin.class.as_deref()).is_some()) {
        let site =
            origin.call.as_ref().map_err(|reason| format!("it is bundled, and its call isn't found: {reason}"))?;
        return bundled(project, function, site, &handler);
    }
    let template = project.file(function.span.file).path.parent().unwrap_or(Path::new(""));
    let path = packed(&declared, template)?;
    let top = paths::top(project).ok_or("the template is on no disk")?;
    let display = paths::shown(project, &path);
    let (path, doubt) = match paths::inside(&top, &path) {
        Ok(path) => (path, None),
        // An assembly without its assets: what the program packs is read instead.
        Err(reason) => match from_asset(project, function, &top) {
            Some(source) => {
                // An assembly that was made for a proof lies anywhere: its place says nothing.
                (source, Some("its asset isn't in the repository: what the program packs was read".to_owned()))
            }
            None => return Err(format!("{display}: {reason}")),
        },
    };
    let place = paths::shown(project, &path);
    let files = if path.is_dir() { read_folder(&path)? } else { zip::read(&path)? };
    Ok((Package { files, place, doubt }, handler))
}

/// The folder in `Code.fromAsset(…)` of the call that makes a function.
fn from_asset(project: &Project, function: &Resource, top: &Path) -> Option<PathBuf> {
    let site = function.origin.as_ref()?.call.as_ref().ok()?;
    let file = project.files.iter().find(|file| *file.display == *site.file)?;
    let written = given(&file.text, &file.path, site, "code")?;
    let name = ["fromAsset(", "from_asset("].iter().find_map(|name| written.find(name).map(|at| at + name.len()))?;
    // Options may bundle it.
    let argument = written[name..].trim_end_matches(')');
    let beside = top.join(&*site.file).parent()?.to_owned();
    let path = entry(argument, &beside, &app_of(&beside, top)).filter(|path| path.is_dir())?;
    paths::inside(top, &path).ok().filter(|_| !argument.contains('{'))
}

/// The function as it stands in its template, with its metadata.
fn declared(project: &Project, function: &Resource) -> Option<Json> {
    let written = project.file(function.span.file).text.get(function.span.range())?;
    serde_json::from_str(written.get(written.find('{')?..)?).ok()
}

/// Where the code lies.
fn packed(declared: &Json, template: &Path) -> Result<PathBuf, String> {
    let properties = &declared["Properties"];
    if let Some(asset) = declared["Metadata"]["aws:asset:path"].as_str() {
        return Ok(template.join(asset));
    }
    // The key of an asset is its hash.
    let key = &properties["Code"]["S3Key"];
    if let Some(hash) = key.as_str().and_then(|key| key.strip_suffix(".zip")).filter(|hash| !hash.contains(['/', '.']))
    {
        return Ok(template.join(format!("asset.{hash}")));
    }
    match properties["CodeUri"].as_str().or_else(|| properties["Code"].as_str()) {
        Some(uri) if !uri.contains("://") => Ok(template.join(uri)),
        _ => Err("its code comes from a bucket: name its directory in `sources` of .terramend.hcl".into()),
    }
}

/// What a class packs by a bundler: the file or the folder that it is given.
fn bundler(class: Option<&str>) -> Option<&'static str> {
    match class?.rsplit('.').next()? {
        "NodejsFunction" => Some("NodejsFunction"),
        "PythonFunction" => Some("PythonFunction"),
        _ => None,
    }
}

/// The module of a program in Go that `GoFunction` builds, and the folder of the program in it.
pub(super) fn go(project: &Project, function: &Resource) -> Result<(Package, String), String> {
    const NONE: &str =
        "source for a runtime of one's own isn't read, unless it is a program in Go that `GoFunction` builds";
    let origin = function
        .origin
        .as_ref()
        .filter(|origin| origin.class.as_deref().is_some_and(|class| class.rsplit('.').next() == Some("GoFunction")));
    let origin = origin.ok_or(NONE)?;
    let site = origin.call.as_ref().map_err(|reason| format!("it is built, and its call isn't found: {reason}"))?;
    let unknown = || format!("the entry that {}:{} builds isn't known", site.file, site.line);
    let file = project.files.iter().find(|file| *file.display == *site.file).ok_or_else(unknown)?;
    let top = paths::top(project).ok_or("the program is on no disk")?;
    let beside = top.join(&*site.file).parent().unwrap_or(&top).to_owned();
    let written = given(&file.text, &file.path, site, "entry").ok_or_else(unknown)?;
    let path = entry(&written, &beside, &app_of(&beside, &top)).ok_or_else(unknown)?;
    let path = paths::inside(&top, &path).map_err(|reason| format!("{}: {reason}", paths::shown(project, &path)))?;
    // A file stands for the program in its folder.
    let folder = if path.is_dir() { path.clone() } else { path.parent().unwrap_or(&path).to_owned() };
    let (files, inner) = go_module(&folder, &top)?;
    Ok((Package { files, place: paths::shown(project, &path), doubt: None }, inner))
}

/// The source that a bundler is given by the call in the program.
fn bundled(
    project: &Project,
    function: &Resource,
    site: &CallSite,
    handler: &str,
) -> Result<(Package, String), String> {
    let unknown = || format!("the entry that {}:{} bundles isn't known", site.file, site.line);
    let file = project.files.iter().find(|file| *file.display == *site.file).ok_or_else(unknown)?;
    let top = paths::top(project).ok_or("the program is on no disk")?;
    let beside = top.join(&*site.file).parent().unwrap_or(&top).to_owned();
    let app = app_of(&beside, &top);
    let given = given(&file.text, &file.path, site, "entry");
    let function_name = handler.rsplit('.').next().unwrap_or(handler);
    let path = if let Some(written) = given {
        entry(&written, &beside, &app).ok_or_else(unknown)?
    } else {
        // Without a word of it: a file beside the program's, with the construct's id in its name.
        let id = function.origin.as_ref().and_then(|origin| origin.construct.rsplit('/').next()).unwrap_or_default();
        let stem = file.name().split('.').next().unwrap_or_default();
        let names = ["ts", "js", "mts", "mjs", "cts", "cjs"].map(|end| beside.join(format!("{stem}.{id}.{end}")));
        names.into_iter().find(|name| name.is_file()).ok_or_else(unknown)?
    };
    let found = paths::inside(&top, &path).map_err(|reason| format!("{}: {reason}", paths::shown(project, &path)))?;
    if found.is_dir() {
        let package = Package { files: read_folder(&found)?, place: paths::shown(project, &found), doubt: None };
        return Ok((package, handler.to_owned()));
    }
    // What it imports may lie anywhere in the application.
    let home = paths::inside(&top, &app)?;
    let inside = found.strip_prefix(&home).map_err(|_| unknown())?;
    let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let name = parts.join("/");
    let (module, end) = name.rsplit_once('.').ok_or_else(unknown)?;
    let mut files = read_folder(&home)?;
    let file_name = module.rsplit('/').next().unwrap_or(module);
    let plain = file_name.replace('.', "_");
    let mut handler = format!("{module}.{function_name}");
    if plain != file_name {
        // A dot would end the module's name in a handler.
        let beside = module.strip_suffix(file_name).unwrap_or_default();
        let again = format!("export * from \"./{file_name}\";\n");
        files.files.insert(format!("{beside}{plain}.{end}"), again.into_bytes().into());
        handler = format!("{beside}{plain}.{function_name}");
    }
    Ok((Package { files, place: paths::shown(project, &found), doubt: None }, handler))
}

/// The folder of the application that a file of it is in: the nearest with a file that says so.
fn app_of(folder: &Path, top: &Path) -> PathBuf {
    let above = folder.ancestors().take_while(|above| above.starts_with(top));
    let is_app = |folder: &&Path| ["cdk.json", "package.json"].iter().any(|name| folder.join(name).is_file());
    let found = above.into_iter().find(is_app);
    found.unwrap_or(top).to_owned()
}

/// The text of a property in a call; nothing when the call has none.
fn given(source: &str, path: &Path, site: &CallSite, property: &str) -> Option<String> {
    let tree = program::Language::of(path)?.tree(source)?;
    let call = call_of(tree.root_node(), source, site)?;
    for part in parts(call.child_by_field_name("arguments")?) {
        let named = if part.kind() == "object" { parts(part) } else { vec![part] };
        for pair in named {
            let name = pair.child_by_field_name("key").or_else(|| pair.child_by_field_name("name"));
            if name.is_some_and(|name| text(name, source) == property) {
                return pair.child_by_field_name("value").map(|value| text(value, source).to_owned());
            }
        }
    }
    None
}

/// The call of a class with an id, also when lines have moved since the program was synthesised.
fn call_of<'t>(root: Node<'t>, source: &str, site: &CallSite) -> Option<Node<'t>> {
    let mut found = Vec::new();
    each(root, &mut |node| {
        let callee = match node.kind() {
            "new_expression" => node.child_by_field_name("constructor"),
            "call" => node.child_by_field_name("function"),
            _ => None,
        };
        let Some((callee, arguments)) = callee.zip(node.child_by_field_name("arguments")) else { return };
        let is_id = |part: &Node<'_>| {
            let value = part.child_by_field_name("value").filter(|_| part.kind() == "keyword_argument");
            text(value.unwrap_or(*part), source) == &*site.key.id
        };
        if parts(arguments).iter().any(is_id) {
            let is_class = text(callee, source).rsplit('.').next() == Some(&*site.key.class);
            found.push((!is_class, node.start_byte(), node));
        }
    });
    // An import may give the class another name.
    found.sort_by_key(|(other, at, _)| (*other, *at));
    found.get(site.key.nth).map(|(.., node)| *node)
}

/// What an expression for a path means: texts that are joined, beside the file (`__dirname`) or in the application.
fn entry(written: &str, beside: &Path, app: &Path) -> Option<PathBuf> {
    let from_file = ["__dirname", "__file__", "import.meta"].iter().any(|name| written.contains(name));
    let mut path = if from_file { beside.to_owned() } else { app.to_owned() };
    let texts = quoted(written);
    if texts.is_empty() {
        return None;
    }
    for piece in texts {
        let piece = piece.replace("${__dirname}", "");
        if piece.contains("${") || piece.contains('{') {
            return None;
        }
        let piece = if from_file { piece.trim_start_matches('/') } else { &piece };
        path.push(piece);
    }
    let found = [String::new(), ".ts".into(), ".js".into()].map(|end: String| {
        let mut whole = path.clone().into_os_string();
        whole.push(end);
        PathBuf::from(whole)
    });
    found.into_iter().find(|path| path.exists())
}

/// The texts between quotes.
fn quoted(written: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = written;
    while let Some(open) = rest.find(['\'', '"', '`']) {
        let quote = rest.as_bytes()[open] as char;
        let Some(length) = rest[open + 1..].find(quote) else { break };
        found.push(rest[open + 1..open + 1 + length].to_owned());
        rest = &rest[open + 1 + length + 1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CallKey;

    #[test]
    fn the_entry_stands_in_the_call() {
        let program = "\nnew NodejsFunction(this, 'A', { runtime });\nnew NodejsFunction(this, 'B', {\n  entry: path.join(__dirname, '..', 'src/b.ts'),\n});\n";
        let site = |class: &str, id: &str| CallSite {
            file: "lib/stack.ts".into(),
            line: 1,
            key: CallKey { class: class.into(), id: id.into(), nth: 0 },
        };
        let path = Path::new("lib/stack.ts");
        assert_eq!(given(program, path, &site("NodejsFunction", "'A'"), "entry"), None);
        let written = given(program, path, &site("NodejsFunction", "'B'"), "entry").unwrap();
        assert_eq!(written, "path.join(__dirname, '..', 'src/b.ts')");
        let python = "PythonFunction(self, \"B\", entry=\"src/b\", runtime=RUNTIME)\n";
        assert_eq!(
            given(python, Path::new("app.py"), &site("PythonFunction", "\"B\""), "entry").as_deref(),
            Some("\"src/b\"")
        );
    }

    #[test]
    fn a_go_program_is_found_by_the_entry_of_its_call() {
        use crate::iam::scope::{published, source::Hints};
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("cdk.json", "{ \"app\": \"node app.js\" }");
        write("app.ts", "new GoFunction(this, 'Api', { entry: 'services/cmd/api' });\n");
        write("services/go.mod", "module example.com/services\n\ngo 1.24\n");
        write("services/cmd/api/main.go", "package main\n\nfunc main() {}\n");
        write("services/cmd/other/main.go", "package main\n\nfunc main() {}\n");
        write(
            "cdk.out/manifest.json",
            r#"{ "artifacts": { "S": { "type": "aws:cloudformation:stack", "properties": { "templateFile": "S.template.json" } } } }"#,
        );
        write(
            "cdk.out/tree.json",
            r#"{ "tree": { "path": "", "children": { "S": { "path": "S", "constructInfo": { "fqn": "aws-cdk-lib.Stack" }, "children": {
            "Api": { "path": "S/Api", "constructInfo": { "fqn": "@aws-cdk/aws-lambda-go-alpha.GoFunction" } } } } } } }"#,
        );
        write(
            "cdk.out/S.template.json",
            r#"{ "Resources": { "Api": { "Type": "AWS::Lambda::Function",
            "Properties": { "Runtime": "provided.al2023", "Handler": "bootstrap", "Code": { "S3Bucket": "b", "S3Key": "k.zip" } },
            "Metadata": { "aws:cdk:path": "S/Api/Resource" } } } }"#,
        );
        let mut groups = crate::backend::load(crate::discover::discover(folder.path())).groups;
        let workspace = crate::backend::build(groups.remove(0));
        let function = published::functions(&workspace.project).next().unwrap();
        let derivation = workspace.derivations.of(&workspace.project, function, &Hints::default());
        let located = derivation.located.as_ref().unwrap();
        assert_eq!((located.language, located.handler.as_str()), (Language::Go, "cmd/api"));
        assert_eq!(located.place, "services/cmd/api");
        assert!(located.files.files.keys().any(|file| file.ends_with("go.mod")));
    }

    #[test]
    fn paths_are_beside_the_file_or_in_the_application() {
        let app = tempfile::tempdir().unwrap();
        let at = |name: &str| app.path().join(name);
        for folder in ["lib", "src"] {
            std::fs::create_dir(at(folder)).unwrap();
        }
        std::fs::write(at("src/b.ts"), "").unwrap();
        let clean = |path: Option<PathBuf>| path.map(|path| path.canonicalize().unwrap());
        let expected = Some(at("src/b.ts").canonicalize().unwrap());
        for written in [
            "path.join(__dirname, '..', 'src/b.ts')",
            "`${__dirname}/../src/b.ts`",
            "join(__dirname, \"../src/b\")",
            "'src/b.ts'",
            "\"./src/b\"",
        ] {
            assert_eq!(clean(entry(written, &at("lib"), app.path())), expected, "{written}");
        }
        for written in ["props.entry", "`src/${name}.ts`", "'src/c.ts'"] {
            assert_eq!(entry(written, &at("lib"), app.path()), None, "{written}");
        }
    }
}
