"""What stands for an operation in tests of the commands."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Operation:
    """Stands for an operation: records the configs it is called with, and does nothing or fails."""

    configs: list[Any] = field(default_factory=list)
    fails_with: BaseException | None = None
    failure: None = None

    def __call__(self, config: Any, *_: object, **__: object) -> "Operation":
        self.configs.append(config)
        if self.fails_with:
            raise self.fails_with
        return self

    def as_json(self) -> dict[str, object]:
        return {"result": "of the operation"}

    @property
    def config(self) -> Any:
        (config,) = self.configs
        return config
