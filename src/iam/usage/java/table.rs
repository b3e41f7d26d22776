//! The enhanced client of `DynamoDB`: `client.table("orders", schema).putItem(order)`.

use std::sync::Arc;

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, SiteId, one, unknown};
use super::super::ir::{Expression, Name};

impl Evaluator<'_> {
    /// A method of the enhanced client, a table, or an index of one.
    pub(super) fn method_of_table(
        &mut self,
        sdk: &Arc<Sdk>,
        kind: &str,
        site: SiteId,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        if kind == "enhanced" {
            return self.method_of_enhanced(sdk, name, arguments, whole);
        }
        let plain = name.strip_suffix("WithResponse").unwrap_or(name);
        let operation = match plain {
            "getItem" => "GetItem",
            "putItem" => "PutItem",
            "updateItem" => "UpdateItem",
            "deleteItem" => "DeleteItem",
            "query" => "Query",
            "scan" => "Scan",
            "createTable" => "CreateTable",
            "deleteTable" => "DeleteTable",
            "describeTable" => "DescribeTable",
            "index" if kind == "table" => {
                let index = self.site(whole.id, 45, Shape::Map);
                self.copy_fields(site, index);
                self.put(index, "IndexName", arguments.get(0, "").unwrap_or_default(), whole.at);
                return one(Atom::sdk(Sdk::Provider("index".into(), index)));
            }
            "tableName" | "tableSchema" | "keyFrom" | "mapperExtension" => return unknown("a value of a table"),
            _ => {
                self.unknown_method("dynamodb", &format!("DynamoDbTable.{name}"), whole);
                return unknown("what an unknown method answers");
            }
        };
        let mut given = Given::default();
        for field in ["TableName", "IndexName"] {
            if let Some(known) = self.field(site, field) {
                let (atoms, at) = (known.atoms.clone(), known.spot.at);
                given = given.with(field, atoms, at);
            }
        }
        self.record("dynamodb", operation, &given, whole);
        let answer = unknown(&format!("what dynamodb:{operation} answers"));
        self.call_with(arguments, &unknown("a value of a request"), whole);
        answer
    }

    fn method_of_enhanced(&mut self, sdk: &Arc<Sdk>, name: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let operation = match name.strip_suffix("WithResponse").unwrap_or(name) {
            "table" => {
                let table = self.site(whole.id, 44, Shape::Map);
                self.put(table, "TableName", arguments.get(0, "").unwrap_or_default(), whole.at);
                return one(Atom::sdk(Sdk::Provider("table".into(), table)));
            }
            "builder" | "build" | "create" | "dynamoDbClient" | "extensions" => return one(Atom::Sdk(Arc::clone(sdk))),
            "batchGetItem" => "BatchGetItem",
            "batchWriteItem" => "BatchWriteItem",
            "transactGetItems" => "TransactGetItems",
            "transactWriteItems" => "TransactWriteItems",
            _ => {
                self.unknown_method("dynamodb", &format!("DynamoDbEnhancedClient.{name}"), whole);
                return unknown("what an unknown method answers");
            }
        };
        // The tables are in what is given.
        self.record("dynamodb", operation, &Given { open: true, ..Given::default() }, whole);
        self.call_with(arguments, &unknown("a value of a request"), whole);
        unknown(&format!("what dynamodb:{operation} answers"))
    }
}
