"""The ground floor. Every process that imports it finds tasks in the project's own Celery application."""

from cockpit.celery import app as celery_app

__all__ = ["celery_app"]
