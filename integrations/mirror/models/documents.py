"""What is attached to invoices: everything about it but its content, which stays in Odoo."""

from django.db import models

from .base import MirrorModel, link, text


class Attachment(MirrorModel):
    name = text()
    mimetype = text()
    file_size = models.IntegerField()  # bytes
    checksum = text()  # SHA-1 of the content; NULL for a mere link
    type = text()  # binary, url
    res_model = text()
    res_id = link()
    company_id = link()

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["res_model", "res_id"], name="mirror_attachment_of")]
