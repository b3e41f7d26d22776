//! Python's standard library, as far as values and functions pass through it.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Shape, one, only_text, texts, unknown};
use super::super::ir::Expression;
use super::super::report::RefusalKind;

impl Evaluator<'_> {
    /// A function of the standard library through which values or functions pass; nothing for all others.
    pub(super) fn call_standard(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        if gives_its_argument(path) {
            let found = arguments.get(usize::from(path == "typing.cast"), "").unwrap_or_default();
            return Some(found.into_iter().map(|atom| opened(&atom, path)).collect());
        }
        if starts_a_program(path) {
            return Some(self.subprocess(path, arguments, whole));
        }
        self.call_of_os(path, arguments, whole).or_else(|| self.call_of_collections(path, arguments, whole))
    }

    fn call_of_os(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let first = arguments.get(0, "").unwrap_or_default();
        Some(match path {
            "os.getenv" | "os.environ.get" | "os.environ.pop" | "os.environ.setdefault" => {
                let mut found = self.environment_named(&first, whole);
                if let Some(default) = arguments.get(1, "default") {
                    self.with_default(&mut found, &default);
                }
                found
            }
            "os.environ.copy" => one(Atom::Library("os.environ".into())),
            "builtins.dict" if first.contains(&Atom::Library("os.environ".into())) => first,
            "os.path.join" => {
                let parts = arguments.positional.iter().map(|(atoms, _)| atoms.clone());
                let parts: Vec<Atoms> = parts.flat_map(|part| [one(Atom::text("/")), part]).skip(1).collect();
                self.join_atoms(&parts, whole, 1)
            }
            "importlib.import_module" => self.import_dynamic(&first, whole),
            "runpy.run_path" | "runpy.run_module" | "importlib.util.spec_from_file_location" | "code.interact" => {
                self.refuse(RefusalKind::RunsCode, whole.at, &format!("`{path}` runs code that isn't imported"));
                unknown("code that isn't imported")
            }
            _ => return None,
        })
    }

    fn call_of_collections(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let first = arguments.get(0, "").unwrap_or_default();
        Some(match path {
            "asyncio.gather" | "itertools.chain" => {
                let mut each = Atoms::new();
                for atoms in arguments.all() {
                    if path == "asyncio.gather" {
                        each.extend(atoms.iter().cloned());
                    } else {
                        each.extend(self.each(atoms, whole));
                    }
                }
                self.made_list(each, 3, whole)
            }
            "collections.defaultdict" => {
                let made = self.call(&first, &Arguments::default(), whole);
                let site = self.site(whole.id, 0, Shape::Map);
                if !made.is_empty() {
                    self.put_computed(site, unknown("a key"), made, whole.at);
                }
                one(Atom::Object(site))
            }
            "collections.OrderedDict" | "collections.ChainMap" | "types.SimpleNamespace" | "argparse.Namespace" => {
                let shape = if path.starts_with("collections.") { Shape::Map } else { Shape::Instance };
                let site = self.site(whole.id, 0, shape);
                self.spread_into(site, &first);
                for (name, atoms, at) in &arguments.named {
                    self.put(site, name, atoms.clone(), *at);
                }
                one(Atom::Object(site))
            }
            "collections.deque" | "queue.Queue" => {
                let each = self.each(&first, whole);
                self.made_list(each, 0, whole)
            }
            "functools.wraps" => one(Atom::Library("functools.identity".into())),
            "functools.identity" => first,
            "functools.partial" | "functools.partialmethod" => self.partial(arguments, whole),
            "functools.reduce" => {
                let list = arguments.get(1, "").unwrap_or_default();
                let each = self.each(&list, whole);
                self.call(&first, &Arguments::of(vec![each.clone(), each]), whole)
            }
            "fastapi.Depends" => self.call(&first, &Arguments::default(), whole),
            _ => return None,
        })
    }

    fn subprocess(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let constant =
            path.rsplit('.').next().is_some_and(|name| name.starts_with(char::is_uppercase) && name != "Popen");
        let command = arguments.get(0, "args").unwrap_or_default();
        let program = self.program_named(&command);
        if !constant && !program.is_some_and(|program| makes_no_calls(&program)) {
            self.refuse(RefusalKind::Subprocess, whole.at, &format!("`{path}` starts another program"));
        }
        self.escape_harmlessly(arguments, whole);
        unknown("what another program returns")
    }

    /// The command line of a program that is started, if it is written plainly.
    fn program_named(&self, command: &Atoms) -> Option<String> {
        let (1, Some(atom)) = (command.len(), command.first()) else { return None };
        match atom {
            Atom::Text(text) => Some(text.to_string()),
            Atom::Object(site) => only_text(&self.field(*site, "0")?.atoms).map(|text| text.to_string()),
            Atom::Joined(site) => only_text(&self.field(*site, "0000")?.atoms).map(|text| format!("{text} …")),
            _ => None,
        }
    }

    /// A function with some of its arguments.
    fn partial(&mut self, arguments: &Arguments, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 42, Shape::Instance);
        self.put(site, "$partial", arguments.get(0, "func").unwrap_or_default(), whole.at);
        for (index, (atoms, at)) in arguments.positional.iter().skip(1).enumerate() {
            self.put(site, &format!("$partial {index}"), atoms.clone(), *at);
        }
        for (name, atoms, at) in &arguments.named {
            self.put(site, &format!("$partial {name}"), atoms.clone(), *at);
        }
        one(Atom::Object(site))
    }

    pub(super) fn import_dynamic(&mut self, named: &Atoms, whole: &Expression) -> Atoms {
        if let Some(names) = texts(named) {
            names.iter().flat_map(|name| self.import(name, whole.at)).collect()
        } else {
            self.refuse(RefusalKind::RunsCode, whole.at, "a module is imported by a name that isn't known");
            unknown("a module whose name isn't known")
        }
    }
}

