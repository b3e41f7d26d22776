//! Who uses a resource is known although it is handed on, through outputs, arguments and locals.

#![allow(clippy::unwrap_used)]

mod support;

use support::Scratch;

const NETWORK: &str = r#"resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "private" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_security_group" "functions" {
  vpc_id = aws_vpc.main.id
}

locals {
  subnet = aws_subnet.private.id
}

output "vpc_id" {
  value = aws_vpc.main.id
}

output "subnet_id" {
  value = local.subnet
}

output "group_id" {
  value = aws_security_group.functions.id
}
"#;

const FUNCTION: &str = r#"variable "subnet" {}

variable "group" {}

resource "aws_lambda_function" "orders" {
  function_name = "orders"
  role          = "arn:aws:iam::123456789012:role/orders"

  vpc_config {
    subnet_ids         = [var.subnet]
    security_group_ids = [var.group]
  }
}
"#;

fn root(modules: &str) -> String {
    format!(
        "module \"network\" {{\n  source = \"{modules}/network\"\n}}\n\nmodule \"orders\" {{\n  source = \"{modules}/function\"\n  \
         subnet = module.network.subnet_id\n  group  = module.network.group_id\n}}\n"
    )
}

/// Whether the VPC's default group is adopted: only where everything in the VPC is known to have another one.
fn adopts(place: &str, root: &str, function: &str) -> bool {
    let files = [("modules/network/main.tf", NETWORK), ("modules/function/main.tf", function), (place, root)];
    let project = Scratch::with(&files);
    project.run(&["fix", "--grade", "review", "--write", "--control", "network-default-security-group", "."]);
    project.read("modules/network/main.tf").contains("aws_default_security_group")
}

#[test]
fn outputs_and_arguments_are_followed() {
    let known = root("./modules");
    assert!(adopts("main.tf", &known, FUNCTION));

    // What can't be read may be anything: a value that depends on more, a resource of an unknown type, another root.
    let unread = FUNCTION.replace("[var.subnet]", "split(\",\", data.external.x.result[var.subnet])");
    assert!(!adopts("main.tf", &known, &unread));
    let other = format!("{known}\nresource \"aws_emr_cluster\" \"c\" {{\n  subnet_id = module.network.subnet_id\n}}\n");
    assert!(!adopts("main.tf", &other, FUNCTION));
    let whole = format!("{known}\noutput \"network\" {{\n  value = module.network\n}}\n");
    assert!(!adopts("main.tf", &whole, FUNCTION));
    let given = format!("{known}\noutput \"vpc\" {{\n  value = module.network.vpc_id\n}}\n");
    assert!(!adopts("main.tf", &given, FUNCTION));
}

#[test]
fn outputs_of_a_published_module_are_used_elsewhere() {
    assert!(!adopts("examples/complete/main.tf", &root("../../modules"), FUNCTION));
}
