//! Functions and types of Go.

use std::collections::HashSet;

use tree_sitter::Node;

use super::super::ir::{
    Class, Expression, Function, Kind, Name, Parameter, Passed, Role, Spread, Statement, Takes, Target,
};
use super::super::lower::{Scope, children, fields};
use super::lower::File;
use super::names::is_builtin_type;

impl File<'_> {
    /// A function, method or literal.
    pub(super) fn function(&mut self, node: Node<'_>, receiver: Option<Node<'_>>) -> Expression {
        self.scopes.push(Scope::default());
        self.open_block();
        for list in fields(node, "type_parameters") {
            for name in children(list).into_iter().flat_map(|child| fields(child, "name")) {
                let own = self.declare_in_block(self.text(name));
                let nothing = self.make(name, Kind::Nothing);
                self.push(Statement::Assign(Target::Name(own), nothing));
            }
        }
        let mut parameters = Vec::new();
        if let Some(receiver) = receiver {
            self.type_parameters_of(receiver);
            self.parameters(receiver, &mut parameters);
        }
        if let Some(list) = node.child_by_field_name("parameters") {
            self.parameters(list, &mut parameters);
        }
        let results = self.named_results(node);
        self.extra.results.push(results);
        if let Some(body) = node.child_by_field_name("body") {
            self.block(body);
        }
        self.extra.results.pop();
        self.close_block();
        let id = self.finish(parameters, Role::Plain);
        self.make(node, Kind::Function(id))
    }

    /// `(r *Repository[T])` names the parameters of its type.
    fn type_parameters_of(&mut self, node: Node<'_>) {
        if node.kind() == "type_arguments" {
            for argument in children(node) {
                let own = self.declare_in_block(self.text(argument));
                let nothing = self.make(argument, Kind::Nothing);
                self.push(Statement::Assign(Target::Name(own), nothing));
            }
            return;
        }
        for child in children(node) {
            self.type_parameters_of(child);
        }
    }

    fn parameters(&mut self, list: Node<'_>, to: &mut Vec<Parameter>) {
        for declaration in children(list) {
            let names = fields(declaration, "name");
            let of = declaration.child_by_field_name("type");
            let kind = if declaration.kind() == "variadic_parameter_declaration" { Takes::Rest } else { Takes::One };
            let count = names.len().max(1);
            for index in 0..count {
                let text = names.get(index).map_or("_", |name| self.text(*name));
                let own = self.declare_in_block(text);
                let declared = of.and_then(|of| self.declared(of));
                to.push(Parameter { name: own, default: None, declared, kind });
            }
        }
    }

    /// A parameter's type, when it says what code outside may pass.
    fn declared(&mut self, of: Node<'_>) -> Option<Expression> {
        match of.kind() {
            "pointer_type" | "parenthesized_type" => children(of).first().and_then(|inner| self.declared(*inner)),
            "type_identifier" if is_builtin_type(self.text(of)) && self.text(of) != "any" => {
                Some(self.name(of, "$plain"))
            }
            "slice_type" | "map_type" | "array_type" => {
                let inner = of.child_by_field_name("element").or_else(|| of.child_by_field_name("value"))?;
                // Elements of a type that can't be a client.
                (inner.kind() == "type_identifier" && is_builtin_type(self.text(inner)) && self.text(inner) != "any")
                    .then(|| self.name(of, "$plain"))
            }
            "type_identifier" | "qualified_type" | "generic_type" => self.type_expression(of),
            _ => None,
        }
    }

    fn named_results(&mut self, node: Node<'_>) -> Vec<Name> {
        let Some(list) = node.child_by_field_name("result").filter(|result| result.kind() == "parameter_list") else {
            return Vec::new();
        };
        let mut names = Vec::new();
        for declaration in children(list) {
            for name in fields(declaration, "name") {
                let zero = declaration.child_by_field_name("type").and_then(|of| self.zero(of));
                let own = self.declare_in_block(self.text(name));
                if let Some(zero) = zero {
                    self.push(Statement::Assign(Target::Name(own.clone()), zero));
                }
                names.push(own);
            }
        }
        names
    }

    /// The class, or the type of a package, that a type names.
    pub(super) fn type_expression(&mut self, of: Node<'_>) -> Option<Expression> {
        match of.kind() {
            "type_identifier" | "identifier" => {
                let text = self.text(of);
                let own = self.in_blocks(text);
                (own.is_some() || !is_builtin_type(text)).then(|| self.expression(of))
            }
            "qualified_type" => {
                let (package, name) = (of.child_by_field_name("package")?, of.child_by_field_name("name")?);
                let name: Name = self.text(name).into();
                let package = self.expression(package);
                Some(self.make(of, Kind::Attribute(package, name)))
            }
            "selector_expression" => Some(self.expression(of)),
            "generic_type" => self.type_expression(of.child_by_field_name("type")?),
            "pointer_type" | "parenthesized_type" => self.type_expression(*children(of).first()?),
            _ => None,
        }
    }

    /// What a variable of a type is before anything is assigned to it, where calls on that can matter.
    pub(super) fn zero(&mut self, of: Node<'_>) -> Option<Expression> {
        match of.kind() {
            "type_identifier" | "qualified_type" | "generic_type" | "identifier" | "selector_expression" => {
                let class = self.type_expression(of)?;
                Some(self.make(of, Kind::New(class, Vec::new())))
            }
            "map_type" => Some(self.make(of, Kind::Map(Vec::new()))),
            "slice_type" | "array_type" | "channel_type" => Some(self.make(of, Kind::List(Vec::new()))),
            "struct_type" => {
                let class = self.class(of, "");
                Some(self.make(of, Kind::New(class, Vec::new())))
            }
            "parenthesized_type" => self.zero(*children(of).first()?),
            _ => None,
        }
    }

    /// A value that becomes one of a type.
    pub(super) fn of_type(&mut self, of: Node<'_>, value: Expression) -> Expression {
        let local = of.kind() == "type_identifier" && self.extra.package.types.contains_key(self.text(of));
        match self.type_expression(of).filter(|_| local) {
            Some(class) => {
                let passed = vec![Passed { name: None, value, spread: Spread::No }];
                self.make(of, Kind::Call(class, passed))
            }
            None => value,
        }
    }

    pub(super) fn type_declaration(&mut self, spec: Node<'_>) {
        let (Some(name), Some(of)) = (spec.child_by_field_name("name"), spec.child_by_field_name("type")) else {
            return;
        };
        let name = self.text(name);
        let methods = self.scopes.len() == 1 && self.extra.package.methods.contains_key(name);
        self.open_type_parameters(spec);
        let value = match of.kind() {
            "struct_type" => self.class(of, name),
            // Whatever implements it is given by others.
            "interface_type" => self.make(of, Kind::Nothing),
            _ if spec.kind() == "type_alias" || !methods => match self.type_expression(of) {
                Some(of) => of,
                None => self.name(of, "$same"),
            },
            _ => self.class(of, name),
        };
        self.close_block();
        let own = if self.scopes.len() == 1 {
            self.declare(name);
            name.into()
        } else {
            self.declare_in_block(name)
        };
        self.push(Statement::Assign(Target::Name(own), value));
    }

    fn open_type_parameters(&mut self, spec: Node<'_>) {
        self.open_block();
        for list in fields(spec, "type_parameters") {
            for name in children(list).into_iter().flat_map(|child| fields(child, "name")) {
                let own = self.declare_in_block(self.text(name));
                let nothing = self.make(name, Kind::Nothing);
                self.push(Statement::Assign(Target::Name(own), nothing));
            }
        }
    }

    /// A type with fields or methods.
    fn class(&mut self, of: Node<'_>, name: &str) -> Expression {
        let body = Function {
            module: self.module,
            parameters: Vec::new(),
            body: Vec::new(),
            // Methods are set by their declarations, in whichever file of the package.
            locals: self
                .extra
                .package
                .methods
                .get(name)
                .into_iter()
                .flatten()
                .map(|name| name.as_str().into())
                .collect(),
            role: Role::ClassBody,
            lexical_this: false,
        };
        let body = self.program.add_function(body);
        let mut names = Vec::new();
        let mut embedded = Vec::new();
        self.scopes.push(Scope { locals: HashSet::new(), ..Scope::default() });
        for field in children(of).into_iter().flat_map(children).filter(|field| field.kind() == "field_declaration") {
            let Some(of) = field.child_by_field_name("type") else { continue };
            let declared: Vec<Name> = fields(field, "name").into_iter().map(|name| self.text(name).into()).collect();
            let own = match declared.as_slice() {
                [] => {
                    let last = self.text(of).trim_start_matches('*');
                    let last = last.split('[').next().unwrap_or(last);
                    let own: Name = last.rsplit('.').next().unwrap_or(last).into();
                    embedded.push(own.clone());
                    vec![own]
                }
                _ => declared,
            };
            // A pointer is nothing before it is set, and so is what nothing here implements.
            let mut cursor = field.walk();
            let pointer = field.children(&mut cursor).any(|child| child.kind() == "*");
            for name in &own {
                if let Some(zero) = Some(of).filter(|_| !pointer).and_then(|of| self.zero(of)) {
                    let this = self.make(field, Kind::This);
                    self.push(Statement::Assign(Target::Attribute(this, name.clone()), zero));
                }
            }
            names.extend(own);
        }
        let initialiser = self.finish(Vec::new(), Role::Plain);
        let class =
            Class { bases: Vec::new(), body, fields: names, embedded, initialiser: Some(initialiser), constructor: "" };
        let class = self.program.add_class(class);
        self.make(of, Kind::Class(class))
    }
}
