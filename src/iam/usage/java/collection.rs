//! Lists, maps and streams of Java.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Shape, SiteId, one, only_text, unknown};
use super::super::ir::Expression;

impl Evaluator<'_> {
    pub(super) fn java_collection(
        &mut self,
        site: SiteId,
        name: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let itself = one(Atom::Object(site));
        let first = arguments.get(0, "").unwrap_or_default();
        let second = arguments.get(1, "").unwrap_or_default();
        let is_map = self.shape(site) == Shape::Map;
        match name {
            "add" | "addFirst" | "addLast" | "push" | "offer" | "append" => {
                let value = if second.is_empty() { first } else { second };
                self.push(site, value, whole.at);
                itself
            }
            "addAll" | "putAll" => {
                let objects: Atoms = first.iter().filter(|atom| matches!(atom, Atom::Object(_))).cloned().collect();
                if is_map {
                    self.spread_into(site, &objects);
                } else {
                    let each = self.each(&first, whole);
                    self.push(site, each, whole.at);
                }
                itself
            }
            "put" | "putIfAbsent" | "replace" => {
                match only_text(&first) {
                    Some(key) => self.put(site, &key, second, whole.at),
                    None => self.put_computed(site, first, second, whole.at),
                }
                one(Atom::Nothing)
            }
            "get" | "getOrDefault" | "remove" | "elementAt" => {
                let mut found = self.index(&itself, &first, whole);
                found.extend(second);
                found
            }
            "computeIfAbsent" | "compute" | "computeIfPresent" | "merge" => {
                let made = self.call_with(arguments, &first, whole);
                self.put_computed(site, first, made.clone(), whole.at);
                let mut found = self.any(site);
                found.extend(made);
                found
            }
            "getFirst" | "getLast" | "peek" | "poll" | "pop" | "next" | "findFirst" | "findAny" | "element"
            | "orElseThrow" | "iterator" | "listIterator" => {
                if name.ends_with("terator") || name.starts_with("find") {
                    itself
                } else {
                    self.any(site)
                }
            }
            "values" => {
                let any = self.any(site);
                self.made_list(any, 4, whole)
            }
            "keySet" => {
                let keys = self.keys(site);
                self.made_list(keys, 3, whole)
            }
            "entrySet" => self.pairs(site, whole),
            "getKey" => self.field(site, "0").map(|field| field.atoms.clone()).unwrap_or_default(),
            "getValue" => self.field(site, "1").map(|field| field.atoms.clone()).unwrap_or_default(),
            "forEach" | "map" | "flatMap" | "mapToObj" | "filter" | "anyMatch" | "allMatch" | "noneMatch" | "peek_"
            | "sorted" | "reduce" | "takeWhile" | "dropWhile" | "forEachOrdered" | "removeIf" | "sort"
            | "ifPresent" => self.looped(site, name, arguments, whole),
            "size" | "isEmpty" | "contains" | "containsKey" | "containsValue" | "hasNext" | "indexOf" | "clear"
            | "toString" | "equals" | "hashCode" | "count" | "length" => unknown("a value of a list"),
            // Streams and copies of it.
            "stream" | "parallelStream" | "collect" | "toList" | "distinct" | "limit" | "skip" | "subList"
            | "toArray" | "copyOf" | "boxed" | "reversed" => itself,
            _ => {
                self.escape(arguments, &format!("`{name}` of a list"), whole);
                let mut held = self.any(site);
                held.insert(Atom::unknown("a value of a list"));
                held
            }
        }
    }

    fn looped(&mut self, site: SiteId, name: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let (each, other) = if self.shape(site) == Shape::Map {
            (self.keys(site), self.any(site))
        } else {
            (self.any(site), self.any(site))
        };
        let mut made = Atoms::new();
        for (atoms, _) in &arguments.positional {
            let functions: Atoms =
                atoms.iter().filter(|atom| !matches!(atom, Atom::Text(_) | Atom::Constant(_))).cloned().collect();
            made.extend(self.call(&functions, &Arguments::of(vec![each.clone(), other.clone()]), whole));
        }
        match name {
            "map" | "mapToObj" => self.made_list(made, 3, whole),
            "flatMap" => {
                let inner = self.each(&made, whole);
                self.made_list(inner, 3, whole)
            }
            "reduce" => made.into_iter().chain(each).collect(),
            _ => one(Atom::Object(site)),
        }
    }

    /// `Map.of(k, v, …)`
    pub(super) fn java_map(&mut self, arguments: &Arguments, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 0, Shape::Map);
        for pair in arguments.positional.chunks(2) {
            let [(key, _), (value, at)] = pair else { continue };
            match only_text(key) {
                Some(name) => self.put(site, &name, value.clone(), *at),
                None => self.put_computed(site, key.clone(), value.clone(), *at),
            }
        }
        one(Atom::Object(site))
    }

    /// `List.of(…)`, `Arrays.asList(…)`
    pub(super) fn java_list(&mut self, arguments: &Arguments, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 0, Shape::List);
        for (index, (atoms, at)) in arguments.positional.iter().enumerate() {
            self.put(site, &index.to_string(), atoms.clone(), *at);
        }
        one(Atom::Object(site))
    }
}