/// A part of the event that is decoded stays that part; other texts become unknown.
fn opened(atom: &Atom, path: &str) -> Atom {
    let decodes = path.ends_with("loads") || path.ends_with("load") || path.ends_with("decode");
    match atom {
        Atom::Text(_) | Atom::Environment(_) | Atom::Joined(_) | Atom::Cut(_) if decodes => {
            Atom::Unknown(format!("a result of {path}").into())
        }
        other => other.clone(),
    }
}

/// Whether the programs of a command line are plain tools that talk to nobody.
pub(in super::super) fn makes_no_calls(command: &str) -> bool {
    const TOOLS: &str = "rm ls cp mv mkdir rmdir cat echo chmod chown tar gzip gunzip zip unzip touch df du ps uname date find grep \
        sort head tail wc free top true false ffmpeg ffprobe convert identify magick pdftotext pandoc gs which file diff";
    let mut programs = command.split([';', '|', '&']).map(str::trim).filter(|part| !part.is_empty());
    let computes = command.contains('`') || command.contains("$(");
    let plain = |part: &str| {
        let program = part.split_whitespace().next().unwrap_or_default();
        let name = program.rsplit('/').next().unwrap_or(program);
        TOOLS.split_ascii_whitespace().any(|tool| tool == name)
    };
    !computes && programs.all(plain)
}

/// Functions whose result is their argument, as far as it matters here.
fn gives_its_argument(path: &str) -> bool {
    const FUNCTIONS: &str = "json.loads json.load urllib.parse.unquote_plus urllib.parse.unquote urllib.unquote_plus \
        base64.b64decode typing.cast copy.copy copy.deepcopy dataclasses.asdict dataclasses.replace asyncio.run \
        asyncio.wait_for asyncio.create_task asyncio.ensure_future asyncio.shield contextlib.closing contextlib.aclosing \
        contextlib.nullcontext weakref.proxy html.unescape orjson.loads simplejson.loads ujson.loads";
    FUNCTIONS.split_ascii_whitespace().any(|known| known == path)
}

fn starts_a_program(path: &str) -> bool {
    const FUNCTIONS: &str = "os.system os.popen os.execv os.execve os.execvp os.spawnv os.posix_spawn pty.spawn \
        asyncio.create_subprocess_exec asyncio.create_subprocess_shell commands.getoutput";
    FUNCTIONS.split_ascii_whitespace().any(|known| known == path)
        || (path.starts_with("subprocess.") && path.matches('.').count() == 1)
}
