"""What hangs on records: attachments without their content, which stays in Odoo, and what people have still to do."""

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


class ActivityType(MirrorModel):
    name = text()
    active = models.BooleanField()
    category = text()  # default, upload_file, phonecall, meeting


class Activity(MirrorModel):
    """To be done by somebody; once done it is archived."""

    res_model = text()
    res_id = link()
    activity_type_id = link()
    user_id = link()
    summary = text()
    date_deadline = models.DateField(null=True)
    date_done = models.DateField(null=True)
    active = models.BooleanField()
    create_uid = link()

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["res_model", "res_id"], name="mirror_activity_of")]
