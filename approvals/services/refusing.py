"""Why an act was not taken. Errors that several services raise; the others live beside what raises them."""

from django.utils.translation import gettext_lazy


class DecisionRefused(Exception):  # noqa: N818 - an answer, not a fault
    """The act was not taken. `sentence` says why and what to do; nothing has changed."""

    sentence: str = gettext_lazy("This decision was not taken.")  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(self.sentence)


class NotEntitledError(DecisionRefused):
    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
