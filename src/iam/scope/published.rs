//! Functions that `terraform-aws-modules/lambda` makes: the module's inputs as arguments of a function, and what its role is
//! granted by them.
//!
//! Source: `variables.tf` and `iam.tf` of that module, versions 2 to 8, which agree in these inputs.

use std::borrow::Cow;

use super::grant::{self, Attached, Document, Granted};
use super::managed;
use super::template;
use crate::iam::policy::Policy;
use crate::model::{Body, Entry, Form, Language, Mode, Node, Project, Resource, Value};
use crate::source::Span;

/// The type of its calls.
pub const LAMBDA: &str = "module:terraform-aws-modules/lambda/aws";

/// Inputs, and the arguments of a function that they become.
const ARGUMENTS: [(&str, &str); 12] = [
    ("dead_letter_target_arn", "dead_letter_config.target_arn"),
    ("environment_variables", "environment.variables"),
    ("file_system_arn", "file_system_config.arn"),
    ("image_uri", "image_uri"),
    ("lambda_role", "role"),
    ("local_existing_package", "filename"),
    ("logging_log_group", "logging_config.log_group"),
    ("tracing_mode", "tracing_config.mode"),
    ("vpc_subnet_ids", "vpc_config.subnet_ids"),
    ("kms_key_arn", "kms_key_arn"),
    ("package_type", "package_type"),
    ("layers", "layers"),
];
/// Inputs of the same name.
const SAME: [&str; 7] = [
    "function_name",
    "handler",
    "runtime",
    "source_path",
    "destination_on_failure",
    "destination_on_success",
    "event_source_mapping",
];
/// Flags, what they are when nothing is said, and what the module then lets the role do. It is the module's own text.
const FLAGS: [(&str, bool, &[&str]); 4] = [
    ("attach_cloudwatch_logs_policy", true, &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
    ("attach_dead_letter_policy", false, &["sns:Publish", "sqs:SendMessage"]),
    (
        "attach_async_event_policy",
        false,
        &["sns:Publish", "sqs:SendMessage", "events:PutEvents", "lambda:InvokeFunction"],
    ),
    ("attach_tracing_policy", false, &["xray:*"]),
];
/// The managed policy that `attach_network_policy` copies.
const NETWORK: &str = "AWSLambdaENIManagementAccess";

/// Whether a resource is a call of the module that makes a function.
pub fn is_call(resource: &Resource) -> bool {
    resource.mode == Mode::Call && &*resource.kind == LAMBDA
}

/// The functions of a project: those that are declared, and those that the module makes.
pub fn functions(project: &Project) -> impl Iterator<Item = &Resource> {
    let made = project.of_kind(LAMBDA).filter(|call| {
        let never = |input: &str| project.settle(&call.body.get(input)) == Value::Bool(false);
        !never("create")
            && !never("create_function")
            && project.settle(&call.body.get("create_layer")) != Value::Bool(true)
    });
    let of_template = template::functions(project).filter(|_| project.language == Language::CloudFormation);
    project.of_kind("aws_lambda_function").chain(made).chain(of_template)
}

/// A function as the provider has it, whether it is declared or made by the module.
pub fn view<'r>(project: &Project, function: &'r Resource) -> Cow<'r, Resource> {
    if project.language == Language::CloudFormation {
        return Cow::Owned(template::function(project, function));
    }
    if !is_call(function) {
        return Cow::Borrowed(function);
    }
    let mut seen = function.clone();
    seen.body = Body { entries: Vec::new(), open: function.body.open };
    for (input, argument) in ARGUMENTS.into_iter().chain(SAME.map(|name| (name, name))) {
        let Some(entry) = function.body.entry(input) else { continue };
        // A role that is given counts only where the module makes none.
        let made = input == "lambda_role" && project.settle(&function.body.get("create_role")) != Value::Bool(false);
        if !made && entry.node.value != Value::Null {
            place(&mut seen.body, argument, entry.node.value.clone(), entry.node.span);
        }
    }
    Cow::Owned(seen)
}

/// Gives a dotted argument a value.
pub(super) fn place(body: &mut Body, argument: &str, value: Value, span: Span) {
    let (name, value) = match argument.split_once('.') {
        None => (argument, value),
        Some((block, inner)) => {
            let mut content = Body::default();
            place(&mut content, inner, value, span);
            (block, Value::Map(content))
        }
    };
    body.entries.push(Entry { name: name.into(), span, form: Form::Attribute, node: Node { value, span } });
}

/// What the role that the module makes is granted.
pub(super) fn granted(project: &Project, call: &Resource) -> Granted {
    let mut granted = Granted::default();
    let mut reader = Reader { project, call, granted: &mut granted };
    reader.flags();
    reader.statements();
    reader.documents();
    reader.policies();
    // Whoever names the role may give it more.
    let named = format!("module.{}.lambda_role", call.name);
    let files = &project.module_of(call.instance).files;
    if files.iter().any(|file| outside_outputs(&project.file(*file).text, &named)) {
        granted.unread.push(format!("something else works with the role of {}", call.address()));
    }
    granted
}

