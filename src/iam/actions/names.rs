//! What programs call services, operations and helpers, in each SDK.

use super::data::{Class, Library, Method, Row, Service, Table};

/// Packages of clients begin with this.
const CLIENT: &str = "@aws-sdk/client-";

impl Table {
    /// The service of `boto3.client("dynamodb")` and `boto3.resource("dynamodb")`.
    pub fn service_of_client(&self, name: &str) -> Option<&'static str> {
        self.services.get_key_value(name).map(|(name, _)| *name)
    }

    /// The service of a package of the JavaScript SDK v3 (`@aws-sdk/client-dynamodb`), or of one on top of a single client
    /// (`@aws-sdk/lib-dynamodb`).
    pub fn service_of_package(&self, package: &str) -> Option<&'static str> {
        let Some(name) = package.strip_prefix(CLIENT) else {
            return self.javascript.get(package)?.values().next().map(|library| library.service);
        };
        let is_its = |service: &Service| service.package == name;
        // Most are named as the service; only then no other service is read.
        let same = self.services.get_key_value(name).filter(|(_, service)| is_its(service));
        same.or_else(|| self.services.iter().find(|(_, service)| is_its(service))).map(|(key, _)| *key)
    }

    /// The service of a folder of the SDKs for Go, or of a package of the SDK for Java: `cognitoidentityprovider`.
    pub fn service_of_folder(&self, folder: &str) -> Option<&'static str> {
        // The same API under its old name.
        let folder = if folder == "cloudwatchevents" { "eventbridge" } else { folder };
        let is_its = |service: &Service| {
            service.package.split('-').collect::<String>() == folder || service.class.eq_ignore_ascii_case(folder)
        };
        let same = self.services.get_key_value(folder).filter(|(_, service)| is_its(service));
        same.or_else(|| self.services.iter().find(|(_, service)| is_its(service))).map(|(key, _)| *key)
    }

    /// The service of a class of the JavaScript SDK v2: `DynamoDB`, `DynamoDB.DocumentClient`.
    pub fn service_of_v2_class(&self, class: &str) -> Option<&'static str> {
        if class == "DynamoDB.DocumentClient" {
            return self.service_of_client("dynamodb");
        }
        let is_its = |service: &Service| service.class.eq_ignore_ascii_case(class);
        let same = self.services.get_key_value(&*class.to_ascii_lowercase()).filter(|(_, service)| is_its(service));
        same.or_else(|| self.services.iter().find(|(_, service)| is_its(service))).map(|(key, _)| *key)
    }

    /// The operation that a method or command stands for: `get_item`, `getItem`, `GetItemCommand` and `GetItem` are
    /// `GetItem`. Nothing for what the service doesn't have.
    pub fn operation(&self, service: &str, name: &str) -> Option<&'static str> {
        let service = self.services.get(service)?;
        let exact = |name: &str| service.operations.get_key_value(name).map(|(name, _)| *name);
        if name.chars().any(char::is_uppercase) || !name.contains('_') {
            let method = |name: &str| {
                let mut letters = name.chars();
                let first = letters.next()?.to_ascii_uppercase();
                exact(&format!("{first}{}", letters.as_str()))
            };
            return exact(name).or_else(|| exact(name.strip_suffix("Command")?)).or_else(|| method(name));
        }
        if let Some(odd) = service.snake.get(name) {
            return Some(odd);
        }
        exact(&name.split('_').map(title).collect::<String>())
    }

    /// What a method that boto3 adds to clients stands for (`upload_file`).
    pub fn injected(&self, service: &str, method: &str) -> Option<&'static Method> {
        // The table lives as long as the program.
        super::table().services.get(service)?.injected.get(method).filter(|_| self.services.contains_key(service))
    }

    /// A resource class of boto3 (`Table`); "" is the service resource.
    pub fn class(&self, service: &str, class: &str) -> Option<&Class> {
        self.services.get(service)?.classes.get(class)
    }

    /// The arguments that decide what an operation needs, as the API spells them: SDKs of typed languages have letters of
    /// their own (`StateMachineArn` for `stateMachineArn`).
    pub fn arguments(&self, service: &str, operation: &str) -> Vec<&'static str> {
        let super::Permission::Actions(needs) = self.permission(service, operation) else { return Vec::new() };
        let given = |when| if let super::When::Given(path) = when { Some(path) } else { None };
        let on = |need: &super::Need| need.on.iter().map(|(path, _)| *path).collect::<Vec<_>>();
        needs.iter().flat_map(|need| on(need).into_iter().chain(given(need.when))).collect()
    }

    /// The operation behind `client.get_waiter(name)`.
    pub fn waiter(&self, service: &str, name: &str) -> Option<&'static str> {
        self.services.get(service)?.waiters.get(name).copied()
    }

    /// The operation behind `client.get_paginator(name)`, and behind `paginateListTables` of the JavaScript SDK v3.
    pub fn paginator(&self, service: &str, name: &str) -> Option<&'static str> {
        let operation = self.operation(service, name.strip_prefix("paginate").unwrap_or(name))?;
        self.services.get(service)?.paginators.contains(&operation).then_some(operation)
    }

    /// What an exported name of a package, or a method of a class of SDK v2, stands for
    /// (`@aws-sdk/lib-dynamodb`, `GetCommand`).
    pub fn library(&self, package: &str, name: &str) -> Option<&Library> {
        self.javascript.get(package)?.get(name)
    }

    /// An action as AWS spells it; nothing for one that isn't known.
    pub fn spelled(&self, action: &str) -> Option<String> {
        let (prefix, name) = action.split_once(':')?;
        self.named(prefix, name).map(|(name, _)| format!("{}:{name}", prefix.to_ascii_lowercase()))
    }

    /// An action's row and its spelling; case doesn't matter.
    pub(super) fn named(&self, prefix: &str, name: &str) -> Option<(&'static str, &Row)> {
        let lower = prefix.to_ascii_lowercase();
        let actions = self.actions.get(lower.as_str())?;
        let exact = actions.get_key_value(name);
        exact
            .or_else(|| actions.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)))
            .map(|(name, row)| (*name, row))
    }
}

/// As Python's `str.title` writes a word: a letter after a digit is a capital too.
fn title(word: &str) -> String {
    let mut after_letter = false;
    word.chars()
        .map(|c| {
            let written = if after_letter { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
            after_letter = c.is_ascii_alphabetic();
            written
        })
        .collect()
}
