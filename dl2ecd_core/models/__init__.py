"""Models: what a model file says about itself, without its framework."""

from .description import (
    Activation,
    ClassNames,
    Content,
    Evidence,
    ModelDescription,
    ModelPart,
    Role,
    Tensor,
)
from .inspection import inspect_model

__all__ = [
    "Activation",
    "ClassNames",
    "Content",
    "Evidence",
    "ModelDescription",
    "ModelPart",
    "Role",
    "Tensor",
    "inspect_model",
]