/// The inputs that hold a document of which nothing is needed, with the flags that ask for it.
///
/// # Errors
///
/// When the document is one of several, or stands in a policy that the call only names.
pub fn inputs_of(project: &Project, document: &Document) -> Result<Vec<String>, String> {
    let call = project.resource(document.by);
    if document.holder != document.by {
        let policy = project.resource(document.holder).address();
        return Err(format!("{} gives {policy}, of which nothing is needed: take it out", call.address()));
    }
    match document.argument.as_str() {
        input @ ("policy_statements" | "policy_json") => Ok(vec![format!("attach_{input}"), input.to_owned()]),
        input => Err(format!("nothing of one of `{input}` of {} is needed: take it out", call.address())),
    }
}

/// Whether a file mentions something elsewhere than in an output, which only tells people.
fn outside_outputs(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let mut above = text[..at].lines().rev();
        let block = above.find(|line| line.starts_with(|c: char| c.is_alphabetic()));
        !block.is_some_and(|line| line.starts_with("output "))
    })
}

struct Reader<'p, 'g> {
    project: &'p Project,
    call: &'p Resource,
    granted: &'g mut Granted,
}

impl Reader<'_, '_> {
    /// A flag of the module; it isn't known before a deploy where nothing is given back.
    fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.project.settle(&self.call.body.get(name)) {
            Value::Bool(flag) => flag,
            Value::Null => default,
            _ => {
                self.granted.unread.push(format!("`{name}` of {} isn't known before a deploy", self.call.address()));
                false
            }
        }
    }

    fn flags(&mut self) {
        for (flag, default, actions) in FLAGS {
            if self.flag(flag, default) {
                self.standing(flag, actions.to_vec());
            }
        }
        if self.flag("attach_network_policy", false) {
            let statements = managed::statements(NETWORK).into_iter().flatten().flatten();
            let actions = statements.flat_map(|allowed| allowed.0.iter().copied()).collect();
            self.standing("attach_network_policy", actions);
        }
    }

    fn standing(&mut self, name: &str, actions: Vec<&'static str>) {
        let (by, name) = (self.call.id, name.to_owned());
        self.granted.attached.push(Attached {
            by,
            name,
            actions: Some(actions),
            limited: Vec::new(),
            standing: true,
            sure: true,
        });
    }

    fn statements(&mut self) {
        if !self.flag("attach_policy_statements", false) {
            return;
        }
        match Policy::of_inputs(self.project, &self.call.body, "policy_statements") {
            Some(policy) => self.document("policy_statements", &policy),
            None => self.unread("policy_statements"),
        }
    }

    /// Documents as JSON.
    fn documents(&mut self) {
        if self.flag("attach_policy_json", false) {
            match Policy::of(self.project, &self.call.body, "policy_json") {
                Some(policy) => self.document("policy_json", &policy),
                None => self.unread("policy_json"),
            }
        }
        if self.flag("attach_policy_jsons", false) {
            let Value::List(items) = self.call.body.get("policy_jsons") else { return self.unread("policy_jsons") };
            for item in items {
                match Policy::read(self.project, &item.value, item.span) {
                    Some(policy) => self.document("policy_jsons", &policy),
                    None => self.unread("policy_jsons"),
                }
            }
        }
    }

    /// Managed policies, by their ARNs.
    fn policies(&mut self) {
        let mut arns = Vec::new();
        if self.flag("attach_policy", false) {
            arns.push(self.call.body.get("policy"));
        }
        if self.flag("attach_policies", false) {
            match self.call.body.get("policies") {
                Value::List(items) => arns.extend(items.into_iter().map(|item| item.value)),
                _ => self.unread("policies"),
            }
        }
        for arn in arns {
            if let Value::Reference(reference) = &arn {
                let policy = self.project.resource(reference.resource);
                if let Some(document) = Policy::of(self.project, &policy.body, "policy")
                    .filter(|_| policy.mode == Mode::Managed && &*policy.kind == "aws_iam_policy")
                {
                    self.complete(&document, &policy.address());
                    let statements = grant::held_of(self.project, &document);
                    let (holder, by, argument) = (policy.id, self.call.id, "policy".to_owned());
                    self.granted.documents.push(Document { holder, by, argument, statements, sure: true });
                    continue;
                }
            }
            self.granted.attachment(self.project, self.call, &arn);
        }
    }

    fn document(&mut self, argument: &str, policy: &Policy) {
        self.complete(policy, &format!("`{argument}` of {}", self.call.address()));
        let statements = grant::held_of(self.project, policy);
        let (holder, by, argument) = (self.call.id, self.call.id, argument.to_owned());
        self.granted.documents.push(Document { holder, by, argument, statements, sure: true });
    }

    fn complete(&mut self, policy: &Policy, what: &str) {
        if !policy.complete {
            self.granted.unread.push(format!("parts of {what} aren't known before a deploy"));
        }
    }

    fn unread(&mut self, input: &str) {
        self.granted.unread.push(format!("`{input}` of {} can't be read", self.call.address()));
    }
}
