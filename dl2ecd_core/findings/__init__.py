"""Findings: what they are, the catalogue of rules, their wording, and the errors they make."""

from .finding import Finding, Place, Rule, Severity, errors_in, in_order, refusing

__all__ = ["Finding", "Place", "Rule", "Severity", "errors_in", "in_order", "refusing"]
