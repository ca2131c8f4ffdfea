"""The geoprocessing pane without a screen: fill in one parameter after the other, then run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, Tuple, Union

from ._loading import LoadedToolbox, standing_in
from ._parameter import Parameter
from ._result import Result
from ._running import parameters_of, run
from ._texts import ERROR, WARNING
from ._validation import validate


class Dialog:
    """A tool's dialog; validation runs when it opens and after each change.

    Examples
    --------
    >>> dialog = Dialog("DeepLearningTools.pyt", "DeepLearningModelToEcd")  # doctest: +SKIP
    >>> dialog.fill_in(in_deep_learning_model="c:/test/cntk.model")  # doctest: +SKIP
    >>> dialog["out_classifier_definition"].valueAsText  # doctest: +SKIP
    'c:/test/cntk.ecd'
    """

    def __init__(self, toolbox: Union[str, os.PathLike[str]], tool: str) -> None:
        self._tool = LoadedToolbox(Path(toolbox).absolute()).tool(tool)
        with standing_in():
            self.parameters = parameters_of(self._tool)
        self._validate()

    def __getitem__(self, name: str) -> Parameter:
        return {item.name: item for item in self.parameters}[name]

    def fill_in(self, **values: object) -> None:
        """Fill in parameters as a person does: one by one, validated after each."""
        for name, value in values.items():
            parameter = self[name]
            if not parameter.enabled:
                raise ValueError(f"'{name}' is greyed out")
            parameter._assign(os.fspath(value) if isinstance(value, os.PathLike) else value)
            self._validate()

    def validate_again(self) -> None:
        """Another round of validation without a change, as when a setting changes."""
        self._validate()

    def messages(self) -> Dict[str, Tuple[int, str]]:
        """Severity and text of each parameter's message, for those that have one."""
        return {
            item.name: (ERROR if item.hasError() else WARNING, item.message)
            for item in self.parameters
            if item.hasError() or item.hasWarning()
        }

    def run(self) -> Result:
        """Press Run."""
        with standing_in():
            return run(self._tool, self.parameters)

    def _validate(self) -> None:
        with standing_in():
            validate(self._tool, self.parameters)
