//! Random expressions, made from a tape of choices.

/// Choices, in the order in which they are made; at its end every choice is the first.
pub(crate) struct Tape<'t>(pub(crate) &'t [u16]);

/// The names that the expressions may use, as they are declared. `var.` names are unknown to terramend.
pub(crate) const LOCALS: &str = r#"
locals {
  name   = "orders-Dev"
  arn    = "arn:aws:sqs:eu-west-1:1:orders"
  count  = 3
  on     = true
  nothing = null
  zones  = ["b", "a", "b"]
  mixed  = ["a", 1, true, null]
  nested = [["a"], [], ["b", ["c"]]]
  tags   = { Team = "core", env = "dev" }
  users  = { bob = { admin = true, teams = ["x"] }, ann = { admin = false, teams = ["y", "x"] } }
  list   = [{ name = "n1", size = 1 }, { name = "n2", size = 2 }]
  part   = "${var.text}-x"
  arn2   = "arn:${var.text}:sqs"
  some   = concat(["k"], var.texts)
  merged = merge({ Team = "core" }, var.map, { env = "dev" })
}
"#;

impl Tape<'_> {
    fn pick(&mut self, n: usize) -> usize {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                usize::from(*first) % n
            }
            None => 0,
        }
    }

    fn of(&mut self, list: &[&str]) -> String {
        list[self.pick(list.len())].to_owned()
    }

    pub(crate) fn any(&mut self, depth: usize) -> String {
        match self.pick(7) {
            0 => self.text(depth),
            1 => self.number(depth),
            2 => self.truth(depth),
            3 | 4 => self.list(depth),
            5 => self.map(depth),
            _ => self.odd(depth),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        const PLAIN: [&str; 10] = [
            "\"a\"",
            "\"b\"",
            "\"\"",
            "\"orders\"",
            "local.name",
            "local.arn",
            "local.part",
            "local.arn2",
            "var.text",
            "\" pad \"",
        ];
        if depth == 0 {
            return self.of(&PLAIN);
        }
        let d = depth - 1;
        match self.pick(20) {
            0 => format!("lower({})", self.text(d)),
            1 => format!("upper({})", self.text(d)),
            2 => format!("replace({}, {}, {})", self.text(d), self.text(0), self.text(0)),
            3 => format!("format(\"%s/%s\", {}, {})", self.text(d), self.any(0)),
            4 => format!("join(\"-\", {})", self.list(d)),
            5 => format!("\"x-${{{}}}\"", self.text(d)),
            6 => format!("\"${{{}}}\"", self.any(d)),
            7 => format!("{} ? {} : {}", self.truth(d), self.text(d), self.text(d)),
            8 => format!("trimprefix({}, {})", self.text(d), self.of(&["\"arn:\"", "\"a\"", "\"x\""])),
            9 => format!("substr({}, {}, {})", self.text(d), self.number(0), self.number(0)),
            10 => format!("coalesce({}, {})", self.odd(0), self.text(d)),
            11 => format!("lookup({}, {}, {})", self.map(d), self.text(0), self.text(0)),
            12 => format!("element({}, {})", self.list(d), self.number(0)),
            13 => format!("tostring({})", self.any(0)),
            14 => format!("try({}, {})", self.odd(d), self.text(d)),
            15 => format!("{}({})", self.of(&["trimspace", "chomp", "strrev", "basename", "dirname"]), self.text(d)),
            16 => format!("trim({}, {})", self.text(d), self.text(0)),
            17 => format!("\"%{{ if {} }}{}%{{ else }}no%{{ endif }}\"", self.truth(d), "yes "),
            18 => format!("\"%{{ for x in {} ~}} ${{x}}, %{{ endfor ~}} \"", self.list(d)),
            _ => {
                format!("format({}, {})", self.of(&["\"%d%%\"", "\"%q\"", "\"%v\"", "\"%03d\"", "\"a\""]), self.any(0))
            }
        }
    }

    fn number(&mut self, depth: usize) -> String {
        const PLAIN: [&str; 9] = ["0", "1", "2", "-1", "0.5", "local.count", "\"3\"", "10", "var.number"];
        if depth == 0 {
            return self.of(&PLAIN);
        }
        let d = depth - 1;
        match self.pick(10) {
            0 => format!("length({})", self.any(d)),
            1..=3 => format!("({} {} {})", self.number(d), self.of(&["+", "-", "*", "/", "%"]), self.number(d)),
            4 => format!("-{}", self.number(0)),
            5 => format!("{}({}, {})", self.of(&["max", "min"]), self.number(d), self.number(d)),
            6 => format!("{}({})", self.of(&["abs", "ceil", "floor", "signum", "tonumber"]), self.number(d)),
            7 => format!("sum([{}, {}])", self.number(d), self.number(d)),
            8 => format!("index({}, {})", self.list(d), self.text(0)),
            _ => format!("parseint({}, 10)", self.number(0)),
        }
    }

    fn truth(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.of(&["true", "false", "local.on", "var.on", "\"true\""]);
        }
        let d = depth - 1;
        match self.pick(12) {
            0 => format!("{} == {}", self.text(d), self.text(d)),
            1 => format!("{} != {}", self.any(d), self.any(d)),
            2 => format!("({} {} {})", self.number(d), self.of(&["<", "<=", ">", ">="]), self.number(d)),
            3 => format!("({} {} {})", self.truth(d), self.of(&["&&", "||"]), self.truth(d)),
            4 => format!("!{}", self.truth(0)),
            5 => format!("contains({}, {})", self.list(d), self.any(0)),
            6 => format!("{}({}, {})", self.of(&["startswith", "endswith", "strcontains"]), self.text(d), self.text(0)),
            7 => format!("can({})", self.odd(d)),
            8 => format!("{}([{}, {}])", self.of(&["alltrue", "anytrue"]), self.truth(d), self.truth(d)),
            9 => format!("{} == null", self.odd(d)),
            10 => format!("tobool({})", self.truth(0)),
            _ => format!("{}([for x in {}: x == {}])", self.of(&["alltrue", "anytrue"]), self.list(d), self.text(0)),
        }
    }

    fn list(&mut self, depth: usize) -> String {
        const PLAIN: [&str; 8] =
            ["[]", "[\"a\"]", "[\"b\", \"a\"]", "local.zones", "local.mixed", "var.texts", "local.some", "[1, \"1\"]"];
        if depth == 0 {
            return self.of(&PLAIN);
        }
        let d = depth - 1;
        match self.pick(26) {
            0 => format!("concat({}, {})", self.list(d), self.list(d)),
            1 => format!("flatten([{}, [{}], local.nested])", self.list(d), self.list(0)),
            2 => {
                format!("{}({})", self.of(&["toset", "tolist", "distinct", "compact", "sort", "reverse"]), self.list(d))
            }
            3 => format!("split({}, {})", self.of(&["\"-\"", "\",\"", "\"\""]), self.text(d)),
            4 => format!("keys({})", self.map(d)),
            5 => format!("values({})", self.map(d)),
            6 => format!("[for x in {}: upper(x)]", self.list(d)),
            7 => format!("[for k, v in {}: \"${{k}}=${{v}}\"]", self.map(d)),
            8 => format!("[for i, v in {}: i]", self.list(d)),
            9 => format!("[for x in {}: x if x != {}]", self.list(d), self.text(0)),
            10 => format!("[{}, {}]", self.any(d), self.any(0)),
            11 => format!("coalescelist({}, {})", self.list(d), self.list(d)),
            12 => format!("slice({}, {}, {})", self.list(d), self.number(0), self.number(0)),
            13 => format!("setproduct({}, {})", self.list(d), self.list(0)),
            14 => format!(
                "{}({}, {})",
                self.of(&["setunion", "setintersection", "setsubtract"]),
                self.list(d),
                self.list(0)
            ),
            15 => format!("formatlist(\"%s.%s\", {}, {})", self.list(d), self.text(0)),
            16 => format!("range({})", self.of(&["3", "1, 4", "4, 1", "0, 6, 2", "var.number", "0"])),
            17 => format!("chunklist({}, {})", self.list(d), self.number(0)),
            18 => "local.users[*]".into(),
            19 => format!("local.list[*].{}", self.of(&["name", "size", "missing"])),
            20 => format!("{} ? {} : {}", self.truth(d), self.list(d), self.list(0)),
            21 => format!("concat({}...)", self.of(&["[[\"a\"], [\"b\"]]", "[var.texts, [\"b\"]]"])),
            22 => format!("try({}, {})", self.odd(d), self.list(0)),
            23 => format!("[for k, v in toset({}): k]", self.list(d)),
            24 => "[for u in local.users: u.teams if u.admin]".into(),
            _ => {
                format!("jsondecode({})", self.of(&["\"[1, {\\\"a\\\": null}]\"", "jsonencode(local.zones)", "\"[\""]))
            }
        }
    }

    fn map(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.of(&["{}", "{ a = 1 }", "local.tags", "var.map", "local.merged", "{ b = \"x\", a = null }"]);
        }
        let d = depth - 1;
        match self.pick(12) {
            0..=2 => format!("merge({}, {})", self.map(d), self.map(d)),
            3 => format!("{{ for k, v in {}: upper(k) => v }}", self.map(d)),
            4 => format!("{{ for x in {}: x => length(x) }}", self.list(d)),
            5 => format!("{{ for x in {}: x => x... }}", self.list(d)),
            6 => format!("{{ ({}) = {} }}", self.text(d), self.any(0)),
            7 => format!("zipmap({}, {})", self.list(d), self.list(0)),
            8 => format!("{} ? {} : {}", self.truth(d), self.map(d), self.map(0)),
            9 => {
                format!("merge({}...)", self.of(&["[{ a = 1 }, { a = 2 }]", "[for u in local.users: { x = u.admin }]"]))
            }
            10 => "{ for k, u in local.users: k => u.teams }".into(),
            _ => format!("tomap({})", self.map(0)),
        }
    }

    /// What may fail or be null.
    fn odd(&mut self, depth: usize) -> String {
        const PLAIN: [&str; 13] = [
            "null",
            "local.nothing",
            "local.tags.env",
            "local.tags.missing",
            "local.tags[\"Team\"]",
            "local.zones[1]",
            "local.zones[7]",
            "local.users.bob.admin",
            "local.users[var.text].admin",
            "local.list[0].name",
            "var.map[\"k\"]",
            "local.merged.env",
            "local.list[var.number].size",
        ];
        match self.pick(if depth == 0 { 2 } else { 6 }) {
            0 | 1 => self.of(&PLAIN),
            2 => format!("try({}, null)", self.odd(depth - 1)),
            3 => format!("one({})", self.list(depth - 1)),
            4 => format!("{}[{}]", self.of(&["local.zones", "local.tags", "local.mixed"]), self.any(0)),
            _ => format!("{} ? {} : null", self.truth(depth - 1), self.odd(depth - 1)),
        }
    }
}
