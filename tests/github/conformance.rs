//! That the checks against GitHub's description can fail: in both directions.

use serde_json::json;

use crate::fake::graphql::Document;
use crate::fake::schema::operation;

#[test]
fn wrong_requests_are_told() {
    let pulls = operation("POST", "/repos/{owner}/{repo}/pulls");
    let good = json!({ "title": "x", "head": "a", "base": "main", "draft": true });
    assert_eq!(pulls.request_faults(&[], &good), [""; 0]);
    for (bad, expected) in [
        (json!({ "title": "x", "head": "a" }), "body.base is missing"),
        (json!({ "title": 1, "head": "a", "base": "main" }), "body.title: 1 is no \"string\""),
        (json!({ "head": "a", "base": "main", "drafts": true }), "no drafts in the body"),
    ] {
        assert!(pulls.request_faults(&[], &bad).iter().any(|fault| fault.contains(expected)), "{bad}");
    }
    let list = operation("GET", "/repos/{owner}/{repo}/pulls");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(list.request_faults(&[pair("state", "all"), pair("page", "2")], &json!(null)), [""; 0]);
    for bad in [pair("state", "merged"), pair("per-page", "1"), pair("page", "two")] {
        assert_eq!(list.request_faults(std::slice::from_ref(&bad), &json!(null)).len(), 1, "{bad:?}");
    }
    let tree = operation("POST", "/repos/{owner}/{repo}/git/trees");
    let entry = |mode: &str| json!({ "base_tree": "x", "tree": [{ "path": "a", "mode": mode, "type": "blob", "content": "" }] });
    assert_eq!(tree.request_faults(&[], &entry("100755")), [""; 0]);
    assert_eq!(tree.request_faults(&[], &entry("644")).len(), 1);
}

#[test]
fn wrong_answers_are_told() {
    let pull = operation("POST", "/repos/{owner}/{repo}/pulls");
    let mut answer = json!({ "number": 1, "state": "open", "head": { "ref": "a" } });
    pull.complete(201, &mut answer);
    assert_eq!(pull.answer_faults(201, &answer), [""; 0]);
    assert!(answer.as_object().unwrap().len() > 30, "as GitHub sends it: {answer}");
    for (name, bad) in
        [("number", json!("1")), ("state", json!("merged")), ("head", json!(null)), ("labels", json!({}))]
    {
        let mut wrong = answer.clone();
        wrong[name] = bad;
        assert_eq!(pull.answer_faults(201, &wrong).len(), 1, "{name}");
    }
    let mut missing = answer.clone();
    missing.as_object_mut().unwrap().remove("html_url");
    assert_eq!(pull.answer_faults(201, &missing).len(), 1);
    assert_eq!(pull.answer_faults(204, &answer).len(), 1, "a status that it never has");
}

/// What publishing sends, and what it could send by mistake.
const MERGE: &str = "mutation($id: ID!, $method: PullRequestMergeMethod!) { \
    enablePullRequestAutoMerge(input: { pullRequestId: $id, mergeMethod: $method }) { pullRequest { number } } }";

#[test]
fn wrong_documents_and_variables_are_told() {
    let given = json!({ "id": "PR_1", "method": "SQUASH" });
    assert_eq!(Document::parse(MERGE).unwrap().request_faults(&given), [""; 0]);
    for (from, to, expected) in [
        ("enablePullRequestAutoMerge", "enableAutoMerge", "Mutation has no field enableAutoMerge"),
        ("{ number }", "{ sha }", "PullRequest has no field sha"),
        ("{ pullRequest { number } }", "", "what is wanted of EnablePullRequestAutoMergePayload?"),
        ("pullRequestId: $id, ", "", "needs pullRequestId"),
        ("pullRequestId: $id", "id: $id", "takes no id"),
        ("$id: ID!,", "$id: String!,", "is ID!, and $id String!"),
        ("$id: ID!,", "$id: ID,", "is ID!, and $id ID"),
        ("$id: ID!,", "$id: ID!, $x: Int,", "$x isn't used"),
        ("$id: ID!,", "", "$id isn't declared"),
        ("mergeMethod: $method", "mergeMethod: OCTOPUS", "\"OCTOPUS\" is no PullRequestMergeMethod"),
    ] {
        assert!(MERGE.contains(from), "{from}");
        let faults = Document::parse(&MERGE.replace(from, to)).unwrap().request_faults(&given);
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{to}: {faults:?}");
    }
    for (wrong, expected) in [
        (json!({ "method": "SQUASH" }), "$id: null is no ID!"),
        (json!({ "id": 1, "method": "SQUASH" }), "$id: 1 is no ID!"),
        (json!({ "id": "PR_1", "method": "squash" }), "$method: \"squash\" is no PullRequestMergeMethod!"),
        (json!({ "id": "PR_1", "method": "MERGE", "draft": true }), "$draft isn't declared"),
    ] {
        assert_eq!(Document::parse(MERGE).unwrap().request_faults(&wrong), [expected], "{wrong}");
    }
    for wrong in
        ["", "{ viewer { login } }", "query { viewer { login }", "query { viewer { login } } }", "query { a @b }"]
    {
        assert!(Document::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn wrong_answers_to_documents_are_told() {
    let document = Document::parse(MERGE).unwrap();
    let answer = |inner: serde_json::Value| json!({ "enablePullRequestAutoMerge": { "pullRequest": inner } });
    // The payload's members may be nothing, a pull request's number not.
    for good in [answer(json!({ "number": 1 })), answer(json!(null)), json!({ "enablePullRequestAutoMerge": null })] {
        assert_eq!(document.answer_faults(&good), [""; 0], "{good}");
    }
    for bad in [
        json!(null),
        json!({}),
        answer(json!({})),
        answer(json!({ "number": null })),
        answer(json!({ "number": "1" })),
        answer(json!({ "number": 1, "title": "x" })),
    ] {
        assert_eq!(document.answer_faults(&bad).len(), 1, "{bad}");
    }
}
