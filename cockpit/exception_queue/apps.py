from django.apps import AppConfig


class ExceptionQueueConfig(AppConfig):
    name = "cockpit.exception_queue"
    label = "exception_queue"
