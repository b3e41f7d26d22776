//! Permissions that let everybody invoke a function: left to the service that the configuration shows.

use super::permission_source::{SERVICES, sources};
use crate::catalogue::{Context, Failure, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{Draft, DraftBody, Project, Value};

/// Whose the ARN of a resource is, by type.
const BY_TYPE: [(&str, &str); 16] = [
    ("aws_api_gateway_deployment", "apigateway"),
    ("aws_api_gateway_rest_api", "apigateway"),
    ("aws_api_gateway_stage", "apigateway"),
    ("aws_apigatewayv2_api", "apigateway"),
    ("aws_apigatewayv2_stage", "apigateway"),
    ("aws_cloudwatch_event_rule", "events"),
    ("aws_cloudwatch_log_group", "logs"),
    ("aws_cognito_user_pool", "cognito-idp"),
    ("aws_config_config_rule", "config"),
    ("aws_iot_topic_rule", "iot"),
    ("aws_lb_target_group", "elasticloadbalancing"),
    ("aws_alb_target_group", "elasticloadbalancing"),
    ("aws_s3_bucket", "s3"),
    ("aws_secretsmanager_secret", "secretsmanager"),
    ("aws_ses_receipt_rule", "ses"),
    ("aws_sns_topic", "sns"),
];
/// The same by the service in an ARN.
const BY_ARN: [(&str, &str); 8] = [
    ("cognito-idp", "cognito-idp"),
    ("elasticloadbalancing", "elasticloadbalancing"),
    ("events", "events"),
    ("execute-api", "apigateway"),
    ("iot", "iot"),
    ("s3", "s3"),
    ("secretsmanager", "secretsmanager"),
    ("sns", "sns"),
];

/// No function may be invoked by everybody.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, permission) = (context.project, context.resource);
    let organization = permission.body.get("principal_org_id").is_present();
    match (project.settle(&permission.body.get("principal")).equals(&Value::string("*")), organization) {
        (Some(false), _) | (_, Some(true)) => return Verdict::Pass,
        (Some(true), Some(false)) => {}
        _ => return Verdict::Unknown("who may invoke it isn't known before a deploy".into()),
    }
    let fix = by_evidence(context).map_or_else(|| context.page_fix(), Ok);
    let message = "its principal is everybody, in any account".into();
    Verdict::Fail(Box::new(Failure { message, at: None, fix }))
}

fn by_evidence(context: &Context<'_>) -> Option<Fix> {
    let (project, permission) = (context.project, context.resource);
    let source = permission.body.get("source_arn");
    let (service, arguments) = if source.is_null() {
        if permission.body.get("source_account").is_present() != Some(false) {
            return None;
        }
        let mut found = SERVICES.iter().flat_map(|service| {
            let sources = sources(context, service);
            sources.into_iter().map(move |source| ((*service).to_owned(), source))
        });
        let (service, arn) = found.next().filter(|_| found.next().is_none())?;
        (service.clone(), vec![("principal", Draft::string(service)), ("source_arn", arn)])
    } else {
        let service = format!("{}.amazonaws.com", service_of(project, &source)?);
        (service.clone(), vec![("principal", Draft::string(service))])
    };
    let mut content = DraftBody::default();
    content
        .items
        .extend(arguments.into_iter().map(|(name, value)| (name.to_owned(), crate::model::DraftItem::Argument(value))));
    Some(Fix {
        title: format!("Let {service} invoke it only"),
        grade: Grade::Review,
        effect: Effect::Replace,
        changes: vec![Change::Set { resource: permission.id, content }],
        notes: vec![format!(
            "the permission is deleted and made again: for a moment {service} can't invoke the function, and others can't from then on"
        )],
    })
}

/// The service that an ARN belongs to: by the resource that it is of, or by its own text.
fn service_of(project: &Project, arn: &Value) -> Option<&'static str> {
    let prefix = arn.known_prefix();
    if let Some(service) = prefix.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1)) {
        let closed = prefix.split(':').count() > 3;
        return BY_ARN.iter().find(|(known, _)| closed && *known == service).map(|(_, service)| *service);
    }
    let reference = match arn {
        Value::Reference(reference) => reference,
        Value::Text(pieces) => match &pieces.first()?.value {
            Value::Reference(reference) => reference,
            _ => return None,
        },
        _ => return None,
    };
    let ends = reference.path.last().is_some_and(|name| name.ends_with("arn"));
    let kind = &*project.resource(reference.resource).kind;
    BY_TYPE.iter().find(|(known, _)| ends && *known == kind).map(|(_, service)| *service)
}
