//! What a statement is on, as a program names it.

use crate::model::{Draft, ProgramDraft, Project, Resource};

/// The members by which classes give their ARN.
const ARNS: [(&str, &str); 16] = [
    ("Bucket", "bucketArn"),
    ("DeliveryStream", "deliveryStreamArn"),
    ("DockerImageFunction", "functionArn"),
    ("EventBus", "eventBusArn"),
    ("Function", "functionArn"),
    ("GoFunction", "functionArn"),
    ("Key", "keyArn"),
    ("NodejsFunction", "functionArn"),
    ("PythonFunction", "functionArn"),
    ("Queue", "queueArn"),
    ("Role", "roleArn"),
    ("Secret", "secretArn"),
    ("StateMachine", "stateMachineArn"),
    ("Stream", "streamArn"),
    ("Topic", "topicArn"),
    ("UserPool", "userPoolArn"),
];
/// The attributes that are the ARN of a resource in a template.
const ATTRIBUTES: [&str; 3] = ["Arn", "Ref", "TopicArn"];

/// A value of a policy.
pub(super) fn draft(project: &Project, value: &Draft) -> Result<ProgramDraft, String> {
    match value {
        Draft::String(text) => Ok(ProgramDraft::Text(text.clone())),
        Draft::Attribute(id, attribute) => arn(project.resource(*id), attribute),
        Draft::Text(pieces) => match pieces.as_slice() {
            [Draft::Attribute(id, attribute), Draft::String(end)] if end == "/*" => {
                let resource = project.resource(*id);
                if class_of(resource) != Some("Bucket") {
                    return joined(project, pieces);
                }
                arn(resource, attribute)?;
                let of = Box::new(ProgramDraft::Made(*id));
                let arguments = vec![ProgramDraft::Text("*".into())];
                Ok(ProgramDraft::Method { of, name: "arnForObjects".into(), arguments })
            }
            pieces => joined(project, pieces),
        },
        _ => Err("a resource of the statement can't be written in a program".into()),
    }
}

fn joined(project: &Project, pieces: &[Draft]) -> Result<ProgramDraft, String> {
    Ok(ProgramDraft::Joined(pieces.iter().map(|piece| draft(project, piece)).collect::<Result<_, _>>()?))
}

fn class_of(resource: &Resource) -> Option<&str> {
    resource.origin.as_ref()?.class.as_deref()?.rsplit('.').next()
}

/// The ARN of what a program makes.
fn arn(resource: &Resource, attribute: &str) -> Result<ProgramDraft, String> {
    let class = class_of(resource).unwrap_or("a class that isn't known");
    let member = match class {
        "Table" | "TableV2" => Some("tableArn"),
        class if class.starts_with("Cfn") => Some("attrArn"),
        class => ARNS.iter().find(|(known, _)| *known == class).map(|(_, member)| *member),
    };
    let member = member.filter(|_| ATTRIBUTES.contains(&attribute));
    let member = member.ok_or_else(|| format!("which member of {class} is its ARN isn't known"))?;
    Ok(ProgramDraft::Member { of: Box::new(ProgramDraft::Made(resource.id)), name: member.into() })
}
