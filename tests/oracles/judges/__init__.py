"""The judges of an edit: each compares a Terraform tree before and after it and returns a Verdict."""
